/**
 * Taking members from the ends of sorted sets, in both encodings. Waiting for them is in blocking.spec.ts.
 */
import { SYNTAX_ERROR, WRONGTYPE } from '../../src/commands/errors.ts';
import { does, RESP3, reads, refuses, row, writes } from './sorted-set.table.ts';

const ABC = ['ZADD z 1 a 2 b 3 c'];
const STRING = ['SET z v'];
const POSITIVE = 'ERR value is out of range, must be positive';
const KEYS = 'ERR numkeys should be greater than 0';
const COUNT = 'ERR count should be greater than 0';

// ZPOPMIN, ZPOPMAX
writes(ABC, 'ZPOPMIN z', '["a", "1"]');
writes(ABC, 'ZPOPMIN z', '["a", ,1]', RESP3);
writes(ABC, 'ZPOPMAX z', '["c", "3"]');
writes(ABC, 'ZPOPMIN z 2', '["a", "1", "b", "2"]');
writes(ABC, 'ZPOPMIN z 2', '[["a", ,1], ["b", ,2]]', RESP3);
writes(ABC, 'ZPOPMAX z 2', '["c", "3", "b", "2"]');
writes(ABC, 'ZPOPMAX z 1', '[["c", ,3]]', RESP3);
writes(ABC, 'ZPOPMIN z 9223372036854775807', '["a", "1", "b", "2", "c", "3"]');
reads(['ZADD z 1 a', 'ZPOPMIN z'], 'EXISTS z', ':0');
reads(['ZADD z 1 a 2 b', 'ZPOPMAX z'], 'ZRANGE z 0 -1', '["a"]');
reads(ABC, 'ZPOPMIN z 0', '[]');
reads([], 'ZPOPMIN z', '[]');
reads([], 'ZPOPMAX z 3', '[]');
refuses(STRING, 'ZPOPMIN z', WRONGTYPE);
refuses(STRING, 'ZPOPMIN z 0', WRONGTYPE);
refuses(STRING, 'ZPOPMIN z -1', POSITIVE);
refuses(STRING, 'ZPOPMAX z x', POSITIVE);
refuses(STRING, 'ZPOPMAX z -9223372036854775808', POSITIVE);
refuses(STRING, 'ZPOPMIN z x 2', SYNTAX_ERROR);

// ZMPOP
row(ABC, 'ZMPOP 1 z MIN', does('["z", [["a", "1"]]]', 'ZPOPMIN z 1'));
row(ABC, 'zmpop 1 z max', does('["z", [["c", ,3]]]', 'ZPOPMAX z 1'), RESP3);
row(ABC, 'ZMPOP 2 y z MIN COUNT 2', does('["z", [["a", "1"], ["b", "2"]]]', 'ZPOPMIN z 2'));
row(ABC, 'ZMPOP 2 z y MAX count 10', does('["z", [["c", "3"], ["b", "2"], ["a", "1"]]]', 'ZPOPMAX z 3'));
reads(['ZADD z 1 a', 'ZMPOP 1 z MIN'], 'EXISTS z', ':0');
reads([], 'ZMPOP 2 y z MIN', '*-1');
reads([], 'ZMPOP 2 y z MIN', '_', RESP3);
refuses(STRING, 'ZMPOP 2 y z MIN', WRONGTYPE);
refuses(STRING, 'ZMPOP 0 z MIN', KEYS);
refuses(STRING, 'ZMPOP -1 z MIN', KEYS);
refuses(STRING, 'ZMPOP x z MIN', KEYS);
refuses(STRING, 'ZMPOP 9223372036854775807 z MIN', SYNTAX_ERROR);
refuses(STRING, 'ZMPOP 2 z MIN', SYNTAX_ERROR);
refuses(STRING, 'ZMPOP 1 z LEFT', SYNTAX_ERROR);
refuses(STRING, 'ZMPOP 1 z MIN COUNT', SYNTAX_ERROR);
refuses(STRING, 'ZMPOP 1 z MIN NUMBER 1', SYNTAX_ERROR);
refuses(STRING, 'ZMPOP 1 z MIN COUNT 0', COUNT);
refuses(STRING, 'ZMPOP 1 z MIN COUNT x', COUNT);
refuses(STRING, 'ZMPOP 1 z MIN COUNT 1 COUNT 1', SYNTAX_ERROR);

// the ones that wait, where they need not
row(ABC, 'BZPOPMIN z 0', does('["z", "a", "1"]', 'ZPOPMIN z'));
row(ABC, 'BZPOPMAX x y z 0.5', does('["z", "c", ,3]', 'ZPOPMAX z'), RESP3);
row(ABC, 'BZMPOP 0 1 z MIN', does('["z", [["a", "1"]]]', 'ZPOPMIN z 1'));
row(ABC, 'BZMPOP 1 2 y z MAX COUNT 2', does('["z", [["c", "3"], ["b", "2"]]]', 'ZPOPMAX z 2'));
refuses(STRING, 'BZPOPMIN y z 0', WRONGTYPE);
refuses(STRING, 'BZPOPMIN z -1', 'ERR timeout is negative');
refuses(STRING, 'BZPOPMAX z x', 'ERR timeout is not a float or out of range');
refuses(STRING, 'BZMPOP 0 2 y z MIN', WRONGTYPE);
refuses(STRING, 'BZMPOP -1 1 z MIN', 'ERR timeout is negative');
refuses(STRING, 'BZMPOP x 0 z MIN', KEYS);
refuses(STRING, 'BZMPOP x 1 z LEFT', SYNTAX_ERROR);
refuses(STRING, 'BZMPOP x 1 z MIN COUNT 0', COUNT);
refuses(STRING, 'BZMPOP 0 1 z MIN COUNT', SYNTAX_ERROR);
