/** In redis-server's place: how supervisors and test drivers start a server, watch it and end it. One story at a time: each is several processes. */
import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect as connectSocket, createServer } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import test from 'ava';
import { freePort } from '../support/free-port.ts';
import { ferrousProgram, spawnServer, startFerrous, startServer } from '../support/process-server.ts';
import { connect } from '../support/resp-client.ts';
import { makeTempDir } from '../support/temp.ts';
import { eventually } from '../support/wait.ts';
import { runProgram } from './program.ts';

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

test.serial('A test driver finds its lines in the log', async (t) => {
  const server = await startFerrous(t, { conf: 'always-show-logo yes\nlogfile ""\ndaemonize no\n' });
  await server.waitForLog(/Ready to accept connections tcp/);
  t.regex(
    server.log(),
    new RegExp(` PID: ${server.pid}\\b[\\s\\S]*Server initialized[\\s\\S]*Ready to accept connections tcp`),
  );
  t.regex(
    server.log(),
    new RegExp(`^${server.pid}:C \\d+ \\w+ \\d{4} [\\d:.]+ \\* oO0OoO0OoO0Oo Redis is starting`, 'm'),
  );
  t.regex(server.log(), new RegExp(`^${server.pid}:M \\d+ \\w+ \\d{4} [\\d:.]+ \\* Server initialized$`, 'm'));
  t.deepEqual(await server.stop(), { code: 0, signal: null });
  t.regex(
    server.log(),
    /Received SIGTERM scheduling shutdown[\s\S]*User requested shutdown[\s\S]*ready to exit, bye bye/,
  );
});

test.serial('Without a logo the log says mode and port', async (t) => {
  const server = await startFerrous(t);
  t.regex(server.log(), new RegExp(`\\* Running mode=standalone, port=${server.port}\\.$`, 'm'));
});

test.serial('The file comes first, then the options, with old names and old formats', async (t) => {
  const server = await startFerrous(t, {
    conf: [
      'slave-read-only no',
      'slave-serve-stale-data yes',
      'hash-max-ziplist-entries 100',
      'zset-max-ziplist-value 32',
      'list-max-ziplist-size -1',
      'slave-priority 7',
      'maxclients 50',
      'save 900 1',
      'save ""',
      '',
    ].join('\n'),
    args: ['--maxclients', '60', '--slave-announce-ip', '10.1.1.1'],
  });
  const client = await server.connect();
  const get = async (name: string) => (await client.text('CONFIG', 'GET', name)).replaceAll('\n', ' ');
  t.regex(await get('replica-read-only'), /"no"/);
  t.regex(await get('slave-priority'), /"slave-priority".*"7"/);
  t.regex(await get('hash-max-listpack-entries'), /"100"/);
  t.regex(await get('maxclients'), /"60"/);
  t.regex(await get('replica-announce-ip'), /"10\.1\.1\.1"/);
  t.regex(await get('save'), /"save".*""/);
});

test.serial('The configuration may come from stdin, and the folder is made when it is missing', async (t) => {
  const port = await freePort();
  const cwd = await makeTempDir(t);
  const ended = runProgram(t, ['-'], {
    input: `port ${port}\nbind 127.0.0.1\ndir deep/down\nsave 3600 1\npidfile server.pid\n`,
    cwd,
  });
  const client = await eventually(
    () => connect({ port }, t).catch(() => undefined),
    (connection) => connection !== undefined,
  );
  const dir = join(cwd, 'deep', 'down');
  const pid = await eventually(
    async () => Number(await readFile(join(dir, 'server.pid'), 'utf8').catch(() => '0')),
    (found) => found > 0,
  );
  t.regex(await client!.text('CONFIG', 'GET', 'dir'), new RegExp(dir));
  await eventually(
    () => client!.text('SET', 'k', 'v'),
    (reply) => reply === '+OK', // after LOADING
  );
  process.kill(pid, 'SIGTERM');
  const { code, stdout } = await ended;
  t.is(code, 0, stdout);
  t.regex(
    stdout,
    /Saving the final RDB snapshot before exiting\.[\s\S]*DB saved on disk[\s\S]*Removing the pid file\./,
  );
  t.true(await exists(join(dir, 'dump.rdb')));
  t.false(await exists(join(dir, 'server.pid')));
});

