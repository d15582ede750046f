// When each fault of a scenario happens in one replication, and at what of this mode.
import { exponential } from '../kernel/distributions.ts';
import { deriveKey, uniform, type Key } from '../kernel/random.ts';
import { canDrain, whatEnds } from './balancer/products.ts';
import { agentsPlace, balancerPlace, isBalancerFault, takesNodeDown, touched, type FaultOptions } from './fault.ts';
import type { FaultOccurrence } from './ledger.ts';
import { Purpose, namedKey } from './workload.ts';
import type { WorldOptions } from './worldOptions.ts';

/** One end of a path, as this mode has it. */
export type LinkEnd =
  | { readonly kind: 'agents' }
  /** An inventory makes several groups under one name. */
  | { readonly kind: 'groups'; readonly groupIndexes: readonly number[] }
  /** A node by index; balancers come behind the nodes. */
  | { readonly kind: 'place'; readonly placeIndex: number };

export interface PlannedFault extends FaultOccurrence {
  readonly options: FaultOptions;
  /**
   * Faults at places and of a balancer's servers. Nodes by index, balancers behind them; ascending, since those hit together have
   * no order.
   */
  readonly placeIndexes: readonly number[];
  /** Faults of a path; `null`: it is none. */
  readonly link: { readonly from: LinkEnd; readonly to: LinkEnd } | null;
  /** Commands to agents. */
  readonly groupIndexes: readonly number[];
  /** Orders to balancers: by index in `WorldOptions.balancers`, ascending. */
  readonly balancerIndexes: readonly number[];
}

export interface FaultPlan {
  readonly faults: readonly PlannedFault[];
  readonly notes: readonly string[];
}

/** Faults at balancers that have nothing which this fault could end. */
function idleNotes(options: WorldOptions, fault: FaultOptions, placeIndexes: readonly number[]): string[] {
  if (!takesNodeDown(fault.kind)) return [];
  return placeIndexes.flatMap((place) => {
    const balancer = options.balancers[place - options.nodes.length];
    if (!balancer) return [];
    const { name, product } = balancer;
    const ends = whatEnds(product);
    if (ends === 'process' || (ends === 'host' && fault.kind === 'powerOff')) return [];
    const why =
      ends === 'host' ? 'no process of it is needed for its connections' : 'it is neither a process nor a host';
    return [`${name} (${product.kind}): ${why}, so ${fault.kind} ${name} does nothing here.`];
  });
}

/** What of a fault this mode has; `null`: nothing. */
interface Target extends Pick<PlannedFault, 'places' | 'placeIndexes' | 'link' | 'groupIndexes' | 'balancerIndexes'> {
  readonly missing: readonly string[];
}

/** When one occurrence happens, and at which of the fault's places: `null`, at all of them. */
interface Span {
  readonly startUs: number;
  readonly endUs: number;
  readonly place: number | null;
}

/**
 * Occurrences in the order of the scenario's list, then of repetition, then of the places of a rolling restart. Instants in µs
 * since the end of the warm-up; a place that is down from the start is hit at the start of the warm-up. Occurrences that begin
 * at or after the end are left out.
 */
export function planFaults(options: WorldOptions, root: Key): FaultPlan {
  const faults: PlannedFault[] = [];
  const notes = new Set<string>();
  options.faults.forEach((fault, faultIndex) => {
    const all = targetOf(options, fault, touched(fault));
    for (const name of all.missing) {
      const what = isBalancerFault(fault) ? touched(fault).join(', ') : name;
      notes.add(`This mode has no ${name}: ${fault.kind} ${what} does nothing here.`);
    }
    for (const note of idleNotes(options, fault, all.placeIndexes)) notes.add(note);
    if (
      fault.kind === 'rolling' &&
      fault.drainUs > 0 &&
      !all.balancerIndexes.some((index) => canDrain(options.balancers[index]!.product))
    ) {
      notes.add('Nothing can be drained in this mode: agents stay on a node until it stops.');
    }
    for (const { startUs, endUs, place } of spansOf(options, fault, faultIndex, root)) {
      if (startUs >= options.durationUs) continue;
      const target = place === null ? all : targetOf(options, fault, [touched(fault)[place]!]);
      if (target.places.length === 0) continue;
      const { places, placeIndexes, link, groupIndexes, balancerIndexes } = target;
      const index = faults.length;
      faults.push({
        index,
        faultIndex,
        kind: fault.kind,
        places,
        outOfService: takesNodeDown(fault.kind) && !(fault.kind === 'hang' && fault.only === 'authd'),
        startUs,
        endUs,
        options: fault,
        placeIndexes,
        link,
        groupIndexes,
        balancerIndexes,
      });
    }
  });
  return { faults, notes: [...notes] };
}

