// One kernel workload in a process of its own, through the kernel's public interface.
// Usage: node kernel.ts static|dynamic w1 <pending> <holds>   or   node kernel.ts static|dynamic w2.
// Prints: events seconds check bytes (of all arrays, for each event that is pending at the end).
import { performance } from 'node:perf_hooks';
import { EventQueue } from '../../src/kernel/eventQueue.ts';

const uniforms = new Float64Array(65_536);
const exponentials = new Float64Array(65_536);
let state = 12_345;
for (let i = 0; i < 65_536; i++) {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), state | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  uniforms[i] = (((t ^ (t >>> 14)) >>> 0) + 0.5) / 4_294_967_296;
  exponentials[i] = -Math.log(uniforms[i]!);
}
let drawn = 0;
const ticks = (seconds: number): number => Math.floor(seconds * 1e9);

/** The pending events of a workload by id: the two ways of the kernel's interface to keep them. */
interface Timers {
  readonly queue: EventQueue;
  readonly arm: (id: number, tick: number) => void;
  /** @returns false when it was not armed. */
  readonly cancel: (id: number) => boolean;
  /** @returns the id of the earliest, -1 when there is none. */
  readonly next: () => number;
}

/** Each id is a static slot. */
function staticTimers(ids: number): Timers {
  const queue = new EventQueue({ staticSlots: ids });
  return {
    queue,
    arm: (id, tick) => queue.schedule(id, tick),
    cancel: (id) => {
      const pending = queue.isPending(id);
      queue.cancel(id);
      return pending;
    },
    next: () => queue.pop(),
  };
}

/** Each event is dynamic, with a kind and an argument. `handles`: by id, for a workload that cancels. */
function dynamicEvents(pending: number, handles: Float64Array | null): Timers {
  const queue = new EventQueue({ staticSlots: 0, dynamicSlots: pending });
  return {
    queue,
    arm:
      handles === null
        ? (id, tick) => queue.add(id & 3, id >> 2, tick)
        : (id, tick) => {
            handles[id] = queue.add(id & 3, id >> 2, tick);
          },
    cancel: (id) => handles !== null && queue.remove(handles[id]!),
    next: () => {
      const slot = queue.pop();
      return slot < 0 ? -1 : (queue.argumentOf(slot) << 2) | queue.kindOf(slot);
    },
  };
}

/** Bytes of all arrays of the queue for each pending event. */
function bytesPerEvent(queue: EventQueue): number {
  const buffers = new Set(Object.values(queue).flatMap((field) => (ArrayBuffer.isView(field) ? [field.buffer] : [])));
  return [...buffers].reduce((sum, buffer) => sum + buffer.byteLength, 0) / queue.size;
}

type Result = readonly [events: number, seconds: number, check: string];

function w1({ queue, arm, next }: Timers, pending: number, holds: number): Result {
  for (let id = 0; id < pending; id++) arm(id, ticks(exponentials[drawn++ & 65_535]!));
  let count = 0;
  const start = performance.now();
  for (let hold = 0; hold < holds; hold++) {
    const id = next();
    count += 1 + (id & 3);
    arm(id, queue.nowTick + ticks(exponentials[drawn++ & 65_535]!));
  }
  return [holds, (performance.now() - start) / 1000, `${queue.nowTick}/${count}`];
}

const second = 1e9;

function isUp(server: number, now: number): boolean {
  return server === 0 ? now < 60 * second || now >= 120 * second : now < 80 * second || now >= 100 * second;
}

const clients = 100_000;

/** Keepalives, ACKs, time-outs and reconnects of clients of two servers: timers 4 i … 4 i + 3 of client i. */
function w2({ queue, arm, cancel, next }: Timers): Result {
  const server = new Uint8Array(clients);
  const attempt = new Uint8Array(clients);
  let timeouts = 0;
  let reconnects = 0;
  let cancels = 0;
  let fired = 0;
  const start = performance.now();
  for (let i = 0; i < clients; i++) {
    server[i] = i & 1;
    arm(i * 4, ticks(10 * uniforms[drawn++ & 65_535]!));
    arm(i * 4 + 2, 25 * second);
  }
  for (;;) {
    const id = next();
    const now = queue.nowTick;
    if (id < 0 || now > 200 * second) break;
    fired += 1;
    const i = id >> 2;
    switch (id & 3) {
      case 0:
        if (isUp(server[i]!, now)) arm(i * 4 + 1, now + ticks(0.02 + 0.01 * exponentials[drawn++ & 65_535]!));
        arm(i * 4, now + 10 * second);
        break;
      case 1:
        if (cancel(i * 4 + 2)) {
          cancels += 1;
          arm(i * 4 + 2, now + 25 * second);
        }
        break;
      case 2:
        timeouts += 1;
        if (cancel(i * 4)) cancels += 1;
        attempt[i] = 0;
        arm(i * 4 + 3, now + ticks(uniforms[drawn++ & 65_535]!));
        break;
      default:
        reconnects += 1;
        server[i]! ^= 1;
        if (isUp(server[i]!, now)) {
          arm(i * 4 + 2, now + 25 * second);
          arm(i * 4, now + ticks(10 * uniforms[drawn++ & 65_535]!));
        } else {
          if (attempt[i]! < 6) attempt[i]! += 1;
          arm(i * 4 + 3, now + ticks(2 ** attempt[i]! * (0.5 + uniforms[drawn++ & 65_535]!)));
        }
    }
  }
  return [fired, (performance.now() - start) / 1000, `${fired}/${timeouts}/${reconnects}/${cancels}`];
}

const [way, workload, pending = '1000', holds = '2000000'] = process.argv.slice(2);
if (workload === 'w1') {
  const ids = Number(pending);
  const timers = way === 'static' ? staticTimers(ids) : dynamicEvents(ids, null);
  console.log([...w1(timers, ids, Number(holds)), bytesPerEvent(timers.queue)].join(' '));
} else {
  const ids = 4 * clients;
  const timers = way === 'static' ? staticTimers(ids) : dynamicEvents(2 * clients, new Float64Array(ids));
  console.log([...w2(timers), bytesPerEvent(timers.queue)].join(' '));
}
