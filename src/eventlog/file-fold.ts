/**
 * One file of a log on its way into the keyspace: an RDB, commands with their annotations, or one behind the other.
 *
 * In:     bytes from `readPosition` on, read into `room()`. Out: a changed keyspace and `StreamPlace`; `outcome`.
 * Memory: the parser's buffer, and the commands of a transaction until its EXEC.
 *
 * A transaction is applied as a whole or not at all. With a moment the fold stops before the first command that the moment
 * has not seen. In a file with a head every record has to have the hash that the next one names; in one without (as
 * redis-server writes them) damage is what cannot be read.
 *
 * @since 0.3.0
 */
import * as E from 'fp-ts/Either';
import type { Services } from '../commands/context.ts';
import { Loading } from '../persistence/loading.ts';
import { quoteIfNeeded } from '../quoting.ts';
import { type CommandView, latin1 } from '../resp/view.ts';
import {
  type Annotation,
  HASH_CHARACTERS,
  type Head,
  isSeenAt,
  type Moment,
  parseAnnotation,
  type Seal,
} from './format.ts';
import { Item, LogParser } from './log-parser.ts';
import { RecordHash } from './record-hash.ts';
import { Replayed, type Replayer } from './replayer.ts';
import type { StreamPlace } from './stream-place.ts';
import { wrongLength } from './wrong-length.ts';

export interface FileFoldOptions {
  readonly services: Services;
  readonly replayer: Applier;
  readonly place: StreamPlace;
  readonly name: string;
  /** It is an RDB whatever it begins with. */
  readonly isSnapshot: boolean;
  /** Stop where this moment ends. */
  readonly until?: Moment;
}

/** What applies commands; one that does nothing finds out where a moment is. */
export type Applier = Pick<Replayer, 'during' | 'apply' | 'select' | 'error'>;

/** What is wrong with a file, and where. */
export interface Damage {
  readonly kind: 'snapshot' | 'format' | 'unknown command' | 'missing' | 'moment';
  /** Place in the file. */
  readonly position: number;
  readonly reason: string;
}

export type Outcome =
  | { readonly _tag: 'complete' }
  /** The file ends in the middle of something: what is good ends at `validTo`. */
  | { readonly _tag: 'torn'; readonly isTransaction: boolean }
  /** What follows is later than the moment. */
  | { readonly _tag: 'stopped' }
  | { readonly _tag: 'damaged'; readonly damage: Damage };

/** Loading this much takes some milliseconds. */
const READ_BYTES = 128 * 1024;
const RDB_MAGIC = Buffer.from('REDIS');
const US_PER_SECOND = 1_000_000;
/** A log that does not fit says so this many times. */
const COMPLAINTS_MAX = 10;
const SHOWN_BYTES_MAX = 128;
/** Characters of `NOBODY_KNOWS`. */
const NOBODY_CHARACTERS = 17;
const SPACE = 32;
const MINUS = 45;
const ZERO = 48;
const COLON = 58;
const UPPER_W = 87;
/** `*2`, `$6`, `SELECT`, `$10`, and ten digits. */
const SELECT_BYTES_MAX = 4 + 4 + 8 + 5 + 12;

export class FileFold {
  head: Head | undefined = undefined;
  seal: Seal | undefined = undefined;
  /** Where in the file ends what is complete and was applied. */
  validTo = 0;
  /** Bytes that have been dealt with. */
  loadedBytes = 0;
  /** Set by an RDB: when it was made. */
  createdUs: number | undefined = undefined;

  private readonly options: FileFoldOptions;
  private readonly parser = new LogParser();
  private readonly records = new RecordHash();
  /** The RDB at the front, while it is read. */
  private loading: Loading | undefined = undefined;
  private rdbBuffer: Uint8Array | undefined = undefined;
  private rdbBytes = 0;
  private isSniffed = false;
  private damaged: Damage | undefined = undefined;
  private isStopped = false;

  /** Bytes of a SELECT at the front that is the segment's own: the stream has it earlier. */
  private ownSelectBytes = 0;
  private transaction: CommandView[] | undefined = undefined;
  private transactionAt = 0;
  /** Where in the buffer begins what the record's hash has not seen, and where in the file the record. */
  private unhashedFrom = 0;
  private recordAt = 0;
  private timeUs: number;
  /** Where in the file ends the last #W line between two transactions: with nothing behind it, it vouches for the end. */
  private restsAt = 0;
  /** A line of the file has said what time it is, beside the head. */
  private isTimed = false;
  private complaints = 0;
  private readonly skippedNames = new Set<string>();
  private readonly drain = (): boolean => this.takeItems();

