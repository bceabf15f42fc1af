/**
 * The arena: off-heap memory for keys, values, tables and indexes.
 *
 * In:  sizes in bytes. Out: refs, int32 numbers that name a block in units of 16 bytes (so 64 GiB are reachable).
 * The arena owns every byte; whoever holds a ref frees it once. Ref 0 is "none" and never handed out.
 *
 * Memory is a list of pages of 1 MiB. A page is cut into 16 slabs of 64 KiB; a run of slabs (a span) serves blocks of
 * one size class. Each span has its own free list, so a span that empties goes back to its page; a page that empties is
 * used again, or goes back to the system with `trim`. A block above 512 KiB is a page of its own, as long as it needs.
 *
 *   ref  = page << 16 | unit          unit = 16 bytes; byte offset in the page = unit << 4; word offset = unit << 2
 *   slab = ref >>> 12
 *
 * Hot readers use the pages directly: `arena.bytes[ref >>> 16]`, `arena.words[ref >>> 16]`, `arena.doubles[ref >>> 16]`.
 * These arrays change only inside `allocate` and `free`.
 *
 * @since 0.1.0
 */

const UNIT_BYTES = 16;
const PAGE_BYTES = 1 << 20;
const SLABS_PER_PAGE = 16;
const UNITS_PER_SLAB = 4096;
const ALL_FREE = 0xffff;
/** Blocks above this size get a page of their own. */
const SPAN_BLOCK_BYTES_MAX = 512 * 1024;
/** Classes of one unit more each, up to 512 bytes. */
const LINEAR_CLASSES = 32;
/** Then eight classes per doubling, up to 512 KiB. */
const CLASS_COUNT = LINEAR_CLASSES + 1 + 80;
const HUGE_CLASS = CLASS_COUNT;
const PAGE_COUNT_MAX = 65536;
/** So many empty pages are kept whatever happens. */
const SPARE_PAGES_MAX = 4;

const NO_BYTES = new Uint8Array(0);
const NO_WORDS = new Int32Array(0);
const NO_DOUBLES = new Float64Array(0);

/** The class whose blocks are the smallest that hold `units` units (1 ≤ units ≤ 32768). */
const classOf = (units: number): number => {
  if (units <= LINEAR_CLASSES) return units;
  const exponent = 31 - Math.clz32(units - 1);
  const eighth = ((units - 1) >>> (exponent - 3)) - 8;
  return LINEAR_CLASSES + 1 + (exponent - 5) * 8 + eighth;
};

const unitsOfClass = (sizeClass: number): number => {
  if (sizeClass <= LINEAR_CLASSES) return sizeClass;
  const step = sizeClass - LINEAR_CLASSES - 1;
  return (9 + (step & 7)) << ((step >>> 3) + 2);
};

/** The shortest run of slabs that wastes under 1/16 of itself on blocks of this size, else the least wasteful. */
const slabsPerSpan = (units: number): number => {
  let best = 1;
  let bestWaste = 1;
  for (let slabs = 1; slabs <= SLABS_PER_PAGE; slabs++) {
    const total = slabs * UNITS_PER_SLAB;
    if (total < units) continue;
    const waste = (total % units) / total;
    if (waste < 1 / 16) return slabs;
    if (waste < bestWaste) {
      best = slabs;
      bestWaste = waste;
    }
  }
  return best;
};

/** LONGEST_RUN[mask] = the longest run of one bits in a 16-bit mask of free slabs. */
const LONGEST_RUN = (() => {
  const table = new Uint8Array(65536);
  for (let mask = 1; mask < 65536; mask++) {
    let run = 0;
    for (let rest = mask; rest !== 0; rest &= rest << 1) run++;
    table[mask] = run;
  }
  return table;
})();

const grown = (old: Int32Array, length: number): Int32Array<ArrayBuffer> => {
  const next = new Int32Array(length);
  next.set(old);
  return next;
};

export class ArenaFullError extends Error {
  constructor() {
    super('out of memory: the arena holds 65536 pages');
  }
}

export class Arena {
  /** Page number → its bytes. Page 0 is never used. */
  readonly bytes: Uint8Array[] = [NO_BYTES];
  /** Page number → the same memory as int32 words. */
  readonly words: Int32Array[] = [NO_WORDS];
  /** Page number → the same memory as float64. */
  readonly doubles: Float64Array[] = [NO_DOUBLES];
  /** Bytes in blocks that are handed out, rounded up to their size class. */
  usedBytes = 0;
  /** Bytes in pages that are held. */
  heldBytes = 0;
  peakBytes = 0;

  private readonly classUnits = new Int32Array(CLASS_COUNT);
  private readonly classSlabs = new Int32Array(CLASS_COUNT);
  private readonly classBlocks = new Int32Array(CLASS_COUNT);
  /** Size class → first span with a free block, as slab number; 0 = none. */
  private readonly partial = new Int32Array(CLASS_COUNT);

