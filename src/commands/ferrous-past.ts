/**
 * FERROUS AT: a command on the data of the past.
 *
 * In:     a moment and a command that only reads. Out: its reply.
 * Memory: the data of the last moment that was asked for, beside the server's own, for KEPT_MS after it was asked for
 *         last.
 *
 * The log is folded in slices, while other clients are served; who asks waits. Folds take turns. The command itself runs
 * in one go, as any other.
 *
 * @since 0.3.0
 */
import * as E from 'fp-ts/Either';
import { type Subscription, takeUntil, timer } from 'rxjs';
import { formatMoment, type Moment } from '../eventlog/moment.ts';
import { foldTo, type Past, type PastError } from '../eventlog/past.ts';
import type { Client } from '../net/client.ts';
import { NO_PEER } from '../net/peer.ts';
import { type CommandView, viewOf } from '../resp/view.ts';
import type { Services } from './context.ts';
import { answerLater } from './deferred.ts';
import * as described from './docs/ferrous.ts';
import { refuse } from './errors.ts';
import { LOG_IS_OFF, textOf } from './ferrous-events.ts';
import { momentAt } from './ferrous-request.ts';
import { unknownCommand } from './gate.ts';
import { command, Outcome } from './spec.ts';

const KEPT_MS = 60_000;
/** Where the command begins. */
const COMMAND_AT = 3;

export type Fold = E.Either<PastError, Past>;

/** The moments of one server: one at a time is made, and the last one is kept. */
class Moments {
  private readonly server: Services;
  private kept: { readonly name: string; readonly fold: Promise<Fold> } | undefined = undefined;
  private last: Promise<unknown> = Promise.resolve();
  private expiry: Subscription | undefined = undefined;

  constructor(server: Services) {
    this.server = server;
  }

  at(moment: Moment): Promise<Fold> {
    const name = `${this.server.replication.history.replid} ${formatMoment(moment)}`;
    if (this.kept?.name !== name) {
      const fold = this.fold(moment);
      const kept = { name, fold };
      this.kept = kept;
      void fold.then((result) => {
        if (E.isLeft(result) && this.kept === kept) this.kept = undefined;
      });
    }
    this.expiry?.unsubscribe();
    const { environment, lifecycle } = this.server;
    this.expiry = timer(KEPT_MS, environment.scheduler)
      .pipe(takeUntil(lifecycle.ended$))
      .subscribe(() => {
        this.kept = undefined;
      });
    return this.kept?.fold ?? this.fold(moment);
  }

  /** A moment for one purpose, which is not kept. */
  fold(moment: Moment): Promise<Fold> {
    const { eventLog, config } = this.server;
    const run = (): Promise<Fold> => foldTo({ folder: eventLog.folder, moment, config: config.config })();
    const fold = this.last
      .then(run, run)
      .catch((error: unknown): Fold => E.left({ _tag: 'PastError', message: textOf(error) }));
    this.last = fold;
    return fold;
  }
}

const servers = new WeakMap<Services, Moments>();

export const momentsOf = (server: Services): Moments => {
  let moments = servers.get(server);
  if (moments === undefined) {
    moments = new Moments(server);
    servers.set(server, moments);
  }
  return moments;
};

/** Runs a command on a server of the past; its reply. */
const runThere = ({ server: { services, dispatcher } }: Past, asker: Client, view: CommandView): Uint8Array => {
  const pieces: Uint8Array[] = [];
  const client = services.clients.make({
    ...NO_PEER,
    write: (bytes, start, end) => {
      pieces.push(bytes.slice(start, end));
      return true;
    },
  });
  client.authenticated = true;
  client.resp = asker.resp;
  client.db = asker.db;
  dispatcher.beginTurn();
  dispatcher.run(client, view);
  dispatcher.endTurn();
  services.clients.outbox.flush();
  return Buffer.concat(pieces);
};

/** Why a command may not be run on the past. */
const refusalOf = (server: Services, view: CommandView): string | undefined => {
  const { commands } = server;
  const parent = commands.find(view);
  if (parent === undefined) return unknownCommand(view);
  const found = parent.subcommands !== undefined && view.argc > 1 ? commands.findSubcommand(parent, view) : parent;
  if (found === undefined || found.spec.flags.includes('readonly')) return undefined;
  return `ERR FERROUS AT runs commands that only read, and '${found.fullName}' is none of them`;
};

/**
 * FERROUS AT moment command [arg …]: the command's reply, as it was at that moment.
 *
 * Errors: when the command does not only read, when the log is off, when it does not lead to the moment.
 */
export const at = command({
  ...described.at,
  reduce: (_db, cmd, reply, ctx) => {
    const { client, server } = ctx;
    const moment = momentAt(cmd, 2);
    if (E.isLeft(moment)) return refuse(reply, moment.left);
    const words: Uint8Array[] = [];
    for (let i = COMMAND_AT; i < cmd.argc; i++) words.push(cmd.bytes(i).slice());
    const view = viewOf(words);
    const refusal = refusalOf(server, view);
    if (refusal !== undefined) return refuse(reply, refusal);
    const { eventLog, writes } = server;
    if (!eventLog.isEnabled) return refuse(reply, LOG_IS_OFF);
    const nowUs = writes.timeUs();
    if (moment.right._tag === 'time' && moment.right.us > nowUs) {
      return refuse(
        reply,
        `ERR ${formatMoment(moment.right)} is in the future: it is ${formatMoment({ _tag: 'time', us: nowUs })}`,
      );
    }
    eventLog.commit();
    const answer = answerLater(ctx);
    void momentsOf(server)
      .at(moment.right)
      .then((past) =>
        answer((later) => {
          if (E.isLeft(past)) later.error(`ERR ${past.left.message}`);
          else later.raw(runThere(past.right, client, view));
        }),
      );
    return Outcome.Unchanged;
  },
});
