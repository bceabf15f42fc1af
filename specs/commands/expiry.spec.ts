/**
 * The life time of keys: EXPIRE and its kin, TTL and its kin, PERSIST.
 */
import test from 'ava';
import { NOT_AN_INTEGER } from '../../src/commands/errors.ts';
import { ExpiryMode } from '../../src/keyspace/keyspace.ts';
import { MemoryServer, nothing, reduces } from '../support/reduce.ts';

const error = (text: string) => ({ reply: `-${text}`, events: nothing });
const says = (reply: string) => ({ reply, events: nothing });
const yes = (...events: string[]) => ({ reply: ':1', events });

const permanent = ['SET k v'];
const tenSeconds = ['SET k v PX 10000'];

test(reduces, [], 'EXPIRE k 10', says(':0'));
test(reduces, permanent, 'EXPIRE k 10', yes('PEXPIREAT k 10000'));
test(reduces, [...permanent, '+500'], 'PEXPIRE k 10', yes('PEXPIREAT k 510'));
test(reduces, permanent, 'EXPIREAT k 10', yes('PEXPIREAT k 10000'));
test(reduces, permanent, 'pexpireat k 10', yes('PEXPIREAT k 10'));
for (const command of [
  'EXPIRE k 0',
  'EXPIRE k -1',
  'PEXPIRE k 0',
  'EXPIREAT k 0',
  'PEXPIREAT k -9223372036854775808',
]) {
  test(reduces, permanent, command, yes('DEL k'));
}
test(reduces, permanent, 'EXPIRE k -1', yes('UNLINK k'), { config: { 'lazyfree-lazy-expire': true } });
test(reduces, tenSeconds, 'EXPIRE k 5', yes('PEXPIREAT k 5000'));

// conditions
test(reduces, permanent, 'EXPIRE k 5 NX', yes('PEXPIREAT k 5000 NX'));
test(reduces, tenSeconds, 'EXPIRE k 5 NX', says(':0'));
test(reduces, permanent, 'EXPIRE k 5 XX', says(':0'));
test(reduces, tenSeconds, 'EXPIRE k 5 XX', yes('PEXPIREAT k 5000 XX'));
test(reduces, permanent, 'EXPIRE k 5 GT', says(':0'));
test(reduces, tenSeconds, 'EXPIRE k 10 GT', says(':0'));
test(reduces, tenSeconds, 'EXPIRE k 11 GT', yes('PEXPIREAT k 11000 GT'));
test(reduces, permanent, 'EXPIRE k 5 LT', yes('PEXPIREAT k 5000 LT'));
test(reduces, tenSeconds, 'EXPIRE k 10 lt', says(':0'));
test(reduces, tenSeconds, 'EXPIRE k 9 XX lt', yes('PEXPIREAT k 9000 XX lt'));
test(reduces, permanent, 'EXPIRE k 9 XX LT', says(':0'));
test(reduces, tenSeconds, 'EXPIRE k -1 GT', says(':0'));

// wrong forms, in the order in which Redis finds them
test(reduces, [], 'EXPIRE k x FOO', error('ERR Unsupported option FOO'));
test(reduces, [], 'EXPIRE k x', error(NOT_AN_INTEGER));
test(reduces, [], 'EXPIRE k x NX XX', error('ERR NX and XX, GT or LT options at the same time are not compatible'));
test(reduces, [], 'EXPIRE k 1 LT NX', error('ERR NX and XX, GT or LT options at the same time are not compatible'));
test(reduces, [], 'EXPIRE k 1 LT GT', error('ERR GT and LT options at the same time are not compatible'));
test(reduces, [], 'EXPIRE k 9223372036854776', error("ERR invalid expire time in 'expire' command"));
test(reduces, [], 'EXPIRE k -9223372036854776', error("ERR invalid expire time in 'expire' command"));
test(reduces, [], 'EXPIREAT k 9223372036854776', error("ERR invalid expire time in 'expireat' command"));
test(reduces, [], 'PEXPIRE k 9223372036854775807', error("ERR invalid expire time in 'pexpire' command"), { nowMs: 1 });
test(reduces, [], 'PEXPIREAT k 9223372036854775808', error(NOT_AN_INTEGER));
test(reduces, permanent, 'PEXPIREAT k 9223372036854775807', yes('PEXPIREAT k 9223372036854775807'));

// asking
test(reduces, [], 'TTL k', says(':-2'));
test(reduces, permanent, 'TTL k', says(':-1'));
test(reduces, [...tenSeconds, '+500'], 'TTL k', says(':10'));
test(reduces, [...tenSeconds, '+501'], 'TTL k', says(':9'));
test(reduces, [...tenSeconds, '+501'], 'PTTL k', says(':9499'));
test(reduces, [...tenSeconds, '+501'], 'EXPIRETIME k', says(':10'));
test(reduces, [...tenSeconds, '+501'], 'PEXPIRETIME k', says(':10000'));
test(reduces, [], 'PTTL k', says(':-2'));
test(reduces, permanent, 'PEXPIRETIME k', says(':-1'));
test(reduces, [], 'EXPIRETIME k', says(':-2'));
test(reduces, ['SET k v PXAT 9223372036854775807'], 'EXPIRETIME k', says(':9223372036854774'));

test(reduces, [], 'PERSIST k', says(':0'));
test(reduces, permanent, 'PERSIST k', says(':0'));
test(reduces, tenSeconds, 'PERSIST k', yes('PERSIST k'));
test(reduces, [...tenSeconds, 'PERSIST k', '+99999'], 'GET k', says('"v"'));
test(reduces, [...tenSeconds, 'PERSIST k', 'EXPIRE k 3'], 'PTTL k', says(':3000'));

// the moment of truth
test(reduces, [...tenSeconds, '+10000'], 'GET k', says('"v"'));
test(reduces, [...tenSeconds, '+10001'], 'GET k', { reply: '$-1', events: ['DEL k'] });
test(reduces, [...tenSeconds, '+10001'], 'TTL k', { reply: ':-2', events: ['DEL k'] });
test(reduces, [...tenSeconds, '+10001'], 'EXPIRE k 1', { reply: ':0', events: ['DEL k'] });

test('a replica hides what is over and removes nothing', (t) => {
  const server = new MemoryServer();
  server.run('SET k v PX 10');
  server.advance(11);
  server.keyspace.expiryMode = ExpiryMode.Hide;
  t.deepEqual(server.run('GET k'), says('$-1'));
  t.deepEqual(server.run('SCAN 0'), says('["0", []]'));
  t.deepEqual(server.run('KEYS *'), says('[]'));
  t.deepEqual(server.run('DBSIZE'), says(':1'));
  t.deepEqual(server.run('RANDOMKEY'), says('"k"'));
  server.run('SET j v');
  t.deepEqual(server.run('EXPIRE j -1'), yes('PEXPIREAT j -989'));
  t.deepEqual(server.run('GET j'), says('$-1'));
});
