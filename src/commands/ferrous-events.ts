/**
 * FERROUS EVENTS: the events of the log as a stream to a client.
 *
 * In:     a range and conditions. Out: `["event", <JSON>]` per event, as pushes in RESP3 and arrays in RESP2, and
 *         `["end", <offset>]` behind the last one; an error reply where the log cannot be read.
 * Memory: one batch of the scan (what one read of a file gives) and at most SLICE_BYTES that the client has not taken.
 *
 * Everything is read from the files, so that a client which reads slowly costs nothing but its place in them: while it
 * does not take what it was sent, nothing more is read. A follower waits at the end for the file to grow.
 *
 * The client may send other commands meanwhile; their replies stand between two messages. Who resumes at the `end` of
 * the last event it has seen misses none and gets no write twice; what is no write stands at an offset rather than
 * behind one, and may be seen again.
 *
 * @since 0.3.0
 */
import * as E from 'fp-ts/Either';
import { interval, type Subscription } from 'rxjs';
import { eventLine, type LoggedEvent } from '../eventlog/event.ts';
import { formatMoment, offsetMoment } from '../eventlog/moment.ts';
import { scanBatches } from '../eventlog/scan.ts';
import { listSegments } from '../eventlog/segments.ts';
import { type Client, ClientKind } from '../net/client.ts';
import type { Reply } from '../resp/reply.ts';
import type { Context, Services } from './context.ts';
import * as described from './docs/ferrous.ts';
import { refuse } from './errors.ts';
import { type EventsRequest, parseEventsRequest } from './ferrous-request.ts';
import { accept } from './replies.ts';
import { command, type Outcome } from './spec.ts';

export const LOG_IS_OFF = 'ERR the event log is off: appendonly no';
const IS_STREAMING = 'ERR events are being sent to this client already; FERROUS EVENTS STOP ends that';
const SWITCHED_OFF = 'ERR the event log was switched off';

/** What a client may have before it; the next events are sent when it has taken all of that. */
const SLICE_BYTES = 64 * 1024;
/** A client that waits for events is not idle. */
const ACTIVE_EVERY_MS = 1000;

const writeEnd = (reply: Reply, offset: number): void => {
  reply.push(2);
  reply.bulkText('end');
  reply.integer(offset);
};

export const textOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replaceAll(/[\r\n]+/g, ' ');

class EventStream {
  private readonly server: Services;
  private readonly client: Client;
  private readonly request: EventsRequest;
  private readonly abort = new AbortController();
  private readonly sinceUs: number;
  private readonly endOffset: number;
  private readonly restore: () => void;
  private readonly subscriptions: Subscription;
  /** Where to go on behind what was sent. */
  private offset: number;
  private wake: () => void = () => {};

  constructor(server: Services, client: Client, request: EventsRequest) {
    const { writes, config, environment } = server;
    this.server = server;
    this.client = client;
    const { conditions, follow } = request;
    const { from, to } = conditions;
    this.sinceUs = request.isFromNow ? writes.timeUs() : 0;
    // Who does not follow gets what is there now, however fast it grows.
    const end = to?._tag === 'offset' ? Math.min(to.offset, writes.offset) : writes.offset;
    const isBounded = !follow && to?._tag !== 'time';
    this.request = isBounded ? { ...request, conditions: { ...conditions, to: offsetMoment(end) } } : request;
    this.offset = from?._tag === 'offset' ? from.offset : 0;
    this.endOffset = isBounded ? end : -1;
    const { peer, onClosed } = client;
    const { onDrain } = peer;
    peer.onDrain = () => {
      onDrain();
      this.wake();
    };
    client.onClosed = () => {
      onClosed();
      this.stop();
    };
    this.restore = () => {
      peer.onDrain = onDrain;
      client.onClosed = onClosed;
    };
    this.subscriptions = interval(ACTIVE_EVERY_MS, environment.scheduler).subscribe(() => {
      client.lastActiveMs = environment.scheduler.now();
    });
    this.subscriptions.add(
      config.changes$.subscribe(({ config: { appendonly } }) => {
        if (!appendonly) this.fail(SWITCHED_OFF);
      }),
    );
  }

