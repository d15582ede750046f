// What remoted does with connects and control messages before it does anything with events: it takes one connection a pass of its
// loop, and its handlers answer startups and keepalives one after the other. Wazuh 4.14.7, src/remoted/secure.c, HandleSecure(),
// handle_new_tcp_connection(); up to 4.12.0 manager.c, save_controlmsg(). Counted where nobody waits: keepalives are a flow of
// work, and only startups of agents that wait for their ACK stand in the queue one by one.
import type { NodeOptions } from './node.ts';
import { handlesControlInline } from './managerVersions.ts';
import type { WorldOptions } from './worldOptions.ts';

/** Startups that wait for a handler, first come first served. */
interface Waiting {
  agents: Int32Array;
  /** Attempt of the agent that the message belongs to: another one's is no longer waited for. */
  serials: Int32Array;
  /** Work of keepalives that stand before it and behind the startup before it, µs. */
  aheadUs: Float64Array;
  head: number;
  length: number;
}

export interface NodeIntake {
  /** A pass of the loop, µs; 0: accepting is not judged. */
  readonly acceptUs: number;
  readonly acceptQueue: number;
  /** Time the handlers together, or the one thread behind them, need for one control message, µs; 0: not judged. */
  readonly controlUs: number;
  /** The handlers themselves do the work: ACKs and events wait for it. */
  readonly inline: boolean;
  /** Messages that wait at most. */
  readonly queueSize: number;
  /** When the loop is through with everything that has entered the accept queue. */
  freeUs: number;
  works: boolean;
  stoppedUs: number;
  /** Work that waits, and the part of it that came behind the last startup, µs, at `atUs`. */
  workUs: number;
  tailUs: number;
  atUs: number;
  /** Work that keepalives make in a µs. */
  keepaliveShare: number;
  /** Events that the agents here write in a µs: they stand in the same queue. */
  eventsPerUs: number;
  readonly waiting: Waiting;
  /** When the handlers come to the first startup that waits; Infinity: nobody waits. */
  nextUs: number;
  /** Control messages that found the queue full. */
  dropped: number;
  peakUs: number;
  peakAtUs: number;
  /** Work that waits at the start of each slice; allocated with the first. */
  slices: Float64Array;
}

export class Intake {
  readonly nodes: readonly NodeIntake[];
  readonly #sliceUs: number;
  readonly #slices: number;
  /** When the thread behind the database's queue comes to the startup of each agent, from 4.13 on. */
  readonly #savedUs: Float64Array;

  constructor(nodes: readonly NodeOptions[], sliceUs: number, durationUs: number, agents: number) {
    this.#savedUs = new Float64Array(agents).fill(-Infinity);
    this.#sliceUs = sliceUs;
    this.#slices = Math.ceil(durationUs / sliceUs);
    this.nodes = nodes.map(newIntake);
  }

  /** Brings the work of a node to `atUs`. */
  advance(node: number, atUs: number): void {
    const intake = this.nodes[node]!;
    const { controlUs, workUs, keepaliveShare, atUs: fromUs } = intake;
    if (controlUs === 0 || atUs <= fromUs) return;
    intake.atUs = atUs;
    const slope = intake.works ? keepaliveShare - 1 : 0;
    if (workUs === 0 && slope <= 0) return;
    const mostUs = mostWorkUs(intake);
    const nowUs = Math.min(mostUs, Math.max(0, workUs + slope * (atUs - fromUs)));
    if (slope > 0 && atUs >= 0) intake.dropped += Math.max(0, workUs + slope * (atUs - fromUs) - mostUs) / controlUs;
    this.#note(intake, fromUs, atUs, slope, mostUs);
    intake.workUs = nowUs;
    if (intake.works) intake.tailUs = Math.min(intake.tailUs + keepaliveShare * (atUs - fromUs), nowUs);
    if (nowUs > intake.peakUs) notePeak(intake);
  }

  /** Agents come or go: their keepalives, and the events that stand between them. */
  sessions(node: number, atUs: number, keepalivesPerUs: number, eventsPerUs: number): void {
    const intake = this.nodes[node]!;
    if (intake.controlUs === 0) return;
    this.advance(node, atUs);
    // Sums of many small shares come back to nothing only nearly.
    intake.keepaliveShare = Math.max(0, intake.keepaliveShare + keepalivesPerUs * intake.controlUs);
    intake.eventsPerUs = Math.max(0, intake.eventsPerUs + eventsPerUs);
  }