  constructor(options: FileFoldOptions) {
    this.options = options;
    this.timeUs = options.place.timeUs;
  }

  /** The RDB that is being read says how much memory it wants. */
  get usedMemoryBytes(): number {
    return this.loading?.usedMemoryBytes ?? 0;
  }

  /** Where the next bytes are to be read. */
  get readPosition(): number {
    return this.rdbBuffer === undefined ? this.parser.readPosition : this.rdbBytes;
  }

  /** Where the next bytes of the file go. */
  room(): Uint8Array {
    if (!this.isSniffed || this.rdbBuffer !== undefined) {
      this.rdbBuffer ??= new Uint8Array(READ_BYTES);
      return this.rdbBuffer;
    }
    const { parser } = this;
    if (this.head !== undefined) this.records.pass(parser.buf, this.unhashedFrom, parser.start);
    const room = parser.room();
    this.unhashedFrom = 0;
    return room.length > READ_BYTES ? room.subarray(0, READ_BYTES) : room;
  }

  /** So many bytes were read. False: enough, see `outcome`. */
  filled(bytes: number): boolean {
    const { replayer, services } = this.options;
    const { rdbBuffer } = this;
    if (rdbBuffer !== undefined) return this.takeFirst(rdbBuffer, bytes);
    this.parser.filled(bytes);
    const goesOn = replayer.during(services.environment.scheduler.now(), this.drain);
    this.loadedBytes = this.parser.consumed;
    return goesOn;
  }

  /** To be asked once there are no more bytes, or `filled` has said false. */
  outcome(): Outcome {
    if (this.damaged === undefined && this.loading !== undefined) this.snapshotFinished();
    if (this.damaged !== undefined) return { _tag: 'damaged', damage: this.damaged };
    if (this.isStopped) return { _tag: 'stopped' };
    const { parser } = this;
    if (parser.consumed === this.restsAt && parser.pendingBytes === 0)
      this.validTo = Math.max(this.validTo, this.restsAt);
    if (!this.isSniffed || (parser.consumed === this.validTo && parser.pendingBytes === 0)) return { _tag: 'complete' };
    const tail = parser.buf.subarray(parser.start, parser.start + parser.pendingBytes);
    const wrongAt = wrongLength(tail);
    if (wrongAt === undefined) return { _tag: 'torn', isTransaction: this.transaction !== undefined };
    const reason = 'the length leads beyond the end of the file, and a command ends before that';
    return { _tag: 'damaged', damage: { kind: 'format', position: parser.position + wrongAt, reason } };
  }

  /** Hash of the last record, when all of the file was read. */
  lastHash(): string {
    return this.records.end(this.parser.buf, this.unhashedFrom, this.parser.start);
  }

  /** Gives up what is half done. */
  close(): void {
    this.loading?.close();
    this.loading = undefined;
  }

  // ── the RDB at the front ────────────────────────────────────────────────────────────────────────────────────────

  private takeFirst(buffer: Uint8Array, bytes: number): boolean {
    if (!this.isSniffed) {
      this.isSniffed = true;
      const isRdb = this.options.isSnapshot || RDB_MAGIC.equals(buffer.subarray(0, RDB_MAGIC.length));
      if (!isRdb) {
        // Only this once the bytes are read a second time.
        this.rdbBuffer = undefined;
        return true;
      }
      this.beginSnapshot();
    }
    const { loading } = this;
    if (loading === undefined) return false;
    this.rdbBytes += bytes;
    const fed = loading.feed(buffer, 0, bytes);
    this.loadedBytes = loading.loadedBytes;
    if (E.isLeft(fed)) return this.damage('snapshot', fed.left.offset, fed.left.reason);
    if (!loading.done) return true;
    return this.snapshotFinished();
  }

  private beginSnapshot(): void {
    const { services, isSnapshot } = this.options;
    const { environment, keyspace, log, config, persistence } = services;
    log.notice(isSnapshot ? 'Reading RDB base file on AOF loading...' : 'Reading RDB preamble from AOF file...');
    this.loading = new Loading({
      environment,
      keyspace,
      log,
      totalBytes: 0,
      // What is past its time now was there when the commands came that follow.
      dropExpired: false,
      replaceExisting: false,
      verifyChecksum: config.config.rdbchecksum && !persistence.skipChecksumValidation,
    });
  }