  async run(): Promise<void> {
    const { signal } = this.abort;
    const { conditions, follow } = this.request;
    const folder = this.server.eventLog.folder.path;
    try {
      await this.checkStart(folder);
      // A segment may have been removed before the scan has found it: what is there now was there then.
      let check: Promise<void> | undefined;
      const onProgress = (): void => {
        check ??= this.checkStart(folder).catch((error: unknown) => this.fail(`ERR ${textOf(error)}`));
      };
      for await (const batch of scanBatches(folder, { ...conditions, follow, signal, onProgress })) {
        await check;
        await this.send(batch);
        if (signal.aborted) return;
      }
      if (!signal.aborted) this.end();
    } catch (error) {
      this.fail(`ERR ${textOf(error)}`);
    }
  }

  /** Ends the stream; the client is told where to go on. */
  finish(reply: Reply): void {
    this.stop();
    writeEnd(reply, this.offset);
  }

  private end(): void {
    if (this.endOffset >= 0) this.offset = Math.max(this.offset, this.endOffset);
    if (this.isOpen) this.finish(this.server.clients.replyTo(this.client));
  }

  private fail(error: string): void {
    if (!this.isOpen) return;
    this.stop();
    // A change of the configuration is another client's command, whose reply is being written.
    this.server.environment.atTurnEnd(() => {
      if (!this.client.closed) this.server.clients.replyTo(this.client).error(error);
    });
  }

  private stop(): void {
    if (this.abort.signal.aborted) return;
    streams.delete(this.client);
    this.abort.abort();
    this.subscriptions.unsubscribe();
    this.restore();
    this.wake();
  }

  private get isOpen(): boolean {
    const { client } = this;
    return !this.abort.signal.aborted && !client.closed && client.kind === ClientKind.Normal;
  }

  /** An offset that is not in the log would be a gap that nobody hears of. */
  private async checkStart(folder: string): Promise<void> {
    const { from } = this.request.conditions;
    if (from?._tag !== 'offset') return;
    const [oldest] = await listSegments(folder);
    const first = oldest?.head?.offset ?? 0;
    const last = this.server.writes.offset;
    if (from.offset >= first && from.offset <= last) return;
    const range = `${formatMoment(offsetMoment(first))} to ${formatMoment(offsetMoment(last))}`;
    throw new Error(`${formatMoment(from)} is not in the log, which has ${range}`);
  }

  private async send(batch: readonly LoggedEvent[]): Promise<void> {
    const { client, server, sinceUs } = this;
    let bytes = 0;
    for (const event of batch) {
      if (!this.isOpen) return;
      if (event.class !== 'write' && event.timeUs < sinceUs) continue;
      const line = eventLine(event);
      const reply = server.clients.replyTo(client);
      reply.push(2);
      reply.bulkText('event');
      reply.bulkUtf8(line);
      this.offset = event.end;
      bytes += line.length;
      if (bytes < SLICE_BYTES) continue;
      bytes = 0;
      await this.taken();
    }
    if (bytes > 0) await this.taken();
  }

  /** Waits until the client has taken what it was sent. */
  private async taken(): Promise<void> {
    const { client, server } = this;
    do {
      await new Promise<void>((resolve) => server.environment.atTurnEnd(resolve));
      if (!this.isOpen) return;
      if (client.peer.pendingBytes > 0) {
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
      }
    } while (this.isOpen && client.outputBytes > 0);
  }
}

/** Clients that events are sent to. */
const streams = new WeakMap<Client, EventStream>();

const stop = (reply: Reply, ctx: Context): Outcome => {
  streams.get(ctx.client)?.finish(reply);
  return accept(reply);
};

/**
 * FERROUS EVENTS FROM <moment | $ | -> [TO moment] [MATCH glob] [DB n] [USER glob] [CLIENT glob] [COMMAND glob] [FOLLOW]:
 * sends the events of the log from the moment on. FERROUS EVENTS STOP ends that.
 *
 * Reply:  +OK, then the messages; to STOP the end's message, and +OK.
 * Errors: when the log is off, when a stream is under way, when an offset is not in the log (any more).
 */
export const events = command({
  ...described.events,
  reduce: (_db, cmd, reply, ctx) => {
    if (cmd.argc === 3 && cmd.equalsToken(2, 'STOP')) return stop(reply, ctx);
    const { client, server } = ctx;
    const { eventLog, writes } = server;
    const request = parseEventsRequest(cmd, writes.offset, ctx.config.databases);
    if (E.isLeft(request)) return refuse(reply, request.left);
    if (!eventLog.isEnabled) return refuse(reply, LOG_IS_OFF);
    if (streams.has(client)) return refuse(reply, IS_STREAMING);
    eventLog.commit();
    const stream = new EventStream(server, client, request.right);
    streams.set(client, stream);
    void stream.run();
    return accept(reply);
  },
});
