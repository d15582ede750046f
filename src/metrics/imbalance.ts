// How unevenly the load lies over the nodes that are up and that the mode can reach.
import type { FaultOccurrence } from '../models/ledger.ts';
import type { WorldOptions } from '../models/worldOptions.ts';
import type { RunView, Selection } from './selection.ts';

/** Below this the load counts as balanced again. */
const balancedBelow = 1.1;

/** Nodes that agents of this mode can land on. */
export function reachableNodes({ groups, balancer, nodes }: WorldOptions): readonly number[] {
  const reached = new Set<number>();
  for (const { servers } of groups) {
    for (const { endpoint } of servers) {
      if (endpoint.kind === 'node') reached.add(endpoint.nodeIndex);
      else if (balancer) {
        const { listeners, upstreams } = balancer.nginx;
        for (const peer of upstreams[listeners[endpoint.listenerIndex]!.upstreamIndex]!.peers) {
          if (!peer.down && !peer.backup) reached.add(nodes.findIndex(({ address }) => address === peer.address));
        }
      }
    }
  }
  return [...reached].sort((a, b) => a - b);
}

/** First start and last end of the faults; `null` without one. */
export function faultSpan(
  faults: readonly FaultOccurrence[],
): { readonly fromUs: number; readonly toUs: number } | null {
  if (faults.length === 0) return null;
  let fromUs = Infinity;
  let toUs = -Infinity;
  for (const { startUs, endUs } of faults) {
    fromUs = Math.min(fromUs, startUs);
    toUs = Math.max(toUs, endUs);
  }
  return { fromUs, toUs };
}

function isUp(faults: readonly FaultOccurrence[], name: string, atUs: number): boolean {
  return !faults.some(({ places, startUs, endUs }) => places.includes(name) && atUs >= startUs && atUs < endUs);
}

interface Ratio {
  /** max ÷ mean, or the selected node ÷ mean. */
  readonly skew: number;
  /** Standard deviation ÷ mean. */
  readonly variation: number;
}

function ratioAt({ books, world }: RunView, of: 'agents' | 'events', node: number, step: number): Ratio | null {
  const { timeline, faults } = books;
  const series = of === 'agents' ? timeline.connected : timeline.nodeRate;
  const atUs = step * timeline.stepUs;
  const loads: number[] = [];
  let own: number | null = null;
  for (const index of reachableNodes(world)) {
    if (!isUp(faults, world.nodes[index]!.name, atUs)) continue;
    const load = series[index]![step]!;
    loads.push(load);
    if (index === node) own = load;
  }
  const mean = loads.reduce((a, b) => a + b, 0) / loads.length;
  if (loads.length === 0 || mean === 0 || (node >= 0 && own === null)) return null;
  const top = node >= 0 ? own! : Math.max(...loads);
  const squares = loads.reduce((sum, load) => sum + (load - mean) * (load - mean), 0);
  return { skew: top / mean, variation: Math.sqrt(squares / loads.length) / mean };
}

/** @param name `before`, `during`, `after`, `peak` or `cv`. */
export function skew(run: RunView, { node }: Selection, of: 'agents' | 'events', name: string): number | null {
  const { timeline, faults } = run.books;
  const span = faultSpan(faults);
  const at = (step: number): Ratio | null => ratioAt(run, of, node, step);
  const mean = (fromUs: number, toUs: number, value: (ratio: Ratio) => number): number | null => {
    let sum = 0;
    let count = 0;
    for (let step = 0; step < timeline.steps; step++) {
      const instant = step * timeline.stepUs;
      if (instant < fromUs || instant >= toUs) continue;
      const ratio = at(step);
      if (!ratio) continue;
      sum += value(ratio);
      count += 1;
    }
    return count === 0 ? null : sum / count;
  };
  switch (name) {
    case 'before':
      return mean(0, span?.fromUs ?? Infinity, (ratio) => ratio.skew);
    case 'during':
      return span ? mean(span.fromUs, span.toUs, (ratio) => ratio.skew) : null;
    case 'cv':
      return span
        ? mean(span.fromUs, span.toUs, (ratio) => ratio.variation)
        : mean(0, Infinity, (ratio) => ratio.variation);
    case 'after':
      return at(timeline.steps - 1)?.skew ?? null;
    case 'peak': {
      let peak: number | null = null;
      for (let step = 0; step < timeline.steps; step++) {
        const ratio = at(step);
        if (ratio && (peak === null || ratio.skew > peak)) peak = ratio.skew;
      }
      return peak;
    }
    default:
      throw new Error(`unknown metric skew.${of}.${name}`);
  }
}

/** Share of the agents that are on another node at the end than at the start. */
export function movedShare({ books }: RunView, from: number, to: number): number | null {
  let moved = 0;
  for (let agent = from; agent < to; agent++) if (books.nodeAtStart[agent] !== books.nodeAtEnd[agent]) moved += 1;
  return to === from ? null : moved / (to - from);
}

/** From the end of the last fault until the agents lie evenly; Infinity: not within the run. */
export function rebalancedAfter(run: RunView): number | null {
  const { timeline, faults } = run.books;
  const span = faultSpan(faults);
  if (!span || span.toUs === Infinity) return null;
  for (let step = 0; step < timeline.steps; step++) {
    const instant = step * timeline.stepUs;
    if (instant < span.toUs) continue;
    const ratio = ratioAt(run, 'agents', -1, step);
    if (ratio && ratio.skew < balancedBelow) return instant - span.toUs;
  }
  return Infinity;
}
