/**
 * The chain of segments: one is open, the next one begins where it ends.
 *
 * In:  when to go on with another file, and under which name. Out: segments, sealed and registered; the stream's runs in
 *      the open one.
 * Memory: see the writer.
 *
 * @since 0.3.0
 */
import * as E from 'fp-ts/Either';
import type { Subscription } from 'rxjs';
import type { Environment } from '../environment.ts';
import { selectBytes, type WriteStream } from '../events/write-stream.ts';
import type { Logger } from '../log.ts';
import type { Replication } from '../replication/service.ts';
import type { Catalog } from './catalog.ts';
import { attempt, type LogFileError, type ManifestFile } from './files.ts';
import { Segment } from './segment.ts';
import { isDiskError, type LogWriter } from './writer.ts';

export interface SegmentLogOptions {
  readonly environment: Environment;
  readonly log: Logger;
  readonly writes: WriteStream;
  readonly replication: Replication;
  readonly writer: LogWriter;
  /** Told when there is something to be written. */
  readonly taken: () => void;
}

export interface Opening {
  readonly file: ManifestFile;
  readonly path: string;
  /** Makes the file part of the state, where it is to be; it is there and empty then, and begins at `timeUs`. */
  readonly register: (timeUs: number) => E.Either<string, void>;
  /** What its head names, where that is not the segment before. */
  readonly hash?: string;
}

const messageOf = ({ message }: LogFileError): string => message;

export class SegmentLog {
  catalog: Catalog;
  private readonly options: SegmentLogOptions;
  private runs: Subscription | undefined = undefined;

  constructor(options: SegmentLogOptions, catalog: Catalog) {
    this.options = options;
    this.catalog = catalog;
  }

  /** Whether what happens is written down. */
  get isOpen(): boolean {
    return this.runs !== undefined;
  }

  /** Goes on with a new file, the one before being sealed. Left says why all is as it was. */
  open({ file, path, register, hash }: Opening): E.Either<string, ManifestFile> {
    const { environment, writes, writer, replication } = this.options;
    const { catalog } = this;
    const { folder } = catalog;
    writes.flush();
    const created = attempt('create', path, () => folder.files.create(path));
    if (E.isLeft(created)) return E.left(`Can't create ${path}: ${created.left.message}`);
    const timeUs = environment.timeUs();
    const segment = new Segment(folder.files, created.right, { ...file, path, from: writes.offset, fromUs: timeUs });
    const registered = register(timeUs);
    const ended = E.isLeft(registered) ? registered : this.endCurrent(timeUs);
    if (E.isLeft(ended)) {
      segment.close();
      if (E.isRight(registered)) catalog.withdrawSegment(file.name);
      else folder.remove(file);
      return ended;
    }
    const { from } = segment.place;
    catalog.note({ kind: 'segment', ...file, from, to: undefined, fromUs: timeUs, toUs: undefined, seal: undefined });
    catalog.save();
    writes.forgetDatabase();
    writer.begin(segment, replication.history.replid, hash ?? ended.right, this.preamble());
    this.runs ??= writes.runs$.subscribe((run) => {
      writer.take(run);
      this.options.taken();
    });
    return E.right(file);
  }

  /** A segment of the state, named by its number. */
  openNext(reason: string): E.Either<string, ManifestFile> {
    const { folder } = this.catalog;
    const seq = this.catalog.nextSegmentSeq;
    const file = { name: folder.segmentName(seq), seq };
    this.options.log.notice(`Creating AOF incr file ${file.name} ${reason}`);
    return this.open({ file, path: folder.file(file.name), register: () => this.register(file) });
  }

  /** A segment that becomes part of the state together with the base that is being made. */
  openTemporary(): E.Either<string, ManifestFile> {
    const { folder } = this.catalog;
    const file = { name: `temp-${folder.prefix}.incr`, seq: this.catalog.nextSegmentSeq };
    this.options.log.notice(`Creating AOF incr file ${file.name} on background rewrite`);
    return this.open({ file, path: folder.file(file.name), register: () => E.right(undefined) });
  }

  /** Makes a segment follow on those of the state. */
  register(file: ManifestFile): E.Either<string, void> {
    return E.mapLeft(messageOf)(this.catalog.addSegment(file));
  }

  /** Gives the temporary segment its name. */
  name(): E.Either<string, ManifestFile | undefined> {
    const { catalog, options } = this;
    const { segment } = options.writer;
    if (segment === undefined) return E.right(undefined);
    const { folder } = catalog;
    const { name: temporary, path, seq } = segment.place;
    const name = folder.segmentName(seq);
    const taken = folder.take(path, name);
    if (E.isLeft(taken)) return E.left(`Error trying to rename the temporary AOF incr file: ${taken.left.message}`);
    options.log.notice(`Successfully renamed the temporary AOF incr file ${temporary} into ${name}`);
    catalog.rename(temporary, name);
    segment.place = { ...segment.place, name, path: folder.file(name) };
    return E.right({ name, seq });
  }

  /** Seals the open segment, as far as the disk allows it. */
  seal(): void {
    const { environment, writes } = this.options;
    writes.flush();
    if (E.isRight(this.endCurrent(environment.timeUs()))) this.catalog.save();
  }

  /** The server ends: the segment is not sealed, since redis-server may go on with it, but its end is known. */
  leave(): void {
    const { environment, writes, writer } = this.options;
    const name = writer.segment?.place.name;
    writes.flush();
    if (name !== undefined && writer.failure === undefined) writer.annotator.rest(environment.timeUs());
    if (name === undefined || writer.syncNow() !== undefined) return;
    this.catalog.noteEnd(name, writer.takenOffset, environment.timeUs(), undefined);
    this.catalog.save();
  }

  /** Writes nothing down any more, and lets go of the file as it is. */
  forget(): void {
    this.runs?.unsubscribe();
    this.runs = undefined;
    this.options.writer.drop();
  }

  /** Seals the open segment, if there is one; answers what the next head names. */
  private endCurrent(timeUs: number): E.Either<string, string> {
    const { writer } = this.options;
    const name = writer.segment?.place.name;
    const to = writer.takenOffset;
    const ended = writer.end(timeUs);
    if (isDiskError(ended)) return E.left(ended.reason);
    if (name !== undefined) this.catalog.noteEnd(name, to, timeUs, ended.seal);
    return E.right(ended.hash);
  }

  /** What a replica's segment begins with: its master's stream does not name the database again for us. */
  private preamble(): Uint8Array | undefined {
    const { replication } = this.options;
    const { streamDb } = replication.link.memory;
    return replication.isReplica && streamDb !== 0 ? selectBytes(streamDb) : undefined;
  }
}
