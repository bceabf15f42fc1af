/**
 * The catalog of the log: which files it has, which of them make the current state, and what their numbers are.
 *
 * In:  files that are opened, closed, replaced. Out: both manifests on disk, files that are not needed any more removed.
 * The order of events makes a crash harmless: a file is there before a manifest names it, and goes after none does.
 *
 * @since 0.3.0
 */
import * as E from 'fp-ts/Either';
import type { Logger } from '../log.ts';
import {
  type LogEntry,
  type LogFileError,
  type LogFolder,
  type Manifest,
  type ManifestFile,
  NO_FILES,
} from './files.ts';
import type { LoadedFile } from './ports.ts';
import { outdated, type RetentionLimits } from './retention.ts';

export interface CatalogSettings {
  readonly limits: RetentionLimits;
  /** aof-disable-auto-gc */
  readonly keepsHistory: boolean;
}

const unwritten = (log: Logger, { path, message }: LogFileError): void =>
  log.warning(`Cannot write ${path}: ${message}`);

export class Catalog {
  readonly folder: LogFolder;
  manifest: Manifest = NO_FILES;
  private entries: readonly LogEntry[] = [];
  private readonly log: Logger;
  private readonly settings: () => CatalogSettings;

  constructor(folder: LogFolder, log: Logger, settings: () => CatalogSettings) {
    this.folder = folder;
    this.log = log;
    this.settings = settings;
  }

  /** What the folder says of itself; `loaded` is what is known of its files besides. */
  read(loaded: readonly LoadedFile[] = []): E.Either<LogFileError, void> {
    const manifest = this.folder.readManifest();
    if (E.isLeft(manifest)) return manifest;
    this.manifest = manifest.right ?? NO_FILES;
    const kept = this.folder.readHistory();
    if (E.isLeft(kept)) this.log.warning(`${kept.left.path}: ${kept.left.message}. It is made anew.`);
    this.entries = (E.isRight(kept) ? kept.right : []).filter(({ name }) => this.folder.size(name) >= 0);
    const known = new Set(this.entries.map(({ name }) => name));
    for (const { kind, name, seq, from, to, fromUs, toUs, seal } of loaded) {
      if (!known.has(name)) this.note({ kind, name, seq, from, to, fromUs, toUs, seal });
    }
    return E.right(undefined);
  }

  /** Whether the last segment was left in good order, with nothing behind this offset of the stream. */
  endsAt(offset: number): boolean {
    const last = this.manifest.incrs.at(-1);
    const entry = this.entries.find(({ name }) => name === last?.name);
    return entry !== undefined && entry.toUs !== undefined && entry.to === offset;
  }

  // ── numbers ─────────────────────────────────────────────────────────────────────────────────────────────────────

  get nextBaseSeq(): number {
    const { base } = this.manifest;
    return this.highest('base', base === undefined ? [] : [base]) + 1;
  }

  get nextSegmentSeq(): number {
    return this.highest('segment', this.manifest.incrs) + 1;
  }

  /** Bytes of the files that make the current state, the open segment left out. */
  currentBytes(open: string | undefined): number {
    const { base, incrs } = this.manifest;
    const files = base === undefined ? incrs : [base, ...incrs];
    return files.reduce((sum, { name }) => sum + (name === open ? 0 : Math.max(0, this.folder.size(name))), 0);
  }

  get baseBytes(): number {
    const { base } = this.manifest;
    return base === undefined ? 0 : Math.max(0, this.folder.size(base.name));
  }

  // ── changes ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** A segment follows on the others. */
  addSegment({ name, seq }: ManifestFile): E.Either<LogFileError, void> {
    return this.switchTo({ ...this.manifest, incrs: [...this.manifest.incrs, { name, seq }] });
  }

