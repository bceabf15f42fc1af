/**
 * What the process says of itself: the banner, the title that `ps` shows, its version, the end of a start that failed.
 *
 * In:  the configuration and figures of the process. Out: texts; where they go is somebody else's business.
 *
 * @since 0.1.0
 */
import { type Config, fromLatin1 } from '../config/config.ts';
import { REDIS_VERSION, VERSION } from '../version.ts';

/** The start-up banner. Supervisors look for ` PID: n` in it. */
export const banner = (port: number, pid: number): string =>
  [
    '',
    '      ___',
    '     /  /\\    Ferrous',
    `    /  /:/_   ${VERSION} (compatible with Redis ${REDIS_VERSION}) 64 bit`,
    '   /  /:/ /\\',
    '  /  /:/ /:/  Running in standalone mode',
    ` /__/:/ /:/   Port: ${port}`,
    ` \\  \\:\\/:/    PID: ${pid}`,
    '  \\  \\::/',
    '   \\__\\/      A Redis-compatible, event-sourced in-memory server',
    '',
    '',
  ].join('\n');

/** `--version`. Programs take the first number for the version of Redis. */
export const versionLine = (node: string): string =>
  `Redis server v=${REDIS_VERSION} sha=00000000:0 malloc=arena bits=64 build=ferrous-${VERSION} node=${node}`;

/** The first lines of every log. */
export const greeting = (pid: number, node: string): readonly string[] => [
  'oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo',
  `Redis version=${REDIS_VERSION}, bits=64, commit=00000000, modified=0, pid=${pid}, just started`,
  `Ferrous version=${VERSION}, node=${node}`,
];

/** What stands on stderr when a configuration cannot be used. */
export const fatalConfigError = (lines: readonly string[]): string =>
  [`\n*** FATAL CONFIG FILE ERROR (Redis ${REDIS_VERSION}, Ferrous ${VERSION}) ***`, ...lines, ''].join('\n');

/** `proc-title-template` with its variables filled in. */
export const processTitle = (config: Config, port: number, configFile: string): string => {
  const [address = '*'] = config.bind;
  const unixsocket = fromLatin1(config.unixsocket);
  const variables: Readonly<Record<string, string>> = {
    title: 'ferrous',
    'listen-addr': port === 0 && unixsocket !== '' ? unixsocket : `${address.replace(/^-/, '')}:${port}`,
    'server-mode': '',
    port: String(port),
    'tls-port': String(config['tls-port']),
    unixsocket,
    'config-file': configFile,
  };
  const filled = fromLatin1(config['proc-title-template']).replace(/\{\{|\{([^{}]*)\}/g, (whole, name?: string) =>
    name === undefined ? '{' : (variables[name] ?? whole),
  );
  return filled.trimEnd();
};
