/**
 * Directives about the process: logging, supervision, titles, databases.
 * @since 0.1.0
 */
import { integer, oneOf, text, yesNo } from '../codecs.ts';
import { directive, section } from '../directive.ts';
import { shutdownFlags } from '../special.ts';
import { KERNEL, NO_CRASH_REPORT, NO_NOTIFY, NO_SYSLOG } from './effects.ts';

const TITLE_VARIABLES = ['title', 'listen-addr', 'server-mode', 'port', 'tls-port', 'unixsocket', 'config-file'];

/** A template is well formed when every brace names a variable that is known ("{{" is a brace) and it shows anything. */
const refuseTemplate = (template: string): string | undefined => {
  const rest = template.replace(/\{\{|\{([^{}]*)\}/g, (whole, name: string | undefined) =>
    whole === '{{' || (name !== undefined && TITLE_VARIABLES.includes(name)) ? '_' : whole,
  );
  const isWrong = rest.includes('{') || rest.trim() === '';
  return isWrong ? 'template format is invalid or contains unknown variables' : undefined;
};

export const general = section('GENERAL', 'The process: logging, supervision, databases, shutdown.', {
  daemonize: directive(yesNo, false, {
    doc: 'Run in the background: the command comes back once the server serves, or with the reason why it does not.',
    change: 'at start',
  }),
  supervised: directive(oneOf('upstart', 'systemd', 'auto', 'no'), 'no', {
    doc:
      'How to tell a supervisor that the server is ready: upstart, systemd, auto or no. A supervised server stays in the ' +
      'foreground, whatever daemonize says.',
    change: 'at start',
    effect: NO_NOTIFY,
  }),
  pidfile: directive(text('a path'), '', {
    doc: 'A file to write the process id to at start; removed at exit. Empty: none.',
    change: 'at start',
    example: '/run/ferrous.pid',
    style: 'quoted',
  }),
  loglevel: directive(oneOf('debug', 'verbose', 'notice', 'warning'), 'notice', {
    doc: 'How much to log: debug (everything), verbose, notice (what an operator wants), warning (only what matters).',
  }),
  logfile: directive(text('a path'), '', {
    doc: 'The file to log to. Empty: stdout.',
    change: 'at start',
    style: 'quoted',
  }),
  'syslog-enabled': directive(yesNo, false, { doc: 'Log to syslog too.', change: 'at start', effect: NO_SYSLOG }),
  'syslog-ident': directive(text('a name'), 'redis', {
    doc: 'The name to log under.',
    change: 'at start',
    effect: NO_SYSLOG,
    style: 'quoted',
  }),
  'syslog-facility': directive(
    oneOf('user', 'local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7'),
    'local0',
    { doc: 'The facility to log to: user or local0 to local7.', change: 'at start', effect: NO_SYSLOG },
  ),
  'crash-log-enabled': directive(yesNo, true, {
    doc: 'Log a report when the process crashes.',
    effect: NO_CRASH_REPORT,
  }),
  'crash-memcheck-enabled': directive(yesNo, true, {
    doc: 'Check the memory when the process crashes.',
    effect: NO_CRASH_REPORT,
  }),
  databases: directive(integer({ unit: 'databases', min: 1 }), 16, {
    doc: 'How many databases there are. Clients start in 0 and choose another with SELECT.',
    change: 'at start',
  }),
  'always-show-logo': directive(yesNo, false, {
    doc: 'Print the start-up banner even when the log does not go to a terminal.',
    change: 'at start',
  }),
  'set-proc-title': directive(yesNo, true, {
    doc: 'Show the address and the mode of the server in the title of the process (ps, top).',
    change: 'at start',
  }),
  'proc-title-template': directive(text('a template', refuseTemplate), '{title} {listen-addr} {server-mode}', {
    doc: `The title. It may name {${TITLE_VARIABLES.join('}, {')}}.`,
    style: 'quoted',
  }),
  'locale-collate': directive(text('a locale'), '', {
    doc: 'The locale that decides the order of strings in SORT ALPHA. Empty: that of the environment.',
    effect: 'SORT compares byte by byte, as in the C locale',
    style: 'quoted',
  }),
  'ignore-warnings': directive(text('warnings'), '', {
    doc: 'Start-up checks of the kernel to skip.',
    effect: 'those checks are about fork and huge pages, which do not matter here',
    style: 'quoted',
  }),
  'shutdown-timeout': directive(integer({ unit: 'seconds' }), 10, {
    doc: 'How many seconds a shutdown waits for replicas that lag behind. 0 does not wait.',
  }),
  'shutdown-on-sigint': directive(shutdownFlags, [], {
    doc: 'How SIGINT shuts down: default (save when save points are set), or some of save, nosave, now, force.',
    manyWords: true,
  }),
  'shutdown-on-sigterm': directive(shutdownFlags, [], {
    doc: 'How SIGTERM shuts down; words as above.',
    manyWords: true,
  }),
  'disable-thp': directive(yesNo, true, {
    doc: 'Ask the kernel for no transparent huge pages in this process.',
    change: 'at start',
    effect: KERNEL,
  }),
});
