// Room for one more session at a balancer. nginx accepts a client for whom a worker has no slot, and closes it; HAProxy leaves it in the
// kernel's queue, with what it has sent, until there is room: measured on 2.6.12 (docs/MODEL.md, "HAProxy").
import { fitsQueue } from '../place.ts';
import type { Proxy, ProxyListener } from '../balancer/proxy.ts';
import type { BalancerHost } from './host.ts';
import { sleeps } from './listWalk.ts';
import { PlaceState } from '../place.ts';
import { Timer, Wait, timersPerAgent } from './kinds.ts';
import { hostOf, type WorldState } from './state.ts';
import { acceptAtBalancer } from './throughBalancer.ts';
import { armAttemptTimeout } from './waits.ts';

export function hasSlot(proxy: Proxy, listener: ProxyListener, worker: number): boolean {
  if (proxy.slots[worker]! + listener.slots > proxy.sessionsPerWorker) return false;
  return listener.limits.every((limit) => proxy.counts[limit]! < proxy.limits[limit]!);
}

export function takeSlot(proxy: Proxy, listener: ProxyListener, worker: number): void {
  proxy.slots[worker]! += listener.slots;
  for (const limit of listener.limits) proxy.counts[limit]! += 1;
}

/** A session is over: whoever waits longest gets its slot. */
export function freeSlot(
  world: WorldState,
  host: BalancerHost,
  proxy: Proxy,
  listener: ProxyListener,
  worker: number,
  nowUs: number,
): void {
  proxy.slots[worker]! -= listener.slots;
  for (const limit of listener.limits) proxy.counts[limit]! -= 1;
  if (proxy.whenFull === 'wait' && proxy === host.proxies.at(-1)) admitWaiting(world, host, proxy, nowUs);
}

/** False: the SYN that arrives at a balancer is dropped, because its kernel keeps as many connections as it may. */
export function takesClient(world: WorldState, agent: number): boolean {
  const proxy = hostOf(world, agent).proxies.at(-1)!;
  if (proxy.whenFull === 'close') return true;
  const { waiting, options } = proxy.listeners[world.listener[agent]!]!;
  if (waiting.length === 0 || fitsQueue(waiting.length / 2, options.backlog)) return true;
  world.books.synsDropped += 1;
  return false;
}

/** The connection stays in the kernel's queue. */
export function waitForSlot(world: WorldState, agent: number, listener: ProxyListener): void {
  listener.waiting.push(agent, world.serial[agent]!);
  world.wait[agent] = Wait.Slot;
  armAttemptTimeout(world, agent);
}

/** Lets in who waits, from the front; who has given up meanwhile leaves nothing but his place in the queue. */
export function admitWaiting(world: WorldState, host: BalancerHost, proxy: Proxy, nowUs: number): void {
  if (proxy.isAdmitting || world.places[host.place]!.state !== PlaceState.Up) return;
  proxy.isAdmitting = true;
  for (const listener of proxy.listeners) {
    const { waiting } = listener;
    let taken = 0;
    while (taken < waiting.length && hasSlot(proxy, listener, 0)) {
      const agent = waiting[taken]!;
      const isThere = world.wait[agent] === Wait.Slot && world.serial[agent] === waiting[taken + 1];
      taken += 2;
      if (!isThere) continue;
      if (!sleeps(world, agent)) world.queue.cancel(agent * timersPerAgent + Timer.Main);
      world.wait[agent] = Wait.None;
      acceptAtBalancer(world, agent, nowUs);
    }
    if (taken > 0) waiting.splice(0, taken);
  }
  proxy.isAdmitting = false;
}
