// How unevenly the load lies over the nodes that are up and that the mode can reach.
import { listensOn, type BalancerProduct } from '../models/balancer/options.ts';
import { changeServers, listenersOf } from '../models/balancer/products.ts';
import { endsInStartup, isBalancerFault } from '../models/fault.ts';
import type { FaultOccurrence, HelperBooks } from '../models/ledger.ts';
import type { WorldOptions } from '../models/worldOptions.ts';
import type { RunView, Selection } from './selection.ts';

/** Nodes that agents of a mode can land on, by index, ascending. */
export interface Reachable {
  readonly usual: readonly number[];
  /** Only while none of the others is up: nginx takes a `backup` peer when it finds no other. */
  readonly backup: readonly number[];
}

const productsOf = ({ balancers }: WorldOptions): BalancerProduct[] => balancers.map(({ product }) => product);

/** @param products what the balancers have read, where that is not what they began with. */
export function reachableNodes(world: WorldOptions, products = productsOf(world)): Reachable {
  const { groups, nodes, balancers } = world;
  const usual = new Set<number>();
  const backup = new Set<number>();
  const follow = (balancerIndex: number, listenerIndex: number, isBackup: boolean): void => {
    const product = products[balancerIndex]!;
    if (product.kind === 'vip') {
      const { of, listeners } = product.vip;
      of.forEach((member, nth) => follow(member, listeners[listenerIndex]!.listenerOf[nth]!, isBackup));
      return;
    }
    for (const peer of listenersOf(product)[listenerIndex]!.peers) {
      if (peer.down) continue;
      const index = nodes.findIndex(({ address }) => address === peer.address);
      if (index >= 0) {
        (isBackup || peer.backup ? backup : usual).add(index);
        continue;
      }
      const next = balancers.findIndex(({ addresses }) => addresses.includes(peer.address));
      if (next < 0) continue;
      const own = listenersOf(products[next]!).findIndex(({ options }) => listensOn(options, peer.port));
      if (own >= 0) follow(next, own, isBackup || peer.backup);
    }
  };
  for (const { servers } of groups) {
    for (const { endpoint, isUnresolvable } of servers) {
      if (isUnresolvable === true) continue;
      if (endpoint.kind === 'node') usual.add(endpoint.nodeIndex);
      else follow(endpoint.balancerIndex, endpoint.listenerIndex, false);
    }
  }
  const sorted = (indexes: Iterable<number>): number[] => [...indexes].sort((a, b) => a - b);
  return { usual: sorted(usual), backup: sorted(backup) };
}

