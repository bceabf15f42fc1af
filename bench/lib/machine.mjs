/**
 * The machine that the figures were measured on.
 *
 * In:  the servers that took part.
 * Out: one line to stand above a table.
 */
import { cpus, release, totalmem } from 'node:os';
import process from 'node:process';

export const describeMachine = (kinds) => {
  const processors = cpus();
  const gib = (totalmem() / 1024 ** 3).toFixed(0);
  return [
    new Date().toISOString().slice(0, 10),
    `${processors[0]?.model.trim() ?? 'unknown processor'}, ${processors.length} cores, ${gib} GiB, Linux ${release()}`,
    `node ${process.version}`,
    ...kinds.map(({ name, version }) => `${name} ${version}`),
  ].join('; ');
};
