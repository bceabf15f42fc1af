/**
 * Which commands the audit trail records, and as what.
 *
 * In: a command's description. Out: its class, or undefined for what is only recorded by what it writes.
 *
 * @since 0.3.0
 */
import type { CommandDescription } from '../commands/docs/describe.ts';
import type { AuditClass } from '../eventlog/format.ts';

/** Whoever logs in. HELLO only when it does; see service.ts. */
const AUTH: ReadonlySet<string> = new Set(['auth', 'hello']);

/** The talk of replicas: their coming and going is recorded instead. */
const PROTOCOL: ReadonlySet<string> = new Set(['psync', 'sync', 'replconf']);

/** For administrators, but they only look, and monitoring asks for them all the time. */
const LOOKS: ReadonlySet<string> = new Set(['client|list', 'slowlog|get', 'slowlog|len', 'latency|latest']);

/** Not called administration by Redis, but what an auditor looks for first. */
const GRAVE: ReadonlySet<string> = new Set(['flushall', 'flushdb', 'swapdb']);

/** Class of a command that is given by its full name: "config|set". */
export const auditClassOf = (
  fullName: string,
  { flags }: Pick<CommandDescription, 'flags'>,
): AuditClass | undefined => {
  if (AUTH.has(fullName)) return 'auth';
  if (PROTOCOL.has(fullName)) return undefined;
  if (LOOKS.has(fullName) || flags.includes('readonly')) return 'read';
  return GRAVE.has(fullName) || flags.includes('admin') ? 'admin' : undefined;
};

/** Words that name a directive whose change may end the recording itself. */
export const RECORDING: readonly string[] = ['appendonly', 'audit-trail', 'audit-trail-events'];