/** What can be landed on from each instant on: reloads change it, and what Wazuh's HAProxy helper does (`helped`). */
export function reachableFrom(
  world: WorldOptions,
  faults: readonly FaultOccurrence[],
  helped: HelperBooks['products'] = [],
): readonly { readonly fromUs: number; readonly reachable: Reachable }[] {
  const epochs = [{ fromUs: -Infinity, reachable: reachableNodes(world) }];
  const products = productsOf(world);
  let next = 0;
  const helpUntil = (untilUs: number): void => {
    for (; next < helped.length && helped[next]!.atUs <= untilUs; next++) {
      const { atUs, balancerIndex, product } = helped[next]!;
      products[balancerIndex] = product;
      epochs.push({ fromUs: atUs, reachable: reachableNodes(world, products) });
    }
  };
  for (const { faultIndex, places, startUs } of [...faults].sort((a, b) => a.startUs - b.startUs)) {
    const fault = world.faults[faultIndex];
    if (fault === undefined || !isBalancerFault(fault)) continue;
    helpUntil(startUs);
    world.balancers.forEach(({ name: balancer }, index) => {
      if (fault.balancers && !fault.balancers.includes(balancer)) return;
      if (fault.kind === 'reload') products[index] = fault.product ?? products[index]!;
      else if (fault.kind !== 'drain') {
        for (const name of places) {
          const node = world.nodes.find((each) => each.name === name)!; // the plan has left out what is none
          products[index] = changeServers(products[index]!, fault.kind, node, world.nodes).product ?? products[index]!;
        }
      }
    });
    epochs.push({ fromUs: startUs, reachable: reachableNodes(world, products) });
  }
  helpUntil(Infinity);
  return epochs;
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

/** When a node that a fault has hit accepts again: processes that were gone need their start-up. */
function backUs({ kind, endUs }: FaultOccurrence, startupUs: number): number {
  return endsInStartup(kind) ? endUs + startupUs : endUs;
}

/** The nodes that carry the load at an instant: reachable ones that are up. */
export function carriers({ books, world }: RunView): (atUs: number) => readonly number[] {
  const epochs = reachableFrom(world, books.faults, books.helper?.products);
  const isUp = (index: number, atUs: number): boolean => {
    const { name, startupUs } = world.nodes[index]!;
    return !books.faults.some(
      (fault) =>
        fault.outOfService && fault.places.includes(name) && atUs >= fault.startUs && atUs < backUs(fault, startupUs),
    );
  };
  return (atUs) => {
    const { usual, backup } = epochs.findLast(({ fromUs }) => fromUs <= atUs)!.reachable;
    const up = usual.filter((index) => isUp(index, atUs));
    return up.length > 0 ? up : backup.filter((index) => isUp(index, atUs));
  };
}

/** How many nodes carry the load before and during the faults (over time), and at the end; `null`: none does. */
export function carrierCounts(
  run: RunView,
): readonly [before: number | null, during: number | null, after: number | null] {
  const { timeline, faults } = run.books;
  const span = faultSpan(faults);
  const carriersAt = carriers(run);
  const mean = (fromUs: number, toUs: number): number | null => {
    const { first, end } = stepsWithin(timeline, fromUs, toUs);
    let sum = 0;
    let counted = 0;
    for (let step = first; step < end; step++) {
      const { length } = carriersAt(step * timeline.stepUs);
      if (length === 0) continue;
      sum += length;
      counted += 1;
    }
    return counted === 0 ? null : sum / counted;
  };
  const last = carriersAt((timeline.steps - 1) * timeline.stepUs).length;
  return [mean(0, span?.fromUs ?? Infinity), span ? mean(span.fromUs, span.toUs) : null, last === 0 ? null : last];
}

interface Ratio {
  /** max ÷ mean, or the selected node ÷ mean. */
  readonly skew: number;
  /** Standard deviation ÷ mean. */
  readonly variation: number;
}

/** At each instant of the time line, or for the mean over the time to the next; `null`: nobody carries anything then, or not the selected node. */
function ratios(run: RunView, of: 'agents' | 'events', at: 'instant' | 'mean', node: number): (Ratio | null)[] {
  const { timeline } = run.books;
  const series =
    of === 'agents'
      ? timeline[at === 'instant' ? 'connected' : 'connectedMean']
      : timeline[at === 'instant' ? 'nodeRate' : 'nodeRateMean'];
  const carriersAt = carriers(run);
  return Array.from({ length: timeline.steps }, (_, step) => {
    const indexes = carriersAt(step * timeline.stepUs);
    const loads = indexes.map((index) => series[index]![step]!);
    const mean = loads.reduce((a, b) => a + b, 0) / loads.length;
    if (loads.length === 0 || mean === 0 || (node >= 0 && !indexes.includes(node))) return null;
    const top = node >= 0 ? series[node]![step]! : Math.max(...loads);
    const squares = loads.reduce((sum, load) => sum + (load - mean) * (load - mean), 0);
    return { skew: top / mean, variation: Math.sqrt(squares / loads.length) / mean };
  });
}

/** Steps that lie in [fromUs, toUs); when there is none between the two, the first one behind. */
export function stepsWithin(
  { stepUs, steps }: { readonly stepUs: number; readonly steps: number },
  fromUs: number,
  toUs: number,
): { readonly first: number; readonly end: number } {
  const first = Math.max(0, Math.ceil(fromUs / stepUs));
  const end = toUs <= 0 ? 0 : Math.min(steps, Math.max(first + 1, Math.floor(toUs / stepUs)));
  return { first, end };
}

/** @param name `before`, `during`, `after`, `peak`, `cv` or empty for the whole run. */
export function skew(run: RunView, { node }: Selection, of: 'agents' | 'events', name: string): number | null {
  const { timeline, faults } = run.books;
  const span = faultSpan(faults);
  const all = ratios(run, of, name === 'after' || name === 'peak' ? 'instant' : 'mean', node);
  const mean = (fromUs: number, toUs: number, value: (ratio: Ratio) => number): number | null => {
    const { first, end } = stepsWithin(timeline, fromUs, toUs);
    const found = all.slice(first, end).filter((ratio) => ratio !== null);
    return found.length === 0 ? null : found.reduce((sum, ratio) => sum + value(ratio), 0) / found.length;
  };
  switch (name) {
    case '':
      return mean(0, Infinity, (ratio) => ratio.skew);
    case 'before':
      return mean(0, span?.fromUs ?? Infinity, (ratio) => ratio.skew);
    case 'during':
      return span ? mean(span.fromUs, span.toUs, (ratio) => ratio.skew) : null;
    case 'cv':
      return mean(span?.fromUs ?? 0, span?.toUs ?? Infinity, (ratio) => ratio.variation);
    case 'after':
      return all.at(-1)?.skew ?? null;
    case 'peak': {
      const values = all.flatMap((ratio) => ratio?.skew ?? []);
      return values.length === 0 ? null : Math.max(...values);
    }
    default:
      throw new Error(`unknown metric skew.${of}.${name}`);
  }
}

/** Share of the agents that are on one node at the start and on another one at the end. */
export function movedShare({ books }: RunView, from: number, to: number): number | null {
  let moved = 0;
  for (let agent = from; agent < to; agent++) {
    const before = books.nodeAtStart[agent]!;
    const after = books.nodeAtEnd[agent]!;
    if (before >= 0 && after >= 0 && before !== after) moved += 1;
  }
  return to === from ? null : moved / (to - from);
}

/** From the end of the last fault until its nodes carry load and the agents lie evenly; Infinity: not within the run. */
export function rebalancedAfter(run: RunView, { below }: Selection): number | null {
  const { timeline, faults } = run.books;
  const span = faultSpan(faults);
  if (!span || span.toUs === Infinity) return null;
  const acceptUs = faults.flatMap((fault) =>
    run.world.nodes.map(({ name, startupUs }) =>
      fault.outOfService && fault.places.includes(name) ? backUs(fault, startupUs) : fault.endUs,
    ),
  );
  const all = ratios(run, 'agents', 'instant', -1);
  const { first } = stepsWithin(timeline, Math.max(...acceptUs), Infinity);
  for (let step = first; step < timeline.steps; step++) {
    const ratio = all[step];
    if (ratio && ratio.skew < below) return step * timeline.stepUs - span.toUs;
  }
  return Infinity;
}
