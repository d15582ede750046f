// The legs of a session: from the agent to the balancer, and from there (or from the agent) to the node. What becomes of a segment on
// each of them, who repeats it, and when the other end is heard again. docs/MODEL.md, "A path that is cut, or forgotten".
import { retransmissionUs } from '../agent.ts';
import { PlaceState } from '../place.ts';
import {
  answeredUs,
  keepaliveEndUs,
  linuxKeepalive,
  noKeepalive,
  openWindowUs,
  orphanRepeatUs,
  probeUs,
  type TcpKeepalive,
} from '../tcp.ts';
import { Broken } from './kinds.ts';
import { listenerOf, latencyTo, nodeLatencyUs, type WorldState, hopUs, endOf } from './state.ts';

/** `Back` is the only leg of a session without a balancer. */
export const Leg = { Front: 0, Back: 1 } as const;
export type Leg = (typeof Leg)[keyof typeof Leg];

export const Forgotten = { No: 0, Reset: 1, Silent: 2 } as const;

/** Arrays by leg: 2 × agent + leg. Instants of a leg's sender are those of its near end. */
export class Legs {
  /** `Broken`, but `Void`. */
  readonly state: Uint8Array;
  /** A box on the way has forgotten the connection. */
  readonly forgotten: Uint8Array;
  /** When it last did. */
  readonly forgottenUs: Float64Array;
  /** When the sender sends, or has sent, the first segment that nobody acknowledges; Infinity: nothing comes to be sent. */
  readonly firstUs: Float64Array;
  /** When the leg changes by itself: a repetition arrives, a window closes. */
  readonly dueUs: Float64Array;
  /** NaN: the connection lives at the far end. Else when its FIN left first; -Infinity: nothing tells of its end. */
  readonly goneUs: Float64Array;
  /** `Dead`: when the sender hears of it. */
  readonly heardUs: Float64Array;
  /** Since when a silent leg lets segments through again. */
  readonly openUs: Float64Array;
  /** Last byte or acknowledgement that the far end has got; Infinity: it goes on getting some. */
  readonly byteUs: Float64Array;
  /** Last message that was read there: unlike a byte, no probe's answer. */
  readonly readUs: Float64Array;
  /** Events that were held in front of the far end before this session broke. */
  readonly heldBefore: Float64Array;
  /** When the leg broke. */
  readonly sinceUs: Float64Array;
  /** By agent: when the balancer closes a session on which nothing can move any more. */
  readonly idleUs: Float64Array;
  /** By agent: keepalives from here on have not come to the node. */
  readonly unansweredUs: Float64Array;
  /** By agent: the ACKs of keepalives from here to `unansweredUs` wait at the balancer. */
  readonly passedUs: Float64Array;
  /** By agent: there are such ACKs. */
  readonly answersWait: Uint8Array;
  /** By agent: since when nothing of it comes to a node, in an outage that began with answers that did not come. */
  readonly unheardUs: Float64Array;
  /** By agent: the keepalive with which it fell asleep is in the path. */
  readonly sleptOn: Uint8Array;

  constructor(agents: number) {
    this.state = new Uint8Array(2 * agents);
    this.forgotten = new Uint8Array(2 * agents);
    this.forgottenUs = new Float64Array(2 * agents);
    this.firstUs = new Float64Array(2 * agents);
    this.dueUs = new Float64Array(2 * agents).fill(Infinity);
    this.goneUs = new Float64Array(2 * agents).fill(NaN);
    this.heardUs = new Float64Array(2 * agents);
    this.openUs = new Float64Array(2 * agents).fill(Infinity);
    this.byteUs = new Float64Array(2 * agents).fill(Infinity);
    this.readUs = new Float64Array(2 * agents);
    this.heldBefore = new Float64Array(2 * agents);
    this.sinceUs = new Float64Array(2 * agents);
    this.idleUs = new Float64Array(agents).fill(Infinity);
    this.unansweredUs = new Float64Array(agents);
    this.passedUs = new Float64Array(agents);
    this.answersWait = new Uint8Array(agents);
    this.unheardUs = new Float64Array(agents);
    this.sleptOn = new Uint8Array(agents);
  }

