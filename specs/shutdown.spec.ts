import { access } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { NEVER } from 'rxjs';
import { MemoryServer } from './support/reduce.ts';
import { makeTempDir, type Teardown } from './support/temp.ts';

const setUp = async (t: Teardown) => {
  const dir = await makeTempDir(t);
  const { server } = new MemoryServer({ config: { dir } });
  let ended = 0;
  server.lifecycle.ended$.subscribe(() => ended++);
  const hasFile = (): Promise<boolean> =>
    access(join(dir, 'dump.rdb')).then(
      () => true,
      () => false,
    );
  return { server, hasFile, ended: () => ended };
};

const orders = { save: 'yes', now: false, force: false } as const;
const unexpected = (error: string): never => {
  throw new Error(error);
};

test('A shutdown saves and ends', async (t) => {
  const { server, hasFile, ended } = await setUp(t);
  server.lifecycle.shutdown(orders, unexpected);
  t.is(ended(), 1);
  t.true(await hasFile());
});

test('A shutdown while data is being loaded saves nothing: half a dataset must not replace the file', async (t) => {
  const { server, hasFile, ended } = await setUp(t);
  server.services.persistence.loadStream(NEVER).subscribe();
  server.lifecycle.shutdown(orders, unexpected);
  t.is(ended(), 1);
  t.false(await hasFile());
});

test('There is nothing to call off when no shutdown is under way', async (t) => {
  const { server } = await setUp(t);
  t.false(server.lifecycle.abortShutdown());
});
