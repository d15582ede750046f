// The future: a radix ladder. Buckets by the highest 8-bit digit in which a tick differs from the current position, opened
// in order; a bucket of few events is sorted into the current run, a larger one is dealt out one level down. Entries keep
// the order in which they were scheduled, so simultaneous events leave in that order without a stored sequence number.
// A slot carries a stamp that changes whenever it is armed, cancelled or fires (odd while it is pending); an entry is alive
// while it has the slot's stamp, so a cancelled or re-armed one stays where it is and is recognised as dead when it is met.
//
// This file decides how fast everything else is (npm run bench), and what it waits for is memory. Hence: a slot is a record
// [tick or argument, stamp, kind] and an event an entry [tick, slot, stamp], each 16 bytes in one cache line, seen as floats
// (the first half is float 2 i) and as words (4 i + 2 and 4 i + 3; written with shifts, which cannot overflow). Stamps stay
// below 2^30, so the second half of an entry, read as a float, is an ordinary number and is copied as one. Fields are plain
// and keep the representation they begin with, and the hot loops are written out.

const levels = 7; // 8-bit digits: ticks below 2^53
const chunkBits = 5;
const chunkSize = 1 << chunkBits; // the bits of a word: see deadIn
// Sizes by measurement: W1 at 10^3, 10^5 and 10^6 and W2 of npm run bench.
/** A bucket of up to this many events becomes the run. */
const sortLimit = 2_048;
/** A bucket of up to this many events becomes the run even where runs proved too wide. */
const sortAlways = 64;
/** From this many events on a bucket is dealt out by its next bits before it is sorted. */
const dealFrom = 16;
/** A run proves too wide when insertion has moved this many entries for each that it began with. */
const movesPerEntry = 8;
/** Where a run proved too wide, this many buckets are dealt down before one is made the run again. */
const dealsBeforeRetry = 16;
/** While no dead entries are met, only one chunk in this many is searched for them. */
const chunksPerLook = 8;
const maxTick = Number.MAX_SAFE_INTEGER;
const handleSlots = 2 ** 27;
const handleStamps = 2 ** 26 - 1;
const stamps = 2 ** 30 - 1;
const high32 = 2 ** -32;
const widths = Float64Array.from({ length: levels }, (_, level) => 256 ** level);

export interface EventQueueOptions {
  /** Slots 0 … staticSlots − 1 are known timers, each with at most one pending event. */
  readonly staticSlots: number;
  /** First guess of the number of simultaneous dynamic events; the queue grows. */
  readonly dynamicSlots?: number;
}

export class EventQueue {
  /** Tick of the latest event that left. */
  nowTick = NaN; // begins as a float; the constructor sets it to 0
  /** Events that have left. */
  popped = 0;
  readonly staticSlots: number = 0;

  /** Records by slot. The value of a timer is the tick of its latest `schedule`, that of a dynamic slot its argument. */
  private recordValue = new Float64Array(0);
  private recordWord = new Int32Array(0);
  /** Dynamic slots to be used again; the latest first. */
  private free = new Int32Array(0);
  private freeCount = 0;
  private slots = 0;
  private capacity = 0;
  private armed = 0;
  private cancelled = 0;

  private positionHigh = 0;
  private positionLow = 0;
  /** Ticks below this go into the run. */
  private runEnd = NaN; // as nowTick
  private runTick = new Float64Array(0);
  private runWord = new Int32Array(0);
  private runCapacity = 0;
  private runHead = 0;
  private runTail = 0;
  private runLevel = 0;
  private movesLeft = 0;
  /** By level: buckets to be dealt down before one is made the run again. */
  private readonly dealsLeft = new Int32Array(levels);

  private chunkTick = new Float64Array(0);
  private chunkWord = new Int32Array(0);
  private chunkNext = new Int32Array(0);
  private chunks = 0;
  private freeChunk = -1;
  private readonly firstChunk = new Int32Array(levels * 256);
  private readonly chunkCount = new Int32Array(levels * 256);
  /** By bucket: where the next entry goes; a multiple of the chunk size asks for a new chunk. */
  private readonly tail = new Int32Array(levels * 256);
  private readonly occupied = new Int32Array(levels * 8);
  private readonly occupiedWords = new Int32Array(2);