  /** A new session begins: nothing is known against it. */
  reset(agent: number): void {
    for (let at = 2 * agent; at <= 2 * agent + 1; at++) {
      this.state[at] = Broken.No;
      this.forgotten[at] = Forgotten.No;
      this.dueUs[at] = Infinity;
      this.goneUs[at] = NaN;
      this.openUs[at] = Infinity;
    }
    this.idleUs[agent] = Infinity;
    this.sleptOn[agent] = 0;
  }
}

/** A box on the way forgets the connection of a session: one that does not answer at all stays worse than one that says RST. */
export function forgetFlow(world: WorldState, agent: number, leg: Leg, answer: number, nowUs: number): void {
  const { legs } = world;
  const at = 2 * agent + leg;
  if (answer <= legs.forgotten[at]!) return;
  legs.forgotten[at] = answer;
  legs.forgottenUs[at] = nowUs;
}

/** Segments do not arrive, or nobody takes them. */
export function isDark(condition: number): boolean {
  return condition !== Broken.No && condition !== Broken.Deaf;
}

export function farPlace(world: WorldState, agent: number, leg: Leg): number {
  return leg === Leg.Front ? world.target[agent]! : world.node[agent]!;
}

/** Keepalive of the far end of a leg: nginx listens without `so_keepalive` and asks nothing. nginx 1.22.1, src/stream/ngx_stream_core_module.c. */
export function keepaliveOf(world: WorldState, agent: number, leg: Leg): TcpKeepalive {
  if (leg === Leg.Front) {
    const { asksClients } = listenerOf(world, agent).options;
    return asksClients ? linuxKeepalive : noKeepalive;
  }
  return world.options.nodes[world.node[agent]!]!.keepalive;
}

export function legLatencyUs(world: WorldState, agent: number, leg: Leg): number {
  if (leg === Leg.Front) return latencyTo(world, agent, world.target[agent]!);
  const node = world.node[agent]!;
  return world.viaBalancer[agent] === 1 ? hopUs(world, agent, node) : latencyTo(world, agent, node);
}

/** From the agent to the near end of a leg. */
export function toNearUs(world: WorldState, agent: number, leg: Leg): number {
  return leg === Leg.Back && world.viaBalancer[agent] === 1 ? latencyTo(world, agent, world.target[agent]!) : 0;
}

export function toFarUs(world: WorldState, agent: number, leg: Leg): number {
  return leg === Leg.Front ? latencyTo(world, agent, world.target[agent]!) : nodeLatencyUs(world, agent);
}

export function nearEnd(world: WorldState, agent: number, leg: Leg): number {
  return leg === Leg.Back && world.viaBalancer[agent] === 1
    ? world.ways.endOfPlace(world.target[agent]!)
    : endOf(world, agent);
}

export function isCutThere(world: WorldState, agent: number, leg: Leg): boolean {
  return world.ways.isCut(nearEnd(world, agent, leg), world.ways.endOfPlace(farPlace(world, agent, leg)));
}

export function isCutBack(world: WorldState, agent: number, leg: Leg): boolean {
  return world.ways.isCut(world.ways.endOfPlace(farPlace(world, agent, leg)), nearEnd(world, agent, leg));
}

