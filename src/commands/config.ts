/**
 * CONFIG: the configuration of the running server, and its counters.
 *
 * In:  names and values as clients send them. Out: replies; changes go through the ConfigStore, which tells everybody.
 *
 * @since 0.1.0
 */
import process from 'node:process';
import * as E from 'fp-ts/Either';
import { pipe } from 'fp-ts/function';
import * as TE from 'fp-ts/TaskEither';
import { type FileError, nodeFiles, nodeReplaceFiles, replaceFile, rewriteConfig } from '../config/config.ts';
import type { Context } from './context.ts';
import { answerLater } from './deferred.ts';
import * as described from './docs/config.ts';
import { refuse, SYNTAX_ERROR } from './errors.ts';
import { accept, replyHelp } from './replies.ts';
import { type CommandSpec, command, Outcome } from './spec.ts';

const NO_FILE = 'ERR The server is running without a config file';

/** CONFIG GET parameter ...: names or patterns. Source: https://redis.io/docs/latest/commands/config-get/ */
export const configGet = command({
  ...described.configGet,
  reduce: (_db, cmd, reply, ctx) => {
    const patterns: string[] = [];
    for (let i = 2; i < cmd.argc; i++) patterns.push(cmd.text(i));
    const pairs = ctx.server.config.get(patterns);
    reply.map(pairs.length);
    for (const [name, text] of pairs) {
      reply.bulkText(name);
      reply.bulkText(text);
    }
    return Outcome.Unchanged;
  },
});

/** Whether the client is on this machine, as `local` means it in the configuration. */
export const isLocal = (ctx: Context): boolean => {
  const { isUnixSocket, remoteAddress } = ctx.client.peer;
  return isUnixSocket || /^(127\.|\[::1\]|\[::ffff:127\.|::1:)/.test(remoteAddress);
};

/**
 * CONFIG SET parameter value [parameter value ...]: all or none.
 *
 * Source: https://redis.io/docs/latest/commands/config-set/
 */
export const configSet = command({
  ...described.configSet,
  reduce: (_db, cmd, reply, ctx) => {
    if (cmd.argc % 2 !== 0) return refuse(reply, SYNTAX_ERROR);
    const pairs: [string, string][] = [];
    for (let i = 2; i < cmd.argc; i += 2) pairs.push([cmd.text(i), cmd.text(i + 1)]);
    const isLoading = ctx.server.persistence.isLoading;
    const { config: store, lifecycle } = ctx.server;
    const done = store.set(pairs, { isLocal: isLocal(ctx), isLoading });
    if (E.isLeft(done)) return refuse(reply, done.left);
    if (!done.right.some((name) => name === 'port' || name === 'bind')) return accept(reply);

    // Listening elsewhere takes a moment, and may fail.
    const answer = answerLater(ctx);
    void lifecycle.relistening.then((refusal) =>
      answer((late) => (refusal === undefined ? late.ok() : late.error(refusal))),
    );
    return Outcome.Unchanged;
  },
});

/** CONFIG RESETSTAT: counters back to 0, peaks to now. Source: https://redis.io/docs/latest/commands/config-resetstat/ */
export const configResetstat = command({
  ...described.configResetstat,
  reduce: (_db, _cmd, reply, ctx) => {
    const { stats, commands, keyspace } = ctx.server;
    stats.reset();
    commands.resetStats();
    keyspace.hits = 0;
    keyspace.misses = 0;
    keyspace.expired = 0;
    keyspace.arena.peakBytes = keyspace.arena.usedBytes;
    return accept(reply);
  },
});

const FAILED = 'ERR Rewriting config file: ';

const files = nodeFiles((async function* nothing() {})());

/** The text of a file; that of one which is gone is empty, so it is written anew. */
const readOld = (path: string): TE.TaskEither<FileError, string> =>
  pipe(
    files.readText(path),
    TE.orElse((error) => (error.code === 'ENOENT' ? TE.right('') : TE.left(error))),
  );

/**
 * CONFIG REWRITE: brings the configuration file up to date, keeping what people wrote into it.
 *
 * The client waits for the disk, nobody else does. What is written is the configuration at the time of the command.
 * Source: https://redis.io/docs/latest/commands/config-rewrite/
 */
export const configRewrite = command({
  ...described.configRewrite,
  reduce: (_db, _cmd, reply, ctx) => {
    const { lifecycle, log, environment } = ctx.server;
    const { config } = ctx;
    const path = lifecycle.configFile;
    if (path === '') return refuse(reply, NO_FILE);
    const answer = answerLater(ctx);
    const unique = `${process.pid}-${Math.floor(environment.monotonicUs())}`;
    const rewrite = pipe(
      readOld(path),
      TE.chain((oldText) => replaceFile(nodeReplaceFiles, path, rewriteConfig(oldText, config), unique)),
      TE.match(
        ({ reason }) => {
          log.warning(`CONFIG REWRITE failed: ${reason}`);
          answer((late) => late.error(FAILED + reason));
        },
        () => {
          log.notice('CONFIG REWRITE executed with success.');
          answer((late) => late.ok());
        },
      ),
    );
    void rewrite();
    return Outcome.Unchanged;
  },
});

const HELP = [
  'GET <pattern>',
  '    Return parameters matching the glob-like <pattern> and their values.',
  'SET <directive> <value>',
  '    Set the configuration <directive> to <value>.',
  'RESETSTAT',
  '    Reset statistics reported by the INFO command.',
  'REWRITE',
  '    Rewrite the configuration file.',
];

/** CONFIG HELP. Source: https://redis.io/docs/latest/commands/config-help/ */
export const configHelp = command({
  ...described.configHelp,
  reduce: (_db, _cmd, reply) => replyHelp(reply, 'CONFIG', HELP),
});

export const config = command({
  ...described.config,
  subcommands: [configGet, configHelp, configResetstat, configRewrite, configSet],
});

export const configCommands: readonly CommandSpec[] = [config];
