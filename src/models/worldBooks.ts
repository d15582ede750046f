// Everything one replication reports, collected while it runs and put in order at its end.
import { uniform, type Key } from '../kernel/random.ts';
import { missAcks } from './ackSilence.ts';
import { DelayBook } from './delays.ts';
import { addFlow, flowAmounts, newFlow, type Flow } from './flow.ts';
import {
  balances,
  emptyCounts,
  lostTotal,
  type Books,
  type EnrolmentBooks,
  type EventCounts,
  type HelperBooks,
  type Outages,
  type StatusBooks,
} from './ledger.ts';
import type { PlannedFault } from './faultPlan.ts';
import { NodeRates } from './nodeRates.ts';
import { capacityOf, isQueueJudged } from './node.ts';
import { Intake, endsOfStorm } from './intake.ts';
import { playNodeQueue, spread, type End, type NodeQueueOutput } from './nodeQueue.ts';
import { Pipelines } from './pipeline.ts';
import { polledGroups } from './pipeline/polledFiles.ts';
import { noBufferAlerts, type BufferAlerts } from './pipeline/ringStates.ts';
import type { PipelineBooks } from './pipeline/sink.ts';
import { PlaceState } from './place.ts';
import { sliceStates, type PlaceChange, type Slowed } from './sliceStates.ts';
import { addChange, addPart, cumulated, runningSum, stepMeans, stepsOf, type Steps } from './timelines.ts';
import { namedKey, Purpose, type Arrivals } from './workload.ts';
import type { WorldOptions } from './worldOptions.ts';

/** Width of the slices on which node queues and time lines are computed. */
export const sliceUs = 100_000;

export interface RunEnd {
  readonly endUs: number;
  /** By place: what stands still there will go on. */
  readonly resumes: readonly boolean[];
  /** … what analysisd there has in its memory will be written. */
  readonly writes: readonly boolean[];
  readonly node: Int16Array;
  readonly outages: Outages;
  readonly status: StatusBooks | null;
  readonly enrolment: EnrolmentBooks;
  readonly helper: HelperBooks | null;
  readonly faults: readonly PlannedFault[];
  readonly notes: readonly string[];
  readonly kernelEvents: number;
}

export class WorldBooks implements PipelineBooks {
  readonly options: WorldOptions;
  readonly pipelines: Pipelines;
  readonly counts: EventCounts[];
  readonly produced: Flow;
  readonly delivered: Flow;
  readonly lost: Flow;
  readonly inflow: (Flow[] | null)[];
  readonly nodeDelivered: Float64Array;
  readonly alerts: BufferAlerts[];
  readonly steps: Steps;
  readonly intake: Intake;
  attemptsFailed = 0;
  /** Clients closed because a worker process had no connection slot, no source port or no usable peer. */
  noSlot = 0;
  /** By the kernel of a balancer that has more connections waiting for its maxconn than it keeps. */
  synsDropped = 0;
  noPort = 0;
  /** Connections of balancers that a dying process has taken. */
  metDying = 0;
  noPeer = 0;

  readonly #flushPhaseUs: readonly number[];
  readonly #changes: PlaceChange[][];
  readonly #slowed: Slowed[][];
  readonly #delays = new DelayBook();
  readonly #connected: Float64Array[];
  readonly #connectedParts: Float64Array[];
  readonly #rates: NodeRates;
  readonly #sessions: Float64Array;
  readonly #unaware: Float64Array;
  readonly #present: Float64Array;
  readonly #connectsPerSecond: Int32Array[];
  readonly #refused: Float64Array;
  readonly #overflowed: Float64Array;
  readonly #keysRefused: Float64Array;
  readonly #blindUs: Float64Array;
  readonly #drainUs: Float64Array;
  #nodeAtStart = new Int16Array(0);
  #kernelEventsWarmup = 0;

