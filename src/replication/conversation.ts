/**
 * One connection to the master, from the first PING to the break: handshake, full or partial resync, stream.
 *
 * In:     bytes of the master, however they are cut (`take`). Out: requests to it, a loaded keyspace, applied commands.
 * Memory: a line of at most 64 KiB; what is cut off of a command (the decoder's); a transaction that is not complete.
 *
 *   lines: PING → AUTH → REPLCONF … → PSYNC ─┬─ +FULLRESYNC → $… ─▶ snapshot ─┬─▶ stream
 *                                            └─ +CONTINUE ────────────────────┘
 *
 * @since 0.1.0
 */
import { Subject, type Subscription } from 'rxjs';
import type { Chunk, Peer } from '../net/peer.ts';
import type { History } from './history.ts';
import { LinkError, type LinkMemory, type LinkState, type SyncProgress } from './link-state.ts';
import { MARK_BYTES, MarkFinder } from './mark.ts';
import { MasterStream } from './master-stream.ts';
import type { ReplicationParts } from './parts.ts';
import type { CommandRunner, StreamLoaded } from './ports.ts';
import { line, request } from './wire.ts';

export interface ConversationOptions {
  readonly peer: Peer;
  readonly parts: ReplicationParts;
  readonly history: History;
  readonly memory: LinkMemory;
  readonly runner: CommandRunner;
  /** The port that our own clients connect to. */
  readonly port: () => number;
  readonly knows: (name: string) => boolean;
  readonly setState: (state: LinkState) => void;
  /** Says what goes on; quietly when the same was said a second ago. */
  readonly say: (text: string) => void;
  /** Replicas of ours have to start anew: our history has changed. */
  readonly historyChanged: () => void;
  /** The connection has failed outside of `take`. */
  readonly fail: (error: unknown) => void;
}

enum Phase {
  Lines = 0,
  Snapshot = 1,
  /** The snapshot is complete, and its loader is not done. */
  Loading = 2,
  Stream = 3,
}

const LINE_BYTES_MAX = 64 * 1024;
const LF = 10;
const NO_PASSWORD = 'AUTH <password> called without any password configured';
const REPLID = /^[0-9a-f]{40}$/i;

export class Conversation {
  private readonly options: ConversationOptions;
  private phase = Phase.Lines;
  private partialLine = '';
  private onLine: (text: string) => void;
  private stream: MasterStream | undefined = undefined;

  private syncReplid = '';
  private syncOffset = -1;
  private snapshot: Subject<Chunk> | undefined = undefined;
  private loading: Subscription | undefined = undefined;
  private mark: MarkFinder | undefined = undefined;
  private bytesLeft = 0;
  private totalBytes = 0;
  private readBytes = 0;
  /** Stream bytes that came while the loader was not done. */
  private readonly early: Uint8Array[] = [];

  constructor(options: ConversationOptions) {
    this.options = options;
    this.onLine = (text) => this.pinged(text);
  }

  get progress(): SyncProgress | undefined {
    if (this.snapshot === undefined) return undefined;
    return { totalBytes: this.totalBytes, readBytes: this.readBytes };
  }

  /** Bytes of the stream that came and are not applied. */
  get pendingBytes(): number {
    return this.stream?.pendingBytes ?? 0;
  }

  start(): void {
    this.options.setState('handshake');
    this.send('PING');
  }

  /** The next bytes of the master; a loan. Throws LinkError. */
  take(chunk: Chunk): void {
    const { bytes, length } = chunk;
    let at = 0;
    while (at < length) {
      if (this.phase === Phase.Lines) at = this.takeLine(bytes, at, length);
      else if (this.phase === Phase.Snapshot) at = this.takeSnapshot(bytes, at, length);
      else if (this.phase === Phase.Loading) {
        this.early.push(new Uint8Array(bytes.subarray(at, length)));
        return;
      } else {
        this.stream?.take(at === 0 ? bytes : bytes.subarray(at), length - at);
        return;
      }
    }
  }

  /** Tells the master how far we are. */
  acknowledge(): void {
    const { peer, history } = this.options;
    if (this.phase !== Phase.Stream) return;
    const synced = history.syncedOffset();
    const onDisk = synced < 0 ? [] : ['FACK', String(synced)];
    const ack = request('REPLCONF', 'ACK', String(history.writes.offset), ...onDisk);
    peer.write(ack, 0, ack.length);
  }

  /** The connection is over. A snapshot that was cut off leaves nothing behind. */
  end(): void {
    this.loading?.unsubscribe();
    this.stream?.end();
    this.snapshot = undefined;
  }

  // Handshake

