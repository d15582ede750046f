// The future: a radix ladder. Buckets by the highest 8-bit digit in which a tick differs from the current position, opened
// in order; a bucket of few events is sorted into the current run, a larger one is dealt out one level down. Entries keep
// the order in which they were scheduled, so simultaneous events leave in that order without a stored sequence number.
// A cancelled or re-armed entry stays where it is and is recognised as dead by its generation when it is met.

const levels = 7; // 8-bit digits: ticks below 2^53
const chunkSize = 32;
const sortLimit = 64;
const spillLimit = 1_024;
const maxTick = Number.MAX_SAFE_INTEGER;
const handleSlots = 2 ** 27;

export interface EventQueueOptions {
  /** Slots 0 … staticSlots − 1 are known timers, each with at most one pending event. */
  readonly staticSlots: number;
  /** First guess of the number of simultaneous dynamic events; the queue grows. */
  readonly dynamicSlots?: number;
}

export class EventQueue {
  /** Tick of the latest event that left. */
  nowTick = 0;
  /** Events that have left. */
  popped = 0;
  /** Pending events. */
  size = 0;
  readonly staticSlots: number;

  #deadline: Float64Array;
  #generation: Int32Array;
  #kind: Int32Array;
  #argument: Float64Array;
  #free: number[] = [];
  #slots: number;
  #left = -1;

  #position = 0;
  /** Ticks below this go into the run. */
  #runEnd = 0;
  #runWidth = 0;
  #runTick = new Float64Array(2 * spillLimit);
  #runSlot = new Int32Array(2 * spillLimit);
  #runGeneration = new Int32Array(2 * spillLimit);
  #runHead = 0;
  #runTail = 0;

  #chunkTick = new Float64Array(64 * chunkSize);
  #chunkSlot = new Int32Array(64 * chunkSize);
  #chunkGeneration = new Int32Array(64 * chunkSize);
  #chunkNext = new Int32Array(64);
  #chunkFill = new Int32Array(64);
  #chunks = 0;
  #freeChunk = -1;
  readonly #first = new Int32Array(levels * 256).fill(-1);
  readonly #last = new Int32Array(levels * 256).fill(-1);
  readonly #count = new Int32Array(levels * 256);
  readonly #occupied = new Int32Array(levels * 8);

  constructor({ staticSlots, dynamicSlots = 64 }: EventQueueOptions) {
    this.staticSlots = staticSlots;
    this.#slots = staticSlots;
    this.#deadline = new Float64Array(staticSlots + dynamicSlots).fill(-1);
    this.#generation = new Int32Array(staticSlots + dynamicSlots);
    this.#kind = new Int32Array(dynamicSlots);
    this.#argument = new Float64Array(dynamicSlots);
  }