  /** The keepalive of an agent whose startup was answered at `atUs`; from 4.13 on it takes the startup's place while that still waits. */
  keepalive(node: number, atUs: number, agent: number, arrivesUs: number): boolean {
    const { inline } = this.nodes[node]!;
    if (!inline && arrivesUs < this.#savedUs[agent]!) return true;
    return this.message(node, atUs);
  }

  /** A control message for which nobody waits. @returns false when the queue is full. */
  message(node: number, atUs: number): boolean {
    const intake = this.nodes[node]!;
    if (intake.controlUs === 0) return true;
    this.advance(node, atUs);
    if (!this.#add(intake)) return false;
    intake.tailUs += intake.controlUs;
    return true;
  }

  /**
   * A startup whose sender waits for the ACK.
   * @returns `true` when it is answered at once, `false` when it stands in the queue now, `null` when the queue is full.
   */
  startup(node: number, atUs: number, agent: number, serial: number): boolean | null {
    const intake = this.nodes[node]!;
    if (intake.controlUs === 0) return true;
    if (!intake.inline) {
      this.advance(node, atUs);
      // It is answered before it waits for the database, and waits for all that is there already.
      this.#savedUs[agent] = this.message(node, atUs) ? atUs + intake.workUs - intake.controlUs : -Infinity;
      return true;
    }
    this.advance(node, atUs);
    const { workUs, tailUs } = intake;
    if (!this.#add(intake)) return null;
    intake.tailUs = 0;
    if (workUs === 0 && intake.waiting.length === 0) return true;
    if (intake.waiting.length === 0) intake.nextUs = Math.ceil(atUs + workUs);
    push(intake.waiting, agent, serial, tailUs);
    return false;
  }

  /**
   * The handlers come to the first startup that waits; `answers` says whether its sender still waits and answers it: messages of
   * connections that are closed are thrown away. Goes on to the next one.
   */
  serve(node: number, atUs: number, answers: (agent: number, serial: number) => boolean): void {
    const intake = this.nodes[node]!;
    const { waiting, controlUs } = intake;
    this.advance(node, atUs);
    let nextUs = atUs;
    while (waiting.length > 0 && nextUs <= atUs) {
      const at = waiting.head;
      const answered = answers(waiting.agents[at]!, waiting.serials[at]!);
      waiting.head = (at + 1) % waiting.agents.length;
      waiting.length -= 1;
      if (!answered) intake.workUs = Math.max(0, intake.workUs - controlUs);
      const behindUs = waiting.length > 0 ? waiting.aheadUs[waiting.head]! : 0;
      nextUs += (answered ? controlUs : 0) + behindUs;
    }
    intake.nextUs = waiting.length > 0 ? Math.ceil(nextUs) : Infinity;
  }

  /** The processes stand still (`false`) or go on. */
  setWorks(node: number, atUs: number, works: boolean): void {
    const intake = this.nodes[node]!;
    if (intake.works === works) return;
    this.advance(node, atUs);
    intake.works = works;
    if (!works) intake.stoppedUs = atUs;
    else if (intake.nextUs < Infinity) intake.nextUs += atUs - intake.stoppedUs;
  }

  /** The processes are new. */
  forget(node: number, atUs: number): void {
    const intake = this.nodes[node]!;
    this.advance(node, atUs);
    intake.freeUs = -Infinity;
    intake.workUs = 0;
    intake.tailUs = 0;
    intake.waiting.length = 0;
    intake.nextUs = Infinity;
  }

  #add(intake: NodeIntake): boolean {
    if (intake.workUs + intake.controlUs > mostWorkUs(intake)) {
      if (intake.atUs >= 0) intake.dropped += 1;
      return false;
    }
    intake.workUs += intake.controlUs;
    if (intake.workUs > intake.peakUs) notePeak(intake);
    return true;
  }

  #note(intake: NodeIntake, fromUs: number, atUs: number, slope: number, mostUs: number): void {
    if (!intake.inline) return;
    const first = Math.max(0, Math.floor(fromUs / this.#sliceUs) + 1);
    const last = Math.min(this.#slices - 1, Math.floor(atUs / this.#sliceUs));
    if (first > last) return;
    if (intake.slices.length === 0) intake.slices = new Float64Array(this.#slices);
    for (let slice = first; slice <= last; slice++) {
      const workUs = intake.workUs + slope * (slice * this.#sliceUs - fromUs);
      if (workUs <= 0) return;
      intake.slices[slice] = Math.min(mostUs, workUs);
    }
  }
}

function newIntake(node: NodeOptions): NodeIntake {
  const inline = handlesControlInline(node.version);
  const workers = inline ? node.workerPool : 1;
  return {
    acceptUs: node.acceptsPerSecond === null ? 0 : Math.max(1, Math.round(1e6 / node.acceptsPerSecond)),
    acceptQueue: node.acceptQueue,
    controlUs: node.controlCostUs === null ? 0 : Math.max(1, Math.round(node.controlCostUs / workers)),
    inline,
    queueSize: inline ? node.queueSize - 1 : node.controlQueueSize,
    freeUs: -Infinity,
    works: true,
    stoppedUs: 0,
    workUs: 0,
    tailUs: 0,
    atUs: -Infinity,
    keepaliveShare: 0,
    eventsPerUs: 0,
    waiting: {
      agents: new Int32Array(16),
      serials: new Int32Array(16),
      aheadUs: new Float64Array(16),
      head: 0,
      length: 0,
    },
    nextUs: Infinity,
    dropped: 0,
    peakUs: 0,
    peakAtUs: 0,
    slices: new Float64Array(0),
  };
}

/**
 * Work that fits into the queue. In front of the handlers the events that come meanwhile stand in it as well; in front of the
 * database there is one message an agent at most, and only control messages.
 */
function mostWorkUs({ inline, controlUs, queueSize, eventsPerUs }: NodeIntake): number {
  return queueSize / (1 / controlUs + (inline ? eventsPerUs : 0));
}

function notePeak(intake: NodeIntake): void {
  if (intake.atUs < 0) return; // not in the warm-up
  intake.peakUs = intake.workUs;
  intake.peakAtUs = intake.atUs;
}

function push(waiting: Waiting, agent: number, serial: number, aheadUs: number): void {
  const size = waiting.agents.length;
  if (waiting.length === size) grow(waiting);
  const at = (waiting.head + waiting.length) % waiting.agents.length;
  waiting.agents[at] = agent;
  waiting.serials[at] = serial;
  waiting.aheadUs[at] = aheadUs;
  waiting.length += 1;
}

function grow(waiting: Waiting): void {
  const { head, length } = waiting;
  const order = Array.from({ length }, (_, at) => (head + at) % length);
  const agents = new Int32Array(2 * length);
  const serials = new Int32Array(2 * length);
  const aheadUs = new Float64Array(2 * length);
  order.forEach((from, to) => {
    agents[to] = waiting.agents[from]!;
    serials[to] = waiting.serials[from]!;
    aheadUs[to] = waiting.aheadUs[from]!;
  });
  waiting.agents = agents;
  waiting.serials = serials;
  waiting.aheadUs = aheadUs;
  waiting.head = 0;
}

/** Connections that wait to be taken. */
export function acceptQueueLength({ acceptUs, freeUs }: NodeIntake, nowUs: number): number {
  return acceptUs === 0 || freeUs <= nowUs ? 0 : Math.ceil((freeUs - nowUs) / acceptUs) - 1;
}

/** A connection enters the accept queue. @returns when the loop takes it. */
export function enterAcceptQueue(intake: NodeIntake, nowUs: number): number {
  const takenUs = Math.max(nowUs, intake.freeUs);
  intake.freeUs = takenUs + intake.acceptUs;
  return takenUs;
}

/**
 * Whether agents that wait in the full accept queue of a node that works are let in before they give up: a sentence for each rate.
 * @param overflowed SYNs dropped by place.
 */
export function endsOfStorm({ nodes, groups }: WorldOptions, overflowed: ArrayLike<number>): string[] {
  const patienceSeconds = Math.min(...groups.map(({ agent }) => agent.internal.recvTimeoutSeconds));
  const said = nodes.map(({ acceptsPerSecond, acceptQueue }, node) => {
    if (acceptsPerSecond === null || overflowed[node] === 0) return '';
    const waiting = acceptQueue + 1;
    const waitSeconds = waiting / acceptsPerSecond;
    const least = (waiting / patienceSeconds).toFixed(2);
    const takes = `At ${acceptsPerSecond} accepts a second the ${waiting} connections that wait in front of a node are let in after ${waitSeconds.toPrecision(3)} s`;
    return waitSeconds > patienceSeconds
      ? `${takes}, when their agents have given up (agent.recv_timeout, ${patienceSeconds} s): while the queue is full nobody gets through. A storm that keeps it full ends above ${least} a second only.`
      : `${takes}, before their agents give up (agent.recv_timeout, ${patienceSeconds} s): the storm ends, as any does above ${least} a second.`;
  });
  return [...new Set(said)].filter((text) => text !== '');
}
