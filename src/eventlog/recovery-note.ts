/**
 * The note of a recovery: what is to be done, written before it is done, so that a crash in between does no harm.
 *
 * In:  `appendonly.aof.recovered` in the folder of a log. Out: the note; undefined where there is none.
 *
 * @since 0.3.0
 */
import * as E from 'fp-ts/Either';
import * as t from 'io-ts';
import { attempt, type LogFileError, type LogFolder } from './files.ts';

const File = t.type({ name: t.string, seq: t.number });

const Note = t.intersection([
  t.type({
    /** The moment as a text. */
    moment: t.string,
    /** All of it is done. */
    isDone: t.boolean,
    /** The folder that keeps what came later. */
    aside: t.string,
    /** Files that go there. */
    later: t.array(t.string),
    /** What makes the state from now on. */
    incrs: t.array(File),
    /** The last file, and how many of its bytes are left. */
    last: t.type({ name: t.string, bytes: t.number }),
    /** Where the log ends. */
    offset: t.number,
    timeUs: t.number,
  }),
  t.partial({ base: File }),
]);

export type RecoveryNote = t.TypeOf<typeof Note>;

const nameOf = (folder: LogFolder): string => `${folder.prefix}.recovered`;

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

export const readNote = (folder: LogFolder): RecoveryNote | undefined => {
  const path = folder.file(nameOf(folder));
  const text = attempt('read', path, () => folder.files.readText(path));
  const note = E.isRight(text) && text.right !== undefined ? Note.decode(parse(text.right)) : undefined;
  return note !== undefined && E.isRight(note) ? note.right : undefined;
};

export const writeNote = (folder: LogFolder, note: RecoveryNote): E.Either<LogFileError, void> => {
  const { files } = folder;
  const path = folder.file(nameOf(folder));
  const temporary = folder.file(`temp-${nameOf(folder)}`);
  return attempt('write', path, () => {
    const bytes = new Uint8Array(Buffer.from(`${JSON.stringify(note)}\n`));
    const fd = files.create(temporary);
    try {
      for (let at = 0; at < bytes.length; ) at += files.write(fd, bytes, at, bytes.length, at);
      files.sync(fd);
    } finally {
      files.close(fd);
    }
    files.rename(temporary, path);
    files.syncFolder(folder.path);
  });
};