  /**
   * Arms the timer `slot` at `tick`. An armed timer is moved and takes its place anew behind events of the same tick.
   * @throws when the tick is in the past or no whole number: a mistake of ours.
   */
  schedule(slot: number, tick: number): void {
    if (!(tick >= this.nowTick && tick <= maxTick)) throw new Error(`tick ${tick} is not ahead of ${this.nowTick}`);
    if (this.#deadline[slot]! < 0) this.size += 1;
    this.#deadline[slot] = tick;
    this.#insert(tick, slot, ++this.#generation[slot]!);
  }

  cancel(slot: number): void {
    if (this.#deadline[slot]! < 0) return;
    this.#deadline[slot] = -1;
    this.#generation[slot]! += 1;
    this.size -= 1;
  }

  isPending(slot: number): boolean {
    return this.#deadline[slot]! >= 0;
  }

  /** Tick of a pending timer, -1 when it is not armed. */
  deadline(slot: number): number {
    return this.#deadline[slot]!;
  }

  /** Schedules an event of its own. @returns a handle for `remove`. */
  add(kind: number, argument: number, tick: number): number {
    this.#recycle();
    const slot = this.#free.pop() ?? this.#newSlot();
    this.#kind[slot - this.staticSlots] = kind;
    this.#argument[slot - this.staticSlots] = argument;
    this.schedule(slot, tick);
    return (this.#generation[slot]! & 0x3ffffff) * handleSlots + slot;
  }

  /** @returns false when the event has left or was removed before. */
  remove(handle: number): boolean {
    const slot = handle % handleSlots;
    if (this.#deadline[slot]! < 0) return false;
    if ((this.#generation[slot]! & 0x3ffffff) !== Math.floor(handle / handleSlots)) return false;
    this.cancel(slot);
    this.#free.push(slot);
    return true;
  }

  /** Slot of the earliest event, -1 when there is none. A dynamic slot has `kindOf` and `argumentOf` until the next call. */
  pop(): number {
    this.#recycle();
    for (;;) {
      while (this.#runHead < this.#runTail) {
        const at = this.#runHead++;
        const slot = this.#runSlot[at]!;
        if (this.#generation[slot] !== this.#runGeneration[at] || this.#deadline[slot]! < 0) continue;
        this.nowTick = this.#runTick[at]!;
        this.#deadline[slot] = -1;
        this.size -= 1;
        this.popped += 1;
        if (slot >= this.staticSlots) this.#left = slot;
        return slot;
      }
      if (!this.#openNext()) return -1;
    }
  }

  kindOf(slot: number): number {
    return this.#kind[slot - this.staticSlots]!;
  }

  argumentOf(slot: number): number {
    return this.#argument[slot - this.staticSlots]!;
  }

  #recycle(): void {
    if (this.#left >= 0) this.#free.push(this.#left);
    this.#left = -1;
  }

  #newSlot(): number {
    const slot = this.#slots++;
    if (slot >= this.#deadline.length) {
      const grown = new Float64Array(2 * this.#deadline.length + 64).fill(-1);
      grown.set(this.#deadline);
      this.#deadline = grown;
      this.#generation = widened(this.#generation, grown.length);
    }
    if (slot - this.staticSlots >= this.#kind.length) {
      this.#kind = widened(this.#kind, 2 * this.#kind.length + 64);
      const grown = new Float64Array(this.#kind.length);
      grown.set(this.#argument);
      this.#argument = grown;
    }
    return slot;
  }

  #insert(tick: number, slot: number, generation: number): void {
    if (tick < this.#runEnd) this.#intoRun(tick, slot, generation);
    else this.#intoBucket(tick, slot, generation);
  }

  #intoRun(tick: number, slot: number, generation: number): void {
    if (this.#runTail === this.#runTick.length) this.#makeRoom();
    let at = this.#runTail;
    if (at > this.#runHead && this.#runTick[at - 1]! > tick) {
      let low = this.#runHead;
      while (low < at) {
        const middle = (low + at) >>> 1;
        if (this.#runTick[middle]! <= tick) low = middle + 1;
        else at = middle;
      }
      this.#runTick.copyWithin(at + 1, at, this.#runTail);
      this.#runSlot.copyWithin(at + 1, at, this.#runTail);
      this.#runGeneration.copyWithin(at + 1, at, this.#runTail);
    }
    this.#runTick[at] = tick;
    this.#runSlot[at] = slot;
    this.#runGeneration[at] = generation;
    this.#runTail += 1;
    if (this.#runTail - this.#runHead > spillLimit && this.#runWidth > 1) this.#spill();
  }

  #makeRoom(): void {
    if (this.#runHead > 0) {
      this.#runTick.copyWithin(0, this.#runHead, this.#runTail);
      this.#runSlot.copyWithin(0, this.#runHead, this.#runTail);
      this.#runGeneration.copyWithin(0, this.#runHead, this.#runTail);
      this.#runTail -= this.#runHead;
      this.#runHead = 0;
    }
    if (this.#runTail < this.#runTick.length / 2) return;
    const size = 2 * this.#runTick.length;
    const grown = new Float64Array(size);
    grown.set(this.#runTick);
    this.#runTick = grown;
    this.#runSlot = widened(this.#runSlot, size);
    this.#runGeneration = widened(this.#runGeneration, size);
  }

  /** A burst into a wide window: deal the run out again, so that insertion stays cheap. */
  #spill(): void {
    const head = this.#runHead;
    const tail = this.#runTail;
    this.#runHead = this.#runTail = 0;
    this.#position = this.#runEnd = this.nowTick;
    for (let at = head; at < tail; at++) {
      if (this.#generation[this.#runSlot[at]!] === this.#runGeneration[at]) {
        this.#intoBucket(this.#runTick[at]!, this.#runSlot[at]!, this.#runGeneration[at]!);
      }
    }
  }

  #intoBucket(tick: number, slot: number, generation: number): void {
    const high = Math.floor(tick / 4_294_967_296);
    const difference = high ^ Math.floor(this.#position / 4_294_967_296);
    let level: number;
    let digit: number;
    if (difference !== 0) {
      level = 4 + ((31 - Math.clz32(difference)) >> 3);
      digit = (high >>> ((level - 4) * 8)) & 255;
    } else {
      const low = tick >>> 0;
      level = (31 - Math.clz32((low ^ (this.#position >>> 0)) | 1)) >> 3;
      digit = (low >>> (level * 8)) & 255;
    }
    const bucket = level * 256 + digit;
    let chunk = this.#last[bucket]!;
    if (chunk < 0 || this.#chunkFill[chunk] === chunkSize) {
      const fresh = this.#newChunk();
      if (chunk < 0) this.#first[bucket] = fresh;
      else this.#chunkNext[chunk] = fresh;
      this.#last[bucket] = chunk = fresh;
      this.#occupied[bucket >> 5]! |= 1 << (bucket & 31);
    }
    const at = chunk * chunkSize + this.#chunkFill[chunk]!;
    this.#chunkFill[chunk]! += 1;
    this.#chunkTick[at] = tick;
    this.#chunkSlot[at] = slot;
    this.#chunkGeneration[at] = generation;
    this.#count[bucket]! += 1;
  }

  #newChunk(): number {
    let chunk = this.#freeChunk;
    if (chunk >= 0) {
      this.#freeChunk = this.#chunkNext[chunk]!;
    } else {
      chunk = this.#chunks++;
      if (chunk === this.#chunkNext.length) {
        const size = 2 * chunk;
        const grown = new Float64Array(size * chunkSize);
        grown.set(this.#chunkTick);
        this.#chunkTick = grown;
        this.#chunkSlot = widened(this.#chunkSlot, size * chunkSize);
        this.#chunkGeneration = widened(this.#chunkGeneration, size * chunkSize);
        this.#chunkNext = widened(this.#chunkNext, size);
        this.#chunkFill = widened(this.#chunkFill, size);
      }
    }
    this.#chunkNext[chunk] = -1;
    this.#chunkFill[chunk] = 0;
    return chunk;
  }

  /** Opens the next bucket that holds something. @returns false when there is none. */
  #openNext(): boolean {
    this.#runHead = this.#runTail = 0;
    for (let level = 0; level < levels; level++) {
      const bucket = this.#nextBucket(level);
      if (bucket >= 0) {
        this.#open(level, bucket);
        return true;
      }
    }
    return false;
  }

  #nextBucket(level: number): number {
    for (let word = level * 8; word < level * 8 + 8; word++) {
      const bits = this.#occupied[word]!;
      if (bits !== 0) return word * 32 + (31 - Math.clz32(bits & -bits));
    }
    return -1;
  }

  #open(level: number, bucket: number): void {
    const width = 256 ** level;
    let chunk = this.#first[bucket]!;
    const count = this.#count[bucket]!;
    const start = Math.floor(this.#chunkTick[chunk * chunkSize]! / width) * width;
    this.#first[bucket] = this.#last[bucket] = -1;
    this.#count[bucket] = 0;
    this.#occupied[bucket >> 5]! &= ~(1 << (bucket & 31));
    this.#position = start;
    const intoRun = level === 0 || count <= sortLimit;
    this.#runEnd = intoRun ? start + width : start;
    this.#runWidth = width;
    while (chunk >= 0) {
      const from = chunk * chunkSize;
      const to = from + this.#chunkFill[chunk]!;
      for (let at = from; at < to; at++) {
        const slot = this.#chunkSlot[at]!;
        const generation = this.#chunkGeneration[at]!;
        if (this.#generation[slot] !== generation || this.#deadline[slot]! < 0) continue;
        if (intoRun) this.#intoRun(this.#chunkTick[at]!, slot, generation);
        else this.#intoBucket(this.#chunkTick[at]!, slot, generation);
      }
      const next = this.#chunkNext[chunk]!;
      this.#chunkNext[chunk] = this.#freeChunk;
      this.#freeChunk = chunk;
      chunk = next;
    }
  }
}

function widened(array: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(length);
  grown.set(array);
  return grown;
}
