// The future: a radix ladder. Buckets by the highest 8-bit digit in which a tick differs from the current position, opened
// in order; a bucket of few events is sorted into the current run, a larger one is dealt out one level down. Entries keep
// the order in which they were scheduled, so simultaneous events leave in that order without a stored sequence number.
// A slot carries a stamp that changes whenever it is armed, cancelled or fires (odd while it is pending); an entry is alive
// while it has the slot's stamp, so a cancelled or re-armed one stays where it is and is recognised as dead when it is met.
// Fields are plain and the hot loops are written out: this file decides how fast everything else is (npm run bench).

const levels = 7; // 8-bit digits: ticks below 2^53
const chunkSize = 32;
/** A bucket of up to this many events becomes the run. */
const sortLimit = 256;
/** From this many events on a bucket is dealt out by its next bits before it is sorted. */
const dealFrom = 48;
const spillLimit = 1_024;
const maxTick = Number.MAX_SAFE_INTEGER;
const handleSlots = 2 ** 27;
const high32 = 4_294_967_296;
const widths = Float64Array.from({ length: levels }, (_, level) => 256 ** level);

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
  readonly staticSlots: number;

  /** By slot; odd while an event is pending. */
  private stamps: Int32Array;
  /** By slot: tick of the latest `schedule`. */
  private ticks: Float64Array;
  private kinds: Int32Array;
  private arguments: Float64Array;
  private readonly free: number[] = [];
  private slots: number;
  private left = -1;
  private armed = 0;
  private cancelled = 0;

  private positionHigh = 0;
  private positionLow = 0;
  /** Ticks below this go into the run. */
  private runEnd = 0;
  private runWidth = 0;
  private runTick = new Float64Array(2 * spillLimit);
  /** Slot and stamp of each entry. */
  private runEntry = new Int32Array(4 * spillLimit);
  private runHead = 0;
  private runTail = 0;

  private chunkTick = new Float64Array(64 * chunkSize);
  private chunkEntry = new Int32Array(128 * chunkSize);
  private chunkNext = new Int32Array(64);
  private chunkFill = new Int32Array(64);
  private chunks = 0;
  private freeChunk = -1;
  private readonly first = new Int32Array(levels * 256).fill(-1);
  private readonly last = new Int32Array(levels * 256).fill(-1);
  private readonly count = new Int32Array(levels * 256);
  private readonly occupied = new Int32Array(levels * 8);

  private readonly dealtTick = new Float64Array(sortLimit);
  private readonly dealtEntry = new Int32Array(2 * sortLimit);
  private readonly dealtKey = new Uint8Array(sortLimit);
  private readonly places = new Int32Array(257);

  constructor({ staticSlots, dynamicSlots = 64 }: EventQueueOptions) {
    this.staticSlots = staticSlots;
    this.slots = staticSlots;
    this.stamps = new Int32Array(staticSlots + dynamicSlots);
    this.ticks = new Float64Array(staticSlots + dynamicSlots);
    this.kinds = new Int32Array(dynamicSlots);
    this.arguments = new Float64Array(dynamicSlots);
  }

  /**
   * Arms the timer `slot` at `tick`. An armed timer is moved and takes its place anew behind events of the same tick.
   * @throws when the tick is in the past or no whole number: a mistake of ours.
   */
  schedule(slot: number, tick: number): void {
    if (!(tick >= this.nowTick && tick <= maxTick)) throw new Error(`tick ${tick} is not ahead of ${this.nowTick}`);
    const before = this.stamps[slot]!;
    let stamp: number;
    if ((before & 1) === 0) {
      this.armed += 1;
      stamp = (before + 1) | 0;
    } else {
      stamp = (before + 2) | 0;
    }
    this.stamps[slot] = stamp;
    this.ticks[slot] = tick;
    if (tick < this.runEnd) this.intoRun(tick, slot, stamp);
    else this.intoBucket(tick, slot, stamp);
  }

  cancel(slot: number): void {
    const stamp = this.stamps[slot]!;
    if ((stamp & 1) === 0) return;
    this.stamps[slot] = stamp + 1;
    this.cancelled += 1;
  }

  /** Pending events. */
  get size(): number {
    return this.armed - this.cancelled - this.popped;
  }

  isPending(slot: number): boolean {
    return (this.stamps[slot]! & 1) === 1;
  }

  /** Tick of a pending timer, -1 when it is not armed. */
  deadline(slot: number): number {
    return (this.stamps[slot]! & 1) === 1 ? this.ticks[slot]! : -1;
  }

  /** Schedules an event of its own. @returns a handle for `remove`. */
  add(kind: number, argument: number, tick: number): number {
    this.recycle();
    const slot = this.free.pop() ?? this.newSlot();
    this.kinds[slot - this.staticSlots] = kind;
    this.arguments[slot - this.staticSlots] = argument;
    this.schedule(slot, tick);
    return (this.stamps[slot]! & 0x3ffffff) * handleSlots + slot;
  }

  /** @returns false when the event has left or was removed before. */
  remove(handle: number): boolean {
    const slot = handle % handleSlots;
    const stamp = this.stamps[slot]!;
    if ((stamp & 1) === 0 || (stamp & 0x3ffffff) !== Math.floor(handle / handleSlots)) return false;
    this.cancel(slot);
    this.free.push(slot);
    return true;
  }

  /** Slot of the earliest event, -1 when there is none. A dynamic slot has `kindOf` and `argumentOf` until the next call. */
  pop(): number {
    if (this.left >= 0) this.recycle();
    const { stamps } = this;
    for (;;) {
      const { runEntry, runTail } = this;
      for (let at = this.runHead; at < runTail; at++) {
        const slot = runEntry[2 * at]!;
        const stamp = runEntry[2 * at + 1]!;
        if (stamps[slot] !== stamp) continue;
        stamps[slot] = stamp + 1;
        this.nowTick = this.runTick[at]!;
        this.runHead = at + 1;
        this.popped += 1;
        if (slot >= this.staticSlots) this.left = slot;
        return slot;
      }
      this.runHead = runTail;
      if (!this.openNext()) return -1;
    }
  }

  kindOf(slot: number): number {
    return this.kinds[slot - this.staticSlots]!;
  }

  argumentOf(slot: number): number {
    return this.arguments[slot - this.staticSlots]!;
  }

  private recycle(): void {
    if (this.left >= 0) this.free.push(this.left);
    this.left = -1;
  }

  private newSlot(): number {
    const slot = this.slots++;
    if (slot >= this.stamps.length) {
      const size = 2 * this.stamps.length + 64;
      this.stamps = widened(this.stamps, size);
      this.ticks = widenedTicks(this.ticks, size);
    }
    if (slot - this.staticSlots >= this.kinds.length) {
      const size = 2 * this.kinds.length + 64;
      this.kinds = widened(this.kinds, size);
      this.arguments = widenedTicks(this.arguments, size);
    }
    return slot;
  }

  private intoRun(tick: number, slot: number, stamp: number): void {
    if (this.runTail === this.runTick.length) this.makeRoom();
    const { runTick, runEntry, runHead } = this;
    let at = this.runTail;
    while (at > runHead && runTick[at - 1]! > tick) {
      runTick[at] = runTick[at - 1]!;
      runEntry[2 * at] = runEntry[2 * at - 2]!;
      runEntry[2 * at + 1] = runEntry[2 * at - 1]!;
      at -= 1;
    }
    runTick[at] = tick;
    runEntry[2 * at] = slot;
    runEntry[2 * at + 1] = stamp;
    this.runTail += 1;
    if (this.runTail - runHead > spillLimit && this.runWidth > 1) this.spill();
  }

  private makeRoom(): void {
    const { runHead } = this;
    if (runHead > 0) {
      this.runTick.copyWithin(0, runHead, this.runTail);
      this.runEntry.copyWithin(0, 2 * runHead, 2 * this.runTail);
      this.runTail -= runHead;
      this.runHead = 0;
    }
    if (this.runTail >= this.runTick.length / 2) this.widenRun(2 * this.runTick.length);
  }

  private widenRun(size: number): void {
    this.runTick = widenedTicks(this.runTick, size);
    this.runEntry = widened(this.runEntry, 2 * size);
  }

  /** A burst into a wide window: deal the run out again, so that insertion stays cheap. */
  private spill(): void {
    const head = this.runHead;
    const tail = this.runTail;
    this.runHead = this.runTail = 0;
    this.moveTo(this.nowTick);
    this.runEnd = this.nowTick;
    for (let at = head; at < tail; at++) {
      const slot = this.runEntry[2 * at]!;
      const stamp = this.runEntry[2 * at + 1]!;
      if (this.stamps[slot] === stamp) this.intoBucket(this.runTick[at]!, slot, stamp);
    }
  }

  private moveTo(tick: number): void {
    this.positionHigh = Math.floor(tick / high32);
    this.positionLow = tick >>> 0;
  }

  private intoBucket(tick: number, slot: number, stamp: number): void {
    const high = Math.floor(tick / high32);
    const difference = high ^ this.positionHigh;
    let bucket: number;
    if (difference !== 0) {
      const level = (31 - Math.clz32(difference)) >> 3;
      bucket = (level + 4) * 256 + ((high >>> (level * 8)) & 255);
    } else {
      const low = tick >>> 0;
      const level = (31 - Math.clz32((low ^ this.positionLow) | 1)) >> 3;
      bucket = level * 256 + ((low >>> (level * 8)) & 255);
    }
    let chunk = this.last[bucket]!;
    let fill: number;
    if (chunk < 0 || (fill = this.chunkFill[chunk]!) === chunkSize) {
      chunk = this.addChunk(bucket, chunk);
      fill = 0;
    }
    const at = chunk * chunkSize + fill;
    this.chunkFill[chunk] = fill + 1;
    this.chunkTick[at] = tick;
    this.chunkEntry[2 * at] = slot;
    this.chunkEntry[2 * at + 1] = stamp;
    this.count[bucket]! += 1;
  }

  private addChunk(bucket: number, before: number): number {
    let chunk = this.freeChunk;
    if (chunk >= 0) {
      this.freeChunk = this.chunkNext[chunk]!;
    } else {
      chunk = this.chunks++;
      if (chunk === this.chunkNext.length) {
        const size = 2 * chunk;
        this.chunkTick = widenedTicks(this.chunkTick, size * chunkSize);
        this.chunkEntry = widened(this.chunkEntry, 2 * size * chunkSize);
        this.chunkNext = widened(this.chunkNext, size);
        this.chunkFill = widened(this.chunkFill, size);
      }
    }
    this.chunkNext[chunk] = -1;
    this.chunkFill[chunk] = 0;
    if (before < 0) this.first[bucket] = chunk;
    else this.chunkNext[before] = chunk;
    this.last[bucket] = chunk;
    this.occupied[bucket >> 5]! |= 1 << (bucket & 31);
    return chunk;
  }

  /** Opens the next bucket that holds something. @returns false when there is none. */
  private openNext(): boolean {
    this.runHead = this.runTail = 0;
    const { occupied } = this;
    for (let word = 0; word < levels * 8; word++) {
      const bits = occupied[word]!;
      if (bits !== 0) {
        this.open(word >> 3, word * 32 + (31 - Math.clz32(bits & -bits)));
        return true;
      }
    }
    return false;
  }

  private open(level: number, bucket: number): void {
    const width = widths[level]!;
    const chunk = this.first[bucket]!;
    const count = this.count[bucket]!;
    const start = Math.floor(this.chunkTick[chunk * chunkSize]! / width) * width;
    this.first[bucket] = this.last[bucket] = -1;
    this.count[bucket] = 0;
    this.occupied[bucket >> 5]! &= ~(1 << (bucket & 31));
    this.moveTo(start);
    this.runWidth = width;
    if (level === 0) {
      this.runEnd = start + 1;
      this.takeTies(chunk, count);
    } else if (count <= sortLimit) {
      this.runEnd = start + width;
      this.takeSorted(chunk, start, width);
    } else {
      this.runEnd = start;
      this.dealDown(chunk);
    }
  }

  private release(chunk: number): number {
    const next = this.chunkNext[chunk]!;
    this.chunkNext[chunk] = this.freeChunk;
    this.freeChunk = chunk;
    return next;
  }

  /** All of one tick: their order is the one they are in. */
  private takeTies(first: number, count: number): void {
    if (count > this.runTick.length) this.widenRun(2 * count);
    const { runTick, runEntry, chunkTick, chunkEntry } = this;
    let tail = 0;
    for (let chunk = first; chunk >= 0; chunk = this.release(chunk)) {
      const from = chunk * chunkSize;
      const to = from + this.chunkFill[chunk]!;
      for (let at = from; at < to; at++, tail++) {
        runTick[tail] = chunkTick[at]!;
        runEntry[2 * tail] = chunkEntry[2 * at]!;
        runEntry[2 * tail + 1] = chunkEntry[2 * at + 1]!;
      }
    }
    this.runTail = tail;
  }

  private takeSorted(first: number, start: number, width: number): void {
    const { stamps, chunkTick, chunkEntry, dealtTick, dealtEntry } = this;
    let alive = 0;
    for (let chunk = first; chunk >= 0; chunk = this.release(chunk)) {
      const from = chunk * chunkSize;
      const to = from + this.chunkFill[chunk]!;
      for (let at = from; at < to; at++) {
        const slot = chunkEntry[2 * at]!;
        const stamp = chunkEntry[2 * at + 1]!;
        if (stamps[slot] !== stamp) continue;
        dealtTick[alive] = chunkTick[at]!;
        dealtEntry[2 * alive] = slot;
        dealtEntry[2 * alive + 1] = stamp;
        alive += 1;
      }
    }
    this.runTail = alive;
    if (alive < dealFrom) this.insertAll(alive);
    else this.dealAll(alive, start, width);
  }

  /** Insertion sort of the dealt entries into the run. */
  private insertAll(alive: number): void {
    const { runTick, runEntry, dealtTick, dealtEntry } = this;
    for (let i = 0; i < alive; i++) {
      const tick = dealtTick[i]!;
      let at = i;
      while (at > 0 && runTick[at - 1]! > tick) {
        runTick[at] = runTick[at - 1]!;
        runEntry[2 * at] = runEntry[2 * at - 2]!;
        runEntry[2 * at + 1] = runEntry[2 * at - 1]!;
        at -= 1;
      }
      runTick[at] = tick;
      runEntry[2 * at] = dealtEntry[2 * i]!;
      runEntry[2 * at + 1] = dealtEntry[2 * i + 1]!;
    }
  }

  /** Deals the entries out by their next eight bits, which leaves next to nothing to sort; equal ticks keep their order. */
  private dealAll(alive: number, start: number, width: number): void {
    const { runTick, runEntry, dealtTick, dealtEntry, dealtKey, places } = this;
    const scale = 256 / width;
    places.fill(0);
    for (let i = 0; i < alive; i++) {
      const key = ((dealtTick[i]! - start) * scale) | 0;
      dealtKey[i] = key;
      places[key + 1]! += 1;
    }
    for (let key = 1; key < 256; key++) places[key]! += places[key - 1]!;
    for (let i = 0; i < alive; i++) {
      const key = dealtKey[i]!;
      const at = places[key]!;
      places[key] = at + 1;
      runTick[at] = dealtTick[i]!;
      runEntry[2 * at] = dealtEntry[2 * i]!;
      runEntry[2 * at + 1] = dealtEntry[2 * i + 1]!;
    }
    for (let i = 1; i < alive; i++) {
      const tick = runTick[i]!;
      if (runTick[i - 1]! <= tick) continue;
      const slot = runEntry[2 * i]!;
      const stamp = runEntry[2 * i + 1]!;
      let at = i;
      do {
        runTick[at] = runTick[at - 1]!;
        runEntry[2 * at] = runEntry[2 * at - 2]!;
        runEntry[2 * at + 1] = runEntry[2 * at - 1]!;
        at -= 1;
      } while (at > 0 && runTick[at - 1]! > tick);
      runTick[at] = tick;
      runEntry[2 * at] = slot;
      runEntry[2 * at + 1] = stamp;
    }
  }

  private dealDown(first: number): void {
    const { stamps } = this;
    for (let chunk = first; chunk >= 0; chunk = this.release(chunk)) {
      const from = chunk * chunkSize;
      const to = from + this.chunkFill[chunk]!;
      for (let at = from; at < to; at++) {
        const slot = this.chunkEntry[2 * at]!;
        const stamp = this.chunkEntry[2 * at + 1]!;
        if (stamps[slot] === stamp) this.intoBucket(this.chunkTick[at]!, slot, stamp);
      }
    }
  }
}

function widened(array: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(length);
  grown.set(array);
  return grown;
}

function widenedTicks(array: Float64Array, length: number): Float64Array<ArrayBuffer> {
  const grown = new Float64Array(length);
  grown.set(array);
  return grown;
}
