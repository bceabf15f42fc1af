/**
 * What the commands on lists share: replying with elements, and taking them from an end.
 *
 * @since 0.2.0
 */
import type { Database } from '../keyspace/database.ts';
import { KeyEventClass } from '../keyspace/key-events.ts';
import { Element } from '../keyspace/listpack.ts';
import type { Reply } from '../resp/reply.ts';
import type { CommandView } from '../resp/view.ts';
import { dropElements, End, packIfSmall } from '../values/list.ts';
import { ListCursor } from '../values/list-cursor.ts';

const cursor = new ListCursor();
const element = new Element();

/** Replies with the element under the cursor. */
export const replyElement = (at: ListCursor, reply: Reply): void => {
  element.read(at.buf, at.pos);
  reply.bulk(element.bytes, element.at, element.length);
};

/** Replies with the first `count` elements from an end on, the outermost first. */
export const replyElements = (db: Database, ref: number, end: End, count: number, reply: Reply): void => {
  cursor.seekEnd(db, ref, end);
  for (let left = count; left > 0; left--) {
    replyElement(cursor, reply);
    if (left > 1) {
      if (end === End.Left) cursor.next(db);
      else cursor.previous(db);
    }
  }
};

/** Takes `count` of `length` elements from an end of the list under argument `key`, and tells of it. */
export const takeElements = (
  db: Database,
  ref: number,
  cmd: CommandView,
  key: number,
  end: End,
  count: number,
  length: number,
): void => {
  const name = end === End.Left ? 'lpop' : 'rpop';
  if (count === length) {
    db.remove(ref);
    db.notify(KeyEventClass.List, name, cmd, key);
    db.notify(KeyEventClass.Generic, 'del', cmd, key);
    return;
  }
  packIfSmall(db, dropElements(db, ref, end === End.Left ? count : 0, end === End.Left ? 0 : count));
  db.notify(KeyEventClass.List, name, cmd, key);
};
