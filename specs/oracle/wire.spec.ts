/**
 * The wire, byte for byte as redis-server: protocol errors, odd requests, inline commands, and damaged input.
 */
import { networkInterfaces } from 'node:os';
import process from 'node:process';
import fc from 'fast-check';
import '../support/arbitraries.ts'; // a failing property says why
import { type Pair, startPair } from '../support/oracle.ts';
import { oracleTest } from '../support/oracle-test.ts';
import type { RunningServer } from '../support/process-server.ts';
import { encodeCommand, show } from '../support/reply.ts';
import { eventually } from '../support/wait.ts';
import { exchange } from './exchange.ts';

const PING = '*1\r\n$4\r\nPING\r\n';
const BIG = 'x'.repeat(70_000);

/** Answered with an error, then the server hangs up. */
const BROKEN: readonly string[] = [
  '*x\r\n',
  '*\r\n',
  '*1x\r\n',
  '* 1\r\n',
  '*1 \r\n',
  '*+1\r\n',
  '*01\r\n',
  '*-0\r\n',
  '*--1\r\n',
  '*1.0\r\n',
  '*2147483648\r\n',
  '*9223372036854775807\r\n',
  '*9223372036854775808\r\n',
  '*-9223372036854775809\r\n',
  `*${'1'.repeat(30)}\r\n`,
  '*1\n$4\r\nPING\r\n',
  '*1\r\nPING\r\n',
  '*1\r\n\r\n',
  '*1\r\n:1\r\n',
  '*1\r\n*1\r\n',
  '*1\r\n\n\r\n',
  '*2\r\n$4\r\nECHO\r\n4\r\nabcd\r\n',
  '*1\r\n$-1\r\n',
  '*1\r\n$-0\r\n',
  '*1\r\n$\r\n',
  '*1\r\n$x\r\n',
  '*1\r\n$4x\r\n',
  '*1\r\n$ 4\r\n',
  '*1\r\n$04\r\n',
  '*1\r\n$+4\r\n',
  '*1\r\n$536870913\r\n',
  '*1\r\n$9223372036854775807\r\n',
  '*1\r\n$9223372036854775808\r\n',
  '*1\r\n$-9223372036854775808\r\n',
  '*1\r\n$4\nPING\r\n$\r\n',
  `*${BIG}`,
  `*1\r\n$${BIG}`,
  BIG,
  `${PING}*x\r\n${PING}`,
  `SET a 1\r\nGET a\r\n*1\r\n$x\r\nGET a\r\n`,
  'PING "\r\n',
  "PING '\r\n",
  'PING "a"b\r\n',
  "PING 'a'b\r\n",
  'PING a"\r\n',
  '"\r\n',
  'PING "\\\r\n',
  'PING "\\x4\r\n',
];

