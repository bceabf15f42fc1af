/**
 * Directives about TLS.
 * @since 0.1.0
 */
import { integer, oneOf, port, text, yesNo } from '../codecs.ts';
import { directive, section } from '../directive.ts';
import { NO_TLS } from './effects.ts';

const file = (doc: string) => directive(text('a path'), '', { doc, effect: NO_TLS, style: 'quoted' });
const passphrase = (doc: string) =>
  directive(text('a passphrase'), '', { doc, effect: NO_TLS, secret: true, style: 'quoted' });
const flag = (initial: boolean, doc: string) => directive(yesNo, initial, { doc, effect: NO_TLS });

export const tls = section('TLS', 'Encrypted connections. Ferrous knows these directives but does not speak TLS yet.', {
  'tls-port': directive(port, 0, { doc: 'The port for TLS connections; 0 is none.', effect: NO_TLS }),
  'tls-cert-file': file('The certificate of the server, PEM.'),
  'tls-key-file': file('The private key of the server, PEM.'),
  'tls-key-file-pass': passphrase('The passphrase of the private key.'),
  'tls-client-cert-file': file('The certificate for outgoing connections, when it is not the same.'),
  'tls-client-key-file': file('The private key for outgoing connections.'),
  'tls-client-key-file-pass': passphrase('The passphrase of the private key for outgoing connections.'),
  'tls-dh-params-file': file('Diffie-Hellman parameters, for old OpenSSL only.'),
  'tls-ca-cert-file': file('A bundle of the authorities that sign the certificates of clients.'),
  'tls-ca-cert-dir': file('A folder of such certificates.'),
  'tls-auth-clients': directive(oneOf('no', 'yes', 'optional'), 'yes', {
    doc: 'Whether clients have to show a certificate: yes, no, or optional (checked when shown).',
    effect: NO_TLS,
  }),
  'tls-replication': flag(false, 'Whether a replica speaks TLS to its master.'),
  'tls-cluster': flag(false, 'Whether the cluster bus speaks TLS.'),
  'tls-protocols': directive(text('TLS versions'), '', {
    doc: 'The versions to allow. Empty: TLSv1.2 and TLSv1.3.',
    effect: NO_TLS,
    style: 'quoted',
  }),
  'tls-ciphers': directive(text('ciphers'), '', {
    doc: 'The ciphers to allow up to TLSv1.2.',
    effect: NO_TLS,
    style: 'quoted',
  }),
  'tls-ciphersuites': directive(text('cipher suites'), '', {
    doc: 'The cipher suites to allow in TLSv1.3.',
    effect: NO_TLS,
    style: 'quoted',
  }),
  'tls-prefer-server-ciphers': flag(false, 'Whether the server, not the client, chooses the cipher.'),
  'tls-session-caching': flag(true, 'Whether sessions are cached, so that clients reconnect faster.'),
  'tls-session-cache-size': directive(integer({ unit: 'sessions' }), 20480, {
    doc: 'How many sessions are cached. 0 is no limit.',
    effect: NO_TLS,
  }),
  'tls-session-cache-timeout': directive(integer({ unit: 'seconds' }), 300, {
    doc: 'How long a session is cached, in seconds.',
    effect: NO_TLS,
  }),
});
