/**
 * `ferrous events`: the write events and audit records of a log, as a table or as lines of JSON.
 *
 * In:  a log (folder or server) and conditions. Out: one line per event.
 * Memory: one batch of events, however long the log.
 *
 * @since 0.3.0
 */
import * as E from 'fp-ts/Either';
import { pipe } from 'fp-ts/function';
import * as t from 'io-ts';
import { eventLine, type LoggedEvent } from '../eventlog/event.ts';
import { type CommandSpec, noOperands, subCommand } from './command.ts';
import { EventTable } from './event-table.ts';
import { type EventsQuery, queryEvents, sourceOf } from './log-source.ts';
import { PROGRAM } from './manual.ts';
import {
  AddressText,
  Bytes,
  ClassesText,
  count,
  MomentText,
  type OptionsOf,
  Path,
  StartText,
  said,
} from './options.ts';
import { ProgressBar } from './progress.ts';
import { EXIT_DONE, type Terminal } from './terminal.ts';

export type Format = 'table' | 'json' | 'table on a terminal';

export interface EventsRequest extends EventsQuery {
  readonly format: Format;
  readonly countMax?: number;
}

export const formatOf = ({
  json,
  table,
}: {
  readonly json?: boolean;
  readonly table?: boolean;
}): E.Either<string, Format> =>
  json === true && table === true
    ? E.left('expected one of --json and --table, got both')
    : E.right(json === true ? 'json' : table === true ? 'table' : 'table on a terminal');

/** Whether lines of JSON are wanted. */
export const wantsJson = (format: Format, { out }: Terminal): boolean =>
  format === 'json' || (format === 'table on a terminal' && !out.isTerminal);

const props = {
  dir: Path,
  connect: AddressText,
  login: Bytes,
  pass: Bytes,
  follow: t.boolean,
  from: StartText,
  to: MomentText,
  db: count(0, 'the number of a database'),
  key: Bytes,
  user: Bytes,
  client: Bytes,
  command: Bytes,
  class: ClassesText,
  count: count(1, 'a number of events'),
  json: t.boolean,
  table: t.boolean,
};

const read = (options: OptionsOf<typeof props>): E.Either<string, EventsRequest> => {
  const { from, to, db, key, user, client, command, class: classes, count: countMax, follow = false } = options;
  if (follow && to !== undefined) return E.left('expected one of --follow and --to, got both');
  return pipe(
    E.Do,
    E.apS('source', sourceOf(options)),
    E.apS('format', formatOf(options)),
    E.map(({ source, format }) => ({
      source,
      format,
      follow,
      conditions: said({ to, db, key, user, client, command, classes }),
      ...said({ from, countMax }),
    })),
  );
};

/** What a batch of events looks like. */
type Show = (events: readonly LoggedEvent[]) => string;

const jsonLines: Show = (events) => events.map((event) => `${eventLine(event)}\n`).join('');

/** A table whose header comes with the first event. */
const tableOf = (columns: number | undefined): Show => {
  const table = new EventTable(columns);
  let header = '';
  return (events) => {
    const rows = table.rows(events);
    if (header !== '') return rows;
    header = table.header();
    return header + rows;
  };
};

const run = async (request: EventsRequest, terminal: Terminal): Promise<number> => {
  const { out } = terminal;
  const show = wantsJson(request.format, terminal) ? jsonLines : tableOf(out.columns);
  const abort = new AbortController();
  const progress = new ProgressBar(terminal);
  const reading = { signal: abort.signal, onProgress: progress.update, env: terminal.env };
  let left = request.countMax ?? Number.POSITIVE_INFINITY;
  try {
    for await (const batch of queryEvents(request, reading)) {
      const events = batch.length > left ? batch.slice(0, left) : batch;
      if (events.length === 0) continue;
      await progress.hide();
      if (!(await out.write(show(events)))) break;
      left -= events.length;
      if (left === 0) break;
    }
  } finally {
    abort.abort();
    await progress.hide();
  }
  return EXIT_DONE;
};