test.serial('Nothing that was acknowledged is lost over a clean restart', async (t) => {
  const first = await startFerrous(t, { args: ['--save', '3600 1'] });
  const writer = await first.connect();
  let acknowledged = 0;
  const writing = (async () => {
    for (;;) {
      await writer.send('SET', `k${acknowledged}`, 'v');
      acknowledged++;
    }
  })().catch(() => {}); // the end of the connection
  await eventually(
    async () => acknowledged,
    (count) => count > 200,
  );
  t.deepEqual(await first.stop(), { code: 0, signal: null });
  await writing;
  const second = await startFerrous(t, { dir: first.dir });
  const reader = await second.connect();
  const replies = await reader.pipeline(Array.from({ length: acknowledged }, (_, i) => ['EXISTS', `k${i}`]));
  t.true(
    replies.every((reply) => reply.type === 'integer' && reply.value === 1),
    `of ${acknowledged}`,
  );
});

test.serial('Without save points nothing is saved at the end', async (t) => {
  const server = await startFerrous(t);
  const client = await server.connect();
  await client.send('SET', 'k', 'v');
  t.deepEqual(await server.stop('SIGINT'), { code: 0, signal: null });
  t.regex(server.log(), /Received SIGINT scheduling shutdown/);
  t.false(await exists(join(server.dir, 'dump.rdb')));
});

test.serial('SHUTDOWN SAVE, NOSAVE and an ending that cannot save', async (t) => {
  const saving = await startFerrous(t);
  const client = await saving.connect();
  await client.send('SET', 'k', 'v');
  await client.write('*2\r\n$8\r\nSHUTDOWN\r\n$4\r\nSAVE\r\n');
  t.deepEqual(await saving.exited, { code: 0, signal: null });
  t.is((await client.readToEnd()).length, 0);
  t.true(await exists(join(saving.dir, 'dump.rdb')));

  const forgetting = await startFerrous(t, { args: ['--save', '3600', '1'] });
  const other = await forgetting.connect();
  await other.send('SET', 'k', 'v');
  await other.write('SHUTDOWN NOSAVE\r\n');
  t.deepEqual(await forgetting.exited, { code: 0, signal: null });
  t.false(await exists(join(forgetting.dir, 'dump.rdb')));

  const stuck = await startFerrous(t, { args: ['--dbfilename', 'taken', '--save', ''] });
  await mkdir(join(stuck.dir, 'taken'));
  const third = await stuck.connect();
  t.is(await third.text('SHUTDOWN', 'SAVE'), '-ERR Errors trying to SHUTDOWN. Check logs.');
  t.is(await third.text('PING'), '+PONG');
  t.is(await third.text('SHUTDOWN', 'ABORT'), '-ERR No shutdown in progress.');
  t.is(await third.text('SHUTDOWN', 'SAVE', 'NOSAVE'), '-ERR syntax error');
  await third.write('SHUTDOWN SAVE FORCE\r\n');
  t.deepEqual(await stuck.exited, { code: 0, signal: null });
});

test.serial('A shutdown waits for a replica and holds writes back; a second signal ends it at once', async (t) => {
  const server = await startFerrous(t, { args: ['--shutdown-timeout', '1000'] });
  const replica = connectSocket({ port: server.port, host: server.host }).on('error', () => {});
  t.teardown(() => replica.destroy());
  replica.resume().write('SYNC\r\n'); // and never acknowledges anything
  await server.waitForLog(/Background RDB transfer terminated with success|succeeded/);
  const client = await server.connect();
  await client.send('SET', 'k', '1');

  const ended = client.send('SHUTDOWN');
  await server.waitForLog('Waiting for replicas before shutting down.');
  const other = await server.connect();
  const held = other.send('INCR', 'k');
  const third = await server.connect();
  t.is(await third.text('GET', 'k'), '"1"');
  t.is(await third.text('SHUTDOWN', 'ABORT'), '+OK');
  t.deepEqual(await ended, { type: 'error', text: 'ERR Errors trying to SHUTDOWN. Check logs.' });
  t.like(await held, { type: 'integer', value: 2 });

  process.kill(server.pid, 'SIGTERM');
  await server.waitForLog('Received SIGTERM scheduling shutdown');
  process.kill(server.pid, 'SIGINT');
  t.deepEqual(await server.exited, { code: 1, signal: null });
  t.regex(server.log(), /You insist\.\.\. exiting now\./);
});

