/**
 * The benchmarks: Ferrous against each of redis-server and valkey-server on the PATH.
 *
 *   npm run bench                                       throughput, the main table
 *   npm run bench -- --rounds 5 --only set,get          some of its rows, more rounds
 *   npm run bench -- --scenario memory,stall            other scenarios: memory, stall, bgsave, replica, collections,
 *                                                       collections-memory, collections-growth, collections-stall, log,
 *                                                       audit, or all
 *   npm run bench -- --write                            all scenarios; the tables go to bench/RESULTS.md
 *
 * A figure that is missed is marked in its table; only an error makes the exit code different from zero.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { audit } from './audit.mjs';
import { bgsave } from './bgsave.mjs';
import { collections } from './collections.mjs';
import { collectionsGrowth } from './collections-growth.mjs';
import { collectionsMemory } from './collections-memory.mjs';
import { collectionsStall } from './collections-stall.mjs';
import { progress, readOptions } from './lib/cli.mjs';
import { describeMachine } from './lib/machine.mjs';
import { findServers } from './lib/servers.mjs';
import { log } from './log.mjs';
import { memory } from './memory.mjs';
import { replica } from './replica.mjs';
import { stall } from './stall.mjs';
import { throughput } from './throughput.mjs';

const SCENARIOS = new Map([
  ['throughput', { title: 'Throughput', run: throughput, command: 'npm run bench' }],
  ['memory', { title: 'Memory', run: memory, command: 'npm run bench -- --scenario memory' }],
  [
    'stall',
    { title: 'Stalls while millions of keys are loaded', run: stall, command: 'npm run bench -- --scenario stall' },
  ],
  ['bgsave', { title: 'BGSAVE under write load', run: bgsave, command: 'npm run bench -- --scenario bgsave' }],
  ['replica', { title: 'The cost of a replica', run: replica, command: 'npm run bench -- --scenario replica' }],
  [
    'collections',
    { title: 'Throughput of collections', run: collections, command: 'npm run bench -- --scenario collections' },
  ],
  [
    'collections-memory',
    {
      title: 'Memory of collections',
      run: collectionsMemory,
      command: 'npm run bench -- --scenario collections-memory',
    },
  ],
  [
    'collections-growth',
    {
      title: 'Cost by the size of a collection',
      run: collectionsGrowth,
      command: 'npm run bench -- --scenario collections-growth',
    },
  ],
  [
    'collections-stall',
    {
      title: 'Stalls by large collections',
      run: collectionsStall,
      command: 'npm run bench -- --scenario collections-stall',
    },
  ],
  ['log', { title: 'The event log', run: log, command: 'npm run bench -- --scenario log' }],
  ['audit', { title: 'Reading the event log', run: audit, command: 'npm run bench -- --scenario audit' }],
]);

const resultsFile = join(dirname(fileURLToPath(import.meta.url)), 'RESULTS.md');
const HEAD = `# Results

Written by \`npm run bench -- --write\`. Every section names the command that makes its table; all of them need
redis-benchmark (Debian: redis-tools) and compare with the servers found on the PATH, in the same run.
`;

const beginOf = (name) => `<!-- begin ${name} -->`;
const endOf = (name) => `<!-- end ${name} -->`;

/** The sections of the results that are there already, by scenario: a run replaces those that it measured. */
const readSections = async () => {
  const text = await readFile(resultsFile, 'utf8').catch(() => '');
  const sections = new Map();
  for (const name of SCENARIOS.keys()) {
    const from = text.indexOf(beginOf(name));
    const to = text.indexOf(endOf(name));
    if (from !== -1 && to !== -1) sections.set(name, text.slice(from, to + endOf(name).length));
  }
  return sections;
};

const sectionOf = (name, { title, command }, machine, text) =>
  [beginOf(name), `## ${title}`, '', `\`${command}\` (${machine})`, '', text, endOf(name)].join('\n');

const main = async () => {
  const options = readOptions();
  if (options.help) {
    const source = await readFile(fileURLToPath(import.meta.url), 'utf8');
    process.stdout.write(
      `${source
        .slice(0, source.indexOf('*/'))
        .replaceAll(/^\/?\s?\*+ ?/gm, '')
        .trim()}\n`,
    );
    return;
  }
  const asked = options.scenarios ?? [options.write ? 'all' : 'throughput'];
  const names = asked.includes('all') ? [...SCENARIOS.keys()] : asked;
  const unknown = names.find((name) => !SCENARIOS.has(name));
  if (unknown !== undefined)
    throw new Error(`--scenario ${unknown}: there are ${[...SCENARIOS.keys()].join(', ')}, all`);

  const kinds = findServers(options.servers);
  if (kinds.length === 0) throw new Error('no server found: build Ferrous with `npm run build`');
  const machine = describeMachine(kinds);
  progress(machine);

  const sections = await readSections();
  for (const name of names) {
    const scenario = SCENARIOS.get(name);
    const { text } = await scenario.run(kinds, options);
    const section = sectionOf(name, scenario, machine, text);
    process.stdout.write(`\n${section.split('\n').slice(1, -1).join('\n')}\n`);
    sections.set(name, section);
    if (options.write) {
      const ordered = [...SCENARIOS.keys()].flatMap((key) => (sections.has(key) ? [sections.get(key)] : []));
      await writeFile(resultsFile, `${[HEAD, ...ordered].join('\n\n').replaceAll('\n\n\n', '\n\n')}\n`);
    }
  }
};

main().catch((error) => {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
