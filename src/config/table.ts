/**
 * The table of all directives, by section, and the typed record that follows from it.
 *
 * `Config` is derived from the codecs: to add a directive, add its value to a section, and every other place knows it.
 * @since 0.1.0
 */
import type * as t from 'io-ts';
import type { AnyDirective, Section } from './directive.ts';
import { audit } from './sections/audit.ts';
import { cluster, modules, threads } from './sections/cluster.ts';
import { background, debugging, encodings } from './sections/encodings.ts';
import { general } from './sections/general.ts';
import { clients, lazyFreeing, memoryManagement, outOfMemory } from './sections/limits.ts';
import { network } from './sections/network.ts';
import { latency, notifications, scripting, slowLog } from './sections/observation.ts';
import { appendOnly, snapshotting } from './sections/persistence.ts';
import { replication } from './sections/replication.ts';
import { security } from './sections/security.ts';
import { tls } from './sections/tls.ts';

/** The sections in the order in which conf/ferrous.conf shows them. */
export const sections: readonly Section<Readonly<Record<string, AnyDirective>>>[] = [
  network,
  general,
  snapshotting,
  replication,
  security,
  clients,
  memoryManagement,
  lazyFreeing,
  background,
  encodings,
  appendOnly,
  audit,
  slowLog,
  latency,
  notifications,
  scripting,
  tls,
  cluster,
  threads,
  outOfMemory,
  modules,
  debugging,
];

export const directives = {
  ...network.directives,
  ...general.directives,
  ...snapshotting.directives,
  ...replication.directives,
  ...security.directives,
  ...clients.directives,
  ...memoryManagement.directives,
  ...lazyFreeing.directives,
  ...background.directives,
  ...encodings.directives,
  ...appendOnly.directives,
  ...audit.directives,
  ...slowLog.directives,
  ...latency.directives,
  ...notifications.directives,
  ...scripting.directives,
  ...tls.directives,
  ...cluster.directives,
  ...threads.directives,
  ...outOfMemory.directives,
  ...modules.directives,
  ...debugging.directives,
};

type Directives = typeof directives;
export type Name = keyof Directives;

/** The configuration: one value per directive, under Redis' own name. Inside the border it is not checked again. */
export type Config = { readonly [N in Name]: t.TypeOf<Directives[N]['codec']> };

const isName = (name: string): name is Name => Object.hasOwn(directives, name);

/** All canonical names, in the order of the sections. */
export const names: readonly Name[] = Object.keys(directives).filter(isName);

/** Those that Redis does not have. */
export const ownNames: readonly Name[] = Object.keys(audit.directives).filter(isName);

/** What a name, canonical or old, stands for. */
export interface Entry {
  readonly name: Name;
  readonly directive: AnyDirective;
}

const lookup: ReadonlyMap<string, Entry> = new Map(
  names.flatMap((name): [string, Entry][] => {
    const directive: AnyDirective = directives[name];
    return [name, ...directive.aliases].map((known) => [known, { name, directive }]);
  }),
);

/** Names and aliases as users may write them, in lower case. */
export const knownNames: readonly string[] = [...lookup.keys()];

/** Finds a directive by its name or an old name, in any case. */
export const findDirective = (name: string): Entry | undefined => lookup.get(name.toLowerCase());

/** The value of every directive when nobody says anything. */
export const defaults: Config = Object.fromEntries(names.map((name) => [name, directives[name].initial])) as Config;

/** Lines that old configuration files contain and that Redis ignores when they have one value. */
export const ignoredNames: readonly string[] = [
  'list-max-ziplist-entries',
  'list-max-ziplist-value',
  'lua-replicate-commands',
];
