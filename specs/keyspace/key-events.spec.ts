/** Key events: which classes the letters of notify-keyspace-events stand for, and what is told with which flags. */
import test from 'ava';
import fc from 'fast-check';
import '../support/arbitraries.ts'; // a failing property says why
import { type KeyEvent, KeyEventClass, keyEventFlags } from '../../src/keyspace/key-events.ts';
import { MemoryServer } from '../support/reduce.ts';

const { Keyspace, Keyevent, Generic, String: Text, List, Expired, KeyMiss, New } = KeyEventClass;

const names = (flags: number): string[] =>
  Object.entries(KeyEventClass)
    .filter(([, value]) => typeof value === 'number' && (flags & value) !== 0)
    .map(([name]) => name);

const means = test.macro<[letters: string, flags: number]>({
  exec: (t, letters, flags) => t.deepEqual(names(keyEventFlags(letters)), names(flags)),
  title: (_, letters, flags) => `'${letters}' asks for ${names(flags).join(', ') || 'nothing'}`,
});

test(means, '', 0);
test(means, 'Kl', Keyspace | List);
test(means, 'Eg$', Keyevent | Generic | Text);
test(means, 'Kxmn', Keyspace | Expired | KeyMiss | New);
test(means, 'KE', Keyspace | Keyevent);
test(means, 'g$lx', 0);
test(means, 'A', 0);

test('A is every class but misses and new keys', (t) => {
  t.is(keyEventFlags('AKE'), keyEventFlags('g$lshzxetdKE'));
  t.is(keyEventFlags('AE') & (KeyMiss | New), 0);
  t.not(keyEventFlags('AEmn') & KeyMiss, 0);
  t.not(keyEventFlags('AEmn') & New, 0);
});

test('the canonical letters that CONFIG GET prints ask for the same as those that were set', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'Ag$lshzxeKEtmdn'), maxLength: 16 }), (letters) => {
      const server = new MemoryServer({ config: { 'notify-keyspace-events': '' } });
      server.run(['CONFIG', 'SET', 'notify-keyspace-events', letters]);
      return server.keyspace.keyEvents.flags === keyEventFlags(letters);
    }),
  );
  t.pass();
});

const told = (letters: string, commands: readonly string[]): string[] => {
  const server = new MemoryServer({ nowMs: 1000 });
  server.run(['CONFIG', 'SET', 'notify-keyspace-events', letters]);
  const seen: string[] = [];
  server.keyspace.keyEvents.events$.subscribe(({ name, db, bytes, at, length }: KeyEvent) => {
    seen.push(`${db} ${name} ${Buffer.from(bytes.subarray(at, at + length)).toString('latin1')}`);
  });
  for (const command of commands) {
    if (command.startsWith('+')) server.advance(Number(command));
    else server.run(command);
  }
  return seen;
};

test('a key that comes into being is new', (t) => {
  t.deepEqual(told('En', ['SET k v', 'SET k w', 'SELECT 2', 'APPEND k x', 'RENAME k l']), [
    '0 new k',
    '2 new k',
    '2 new l',
  ]);
});

test('a key that is read and is not there is missed, one that is written is not', (t) => {
  t.deepEqual(told('Km', ['GET k', 'SET k v', 'GET k', 'STRLEN l', 'APPEND m x', 'DEL n', 'EXISTS o']), [
    '0 keymiss k',
    '0 keymiss l',
    '0 keymiss o',
  ]);
});

test('a key whose time is up is said to have expired when a command meets it', (t) => {
  t.deepEqual(told('Ex', ['SET k v PX 10', '+11', 'SET l v', 'GET k']), ['0 expired k']);
});

test('with no letters, or with classes and no place to publish them, nothing is told', (t) => {
  const commands = ['GET k', 'SET k v PX 10', '+11', 'GET k', 'SET k v', 'DEL k'];
  t.deepEqual(told('', commands), []);
  t.deepEqual(told('A', commands), []);
  t.deepEqual(told('KE', commands), []);
});

test('CONFIG SET takes effect at once', (t) => {
  const off = "CONFIG SET notify-keyspace-events ''";
  t.deepEqual(told('En', ['SET k v', off, 'SET l v', 'CONFIG SET notify-keyspace-events Kn', 'SET m v']), [
    '0 new k',
    '0 new m',
  ]);
});