/** Answered, or not at all, and the connection goes on. */
const SOUND: readonly string[] = [
  '*2\r\n$4\r\nECHO\r\n$3\r\nabcd\r\n*1\r\n',
  '',
  '\r\n',
  '\n',
  '\r\n\r\n\n\n',
  '   \r\n',
  '\t\r\n',
  '*0\r\n',
  '*-1\r\n',
  '*-10\r\n',
  '*-9223372036854775808\r\n',
  `*0\r\n${PING}*-1\r\n${PING}`,
  `\r\n${PING}\n${PING}`,
  'PING\n',
  'PING\r\n',
  '  PING  \r\n',
  '\x0bPING\x0c\r\n',
  'PING\rx\r\n',
  'PING\r\r\n',
  'ECHO "a\\"b\\\\c\\n\\r\\t\\b\\a\\x41\\xff\\x4g\\q"\r\n',
  "ECHO 'a\\'b\\\\c\\n\\x41'\r\n",
  'ECHO ""\r\n',
  "ECHO ''\r\n",
  'ECHO a"b c"\r\n',
  "ECHO a'b c'd\r\n",
  'ECHO "a" \r\n',
  'ECHO "a"\tb\r\n',
  'echo \xff\xfe\r\n',
  'ECHO a\\nb\r\n',
  '*1\r\n$0\r\n\r\n',
  '*2\r\n$0\r\n\r\n$1\r\na\r\n',
  '*1\rX$4\rYPINGab',
  '*2\r\n$4\r\nECHO\r\n$2\r\n\r\n\r\n',
  '*2\r\n$4\r\nECHO\r\n$3\r\na\x00b\r\n',
  '*1\r\n$4\r\nPINGxx*1\r\n$4\r\nPINGyy',
  '*1\r\n$4\r\nPI\x00G\r\n',
  '*2\r\n$3\r\nG\x00T\r\n$3\r\na\x00b\r\n',
  `*3\r\n$3\r\nnop\r\n$130\r\n${'y'.repeat(130)}\r\n$1\r\nz\r\n`,
  `*1\r\n$200\r\n${'n'.repeat(200)}\r\n`,
  '*2\r\n$3\r\na\r\n\r\n$3\r\nb\r\n\r\n',
  '*2\r\n$6\r\nCLIENT\r\n$5\r\nx\r\ny\x00\r\n',
  `*2\r\n$6\r\nobject\r\n$200\r\n${'s'.repeat(200)}\r\n`,
  '*1\x00\r\n',
  '*1\r\n$4\x00\r\nPING\r\n',
  '*1\r\n\x004\r\nPING\r\n',
  'PING\x00\r\n',
  'PING\x00a\r\nPING\r\n',
  '*1\r\n$4\r\nPIN',
  '*1\r\n$4',
  '*1',
  '*',
  'PIN',
  'QUIT\r\nPING\r\n',
  'quit now\r\n',
  `${PING}*1\r\n$4\r\nQUIT\r\n${PING}`,
  'POST / HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'PING\r\npost x\r\nPING\r\n',
  'GET / HTTP/1.1\r\nHost: localhost\r\nPING\r\n',
  'PING\r\nHOST: x\r\nPING\r\n',
  'GET / HTTP/1.1\r\nUser-Agent: x\r\n\r\n',
];

/** 7.2 names the protocol in this hint, 7.0 did not. */
const as72 = (answer: string): string => answer.replace('HELLO AUTH <user>', 'HELLO <proto> AUTH <user>');

const differences = async (
  pair: Pair,
  inputs: readonly string[],
  hangUp: boolean,
): Promise<readonly (readonly [input: string, ours: string, theirs: string])[]> => {
  const answers = await Promise.all(
    inputs.map((input) =>
      Promise.all([
        exchange(pair.ferrous.port, Buffer.from(input, 'latin1'), { hangUp }),
        exchange(pair.redis.port, Buffer.from(input, 'latin1'), { hangUp }),
      ]),
    ),
  );
  return inputs.flatMap((input, i) => {
    const [ours = '', theirs = ''] = (answers[i] ?? []).map(as72);
    return ours === theirs ? [] : [[show.bytes(Buffer.from(input.slice(0, 100), 'latin1')), ours, theirs] as const];
  });
};

oracleTest('a broken request gets the error of redis-server, and the server hangs up', async (t) => {
  t.deepEqual(await differences(await startPair(t), BROKEN, false), []);
});

oracleTest('odd requests get the answer of redis-server', async (t) => {
  t.deepEqual(await differences(await startPair(t), SOUND, true), []);
});

oracleTest('who has not authenticated may not send large requests', async (t) => {
  const pair = await startPair(t, { args: ['--requirepass', 'secret'], password: 'secret' });
  const AUTH = '*2\r\n$4\r\nAUTH\r\n$6\r\nsecret\r\n';
  const words = (count: number, bytes = 1): string =>
    `*${count}\r\n${`$${bytes}\r\n${'a'.repeat(bytes)}\r\n`.repeat(count)}`;
  const broken = [
    '*11\r\n',
    '*2147483647\r\n',
    '*1\r\n$16385\r\n',
    '*2\r\n$4\r\nECHO\r\n$16385\r\n',
    '*1\r\n$x\r\n',
    '*x\r\n',
  ];
  t.deepEqual(await differences(pair, broken, false), []);
  const sound = [
    words(10),
    words(1, 16384),
    PING,
    'PING\r\n',
    'NOSUCH a b\r\n',
    'GET\r\n',
    'CLIENT\r\n',
    'CLIENT NOSUCH\r\n',
    'QUIT\r\n',
    'RESET\r\nPING\r\n',
    'HELLO\r\n',
    'HELLO 3\r\n',
    'HELLO 4\r\n',
    'HELLO x\r\n',
    'HELLO 3 AUTH default wrong\r\n',
    'HELLO 3 AUTH nobody secret\r\n',
    'HELLO 3 SETNAME a\r\n',
    'AUTH wrong\r\n',
    'AUTH default wrong\r\n',
    'AUTH nobody secret\r\n',
    'AUTH\r\n',
    'AUTH a b c\r\n',
    'COMMAND COUNT\r\n',
    'AUTH default secret\r\nPING\r\n',
    `${AUTH}${words(11)}`,
    `${AUTH}*2\r\n$4\r\nECHO\r\n$16385\r\n${'e'.repeat(16385)}\r\n`,
    `${AUTH}AUTH wrong\r\nPING\r\n`,
    `${AUTH}RESET\r\nPING\r\n`,
  ];
  t.deepEqual(await differences(pair, sound, true), []);
});

