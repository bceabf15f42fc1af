/**
 * The oracle: the same script against two servers, compared reply by reply.
 *
 * In:  a script: commands in order, on one or more connections, some of which may block.
 * Out: the first difference, with the script up to there in redis-cli's syntax; nothing when there is none.
 * Memory: connections are kept and reused from script to script; every script begins with empty databases.
 * @since 0.1.0
 */
import { areEquivalent } from './equivalence.ts';
import { type RunningServer, type ServerOptions, startFerrous, startRedis } from './process-server.ts';
import { type Arg, connect, decodeReply, encodeCommand, type RawClient, show } from './resp-client.ts';
import type { Teardown } from './temp.ts';

export interface Step {
  readonly args: readonly Arg[];
  /** Which connection sends it; 0 when not said. */
  readonly on?: number;
  /** The command may block: the script goes on once the server has blocked or answered it. */
  readonly blocks?: boolean;
}

export type Script = readonly (Step | readonly Arg[])[];

export interface CompareOptions {
  /** 3 sends HELLO 3 on every connection first. */
  readonly protocol?: 2 | 3;
  /** Ends the script with a full SCAN and DEBUG DIGEST, so that the databases are compared, too. Default true. */
  readonly digest?: boolean;
}

export interface Difference {
  /** The position of the step in the script. */
  readonly index: number;
  readonly steps: readonly Step[];
  /** The exact bytes; empty when the connection was closed instead. */
  readonly ours: Buffer;
  readonly theirs: Buffer;
}

const NOTHING = Buffer.alloc(0);

const asStep = (step: Step | readonly Arg[]): Step => ('args' in step ? step : { args: step });

/** The reply, or nothing at all when the connection ended first. */
const settled = (reply: Promise<Buffer>): Promise<Buffer> => reply.catch(() => NOTHING);

interface Line {
  readonly client: RawClient;
  readonly id: number;
  pending: Promise<Buffer> | undefined;
  isOpen: boolean;
}

/** One server and the connections that scripts use on it. */
export class Stage {
  readonly #port: number;
  readonly #lines = new Map<number, Line>();
  #control: RawClient | undefined;

  constructor(port: number) {
    this.#port = port;
  }

  /** Runs a script on empty databases; the exact bytes of each reply, in the order of the steps. */
  async run(steps: readonly Step[], protocol: 2 | 3): Promise<Buffer[]> {
    if (this.#control === undefined) {
      this.#control = await connect({ port: this.#port });
      // Keys that are over go when a command meets them, and only then: when the cycle runs is nobody's promise.
      await this.#control.send('DEBUG', 'SET-ACTIVE-EXPIRE', '0');
    }
    await this.#control.send('FLUSHALL');
    for (const number of new Set(steps.map((step) => step.on ?? 0))) await this.#open(number, protocol);

    const replies: Promise<Buffer>[] = [];
    for (let from = 0; from < steps.length; ) {
      const first = steps[from]!;
      const line = this.#lines.get(first.on ?? 0)!;
      await line.pending;
      let to = from + 1;
      if (first.blocks) {
        const reply = settled(line.client.sendRaw(first.args));
        line.pending = reply;
        replies.push(reply);
        await this.#untilBlocked(line, reply);
      } else {
        // Neighbours on one connection travel together: a script costs a round trip, not one per command.
        while (to < steps.length && (steps[to]!.on ?? 0) === (first.on ?? 0) && !steps[to]!.blocks) to++;
        const commands = steps.slice(from, to).map((step) => step.args);
        const batch = commands.map(() => settled(line.client.readRaw()));
        line.client.write(Buffer.concat(commands.map(encodeCommand))).catch(() => undefined);
        replies.push(...batch);
        await Promise.all(batch);
      }
      from = to;
    }
    return this.#finish(replies);
  }

