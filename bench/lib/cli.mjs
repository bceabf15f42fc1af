/**
 * The command line of the scenarios: every one can be run by itself, and by run.mjs.
 *
 * In:  process.argv.
 * Out: options; the scenario's report, printed.
 */
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { findServers } from './servers.mjs';

export const OPTIONS = {
  rounds: { type: 'string' },
  only: { type: 'string' },
  requests: { type: 'string' },
  scenario: { type: 'string' },
  servers: { type: 'string' },
  keys: { type: 'string' },
  seconds: { type: 'string' },
  rate: { type: 'string' },
  write: { type: 'boolean' },
  help: { type: 'boolean' },
};

const wholeNumber = (name, text) => {
  if (text === undefined) return undefined;
  const number = Number(text.replaceAll('_', ''));
  if (!Number.isInteger(number) || number < 0) throw new Error(`--${name}: expected a whole number, got "${text}"`);
  return number;
};

const list = (text) => text?.split(',').filter(Boolean);

/** The options of a run, checked. */
export const readOptions = (argv = process.argv.slice(2)) => {
  const { values } = parseArgs({ args: argv, options: OPTIONS });
  return {
    rounds: wholeNumber('rounds', values.rounds),
    requests: wholeNumber('requests', values.requests),
    keys: wholeNumber('keys', values.keys),
    seconds: wholeNumber('seconds', values.seconds),
    rate: wholeNumber('rate', values.rate),
    only: list(values.only)?.map((name) => name.toLowerCase()),
    scenarios: list(values.scenario),
    servers: list(values.servers),
    write: values.write === true,
    help: values.help === true,
  };
};

/** `node bench/memory.mjs` runs the scenario and prints its report; importing the module does nothing. */
export const runWhenMain = async (moduleUrl, scenario) => {
  if (process.argv[1] === undefined || moduleUrl !== pathToFileURL(process.argv[1]).href) return;
  const options = readOptions();
  const { text } = await scenario(findServers(options.servers), options);
  process.stdout.write(`\n${text}\n`);
};

/** Progress goes to stderr, so that stdout holds the tables alone. */
export const progress = (text) => process.stderr.write(`${text}\n`);