  private readonly dealt = new Float64Array(2 * sortLimit);
  private readonly dealtKey = new Int32Array(sortLimit);
  private readonly places = new Int32Array(2 * sortLimit);

  constructor({ staticSlots, dynamicSlots = 64 }: EventQueueOptions) {
    this.nowTick = 0;
    this.runEnd = 0;
    this.staticSlots = staticSlots;
    this.slots = staticSlots;
    this.widenRecords(staticSlots + dynamicSlots);
    this.widenRun(2 * sortLimit);
    this.widenChunks(64);
  }

  /**
   * Arms the timer `slot` at `tick`. An armed timer is moved and takes its place anew behind events of the same tick.
   * @throws when the tick is in the past or no whole number: a mistake of ours.
   */
  schedule(slot: number, tick: number): void {
    this.recordValue[slot << 1] = tick;
    this.arm(slot, tick);
  }

  cancel(slot: number): void {
    const stamp = this.recordWord[(slot << 2) | 2]!;
    if ((stamp & 1) === 0) return;
    this.recordWord[(slot << 2) | 2] = (stamp + 1) & stamps;
    this.cancelled += 1;
  }

  /** Pending events. */
  get size(): number {
    return this.armed - this.cancelled - this.popped;
  }

  isPending(slot: number): boolean {
    return (this.recordWord[(slot << 2) | 2]! & 1) === 1;
  }

  /** Tick of the timer `slot`, -1 when it is not armed. */
  deadline(slot: number): number {
    return this.isPending(slot) ? this.recordValue[slot << 1]! : -1;
  }

  /** Schedules an event of its own. @returns a handle for `remove`, never 0. */
  add(kind: number, argument: number, tick: number): number {
    const slot = this.freeCount > 0 ? this.free[--this.freeCount]! : this.newSlot();
    this.recordValue[slot << 1] = argument;
    this.recordWord[(slot << 2) | 3] = kind;
    return (this.arm(slot, tick) & handleStamps) * handleSlots + slot;
  }

  /** @returns false when the event has left or was removed before. */
  remove(handle: number): boolean {
    const handleStamp = Math.floor(handle / handleSlots);
    const slot = (handle - handleStamp * handleSlots) | 0;
    const stamp = this.recordWord[(slot << 2) | 2]!;
    if ((stamp & 1) === 0 || (stamp & handleStamps) !== handleStamp) return false;
    this.cancel(slot);
    this.free[this.freeCount++] = slot;
    return true;
  }

  /** Slot of the earliest event, -1 when there is none. A dynamic slot has `kindOf` and `argumentOf` until the next `add`. */
  pop(): number {
    for (;;) {
      const { runWord, runTail, recordWord } = this;
      for (let at = this.runHead; at < runTail; at++) {
        const slot = runWord[(at << 2) | 2]!;
        const stamp = runWord[(at << 2) | 3]!;
        if (recordWord[(slot << 2) | 2] !== stamp) continue;
        recordWord[(slot << 2) | 2] = (stamp + 1) & stamps;
        this.nowTick = this.runTick[at << 1]!;
        this.runHead = at + 1;
        this.popped += 1;
        if (slot >= this.staticSlots) this.free[this.freeCount++] = slot;
        return slot;
      }
      if (!this.openNext()) return -1;
    }
  }

  kindOf(slot: number): number {
    return this.recordWord[(slot << 2) | 3]!;
  }

  argumentOf(slot: number): number {
    return this.recordValue[slot << 1]!;
  }

  /** @returns the new stamp. */
  private arm(slot: number, tick: number): number {
    if (!(tick >= this.nowTick && tick <= maxTick && tick === Math.floor(tick))) {
      throw new Error(`tick ${tick} is no whole number from ${this.nowTick} on`);
    }
    const { recordWord } = this;
    const before = recordWord[(slot << 2) | 2]!;
    const wasPending = before & 1;
    const stamp = (before + 1 + wasPending) & stamps;
    this.armed += 1 - wasPending;
    recordWord[(slot << 2) | 2] = stamp;
    if (tick < this.runEnd) this.intoRun(tick, slot, stamp);
    else this.intoBucket(tick, slot, stamp);
    return stamp;
  }

