/**
 * The configuration files in conf/: that they are complete, true and ready to use.
 *
 * `UPDATE_CONF=1` writes conf/ferrous.conf anew instead of comparing it.
 * @since 0.1.0
 */
import { readFileSync, writeFileSync } from 'node:fs';
import test from 'ava';
import * as E from 'fp-ts/Either';
import { renderConfFile } from '../../src/config/document.ts';
import { renderError } from '../../src/config/errors.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { type Config, defaults, names } from '../../src/config/table.ts';

const FILE = 'conf/ferrous.conf';

const parsed = (path: string): Config => {
  const result = parseConfig(path, readFileSync(path, 'latin1'));
  if (E.isLeft(result)) throw new Error(result.left.map(renderError).join('\n'));
  return result.right;
};

test('conf/ferrous.conf is what the table of directives says', (t) => {
  if (process.env['UPDATE_CONF'] === '1') writeFileSync(FILE, renderConfFile(), 'latin1');
  const hint = 'the table of directives has changed: run this spec once with UPDATE_CONF=1';
  t.true(readFileSync(FILE, 'latin1') === renderConfFile(), hint);
});

test('conf/ferrous.conf sets nothing but defaults, and keeps the server to this machine', (t) => {
  t.deepEqual(parsed(FILE), { ...defaults, bind: ['127.0.0.1', '-::1'] });
});

test('conf/ferrous.conf shows every directive', (t) => {
  const text = renderConfFile();
  const missing = names.filter((name) => !new RegExp(`^(# )?${name} `, 'm').test(text));
  t.deepEqual(missing, []);
});

test('conf/ferrous.conf fits a terminal', (t) => {
  t.deepEqual(
    renderConfFile()
      .split('\n')
      .filter((line) => line.length > 90),
    [],
  );
});

test('conf/master.conf and conf/replica.conf make a pair that is protected by a password', (t) => {
  const master = parsed('conf/master.conf');
  const replica = parsed('conf/replica.conf');
  t.deepEqual(replica.replicaof, { host: '127.0.0.1', port: master.port });
  t.not(replica.port, master.port);
  t.not(replica.dir, master.dir);
  t.not(replica.dbfilename, master.dbfilename);
  t.is(replica.masterauth, master.requirepass);
  t.is(master.masterauth, replica.requirepass);
  t.is(master.requirepass, 'ferrous-demo');
});
