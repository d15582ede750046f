// What the nodes had to carry: connects, backlogs, delays, blindness, capacity left.
import { OutageEnd } from '../models/ledger.ts';
import { capacityOf, isQueueJudged } from '../models/node.ts';
import { carriers, stepsWithin } from './imbalance.ts';
import { outagesOf } from './reconnect.ts';
import { agentsOf, type RunView, type Selection } from './selection.ts';
import { percentiles, statistic } from './statistics.ts';

/** @param name behind `storm.`. */
export function storm(run: RunView, selection: Selection, name: string): number | null {
  const { books } = run;
  const nodes = selection.node < 0 ? books.nodes : [books.nodes[selection.node]!];
  switch (name) {
    case 'connects':
      return nodes.reduce((peak, { connectsPeakPerSecond }) => Math.max(peak, connectsPeakPerSecond), 0);
    case 'refused':
      return nodes.reduce((sum, { refused }) => sum + refused, 0);
    case 'overflow':
      return nodes.reduce((sum, { acceptQueueOverflow }) => sum + acceptQueueOverflow, 0);
    case 'failed':
      return books.attemptsFailed;
    case 'refusedKeys':
      return nodes.reduce((sum, { keysRefused }) => sum + keysRefused, 0);
    case 'controlWait':
      return nodes.reduce((peak, { controlWaitPeakUs }) => Math.max(peak, controlWaitPeakUs), 0);
    case 'drain':
      return drain(run, selection);
    default:
      throw new Error(`unknown metric storm.${name}`);
  }
}

/** The longest time that an agent which is back needs to send what had waited in it. `null`: nobody is back. */
function drain(run: RunView, selection: Selection): number | null {
  const { outages, drainUs } = run.books;
  let longest: number | null = null;
  for (const row of outagesOf(run, selection)) {
    if (outages.end[row] !== OutageEnd.Unfinished) longest = Math.max(longest ?? 0, drainUs[outages.agent[row]!]!);
  }
  return longest;
}

/**
 * Delay of delivered events from production; percentiles are upper edges of bins a hundredth wide, and `null` where events waited in
 * nodes: how long each of them did is not known.
 */
export function delay({ books }: RunView, name: string): number | null {
  const queued = books.nodes.some(({ queuePeak }) => queuePeak > 0);
  if (queued && name in percentiles) return null;
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

/** Longest gap of each affected agent, infinite for one that is not back. `null`: nobody was affected. */
export function blindness(run: RunView, selection: Selection, name: string): number | null {
  const { blindUs, outages } = run.books;
  const { from, to } = agentsOf(run.world, selection);
  const gaps = blindUs.slice(from, to);
  for (const row of outagesOf(run, selection)) {
    if (outages.end[row] === OutageEnd.Unfinished) gaps[outages.agent[row]! - from] = Infinity;
  }
  return statistic(gaps.filter((gap) => gap > 0).sort(), name);
}

/**
 * Events per second that the fullest survivor could still take while a node was hit. `null`: no node was, nobody survived, or no
 * survivor has a capacity.
 */
export function headroom(run: RunView, { node }: Selection): number | null {
  const { books, world } = run;
  const { timeline, faults } = books;
  const carriersAt = carriers(run);
  let least: number | null = null;
  for (const { outOfService, places, startUs, endUs } of faults) {
    if (!outOfService) continue;
    if (!world.nodes.some(({ name }, index) => places.includes(name) && (node < 0 || node === index))) continue;
    const { first, end } = stepsWithin(timeline, startUs, endUs);
    for (let step = first; step < end; step++) {
      for (const index of carriersAt(step * timeline.stepUs)) {
        const capacity = capacityOf(world.nodes[index]!);
        if (capacity === null || places.includes(world.nodes[index]!.name)) continue;
        const left = capacity - timeline.nodeRate[index]![step]!;
        if (least === null || left < least) least = left;
      }
    }
  }
  return least;
}

/** When the first of the nodes drops events because they are too many for it, Infinity: none does. `null`: none is judged. */
export function firstDrop({ books, world }: RunView, { node }: Selection): number | null {
  const drops = world.nodes.flatMap((options, index) => {
    if (!isQueueJudged(options) || (node >= 0 && node !== index)) return [];
    const { firstDropAtUs } = books.nodes[index]!;
    return [firstDropAtUs < 0 ? Infinity : firstDropAtUs];
  });
  return drops.length === 0 ? null : Math.min(...drops);
}
