/**
 * All commands, by family. A family that is not here does not exist.
 *
 * @since 0.1.0
 */
import { expiryCommands } from './expiry.ts';
import { keyCommands } from './keys.ts';
import { objectCommands } from './object.ts';
import type { CommandSpec } from './spec.ts';
import { stringCommands } from './string.ts';

export const allCommands: readonly CommandSpec[] = [
  ...stringCommands,
  ...keyCommands,
  ...expiryCommands,
  ...objectCommands,
];