  /** False when the RDB is not whole. */
  private snapshotFinished(): boolean {
    const { loading, options } = this;
    if (loading === undefined) return false;
    const loaded = loading.finish();
    if (E.isLeft(loaded)) return this.damage('snapshot', loaded.left.offset, loaded.left.reason);
    const { place, replayer, until } = options;
    const { keysLoaded, origin } = loaded.right;
    this.createdUs = loading.createdSeconds === undefined ? undefined : loading.createdSeconds * US_PER_SECOND;
    this.loading = undefined;
    this.rdbBuffer = undefined;
    this.parser.seek(loading.loadedBytes);
    this.validTo = loading.loadedBytes;
    loading.close();
    place.keysLoaded += keysLoaded;
    place.replid = origin.replId ?? place.replid;
    if (origin.replOffset !== undefined) {
      place.offset = origin.replOffset;
      place.counted = origin.replOffset;
      place.isKnown = true;
      place.isAtBase = true;
    }
    if (this.createdUs !== undefined) place.timeUs = this.createdUs;
    this.timeUs = place.timeUs;
    if (!replayer.select(origin.replStreamDb ?? 0)) replayer.select(0);
    const isTooLate =
      until !== undefined &&
      (until._tag === 'offset'
        ? place.offset > until.offset
        : Math.floor(until.us / US_PER_SECOND) * US_PER_SECOND < place.timeUs);
    return isTooLate ? this.damage('moment', 0, 'the snapshot is later than the moment') : true;
  }

  // ── commands ────────────────────────────────────────────────────────────────────────────────────────────────────

  private takeItems(): boolean {
    const { parser } = this;
    for (;;) {
      const item = parser.next();
      if (item === Item.Command) {
        if (!this.takeCommand(parser.view)) return false;
      } else if (item === Item.Annotation) {
        if (!this.takeLine()) return false;
      } else if (item === Item.More) {
        return true;
      } else {
        return this.damage('format', parser.position, parser.error);
      }
    }
  }

  private takeCommand(view: CommandView): boolean {
    const { parser, options } = this;
    const { place } = options;
    if (this.seal !== undefined) {
      return this.damage('format', parser.position, 'expected the end of the file behind the seal, got a command');
    }
    const bytes = parser.end - parser.start;
    place.counted += bytes;
    if (this.ownSelectBytes > 0) {
      const isSelect = bytes === this.ownSelectBytes && view.argc === 2 && view.equalsToken(0, 'SELECT');
      if (!isSelect)
        return this.damage('missing', parser.position, `expected a SELECT of ${this.ownSelectBytes} bytes`);
      this.ownSelectBytes = 0;
    }
    if (this.transaction !== undefined) return this.takeWithin(view, this.transaction);
    if (place.skipTo > 0) return this.skip(view, place.skipTo);
    if (view.argc === 1 && view.equalsToken(0, 'MULTI')) {
      this.transaction = [];
      this.transactionAt = parser.position;
      return true;
    }
    if (options.until !== undefined && !this.isSeen(options.until)) return this.isUntimed();
    if (!this.apply(view)) return false;
    this.applied();
    return true;
  }

  private takeWithin(view: CommandView, transaction: CommandView[]): boolean {
    const { parser, options } = this;
    if (view.argc === 1 && view.equalsToken(0, 'EXEC')) {
      if (options.until !== undefined && !this.isSeen(options.until)) return this.isUntimed();
      this.transaction = undefined;
      for (const each of transaction) if (!this.apply(each)) return false;
      this.applied();
      return true;
    }
    if (view.equalsToken(0, 'MULTI')) {
      return this.damage(
        'format',
        parser.position,
        `MULTI within the transaction that begins at ${this.transactionAt}`,
      );
    }
    transaction.push(view.detach());
    // A name that nobody knows may have been the EXEC.
    return options.services.commands.find(view) !== undefined || this.apply(view);
  }

  /** The base has what this command did. */
  private skip(view: CommandView, skipTo: number): boolean {
    const { place } = this.options;
    if (place.counted > skipTo) {
      return this.damage('missing', this.parser.position, `the base ends at offset ${skipTo}, within a command`);
    }
    if (view.argc === 2 && view.equalsToken(0, 'SELECT') && !this.select(view)) return false;
    if (place.counted === skipTo) place.skipTo = 0;
    this.validTo = this.parser.consumed;
    return true;
  }

