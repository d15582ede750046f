// What the applications on an agent's host write: when, how large, and who picks it up.
import { crc32 } from 'node:zlib';
import { binomialHalf, poisson } from '../kernel/distributions.ts';
import { deriveKey, lane, threefry, uniform, type Key } from '../kernel/random.ts';
import { RateShape, type BurstOptions, type DayProfile } from './rateShape.ts';

export type Arrival = 'poisson' | 'regular';
export type EventSource = 'logcollector' | 'socket' | 'eventChannel';

/** Who of a group writes how much. */
export type Spread =
  | { readonly kind: 'equal' }
  | { readonly kind: 'pareto'; readonly alpha: number }
  /** Events per second, one an agent, in the order of the group. */
  | { readonly kind: 'list'; readonly ratesPerSecond: Float64Array };

export interface WorkloadOptions {
  /** Events per second of one agent; with a spread this is the mean and `spread` says who gets how much. */
  readonly ratePerSecond: number;
  readonly spread: Spread;
  /** So many agents of the group, drawn in every replication, write this much instead of their part; `null`: none. */
  readonly hitters: { readonly count: number; readonly ratePerSecond: number } | null;
  readonly arrival: Arrival;
  readonly burst: BurstOptions | null;
  /** The rate is the one where the factor is 1. */
  readonly profile: DayProfile | null;
  /** Bytes of one event on the wire. */
  readonly sizeBytes: number;
  /** `logcollector` keeps reading and drops when its queue is full; `socket` blocks the writer. */
  readonly source: EventSource;
  /** The lines are in so many files, into which logcollector looks now and then; `null`: it reads each when it is written. */
  readonly files: number | null;
}

export const workloadDefaults = {
  spread: { kind: 'equal' },
  hitters: null,
  arrival: 'poisson',
  burst: null,
  profile: null,
  sizeBytes: 300,
  source: 'logcollector',
  files: null,
} satisfies Omit<WorkloadOptions, 'ratePerSecond'>;

/** Purposes of random draws; each has its own key, so that a draw added for one changes no other. */
export const Purpose = {
  Start: 1,
  ClockPhase: 2,
  Arrivals: 3,
  ArrivalPhase: 4,
  ServerOrder: 5,
  Address: 6,
  BalancerWorker: 7,
  BalancerClock: 8,
  FaultInstant: 9,
  FlushPhase: 10,
  EventRate: 11,
  FaultRandom: 12,
  BalancerChoice: 13,
  BalancerStart: 14,
  Hitter: 31,
  BurstPhase: 32,
  StartOrder: 33,
  Churn: 41,
  PollPhase: 42,
  NodeClock: 45,
  ClusterPhase: 51,
  EnrolStart: 52,
  HelperPhase: 61,
} as const;

/** Key of a purpose for what is called `name`: a group or a node listed before it changes none of its draws. */
export function namedKey(root: Key, purpose: number, name: string): Key {
  return deriveKey(root, purpose, crc32(name));
}

/** What the draws of a group's agents are keyed by, where it is not the group's name and the agent's place in it. */
export interface DrawKeys {
  readonly name: string;
  /** One an agent of the group. */
  readonly indexes: Uint32Array;
}

/** A group as far as draws are concerned. */
export interface Drawn {
  readonly name: string;
  /** Agents of an inventory keep their luck when a line is added, and when their group or version changes. */
  readonly draws?: DrawKeys | undefined;
}

/** Key of a purpose for the agents of a group. */
export function groupKey(root: Key, purpose: number, { name, draws }: Drawn): Key {
  return namedKey(root, purpose, draws?.name ?? name);
}

/** Index under which the draws of the `local`-th agent of a group are made. */
export function drawIndex({ draws }: Drawn, local: number): number {
  return draws === undefined ? local : draws.indexes[local]!;
}

// A cell of the Poisson bridge, µs: 2^26, about 67 s. Inside a cell the count is split in halves down to single µs.
const cellBits = 26;
const cellUs = 2 ** cellBits;
/** Ours: 50 events/s. A fleet of which many write more would be more than any cluster takes. */
const muchPerUs = 50 / 1e6;
/** From this count down a part of a cell is played out: each event gets its own instant. */
const explicitCount = 6;