/** What a segment on the leg would meet now. */
function outlook(world: WorldState, agent: number, leg: Leg, nowUs: number): number {
  const { legs } = world;
  const at = 2 * agent + leg;
  const place = world.places[farPlace(world, agent, leg)]!;
  const life = leg === Leg.Front ? world.balancerLife[agent]! : world.nodeLife[agent]!;
  if (place.seenLife !== life && Number.isNaN(legs.goneUs[at])) {
    // The kernel of processes that die says FIN; a host that loses its power says nothing.
    legs.goneUs[at] = place.state === PlaceState.Silent ? -Infinity : nowUs;
  }
  if (legs.forgotten[at] === Forgotten.Reset && Number.isNaN(legs.goneUs[at])) legs.goneUs[at] = -Infinity;
  const isGone = !Number.isNaN(legs.goneUs[at]);
  // A box that says RST stands in front of the host, whether that is on or off.
  const isOff = place.state === PlaceState.Silent && legs.forgotten[at] !== Forgotten.Reset;
  if (isOff || legs.forgotten[at] === Forgotten.Silent) return Broken.Silent;
  if (!world.ways.whole) {
    if (isCutThere(world, agent, leg)) {
      // What dies says FIN, and that way is open.
      const saysFin = isGone && legs.goneUs[at]! > -Infinity && !isCutBack(world, agent, leg);
      return saysFin ? Broken.Dead : Broken.Silent;
    }
    if (isCutBack(world, agent, leg)) return isGone || place.state === PlaceState.Hung ? Broken.Silent : Broken.Deaf;
  }
  if (isGone) return Broken.Dead;
  return place.state === PlaceState.Hung || standsStillInFront(world, agent, leg) ? Broken.Hung : Broken.No;
}

/** The first of two proxies, one behind the other, stands still: its kernel takes what comes, and nothing goes on. */
function standsStillInFront(world: WorldState, agent: number, leg: Leg): boolean {
  const through = world.through[agent]!;
  if (through < 0 || leg === Leg.Back || world.places[through]!.state !== PlaceState.Hung) return false;
  return world.hosts[through - world.nodeCount]!.proxies[0]!.forwarding === null;
}

/** Changes of a leg that the session has to follow. */
export const LegChange = { None: 0, Yes: 1, Due: 2 } as const;

/**
 * Brings a TCP leg to `nowUs`. A leg that breaks gets its first segment (`firstUs` NaN until then) from who knows what is sent.
 * @returns `Due` when it has changed because its own time has come.
 */