oracleTest('who is turned away is told why as by redis-server', async (t) => {
  const crowded = await startPair(t, { args: ['--maxclients', '1'] });
  // The connection that asked whether the server is ready may still hold the only place.
  const takePlace = async (server: RunningServer): Promise<string> => {
    const client = await server.connect();
    return client.text('PING').catch(() => '');
  };
  for (const server of [crowded.ferrous, crowded.redis]) {
    await eventually(
      () => takePlace(server),
      (pong) => pong === '+PONG',
    );
  }
  t.deepEqual(await differences(crowded, [''], false), []);

  const outside = Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal);
  if (outside === undefined)
    return t.log('this machine has no address but its loopback: protected mode is not compared');
  const guarded = await startPair(t, { args: ['--bind', '0.0.0.0'] });
  const [ours, theirs] = await Promise.all(
    [guarded.ferrous, guarded.redis].map(({ port }) => exchange(port, '', { hangUp: false, host: outside.address })),
  );
  t.is(ours, theirs);
});

const word = fc.oneof(
  fc.constantFrom('a', 'b', '', '\r\n', '"', '1', 'x'.repeat(300)),
  fc.string({ unit: 'binary-ascii', maxLength: 5 }),
);
const request = fc.oneof(
  fc.tuple(fc.constantFrom('ECHO', 'GET', 'STRLEN', 'DEL', 'PING'), word),
  fc.tuple(fc.constantFrom('SET', 'APPEND', 'GETSET'), word, word),
);
const encoded = request.map((words) => encodeCommand(words).toString('latin1'));
const inline = fc.constantFrom('PING\r\n', 'SET a 1\n', 'GET a\r\n', 'ECHO "x y"\r\n', "APPEND b 'q\\'r'\r\n", '\r\n');
const scrap = fc.oneof(
  fc.constantFrom('\r', '\n', '\r\n', '\0', '*', '$', '-', '"', "'", '\\', ' ', '0', '1', '9', 'x', '\xff'),
  fc.constantFrom('*1\r\n', '*-1\r\n', '*0\r\n', '$1\r\n', '$-1\r\n', '$0\r\n'),
);
const edit = fc.record({ at: fc.nat(), drop: fc.nat(3), insert: fc.option(scrap, { nil: '' }) });

/** Requests with a few bytes changed, added or lost. */
const damaged = fc
  .tuple(
    fc.array(fc.oneof({ weight: 3, arbitrary: encoded }, inline), { minLength: 1, maxLength: 6 }),
    fc.array(edit, { maxLength: 4 }),
  )
  .map(([requests, edits]) =>
    edits.reduce((bytes, { at, drop, insert }) => {
      const place = at % (bytes.length + 1);
      return bytes.slice(0, place) + insert + bytes.slice(place + drop);
    }, requests.join('')),
  );

const RUNS = process.env['FERROUS_LONG'] === '1' ? 20_000 : 300;

oracleTest('damaged input is answered byte for byte as by redis-server', async (t) => {
  const pair = await startPair(t);
  const control = await Promise.all([pair.ferrous.connect(), pair.redis.connect()]);
  await fc.assert(
    fc.asyncProperty(damaged, async (input) => {
      await Promise.all(control.map((client) => client.send('FLUSHALL')));
      const [difference] = await differences(pair, [input], true);
      if (difference !== undefined)
        throw new Error(`ours ${JSON.stringify(difference[1])}\ntheirs ${JSON.stringify(difference[2])}`);
    }),
    { numRuns: RUNS },
  );
  t.pass();
});
