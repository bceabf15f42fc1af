/**
 * Where the chunks of a snapshot go, other than to a file: a peer, or memory.
 *
 * In:     chunks from a snapshot, which belong to the sink from then on.
 * Out:    the bytes, and `drain$` when there is room again.
 * Memory: a sink that says it is full holds what was written to it before, and no more than one chunk on top.
 *
 * @since 0.1.0
 */
import { open } from 'node:fs/promises';
import { defer, EMPTY, NEVER, Observable, Subject } from 'rxjs';
import type { Peer } from '../net/peer.ts';
import { CHUNK_BYTES } from './rdb/output.ts';
import type { SnapshotSink } from './snapshot.ts';

/** A peer with more unsent bytes than this is full. */
const PEER_BYTES_MAX = 1024 * 1024;
/** Bytes of the mark that ends a transfer of unknown length. */
export const EOF_MARK_BYTES = 40;

/** A sink for one peer. It takes the peer's `onDrain` over until the snapshot is done. */
export interface PeerSink extends SnapshotSink {
  /** Ends the snapshot with an error, because the connection broke. */
  fail(error: unknown): void;
}

/** Sends the bytes as they are; `tail` behind the last of them. */
export const peerSink = (peer: Peer, tail?: Uint8Array): PeerSink => {
  const drain$ = new Subject<void>();
  peer.onDrain = () => drain$.next();
  const send = (bytes: Uint8Array): boolean => {
    peer.write(bytes, 0, bytes.length);
    return peer.pendingBytes < PEER_BYTES_MAX;
  };
  const finish$ = defer(() => {
    if (tail !== undefined) send(tail);
    return EMPTY;
  });
  return { write: send, drain$, finish$, fail: (error) => drain$.error(error) };
};

/** A full resync to a replica that knows `capa eof`: `$EOF:<mark>`, the snapshot, the mark again. */
export const eofMarkedSink = (peer: Peer, mark: string): PeerSink => {
  if (mark.length !== EOF_MARK_BYTES) throw new Error('sinks: an EOF mark has 40 characters');
  const head = Buffer.from(`$EOF:${mark}\r\n`, 'latin1');
  peer.write(head, 0, head.length);
  return peerSink(peer, Buffer.from(mark, 'latin1'));
};

/** Keeps everything in memory. */
export interface MemorySink extends SnapshotSink {
  /** All bytes so far, as one range. */
  bytes(): Uint8Array;
}

export const memorySink = (): MemorySink => {
  const chunks: Uint8Array[] = [];
  return {
    write: (chunk) => {
      chunks.push(chunk);
      return true;
    },
    drain$: NEVER,
    bytes: () => Buffer.concat(chunks),
  };
};

/**
 * Sends a finished RDB file, its length first, at the peer's pace: a full resync to a replica that does not know
 * `capa eof`. Emits the bytes sent so far, and completes when all are handed over.
 */
export const sendFile = (peer: Peer, path: string): Observable<number> =>
  new Observable((subscriber) => {
    let stopped = false;
    let drained = (): void => {};
    peer.onDrain = () => drained();
    const run = async (): Promise<void> => {
      const file = await open(path, 'r');
      try {
        const { size } = await file.stat();
        const head = Buffer.from(`$${size}\r\n`, 'latin1');
        peer.write(head, 0, head.length);
        let sent = 0;
        while (!stopped && sent < size) {
          // A fresh buffer each time: the peer may need the last one until it drains.
          const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
          const { bytesRead } = await file.read(chunk, 0, Math.min(CHUNK_BYTES, size - sent), sent);
          if (stopped) return;
          if (bytesRead === 0) throw new Error(`${path} became shorter while it was sent`);
          peer.write(chunk, 0, bytesRead);
          sent += bytesRead;
          subscriber.next(sent);
          if (peer.pendingBytes >= PEER_BYTES_MAX) {
            await new Promise<void>((resolve) => {
              drained = resolve;
            });
          }
        }
      } finally {
        await file.close();
      }
    };
    run().then(
      () => subscriber.complete(),
      (error: unknown) => subscriber.error(error),
    );
    return () => {
      stopped = true;
      drained();
    };
  });
