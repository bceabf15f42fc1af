/**
 * Verifying logs: what is as it was written passes, and whatever was done to it is found, at its place.
 * @since 0.3.0
 */
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import * as E from 'fp-ts/Either';
import { hashOf, renderSeal } from '../../src/eventlog/format.ts';
import { describeFlaw, type Flaw, verify } from '../../src/eventlog/verify.ts';
import { makeTempDir } from '../support/temp.ts';
import { anyLog, client, MadeLog } from './make-log.ts';

interface Record {
  readonly segment: number;
  readonly position: number;
  readonly bytes: Buffer;
}

/** The records of a log, by the pieces that it was made of. */
const recordsOf = (log: MadeLog): readonly Record[] =>
  log.segments.flatMap(({ pieces }, segment) => {
    const records: { segment: number; position: number; pieces: Buffer[] }[] = [];
    let position = 0;
    for (const piece of pieces) {
      if (/^#[FWXS]:/.test(piece.toString('latin1', 0, 3))) records.push({ segment, position, pieces: [piece] });
      else records.at(-1)?.pieces.push(piece);
      position += piece.length;
    }
    return records.map((record) => ({ segment, position: record.position, bytes: Buffer.concat(record.pieces) }));
  });

const fileOf = (log: MadeLog, segment: number): string => log.segments[segment]?.name ?? '';

/** Writes a log whose records somebody has handled. */
const saveRecords = (folder: string, log: MadeLog, records: readonly Record[]): void => {
  log.segments.forEach(({ name }, segment) => {
    const own = records.filter((record) => record.segment === segment).map(({ bytes }) => bytes);
    writeFileSync(join(folder, name), Buffer.concat(own));
  });
};

const flawIn = async (folder: string): Promise<Flaw | undefined> => {
  const verified = await verify(folder);
  return E.isLeft(verified) ? verified.left : undefined;
};

test('A log as it was written is verified, and its last hash is the one that comes next', async (t) => {
  await fc.assert(
    fc.asyncProperty(anyLog(), async (log) => {
      const folder = log.save(await makeTempDir(t));
      const verified = await verify(folder);
      assert.ok(E.isRight(verified), E.isLeft(verified) ? describeFlaw(verified.left) : '');
      const records = recordsOf(log);
      const { right } = verified;
      assert.equal(right.records, records.length);
      assert.equal(right.to, log.offset);
      assert.equal(right.isWhole, true);
      assert.equal(right.bytes, log.bytes);
      assert.equal(right.lastHash, hashOf(records.at(-1)?.bytes ?? Buffer.alloc(0)));
      assert.ok(E.isRight(await verify(folder, { known: right.lastHash })));
      assert.ok(E.isLeft(await verify(folder, { known: 'x'.repeat(43) })));
    }),
    { numRuns: 60 },
  );
  t.pass();
});

const someLog = anyLog({ maxLength: 15 });
const pick = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test('A bit that was flipped anywhere is found in its record, unless nothing follows on that record yet', async (t) => {
  await fc.assert(
    fc.asyncProperty(someLog, pick, fc.nat(7), async (log, where, bit) => {
      const records = [...recordsOf(log)];
      let at = Math.floor(where * log.bytes);
      const index = records.findIndex(({ bytes }) => {
        if (at < bytes.length) return true;
        at -= bytes.length;
        return false;
      });
      const victim = records[index];
      const bytes = Buffer.from(victim.bytes);
      bytes[at] ^= 1 << bit;
      records[index] = { ...victim, bytes };
      const folder = await makeTempDir(t);
      saveRecords(folder, log, records);

      const verified = await verify(folder);
      if (E.isRight(verified)) {
        const { tornAt } = verified.right;
        assert.ok(index === records.length - 1 || (tornAt !== undefined && tornAt >= victim.position));
        return;
      }
      const { kind, file, position } = verified.left;
      assert.ok(kind === 'changed' || kind === 'damaged', describeFlaw(verified.left));
      const isNamed = file === fileOf(log, victim.segment) && position === victim.position;
      // Whether a line that begins a record is wrong, or what is before it, nobody can tell if it cannot be read.
      const before = records[index - 1] ?? victim;
      const isBefore = file === fileOf(log, before.segment) && position === before.position;
      assert.ok(
        isNamed || (isBefore && (kind === 'damaged' || index === records.length - 1)),
        describeFlaw(verified.left),
      );
    }),
    { numRuns: 400 },
  );
  t.pass();
});

const trailed = anyLog({ trail: true, maxLength: 20, sealed: false }).map((log) => {
  log.write(client(1), 0, { args: ['SET', 'a', '1'] });
  log.write(client(2), 0, { args: ['SET', 'a', '2'] });
  log.write(client(3), 0, { args: ['SET', 'a', '3'] });
  log.seal();
  return log;
});

test('A record that was removed is missed where it was', async (t) => {
  await fc.assert(
    fc.asyncProperty(trailed, pick, async (log, where) => {
      const records = recordsOf(log).map((record, index) => ({ ...record, index }));
      const inner = records.filter(({ bytes }) => /^#[WX]/.test(bytes.toString('latin1', 0, 2)));
      const victim = inner[Math.floor(where * inner.length)];
      const folder = await makeTempDir(t);
      saveRecords(
        folder,
        log,
        records.filter((record) => record !== victim),
      );
      const flaw = await flawIn(folder);
      assert.ok(flaw !== undefined);
      assert.equal(flaw.file, fileOf(log, victim.segment));
      if (flaw.kind === 'removed') {
        assert.equal(flaw.position, victim.position);
      } else {
        assert.equal(flaw.kind, 'changed');
        assert.equal(flaw.position, records[victim.index - 1]?.position);
      }
    }),
    { numRuns: 150 },
  );
  t.pass();
});

test('Records that changed places are found where the order ends', async (t) => {
  await fc.assert(
    fc.asyncProperty(trailed, pick, pick, async (log, one, other) => {
      const records = [...recordsOf(log)];
      const inner = records.flatMap(({ bytes }, index) =>
        /^#[WX]/.test(bytes.toString('latin1', 0, 2)) ? [index] : [],
      );
      const [i, j] = [one, other].map((where) => inner[Math.floor(where * inner.length)]).sort((a, b) => a - b);
      fc.pre(i !== j);
      const [a, b] = [records[i], records[j]];
      records[i] = { ...a, bytes: b.bytes };
      records[j] = { ...b, bytes: a.bytes };
      const folder = await makeTempDir(t);
      saveRecords(folder, log, records);
      const flaw = await flawIn(folder);
      assert.ok(flaw !== undefined);
      assert.equal(flaw.kind, 'moved', describeFlaw(flaw));
      assert.equal(flaw.file, fileOf(log, a.segment));
      assert.equal(flaw.position, a.position);
    }),
    { numRuns: 150 },
  );
  t.pass();
});

test('A record that was copied is found where the copy is', async (t) => {
  await fc.assert(
    fc.asyncProperty(trailed, pick, pick, async (log, one, other) => {
      const records = [...recordsOf(log)];
      const inner = records.flatMap(({ bytes }, index) =>
        /^#[WX]/.test(bytes.toString('latin1', 0, 2)) ? [index] : [],
      );
      const [i, j] = [one, other].map((where) => inner[Math.floor(where * inner.length)]).sort((a, b) => a - b);
      const behind = records[j];
      const copy = { ...behind, bytes: records[i].bytes, position: behind.position + behind.bytes.length };
      records.splice(j + 1, 0, copy);
      const folder = await makeTempDir(t);
      saveRecords(folder, log, records);
      const flaw = await flawIn(folder);
      assert.ok(flaw !== undefined);
      assert.equal(flaw.kind, 'added', describeFlaw(flaw));
      assert.equal(flaw.file, fileOf(log, behind.segment));
      assert.equal(flaw.position, copy.position);
    }),
    { numRuns: 100 },
  );
  t.pass();
});

const threeSegments = (): MadeLog => {
  const log = new MadeLog({});
  for (let i = 0; i < 3; i++) {
    log.write(client(1), 0, { args: ['SET', 'a', String(i)] });
    log.write(client(2), 0, { args: ['SET', 'b', String(i)] });
    if (i < 2) log.rotate();
  }
  return log;
};

test('A segment that was removed from the middle is missed', async (t) => {
  const folder = threeSegments().save(await makeTempDir(t));
  rmSync(join(folder, 'appendonly.aof.2.incr.aof'));
  const flaw = await flawIn(folder);
  t.like(flaw, { kind: 'removed', file: 'appendonly.aof.3.incr.aof', position: 0 });
  t.is(flaw?.reason, 'segments between 1 and 3 are missing');
});

test('Retention may remove segments in front, which is said', async (t) => {
  const folder = threeSegments().save(await makeTempDir(t));
  rmSync(join(folder, 'appendonly.aof.1.incr.aof'));
  const verified = await verify(folder);
  t.true(E.isRight(verified) && !verified.right.isWhole && verified.right.segments === 2);
});

test('Segments that the history manifest lists have to be there, with the seals that it knows', async (t) => {
  const log = threeSegments();
  log.seal();
  const dir = await makeTempDir(t);
  const seals = [...log.files().values()].map((bytes) => bytes.toString('latin1').trimEnd().split(' ').at(-1));
  const history = (known: readonly (string | undefined)[]) =>
    known
      .map(
        (seal, at) =>
          `segment appendonly.aof.${at + 1}.incr.aof seq ${at + 1} offset 0 - time 0 - seal ${seal ?? '-'}\n`,
      )
      .join('');
  log.save(dir);
  writeFileSync(join(dir, 'appendonly.aof.history'), history([...seals.slice(0, 2), undefined]));
  t.is(await flawIn(dir), undefined);
  writeFileSync(join(dir, 'appendonly.aof.history'), history([...seals.slice(0, 2), 'A'.repeat(43)]));
  t.like(await flawIn(dir), { kind: 'changed', file: 'appendonly.aof.3.incr.aof' });
  writeFileSync(join(dir, 'appendonly.aof.history'), history([...seals, undefined]));
  t.like(await flawIn(dir), { kind: 'removed', file: 'appendonly.aof.4.incr.aof' });
});

test('A closed segment that was emptied is missed, although a file of its name is there', async (t) => {
  const log = threeSegments();
  const dir = log.save(await makeTempDir(t));
  const [name = '', bytes = Buffer.alloc(0)] = [...log.files()][0] ?? [];
  const seal = bytes.toString('latin1').trimEnd().split(' ').at(-1);
  writeFileSync(join(dir, 'appendonly.aof.history'), `segment ${name} seq 1 offset 7 9 time 5 6 seal ${seal}\n`);
  t.is(await flawIn(dir), undefined);
  writeFileSync(join(dir, name), '');
  t.like(await flawIn(dir), { kind: 'removed', file: name, position: 0, offset: 7, timeUs: 5 });
});

test('What was cut off the end of a log that a stop has closed is missed, and what follows on it is not', async (t) => {
  const log = new MadeLog({});
  log.write(client(1), 0, { args: ['SET', 'a', '1'] });
  const before = log.offset;
  log.write(client(1), 0, { args: ['SET', 'a', '2'] });
  const dir = log.save(await makeTempDir(t));
  const [name = '', bytes = Buffer.alloc(0)] = [...log.files()][0] ?? [];
  const closedAt = (offset: number) =>
    writeFileSync(join(dir, 'appendonly.aof.history'), `segment ${name} seq 1 offset 0 ${offset} time 0 9 seal -\n`);
  closedAt(log.offset);
  t.is(await flawIn(dir), undefined);
  for (const cut of [3, bytes.length - bytes.lastIndexOf('#W')]) {
    writeFileSync(join(dir, name), bytes.subarray(0, -cut));
    t.like(await flawIn(dir), { kind: 'removed', file: name });
  }
  closedAt(before);
  t.is(await flawIn(dir), undefined);
});

test('Who rewrites a log from a place on is found by a hash that was kept elsewhere', async (t) => {
  const make = (value: string): MadeLog => {
    const log = new MadeLog({});
    log.write(client(1), 0, { args: ['SET', 'a', value] });
    log.write(client(2), 0, { args: ['SET', 'b', '1'] });
    return log;
  };
  const true_ = make('1').save(await makeTempDir(t));
  const forged = make('2').save(await makeTempDir(t));
  const verified = await verify(true_);
  const known = E.isRight(verified) ? verified.right.lastHash : '';
  t.true(E.isRight(await verify(forged)));
  t.true(E.isRight(await verify(true_, { known })));
  const found = await verify(forged, { known });
  t.true(E.isLeft(found) && found.left.kind === 'unknown');
});

test('A log may go on behind a hash that is known', async (t) => {
  const log = threeSegments();
  const dir = await makeTempDir(t);
  const before = await verify(log.save(dir));
  log.rotate();
  log.write(client(9), 0, { args: ['DEL', 'a'] });
  log.save(dir);
  t.true(E.isRight(before) && E.isRight(await verify(dir, { known: before.right.lastHash })));
});

test('A log that ends within a command passes, and it is said where', async (t) => {
  const dir = await makeTempDir(t);
  const log = new MadeLog({});
  log.write(client(1), 0, { args: ['SET', 'a', '1'] });
  const [[name, bytes]] = [...log.files()];
  writeFileSync(join(dir, name), bytes.subarray(0, -3));
  const verified = await verify(dir);
  t.true(E.isRight(verified) && verified.right.tornAt === bytes.lastIndexOf('*3'));
});

test("Segments of redis-server's have nothing that vouches for them", async (t) => {
  const dir = await makeTempDir(t);
  writeFileSync(
    join(dir, 'appendonly.aof.1.incr.aof'),
    '*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*2\r\n$3\r\nDEL\r\n$1\r\na\r\n',
  );
  const verified = await verify(dir);
  t.true(E.isRight(verified) && verified.right.unchained === 1 && verified.right.commands === 2);
});

test('A seal that counts another number of bytes is found, even when its hash is right', async (t) => {
  const log = new MadeLog({});
  log.write(client(1), 0, { args: ['SET', 'a', '1'] });
  const [head, write] = recordsOf(log);
  const dir = await makeTempDir(t);
  const seal = renderSeal({ offset: log.offset + 10, timeUs: log.timeUs, hash: hashOf(write.bytes) });
  writeFileSync(join(dir, 'appendonly.aof.1.incr.aof'), Buffer.concat([head.bytes, write.bytes, Buffer.from(seal)]));
  t.like(await flawIn(dir), { kind: 'changed' });
});
