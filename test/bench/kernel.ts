// One kernel workload in a process of its own, through the kernel's public interface.
// Usage: node kernel.ts w1 <pending> <holds>   or   node kernel.ts w2. Prints: events seconds check.
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

function w1(pending: number, holds: number): [events: number, seconds: number, check: string] {
  const queue = new EventQueue({ staticSlots: pending });
  for (let id = 0; id < pending; id++) queue.schedule(id, ticks(exponentials[drawn++ & 65_535]!));
  let count = 0;
  const start = performance.now();
  for (let hold = 0; hold < holds; hold++) {
    const id = queue.pop();
    count += 1 + (id & 3);
    queue.schedule(id, queue.nowTick + ticks(exponentials[drawn++ & 65_535]!));
  }
  return [holds, (performance.now() - start) / 1000, `${queue.nowTick}/${count}`];
}

const second = 1e9;

function isUp(server: number, now: number): boolean {
  return server === 0 ? now < 60 * second || now >= 120 * second : now < 80 * second || now >= 100 * second;
}

/** Keepalives, ACKs, time-outs and reconnects of 100,000 clients of two servers: timers 4 i … 4 i + 3 of client i. */
function w2(): [events: number, seconds: number, check: string] {
  const clients = 100_000;
  const queue = new EventQueue({ staticSlots: clients * 4 });
  const server = new Uint8Array(clients);
  const attempt = new Uint8Array(clients);
  let timeouts = 0;
  let reconnects = 0;
  let cancels = 0;
  let fired = 0;
  const start = performance.now();
  for (let i = 0; i < clients; i++) {
    server[i] = i & 1;
    queue.schedule(i * 4, ticks(10 * uniforms[drawn++ & 65_535]!));
    queue.schedule(i * 4 + 2, 25 * second);
  }
  for (;;) {
    const slot = queue.pop();
    const now = queue.nowTick;
    if (slot < 0 || now > 200 * second) break;
    fired += 1;
    const i = slot >> 2;
    switch (slot & 3) {
      case 0:
        if (isUp(server[i]!, now)) {
          queue.schedule(i * 4 + 1, now + ticks(0.02 + 0.01 * exponentials[drawn++ & 65_535]!));
        }
        queue.schedule(i * 4, now + 10 * second);
        break;
      case 1:
        if (queue.isPending(i * 4 + 2)) {
          cancels += 1;
          queue.cancel(i * 4 + 2);
          queue.schedule(i * 4 + 2, now + 25 * second);
        }
        break;
      case 2:
        timeouts += 1;
        if (queue.isPending(i * 4)) cancels += 1;
        queue.cancel(i * 4);
        attempt[i] = 0;
        queue.schedule(i * 4 + 3, now + ticks(uniforms[drawn++ & 65_535]!));
        break;
      default:
        reconnects += 1;
        server[i]! ^= 1;
        if (isUp(server[i]!, now)) {
          queue.schedule(i * 4 + 2, now + 25 * second);
          queue.schedule(i * 4, now + ticks(10 * uniforms[drawn++ & 65_535]!));
        } else {
          if (attempt[i]! < 6) attempt[i]! += 1;
          queue.schedule(i * 4 + 3, now + ticks(2 ** attempt[i]! * (0.5 + uniforms[drawn++ & 65_535]!)));
        }
    }
  }
  return [fired, (performance.now() - start) / 1000, `${fired}/${timeouts}/${reconnects}/${cancels}`];
}

const [workload, pending = '1000', holds = '2000000'] = process.argv.slice(2);
console.log((workload === 'w1' ? w1(Number(pending), Number(holds)) : w2()).join(' '));
