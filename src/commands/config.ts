/**
 * CONFIG: the configuration of the running server, and its counters.
 *
 * In:  names and values as clients send them. Out: replies; changes go through the ConfigStore, which tells everybody.
 *
 * @since 0.1.0
 */
import { readFileSync } from 'node:fs';
import * as E from 'fp-ts/Either';
import { nodeReplaceFiles, replaceFile, rewriteConfig } from '../config/config.ts';
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
    const done = ctx.server.config.set(pairs, { isLocal: isLocal(ctx), isLoading });
    return E.isLeft(done) ? refuse(reply, done.left) : accept(reply);
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

const REASON_PREFIX = 'ERR Rewriting config file: ';

/**
 * CONFIG REWRITE: brings the configuration file up to date, keeping what people wrote into it.
 *
 * The file is read at once, as the command must not see a later one, and replaced in the background of the event loop:
 * the client waits for the disk, nobody else does.
 * Source: https://redis.io/docs/latest/commands/config-rewrite/
 */
export const configRewrite = command({
  ...described.configRewrite,
  reduce: (_db, _cmd, reply, ctx) => {
    const { lifecycle, config, log, environment } = ctx.server;
    const path = lifecycle.configFile;
    if (path === '') return refuse(reply, NO_FILE);
    let oldText = '';
    try {
      oldText = readFileSync(path, 'latin1');
    } catch (error) {
      // A file that is gone is written anew; one that cannot be read must not be replaced.
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) {
        return refuse(reply, `${REASON_PREFIX}${error instanceof Error ? error.message : String(error)}`);
      }
    }
    const text = rewriteConfig(oldText, config.config);
    const answer = answerLater(ctx);
    const unique = `${process.pid}-${Math.floor(environment.monotonicUs())}`;
    void replaceFile(nodeReplaceFiles, path, text, unique)().then((done) => {
      if (E.isLeft(done)) log.warning(`CONFIG REWRITE failed: ${done.left.reason}`);
      else log.notice('CONFIG REWRITE executed with success.');
      answer((late) => {
        if (E.isLeft(done)) late.error(`${REASON_PREFIX}${done.left.reason}`);
        else late.ok();
      });
    });
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
