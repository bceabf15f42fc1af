/**
 * What FERROUS EVENTS is asked for.
 *
 * In:  the words behind `FERROUS EVENTS`. Out: conditions, or the error reply.
 *
 * @since 0.3.0
 */
import * as E from 'fp-ts/Either';
import type { EventConditions } from '../eventlog/filter.ts';
import { type Moment, offsetMoment, parseMoment } from '../eventlog/moment.ts';
import type { CommandView } from '../resp/view.ts';
import { DB_OUT_OF_RANGE, SYNTAX_ERROR } from './errors.ts';

/** What follows what is there now, and the oldest event that is kept. */
const NOW = '$';
const OLDEST = '-';

export interface EventsRequest {
  readonly conditions: EventConditions;
  /** What was there before is not wanted, even where it stands at the same offset. */
  readonly isFromNow: boolean;
  readonly follow: boolean;
}

/** A moment at an argument, or the error. */
export const momentAt = (cmd: CommandView, index: number): E.Either<string, Moment> =>
  E.mapLeft((reason: string) => `ERR ${reason}`)(parseMoment(cmd.text(index)));

/** Reads `FROM … [TO …] …` from argument 2 on; `offset` is where the stream is now. */
export const parseEventsRequest = (
  cmd: CommandView,
  offset: number,
  databases: number,
): E.Either<string, EventsRequest> => {
  let conditions: EventConditions = {};
  let hasFrom = false;
  let isFromNow = false;
  let follow = false;
  for (let i = 2; i < cmd.argc; i++) {
    if (cmd.equalsToken(i, 'FOLLOW')) {
      follow = true;
      continue;
    }
    const value = i + 1;
    if (value >= cmd.argc) return E.left(SYNTAX_ERROR);
    if (cmd.equalsToken(i, 'FROM')) {
      hasFrom = true;
      const text = cmd.text(value);
      isFromNow = text === NOW;
      if (isFromNow) conditions = { ...conditions, from: offsetMoment(offset) };
      else if (text !== OLDEST) {
        const from = momentAt(cmd, value);
        if (E.isLeft(from)) return from;
        conditions = { ...conditions, from: from.right };
      }
    } else if (cmd.equalsToken(i, 'TO')) {
      const to = momentAt(cmd, value);
      if (E.isLeft(to)) return to;
      conditions = { ...conditions, to: to.right };
    } else if (cmd.equalsToken(i, 'MATCH')) {
      conditions = { ...conditions, key: cmd.bytes(value).slice() };
    } else if (cmd.equalsToken(i, 'DB')) {
      const db = cmd.integer(value);
      if (!(db >= 0 && db < databases)) return E.left(DB_OUT_OF_RANGE);
      conditions = { ...conditions, db };
    } else if (cmd.equalsToken(i, 'USER')) {
      conditions = { ...conditions, user: cmd.text(value) };
    } else if (cmd.equalsToken(i, 'CLIENT')) {
      conditions = { ...conditions, client: cmd.text(value) };
    } else if (cmd.equalsToken(i, 'COMMAND')) {
      conditions = { ...conditions, command: cmd.text(value) };
    } else {
      return E.left(SYNTAX_ERROR);
    }
    i++;
  }
  return hasFrom ? E.right({ conditions, isFromNow, follow }) : E.left(SYNTAX_ERROR);
};
