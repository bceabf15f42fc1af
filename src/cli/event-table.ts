/**
 * Events as a table: time, offset, db, client, user, command.
 *
 * In:  events, batch by batch. Out: lines whose columns are aligned; they grow when something longer comes, and stay so.
 * Memory: the widths of the columns.
 *
 * Whatever a client sent, a line is printable ASCII: no value can move the cursor of the terminal that shows it.
 *
 * @since 0.3.0
 */
import type { LoggedEvent } from '../eventlog/event.ts';
import { OUR_MASTER, renderArguments, SERVER_ITSELF } from '../eventlog/format.ts';
import { isoTime } from '../eventlog/moment.ts';
import { quoteIfNeeded } from '../quoting.ts';

/** A command is cut to this where no terminal says how wide it is. */
const COMMAND_CHARACTERS_MAX = 4096;
/** And never to less than this, though the line be broken by the terminal. */
const COMMAND_CHARACTERS_MIN = 40;

const UNKNOWN = '-';
/** Between what was sent and what it did. */
const ARROW = ' => ';
const IN_TRANSACTION = '| ';

function* words(args: readonly Uint8Array[], charactersMax: number): Generator<string> {
  // Of a long argument no more than can be shown is made a text.
  for (const arg of args) yield Buffer.from(arg.subarray(0, charactersMax + 1)).toString('latin1');
}

/** Arguments as redis-cli reads them, cut at the length. */
export const showArguments = (args: readonly Uint8Array[], charactersMax = COMMAND_CHARACTERS_MAX): string =>
  renderArguments(words(args, charactersMax), charactersMax);

const cut = (text: string, charactersMax: number): string =>
  text.length <= charactersMax ? text : `${text.slice(0, Math.max(0, charactersMax - 3))}...`;

export const showTime = (timeUs: number): string => (timeUs === 0 ? UNKNOWN : isoTime(timeUs));

const name = (text: string): string => (text === '' ? '' : cut(quoteIfNeeded(text), 40));

export const showClient = ({ client }: LoggedEvent): string => {
  if (client === undefined) return UNKNOWN;
  if (client.id === SERVER_ITSELF) return '(server)';
  if (client.id === OUR_MASTER) return '(master)';
  const known = [name(client.address), name(client.name)].filter((part) => part !== '').join(' ');
  return known === '' ? `id=${client.id}` : known;
};

export const showUser = ({ client }: LoggedEvent): string => {
  const user = name(client?.user ?? '');
  return user === '' ? UNKNOWN : user;
};

/** What was sent beside what it did, where these differ. */
export const showCommand = (event: LoggedEvent, charactersMax = COMMAND_CHARACTERS_MAX): string => {
  const { asSent, args, transaction } = event;
  const kind = event.class === 'write' ? '' : `[${event.class}] `;
  const mark = transaction === undefined ? kind : kind + IN_TRANSACTION;
  const effect = showArguments(args, charactersMax);
  if (asSent === undefined) return cut(mark + effect, charactersMax);
  // Both have to be seen, so neither takes more than its half unless the other leaves room.
  const room = charactersMax - mark.length - ARROW.length;
  const half = Math.max(Math.floor(room / 2), room - effect.length);
  const sent = cut(quotedSafely(asSent), half);
  return mark + sent + ARROW + cut(effect, room - sent.length);
};

/** A text that is quoted already: it stands in the log as it is, and a log may come from anywhere. */
const quotedSafely = (text: string): string =>
  text.replace(/[^\x20-\x7e]/g, (character) => `\\x${(character.charCodeAt(0) & 0xff).toString(16).padStart(2, '0')}`);

const TITLES = ['time', 'offset', 'db', 'client', 'user', 'command'] as const;
/** Numbers stand to the right. */
const IS_RIGHT = [false, true, true, false, false, false] as const;
const FIRST_WIDTHS = [27, 10, 2, 21, 7, 0] as const;
const COMMAND = TITLES.length - 1;

export class EventTable {
  private readonly columns: number | undefined;
  private readonly widths: number[] = [...FIRST_WIDTHS];

  /** For a terminal of so many columns; lines are as long as they are where there is none. */
  constructor(columns?: number) {
    this.columns = columns;
  }

  header(): string {
    return this.line(TITLES);
  }

  /** The lines of a batch, whose columns are aligned with those before as far as they fit. */
  rows(events: readonly LoggedEvent[]): string {
    const rows = events.map((event) => [
      showTime(event.timeUs),
      String(event.offset),
      event.class === 'write' ? String(event.db) : UNKNOWN,
      showClient(event),
      showUser(event),
    ]);
    for (const row of rows) {
      row.forEach((cell, at) => {
        this.widths[at] = Math.max(this.widths[at] ?? 0, cell.length);
      });
    }
    const room = this.commandRoom();
    return rows.map((row, at) => this.line([...row, showCommand(events[at], room)])).join('');
  }

  private commandRoom(): number {
    if (this.columns === undefined) return COMMAND_CHARACTERS_MAX;
    const before = this.widths.slice(0, COMMAND).reduce((sum, width) => sum + width + 2, 0);
    return Math.max(COMMAND_CHARACTERS_MIN, this.columns - before);
  }

  private line(cells: readonly string[]): string {
    const padded = cells.map((cell, at) =>
      at === COMMAND ? cell : IS_RIGHT[at] ? cell.padStart(this.widths[at]) : cell.padEnd(this.widths[at]),
    );
    return `${padded.join('  ')}\n`;
  }
}