  // Per slab. All but `spanOf` are meaningful in the first slab of a span only.
  private spanOf = new Int32Array(1024);
  private spanClass = new Int32Array(1024);
  private freeBlock = new Int32Array(1024);
  private fresh = new Int32Array(1024);
  private used = new Int32Array(1024);
  private nextSpan = new Int32Array(1024);
  private previousSpan = new Int32Array(1024);

  // Per page: which slabs are free, and the list of pages with the same longest run.
  private freeSlabs = new Int32Array(64);
  private nextPage = new Int32Array(64);
  private previousPage = new Int32Array(64);
  private readonly pagesByRun = new Int32Array(SLABS_PER_PAGE + 1);
  private readonly vacantPages: number[] = [];
  private emptyPages = 0;

  constructor() {
    for (let sizeClass = 1; sizeClass < CLASS_COUNT; sizeClass++) {
      const units = unitsOfClass(sizeClass);
      const slabs = slabsPerSpan(units);
      this.classUnits[sizeClass] = units;
      this.classSlabs[sizeClass] = slabs;
      this.classBlocks[sizeClass] = Math.floor((slabs * UNITS_PER_SLAB) / units);
    }
  }

  /** Hands out a block of at least `bytes` bytes (not zeroed) and returns its ref. */
  allocate(bytes: number): number {
    if (bytes > SPAN_BLOCK_BYTES_MAX) return this.allocateHuge(bytes);
    const sizeClass = classOf((bytes + (UNIT_BYTES - 1)) >>> 4);
    let span = this.partial[sizeClass];
    if (span === 0) span = this.openSpan(sizeClass);

    let ref = this.freeBlock[span];
    if (ref !== 0) {
      this.freeBlock[span] = this.words[ref >>> 16][(ref & 0xffff) << 2];
    } else {
      ref = (span << 12) + this.fresh[span] * this.classUnits[sizeClass];
      ref |= 0;
      this.fresh[span]++;
    }
    if (++this.used[span] === this.classBlocks[sizeClass]) this.unlinkSpan(span, sizeClass);
    this.usedBytes += this.classUnits[sizeClass] << 4;
    if (this.usedBytes > this.peakBytes) this.peakBytes = this.usedBytes;
    return ref;
  }

  /** Takes a block back. */
  free(ref: number): void {
    const span = this.spanOf[ref >>> 12];
    const sizeClass = this.spanClass[span];
    if (sizeClass === HUGE_CLASS) {
      this.freeHuge(ref);
      return;
    }
    this.words[ref >>> 16][(ref & 0xffff) << 2] = this.freeBlock[span];
    this.freeBlock[span] = ref;
    this.usedBytes -= this.classUnits[sizeClass] << 4;
    const left = --this.used[span];
    if (left + 1 === this.classBlocks[sizeClass]) this.linkSpan(span, sizeClass);
    // Not even the last span of a class stays open: it would hold a page for its class when all else is gone.
    if (left === 0) this.closeSpan(span, sizeClass);
  }

  /** How many bytes the block at `ref` really holds. */
  capacity(ref: number): number {
    const sizeClass = this.spanClass[this.spanOf[ref >>> 12]];
    return sizeClass === HUGE_CLASS ? this.bytes[ref >>> 16].length : this.classUnits[sizeClass] << 4;
  }

  /** The capacity a block of `bytes` bytes would have. */
  static capacityFor(bytes: number): number {
    if (bytes > SPAN_BLOCK_BYTES_MAX) return Math.ceil(bytes / 4096) * 4096;
    return unitsOfClass(classOf((bytes + (UNIT_BYTES - 1)) >>> 4)) << 4;
  }

  /** Bytes in pages that hold nothing. */
  get emptyBytes(): number {
    return this.emptyPages * PAGE_BYTES;
  }

  /**
   * Lets the empty pages go, but for a few. V8 knows nothing of their size and may keep them for long: whoever calls this has
   * garbage collected afterwards.
   */
  trim(): void {
    while (this.emptyPages > SPARE_PAGES_MAX) {
      const page = this.pagesByRun[SLABS_PER_PAGE];
      this.unlinkPage(page);
      this.emptyPages--;
      this.releasePage(page);
    }
  }

  private allocateHuge(bytes: number): number {
    const length = Math.ceil(bytes / 4096) * 4096;
    const page = this.openPage(length);
    const slab = page << 4;
    this.spanOf[slab] = slab;
    this.spanClass[slab] = HUGE_CLASS;
    this.usedBytes += length;
    if (this.usedBytes > this.peakBytes) this.peakBytes = this.usedBytes;
    return (page << 16) | 0;
  }