  private newSlot(): number {
    if (this.slots === this.capacity) this.widenRecords(this.capacity + (this.capacity >> 1) + 64);
    return this.slots++;
  }

  private widenRecords(capacity: number): void {
    this.capacity = capacity;
    this.recordValue = widened(this.recordValue, 2 * capacity);
    this.recordWord = new Int32Array(this.recordValue.buffer);
    this.free = new Int32Array(capacity - this.staticSlots); // called when none is free
  }

  /** Finds the place in the run and moves what is before or what is behind it, whichever is less. */
  private intoRun(tick: number, slot: number, stamp: number): void {
    if (this.runTail === this.runCapacity) this.makeRoom();
    const { runTick, runWord, runHead, runTail } = this;
    let at = runTail;
    if (runTail > runHead && runTick[(runTail - 1) << 1]! > tick) {
      let low = runHead;
      at -= 1;
      while (low < at) {
        const middle = (low + at) >>> 1;
        if (runTick[middle << 1]! > tick) at = middle;
        else low = middle + 1;
      }
    }
    if (runHead > 0 && at - runHead < runTail - at) {
      at -= 1;
      for (let to = runHead - 1; to < at; to++) {
        runTick[to << 1] = runTick[(to + 1) << 1]!;
        runTick[(to << 1) | 1] = runTick[((to + 1) << 1) | 1]!;
      }
      this.runHead = runHead - 1;
      this.movesLeft -= at - runHead;
    } else {
      for (let to = runTail; to > at; to--) {
        runTick[to << 1] = runTick[(to - 1) << 1]!;
        runTick[(to << 1) | 1] = runTick[((to - 1) << 1) | 1]!;
      }
      this.runTail = runTail + 1;
      this.movesLeft -= runTail - at;
    }
    runTick[at << 1] = tick;
    runWord[(at << 2) | 2] = slot;
    runWord[(at << 2) | 3] = stamp;
    if (this.movesLeft < 0) this.spill();
  }

  private makeRoom(): void {
    const { runHead } = this;
    this.runTick.copyWithin(0, 2 * runHead, 2 * this.runTail);
    this.runTail -= runHead;
    this.runHead = 0;
    if (this.runTail >= this.runCapacity / 2) this.widenRun(2 * this.runCapacity);
  }

  private widenRun(capacity: number): void {
    this.runCapacity = capacity;
    this.runTick = widened(this.runTick, 2 * capacity);
    this.runWord = new Int32Array(this.runTick.buffer);
  }

  /** A burst into a wide window: deal the run out again, so that insertion stays cheap. */
  private spill(): void {
    const { runHead, runTail, runTick, runWord, recordWord } = this;
    this.dealsLeft[this.runLevel] = dealsBeforeRetry;
    this.runHead = this.runTail = 0;
    this.moveTo(this.nowTick);
    this.runEnd = this.nowTick;
    for (let at = runHead; at < runTail; at++) {
      const slot = runWord[(at << 2) | 2]!;
      const stamp = runWord[(at << 2) | 3]!;
      if (recordWord[(slot << 2) | 2] === stamp) this.intoBucket(runTick[at << 1]!, slot, stamp);
    }
  }

  private moveTo(tick: number): void {
    this.positionHigh = Math.floor(tick * high32);
    this.positionLow = tick | 0;
  }

  private intoBucket(tick: number, slot: number, stamp: number): void {
    const high = Math.floor(tick * high32);
    const difference = high ^ this.positionHigh;
    let bucket: number;
    if (difference !== 0) {
      const level = (31 - Math.clz32(difference)) >> 3;
      bucket = ((level + 4) << 8) | ((high >>> (level << 3)) & 255);
    } else {
      const low = tick | 0;
      const level = (31 - Math.clz32((low ^ this.positionLow) | 1)) >> 3;
      bucket = (level << 8) | ((low >>> (level << 3)) & 255);
    }
    const { tail } = this;
    let at = tail[bucket]!;
    if ((at & (chunkSize - 1)) === 0) at = this.addChunk(bucket, at);
    tail[bucket] = at + 1;
    this.chunkTick[at << 1] = tick;
    const { chunkWord } = this;
    chunkWord[(at << 2) | 2] = slot;
    chunkWord[(at << 2) | 3] = stamp;
  }

