/**
 * The queue of a transaction: the commands a client has sent since its MULTI.
 *
 * In:  commands that have passed the gate. Out: the same, in order, for EXEC.
 * Memory: a copy of each request, counted in `bytes`; it lives until EXEC, DISCARD, RESET or the end of the connection.
 *
 * @since 0.2.0
 */
import type { CommandView } from '../resp/view.ts';
import { Bit, type Command } from './table.ts';

/** What a copied request takes beside its bytes and its arguments. */
const VIEW_BYTES = 192;
const ARGUMENT_BYTES = 8;

/** Flags that a transaction has only when all of its commands have them. */
const SHARED_BITS = Bit.Stale | Bit.Loading;
/** Flags that a transaction has when one of its commands has them. */
const SPREADING_BITS = Bit.Write | Bit.DenyOom;

export class CommandQueue {
  readonly commands: Command[] = [];
  readonly views: CommandView[] = [];
  /** Memory of all requests. */
  bytes = 0;
  /** A command was refused, so EXEC will refuse all. */
  isAborted = false;
  private spreading = 0;
  private lacking = 0;

  push(command: Command, view: CommandView): void {
    const copy = view.detach();
    this.commands.push(command);
    this.views.push(copy);
    this.bytes += copy.end + copy.argc * ARGUMENT_BYTES + VIEW_BYTES;
    this.spreading |= command.bits & SPREADING_BITS;
    this.lacking |= ~command.bits & SHARED_BITS;
  }

  /** What the gate has to look at before EXEC, whose own bits are given: it is all that its commands are. */
  bitsOfExec(bits: number): number {
    return (bits | this.spreading) & ~this.lacking;
  }
}
