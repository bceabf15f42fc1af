/**
 * `oracleTest`: a test that needs a real redis-server.
 *
 * In:  a title and a body, as ava's `test`.
 * Out: the test; without redis-server it is skipped with one line in the log, or fails under FERROUS_NO_SKIP=1.
 * Memory: none.
 * @since 0.1.0
 */
import process from 'node:process';
import test, { type ExecutionContext } from 'ava';
import { findRedisServer } from './find-redis.ts';

const INSTALL_PATIENCE_MS = 300_000;

/** True when the environment forbids that a spec is skipped: a missing oracle is a failure then. */
export const skippingIsForbidden = (): boolean => process.env['FERROUS_NO_SKIP'] === '1';

type Body = (t: ExecutionContext) => void | Promise<void>;

const guarded =
  (body: Body): Body =>
  async (t) => {
    t.timeout(INSTALL_PATIENCE_MS);
    const found = await findRedisServer();
    if ('missing' in found) {
      if (skippingIsForbidden()) t.fail(`${found.missing} (FERROUS_NO_SKIP=1)`);
      else {
        t.log(`skipped: ${found.missing}`);
        t.pass();
      }
      return;
    }
    await body(t);
  };

/** Runs `body` where a redis-server can be found or installed; `oracleTest.serial` does so one test at a time. */
export const oracleTest = Object.assign(
  (title: string, body: Body): void => {
    test(title, guarded(body));
  },
  {
    serial: (title: string, body: Body): void => {
      test.serial(title, guarded(body));
    },
  },
);
