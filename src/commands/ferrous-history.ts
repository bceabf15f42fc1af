/**
 * FERROUS HISTORY: the last changes of a key.
 *
 * In:     a key. Out: events as JSON, each with what the key held before and after, the newest first.
 * Memory: that of the search, see eventlog/who.ts.
 *
 * @since 0.3.0
 */
import { changeLine } from '../eventlog/change-json.ts';
import { who } from '../eventlog/who.ts';
import { answerLater } from './deferred.ts';
import * as described from './docs/ferrous.ts';
import { NO_COUNT, NOT_AN_INTEGER, refuse, SYNTAX_ERROR } from './errors.ts';
import { LOG_IS_OFF, textOf } from './ferrous-events.ts';
import { command, Outcome } from './spec.ts';

const COUNT_DEFAULT = 10;

/**
 * FERROUS HISTORY key [COUNT n]: the last changes of a key of the selected database, 10 by default.
 *
 * Reply:  array of JSON texts, as those of FERROUS EVENTS with `before` and `after`, the newest first.
 * Errors: when the log is off.
 */
export const history = command({
  ...described.history,
  reduce: (_db, cmd, reply, ctx) => {
    const { client, server } = ctx;
    let count = COUNT_DEFAULT;
    if (cmd.argc > 3) {
      if (cmd.argc !== 5 || !cmd.equalsToken(3, 'COUNT')) return refuse(reply, SYNTAX_ERROR);
      count = cmd.integer(4);
      if (!Number.isFinite(count)) return refuse(reply, NOT_AN_INTEGER);
      if (count <= 0) return refuse(reply, NO_COUNT);
    }
    const { eventLog } = server;
    if (!eventLog.isEnabled) return refuse(reply, LOG_IS_OFF);
    eventLog.commit();
    const key = cmd.bytes(2).slice();
    const answer = answerLater(ctx);
    who(eventLog.folder.path, key, { db: client.db, count, config: ctx.config }).then(
      (changes) =>
        answer((later) => {
          const shown = changes.slice(0, count);
          later.array(shown.length);
          for (const change of shown) later.bulkUtf8(changeLine(change));
        }),
      (error: unknown) => answer((later) => later.error(`ERR ${textOf(error)}`)),
    );
    return Outcome.Unchanged;
  },
});