export function reviewLeg(world: WorldState, agent: number, leg: Leg, nowUs: number): number {
  const { legs } = world;
  const at = 2 * agent + leg;
  const before = legs.state[at]!;
  const seen = outlook(world, agent, leg, nowUs);
  const latencyUs = legLatencyUs(world, agent, leg);
  const isDue = legs.dueUs[at]! <= nowUs;
  const change = (state: number): number => {
    legs.state[at] = state;
    legs.dueUs[at] = Infinity;
    legs.openUs[at] = Infinity;
    return isDue ? LegChange.Due : LegChange.Yes;
  };
  switch (before) {
    case Broken.Silent: {
      const isNext = legs.firstUs[at]! + latencyUs >= nowUs;
      if (seen === Broken.Deaf && isNext && !hasEnded(world, agent, leg, nowUs)) {
        // Nothing was lost: the next segment comes through, and is the first without an acknowledgement.
        legs.firstUs[at] = NaN;
        return change(seen);
      }
      if (seen === Broken.Silent || seen === Broken.Deaf) {
        closeAgain(world, at, nowUs);
        return LegChange.None;
      }
      if (legs.openUs[at] === Infinity) legs.openUs[at] = nowUs;
      const isGone = hasEnded(world, agent, leg, nowUs);
      const goneUs = legs.goneUs[at]!;
      // The FIN itself, when it leaves on an open way, or its next repetition.
      let finUs = Infinity;
      if (isGone) finUs = goneUs >= legs.openUs[at]! ? goneUs : orphanRepeatUs(goneUs, nowUs);
      if (seen === Broken.Dead && isCutThere(world, agent, leg)) {
        if (finUs > nowUs) {
          legs.dueUs[at] = finUs;
          return LegChange.None;
        }
        legs.heardUs[at] = finUs + latencyUs;
        return change(Broken.Dead);
      }
      if (!isDue && !isNext && finUs > nowUs) {
        legs.dueUs[at] = Math.min(finUs, retransmissionUs(legs.firstUs[at]!, nowUs - latencyUs) + latencyUs);
        return LegChange.None;
      }
      if (!isGone) return change(seen);
      // Nothing was lost: the next segment is answered with RST.
      const resetUs = isDue ? nowUs : legs.firstUs[at]! + latencyUs;
      legs.heardUs[at] = Math.min(finUs, isNext || isDue ? resetUs : Infinity) + latencyUs;
      return change(Broken.Dead);
    }
    case Broken.Deaf:
      if (seen === Broken.Deaf) return isDue ? change(Broken.Silent) : LegChange.None;
      if (seen === Broken.Silent) return change(seen);
      if (legs.firstUs[at]! + latencyUs < nowUs) {
        if (!isDue || legs.openUs[at] === Infinity) {
          legs.openUs[at] = Math.min(legs.openUs[at]!, nowUs);
          legs.dueUs[at] = retransmissionUs(legs.firstUs[at]!, nowUs - latencyUs) + latencyUs;
          return LegChange.None;
        }
      }
      return change(seen);
    case Broken.Dead:
      // What was said is on its way. A segment that was to be answered is not any more.
      if (seen !== Broken.Silent || legs.heardUs[at]! - latencyUs <= nowUs) return LegChange.None;
      return change(Broken.Silent);
    default:
      if (seen === before) return LegChange.None;
      if (seen === Broken.Dead) {
        const finUs = legs.goneUs[at]!;
        legs.heardUs[at] = finUs === -Infinity ? NaN : finUs + latencyUs;
      }
      // A window that was shut is asked about at the instants of the segment that found it so.
      if (before !== Broken.Hung || world.blocked[agent] === 0) legs.firstUs[at] = NaN;
      legs.sinceUs[at] = nowUs;
      return change(seen);
  }
}

/** A silent leg that had opened is cut again before a segment came: a probe that came has been answered. */
function closeAgain(world: WorldState, at: number, nowUs: number): void {
  const { legs } = world;
  if (legs.openUs[at]! < nowUs) {
    const keepalive = keepaliveOf(world, at >> 1, (at & 1) as Leg);
    legs.byteUs[at] = answeredUs(legs.byteUs[at]!, legs.openUs[at]!, nowUs, keepalive);
  }
  legs.openUs[at] = Infinity;
  legs.dueUs[at] = Infinity;
}

/** When the balancer ends a session whose agent it does not hear any more. */
export function sessionEndUs(world: WorldState, agent: number): number {
  const { sessionTimeoutUs } = listenerOf(world, agent).options;
  return world.legs.byteUs[2 * agent]! + sessionTimeoutUs;
}

/** True when the far end of a silent leg no longer has the connection. */
function hasEnded(world: WorldState, agent: number, leg: Leg, nowUs: number): boolean {
  const { legs } = world;
  const at = 2 * agent + leg;
  if (!Number.isNaN(legs.goneUs[at])) return true;
  if (leg === Leg.Back) {
    const keepalive = keepaliveOf(world, agent, leg);
    const ended = keepaliveEndUs(legs.byteUs[at]!, keepalive) <= nowUs;
    if (ended && probeUs(legs.byteUs[at]!, legs.openUs[at]!, keepalive) === Infinity) legs.goneUs[at] = -Infinity;
  }
  return !Number.isNaN(legs.goneUs[at]);
}

/** When the window of a sender whose acknowledgements are lost closes, `firstUs` being known. */
export function closeWindow(world: WorldState, at: number): void {
  const { legs } = world;
  if (legs.state[at] === Broken.Deaf) legs.dueUs[at] = legs.firstUs[at]! + openWindowUs;
}
