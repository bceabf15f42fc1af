/**
 * All commands, by family. A family that is not here does not exist.
 *
 * @since 0.1.0
 */
import type { CommandSpec } from './spec.ts';

export const allCommands: readonly CommandSpec[] = [];
