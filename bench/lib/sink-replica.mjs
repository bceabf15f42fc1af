/**
 * A replica that keeps nothing: it takes the snapshot, reads the stream of writes, acknowledges it every second, and
 * throws it all away. In a process of its own; what it costs the master is all it costs, almost.
 *
 * In:  the master's port as the only argument; end of stdin ends it.
 * Out: `online` on stdout when the snapshot is over.
 */
import process from 'node:process';
import { encode, openSocket } from './resp.mjs';

const socket = await openSocket(Number(process.argv[2]));
const HANDSHAKE = [
  ['PING'],
  ['REPLCONF', 'listening-port', '1'],
  ['REPLCONF', 'capa', 'eof', 'capa', 'psync2'],
  ['PSYNC', '?', '-1'],
];
let step = 0;
let state = 'handshake';
let rest = Buffer.alloc(0);
let remaining = 0;
let mark;
let offset = 0;

const goOnline = (streamed) => {
  state = 'online';
  offset += streamed;
  process.stdout.write('online\n');
  setInterval(() => socket.write(encode('REPLCONF', 'ACK', String(offset))), 1000);
  socket.write(encode('REPLCONF', 'ACK', String(offset)));
};

/** The line at the head of `rest`, or undefined; empty lines are keep-alives. */
const takeLine = () => {
  for (;;) {
    const end = rest.indexOf(10);
    if (end === -1) return undefined;
    const line = rest.toString('latin1', 0, end).trimEnd();
    rest = rest.subarray(end + 1);
    if (line !== '') return line;
  }
};

const takeHeaders = () => {
  for (let line = takeLine(); line !== undefined; line = takeLine()) {
    if (line.startsWith('-')) throw new Error(`the master refused: ${line}`);
    if (state === 'handshake' && line.startsWith('+FULLRESYNC')) {
      offset = Number(line.split(' ')[2]);
      state = 'header';
    } else if (state === 'handshake') {
      socket.write(encode(...HANDSHAKE[++step]));
    } else {
      mark = line.startsWith('$EOF:') ? Buffer.from(line.slice(5), 'latin1') : undefined;
      remaining = mark === undefined ? Number(line.slice(1)) : 0;
      state = 'snapshot';
      return;
    }
  }
};

const takeSnapshot = () => {
  if (mark === undefined) {
    const taken = Math.min(remaining, rest.length);
    remaining -= taken;
    rest = rest.subarray(taken);
    if (remaining > 0) return;
  } else {
    const end = rest.indexOf(mark);
    if (end === -1) {
      rest = rest.subarray(Math.max(0, rest.length - mark.length + 1)); // the mark may be cut in two
      return;
    }
    rest = rest.subarray(end + mark.length);
  }
  goOnline(rest.length);
};

socket.on('data', (chunk) => {
  if (state === 'online') {
    offset += chunk.length;
    return;
  }
  rest = Buffer.concat([rest, chunk]);
  if (state !== 'snapshot') takeHeaders();
  if (state === 'snapshot') takeSnapshot();
});
socket.on('close', () => process.exit(1));
process.stdin.on('end', () => process.exit(0)).resume();
socket.write(encode(...HANDSHAKE[0]));
