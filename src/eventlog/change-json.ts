/**
 * A change of a key in JSON: the event, with what the key held before and after, as far as that is known.
 *
 * @since 0.3.0
 */
import { type ArgumentJson, EventJson, type LoggedEvent } from './event.ts';
import type { KeyValue } from './key-value.ts';
import type { Change } from './who.ts';

interface ValueJson {
  readonly type: string;
  readonly length: number;
  readonly expireAtMs?: number;
  readonly value: readonly ArgumentJson[];
  readonly isCut: boolean;
}

const valueJson = (event: LoggedEvent, value: KeyValue): ValueJson => {
  const { type, length, expireAtMs, isCut } = value;
  // Bytes are written as those of an event are.
  const { args } = EventJson.encode({ ...event, args: value.value });
  return { type, length, ...(expireAtMs === undefined ? {} : { expireAtMs }), value: args, isCut };
};

/** One line of JSON: the event, with `before` and `after` as far as they are known. */
export const changeLine = ({ event, before, after }: Change): string =>
  JSON.stringify({
    ...EventJson.encode(event),
    ...(before === undefined ? {} : { before: valueJson(event, before) }),
    ...(after === undefined ? {} : { after: valueJson(event, after) }),
  });
