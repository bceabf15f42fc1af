/**
 * The audit of what is no write: logins, administration, reads, links of replicas.
 *
 * In:  commands that ran or were refused, from dispatch; links, from replication. Out: `events$`.
 *
 * Dispatch asks by the bits of a command whether anybody wants to know, so an audit that is off costs nothing. A command
 * that may end the recording itself (SHUTDOWN, CONFIG SET appendonly no) is recorded before it runs, too.
 *
 * @since 0.3.0
 */
import { type Observable, Subject } from 'rxjs';
import { Bit, type Command } from '../commands/table.ts';
import type { RecordedClass } from '../config/special.ts';
import type { ConfigStore } from '../config/store.ts';
import type { Config } from '../config/table.ts';
import { type AuditClass, renderArguments } from '../eventlog/format.ts';
import type { WriteStream } from '../events/write-stream.ts';
import { type Client, ClientKind } from '../net/client.ts';
import type { CommandView } from '../resp/view.ts';
import { RECORDING } from './classes.ts';
import { auditText, type ValueForm } from './text.ts';

/** Something that is no write. The text is as it stands in the log: quoted, and without secrets. */
export interface AuditEvent {
  readonly timeUs: number;
  /** Where the stream stood: everything before has been emitted. */
  readonly offset: number;
  /** Who did it; undefined is the server itself. */
  readonly client: Client | undefined;
  readonly class: AuditClass;
  readonly text: string;
}

const BITS: Readonly<Record<AuditClass, number>> = {
  admin: Bit.AuditAdmin,
  auth: Bit.AuditAuth,
  read: Bit.AuditRead,
  replica: 0,
};

const classOf = (bits: number): AuditClass => {
  if ((bits & Bit.AuditAdmin) !== 0) return 'admin';
  return (bits & Bit.AuditAuth) !== 0 ? 'auth' : 'read';
};

const OK = '(ok)';
/** It has not been answered yet: it waits for something, or is about to run. */
const PENDING = '(pending)';

/** What an error's text says to a program: its first word. */
const failure = (error: string): string => {
  const code = /^[A-Z]+(?= |$)/.exec(error);
  return `(failed:${code === null ? 'ERR' : code[0]})`;
};

const isLogin = (command: Command, view: CommandView): boolean => {
  if (command.fullName !== 'hello') return true;
  for (let i = 2; i < view.argc; i++) if (view.equalsToken(i, 'AUTH')) return true;
  return false;
};

const mayEndRecording = (command: Command, view: CommandView): boolean => {
  if (command.fullName === 'shutdown' || command.fullName === 'debug') return true;
  if (command.fullName !== 'config|set') return false;
  for (let i = 2; i < view.argc; i += 2) if (RECORDING.includes(view.text(i, 64).toLowerCase())) return true;
  return false;
};

export class AuditTrail {
  /** A command with one of these bits is recorded. A plain field: dispatch reads it for every command. */
  bits = 0;
  private readonly writes: WriteStream;
  private readonly subject = new Subject<AuditEvent>();
  /** What happened, in order, at its place in the write stream. */
  readonly events$: Observable<AuditEvent> = this.subject.asObservable();
  private classes: readonly RecordedClass[] = [];
  private values: ValueForm = 'full';
  /** The running command has been recorded before it ran. */
  private isAnnounced = false;
  /** Clients whose attempts without a login have been recorded: once is enough. */
  private readonly strangers = new WeakSet<Client>();

  constructor(config: ConfigStore, writes: WriteStream) {
    this.writes = writes;
    this.configure(config.config);
    config.changes$.subscribe(({ config: next }) => this.configure(next));
  }

  /** Before a command runs that is to be recorded. */
  before(client: Client, command: Command, view: CommandView): void {
    this.isAnnounced = mayEndRecording(command, view);
    if (this.isAnnounced) this.command(client, command, view, PENDING);
  }

  /** A command that is to be recorded has run; `error` is its error reply. */
  ran(client: Client, command: Command, view: CommandView, error: string | undefined): void {
    const result = error === undefined ? (client.blocked === undefined ? OK : PENDING) : failure(error);
    if (result !== PENDING || !this.isAnnounced) this.command(client, command, view, result);
    this.isAnnounced = false;
  }

  /** A command was refused before it ran. */
  refused(client: Client, command: Command, view: CommandView, error: string): void {
    if (this.bits === 0) return;
    if ((command.bits & this.bits & ~Bit.AuditRead) !== 0) {
      this.command(client, command, view, failure(error));
    } else if ((this.bits & Bit.AuditAuth) !== 0 && error.startsWith('NOAUTH') && !this.strangers.has(client)) {
      this.strangers.add(client);
      this.tell(client, 'auth', `${renderArguments(command.fullName.toUpperCase().split('|'))} ${failure(error)}`);
    }
  }

  /** Something about a link of replication; the words are shown as they are. */
  link(client: Client | undefined, words: readonly string[]): void {
    if (this.classes.includes('replica')) this.tell(client, 'replica', renderArguments(words));
  }

  private command(client: Client, command: Command, view: CommandView, result: string): void {
    // What our master does, its own trail records.
    if (this.subject.observed && client.kind !== ClientKind.Master && isLogin(command, view)) {
      this.tell(client, classOf(command.bits), auditText(command, view, result, this.values));
    }
  }

  private tell(client: Client | undefined, kind: AuditClass, text: string): void {
    if (!this.subject.observed) return;
    const { writes } = this;
    // What was done before stands before.
    writes.flush();
    this.subject.next({ timeUs: writes.timeUs(), offset: writes.offset, client, class: kind, text });
  }

  private configure(config: Config): void {
    this.values = config['audit-trail-values'];
    this.classes = config['audit-trail'] ? config['audit-trail-events'] : [];
    let bits = 0;
    for (const each of this.classes) if (each !== 'write') bits |= BITS[each];
    this.bits = bits;
  }
}
