/**
 * The commands by which logs are understood: all of them, under their own names.
 *
 * Made when somebody asks first, since commands that read logs are among them.
 *
 * @since 0.3.0
 */
import { allCommands } from '../commands/all.ts';
import { CommandTable } from '../commands/table.ts';

let table: CommandTable | undefined;

export const commandTable = (): CommandTable => {
  table ??= new CommandTable(allCommands);
  return table;
};