/**
 * When the applications of every agent write: a function of (seed, replication, agent, time), whoever looks and however often.
 * Instants are whole µs of counted time; nothing is written before 0. The cached position only makes looking forward cheap.
 */
export class Arrivals {
  readonly #arrival: Arrival;
  readonly #ratePerUs: Float64Array;
  readonly #keys0: Int32Array;
  readonly #keys1: Int32Array;
  readonly #phase: Float64Array;
  readonly #cell: Int32Array;
  readonly #cellBase: Float64Array;
  readonly #cellCount: Float64Array;
  readonly #instants = new Float64Array(explicitCount);
  // The last way down: at each depth the part that was split and the count of its left half. Looks come in bunches.
  #wayAgent = -1;
  #wayCell = -1;
  readonly #wayNode = new Int32Array(cellBits + 1);
  readonly #wayLeft = new Float64Array(cellBits + 1);
  /** `null`: the rates never change. Else everything else here is in operational time. */
  readonly #shape: RateShape | null;

  /**
   * @param group the group, or its name.
   * @param rates events per second, one an agent of the group.
   */
  constructor(
    root: Key,
    group: string | Drawn,
    arrival: Arrival,
    rates: Float64Array,
    { burst, profile }: Pick<WorkloadOptions, 'burst' | 'profile'> = workloadDefaults,
  ) {
    const drawn: Drawn = typeof group === 'string' ? { name: group } : group;
    const count = rates.length;
    this.#arrival = arrival;
    this.#shape = burst || profile ? new RateShape(burst, profile, burstPhases(root, drawn, burst, count)) : null;
    this.#ratePerUs = rates.map((rate) => rate / 1e6);
    this.#keys0 = new Int32Array(arrival === 'poisson' ? count : 0);
    this.#keys1 = new Int32Array(arrival === 'poisson' ? count : 0);
    this.#phase = new Float64Array(arrival === 'regular' ? count : 0);
    this.#cell = new Int32Array(arrival === 'poisson' ? count : 0);
    this.#cellBase = new Float64Array(arrival === 'poisson' ? count : 0);
    this.#cellCount = new Float64Array(arrival === 'poisson' ? count : 0).fill(-1);
    const key = groupKey(root, Purpose.Arrivals, drawn);
    const phaseKey = groupKey(root, Purpose.ArrivalPhase, drawn);
    for (let i = 0; i < count; i++) {
      if (arrival === 'poisson') {
        threefry(key.k0, key.k1, drawIndex(drawn, i), 0);
        this.#keys0[i] = lane.x0;
        this.#keys1[i] = lane.x1;
      } else {
        this.#phase[i] = uniform(phaseKey, drawIndex(drawn, i), 0);
      }
    }
  }

  /** Events per µs of the agent, bursts evened out, at the hours at which it writes as much as it is said to. */
  ratePerUs(agent: number): number {
    return this.#ratePerUs[agent]!;
  }

  /** Events per µs from `atUs` until the next change. */
  ratePerUsAt(agent: number, atUs: number): number {
    const rate = this.#ratePerUs[agent]!;
    return this.#shape === null ? rate : rate * this.#shape.factorAt(agent, Math.max(0, atUs));
  }

  /** The same with the bursts evened out. */
  smoothRatePerUs(agent: number, atUs: number): number {
    const rate = this.#ratePerUs[agent]!;
    return this.#shape === null ? rate : rate * this.#shape.dayFactorAt(agent, Math.max(0, atUs));
  }

  /** Expected events per µs between 0 and `toUs`. */
  meanRatePerUs(agent: number, toUs: number): number {
    const rate = this.#ratePerUs[agent]!;
    return this.#shape === null || toUs <= 0 ? rate : (rate * this.#shape.passed(agent, toUs)) / toUs;
  }

