// What has come to a node late and all at once, behind a hang or a cut, lies in the memory of analysisd until it writes, once a second:
// a node that falls before has lost it. What comes in steadily is not followed one by one (path.ts, dieInMemory()). Wazuh 4.14.7,
// src/analysisd: w_log_rotate_thread(), w_log_flush().
import { capacityOf } from '../node.ts';
import { PlaceState } from '../place.ts';
import type { Held } from '../pipeline/held.ts';
import { EventKind } from './kinds.ts';
import { addPlaceEvent, type WorldState } from './state.ts';
import { fateAt } from './zombie.ts';

/** What is held of an agent comes to a node that works. */
export function arrives(world: WorldState, agent: number, slot: number, node: number, nowUs: number): void {
  const { pipelines } = world.books;
  if (pipelines.heldInPath(agent, slot) === 0) return;
  // The queue of a node that may be too slow takes it over from here.
  if (fateAt(world, node) === 'zombie' || capacityOf(world.options.nodes[node]!) !== null) {
    pipelines.settlePath(agent, slot, fateAt(world, node), nowUs);
    return;
  }
  pipelines.movePath(agent, slot, pipelines.memoryOf(node));
  awaitFlush(world, node, nowUs);
}

/** The same of events that somebody has taken out of where they were held. */
export function comesIn(world: WorldState, agent: number, held: Held, node: number, nowUs: number): void {
  const { pipelines } = world.books;
  const fate = fateAt(world, node);
  if (fate === 'zombie' || capacityOf(world.options.nodes[node]!) !== null) {
    pipelines.judge(agent, held, fate, nowUs);
    return;
  }
  pipelines.keep(agent, pipelines.memoryOf(node), held);
  awaitFlush(world, node, nowUs);
}

/** analysisd runs, and something is in its memory. */
export function awaitFlush(world: WorldState, node: number, nowUs: number): void {
  world.lateUs[node] = nowUs;
  const flushUs = world.books.lastFlushUs(node, nowUs) + 1_000_000;
  if (world.flushUs[node] === flushUs || flushUs >= world.options.durationUs) return;
  world.flushUs[node] = flushUs;
  addPlaceEvent(world, EventKind.Flush, node, flushUs);
}

/** analysisd writes, unless it stands still or is not there. */
export function flushes(world: WorldState, node: number): void {
  const { state, hung } = world.places[node]!;
  if (state === PlaceState.Up || (state === PlaceState.Hung && hung === 0))
    judgeMemory(world, node, 'delivered', world.lateUs[node]!);
}

/** Everything in analysisd's memory that is followed is judged. */
export function judgeMemory(
  world: WorldState,
  node: number,
  fate: 'delivered' | 'nodeMemory' | 'zombie',
  atUs: number,
): void {
  const { pipelines } = world.books;
  if (pipelines.pathCount.length === 0) return;
  for (let agent = 0; agent < world.agents; agent++) {
    pipelines.settlePath(agent, pipelines.memoryOf(node), fate, atUs);
  }
}