  /** @returns where the first entry of the new chunk goes. */
  private addChunk(bucket: number, end: number): number {
    let chunk = this.freeChunk;
    if (chunk >= 0) {
      this.freeChunk = this.chunkNext[chunk]!;
    } else {
      chunk = this.chunks++;
      if (chunk === this.chunkNext.length) this.widenChunks(chunk + (chunk >> 1));
    }
    const { chunkCount } = this;
    if (chunkCount[bucket] === 0) {
      const word = bucket >> 5;
      this.firstChunk[bucket] = chunk;
      this.occupied[word]! |= 1 << (bucket & 31);
      this.occupiedWords[word >> 5]! |= 1 << (word & 31);
    } else {
      this.chunkNext[(end - 1) >> chunkBits] = chunk;
    }
    chunkCount[bucket]! += 1;
    return chunk << chunkBits;
  }

  private widenChunks(chunks: number): void {
    this.chunkTick = widened(this.chunkTick, 2 * chunks * chunkSize);
    this.chunkWord = new Int32Array(this.chunkTick.buffer);
    const next = new Int32Array(chunks);
    next.set(this.chunkNext);
    this.chunkNext = next;
  }

  /** @returns the chunk behind it. */
  private releaseChunk(chunk: number): number {
    const next = this.chunkNext[chunk]!;
    this.chunkNext[chunk] = this.freeChunk;
    this.freeChunk = chunk;
    return next;
  }

  /** Opens the next bucket that holds something. @returns false when there is none. */
  private openNext(): boolean {
    this.runHead = this.runTail = 0;
    const { occupied, occupiedWords } = this;
    const half = occupiedWords[0] !== 0 ? 0 : 1;
    const words = occupiedWords[half]!;
    if (words === 0) return false;
    const word = (half << 5) | lowestBit(words);
    const bits = occupied[word]!;
    const rest = bits & (bits - 1);
    occupied[word] = rest;
    if (rest === 0) occupiedWords[half] = words & (words - 1);
    this.open(word >> 3, (word << 5) | lowestBit(bits));
    return true;
  }

  private open(level: number, bucket: number): void {
    const width = widths[level]!;
    const chunk = this.firstChunk[bucket]!;
    const count = ((this.chunkCount[bucket]! - 1) << chunkBits) + ((this.tail[bucket]! - 1) & (chunkSize - 1)) + 1;
    const start = Math.floor(this.chunkTick[chunk << (chunkBits + 1)]! / width) * width;
    this.tail[bucket] = 0;
    this.chunkCount[bucket] = 0;
    this.moveTo(start);
    if (level === 0) {
      this.runEnd = start + 1;
      this.takeTies(chunk, count);
    } else if (count <= sortAlways || (count <= sortLimit && this.dealsLeft[level] === 0)) {
      this.runEnd = start + width;
      this.runLevel = level;
      this.movesLeft = movesPerEntry * count;
      if (count < dealFrom) this.takeInserted(chunk, count);
      else this.takeDealt(chunk, count, start, width);
    } else {
      this.runEnd = start;
      if (this.dealsLeft[level]! > 0) this.dealsLeft[level]! -= 1;
      this.dealDown(chunk, count);
    }
  }

  /** All of one tick: their order is the one they are in. */
  private takeTies(first: number, count: number): void {
    if (count > this.runCapacity) this.widenRun(2 * count);
    const { runTick, chunkTick } = this;
    let tail = 0;
    for (let chunk = first; tail < count; chunk = this.releaseChunk(chunk)) {
      const from = chunk << chunkBits;
      const to = from + Math.min(chunkSize, count - tail);
      for (let at = from; at < to; at++, tail++) {
        runTick[tail << 1] = chunkTick[at << 1]!;
        runTick[(tail << 1) | 1] = chunkTick[(at << 1) | 1]!;
      }
    }
    this.runTail = tail;
  }

  /** A bit for each dead entry of a chunk. Without a branch the processor looks up many records at a time. */
  private deadIn(from: number, to: number): number {
    const { recordWord, chunkWord } = this;
    let dead = 0;
    for (let at = from; at < to; at++) {
      const difference = recordWord[(chunkWord[(at << 2) | 2]! << 2) | 2]! ^ chunkWord[(at << 2) | 3]!;
      dead |= ((difference | -difference) >>> 31) << at;
    }
    return dead;
  }

