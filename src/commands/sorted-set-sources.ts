/**
 * What ZUNION, ZINTER and ZDIFF take as input: sorted sets, and plain sets, whose members have the score 1.
 *
 * In:  keys of a command. Out: sources, smallest first where that is wanted; their members one after the other; whether
 * one of them holds a member.
 * Memory: one small object per source and command. Members are loans, good until the next one.
 *
 * @since 0.2.0
 */
import { type Database, MISSING } from '../keyspace/database.ts';
import { Type } from '../keyspace/entry.ts';
import type { CommandView } from '../resp/view.ts';
import { hasMember, setSize } from '../values/set.ts';
import { SetWalk } from '../values/set-walk.ts';
import { findMember, MemberCursor, memberCount } from '../values/sorted-set.ts';

/** The score of a member of a plain set. */
const SET_SCORE = 1;

export class Source {
  readonly ref: number;
  readonly isSet: boolean;
  readonly size: number;
  weight = 1;

  constructor(db: Database, ref: number) {
    this.ref = ref;
    this.isSet = ref !== MISSING && db.type(ref) === Type.Set;
    if (ref === MISSING) this.size = 0;
    else this.size = this.isSet ? setSize(db, ref) : memberCount(db, ref);
  }

  /** The score of a member here, NaN when it is not here. */
  find(db: Database, bytes: Uint8Array, at: number, length: number): number {
    if (this.ref === MISSING) return Number.NaN;
    if (!this.isSet) return findMember(db, this.ref, bytes, at, length);
    return hasMember(db, this.ref, bytes, at, length) ? SET_SCORE : Number.NaN;
  }
}

/** The sources of one command, in the order of its keys; undefined when one of them is neither set nor sorted set. */
export const findSources = (db: Database, cmd: CommandView, firstKey: number, count: number): Source[] | undefined => {
  const sources: Source[] = [];
  for (let i = firstKey; i < firstKey + count; i++) {
    const ref = db.findRead(cmd, i);
    if (ref !== MISSING && db.type(ref) !== Type.SortedSet && db.type(ref) !== Type.Set) return undefined;
    sources.push(new Source(db, ref));
  }
  return sources;
};

/** Walks the members of one source after the other. One is open at a time. */
export class SourceCursor {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  length = 0;
  score = 0;
  private source: Source | undefined = undefined;
  private readonly members = new MemberCursor();
  private readonly set = new SetWalk();

  open(db: Database, source: Source): this {
    this.source = source;
    if (source.ref === MISSING) return this;
    if (source.isSet) this.set.over(db, source.ref);
    else this.members.open(db, source.ref, 0, false);
    return this;
  }

  /** Loads the next member; false behind the last one. */
  next(): boolean {
    const { source, members, set } = this;
    if (source === undefined || source.size === 0) return false;
    if (source.isSet) {
      if (!set.step()) return false;
      this.bytes = set.bytes;
      this.at = set.at;
      this.length = set.length;
      this.score = SET_SCORE;
      return true;
    }
    if (!members.next()) return false;
    this.bytes = members.bytes;
    this.at = members.at;
    this.length = members.length;
    this.score = members.score;
    return true;
  }
}
