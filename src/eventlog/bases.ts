/**
 * Bases: snapshots that the segments follow on, as an RDB or as commands.
 *
 * In:  a keyspace, the configuration. Out: a file under a temporary name, then in its place with the manifest that says so.
 *
 * @since 0.3.0
 */
import * as E from 'fp-ts/Either';
import type { ConfigStore } from '../config/store.ts';
import type { Environment } from '../environment.ts';
import type { Logger } from '../log.ts';
import type { Persistence } from '../persistence/service.ts';
import type { SnapshotOrigin } from '../persistence/snapshot.ts';
import { CommandBase, type CommandBaseOptions, CommandBaseSink } from './base-commands.ts';
import type { Catalog } from './catalog.ts';
import { attempt, type ManifestFile } from './files.ts';
import { NO_HASH, renderHead, renderTimestamp } from './format.ts';
import type { BaseSink } from './log-files.ts';
import { type DiskError, Segment } from './segment.ts';

export interface BasesOptions {
  readonly environment: Environment;
  readonly config: ConfigStore;
  readonly log: Logger;
  readonly persistence: Persistence;
}

type BaseKind = 'rdb' | 'aof';

/** A base that is being written. */
export interface NewBase {
  readonly sink: BaseSink;
  readonly kind: BaseKind;
  readonly path: string;
  readonly origin: SnapshotOrigin;
  readonly timeUs: number;
}

const US_PER_SECOND = 1_000_000;

export class Bases {
  private readonly options: BasesOptions;

  constructor(options: BasesOptions) {
    this.options = options;
  }

  /** Begins a base of this moment, which a snapshot has to fill. Its segment began at `timeUs`, if it has one. */
  begin({ folder }: Catalog, timeUs = this.options.environment.timeUs()): NewBase {
    const { config } = this.options;
    const path = folder.file(`temp-rewriteaof-bg-${process.pid}.aof`);
    const file = folder.files.sink(path, config.config['aof-rewrite-incremental-fsync']);
    const { kind } = this;
    const origin = this.origin();
    return {
      sink: kind === 'rdb' ? file : new CommandBaseSink(file, this.commandOptions(origin)),
      kind,
      path,
      origin,
      timeUs,
    };
  }

  /** The base is complete: from here on the state begins with it. Left says why it does not. */
  putIntoEffect(catalog: Catalog, base: NewBase, segments: () => E.Either<string, readonly ManifestFile[]>) {
    const { log } = this.options;
    const { folder } = catalog;
    const seq = catalog.nextBaseSeq;
    const file = { name: folder.baseName(seq, base.kind), seq };
    const temporary = `temp-rewriteaof-bg-${process.pid}.aof`;
    const taken = folder.take(base.path, file.name);
    if (E.isLeft(taken)) return E.left(`Error trying to rename the temporary AOF base file: ${taken.left.message}`);
    log.notice(`Successfully renamed the temporary AOF base file ${temporary} into ${file.name}`);
    const following = segments();
    const replaced = E.isLeft(following) ? following : this.replace(catalog, file, base, following.right);
    if (E.isLeft(replaced)) folder.remove(file);
    return replaced;
  }

  /** Writes a base at once, before anybody is served, for a segment that begins at `timeUs`. */
  writeNow(catalog: Catalog, segment: ManifestFile, timeUs: number): E.Either<string, void> {
    const { log, persistence } = this.options;
    const { folder } = catalog;
    const { kind } = this;
    const seq = catalog.nextBaseSeq;
    const file = { name: folder.baseName(seq, kind), seq };
    log.notice(`Creating AOF base file ${file.name} on server start`);
    const path = folder.file('temp-base');
    const origin = this.origin();
    const written = attempt('write', path, () => {
      const base = new Segment(folder.files, folder.files.create(path), { ...file, path, from: 0, fromUs: timeUs });
      let failed: DiskError | undefined;
      const write = (chunk: Uint8Array): void => {
        failed ??= base.write(chunk, 0, chunk.length);
      };
      const commands = kind === 'aof' ? new CommandBase(write, this.commandOptions(origin)) : undefined;
      persistence.snapshotter.runToEnd(
        (chunk) => (commands === undefined ? write(chunk) : commands.take(chunk)),
        origin,
      );
      commands?.end();
      failed ??= base.sync();
      base.close();
      return failed;
    });
    if (E.isLeft(written)) return E.left(written.left.message);
    if (written.right !== undefined) return E.left(written.right.reason);
    const taken = folder.take(path, file.name);
    return E.isLeft(taken) ? E.left(taken.left.message) : this.replace(catalog, file, { origin, timeUs }, [segment]);
  }

  private replace(
    catalog: Catalog,
    file: ManifestFile,
    { origin, timeUs }: Pick<NewBase, 'origin' | 'timeUs'>,
    segments: readonly ManifestFile[],
  ): E.Either<string, void> {
    const replaced = catalog.replace(file, segments);
    if (E.isLeft(replaced)) return E.left(`Cannot write the manifest: ${replaced.left.message}`);
    const { replOffset: offset = 0 } = origin;
    const entry = { ...file, from: offset, to: offset, fromUs: timeUs, toUs: timeUs, seal: undefined };
    catalog.note({ kind: 'base', ...entry }, segments[0]?.name);
    catalog.save();
    return E.right(undefined);
  }

  private get kind(): BaseKind {
    return this.options.config.config['aof-use-rdb-preamble'] ? 'rdb' : 'aof';
  }

  private origin(): SnapshotOrigin {
    return { ...this.options.persistence.replicationOrigin(), aofBase: true };
  }

  /** A base of commands begins with where it stands, and with the time where that is wanted. */
  private commandOptions({ replId = '', replOffset: offset = 0 }: SnapshotOrigin): CommandBaseOptions {
    const { config, environment } = this.options;
    const timeUs = environment.timeUs();
    const head = renderHead({ replid: replId, offset, timeUs, hash: NO_HASH });
    const stamp = renderTimestamp({ seconds: Math.floor(timeUs / US_PER_SECOND) });
    return {
      databases: config.config.databases,
      preface: config.config['aof-timestamp-enabled'] ? head + stamp : head,
    };
  }
}
