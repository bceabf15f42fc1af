/**
 * The face of the configuration: what the rest of Ferrous imports from here.
 * @since 0.1.0
 */

export { quote, splitArgs } from '../quoting.ts';
export type { MemoryOrPercent } from './codecs.ts';
export { type ConfigError, type Place, renderError } from './errors.ts';
export { nodeFiles, nodeReplaceFiles, type ReplaceFiles, replaceFile } from './files.ts';
export {
  type ConfigFiles,
  type FileError,
  fromLatin1,
  type Loaded,
  type LoadOptions,
  loadConfig,
  toLatin1,
  usage,
} from './load.ts';
export { formatMemory, parseMemory } from './numbers.ts';
export { parseConfig } from './parse.ts';
export { rewriteConfig } from './rewrite.ts';
export type { BufferLimit, BufferLimits, MasterAddress, RenamedCommand, SavePoint, ShutdownFlag } from './special.ts';
export { type ApplyHook, type ConfigChange, ConfigStore, type SettingContext } from './store.ts';
export { type Config, defaults, findDirective, type Name, names } from './table.ts';