  /** A segment is not part of the state: nothing was ever written to it. */
  withdrawSegment(name: string): void {
    const incrs = this.manifest.incrs.filter((file) => file.name !== name);
    const written = this.switchTo({ ...this.manifest, incrs });
    this.entries = this.entries.filter((entry) => entry.name !== name);
    if (E.isLeft(written)) unwritten(this.log, written.left);
    else this.folder.remove({ name });
  }

  /** A new base, on which the given segments follow. Files of before leave the state. */
  replace(base: ManifestFile, incrs: readonly ManifestFile[]): E.Either<LogFileError, void> {
    const old = this.manifest;
    const stays = new Set([base.name, ...incrs.map(({ name }) => name)]);
    const former = [...old.incrs, ...(old.base === undefined ? [] : [old.base])].filter(({ name }) => !stays.has(name));
    const { keepsHistory, limits } = this.settings();
    // What retention keeps is listed in our own manifest alone.
    const isRetained = !keepsHistory && (limits.seconds > 0 || limits.bytes > 0);
    const history = isRetained ? old.history : [...former, ...old.history];
    return this.switchTo({ base, incrs, history });
  }

  /** Writes down what is known of a file; a new one comes last, or before a file that follows on it. */
  note(entry: LogEntry, before?: string): void {
    const index = this.entries.findIndex(({ name }) => name === entry.name);
    const place = this.entries.findIndex(({ name }) => name === before);
    if (index !== -1) this.entries = this.entries.with(index, entry);
    else this.entries = place === -1 ? [...this.entries, entry] : this.entries.toSpliced(place, 0, entry);
  }

  /** A file has another name. */
  rename(from: string, to: string): void {
    this.entries = this.entries.map((entry) => (entry.name === from ? { ...entry, name: to } : entry));
  }

  /** Takes note of how a segment ended. */
  noteEnd(name: string, to: number, toUs: number, seal: string | undefined): void {
    const entry = this.entries.find((known) => known.name === name);
    if (entry !== undefined) this.note({ ...entry, to, toUs: Math.max(toUs, entry.toUs ?? 0), seal });
  }

  /** Writes our own manifest. That it cannot be written does no harm: the heads of the segments say the same. */
  save(): void {
    const written = this.folder.writeHistory(this.entries);
    if (E.isLeft(written)) unwritten(this.log, written.left);
  }

  /** Removes what neither the state nor retention needs. */
  collect(nowUs: number): void {
    const { folder, log, manifest } = this;
    const { limits, keepsHistory } = this.settings();
    if (keepsHistory) return;
    const { base, incrs, history } = manifest;
    const current = new Set([...incrs.map(({ name }) => name), ...(base === undefined ? [] : [base.name])]);
    const old = outdated(
      this.entries,
      ({ name }) => current.has(name),
      ({ name }) => folder.size(name),
      nowUs,
      limits,
    );
    const names = new Set([...history.map(({ name }) => name), ...old.map(({ name }) => name)]);
    if (names.size === 0) return;
    this.entries = this.entries.filter(({ name }) => !names.has(name));
    this.save();
    if (history.length > 0) {
      const written = this.switchTo({ base, incrs, history: [] });
      if (E.isLeft(written)) unwritten(log, written.left);
    }
    for (const name of names) {
      log.notice(`Removing the history file ${name} in the background`);
      folder.files.removeLater(folder.file(name), () => {});
      folder.files.removeLater(folder.file(`${name}.index`), () => {});
    }
  }

  private switchTo(manifest: Manifest): E.Either<LogFileError, void> {
    const written = this.folder.writeManifest(manifest);
    if (E.isRight(written)) this.manifest = manifest;
    return written;
  }

  private highest(kind: LogEntry['kind'], files: readonly ManifestFile[]): number {
    const noted = this.entries.filter((entry) => entry.kind === kind);
    // A segment that waits for its base has no number of its own yet.
    const named = [...files, ...noted].filter(({ name }) => !name.startsWith('temp-'));
    return named.reduce((max, { seq }) => Math.max(max, seq), 0);
  }
}
