/**
 * The little RESP that load generators need: encoding, counting replies, a pipelined loader.
 *
 * In:  a port and a function that fills a batch of commands.
 * Out: throughput; the load itself.
 * Memory: one batch buffer per loader, filled in place.
 */
import { connect } from 'node:net';

/** One command as a client sends it. */
export const encode = (...args) => {
  const parts = [Buffer.from(`*${args.length}\r\n`)];
  for (const arg of args) {
    const bytes = Buffer.isBuffer(arg) ? arg : Buffer.from(String(arg), 'latin1');
    parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n'));
  }
  return Buffer.concat(parts);
};

export const openSocket = (port, host = '127.0.0.1') =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host, noDelay: true });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });

/** A reply of one line, or of a line and a bulk, as text: enough for PING, INFO, DBSIZE, GET, CONFIG SET. */
const takeReply = (bytes) => {
  const end = bytes.indexOf('\r\n');
  if (end === -1) return undefined;
  const line = bytes.toString('latin1', 0, end);
  if (line[0] !== '$' || line === '$-1')
    return { text: line === '$-1' ? null : line.slice(1), mark: line[0], used: end + 2 };
  const length = Number(line.slice(1));
  if (bytes.length < end + 2 + length + 2) return undefined;
  return { text: bytes.toString('latin1', end + 2, end + 2 + length), mark: '$', used: end + 4 + length };
};

/** A connection for single questions. `ask` throws when the reply is an error. */
export const openClient = async (port) => {
  const socket = await openSocket(port);
  const waiting = [];
  let rest = Buffer.alloc(0);
  const fail = (error) => {
    for (const { reject } of waiting.splice(0)) reject(error);
  };
  socket.on('data', (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let reply = takeReply(rest); reply !== undefined && waiting.length > 0; reply = takeReply(rest)) {
      rest = rest.subarray(reply.used);
      const { resolve, reject } = waiting.shift();
      if (reply.mark === '-') reject(new Error(reply.text));
      else resolve(reply.text);
    }
  });
  socket.on('error', fail);
  socket.on('close', () => fail(new Error(`the server on port ${port} closed the connection`)));
  return {
    ask: (...args) =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        socket.write(encode(...args));
      }),
    close: () => socket.destroy(),
  };
};

/** `key:000000000042`: 16 bytes, written in place at `offset`. */
export const writeKeyDigits = (buffer, offset, number) => {
  let rest = number;
  for (let at = offset + 11; at >= offset; at--) {
    buffer[at] = 48 + (rest % 10);
    rest = Math.floor(rest / 10);
  }
};

export const keyOf = (number) => `key:${String(number).padStart(12, '0')}`;
/** The value of a key: its number in digits, then filling, so that a read can be checked. */
export const valueFor = (number, bytes) => String(number).padStart(12, '0').padEnd(bytes, 'v').slice(0, bytes);

/** A SET as a template whose digits are replaced in place: no allocation per command. */
const setTemplate = (valueBytes) => {
  const bytes = encode('SET', keyOf(0), valueFor(0, valueBytes));
  const keyAt = bytes.indexOf('key:') + 4;
  return { bytes, keyAt, valueAt: bytes.indexOf('\r\n', keyAt + 14) + 2, digits: Math.min(12, valueBytes) };
};

const BATCH = 200;
const IN_FLIGHT_MAX = 10;

/**
 * Sends `count` SETs, pipelined: batches of 200, at most ten of them unanswered. `keyNumber(i)` names the i-th key.
 * With `perSecond` it keeps that rate; `signal` (an AbortSignal) ends it early. `onProgress(done)` after every batch.
 */
export const loadSets = async (
  port,
  { count, valueBytes = 32, keyNumber = (i) => i, perSecond = 0, signal, onProgress },
) => {
  const socket = await openSocket(port);
  const { bytes: template, keyAt, valueAt, digits } = setTemplate(valueBytes);
  // A paced load comes every millisecond, in small batches, as from many clients; not in bursts.
  const batchSize = perSecond > 0 ? Math.min(BATCH, Math.ceil(perSecond / 1000)) : BATCH;
  const startedAt = performance.now();
  let sent = 0;
  let answered = 0;

  const makeBatch = (size) => {
    const batch = Buffer.allocUnsafe(size * template.length);
    for (let i = 0; i < size; i++) {
      const at = i * template.length;
      template.copy(batch, at);
      const number = keyNumber(sent + i);
      writeKeyDigits(batch, at + keyAt, number);
      if (digits === 12) writeKeyDigits(batch, at + valueAt, number);
    }
    return batch;
  };

  await new Promise((resolve, reject) => {
    let timer;
    const finish = () => {
      clearInterval(timer);
      resolve();
    };
    const isOver = () => sent >= count || signal?.aborted === true;
    const allowed = () =>
      perSecond > 0 ? ((performance.now() - startedAt) / 1000) * perSecond : Number.POSITIVE_INFINITY;
    const pump = () => {
      while (!isOver() && sent - answered <= batchSize * (IN_FLIGHT_MAX - 1)) {
        const size = Math.min(batchSize, count - sent);
        if (sent + size > allowed()) break;
        const batch = makeBatch(size);
        sent += size;
        socket.write(batch);
      }
      if (isOver() && answered >= sent) finish();
    };
    socket.on('data', (chunk) => {
      if (chunk[0] === 45) return reject(new Error(`SET failed: ${chunk.toString('latin1', 0, 200)}`));
      for (const byte of chunk) if (byte === 10) answered++;
      onProgress?.(answered);
      pump();
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the server closed the connection of the load')));
    if (perSecond > 0) timer = setInterval(pump, 1);
    signal?.addEventListener('abort', pump);
    pump();
  });
  socket.removeAllListeners('close');
  socket.destroy();
  const seconds = (performance.now() - startedAt) / 1000;
  return { sent, seconds, perSecond: sent / seconds };
};

/** A command as bytes; arguments are texts in latin1. */
export const request = (...args) => {
  let text = `*${args.length}\r\n`;
  for (const arg of args) text += `$${String(arg).length}\r\n${arg}\r\n`;
  return text;
};

/**
 * Sends `count` commands, pipelined: `command(i)` gives the i-th in the form of `request`. Replies are counted by their
 * lines, `linesPerReply` each. Throws when one is an error.
 */
export const loadCommands = async (port, count, command, linesPerReply = 1) => {
  const socket = await openSocket(port);
  let sent = 0;
  let lines = 0;
  const startedAt = performance.now();
  await new Promise((resolve, reject) => {
    const pump = () => {
      const answered = Math.floor(lines / linesPerReply);
      while (sent < count && sent - answered <= BATCH * (IN_FLIGHT_MAX - 1)) {
        let batch = '';
        for (const end = Math.min(sent + BATCH, count); sent < end; sent++) batch += command(sent);
        socket.write(batch, 'latin1');
      }
      if (answered >= count) resolve();
    };
    socket.on('data', (chunk) => {
      if (chunk[0] === 45) return reject(new Error(`the load failed: ${chunk.toString('latin1', 0, 200)}`));
      for (const byte of chunk) if (byte === 10) lines++;
      pump();
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the server closed the connection of the load')));
    pump();
  });
  socket.removeAllListeners('close');
  socket.destroy();
  const seconds = (performance.now() - startedAt) / 1000;
  return { seconds, perSecond: count / seconds };
};