  /** Insertion sort into the run. */
  private takeInserted(chunk: number, count: number): void {
    const { chunkTick, runTick } = this;
    const from = chunk << chunkBits;
    const dead = this.deadIn(from, from + count);
    let alive = 0;
    for (let entry = from; entry < from + count; entry++) {
      if (((dead >>> entry) & 1) !== 0) continue;
      const tick = chunkTick[entry << 1]!;
      let at = alive;
      while (at > 0 && runTick[(at - 1) << 1]! > tick) {
        runTick[at << 1] = runTick[(at - 1) << 1]!;
        runTick[(at << 1) | 1] = runTick[((at - 1) << 1) | 1]!;
        at -= 1;
      }
      runTick[at << 1] = tick;
      runTick[(at << 1) | 1] = chunkTick[(entry << 1) | 1]!;
      alive += 1;
    }
    this.releaseChunk(chunk);
    this.runTail = alive;
  }

  /** Deals the entries out by their next bits, which leaves next to nothing to sort; equal ticks keep their order. */
  private takeDealt(first: number, count: number, start: number, width: number): void {
    const { chunkTick, runTick, dealt, dealtKey, places } = this;
    const keys = 1 << (32 - Math.clz32(count));
    const scale = keys / width;
    for (let key = 0; key < keys; key++) places[key] = 0;
    let alive = 0;
    let left = count;
    for (let chunk = first; left > 0; chunk = this.releaseChunk(chunk)) {
      const from = chunk << chunkBits;
      const to = from + Math.min(chunkSize, left);
      const dead = this.deadIn(from, to);
      left -= chunkSize;
      for (let at = from; at < to; at++) {
        if (((dead >>> at) & 1) !== 0) continue;
        const tick = chunkTick[at << 1]!;
        const key = ((tick - start) * scale) | 0;
        dealt[alive << 1] = tick;
        dealt[(alive << 1) | 1] = chunkTick[(at << 1) | 1]!;
        dealtKey[alive] = key;
        places[key]! += 1;
        alive += 1;
      }
    }
    let place = 0;
    for (let key = 0; key < keys; key++) {
      const entries = places[key]!;
      places[key] = place;
      place += entries;
    }
    for (let i = 0; i < alive; i++) {
      const key = dealtKey[i]!;
      const at = places[key]!;
      places[key] = at + 1;
      runTick[at << 1] = dealt[i << 1]!;
      runTick[(at << 1) | 1] = dealt[(i << 1) | 1]!;
    }
    for (let i = 1; i < alive; i++) {
      const tick = runTick[i << 1]!;
      if (runTick[(i - 1) << 1]! <= tick) continue;
      const slotAndStamp = runTick[(i << 1) | 1]!;
      let at = i;
      do {
        runTick[at << 1] = runTick[(at - 1) << 1]!;
        runTick[(at << 1) | 1] = runTick[((at - 1) << 1) | 1]!;
        at -= 1;
      } while (at > 0 && runTick[(at - 1) << 1]! > tick);
      runTick[at << 1] = tick;
      runTick[(at << 1) | 1] = slotAndStamp;
    }
    this.runTail = alive;
  }

  private dealDown(first: number, count: number): void {
    let left = count;
    let untilLook = 0;
    for (let chunk = first; left > 0; chunk = this.releaseChunk(chunk)) {
      const from = chunk << chunkBits;
      const to = from + Math.min(chunkSize, left);
      left -= chunkSize;
      let dead = 0;
      if (untilLook > 0) {
        untilLook -= 1;
      } else {
        dead = this.deadIn(from, to);
        if (dead === 0) untilLook = chunksPerLook - 1;
      }
      for (let at = from; at < to; at++) {
        if (((dead >>> at) & 1) !== 0) continue;
        const { chunkWord } = this;
        this.intoBucket(this.chunkTick[at << 1]!, chunkWord[(at << 2) | 2]!, chunkWord[(at << 2) | 3]!);
      }
    }
  }
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}

function widened(array: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> {
  const grown = new Float64Array(length);
  grown.set(array);
  return grown;
}
