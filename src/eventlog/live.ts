/**
 * Events as they happen: the write stream and the audit trail of a running server, as readers of the log see them.
 *
 * In:     write events and audit events, which are loans. Out: events of their own, hot, in the order of the log.
 * Memory: the events of one transaction until its EXEC.
 *
 * They are the same that a scan of the log finds when `audit-trail` is yes; without it the log does not know who caused
 * an event and when, and here one is told all the same. Nothing is done while nobody is subscribed.
 *
 * @since 0.3.0
 */
import { Observable } from 'rxjs';
import { asSentOf, clientOf } from '../audit/annotator.ts';
import type { AuditEvent } from '../audit/service.ts';
import type { Services } from '../commands/context.ts';
import type { WriteEvent } from '../events/write-stream.ts';
import { viewOf } from '../resp/view.ts';
import type { LoggedEvent } from './event.ts';
import { splitArguments } from './format.ts';

const CR = 13;
const DOLLAR = 36;
const STAR = 42;
const ZERO = 48;

/** The arguments of a command in RESP, copied. None where it is no such command. */
export const argumentsOf = (buf: Uint8Array, start: number, end: number): readonly Uint8Array[] => {
  let at = start;
  const header = (mark: number): number => {
    if (buf[at] !== mark) return 0;
    let value = 0;
    for (at++; at < end && buf[at] !== CR; at++) value = value * 10 + buf[at] - ZERO;
    at += 2;
    return value;
  };
  const args: Uint8Array[] = [];
  const count = header(STAR);
  for (let i = 0; i < count; i++) {
    const length = header(DOLLAR);
    args.push(buf.slice(at, at + length));
    at += length + 2;
  }
  return args;
};

/** The name of a command in upper case. */
const nameOf = (args: readonly Uint8Array[]): string =>
  args.length === 0 ? '' : Buffer.from(args[0]).toString('latin1').toUpperCase();

/** What says how to read the rest of the stream, and is no event of its own. */
const SILENT: ReadonlySet<string> = new Set(['', 'PING', 'REPLCONF', 'EXEC']);

class LiveEvents {
  private readonly services: Services;
  private readonly next: (event: LoggedEvent) => void;
  private db: number;
  private transaction: number | undefined;
  private held: LoggedEvent[] = [];

  constructor(services: Services, next: (event: LoggedEvent) => void) {
    this.services = services;
    this.next = next;
    this.db = Math.max(0, services.persistence.replicationOrigin().replStreamDb ?? 0);
  }

  write(event: WriteEvent): void {
    const { buf, start, end, offset } = event;
    const args = argumentsOf(buf, start, end);
    if (event.db < 0) {
      const name = nameOf(args);
      if (name === 'MULTI') this.transaction = offset;
      if (name === 'SELECT' && args.length === 2) this.db = viewOf(args).integer(1);
      if (name === 'EXEC') this.complete();
      if (SILENT.has(name) || name === 'MULTI' || name === 'SELECT') return;
    } else {
      this.db = event.db;
    }
    const { writes, commands, config } = this.services;
    const asSent = asSentOf(event, commands, config.config['audit-trail-values']);
    this.push({
      offset,
      end: offset + (end - start),
      timeUs: writes.timeUs(),
      db: this.db,
      class: 'write',
      args,
      client: clientOf(event.origin),
      ...(asSent === undefined ? {} : { asSent }),
      ...(this.transaction === undefined ? {} : { transaction: this.transaction }),
    });
  }

  audit({ offset, timeUs, client, class: kind, text }: AuditEvent): void {
    this.push({
      offset,
      end: offset,
      timeUs,
      db: 0,
      class: kind,
      args: splitArguments(text).map((word) => new Uint8Array(Buffer.from(word, 'latin1'))),
      client: clientOf(client),
    });
  }

  private push(event: LoggedEvent): void {
    if (this.transaction === undefined) this.next(event);
    else this.held.push(event);
  }

  private complete(): void {
    const { held } = this;
    this.held = [];
    this.transaction = undefined;
    for (const event of held) this.next(event);
  }
}

/** The events of a running server. */
export const liveEvents = (services: Services): Observable<LoggedEvent> =>
  new Observable((subscriber) => {
    const live = new LiveEvents(services, (event) => subscriber.next(event));
    subscriber.add(services.writes.events$.subscribe((event) => live.write(event)));
    subscriber.add(services.audit.events$.subscribe((event) => live.audit(event)));
  });
