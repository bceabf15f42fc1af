/**
 * The program as a process: sub-commands, configuration files that have a command's name, readers that go away.
 * @since 0.3.0
 */
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { isSubCommand } from '../../src/cli/program.ts';
import { client, MadeLog } from '../eventlog/make-log.ts';
import { ferrousProgram, spawnServer } from '../support/process-server.ts';
import { connect } from '../support/resp-client.ts';
import { makeTempDir, type Teardown } from '../support/temp.ts';

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line of the shell; `$FERROUS` is the program. */
const shell = (line: string, cwd: string): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const FERROUS = ferrousProgram().join(' ');
    const child = spawn('/bin/sh', ['-c', line], { cwd, env: { ...process.env, FERROUS } });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, out, err }));
  });

const logOf = async (t: Teardown, count: number): Promise<string> => {
  const dir = await makeTempDir(t);
  const log = new MadeLog({});
  for (let i = 0; i < count; i++) log.write(client(1), 0, { args: ['SET', `key:${i}`, 'v'.repeat(100)] });
  log.save(join(dir, 'appendonlydir'));
  return dir;
};

test('A first word that is a command is one, unless it is a file', (t) => {
  const isFile = (path: string): boolean => path === 'events';
  t.true(isSubCommand(['events'], () => false));
  t.true(isSubCommand(['audit', 'verify'], () => false));
  t.true(isSubCommand(['help'], () => false));
  t.false(isSubCommand(['events'], isFile));
  for (const words of [[], ['ferrous.conf'], ['-'], ['--port', '1'], ['event'], ['--help']]) {
    t.false(isSubCommand(words, () => false));
  }
});

test('The working folder is the default, and output that is no terminal is JSON', async (t) => {
  const { code, out, err } = await shell('$FERROUS events', await logOf(t, 20));
  t.is(code, 0);
  t.is(err, '');
  t.is(out.split('\n').length, 21);
  t.like(JSON.parse(out.split('\n')[0] ?? ''), { db: 0, class: 'write', client: { id: 1 } });
});

test('A reader that has seen enough ends a long output without a word', async (t) => {
  const line = '{ $FERROUS events; echo "code $?" >&2; } | head -n 1';
  const { out, err } = await shell(line, await logOf(t, 5000));
  t.is(out.split('\n').length, 2);
  t.is(err, 'code 0\n');
});

test('Output that cannot be written is a failure', async (t) => {
  const { code, err } = await shell('$FERROUS events > /dev/full', await logOf(t, 5));
  t.is(code, 1);
  t.is(err, 'ferrous events: no space left on the device\n');
});

test('Words that are wrong end with code 2, what cannot be done with code 1', async (t) => {
  const dir = await makeTempDir(t);
  t.is((await shell('$FERROUS events --nonsense', dir)).code, 2);
  t.is((await shell('$FERROUS audit', dir)).code, 2);
  t.is((await shell('$FERROUS events', dir)).code, 1);
  t.is((await shell('$FERROUS help events', dir)).code, 0);
});

test('The general help is printed by --help, too', async (t) => {
  const dir = await makeTempDir(t);
  const { out } = await shell('$FERROUS --help', dir);
  t.is(out, (await shell('$FERROUS help', dir)).out);
  t.regex(out, /\n {2}events {2,}show what changed/);
});

test('A configuration file with the name of a command still starts a server', async (t) => {
  const dir = await makeTempDir(t);
  writeFileSync(join(dir, 'events'), 'nonsense yes\n');
  const { code, err } = await shell('$FERROUS events', dir);
  t.is(code, 1);
  t.regex(err, /FATAL CONFIG FILE ERROR[\s\S]*events:1/);
  mkdirSync(join(dir, 'restore'));
  t.is((await shell('$FERROUS restore', dir)).code, 2);
});

test('A running server tells the same as its folder, which can be read meanwhile', async (t) => {
  const server = await spawnServer(ferrousProgram(), { args: ['--appendonly', 'yes', '--audit-trail', 'yes'] }, t);
  await server.waitForLog('Ready to accept connections');
  const redis = await connect({ port: server.port }, t);
  await redis.send('CLIENT', 'SETNAME', 'tester');
  await redis.send('SET', 'k', 'v', 'EX', '100');
  const { code, out, err } = await shell(`$FERROUS events --dir ${server.dir} --command set`, '/');
  t.is(code, 0, err);
  const event = JSON.parse(out) as { args: string[]; asSent: string; client: { name: string } };
  t.deepEqual(event.args.slice(0, 4), ['SET', 'k', 'v', 'PXAT']);
  t.is(event.asSent, 'SET k v EX 100');
  t.is(event.client.name, 'tester');
  const asked = await shell(`$FERROUS events --connect 127.0.0.1:${server.port} --command set`, '/');
  t.is(asked.code, 0, asked.err);
  t.is(asked.out, out);
  const followed = await shell(`$FERROUS events --connect :${server.port} --follow --from offset:0 -n 1`, '/');
  t.is(followed.code, 0, followed.err);
  t.is(followed.out.split('\n').length, 2);
  const verified = await shell(`$FERROUS audit verify --dir ${server.dir}`, '/');
  t.is(verified.code, 0, verified.out + verified.err);
});
