// What the nodes had to carry: connects, delays, blindness, capacity left.
import { agentsOf, type RunView, type Selection } from './selection.ts';
import { percentiles } from './reconnect.ts';
import { percentile } from './statistics.ts';

/** @param name behind `storm.`. */
export function storm({ books }: RunView, { node }: Selection, name: string): number | null {
  const nodes = node < 0 ? books.nodes : [books.nodes[node]!];
  switch (name) {
    case 'connects':
      return nodes.reduce((peak, { connectsPeakPerSecond }) => Math.max(peak, connectsPeakPerSecond), 0);
    case 'refused':
      return nodes.reduce((sum, { refused }) => sum + refused, 0);
    case 'overflow':
      return nodes.reduce((sum, { acceptQueueOverflow }) => sum + acceptQueueOverflow, 0);
    case 'failed':
      return books.attemptsFailed;
    default:
      throw new Error(`unknown metric storm.${name}`);
  }
}

/** Delay of delivered events from production; percentiles are upper edges of bins a quarter wide. */
export function delay({ books }: RunView, name: string): number | null {
  const { events, upperUs, sumUs, maxUs, binCount } = books.delays;
  let total = 0;
  for (let bin = 0; bin < binCount; bin++) total += events[bin]!;
  if (total <= 0) return null;
  if (name === 'max') return maxUs;
  if (name === 'mean') return sumUs / total;
  const wanted = percentiles[name]! * total;
  let sum = 0;
  for (let bin = 0; bin < binCount; bin++) {
    sum += events[bin]!;
    if (sum >= wanted) return Math.min(upperUs[bin]!, maxUs);
  }
  return maxUs;
}

/** Longest gap of each affected agent. `null`: nobody was affected. */
export function blindness({ books, world }: RunView, { group }: Selection, name: string): number | null {
  const { from, to } = agentsOf(world, group);
  const gaps = books.blindUs
    .subarray(from, to)
    .filter((gap) => gap > 0)
    .sort();
  if (gaps.length === 0) return null;
  return name === 'max' ? gaps.at(-1)! : percentile(gaps, percentiles[name]!);
}

/** Events per second the fullest survivor could still take while a node was hit. `null`: capacity is not judged. */
export function headroom({ books, world }: RunView, { node }: Selection): number | null {
  const { timeline, faults } = books;
  let least: number | null = null;
  for (const { places, startUs, endUs } of faults) {
    if (node >= 0 && !places.includes(world.nodes[node]!.name)) continue;
    for (const [index, { name, eventsPerSecond }] of world.nodes.entries()) {
      if (eventsPerSecond === null || places.includes(name)) continue;
      for (let step = 0; step < timeline.steps; step++) {
        const atUs = step * timeline.stepUs;
        if (atUs < startUs || atUs >= endUs) continue;
        const left = eventsPerSecond - timeline.nodeRate[index]![step]!;
        if (least === null || left < least) least = left;
      }
    }
  }
  return least;
}