  private pinged(text: string): void {
    const refused = text.startsWith('-') && !/^-(NOAUTH|NOPERM|ERR operation not permitted)/.test(text);
    if (refused) throw new LinkError(`Error reply to PING from master: '${text}'`);
    this.options.say('Master replied to PING, replication can continue...');
    const { masterauth, masteruser, requirepass } = this.options.parts.config.config;
    const password = masterauth !== '' ? masterauth : requirepass;
    if (password === '') {
      this.introduce();
      return;
    }
    this.onLine = (reply) => this.authenticated(reply);
    if (masteruser !== '') this.send('AUTH', masteruser, password);
    else this.send('AUTH', password);
  }

  private authenticated(text: string): void {
    // Our own requirepass was only a guess at the master's: one without a password takes us as well.
    const isGuess = this.options.parts.config.config.masterauth === '';
    if (text.startsWith('-') && !(isGuess && text.includes(NO_PASSWORD))) {
      throw new LinkError(`Unable to AUTH to MASTER: ${text}`);
    }
    this.introduce();
  }

  private introduce(): void {
    const { parts, port } = this.options;
    const announced = parts.config.config['replica-announce-port'];
    this.onLine = (text) => {
      if (text.startsWith('-')) {
        this.options.say(`(Non critical) Master does not understand REPLCONF listening-port: ${text}`);
      }
      this.announceAddress();
    };
    this.send('REPLCONF', 'listening-port', String(announced !== 0 ? announced : port()));
  }

  private announceAddress(): void {
    const address = this.options.parts.config.config['replica-announce-ip'];
    if (address === '') {
      this.tellCapabilities();
      return;
    }
    this.onLine = (text) => {
      if (text.startsWith('-')) {
        this.options.say(`(Non critical) Master does not understand REPLCONF ip-address: ${text}`);
      }
      this.tellCapabilities();
    };
    this.send('REPLCONF', 'ip-address', address);
  }

  private tellCapabilities(): void {
    this.onLine = (text) => {
      if (text.startsWith('-')) this.options.say(`(Non critical) Master does not understand REPLCONF capa: ${text}`);
      this.synchronize();
    };
    this.send('REPLCONF', 'capa', 'eof', 'capa', 'psync2');
  }

  // Resync

  private synchronize(): void {
    const { history, memory, say } = this.options;
    this.options.setState('sync');
    this.onLine = (text) => this.synchronizing(text);
    if (!memory.resumable) {
      say('Partial resynchronization not possible (no cached master)');
      this.send('PSYNC', '?', '-1');
      return;
    }
    const offset = String(history.writes.offset + 1);
    say(`Trying a partial resynchronization (request ${history.replid}:${offset}).`);
    this.send('PSYNC', history.replid, offset);
  }

  private synchronizing(text: string): void {
    const { memory, say } = this.options;
    if (text === '') return; // a sign of life while the master prepares
    const words = text.split(' ');
    if (words[0] === '+FULLRESYNC') {
      const [, replid = '', offsetText = ''] = words;
      const offset = Number(offsetText);
      if (!REPLID.test(replid) || !Number.isSafeInteger(offset) || offset < 0) {
        throw new LinkError(`Master replied with wrong +FULLRESYNC syntax: ${text}`);
      }
      this.syncReplid = replid.toLowerCase();
      this.syncOffset = offset;
      say(`Full resync from master: ${replid}:${offset}`);
      this.onLine = (header) => this.snapshotHeader(header);
    } else if (words[0] === '+CONTINUE') {
      this.continueWith(words[1] ?? '');
    } else if (/^-(NOMASTERLINK|LOADING|MASTERDOWN)/.test(text)) {
      throw new LinkError(`Master is currently unable to PSYNC but should be in the future: ${text}`);
    } else if (/^-(NOAUTH|NOPERM|WRONGPASS)/.test(text)) {
      throw new LinkError(`The master refuses PSYNC (see masterauth and masteruser): ${text}`);
    } else {
      say(`Master does not support PSYNC or is in error state (reply: ${text})`);
      memory.resumable = false;
      this.syncReplid = '';
      this.onLine = (header) => this.snapshotHeader(header);
      this.send('SYNC');
    }
  }

  private continueWith(replid: string): void {
    const { history, parts, historyChanged } = this.options;
    parts.log.notice('Successful partial resynchronization with master.');
    if (replid !== '' && replid.toLowerCase() !== history.replid) {
      if (!REPLID.test(replid)) throw new LinkError(`Master replied with wrong +CONTINUE syntax: ${replid}`);
      parts.log.notice(`Master replication ID changed to ${replid}`);
      history.follow(replid.toLowerCase());
      historyChanged();
    }
    history.openBacklog();
    this.beginStream();
    parts.log.notice('MASTER <-> REPLICA sync: Master accepted a Partial Resynchronization.');
  }

