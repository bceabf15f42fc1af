/**
 * Directives about listening: addresses, ports, sockets, protection.
 * @since 0.1.0
 */
import { integer, oneOf, permissions, port, text, yesNo } from '../codecs.ts';
import { directive, section } from '../directive.ts';
import { UINT_MAX } from '../numbers.ts';
import { addresses } from '../special.ts';
import { KERNEL, NO_MODULES } from './effects.ts';

/** Who may use what could harm the server: nobody, everybody, or connections from this machine. */
const access = oneOf('no', 'yes', 'local');

export const network = section('NETWORK', 'Where the server listens and who may connect.', {
  bind: directive(addresses, ['*', '-::*'], {
    doc:
      'The addresses to listen on. "*" and "::*" stand for all interfaces. A leading "-" means: skip this address ' +
      'when the machine does not have it. Without this line the server listens on all interfaces; the line below keeps ' +
      'it to this machine. An empty value closes all TCP listeners.',
    change: 'live',
    manyWords: true,
    inFerrousConf: ['127.0.0.1', '-::1'],
  }),
  'bind-source-addr': directive(text('an address'), '', {
    doc: 'The local address that outgoing connections (from a replica to its master) start from. Empty: any.',
    example: '10.0.0.1',
    style: 'quoted',
  }),
  port: directive(port, 6379, { doc: 'The TCP port to listen on; 0 listens on none.' }),
  'protected-mode': directive(yesNo, true, {
    doc:
      'Accept only connections from this machine as long as the default user has no password. Turn it off only if the ' +
      'network itself keeps strangers out.',
  }),
  'enable-protected-configs': directive(access, 'no', {
    doc:
      'Who may change dir and dbfilename with CONFIG SET, and so choose the files that the server writes: no (nobody), ' +
      'yes (every connection) or local (connections from this machine).',
    change: 'at start',
  }),
  'enable-debug-command': directive(access, 'no', {
    doc: 'Who may run DEBUG: no, yes or local, as above.',
    change: 'at start',
  }),
  'enable-module-command': directive(access, 'no', {
    doc: 'Who may run MODULE: no, yes or local, as above.',
    change: 'at start',
    effect: NO_MODULES,
  }),
  'tcp-backlog': directive(integer({ unit: 'connections' }), 511, {
    doc: 'How many connections may wait to be accepted. The kernel caps it at net.core.somaxconn.',
    change: 'at start',
  }),
  unixsocket: directive(text('a path'), '', {
    doc: 'The path of a Unix socket to listen on as well. Empty: none.',
    change: 'at start',
    example: '/run/ferrous.sock',
    style: 'quoted',
  }),
  unixsocketperm: directive(permissions, 0, {
    doc: 'Permissions of the Unix socket, octal. 0 leaves them to the umask.',
    change: 'at start',
    example: '700',
  }),
  timeout: directive(integer({ unit: 'seconds' }), 0, {
    doc: 'Close a client that was idle for this many seconds. 0 never does.',
  }),
  'tcp-keepalive': directive(integer({ unit: 'seconds' }), 300, {
    doc: 'Seconds between TCP keepalive probes, which find peers that vanished. 0 sends none.',
  }),
  'socket-mark-id': directive(integer({ unit: 'a mark', max: UINT_MAX }), 0, {
    doc: 'A mark on the packets of listening sockets, for routing and firewalls.',
    change: 'at start',
    effect: KERNEL,
  }),
});
