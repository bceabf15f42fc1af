/**
 * All commands, by family. A family that is not here does not exist.
 *
 * @since 0.1.0
 */
import { clientCommands } from './client.ts';
import { commandCommands } from './command.ts';
import { configCommands } from './config.ts';
import { connectionCommands } from './connection.ts';
import { debugCommands } from './debug.ts';
import { dumpCommands } from './dump.ts';
import { expiryCommands } from './expiry.ts';
import { ferrousCommands } from './ferrous.ts';
import { hashCommands } from './hash.ts';
import { infoCommands } from './info.ts';
import { keyCommands } from './keys.ts';
import { listCommands } from './list.ts';
import { memoryCommands } from './memory.ts';
import { objectCommands } from './object.ts';
import { replicationCommands } from './replication.ts';
import { saveCommands } from './save.ts';
import { serverCommands } from './server.ts';
import { setCommands } from './set.ts';
import { sortCommands } from './sort.ts';
import { sortedSetCommands } from './sorted-set.ts';
import type { CommandSpec } from './spec.ts';
import { stringCommands } from './string.ts';
import { transactionCommands } from './transactions.ts';

/** Commands that Redis has, too. */
export const redisCommands: readonly CommandSpec[] = [
  ...stringCommands,
  ...listCommands,
  ...hashCommands,
  ...setCommands,
  ...sortedSetCommands,
  ...keyCommands,
  ...sortCommands,
  ...expiryCommands,
  ...objectCommands,
  ...dumpCommands,
  ...connectionCommands,
  ...transactionCommands,
  ...clientCommands,
  ...serverCommands,
  ...infoCommands,
  ...memoryCommands,
  ...configCommands,
  ...commandCommands,
  ...debugCommands,
  ...saveCommands,
  ...replicationCommands,
];

export const allCommands: readonly CommandSpec[] = [...redisCommands, ...ferrousCommands];