  async close(): Promise<void> {
    for (const { client } of this.#lines.values()) await client.close();
    await this.#control?.close();
  }

  /** Gives a connection its first state back; opens it when it is new or was closed by the last script. */
  async #open(number: number, protocol: 2 | 3): Promise<void> {
    let line = this.#lines.get(number);
    if (line === undefined || !line.isOpen || show(await line.client.send('RESET').catch(() => FAILED)) !== '+RESET') {
      await line?.client.close();
      const client = await connect({ port: this.#port });
      const id = await client.send('CLIENT', 'ID');
      const fresh: Line = {
        client,
        id: id.type === 'integer' ? Number(id.value) : -1,
        pending: undefined,
        isOpen: true,
      };
      void client.closed.then(() => {
        fresh.isOpen = false;
      });
      this.#lines.set(number, fresh);
      line = fresh;
    }
    line.pending = undefined;
    if (protocol === 3) await line.client.send('HELLO', '3');
  }

  /** Asks until the server shows the client as blocked, or has answered it. */
  async #untilBlocked(line: Line, reply: Promise<Buffer>): Promise<void> {
    let isAnswered = false;
    void reply.then(() => {
      isAnswered = true;
    });
    while (!isAnswered) {
      const info = show(await this.#control!.send('CLIENT', 'LIST', 'ID', String(line.id)));
      if (/ flags=\w*b/.test(info)) return;
    }
  }

  /** Whoever is still blocked at the end of the script is unblocked, as if its time was over. */
  async #finish(replies: readonly Promise<Buffer>[]): Promise<Buffer[]> {
    for (const line of this.#lines.values()) {
      if (line.pending !== undefined) await this.#control!.send('CLIENT', 'UNBLOCK', String(line.id));
    }
    return Promise.all(replies);
  }
}

const FAILED = { type: 'error', text: 'the connection is closed' } as const;

const isSame = (step: Step, ours: Buffer, theirs: Buffer): boolean => {
  if (ours.equals(theirs)) return true;
  if (ours.length === 0 || theirs.length === 0) return false;
  return areEquivalent(step.args, decodeReply(ours), decodeReply(theirs));
};

/** Runs the script on both stages, one after the other, and looks for the first reply that differs. */
export const compareStages = async (
  ours: Stage,
  theirs: Stage,
  script: Script,
  { protocol = 2, digest = true }: CompareOptions = {},
): Promise<Difference | undefined> => {
  const steps = script.map(asStep);
  // SCAN removes what is over but was not met yet: the digest would count it.
  if (digest) steps.push({ args: ['SCAN', '0', 'COUNT', '100000'] }, { args: ['DEBUG', 'DIGEST'] });
  const [left, right] = await Promise.all([ours.run(steps, protocol), theirs.run(steps, protocol)]);
  const index = steps.findIndex((step, i) => !isSame(step, left[i]!, right[i]!));
  return index === -1 ? undefined : { index, steps, ours: left[index]!, theirs: right[index]! };
};

const SHOWN_BYTES_MAX = 2000;

const showRaw = (raw: Buffer): string => {
  const text = raw.length === 0 ? '(connection closed)' : show(decodeReply(raw));
  return text.length > SHOWN_BYTES_MAX ? `${text.slice(0, SHOWN_BYTES_MAX)}... (${raw.length} bytes)` : text;
};

/** A difference as a text that explains itself and can be pasted into redis-cli. */
export const describe = ({ index, steps, ours, theirs }: Difference): string => {
  const severalConnections = steps.some((step) => (step.on ?? 0) !== 0);
  const line = (step: Step) => `${severalConnections ? `[${step.on ?? 0}] ` : ''}${show.command(step.args)}`;
  return [
    `the replies to step ${index + 1} differ: ${line(steps[index]!)}`,
    `  ferrous: ${showRaw(ours)}`,
    `  redis:   ${showRaw(theirs)}`,
    'script:',
    ...steps.slice(0, index + 1).map((step) => `  ${line(step)}`),
  ].join('\n');
};

/** Ferrous and redis-server side by side. */
export interface Pair {
  readonly ferrous: RunningServer;
  readonly redis: RunningServer;
  /** The first difference, or undefined. */
  compare(script: Script, options?: CompareOptions): Promise<Difference | undefined>;
  /** Throws the description of the first difference: for properties, which shrink to the shortest script. */
  check(script: Script, options?: CompareOptions): Promise<void>;
}

/** Puts two servers that run already side by side. */
export const pairOf = (t: Teardown, ferrous: RunningServer, redis: RunningServer): Pair => {
  const ours = new Stage(ferrous.port);
  const theirs = new Stage(redis.port);
  t.teardown(() => Promise.all([ours.close(), theirs.close()]));
  const compare: Pair['compare'] = (script, options) => compareStages(ours, theirs, script, options);
  const check: Pair['check'] = async (script, options) => {
    const difference = await compare(script, options);
    if (difference !== undefined) throw new Error(describe(difference));
  };
  return { ferrous, redis, compare, check };
};

/** Starts both servers with the same options; they end with the test. */
export const startPair = async (t: Teardown, options: Omit<ServerOptions, 'port' | 'dir'> = {}): Promise<Pair> => {
  const [ferrous, redis] = await Promise.all([startFerrous(t, options), startRedis(t, options)]);
  return pairOf(t, ferrous, redis);
};
