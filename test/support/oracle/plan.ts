// When each fault happens in one replication, and where.
import { exponential } from '../../../src/kernel/distributions.ts';
import { deriveKey, uniform, type Key } from '../../../src/kernel/random.ts';
import {
  agentsPlace,
  isBalancerFault,
  type AgentCommand,
  type BalancerFault,
  type LinkFault,
  type PlaceFault,
} from '../../../src/models/fault.ts';
import { namedKey, Purpose } from '../../../src/models/workload.ts';
import type { WorldOptions } from '../../../src/models/worldOptions.ts';
import type { End } from './leg.ts';

/** Commands to agents that have a key. */
export type OracleCommand = Exclude<AgentCommand, { kind: 'enroll' }>;
export type Rollout = Extract<AgentCommand, { kind: 'enroll' }>;
/** Orders to a balancer. */
export type OracleOrder = BalancerFault;
/** Faults the oracle plays. */
export type OracleFault = PlaceFault | OracleCommand | Rollout | LinkFault | OracleOrder;

export interface Occurrence {
  readonly fault: OracleFault;
  /** Index over the occurrences: faults in order, then repetitions, then the places of a rolling restart. */
  readonly index: number;
  /** Nodes by index; the balancer is the number of nodes. Groups, by index, of a command. */
  readonly places: readonly number[];
  /** Of a fault of a path. */
  readonly link: { readonly from: End; readonly to: End } | null;
  readonly startUs: number;
  readonly endUs: number;
}

type Span = Pick<Occurrence, 'startUs' | 'endUs'> & { readonly names: readonly string[] };

export function isCommand(fault: OracleFault): fault is OracleCommand {
  return fault.kind === 'restartAgents' || fault.kind === 'pushConfig' || fault.kind === 'reconnectAgents';
}

export function isOfPath(fault: OracleFault): fault is LinkFault {
  return fault.kind === 'partition' || fault.kind === 'dropFlows';
}

export function isOrder(fault: OracleFault): fault is OracleOrder {
  return isBalancerFault(fault);
}

function touchedBy(fault: OracleFault): readonly string[] {
  if (isOfPath(fault)) return [fault.from, fault.to];
  if (fault.kind === 'enroll') return [fault.group];
  if (fault.kind === 'reload') return fault.balancers;
  return isCommand(fault) ? fault.groups : fault.places;
}

export function occurrencesOf(options: WorldOptions, root: Key): readonly Occurrence[] {
  const occurrences: Occurrence[] = [];
  const names = options.nodes.map(({ name }) => name);
  names.push(...options.balancers.map(({ name }) => name));
  const groupNames = options.groups.map(({ name }) => name);
  const endOf = (name: string): End | null => {
    if (groupNames.includes(name)) return { kind: 'group', index: groupNames.indexOf(name) };
    if (names.includes(name)) return { kind: 'place', index: names.indexOf(name) };
    return name === agentsPlace ? { kind: 'agents' } : null;
  };
  options.faults.forEach((fault, faultIndex) => {
    const known = isCommand(fault) || fault.kind === 'enroll' ? groupNames : names;
    const spans = fault.random
      ? randomSpans(options, fault, root, faultIndex)
      : plannedSpans(options, fault, deriveKey(root, Purpose.FaultInstant, faultIndex));
    for (const { startUs, endUs, names: touched } of spans) {
      if (startUs >= options.durationUs) continue;
      const index = occurrences.length;
      if (isOfPath(fault)) {
        const from = endOf(fault.from);
        const to = endOf(fault.to);
        if (from && to) occurrences.push({ fault, index, places: [], link: { from, to }, startUs, endUs });
        continue;
      }
      const places = touched.map((name) => known.indexOf(name)).filter((place) => place >= 0);
      if (places.length === 0) continue;
      places.sort((a, b) => a - b);
      occurrences.push({ fault, index, places, link: null, startUs, endUs });
    }
  });
  return occurrences;
}

function plannedSpans(options: WorldOptions, fault: OracleFault, key: Key): readonly Span[] {
  const names = touchedBy(fault);
  const spans: Span[] = [];
  for (let time = 0; time < fault.times; time++) {
    const laterUs = time * (fault.everyUs ?? 0);
    // Down from the start means: from the start of the warm-up, and `for` counts from its end.
    let firstUs = -options.warmupUs;
    if (fault.atUs) {
      const { fromUs, toUs } = fault.atUs;
      firstUs = fromUs + Math.floor(uniform(key, time, 0) * (toUs - fromUs + 1));
    }
    const startUs = firstUs + laterUs;
    if (fault.kind === 'rolling') {
      // Drained first, where that is possible; then stopped; `pause` passes between a start and what happens to the next.
      let freeUs = startUs;
      for (const name of names) {
        const stopUs = freeUs + fault.drainUs;
        spans.push({ startUs: stopUs, endUs: stopUs + fault.downUs, names: [name] });
        freeUs = stopUs + fault.downUs + fault.pauseUs;
      }
      continue;
    }
    const endUs = fault.forUs === null ? Infinity : (fault.atUs ? startUs : laterUs) + fault.forUs;
    spans.push({ startUs, endUs, names });
  }
  return spans;
}

/** It works for an exponential time, then is broken for another, from the start of counted time to its end. */
function randomSpans({ durationUs }: WorldOptions, fault: OracleFault, root: Key, faultIndex: number): readonly Span[] {
  const names = touchedBy(fault);
  const { mtbfUs, mttrUs } = fault.random!; // the caller has looked
  const key = deriveKey(namedKey(root, Purpose.FaultRandom, names.join('\n')), faultIndex, 0);
  const length = (time: number, which: number, meanUs: number): number =>
    Math.ceil(exponential(uniform(key, time, which)) * meanUs);
  const spans: Span[] = [];
  let endUs = 0;
  for (let time = 0; endUs < durationUs; time++) {
    const startUs = endUs + length(time, 0, mtbfUs);
    endUs = startUs + length(time, 1, mttrUs);
    spans.push({ startUs, endUs, names });
  }
  return spans;
}
