import test from 'ava';
import { type Config, defaults } from '../../src/config/config.ts';
import { banner, processTitle, versionLine } from '../../src/process/banner.ts';

const title = test.macro<[config: Partial<Config>, port: number, expected: string]>({
  exec: (t, config, port, expected) =>
    t.is(processTitle({ ...defaults, ...config }, port, '/etc/ferrous.conf'), expected),
  title: (_, config, port) => `The title of ${JSON.stringify(config)} on port ${port}`,
});

test(title, {}, 6379, 'ferrous *:6379');
test(title, { bind: ['-::1', '10.0.0.1'] }, 7000, 'ferrous ::1:7000');
test(title, { bind: [] }, 7000, 'ferrous *:7000');
test(title, { unixsocket: '/run/f.sock' }, 0, 'ferrous /run/f.sock');
test(title, { 'proc-title-template': '{{{title} {config-file} {tls-port}' }, 1, '{ferrous /etc/ferrous.conf 0');

test('The banner tells supervisors the process id', (t) => t.regex(banner(6379, 4711), / PID: 4711\n/));

test('The first number of the version is that of Redis', (t) => {
  t.deepEqual(/\d+\.\d+\.\d+/.exec(versionLine('v20.19.0'))?.[0], '7.2.4');
});
