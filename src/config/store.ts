/**
 * The configuration of a running server: CONFIG GET and CONFIG SET, and who is told about changes.
 *
 * In:  names, patterns and values as clients send them (latin1).
 * Out: `config`, a plain readonly record for hot readers; `changes$`; replies as pairs, or Redis' error texts.
 * Memory: the store owns the current record and replaces it as a whole, so a record that was read stays as it was.
 * @since 0.1.0
 */
import * as E from 'fp-ts/Either';
import { type Observable, Subject } from 'rxjs';
import { type AnyDirective, redisText } from './directive.ts';
import { globMatcher, isGlob } from './glob.ts';
import { type Config, directives, type Entry, findDirective, knownNames, type Name, names } from './table.ts';

export interface ConfigChange {
  /** Canonical names of what really changed. */
  readonly names: readonly Name[];
  readonly config: Config;
}

/** Puts a change into effect, or answers why it cannot; then it is called again the other way round, to undo it. */
export type ApplyHook = (next: Config, previous: Config) => string | undefined;

/** Who asks, and when. */
export interface SettingContext {
  /** The connection comes from this machine. */
  readonly isLocal?: boolean;
  readonly isLoading?: boolean;
}

interface Setting {
  readonly entry: Entry;
  /** As written, in lower case: an old name stays an old name in error texts. */
  readonly name: string;
  readonly value: string;
}

const failed = (name: string, reason: string): string =>
  `ERR CONFIG SET failed (possibly related to argument '${name}') - ${reason}`;

export const LOADING = 'LOADING Redis is loading the dataset in memory';

export class ConfigStore {
  /** The current configuration. */
  config: Config;
  /** One notification after every change that went through, in order. */
  readonly changes$: Observable<ConfigChange>;
  readonly #changes: Subject<ConfigChange>;
  readonly #hooks: { readonly names: ReadonlySet<Name>; readonly apply: ApplyHook }[];

  constructor(config: Config) {
    this.config = config;
    this.#changes = new Subject<ConfigChange>();
    this.changes$ = this.#changes.asObservable();
    this.#hooks = [];
  }

  /** Registers what has to happen, and may be refused, when one of these directives changes; answers how to stop it. */
  onApply(names: readonly Name[], apply: ApplyHook): () => void {
    const hook = { names: new Set(names), apply };
    this.#hooks.push(hook);
    return () => {
      const index = this.#hooks.indexOf(hook);
      if (index >= 0) this.#hooks.splice(index, 1);
    };
  }

  /**
   * CONFIG GET: names and texts of all that match one of the patterns, each once. A plain name is looked up in any case
   * and answered as it was asked for; a pattern finds old names too, but no debugging aids.
   */
  get(patterns: readonly string[]): readonly (readonly [name: string, text: string])[] {
    const found = new Map<string, readonly [string, string]>();
    const add = (shown: string): void => {
      const entry = findDirective(shown);
      const key = shown.toLowerCase();
      if (entry === undefined || entry.directive.fileOnly || found.has(key)) return;
      found.set(key, [shown, entry.directive.toText(this.config[entry.name])]);
    };
    for (const pattern of patterns) {
      if (!isGlob(pattern)) {
        add(pattern);
        continue;
      }
      const matches = globMatcher(pattern, { ignoreCase: true });
      for (const name of knownNames) {
        if (matches(name) && findDirective(name)?.directive.hidden === false) add(name);
      }
    }
    return [...found.values()];
  }

  /**
   * CONFIG SET: all pairs or none. Left is the complete error text, as Redis words it; right the names that changed.
   */
  set(
    pairs: readonly (readonly [name: string, value: string])[],
    context: SettingContext = {},
  ): E.Either<string, readonly Name[]> {
    const settings = this.#check(pairs, context);
    if (E.isLeft(settings)) return settings;

    const values = new Map<Name, unknown>();
    for (const { entry, name, value } of settings.right) {
      const current = values.get(entry.name) ?? this.config[entry.name];
      const decoded = entry.directive.readSetting(value, current);
      if (E.isLeft(decoded)) return E.left(failed(name, redisText(decoded.left)));
      values.set(entry.name, decoded.right);
    }

    const previous = this.config;
    const next: Config = { ...previous, ...Object.fromEntries(values) };
    const changed = changedNames(previous, next);
    const shownAs = (name: Name): string => settings.right.find((s) => s.entry.name === name)?.name ?? name;
    return this.#apply(previous, next, changed, shownAs);
  }

  /**
   * Replaces values without CONFIG SET's rules and without hooks: what other commands change (REPLICAOF), what start-up
   * resolves (dir). Subscribers are told.
   */
  assign(values: Partial<Config>): void {
    const previous = this.config;
    const next: Config = { ...previous, ...values };
    const changed = changedNames(previous, next);
    this.config = next;
    if (changed.length > 0) this.#changes.next({ names: changed, config: next });
  }

  /** Completes `changes$`: at shutdown. */
  close(): void {
    this.#changes.complete();
  }

  /** Refuses, in the order of the pairs, what does not exist, may not be set, or is named twice. */
  #check(
    pairs: readonly (readonly [string, string])[],
    { isLocal = false, isLoading = false }: SettingContext,
  ): E.Either<string, readonly Setting[]> {
    const settings: Setting[] = [];
    const access = this.config['enable-protected-configs'];
    const mayChangeProtected = access === 'yes' || (access === 'local' && isLocal);
    for (const [name, value] of pairs) {
      const entry = findDirective(name);
      if (entry === undefined || entry.directive.fileOnly) {
        return E.left(`ERR Unknown option or number of arguments for CONFIG SET - '${name}'`);
      }
      const { change, deniedWhileLoading } = entry.directive;
      if (change === 'at start') return E.left(failed(name, "can't set immutable config"));
      if (change === 'protected' && !mayChangeProtected) return E.left(failed(name, "can't set protected config"));
      if (isLoading && deniedWhileLoading) return E.left(LOADING);
      // An old name and its new one are two configs to Redis: both may be given, the later one counts.
      const key = name.toLowerCase();
      if (settings.some((setting) => setting.name === key)) return E.left(failed(name, 'duplicate parameter'));
      settings.push({ entry, name: key, value });
    }
    return E.right(settings);
  }

  #apply(
    previous: Config,
    next: Config,
    changed: readonly Name[],
    shownAs: (name: Name) => string,
  ): E.Either<string, readonly Name[]> {
    if (changed.length === 0) return E.right([]);
    this.config = next;
    const done: ApplyHook[] = [];
    for (const { names: concerned, apply } of this.#hooks) {
      const cause = changed.find((name) => concerned.has(name));
      if (cause === undefined) continue;
      done.push(apply);
      const refusal = apply(next, previous);
      if (refusal === undefined) continue;
      this.config = previous;
      for (const undo of done.reverse()) undo(previous, next);
      return E.left(failed(shownAs(cause), refusal));
    }
    this.#changes.next({ names: changed, config: next });
    return E.right(changed);
  }
}

/** Which directives have another value, compared as they are written. */
const changedNames = (previous: Config, next: Config): readonly Name[] =>
  names.filter((name) => {
    if (previous[name] === next[name]) return false;
    const directive: AnyDirective = directives[name];
    return JSON.stringify(directive.toLines(previous[name])) !== JSON.stringify(directive.toLines(next[name]));
  });