  constructor(options: WorldOptions, arrivals: readonly Arrivals[], root: Key) {
    this.options = options;
    const { nodes, groups, durationUs } = options;
    const slices = Math.ceil(durationUs / sliceUs);
    const places = nodes.length + Math.max(1, options.balancers.length);
    this.counts = groups.map(() => emptyCounts());
    this.produced = newFlow(sliceUs, slices);
    this.delivered = newFlow(sliceUs, slices);
    this.lost = newFlow(sliceUs, slices);
    this.inflow = nodes.map((node) => (!isQueueJudged(node) ? null : groups.map(() => newFlow(sliceUs, slices))));
    this.nodeDelivered = new Float64Array(nodes.length);
    this.alerts = groups.map(() => noBufferAlerts());
    this.pipelines = new Pipelines(groups, arrivals, places, this, polledGroups(groups, arrivals, root));
    this.steps = stepsOf(durationUs);
    this.intake = new Intake(nodes, sliceUs, durationUs, this.pipelines.groupOf.length);
    this.#flushPhaseUs = nodes.map(({ name }) =>
      Math.floor(uniform(namedKey(root, Purpose.FlushPhase, name), 0, 0) * 1e6),
    );
    this.#changes = Array.from({ length: places }, () => []);
    this.#slowed = Array.from({ length: places }, () => []);
    this.#connected = nodes.map(() => new Float64Array(this.steps.count));
    this.#connectedParts = nodes.map(() => new Float64Array(this.steps.count));
    this.#rates = new NodeRates(groups, nodes.length, this.steps);
    this.#sessions = new Float64Array(this.steps.count);
    this.#unaware = new Float64Array(this.steps.count);
    this.#present = new Float64Array(this.steps.count);
    this.#connectsPerSecond = nodes.map(() => new Int32Array(Math.ceil(durationUs / 1e6) + 1));
    this.#refused = new Float64Array(places);
    this.#overflowed = new Float64Array(places);
    this.#keysRefused = new Float64Array(places);
    this.#blindUs = new Float64Array(this.pipelines.groupOf.length);
    this.#drainUs = new Float64Array(this.pipelines.groupOf.length);
  }

  addDelay(
    events: number,
    _node: number,
    _fromUs: number,
    _toUs: number,
    delayFromUs: number,
    delayToUs: number,
  ): void {
    this.#delays.add(events, delayFromUs, delayToUs);
  }

  /**
   * Up to when the node has written at `atUs` what had come. analysisd flushes once a second; where it may be too slow, that is seen with
   * its queue.
   */
  lastFlushUs(node: number, atUs: number): number {
    if (capacityOf(this.options.nodes[node]!) !== null) return atUs;
    const phase = this.#flushPhaseUs[node]!;
    return Math.floor((atUs - phase) / 1e6) * 1e6 + phase;
  }

  atStart(node: Int16Array, kernelEvents: number): void {
    this.#nodeAtStart = node.slice();
    this.#kernelEventsWarmup = kernelEvents;
  }

  placeChanged(place: number, atUs: number, state: PlaceState, end: End, graceUs: number): void {
    this.#changes[place]!.push({ atUs, state, end, graceUs });
  }

  /** A share of the node's capacity is left from now on. */
  slowed(node: number, atUs: number, share: number): void {
    this.#slowed[node]!.push({ atUs, share });
  }

  unaware(atUs: number, change: number): void {
    addChange(this.#unaware, this.steps, atUs, change);
  }

  /** Agents that exist. */
  present(atUs: number, change: number): void {
    addChange(this.#present, this.steps, atUs, change);
  }

  blind(agent: number, us: number): void {
    if (us > this.#blindUs[agent]!) this.#blindUs[agent] = us;
  }

  drained(agent: number, us: number): void {
    if (us > this.#drainUs[agent]!) this.#drainUs[agent] = us;
  }

  joined(node: number, atUs: number, agent: number): void {
    this.#session(node, atUs, agent, 1);
  }

  left(node: number, atUs: number, agent: number): void {
    this.#session(node, atUs, agent, -1);
  }

  #session(node: number, atUs: number, agent: number, change: number): void {
    const { pipelines } = this;
    const group = pipelines.groupOf[agent]!;
    const rate = pipelines.arrivals[group]!.ratePerUs(pipelines.local(agent)) * 1e6;
    const { notifyTimeSeconds } = this.options.groups[pipelines.groupOf[agent]!]!.agent;
    this.intake.sessions(node, atUs, change / (notifyTimeSeconds * 1e6), (change * rate) / 1e6);
    addChange(this.#connected[node]!, this.steps, atUs, change);
    addPart(this.#connectedParts[node]!, this.steps, atUs, change);
    this.#rates.changed(group, node, atUs, change * rate);
    addChange(this.#sessions, this.steps, atUs, change);
  }

  accepted(node: number, atUs: number): void {
    if (atUs >= 0) this.#connectsPerSecond[node]![Math.floor(atUs / 1e6)]! += 1;
  }

  refused(place: number, atUs: number): void {
    if (atUs >= 0) this.#refused[place]! += 1;
  }

  keyRefused(node: number, atUs: number): void {
    if (atUs >= 0) this.#keysRefused[node]! += 1;
  }

  overflowed(place: number, atUs: number): void {
    if (atUs >= 0) this.#overflowed[place]! += 1;
  }

  /** Puts the books in order. @throws when an event has no place or two. */
  close(end: RunEnd): Books {
    const { options, pipelines, counts, steps } = this;
    const { nodes } = options;
    const agents = pipelines.groupOf.length;
    const agentRate = new Float64Array(agents);
    for (let agent = 0; agent < agents; agent++) {
      const group = pipelines.groupOf[agent]!;
      const own = counts[group]!;
      agentRate[agent] = pipelines.arrivals[group]!.meanRatePerUs(pipelines.local(agent), end.endUs) * 1e6;
      for (let slot = 0; slot < pipelines.slots; slot++) {
        const isInPath = slot < pipelines.places;
        const goesOn = (isInPath ? end.resumes : end.writes)[slot % pipelines.places];
        pipelines.settlePath(agent, slot, goesOn ? 'pending' : isInPath ? 'path' : 'nodeMemory', end.endUs);
      }
      const unread = pipelines.unread(agent, end.endUs);
      own.produced += pipelines.produced(agent, end.endUs);
      own.pending += unread + pipelines.upstream[agent]! + pipelines.ring[agent]!;
    }
    nodes.forEach((_, node) => this.intake.advance(node, end.endUs));
    const queues = this.#playQueues(end);
    for (const own of counts) {
      if (!balances(own)) {
        throw new Error(
          `the books do not balance: produced ${own.produced}, delivered ${own.delivered}, ` +
            `lost ${lostTotal(own)}, pending ${own.pending}`,
        );
      }
    }
    const count = Math.floor(end.endUs / steps.stepUs) + 1;
    const cut = (values: Float64Array): Float64Array => values.slice(0, count);
    const delivered = cut(cumulated(flowAmounts(this.delivered), sliceUs, steps));
    const lost = cut(cumulated(flowAmounts(this.lost), sliceUs, steps));
    // Booked over the same stretches as what becomes of it, so that what waits is a difference without noise.
    const produced = cut(cumulated(flowAmounts(this.produced), sliceUs, steps));
    const sessions = runningSum(this.#sessions);
    const present = runningSum(this.#present);
    const connected = this.#connected.map((changes) => cut(runningSum(changes)));
    const rates = nodes.map((_, node) => this.#rates.ofNode(node));
    const seconds = Math.ceil(end.endUs / 1e6);
    return {
      groups: counts,
      outages: end.outages,
      status: end.status,
      enrolment: end.enrolment,
      helper: end.helper,
      faults: end.faults.map(({ index, faultIndex, kind, places, outOfService, startUs, endUs }) => ({
        index,
        faultIndex,
        kind,
        places,
        outOfService,
        startUs,
        endUs,
      })),
      timeline: {
        stepUs: steps.stepUs,
        steps: count,
        connected,
        connectedMean: connected.map((values, node) => stepMeans(values, this.#connectedParts[node]!)),
        disconnected: cut(sessions).map((value, step) => present[step]! - value),
        unaware: cut(runningSum(this.#unaware)),
        nodeRate: rates.map(({ rate }) => cut(rate)),
        nodeRateMean: rates.map(({ mean }) => cut(mean)),
        produced,
        delivered,
        lost,
        waiting: produced.map((value, step) => Math.max(0, value - delivered[step]! - lost[step]!)),
      },
      nodes: nodes.map(({ name }, node) => {
        let peak = 0;
        for (let second = 0; second < seconds; second++) {
          peak = Math.max(peak, this.#connectsPerSecond[node]![second]!);
        }
        const queue = queues[node];
        return {
          name,
          delivered: this.nodeDelivered[node]!,
          lostQueue: queue?.lostQueue ?? 0,
          lostAnalysis: queue?.lostAnalysis ?? 0,
          lostMemory: queue?.lostMemory ?? 0,
          connectsPeakPerSecond: peak,
          refused: this.#refused[node]!,
          acceptQueueOverflow: this.#overflowed[node]!,
          queuePeak: Math.round(queue?.output.peak ?? 0),
          queuePeakAtUs: (queue?.output.peakSlice ?? 0) * sliceUs,
          controlWaitPeakUs: this.intake.nodes[node]!.peakUs,
          controlWaitPeakAtUs: this.intake.nodes[node]!.peakAtUs,
          keysRefused: this.#keysRefused[node]!,
          firstDropAtUs: queue ? firstDrop(queue.output) : -1,
          controlDropped: Math.round(this.intake.nodes[node]!.dropped),
        };
      }),
      delays: this.#delays.histogram(),
      alerts: this.alerts,
      blindUs: this.#blindUs,
      drainUs: this.#drainUs,
      nodeAtStart: this.#nodeAtStart,
      nodeAtEnd: end.node.slice(),
      attemptsFailed: this.attemptsFailed,
      agentRate,
      kernelEventsWarmup: this.#kernelEventsWarmup,
      kernelEvents: end.kernelEvents - this.#kernelEventsWarmup,
      notes: this.#notes(
        end.notes,
        nodes.map(({ name }, node) => ({ name, atUs: queues[node] ? firstDrop(queues[node].output) : -1 })),
        connected,
      ),
    };
  }

  #notes(
    before: readonly string[],
    drops: readonly { readonly name: string; readonly atUs: number }[],
    connected: readonly Float64Array[],
  ): string[] {
    const notes = [...before];
    const told = (count: number, what: string): void => {
      if (count > 0) notes.push(`${count} connections were closed by the balancer: ${what}.`);
    };
    told(this.noSlot, slotWords(this.options.balancers));
    if (this.synsDropped > 0) {
      notes.push(
        `${this.synsDropped} connects met a full queue in front of the balancer's maxconn and had to try again.`,
      );
    }
    told(this.noPort, 'no source port is left towards a node');
    told(this.noPeer, 'no live upstream');
    if (this.metDying > 0) {
      notes.push(
        `${this.metDying} connections of a balancer were taken by a process that was dying (acceptsFor, assumed): they are reset, and their agents wait a retry interval.`,
      );
    }
    const overflow = this.#overflowed.reduce((a, b) => a + b, 0);
    if (overflow > 0) notes.push(`${overflow} connects found a full accept queue and had to try again.`);
    notes.push(...endsOfStorm(this.options, this.#overflowed));
    const first = drops.filter(({ atUs }) => atUs >= 0).sort((a, b) => a.atUs - b.atUs)[0];
    if (first) notes.push(`${first.name} is the first node that gets more events than it can take.`);
    const refused = this.#keysRefused.reduce((a, b) => a + b, 0);
    if (refused > 0) notes.push(`${refused} connections were refused: the agent's key was already in use.`);
    this.options.nodes.forEach(({ name, acceptsPerSecond, acceptQueue }, node) => {
      if (acceptsPerSecond !== null || this.#connectsPerSecond[node]!.every((connects) => connects <= acceptQueue + 1))
        return;
      notes.push(
        `More than ${acceptQueue + 1} agents connect to ${name} within a second: whether it takes them as fast is not judged (no acceptsPerSecond).`,
      );
    });
    notes.push(...this.#late(connected));
    return notes;
  }

  /** Agents that would have left a node for want of an ACK, and have not. */
  #late(connected: readonly Float64Array[]): string[] {
    const { nodes, groups } = this.options;
    const patiences = groups.map(({ agent }) => agent);
    return nodes.flatMap(({ name }, node) => {
      const workUs = this.intake.nodes[node]!.slices;
      const agents = missAcks({ workUs, sliceUs, connected: connected[node]!, steps: this.steps }, patiences);
      if (agents === 0) return [];
      return [
        `${agents} agents at most that were connected to ${name} would have had no ACK for longer than time-reconnect behind the work of startups, have left and come again: not played, so that this storm is shown too small and too short.`,
      ];
    });
  }

  /** Nodes whose capacity is judged: what did not fit was not delivered after all. */
  #playQueues({
    endUs,
    resumes,
  }: RunEnd): ({ output: NodeQueueOutput; lostQueue: number; lostAnalysis: number; lostMemory: number } | undefined)[] {
    const { nodes } = this.options;
    return nodes.map((node, index) => {
      const flows = this.inflow[index];
      if (!flows) return undefined;
      // Where nothing flows the sums of a flow leave dust, of either sign, which has no share of anything.
      const byGroup = flows.map((flow) => flowAmounts(flow).map((amount) => (amount > 1e-6 ? amount : 0)));
      const slices = Math.ceil(endUs / sliceUs);
      const inflow = new Float64Array(slices);
      for (const amounts of byGroup) {
        for (let slice = 0; slice < amounts.length; slice++) inflow[Math.min(slice, slices - 1)]! += amounts[slice]!;
      }
      const output = playNodeQueue({
        sliceUs,
        inflow,
        eventsPerSecond: node.eventsPerSecond ?? Infinity,
        epsLimit: node.epsLimit,
        analysisQueueSize: node.analysisQueueSize,
        queueSize: node.queueSize,
        workUs: this.intake.nodes[index]!.slices,
        controlUs: this.intake.nodes[index]!.controlUs,
        ...sliceStates(this.#changes[index]!, this.#slowed[index]!, this.#flushPhaseUs[index]!, sliceUs, slices),
      });
      // A group's part of what is dropped in a slice is its part of what came in lately; of what waits, its part of all.
      const shares = (dropped: Float64Array): number[] =>
        byGroup.map((amounts) => {
          let sum = 0;
          for (let slice = 0; slice < slices; slice++) {
            if (dropped[slice]! > 0 && inflow[slice]! > 0) sum += (dropped[slice]! * amounts[slice]!) / inflow[slice]!;
          }
          return sum;
        });
      const totals = byGroup.map((amounts) => amounts.reduce((a, b) => a + b, 0));
      const limits = (): number[] => this.counts.map(({ delivered }, group) => (totals[group]! > 0 ? delivered : 0));
      const take = (dropped: Float64Array, cause: 'nodeQueue' | 'analysis' | 'nodeMemory' | 'zombie'): number => {
        const total = Math.round(dropped.reduce((a, b) => a + b, 0));
        if (total === 0) return 0;
        const own = shares(dropped);
        const parts = spread(total, own.some((share) => share > 0) ? own : totals, limits());
        let taken = 0;
        parts.forEach((part, group) => {
          this.counts[group]!.delivered -= part;
          this.counts[group]!.lost[cause] += part;
          taken += part;
        });
        for (let slice = 0; slice < slices; slice++) {
          if (dropped[slice] === 0) continue;
          addFlow(this.lost, dropped[slice]!, slice * sliceUs, slice * sliceUs);
          addFlow(this.delivered, -dropped[slice]!, slice * sliceUs, slice * sliceUs);
        }
        this.nodeDelivered[index]! -= taken;
        return taken;
      };
      const lostQueue = take(output.droppedQueue, 'nodeQueue');
      const lostAnalysis = take(output.droppedAnalysis, 'analysis');
      const lostMemory = take(output.died, 'nodeMemory');
      take(output.wasted, 'zombie');
      const waiting = Math.round(output.waiting + output.unwritten);
      const parts = spread(waiting, totals, limits());
      // What waits in processes that stand still for ever is as lost as what dies with them.
      const isStuck = this.#changes[index]!.at(-1)?.state === PlaceState.Hung && !resumes[index];
      parts.forEach((part, group) => {
        const counts = this.counts[group]!;
        counts.delivered -= part;
        if (isStuck) counts.lost.nodeMemory += part;
        else counts.pending += part;
        this.nodeDelivered[index]! -= part;
      });
      this.#delays.addWaits(output.waitSumUs, output.waitMaxUs);
      return { output, lostQueue, lostAnalysis, lostMemory: lostMemory + (isStuck ? waiting : 0) };
    });
  }
}

function firstDrop({ droppedQueue, droppedAnalysis }: NodeQueueOutput): number {
  const slice = droppedQueue.findIndex((dropped, at) => dropped + droppedAnalysis[at]! > 0);
  return slice < 0 ? -1 : slice * sliceUs;
}

function slotWords(balancers: WorldOptions['balancers']): string {
  const kinds = new Set(balancers.map(({ product }) => product.kind));
  const limits = [
    ...(kinds.has('nginx') ? ['worker_connections'] : []),
    ...(kinds.has('envoy') ? ['max_connections of the circuit breaker'] : []),
  ];
  return `${limits.length === 0 ? 'its places' : limits.join(' or ')} are not enough`;
}