export const eventsSpec: CommandSpec<typeof props, EventsRequest> = {
  props,
  help: {
    dir: {
      value: 'DIR',
      short: 'd',
      text: 'The folder of the log, or the one it lies in ("dir" of the server). The default is the working folder.',
    },
    connect: {
      value: 'HOST:PORT',
      text: 'Read from a running server instead, with its command FERROUS EVENTS. [IPV6]:PORT and the path of a unix socket will do, too.',
    },
    login: { value: 'USER', text: 'With --connect: the user to log in as, if not the default user.' },
    pass: {
      value: 'PASSWORD',
      text: 'With --connect: the password. Other users of the machine can see it in the list of processes, so REDISCLI_AUTH in the environment is the better place.',
    },
    follow: {
      short: 'f',
      text: 'Do not end at the end of the log but wait for more, over rewrites of the log and from segment to segment.',
    },
    from: {
      value: 'MOMENT',
      text: 'The first event. A moment is a time in seconds since 1970 (1700000000.25), a time in ISO 8601 (2026-03-01T10:42:00Z; without a zone it is local time), or a place in the log (offset:4711). $ is the end of the log. The default is the oldest event there is.',
    },
    to: {
      value: 'MOMENT',
      text: 'The last event: up to and including this time, or events that end at or before this offset.',
    },
    db: { value: 'N', text: 'Writes of this database only.' },
    key: {
      value: 'GLOB',
      text: 'Events with a key that matches the pattern. Patterns are those of KEYS: *, ?, [a-c], [^a], \\x.',
    },
    user: { value: 'GLOB', text: 'Events that users with this name caused.' },
    client: {
      value: 'GLOB',
      text: 'Events that these clients caused: their address with or without the port, their name (CLIENT SETNAME) or their id.',
    },
    command: {
      value: 'GLOB',
      text: 'Events of these commands. Both the command that was sent and what became of it count, in any letter case: EXPIRE finds the PEXPIREAT that it was turned into.',
    },
    class: {
      value: 'CLASS[,CLASS...]',
      text: 'Events of these classes: write, auth, admin, read, replica. What the log has besides writes is what audit-trail-events says.',
    },
    count: { value: 'N', short: 'n', text: 'End after so many events.' },
    json: { text: 'One JSON object a line, also on a terminal.' },
    table: { text: 'A table, also where the output is no terminal. Commands are shown up to 4096 characters then.' },
  },
  manual: {
    name: 'events',
    summary: 'show what changed, when, and who did it',
    synopsis: [
      '[--dir DIR] [--follow] [--from MOMENT] [--to MOMENT] [--db N] [--key GLOB] [--user GLOB] [--client GLOB] [--command GLOB] [--class CLASSES] [--count N] [--json | --table]',
      '--connect HOST:PORT [--login USER] [--pass PASSWORD] [OPTION...]',
    ],
    description: [
      'Prints the events of a log in order. The log is the append-only file: it has to be on ("appendonly yes"), and with "audit-trail yes" it also knows times, clients, users, what they had sent, and what happened besides writes.',
      'Events are effects: EXPIRE appears as the PEXPIREAT it was turned into, a script as the writes it did. Where a client had sent something else, the table shows it in front: "EXPIRE k 10 => PEXPIREAT k 1700000010000". A bar (|) marks the events of a transaction, a word in brackets what is no write, with how it went: "[admin] CONFIG SET maxmemory 1gb (ok)". (server) stands for what the server did itself, such as removing an expired key, (master) for what a replica got from its master.',
      'On a terminal the output is a table whose commands are cut to fit. Elsewhere it is one JSON object a line, with the fields offset, end, timeUs (microseconds since 1970), db, class, args, and as far as they are known client (id, address, name, user), asSent and transaction (the offset of its MULTI). Arguments that are no UTF-8 are {"base64": "..."}.',
      'An offset is a place in the replication stream, the same on a master and its replicas. Reading can go on where it stopped: "--from offset:" and the field "end" of the last event.',
      'A folder is only read. It may belong to a running server, and it may be a copy. While a long log is read, stderr shows how far it is, if it is a terminal.',
    ],
    examples: [
      {
        text: 'What happened since yesterday evening, and to watch what happens now:',
        command: `${PROGRAM} events -d /var/lib/ferrous --from "2026-03-01 18:00"\n${PROGRAM} events -d /var/lib/ferrous --follow --from '$'`,
      },
      {
        text: 'Who removed sessions between two moments:',
        command: `${PROGRAM} events -d /data --command del --key 'session:*' \\\n    --from 2026-03-01T10:40:00Z --to 2026-03-01T10:45:00Z`,
      },
      {
        text: 'All that one user did on a server elsewhere:',
        command: `REDISCLI_AUTH=secret ${PROGRAM} events --connect 10.0.0.1:6379 --user alice`,
      },
      {
        text: 'Failed logins, and changes of the configuration:',
        command: `${PROGRAM} events -d /data --class auth,admin`,
      },
      {
        text: 'How many events each command made:',
        command: `${PROGRAM} events -d /data --json | jq -r '.args[0]' | sort | uniq -c`,
      },
    ],
    exitCodes: [
      [0, 'All events were printed, or the reader of the output wants no more (| head).'],
      [
        1,
        'The log cannot be read: it is missing or damaged, the offset is no longer in it, the server cannot be reached. The reason is on stderr.',
      ],
      [2, 'The options are wrong.'],
    ],
    files: [
      [
        'DIR/appendonlydir/*.incr.aof',
        'The segments of the log, in the format of the append-only file of Redis 7 with annotations.',
      ],
      ['DIR/appendonlydir/appendonly.aof.history', 'Which segments are kept (log-retention-time, log-retention-size).'],
    ],
    seeAlso: ['ferrous audit who', 'ferrous audit verify', 'ferrous restore', 'docs/operations.md'],
  },
  read: ({ options, operands }) =>
    pipe(
      noOperands(operands),
      E.chain(() => read(options)),
    ),
  run,
};

export const events = subCommand(eventsSpec);