  private applied(): void {
    const { place } = this.options;
    place.offset = place.counted;
    place.timeUs = this.timeUs;
    place.commands++;
    this.validTo = this.parser.consumed;
  }

  private isSeen(until: Moment): boolean {
    if (until._tag === 'time' && !this.isTimed) return false;
    return isSeenAt(until, this.timeUs, this.options.place.counted);
  }

  /** A time was asked for, and the file says none; or what comes is later than the moment. */
  private isUntimed(): boolean {
    const { until } = this.options;
    if (until?._tag === 'time' && !this.isTimed && this.timeUs <= until.us) {
      return this.damage(
        'moment',
        this.parser.position,
        'the file does not say when its commands came (see audit-trail and aof-timestamp-enabled): ask for an offset',
      );
    }
    this.isStopped = true;
    return false;
  }

  private select(view: CommandView): boolean {
    if (this.options.replayer.select(view.integer(1))) return true;
    const { length } = this.options.services.keyspace.databases;
    // A damaged number may hold anything, line breaks included.
    const reason = `database ${quoteIfNeeded(view.text(1, SHOWN_BYTES_MAX))}, but there are only ${length} (see the directive "databases")`;
    return this.damage('format', this.parser.position, reason);
  }

  private apply(view: CommandView): boolean {
    const { replayer, name } = this.options;
    if (view.argc === 2 && view.equalsToken(0, 'SELECT')) return this.select(view);
    const replayed = replayer.apply(view);
    if (replayed === Replayed.Applied) return true;
    const { log } = this.options.services;
    const command = quoteIfNeeded(view.text(0, SHOWN_BYTES_MAX));
    if (replayed === Replayed.Unknown) {
      return this.damage(
        'unknown command',
        this.parser.position,
        `Unknown command '${command}' reading the append only file ${name}`,
      );
    }
    if (replayed === Replayed.Skipped) {
      if (view.equalsToken(0, 'PING') || view.equalsToken(0, 'REPLCONF') || this.skippedNames.has(command)) return true;
      this.skippedNames.add(command);
      log.warning(`'${command}' in ${name} changes nothing and is left out, at ${this.parser.position}`);
      return true;
    }
    if (this.complaints++ < COMPLAINTS_MAX) {
      log.warning(
        `== CRITICAL == This server is sending an error to its AOF-loading-client: '${replayer.error}' after processing the command '${command.toLowerCase()}', at ${this.parser.position} of ${name}`,
      );
    }
    return true;
  }

  // ── annotations ─────────────────────────────────────────────────────────────────────────────────────────────────

  private takeLine(): boolean {
    const { parser } = this;
    const { position } = parser;
    if (this.seal !== undefined) {
      return this.damage('format', position, 'expected the end of the file behind the seal, got a line');
    }
    if (this.isRecord()) return this.damaged === undefined;
    const parsed = parseAnnotation(parser.line());
    if (E.isRight(parsed)) return this.takeAnnotation(parsed.right, position);
    // Redis skips whatever begins with '#'.
    return this.head === undefined && position > 0 ? this.passed() : this.damage('format', position, parsed.left);
  }

  /** Takes a #W line without reading it as a text, since a log has millions of them. False leaves it to others. */
  private isRecord(): boolean {
    const { buf, lineStart, lineEnd } = this.parser;
    if (this.head === undefined || buf[lineStart + 1] !== UPPER_W || buf[lineStart + 2] !== COLON) return false;
    let at = lineStart + 3;
    let timeUs = 0;
    for (let digit = buf[at] - ZERO; digit >= 0 && digit <= 9; digit = buf[++at] - ZERO) timeUs = timeUs * 10 + digit;
    const idAt = at + 1;
    const hashAt = lineEnd - HASH_CHARACTERS;
    // The usual form only; anything else is looked at closely.
    if (buf[at] !== SPACE || buf[hashAt - 1] !== SPACE || !Number.isSafeInteger(timeUs)) return false;
    for (at = buf[idAt] === MINUS ? idAt + 1 : idAt; at < hashAt - 1; at++) {
      if (buf[at] < ZERO || buf[at] > ZERO + 9) return false;
    }
    if (hashAt - 1 <= idAt) return false;
    // Without an audit trail a record is of a second, and no time to go back to.
    if (buf[idAt] !== MINUS || hashAt - 1 - idAt !== NOBODY_CHARACTERS) this.isTimed = true;
    this.timeUs = timeUs;
    this.restsAt = this.transaction === undefined ? this.parser.consumed : 0;
    this.isHash(latin1(buf, hashAt, lineEnd));
    return true;
  }

