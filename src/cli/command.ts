/**
 * A sub-command of the program: its manual, its options, and what it does.
 *
 * In:  the words behind its name. Out: an exit code; texts on the terminal.
 * Reading the words is pure (`read`), so that what they mean can be told without doing it.
 *
 * @since 0.3.0
 */
import * as E from 'fp-ts/Either';
import { pipe } from 'fp-ts/function';
import type * as t from 'io-ts';
import { failureText } from './failure.ts';
import { type Manual, PROGRAM, renderManual } from './manual.ts';
import { asksForHelp, type HelpOf, type Parsed, readOptions } from './options.ts';
import { EXIT_DONE, EXIT_FAILED, EXIT_USAGE, type Terminal } from './terminal.ts';

export interface CommandSpec<P extends t.Props, Request> {
  readonly manual: Omit<Manual, 'options'>;
  /** Codecs of the options, and what the manual says of them. */
  readonly props: P;
  readonly help: HelpOf<P>;
  /** What the words ask for; Left is what is wrong with them. */
  readonly read: (parsed: Parsed<P>) => E.Either<string, Request>;
  readonly run: (request: Request, terminal: Terminal) => Promise<number>;
}

export interface SubCommand {
  readonly manual: Manual;
  readonly run: (words: readonly string[], terminal: Terminal) => Promise<number>;
}

/** Options and operands as a request. */
export const readWords = <P extends t.Props, Request>(
  { props, help, read }: CommandSpec<P, Request>,
  words: readonly string[],
): E.Either<string, Request> => pipe(readOptions(props, help, words), E.chain(read));

/** Says how a command is used, on stderr. */
export const refuse = async (name: string, reason: string, terminal: Terminal): Promise<number> => {
  await terminal.err.write(`ferrous ${name}: ${reason}\nSee "${PROGRAM} ${name} --help".\n`);
  return EXIT_USAGE;
};

/** A command that can be run. */
export const subCommand = <P extends t.Props, Request>(spec: CommandSpec<P, Request>): SubCommand => {
  const manual: Manual = { ...spec.manual, options: spec.help };
  return {
    manual,
    run: async (words, terminal) => {
      if (asksForHelp(words)) {
        await terminal.out.write(renderManual(manual));
        return EXIT_DONE;
      }
      const request = readWords(spec, words);
      if (E.isLeft(request)) return refuse(manual.name, request.left, terminal);
      try {
        return await spec.run(request.right, terminal);
      } catch (error) {
        const text = failureText(error);
        if (text === undefined) throw error;
        await terminal.err.write(`ferrous ${manual.name}: ${text}\n`);
        return EXIT_FAILED;
      }
    },
  };
};

/** For commands without operands. */
export const noOperands = (operands: readonly string[]): E.Either<string, void> =>
  operands.length === 0 ? E.right(undefined) : E.left(`unexpected argument ${JSON.stringify(operands[0])}`);