  private freeHuge(ref: number): void {
    this.usedBytes -= this.bytes[ref >>> 16].length;
    this.releasePage(ref >>> 16);
  }

  private openSpan(sizeClass: number): number {
    const slabs = this.classSlabs[sizeClass];
    let run = slabs;
    while (run <= SLABS_PER_PAGE && this.pagesByRun[run] === 0) run++;
    let page: number;
    if (run <= SLABS_PER_PAGE) {
      page = this.pagesByRun[run];
    } else {
      page = this.openPage(PAGE_BYTES);
      this.freeSlabs[page] = ALL_FREE;
      this.linkPage(page);
      this.emptyPages++;
    }

    const wanted = (1 << slabs) - 1;
    const mask = this.freeSlabs[page];
    let at = 0;
    while (((mask >>> at) & wanted) !== wanted) at++;
    if (mask === ALL_FREE) this.emptyPages--;
    this.unlinkPage(page);
    this.freeSlabs[page] = mask & ~(wanted << at);
    this.linkPage(page);

    const span = (page << 4) + at;
    for (let i = 0; i < slabs; i++) this.spanOf[span + i] = span;
    this.spanClass[span] = sizeClass;
    this.freeBlock[span] = 0;
    this.fresh[span] = 0;
    this.used[span] = 0;
    this.linkSpan(span, sizeClass);
    return span;
  }

  private closeSpan(span: number, sizeClass: number): void {
    this.unlinkSpan(span, sizeClass);
    const page = span >>> 4;
    this.unlinkPage(page);
    this.freeSlabs[page] |= ((1 << this.classSlabs[sizeClass]) - 1) << (span & 15);
    if (this.freeSlabs[page] === ALL_FREE) this.emptyPages++;
    this.linkPage(page);
  }

  private linkSpan(span: number, sizeClass: number): void {
    const first = this.partial[sizeClass];
    this.nextSpan[span] = first;
    this.previousSpan[span] = 0;
    if (first !== 0) this.previousSpan[first] = span;
    this.partial[sizeClass] = span;
  }

  private unlinkSpan(span: number, sizeClass: number): void {
    const next = this.nextSpan[span];
    const previous = this.previousSpan[span];
    if (next !== 0) this.previousSpan[next] = previous;
    if (previous !== 0) this.nextSpan[previous] = next;
    else this.partial[sizeClass] = next;
  }

  private linkPage(page: number): void {
    const run = LONGEST_RUN[this.freeSlabs[page]];
    const first = this.pagesByRun[run];
    this.nextPage[page] = first;
    this.previousPage[page] = 0;
    if (first !== 0) this.previousPage[first] = page;
    this.pagesByRun[run] = page;
  }

  private unlinkPage(page: number): void {
    const next = this.nextPage[page];
    const previous = this.previousPage[page];
    if (next !== 0) this.previousPage[next] = previous;
    if (previous !== 0) this.nextPage[previous] = next;
    else this.pagesByRun[LONGEST_RUN[this.freeSlabs[page]]] = next;
  }

  private openPage(length: number): number {
    const page = this.vacantPages.pop() ?? this.bytes.length;
    if (page >= PAGE_COUNT_MAX) throw new ArenaFullError();
    // V8 counts an ArrayBuffer as pressure on its heap and collects garbage every 64 MiB of them, a pause of several
    // milliseconds each; it does not count a SharedArrayBuffer. Blocks of their own page come and go with single values,
    // so those stay ordinary and V8's business.
    const buffer = length === PAGE_BYTES ? new SharedArrayBuffer(length) : new ArrayBuffer(length);
    this.bytes[page] = new Uint8Array(buffer);
    this.words[page] = new Int32Array(buffer);
    this.doubles[page] = new Float64Array(buffer);
    this.heldBytes += length;
    if (page >= this.freeSlabs.length) {
      this.freeSlabs = grown(this.freeSlabs, page * 2);
      this.nextPage = grown(this.nextPage, page * 2);
      this.previousPage = grown(this.previousPage, page * 2);
      const slabs = page * 2 * SLABS_PER_PAGE;
      this.spanOf = grown(this.spanOf, slabs);
      this.spanClass = grown(this.spanClass, slabs);
      this.freeBlock = grown(this.freeBlock, slabs);
      this.fresh = grown(this.fresh, slabs);
      this.used = grown(this.used, slabs);
      this.nextSpan = grown(this.nextSpan, slabs);
      this.previousSpan = grown(this.previousSpan, slabs);
    }
    return page;
  }

  private releasePage(page: number): void {
    const { length } = this.bytes[page];
    this.heldBytes -= length;
    this.bytes[page] = NO_BYTES;
    this.words[page] = NO_WORDS;
    this.doubles[page] = NO_DOUBLES;
    this.vacantPages.push(page);
  }
}