  /** Most events per µs that the agent ever writes. */
  peakRatePerUs(agent: number): number {
    const rate = this.#ratePerUs[agent]!;
    return this.#shape === null ? rate : rate * this.#shape.peak();
  }

  /** First instant after `atUs` at which the agent's rate may change; Infinity: it never does. */
  nextChangeUs(agent: number, atUs: number): number {
    return this.#shape === null ? Infinity : this.#shape.nextChangeUs(agent, Math.max(0, atUs));
  }

  /**
   * The same as far as it matters for what flows where when: bursts of the many, each with its own phase, even out; those of an agent
   * that writes much are a node's load.
   */
  nextFlowChangeUs(agent: number, atUs: number): number {
    if (this.#shape === null) return Infinity;
    return this.#ratePerUs[agent]! * this.#shape.peak() >= muchPerUs
      ? this.#shape.nextChangeUs(agent, Math.max(0, atUs))
      : this.#shape.nextDayChangeUs(agent, Math.max(0, atUs));
  }

  /** Events written before `atUs` (that instant excluded). */
  count(agent: number, atUs: number): number {
    if (atUs <= 0 || this.#ratePerUs[agent] === 0) return 0;
    // Events lie at whole µs of operational time.
    return this.#count(agent, this.#shape === null ? atUs : Math.ceil(this.#shape.passed(agent, Math.ceil(atUs))));
  }

  /** Instant of the `ordinal`-th event (1 is the first), Infinity for an agent that never writes. */
  timeOf(agent: number, ordinal: number): number {
    const at = this.#timeOf(agent, ordinal);
    return this.#shape === null || at === Infinity ? at : this.#shape.instantOf(agent, at);
  }

  #count(agent: number, atUs: number): number {
    if (atUs <= 0) return 0;
    if (this.#arrival === 'regular') return this.#regularCount(agent, atUs);
    const cell = Math.floor(atUs / cellUs);
    const inCell = this.#enterCell(agent, cell);
    return this.#cellBase[agent]! + this.#countWithin(agent, cell, inCell, atUs - cell * cellUs);
  }

  #timeOf(agent: number, ordinal: number): number {
    const rate = this.#ratePerUs[agent]!;
    if (rate === 0) return Infinity;
    if (this.#arrival === 'regular') return Math.floor((ordinal - 1 + this.#phase[agent]!) / rate);
    let cell = this.#cellCount[agent]! < 0 ? 0 : this.#cell[agent]!;
    let inCell = this.#enterCell(agent, cell);
    while (this.#cellBase[agent]! >= ordinal) {
      cell -= 1;
      inCell = this.#enterCell(agent, cell);
    }
    // A rate so low that not one event falls into a century: nobody waits for it.
    while (this.#cellBase[agent]! + inCell < ordinal) {
      cell += 1;
      if (cell > 50_000_000) return Infinity;
      inCell = this.#enterCell(agent, cell);
    }
    return cell * cellUs + this.#instantWithin(agent, cell, inCell, ordinal - this.#cellBase[agent]!);
  }

  #regularCount(agent: number, atUs: number): number {
    let count = Math.max(0, Math.ceil(atUs * this.#ratePerUs[agent]! - this.#phase[agent]!));
    while (count > 0 && this.#timeOf(agent, count) >= atUs) count -= 1;
    while (this.#timeOf(agent, count + 1) < atUs) count += 1;
    return count;
  }

  /** Makes `cell` the cached one and returns its number of events. */
  #enterCell(agent: number, cell: number): number {
    const mean = this.#ratePerUs[agent]! * cellUs;
    const k0 = this.#keys0[agent]!;
    const k1 = this.#keys1[agent]!;
    let at = this.#cell[agent]!;
    let inCell = this.#cellCount[agent]!;
    if (inCell < 0 || 2 * cell < at) {
      at = 0;
      this.#cellBase[agent] = 0;
      threefry(k0, k1, 0, 1);
      inCell = poisson(mean, lane.x0, lane.x1);
    }
    while (at > cell) {
      at -= 1;
      threefry(k0, k1, at, 1);
      inCell = poisson(mean, lane.x0, lane.x1);
      this.#cellBase[agent]! -= inCell;
    }
    while (at < cell) {
      this.#cellBase[agent]! += inCell;
      at += 1;
      threefry(k0, k1, at, 1);
      inCell = poisson(mean, lane.x0, lane.x1);
    }
    this.#cell[agent] = at;
    this.#cellCount[agent] = inCell;
    return inCell;
  }

  /** Events of a cell before `offset` µs from its start. */
  #countWithin(agent: number, cell: number, inCell: number, offset: number): number {
    let node = 1;
    let length = cellUs;
    let inNode = inCell;
    let from = 0;
    let before = 0;
    this.#chooseWay(agent, cell);
    for (let depth = 0; inNode > explicitCount; depth++) {
      const left = this.#leftHalf(agent, cell, node, inNode, depth);
      length /= 2;
      node *= 2;
      if (offset < from + length) {
        inNode = left;
      } else {
        before += left;
        inNode -= left;
        from += length;
        node += 1;
      }
      if (length === 1) return from < offset ? before + inNode : before;
    }
    this.#playOut(agent, cell, node, inNode, from, length);
    for (let i = 0; i < inNode; i++) if (this.#instants[i]! < offset) before += 1;
    return before;
  }

  /** Offset of the `ordinal`-th event of a cell. */
  #instantWithin(agent: number, cell: number, inCell: number, ordinal: number): number {
    let node = 1;
    let length = cellUs;
    let inNode = inCell;
    let from = 0;
    let wanted = ordinal;
    this.#chooseWay(agent, cell);
    for (let depth = 0; inNode > explicitCount; depth++) {
      if (length === 1) return from;
      const left = this.#leftHalf(agent, cell, node, inNode, depth);
      length /= 2;
      node *= 2;
      if (wanted <= left) {
        inNode = left;
      } else {
        wanted -= left;
        inNode -= left;
        from += length;
        node += 1;
      }
    }
    this.#playOut(agent, cell, node, inNode, from, length);
    return this.#instants[wanted - 1]!;
  }

  #chooseWay(agent: number, cell: number): void {
    if (agent === this.#wayAgent && cell === this.#wayCell) return;
    this.#wayAgent = agent;
    this.#wayCell = cell;
    this.#wayNode.fill(0);
  }

  #leftHalf(agent: number, cell: number, node: number, inNode: number, depth: number): number {
    if (this.#wayNode[depth] === node) return this.#wayLeft[depth]!;
    threefry(this.#keys0[agent]!, this.#keys1[agent]!, cell, node * 2);
    const left = binomialHalf(inNode, lane.x0, lane.x1);
    this.#wayNode[depth] = node;
    this.#wayLeft[depth] = left;
    return left;
  }

  /** Gives the few events of a part of a cell their instants, in order. */
  #playOut(agent: number, cell: number, node: number, inNode: number, from: number, length: number): void {
    if (inNode === 0) return;
    threefry(this.#keys0[agent]!, this.#keys1[agent]!, cell, node * 2 + 1);
    const k0 = lane.x0;
    const k1 = lane.x1;
    const instants = this.#instants;
    for (let i = 0; i < inNode; i++) {
      threefry(k0, k1, i, 0);
      const instant = from + Math.floor(((lane.x0 >>> 0) / 4_294_967_296) * length);
      let at = i;
      while (at > 0 && instants[at - 1]! > instant) {
        instants[at] = instants[at - 1]!;
        at -= 1;
      }
      instants[at] = instant;
    }
  }
}

/** Where each agent is in its period at instant 0, whole µs. */
function burstPhases(root: Key, drawn: Drawn, burst: BurstOptions | null, count: number): Float64Array {
  const phases = new Float64Array(burst ? count : 0);
  if (!burst) return phases;
  const key = groupKey(root, Purpose.BurstPhase, drawn);
  for (let i = 0; i < count; i++) phases[i] = Math.floor(uniform(key, drawIndex(drawn, i), 0) * burst.everyUs);
  return phases;
}