  private takeAnnotation(annotation: Annotation, position: number): boolean {
    if (position === 0 && annotation._tag !== 'Head' && annotation._tag !== 'Timestamp') {
      return this.damage('format', position, 'expected a head, a time or a command in the first line');
    }
    switch (annotation._tag) {
      case 'Head':
        return this.takeHead(annotation, position);
      case 'Record':
        this.isTimed = true;
        this.timeUs = annotation.timeUs;
        return this.isHash(annotation.hash);
      case 'Audit':
        if (!this.isHash(annotation.hash)) return false;
        this.isTimed = true;
        this.timeUs = annotation.timeUs;
        return this.isPast() ? this.stop() : this.passed();
      case 'Seal':
        return this.takeSeal(annotation, position);
      case 'Timestamp':
        this.isTimed = true;
        this.timeUs = Math.max(this.timeUs, annotation.seconds * US_PER_SECOND);
        return this.isPast() ? this.stop() : this.passed();
      case 'Comment':
        return this.passed();
      default:
        return true;
    }
  }

  private takeHead(head: Head, position: number): boolean {
    const { place } = this.options;
    if (position !== 0) return this.damage('format', position, 'expected a head in the first line only');
    const { counted } = place;
    // The base may have been made while the segment was written.
    if (place.isAtBase && head.offset < counted) place.skipTo = counted;
    else if (place.isKnown && head.offset < counted && counted - head.offset <= SELECT_BYTES_MAX) {
      this.ownSelectBytes = counted - head.offset;
    } else if (place.isKnown && head.offset !== counted) {
      const reason =
        head.offset > counted
          ? `what happened between offset ${counted} and ${head.offset} is missing`
          : `it begins at offset ${head.offset}, and the file before it ends at ${counted}`;
      return this.damage('missing', position, reason);
    }
    if (place.hash !== undefined && head.hash !== place.hash) {
      return this.damage('missing', position, 'its head does not name the hash that the file before it ends with');
    }
    if (!place.isKnown) place.offset = head.offset;
    place.isKnown = true;
    place.isAtBase = false;
    place.counted = head.offset;
    place.replid = head.replid;
    place.timeUs = Math.max(place.timeUs, head.timeUs);
    this.head = head;
    this.timeUs = head.timeUs;
    this.unhashedFrom = this.parser.start;
    this.recordAt = position;
    return this.passed();
  }

  private takeSeal(seal: Seal, position: number): boolean {
    if (this.transaction !== undefined) return this.damage('format', position, 'expected EXEC, got a seal');
    if (seal.offset !== this.options.place.counted) {
      return this.damage(
        'format',
        position,
        `expected a seal at offset ${this.options.place.counted}, got one at ${seal.offset}`,
      );
    }
    if (!this.isHash(seal.hash)) return false;
    this.seal = seal;
    if (!this.isPast(seal.timeUs)) this.options.place.timeUs = Math.max(this.options.place.timeUs, seal.timeUs);
    return this.passed();
  }

  /** Ends a record: it has to have this hash. */
  private isHash(named: string): boolean {
    const { parser } = this;
    if (this.head === undefined) return true;
    const found = this.records.end(parser.buf, this.unhashedFrom, parser.start);
    this.unhashedFrom = parser.start;
    if (found === named) {
      this.recordAt = parser.position;
      return true;
    }
    const reason = `the record that ends at ${parser.position} does not have the hash ${JSON.stringify(named)} that is named there: it was changed, or what stood here was removed or moved`;
    return this.damage('format', this.recordAt, reason);
  }

  /** A line that says all by itself. */
  private passed(): boolean {
    if (this.transaction === undefined) this.validTo = this.parser.consumed;
    return true;
  }

  private isPast(timeUs = this.timeUs): boolean {
    const { until } = this.options;
    return until?._tag === 'time' && timeUs > until.us;
  }

  private stop(): boolean {
    this.isStopped = true;
    return false;
  }

  private damage(kind: Damage['kind'], position: number, reason: string): false {
    this.damaged = { kind, position, reason };
    return false;
  }
}