function targetOf({ nodes, groups, balancers }: WorldOptions, fault: FaultOptions, names: readonly string[]): Target {
  const placeOf = (name: string): number => {
    const node = nodes.findIndex((each) => each.name === name);
    const balancer = node < 0 ? balancers.findIndex((each) => each.name === name) : -1;
    return balancer < 0 ? node : nodes.length + balancer;
  };
  const groupOf = (name: string): number => groups.findIndex((group) => group.name === name);
  const groupsCalled = (wanted: string): number[] =>
    [...groups.keys()].filter((index) => {
      const { name, labels } = groups[index]!;
      return name === wanted || labels?.includes(wanted) === true;
    });
  const none = { placeIndexes: [], link: null, groupIndexes: [], balancerIndexes: [] };
  switch (fault.kind) {
    case 'partition':
    case 'dropFlows': {
      const ends = names.map((name): LinkEnd | null => {
        const groupIndexes = groupsCalled(name);
        if (groupIndexes.length > 0) return { kind: 'groups', groupIndexes };
        const placeIndex = placeOf(name);
        if (placeIndex >= 0) return { kind: 'place', placeIndex };
        return name === agentsPlace ? { kind: 'agents' } : null;
      });
      const missing = names.filter((_, at) => ends[at] === null);
      const [from, to] = ends;
      if (!from || !to) return { ...none, places: [], missing };
      return { ...none, places: names, link: { from, to }, missing };
    }
    case 'restartAgents':
    case 'pushConfig':
    case 'reconnectAgents': {
      const places = names.filter((name) => groupsCalled(name).length > 0);
      const missing = names.filter((name) => !places.includes(name));
      const groupIndexes = [...new Set(names.flatMap(groupsCalled))].sort((a, b) => a - b);
      return { ...none, places, groupIndexes, missing };
    }
    case 'enroll': {
      const places = names.filter((name) => groupOf(name) >= 0);
      const missing = names.filter((name) => groupOf(name) < 0);
      return { ...none, places, groupIndexes: places.map(groupOf), missing };
    }
    default:
  }
  if (isBalancerFault(fault)) {
    const told = fault.balancers ?? balancers.map(({ name }) => name);
    const balancerIndexes = balancers.flatMap(({ name }, index) => (told.includes(name) ? index : []));
    if (balancerIndexes.length === 0) {
      return { ...none, places: [], missing: fault.balancers?.filter((name) => placeOf(name) < 0) ?? [balancerPlace] };
    }
    if (fault.kind === 'reload') {
      const present = balancerIndexes.map((index) => balancers[index]!.name);
      const placeIndexes = balancerIndexes.map((index) => nodes.length + index);
      const missing = told.filter((name) => !present.includes(name));
      return { ...none, places: present, placeIndexes, balancerIndexes, missing };
    }
    const places = names.filter((name) => placeOf(name) >= 0);
    const deaf = fault.balancers?.filter((name) => !balancers.some((each) => each.name === name)) ?? [];
    const missing = [...names.filter((name) => placeOf(name) < 0), ...deaf];
    return { ...none, places, placeIndexes: places.map(placeOf).sort((a, b) => a - b), balancerIndexes, missing };
  }
  const places = names.filter((name) => placeOf(name) >= 0);
  const missing = names.filter((name) => placeOf(name) < 0);
  const balancerIndexes =
    fault.kind === 'rolling'
      ? balancers.flatMap(({ name }, index) => ((fault.balancers?.includes(name) ?? true) ? index : []))
      : [];
  return { ...none, places, placeIndexes: places.map(placeOf).sort((a, b) => a - b), balancerIndexes, missing };
}

function spansOf(options: WorldOptions, fault: FaultOptions, faultIndex: number, root: Key): Span[] {
  if (fault.random) return randomSpans(options, fault, faultIndex, root);
  const key = deriveKey(root, Purpose.FaultInstant, faultIndex);
  const spans: Span[] = [];
  for (let time = 0; time < fault.times; time++) {
    const drawn = fault.atUs
      ? fault.atUs.fromUs + Math.floor(uniform(key, time, 0) * (fault.atUs.toUs - fault.atUs.fromUs + 1))
      : -options.warmupUs;
    const laterUs = time * (fault.everyUs ?? 0);
    const startUs = drawn + laterUs;
    if (fault.kind === 'rolling') {
      let stopUs = startUs;
      fault.places.forEach((_, place) => {
        stopUs += fault.drainUs;
        spans.push({ startUs: stopUs, endUs: stopUs + fault.downUs, place });
        stopUs += fault.downUs + fault.pauseUs;
      });
      continue;
    }
    const endUs = fault.forUs === null ? Infinity : (fault.atUs ? startUs : laterUs) + fault.forUs;
    spans.push({ startUs, endUs, place: null });
  }
  return spans;
}

/** Works for an exponential time, is broken for another, and so on from the start of the counted time. */
function randomSpans({ durationUs }: WorldOptions, fault: FaultOptions, faultIndex: number, root: Key): Span[] {
  const { mtbfUs, mttrUs } = fault.random!;
  // Where it happens, not which modes have it; the index tells two faults of one place apart.
  const key = deriveKey(namedKey(root, Purpose.FaultRandom, touched(fault).join('\n')), faultIndex, 0);
  const spans: Span[] = [];
  let nowUs = 0;
  for (let time = 0; ; time++) {
    const startUs = nowUs + Math.ceil(exponential(uniform(key, time, 0)) * mtbfUs);
    if (startUs >= durationUs) return spans;
    nowUs = startUs + Math.ceil(exponential(uniform(key, time, 1)) * mttrUs);
    spans.push({ startUs, endUs: nowUs, place: null });
  }
}
