/**
 * FERROUS HISTORY: the last changes of a key.
 *
 * In:     a key. Out: events as JSON, the newest first.
 * Memory: as many events as were asked for.
 *
 * @since 0.3.0
 */
import { eventLine, type LoggedEvent } from '../eventlog/event.ts';
import { scanBatches } from '../eventlog/scan.ts';
import { touchedBy, touches } from '../eventlog/touched.ts';
import { answerLater } from './deferred.ts';
import * as described from './docs/ferrous.ts';
import { NO_COUNT, NOT_AN_INTEGER, refuse, SYNTAX_ERROR } from './errors.ts';
import { LOG_IS_OFF, textOf } from './ferrous-events.ts';
import { command, Outcome } from './spec.ts';

const COUNT_DEFAULT = 10;

/**
 * FERROUS HISTORY key [COUNT n]: the last changes of a key of the selected database, 10 by default.
 *
 * Reply:  array of JSON texts, as those of FERROUS EVENTS, the newest first.
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
    const { eventLog, commands } = server;
    if (!eventLog.isEnabled) return refuse(reply, LOG_IS_OFF);
    eventLog.commit();
    const wanted = { db: client.db, key: Buffer.from(cmd.bytes(2)).toString('latin1') };
    const answer = answerLater(ctx);
    const search = async (): Promise<readonly LoggedEvent[]> => {
      const found: LoggedEvent[] = [];
      for await (const batch of scanBatches(eventLog.folder.path, { classes: ['write'] })) {
        for (const event of batch) {
          if (!touches(touchedBy(commands, event), wanted)) continue;
          found.push(event);
          if (found.length > count) found.shift();
        }
        if (client.closed) return [];
      }
      return found.reverse();
    };
    void search().then(
      (found) =>
        answer((later) => {
          later.array(found.length);
          for (const event of found) later.bulkUtf8(eventLine(event));
        }),
      (error: unknown) => answer((later) => later.error(`ERR ${textOf(error)}`)),
    );
    return Outcome.Unchanged;
  },
});
