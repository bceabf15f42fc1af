/**
 * When the outbox is flushed.
 *
 * With many clients: once per turn of the event loop, so that a client is not woken for each reply of the others. With
 * one client that waits for each reply there is nothing to gather, and the way through the end of the turn is a good part
 * of its waiting; then the flush comes at the end of its chunk. Which of both it is shows in how many chunks a turn has:
 * after some turns with one chunk each the flush is direct, and every so often one turn is gathered to see whether that
 * is still right.
 *
 * @since 0.1.0
 */

/** Turns of a single chunk that make the flush direct. */
const LONELY_TURNS = 16;
/** Direct flushes between two looks at a whole turn. */
const DIRECT_FLUSHES_MAX = 16;

export class FlushPolicy {
  private readonly flush: () => void;
  private readonly atTurnEnd: (run: () => void) => void;
  private chunks = 0;
  private lonelyTurns = 0;
  private directFlushes = 0;
  private inChunk = false;
  private wanted = false;
  private scheduled = false;

  constructor(flush: () => void, atTurnEnd: (run: () => void) => void) {
    this.flush = flush;
    this.atTurnEnd = atTurnEnd;
  }

  /** Something was written. */
  request(): void {
    this.wanted = true;
    const direct = this.inChunk && this.lonelyTurns >= LONELY_TURNS && this.directFlushes < DIRECT_FLUSHES_MAX;
    if (!direct) this.schedule();
  }

  chunkBegins(): void {
    this.inChunk = true;
    this.chunks++;
  }

  chunkEnds(): void {
    this.inChunk = false;
    if (!this.wanted || this.scheduled) return;
    this.directFlushes++;
    this.run();
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    this.atTurnEnd(this.turnEnds);
  }

  private readonly turnEnds = (): void => {
    this.scheduled = false;
    this.directFlushes = 0;
    this.lonelyTurns = this.chunks > 1 ? 0 : Math.min(this.lonelyTurns + 1, LONELY_TURNS);
    this.run();
  };

  private run(): void {
    this.wanted = false;
    this.chunks = 0;
    this.flush();
  }
}
