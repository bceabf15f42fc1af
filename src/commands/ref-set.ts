/**
 * A set of refs: which elements a command has met already.
 *
 * In:     refs, never 0. Out: whether one is new.
 * Memory: one table, reused from command to command; a large one is given up.
 *
 * @since 0.2.0
 */

const SLOTS_MIN = 64;
const KEPT_SLOTS_MAX = 64 * 1024;
/** Spreads refs, which are often a few units apart: 2^32 divided by the golden ratio. */
const SPREAD = 0x9e3779b1;

export class RefSet {
  private slots = new Int32Array(SLOTS_MIN);
  private shift = 26;

  /** Empties the set and makes room for up to `count` refs. */
  clear(count: number): void {
    let bits = 6;
    while (2 ** bits < count * 2) bits++;
    const wanted = 2 ** bits;
    if (wanted > this.slots.length || this.slots.length > KEPT_SLOTS_MAX) this.slots = new Int32Array(wanted);
    else this.slots.fill(0, 0, wanted);
    this.shift = 32 - bits;
  }

  /** Adds a ref; false when it is there already. */
  add(ref: number): boolean {
    const { slots } = this;
    const mask = 2 ** (32 - this.shift) - 1;
    let at = Math.imul(ref, SPREAD) >>> this.shift;
    while (slots[at] !== 0) {
      if (slots[at] === ref) return false;
      at = (at + 1) & mask;
    }
    slots[at] = ref;
    return true;
  }
}
