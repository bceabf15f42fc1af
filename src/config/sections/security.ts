/**
 * Directives about passwords, users and command names.
 * @since 0.1.0
 */
import { longInteger, oneOf, text } from '../codecs.ts';
import { directive, section } from '../directive.ts';
import { renamedCommands, wordLines } from '../special.ts';
import { NO_ACL } from './effects.ts';

export const security = section('SECURITY', 'Passwords, users and command names.', {
  requirepass: directive(text('a password'), '', {
    doc:
      'The password of the default user: clients have to send AUTH first. Servers are fast, and so are those who guess ' +
      'passwords: use a long one. Empty: none.',
    secret: true,
    style: 'quoted',
  }),
  user: directive(wordLines('a user name and rules'), [], {
    doc: 'Defines an ACL user: a name, then rules such as on, >password, ~keys*, +@read. One line per user.',
    repeat: 'adds',
    fileOnly: true,
    effect: NO_ACL,
    example: 'worker on >change-me ~jobs:* +@list +@connection',
  }),
  aclfile: directive(text('a path'), '', {
    doc: 'A file with the definitions of all users, instead of user lines.',
    change: 'at start',
    effect: NO_ACL,
    style: 'quoted',
  }),
  'acllog-max-len': directive(longInteger({ unit: 'entries' }), 128, {
    doc: 'How many denied commands and failed logins ACL LOG keeps.',
    effect: NO_ACL,
  }),
  'acl-pubsub-default': directive(oneOf('allchannels', 'resetchannels'), 'resetchannels', {
    doc: 'Which channels a new user may use: allchannels or resetchannels (none).',
    effect: NO_ACL,
  }),
  'rename-command': directive(renamedCommands, [], {
    doc: 'Gives a command another name, or with "" takes it away. One line per command.',
    repeat: 'adds',
    fileOnly: true,
    example: 'FLUSHALL ""',
  }),
});