  private snapshotHeader(text: string): void {
    if (text === '') return;
    if (text.startsWith('-')) throw new LinkError(`MASTER aborted replication with an error: ${text}`);
    if (!text.startsWith('$')) {
      throw new LinkError(
        `Bad protocol from MASTER, the first byte is not '$' (we received '${text}'), are you sure the host and port are right?`,
      );
    }
    const { parts } = this.options;
    const { log } = parts;
    const mark = text.startsWith('$EOF:') ? text.slice(5) : undefined;
    if (mark === undefined) {
      const bytes = Number(text.slice(1));
      if (!Number.isSafeInteger(bytes) || bytes < 0) throw new LinkError(`Bad length from MASTER: ${text}`);
      log.notice(`MASTER <-> REPLICA sync: receiving ${bytes} bytes from master to parser`);
      this.totalBytes = bytes;
      this.bytesLeft = bytes;
    } else {
      if (mark.length !== MARK_BYTES) throw new LinkError(`Bad end mark from MASTER: ${text}`);
      log.notice('MASTER <-> REPLICA sync: receiving streamed RDB from master with EOF to parser');
      this.mark = new MarkFinder(mark, (bytes) => this.load(bytes));
    }
    // What we had is no place in the stream any more, whatever happens from here on.
    // Nor is it one for replicas of ours, nor under the id it had.
    this.options.memory.resumable = false;
    this.options.history.freeBacklog();
    this.options.history.forgetId();
    this.options.historyChanged();
    this.phase = Phase.Snapshot;
    log.notice('MASTER <-> REPLICA sync: Flushing old data');
    log.notice('MASTER <-> REPLICA sync: Loading DB in memory');
    const snapshot = new Subject<Chunk>();
    this.snapshot = snapshot;
    let result: StreamLoaded = {};
    this.loading = parts.persistence.loadStream(snapshot, this.totalBytes).subscribe({
      next: (loaded) => {
        result = loaded;
      },
      error: (error: unknown) => this.loadFailed(error),
      complete: () => this.loaded(result),
    });
  }

  private takeSnapshot(bytes: Uint8Array, at: number, end: number): number {
    if (this.mark !== undefined) {
      const behind = this.mark.take(bytes, at, end);
      this.readBytes += (behind < 0 ? end : behind) - at;
      if (behind < 0) return end;
      this.finishSnapshot();
      return behind;
    }
    const count = Math.min(this.bytesLeft, end - at);
    this.readBytes += count;
    this.bytesLeft -= count;
    this.load(bytes.subarray(at, at + count));
    if (this.bytesLeft === 0) this.finishSnapshot();
    return at + count;
  }

  private load(bytes: Uint8Array): void {
    this.snapshot?.next({ bytes, length: bytes.length });
  }

  private finishSnapshot(): void {
    this.phase = Phase.Loading;
    this.snapshot?.complete();
    if (this.isLoading()) this.options.peer.pause();
  }

  private isLoading(): boolean {
    return this.phase === Phase.Loading;
  }

  private loadFailed(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.options.fail(
      new LinkError(`Failed trying to load the MASTER synchronization DB from socket, check server logs: ${reason}`),
    );
  }

  private loaded({ replStreamDb }: StreamLoaded): void {
    if (this.phase !== Phase.Loading) {
      this.loadFailed('the loader ended before the snapshot did');
      return;
    }
    const { history, memory, parts, peer, historyChanged } = this.options;
    this.snapshot = undefined;
    // A master that knows only SYNC has no id: what follows is a history that nobody can ask for.
    if (this.syncReplid === '') {
      history.adopt(history.replid, 0);
      history.forgetId();
    } else history.adopt(this.syncReplid, this.syncOffset);
    memory.resumable = this.syncReplid !== '';
    memory.streamDb = replStreamDb ?? 0;
    historyChanged();
    parts.log.notice('MASTER <-> REPLICA sync: Finished with success');
    this.beginStream();
    this.acknowledge();
    for (const bytes of this.early.splice(0)) this.stream?.take(bytes, bytes.length);
    peer.resume();
  }

  private beginStream(): void {
    this.stream = new MasterStream({
      ...this.options,
      acknowledge: () => this.acknowledge(),
    });
    this.phase = Phase.Stream;
    this.options.setState('connected');
  }

  // Lines

  private takeLine(bytes: Uint8Array, at: number, end: number): number {
    const newline = bytes.indexOf(LF, at);
    const isCut = newline < 0 || newline >= end;
    const to = isCut ? end : newline;
    this.partialLine += Buffer.from(bytes.buffer, bytes.byteOffset + at, to - at).toString('latin1');
    if (this.partialLine.length > LINE_BYTES_MAX) throw new LinkError('The master sent a line that does not end');
    if (isCut) return end;
    const text = this.partialLine.replace(/\r$/, '');
    this.partialLine = '';
    this.onLine(text);
    return newline + 1;
  }

  private send(...args: readonly string[]): void {
    const { peer } = this.options;
    const bytes = args.length === 1 && args[0] === 'SYNC' ? line('SYNC\r\n') : request(...args);
    peer.write(bytes, 0, bytes.length);
  }
}
