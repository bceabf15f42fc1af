/**
 * Clients that wait, as a property: whatever several clients push, pop and wait for, however they come and go, no element
 * is lost or given twice, nobody waits for what is there, and the write events tell the whole story.
 */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import '../support/arbitraries.ts'; // a failing property says why
import { digestKeyspace } from '../../src/keyspace/digest.ts';
import { MemoryServer } from '../support/reduce.ts';
import { type Guest, Room } from '../support/room.ts';

const GUESTS = 4;
const KEYS = ['a', 'b', 'c'];
const NUMBER = /"(\d+)"/g;

/** `#` stands for an element that was never there before. */
const key = fc.constantFrom(...KEYS);
const keys = fc.array(key, { minLength: 1, maxLength: 3 }).map((all) => all.join(' '));
const end = fc.constantFrom('LEFT', 'RIGHT');
const time = fc.constantFrom('0', '0.05', '1');
const words = (...parts: fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
  fc.tuple(...parts).map((all) => all.join(' '));
const elements = fc.constantFrom('#', '# #', '# # # # #');

const push = words(fc.constantFrom('RPUSH', 'LPUSH'), key, elements);
const pop = words(fc.constantFrom('LPOP', 'RPOP'), key);
const move = words(fc.constantFrom('RPOPLPUSH', 'RENAMENX'), key, key);
const wait = fc.oneof(
  { weight: 3, arbitrary: words(fc.constantFrom('BLPOP', 'BRPOP'), keys, time) },
  words(fc.constant('BLMOVE'), key, key, end, end, time),
  words(fc.constant('BLMPOP'), time, fc.constant('1'), key, end, fc.constant('COUNT 3')),
);
const transaction = fc
  .array(fc.oneof(push, pop, wait), { maxLength: 4 })
  .map((commands) => ['MULTI', ...commands, 'EXEC'].join('; '));

/** `+50` winds the clock, `leave` ends the connection, anything else is sent. */
const step = fc.tuple(
  fc.nat(GUESTS - 1),
  fc.oneof(
    { weight: 5, arbitrary: push },
    { weight: 5, arbitrary: wait },
    { weight: 2, arbitrary: pop },
    { weight: 2, arbitrary: move },
    { weight: 2, arbitrary: transaction },
    { weight: 1, arbitrary: fc.constantFrom('+50', '+1000') },
    { weight: 1, arbitrary: fc.constant('leave') },
    { weight: 1, arbitrary: fc.constantFrom('SWAPDB 0 1; SWAPDB 1 0', 'MULTI; SWAPDB 0 1; SWAPDB 0 1; EXEC') },
  ),
);

/** Commands that take what they reply; the others leave it in a list. */
const TAKES = /^(B?[LR]POP|BLMPOP) /;

class Player {
  guest: Guest;
  /** Commands that are not answered yet. */
  readonly open: string[] = [];
  private queue: string[] | undefined;
  private readonly room: Room;
  private readonly taken: string[];

  constructor(room: Room, taken: string[]) {
    this.room = room;
    this.taken = taken;
    this.guest = room.enter();
  }

  send(commands: readonly string[]): void {
    this.open.push(...commands);
    this.read(this.guest.send(...commands));
  }

  read(replies: readonly string[]): void {
    for (const reply of replies) {
      const command = this.open.shift() ?? '';
      if (command === 'MULTI') this.queue = [];
      else if (command === 'EXEC') this.readTransaction(reply);
      else if (this.queue !== undefined) this.queue.push(command);
      else if (TAKES.test(command)) this.take(reply);
    }
  }

  /** A transaction's replies have no commands of their own: numbers behind the keys are what was taken. */
  private readTransaction(reply: string): void {
    const commands = this.queue ?? [];
    this.queue = undefined;
    // Split at the top level of the array.
    const parts: string[] = [];
    let depth = 0;
    for (const piece of reply.slice(1, -1).split(', ')) {
      if (depth === 0) parts.push(piece);
      else parts.push(`${parts.pop()}, ${piece}`);
      depth += piece.split('[').length - piece.split(']').length;
    }
    commands.forEach((command, i) => {
      if (TAKES.test(command)) this.take(parts[i] ?? '');
    });
  }

  private take(reply: string): void {
    for (const [, element] of reply.matchAll(NUMBER)) this.taken.push(element ?? '');
  }

  leave(): void {
    this.guest.leave();
    this.open.length = 0;
    this.queue = undefined;
    this.guest = this.room.enter();
  }

  /** The keys of the command that it waits with. */
  get waitsFor(): readonly string[] {
    if (this.guest.client.blocked === undefined) return [];
    const command = this.open[0] ?? '';
    const args = command.split(' ');
    if (command.startsWith('BLMOVE')) return args.slice(1, 2);
    return args.slice(1).filter((arg) => KEYS.includes(arg));
  }
}

const play = (steps: readonly (readonly [number, string])[]): void => {
  const room = new Room();
  const control = room.enter();
  const taken: string[] = [];
  const players = Array.from({ length: GUESTS }, () => new Player(room, taken));
  const events: string[] = [];
  let elementsMade = 0;
  for (const [number, action] of steps) {
    const player = players[number];
    if (player === undefined) continue;
    if (action === 'leave') player.leave();
    else if (action.startsWith('+')) room.advance(Number(action));
    else player.send(action.split('; ').map((command) => command.replaceAll('#', () => String(elementsMade++))));
    for (const one of players) one.read(one.guest.replies());
    for (const one of players) {
      for (const name of one.waitsFor) assert.deepEqual(control.send(`TYPE ${name}`), ['+none'], `${name} is there`);
    }
    events.push(...room.events());
  }

  const pushed: string[] = [];
  for (const event of events) if (/^[RL]PUSH/.test(event)) pushed.push(...event.split(' ').slice(2));
  const left: string[] = [];
  for (const name of KEYS) {
    for (const [, element] of (control.send(`LRANGE ${name} 0 -1`)[0] ?? '').matchAll(NUMBER)) left.push(element ?? '');
  }
  assert.deepEqual([...taken, ...left].sort(), pushed.sort(), 'what was pushed was taken or is left, and once');

  const replica = new MemoryServer();
  for (const event of events) replica.run(event);
  assert.equal(digestKeyspace(replica.keyspace), digestKeyspace(room.server.server.services.keyspace));
};

test('whatever clients push, pop and wait for, no element is lost or given twice', (t) => {
  fc.assert(fc.property(fc.array(step, { minLength: 2, maxLength: 60, size: 'max' }), play), { numRuns: 500 });
  t.pass();
});
