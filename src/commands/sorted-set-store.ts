/**
 * Storing a sorted set that a command has made: ZRANGESTORE, ZUNIONSTORE, ZINTERSTORE, ZDIFFSTORE.
 *
 * In:  a builder with members, which may come from the very key that is stored to. Out: the key in argument 1, or none.
 *
 * @since 0.2.0
 */
import { type Database, MISSING } from '../keyspace/database.ts';
import { KeyEventClass } from '../keyspace/key-events.ts';
import type { Reply } from '../resp/reply.ts';
import type { CommandView } from '../resp/view.ts';
import type { SortedSetBuilder } from '../values/sorted-set.ts';
import type { Context } from './context.ts';
import { Outcome } from './spec.ts';

/**
 * Makes what was built the value of the key in argument 1, with no expiry, and replies with the number of members. With
 * none the key goes. `event` is the name of the key event.
 */
export const storeBuilt = (
  db: Database,
  builder: SortedSetBuilder,
  cmd: CommandView,
  reply: Reply,
  ctx: Context,
  event: string,
): Outcome => {
  const { count } = builder;
  const old = db.findWrite(cmd, 1);
  if (old !== MISSING) db.remove(old);
  reply.integer(count);
  if (count > 0) {
    builder.finish(cmd.buf, cmd.offset(1), cmd.length(1));
    db.notify(KeyEventClass.SortedSet, event, cmd, 1);
  } else {
    builder.discard();
    if (old === MISSING) return Outcome.Unchanged;
    db.notify(KeyEventClass.Generic, 'del', cmd, 1);
  }
  ctx.changes = 1;
  return Outcome.AsReceived;
};
