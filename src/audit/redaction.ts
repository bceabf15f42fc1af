/**
 * Which arguments of commands are secrets: one table, for all that is ever recorded.
 *
 * In:  a command by its full name, and its words. Out: the words, secrets replaced by `(redacted)`.
 *
 * Whatever is no well-formed call counts as secret from the place on where a password could stand: people mistype.
 *
 * @since 0.3.0
 */
import { findDirective } from '../config/table.ts';
import type { CommandView } from '../resp/view.ts';

export const REDACTED = '(redacted)';

/** What is shown instead of an argument; undefined shows it as it is. */
export type Redact = (view: CommandView, index: number) => string | undefined;

/** Not a password, but half of what one needs to log in elsewhere. */
const MORE_SECRETS: readonly string[] = ['masteruser'];

const isSecretDirective = (name: string): boolean => {
  const found = findDirective(name);
  // What is no directive may be one with a slip of the pen in its name.
  return found === undefined || found.directive.secret || MORE_SECRETS.includes(found.name);
};

/** Whether the user name at an argument is shown: not where it is the password, as impatient people type it. */
const isShownUser = (view: CommandView, index: number): boolean =>
  index + 1 < view.argc && view.text(index) !== view.text(index + 1);

/** AUTH [user] password */
const redactAuth: Redact = (view, index) =>
  view.argc === 3 && index === 1 && isShownUser(view, index) ? undefined : REDACTED;

/** HELLO [protocol [AUTH user password] [SETNAME name]] */
const redactHello: Redact = (view, index) => {
  for (let at = 2; at < index; ) {
    if (view.equalsToken(at, 'AUTH')) {
      const isUser = index === at + 1 && isShownUser(view, index) && !view.equalsToken(index + 1, 'SETNAME');
      if (isUser) return undefined;
      if (index <= at + 2) return REDACTED;
      at += 3;
    } else if (view.equalsToken(at, 'SETNAME')) {
      at += 2;
    } else {
      return REDACTED;
    }
  }
  // Names of options, and the name behind SETNAME.
  const isName = index > 2 && view.equalsToken(index - 1, 'SETNAME');
  const isWord = index === 1 || view.equalsToken(index, 'AUTH') || view.equalsToken(index, 'SETNAME');
  return isName || isWord ? undefined : REDACTED;
};

/** CONFIG SET name value [name value ...] */
const redactConfigSet: Redact = (view, index) => {
  const isValue = index % 2 === 1;
  if (isValue) return isSecretDirective(view.text(index - 1)) ? REDACTED : undefined;
  // A name where there is none may be a value that got out of step.
  return findDirective(view.text(index)) === undefined ? REDACTED : undefined;
};

const ACL_RULE =
  /^(on|off|nopass|resetpass|reset|resetkeys|allkeys|resetchannels|allchannels|allcommands|nocommands|clearselectors|sanitize-payload|skip-sanitize-payload|[+-][\w@|-]+|~.*|%[rw]+~.*|&.*|\([^<>#!]*\)?|[^<>#!]*\))$/i;

/** ACL SETUSER name [rule ...]: rules are shown as far as they are rules without a password. */
const redactAclSetuser: Redact = (view, index) => {
  if (index === 2) return undefined;
  const rule = view.text(index);
  if (/^[<>#!]/.test(rule)) return `${rule[0]}${REDACTED}`;
  return ACL_RULE.test(rule) ? undefined : REDACTED;
};

/** MIGRATE host port key db timeout [COPY] [REPLACE] [AUTH password | AUTH2 user password] [KEYS key ...] */
const redactMigrate: Redact = (view, index) => {
  for (let at = 6; at < index; at++) {
    if (view.equalsToken(at, 'KEYS')) return undefined;
    if (view.equalsToken(at, 'AUTH')) {
      if (index === at + 1) return REDACTED;
      at += 1;
    } else if (view.equalsToken(at, 'AUTH2')) {
      if (index <= at + 2) return index === at + 1 && isShownUser(view, index) ? undefined : REDACTED;
      at += 2;
    }
  }
  return undefined;
};

/** By full name; arguments before `from` are none of anybody's secrets. */
const TABLE: ReadonlyMap<string, { readonly from: number; readonly redact: Redact }> = new Map([
  ['auth', { from: 1, redact: redactAuth }],
  ['hello', { from: 1, redact: redactHello }],
  ['config|set', { from: 2, redact: redactConfigSet }],
  ['acl|setuser', { from: 2, redact: redactAclSetuser }],
  ['migrate', { from: 6, redact: redactMigrate }],
]);

/** How a command's arguments have to be redacted; undefined for those that have no secrets. */
export const redactionOf = (fullName: string): Redact | undefined => {
  const found = TABLE.get(fullName);
  if (found === undefined) return undefined;
  return (view, index) => (index < found.from ? undefined : found.redact(view, index));
};