test.serial('shutdown-on-sigterm chooses another end', async (t) => {
  const server = await startFerrous(t, { args: ['--save', '3600 1', '--shutdown-on-sigterm', 'nosave now'] });
  const client = await server.connect();
  await client.send('SET', 'k', 'v');
  t.deepEqual(await server.stop(), { code: 0, signal: null });
  t.false(await exists(join(server.dir, 'dump.rdb')));
});

test.serial('A port that is taken ends the start with the lines of redis-server', async (t) => {
  const taken = createServer();
  const port = await new Promise<number>((resolve) => {
    taken.listen(0, '127.0.0.1', () => {
      const address = taken.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  t.teardown(() => taken.close());
  const { code, stdout } = await runProgram(t, ['--port', String(port), '--bind', '127.0.0.1']);
  t.is(code, 1);
  t.regex(
    stdout,
    new RegExp(
      `# Warning: Could not create server TCP listening socket 127\\.0\\.0\\.1:${port}: bind: Address already in use\n.*# Failed listening on port ${port} \\(tcp\\), aborting\\.`,
    ),
  );
});

test.serial('A server with nothing to listen on does not stay', async (t) => {
  const { code, stdout } = await runProgram(t, ['--port', '0']);
  t.is(code, 1);
  t.regex(stdout, /Configured to not listen anywhere, exiting\./);
});

const refused = test.macro<[args: string[], conf: string, expected: RegExp]>({
  exec: async (t, args, conf, expected) => {
    const cwd = await makeTempDir(t);
    await writeFile(join(cwd, 'a.conf'), conf);
    const { code, stderr, stdout } = await runProgram(t, args, { cwd });
    t.is(code, 1);
    t.regex(stderr, /\*\*\* FATAL CONFIG FILE ERROR/);
    t.regex(stderr, expected);
    t.is(stdout, '');
  },
  title: (_, args, conf) => `${args.join(' ')} with ${JSON.stringify(conf)} stops the start`,
});

test.serial(refused, ['a.conf'], 'port 1\n\nmaxclient 5\n', /^a\.conf:3: maxclient: .*did you mean maxclients\?/m);
test.serial(refused, ['a.conf'], 'repl-timeout soon\n', /^a\.conf:1: repl-timeout: expected seconds > 0, got "soon"$/m);
test.serial(refused, ['a.conf', '--port', 'x'], '', /^command line: port: expected a port .*, got "x"$/m);
test.serial(refused, ['none.conf'], '', /can't read the configuration file none\.conf: No such file or directory/);
test.serial(refused, ['--rename-command', 'gett', 'x'], '', /No such command in rename-command/);
test.serial(refused, ['--rename-command', 'get', 'set'], '', /Target command name already exists/);
test.serial(refused, ['--logfile', 'no/such/folder/log'], '', /Can't open the log file: No such file or directory/);
test.serial(refused, ['--dir', '/dev/null/x'], '', /dir: can't use the folder "\/dev\/null\/x": Not a directory/);

test.serial('Commands are renamed and taken away', async (t) => {
  const server = await startFerrous(t, {
    conf: 'rename-command CONFIG b840fc02\nrename-command FLUSHALL ""\nenable-debug-command no\n',
  });
  const client = await server.connect();
  t.regex(await client.text('CONFIG', 'GET', 'port'), /^-ERR unknown command 'CONFIG'/);
  t.regex(await client.text('B840FC02', 'GET', 'port'), /"port"/);
  t.regex(await client.text('FLUSHALL'), /^-ERR unknown command/);
  t.regex(await client.text('DEBUG', 'DIGEST'), /^-ERR DEBUG command not allowed/);
});

test.serial('protected configs change only when that is enabled', async (t) => {
  const server = await startFerrous(t, { args: ['--enable-protected-configs', 'local'] });
  const client = await server.connect();
  const other = await makeTempDir(t);
  t.is(await client.text('CONFIG', 'SET', 'dir', other), '+OK');
  t.regex(await client.text('CONFIG', 'GET', 'dir'), new RegExp(other));
  t.is(
    await client.text('CONFIG', 'SET', 'dir', '/no/such/folder'),
    "-ERR CONFIG SET failed (possibly related to argument 'dir') - No such file or directory",
  );
  t.is(await client.text('SAVE'), '+OK');
  t.true(await exists(join(other, 'dump.rdb')));
});

test.serial('A server moves to another port, or says why it cannot', async (t) => {
  const server = await startFerrous(t);
  const taken = await startFerrous(t);
  const client = await server.connect();
  t.is(
    await client.text('CONFIG', 'SET', 'port', String(taken.port)),
    "-ERR CONFIG SET failed (possibly related to argument 'port') - Unable to listen on this port. Check server logs.",
  );
  t.is(
    await client.text('CONFIG', 'SET', 'bind', '203.0.113.1'),
    "-ERR CONFIG SET failed (possibly related to argument 'bind') - Failed to bind to specified addresses.",
  );
  t.regex(await client.text('CONFIG', 'GET', 'port'), new RegExp(`"${server.port}"`));
  const again = await server.connect();
  t.is(await again.text('PING'), '+PONG');

  const port = await freePort();
  t.is(await client.text('CONFIG', 'SET', 'port', String(port)), '+OK');
  const moved = await connect({ port }, t);
  t.is(await moved.text('PING'), '+PONG');
  t.is(await client.text('PING'), '+PONG');
});

test.serial('It listens on a unix socket too, with its permissions', async (t) => {
  const server = await startFerrous(t, { args: ['--unixsocket', 'ferrous.sock', '--unixsocketperm', '700'] });
  const path = join(server.dir, 'ferrous.sock');
  await server.waitForLog('Ready to accept connections unix');
  const client = await connect({ path }, t);
  t.is(await client.text('PING'), '+PONG');
  await server.stop();
  t.regex(server.log(), /Removing the unix socket file\./);
  t.false(await exists(path));
});

test.serial('The log goes to a file, which may be moved away meanwhile', async (t) => {
  const server = await startFerrous(t, { args: ['--logfile', 'server.log', '--always-show-logo', 'yes'] });
  const path = join(server.dir, 'server.log');
  t.regex(await readFile(path, 'utf8'), new RegExp(` PID: ${server.pid}`));
  t.is(server.log(), '');
  await writeFile(path, '');
  await server.stop();
  t.regex(await readFile(path, 'utf8'), /^\d+:M .* # Received SIGTERM[\s\S]*bye bye/);
});

test.serial('daemonize yes comes back when the server serves, and it stays', async (t) => {
  const dir = await makeTempDir(t);
  const port = await freePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--daemonize', 'yes'];
  const { code, stderr } = await runProgram(t, [...args, '--pidfile', 'd.pid', '--logfile', 'd.log', '-'], {
    input: 'maxclients 77\nsave ""\n',
  });
  t.is(code, 0, stderr);
  const pid = Number(await readFile(join(dir, 'd.pid'), 'utf8'));
  t.teardown(() => {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended, as it should.
    }
  });
  const client = await connect({ port }, t);
  t.regex(await client.text('CONFIG', 'GET', 'maxclients'), /"77"/);
  t.regex(await client.text('INFO', 'server'), new RegExp(`process_id:${pid}`));

  const second = await runProgram(t, [...args, '--pidfile', 'e.pid']);
  t.is(second.code, 1);
  t.regex(second.stderr, /Address already in use/);

  await client.write('SHUTDOWN\r\n');
  await client.closed;
  await eventually(
    () => exists(join(dir, 'd.pid')),
    (found) => !found,
  );
});

test.serial('The version and the help are printed', async (t) => {
  for (const flag of ['--version', '-v']) {
    const { code, stdout } = await runProgram(t, [flag]);
    t.is(code, 0);
    t.regex(stdout, /^Redis server v=7\.2\.\d+ .*build=ferrous-\d+\.\d+\.\d+/);
  }
  for (const flag of ['--help', '-h']) {
    const { code, stdout } = await runProgram(t, [flag]);
    t.is(code, 0);
    t.regex(stdout, /^Usage: /);
  }
});

test.serial('The files that come along start a server', async (t) => {
  for (const name of ['ferrous.conf', 'master.conf', 'replica.conf']) {
    const server = await startServer([...ferrousProgram(), name], {}, t);
    t.regex(server.log(), /Configuration loaded/);
    await server.stop();
  }
});

test.serial('A server that loads says so before it serves, and a signal ends the loading', async (t) => {
  const server = await spawnServer(ferrousProgram(), {}, t);
  await server.waitForLog('Server initialized');
  t.deepEqual(await server.stop(), { code: 0, signal: null });
});
