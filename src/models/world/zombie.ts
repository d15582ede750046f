// Sessions with a node that takes events and throws them away: remoted lives and answers keepalives, so nobody notices.
import { openOutage } from '../outages.ts';
import { Sink } from '../pipeline/sink.ts';
import { isDark } from './legs.ts';
import { Broken } from './kinds.ts';
import { nodeLatencyUs, type WorldState } from './state.ts';
import { noteBacklog } from './waits.ts';

/** Looks again whether what a connected agent sends is kept. */
export function reviewZombie(world: WorldState, agent: number, nowUs: number): void {
  const node = world.node[agent]!;
  const isWasted = node >= 0 && !isDark(world.broken[agent]!) && world.places[node]!.zombie > 0;
  if (isWasted === (world.wasted[agent] === 1)) return;
  if (isWasted) {
    if (joinZombie(world, agent, nowUs)) world.away += 1;
    return;
  }
  leaveZombie(world, agent, nowUs);
  if (node < 0 || isDark(world.broken[agent]!)) return;
  world.books.pipelines.sink[agent] = Sink.Live;
  if (world.broken[agent] !== Broken.No) return;
  world.outages.close(world.open, agent, 'healed', node, nowUs, nowUs);
  world.books.blind(agent, nowUs - world.open.brokenAtUs[agent]!);
  world.backSinceUs[agent] = nowUs;
  noteBacklog(world, agent, nowUs);
  world.away -= 1;
  world.lastChangeUs = nowUs;
}

/** An agent whose session stands has it with a node that keeps nothing. @returns true when an outage begins with that. */
export function joinZombie(world: WorldState, agent: number, nowUs: number): boolean {
  const { pipelines } = world.books;
  const node = world.node[agent]!;
  const toNodeUs = nodeLatencyUs(world, agent);
  // What arrived since the last flush is thrown away, too.
  pipelines.advance(agent, world.books.lastFlushUs(node, nowUs) - toNodeUs);
  pipelines.sink[agent] = Sink.Zombie;
  pipelines.sinkPlace[agent] = node;
  world.wasted[agent] = 1;
  world.books.unaware(nowUs, 1);
  if (world.open.fault[agent]! >= 0) return false;
  openOutage(world.open, agent, world.places[node]!.zombieFault, node, nowUs);
  return true;
}

/** The session ends or breaks, or the node keeps events again: what has reached it by now is lost. */
export function leaveZombie(world: WorldState, agent: number, nowUs: number): void {
  if (world.wasted[agent] === 0) return;
  world.books.pipelines.advance(agent, nowUs - nodeLatencyUs(world, agent));
  world.wasted[agent] = 0;
  world.books.unaware(nowUs, -1);
}

/** What becomes of held events that a node takes at last. */
export function fateAt(world: WorldState, node: number): 'delivered' | 'zombie' {
  return world.places[node]!.zombie > 0 ? 'zombie' : 'delivered';
}
