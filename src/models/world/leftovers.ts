// What stays behind when an agent leaves a connection that its FIN does not end: segments its kernel still repeats, the connection
// at the node, the session at the balancer. docs/MODEL.md, "A path that is cut, or forgotten".
import { retransmissionUs } from '../agent.ts';
import { dropsQueuedOnClose } from '../managerVersions.ts';
import type { Held } from '../pipeline/held.ts';
import { PlaceState } from '../place.ts';
import { keepaliveEndUs, orphanGiveUpUs, orphanLastRepeatUs, probeUs, type TcpKeepalive } from '../tcp.ts';
import type { Way } from '../ways.ts';
import { opensUs } from './cuts.ts';
import { comesIn } from './flush.ts';
import { Forgotten } from './legs.ts';
import { EventKind } from './kinds.ts';
import { addPlaceEvent, type WorldState } from './state.ts';
import { closeSession, type ProxySession } from './throughBalancer.ts';
import { forgetNodeEnd, reviewNodeEnd, type NodeEnd } from './nodeEnd.ts';

/** A connection that one end has left and the other has not heard of. */
export interface Leftover {
  readonly agent: number;
  /** The end that still has it: a node or the balancer. */
  readonly place: number;
  readonly life: number;
  readonly node: number;
  readonly nodeLife: number;
  /** The other end, as `Ways` knows it, and its place; -1: an agent. */
  readonly near: number;
  readonly nearPlace: number;
  readonly latencyUs: number;
  /** First segment that was lost, and the last time its sender repeats it. */
  readonly firstUs: number;
  readonly lastRepeatUs: number;
  /** When the sender forgets it: until then its socket answers what it is asked. */
  readonly giveUpUs: number;
  readonly byteUs: number;
  /** Last message that was read on it. */
  readonly readUs: number;
  probes: boolean;
  /** As `untilUs`, if the way stays cut. */
  endUs: number;
  /** When the far end asks for the first time on the way that has opened, and is answered. */
  askedUs: number;
  /** Last answer of the sender's kernel to a probe; `byteUs` before there is one. */
  aliveUs: number;
  readonly keepalive: TcpKeepalive;
  /** Segments of it never pass again. */
  isForgotten: boolean;
  /** The node's connection ends with it. */
  readonly holdsKey: boolean;
  /** The balancer's session, and what the node knows of it; `null`: it is another leftover. */
  readonly session: ProxySession | null;
  readonly nodeEnd: NodeEnd | null;
  /** What the node's kernel said when it closed its end was lost. */
  isUntold: boolean;
  held: Held | null;
  /** The far end closes it then, as things are. */
  untilUs: number;
  dueUs: number;
  nextUs: number;
  isOpen: boolean;
}

export class Leftovers {
  readonly all = new Map<number, Leftover>();
  next = 0;
  /** Agents that have left events at a balancer that stands still, for a connection whose node has died since: `keptAt`. */
  readonly inVain = new Set<number>();

  /** True while events that stayed behind may still arrive. */
  get carry(): boolean {
    for (const { held } of this.all.values()) if (held) return true;
    return false;
  }
}

/** What an agent has left at a balancer, as a number. */
export function keptAt(world: WorldState, agent: number, place: number): number {
  return agent * world.places.length + place;
}

/**
 * When a node last heard the agent on the connection of a session that the agent has left and the node still holds: its key is in use
 * there. -Infinity: it holds none. The agent's present session is none of these.
 */
export function lastHeardUs(world: WorldState, agent: number, node: number, atUs: number): number {
  let heardUs = -Infinity;
  if (world.leftovers.all.size === 0) return heardUs;
  for (const left of world.leftovers.all.values()) {
    if (left.agent !== agent || left.node !== node || !holdsNode(world, left)) continue;
    if (atUs >= left.untilUs || (left.nodeEnd && atUs >= left.nodeEnd.untilUs)) continue;
    heardUs = Math.max(heardUs, left.readUs);
  }
  return heardUs;
}

export function nodeHoldsOld(world: WorldState, agent: number, node: number, atUs: number): boolean {
  return lastHeardUs(world, agent, node, atUs) > -Infinity;
}

/** The node closes what it holds of the agent's old connections, because a new one has taken their key over. */
export function closeOld(world: WorldState, agent: number, node: number, nowUs: number): void {
  for (const [id, left] of world.leftovers.all) {
    if (left.agent === agent && left.node === node && holdsNode(world, left)) forget(world, id, left, nowUs);
  }
}

function holdsNode(world: WorldState, { node, nodeLife, place, life, holdsKey }: Leftover): boolean {
  return holdsKey && world.places[node]!.life === nodeLife && world.places[place]!.life === life;
}

export function add(world: WorldState, left: Leftover): number {
  const id = world.leftovers.next;
  world.leftovers.next += 1;
  world.leftovers.all.set(id, left);
  return id;
}

/** The way is open again at `nowUs`: the next repetition arrives, or the next probe finds out. */
export function planRepeat(left: Leftover, nowUs: number): void {
  const { latencyUs, firstUs, lastRepeatUs } = left;
  left.dueUs = Infinity;
  if (firstUs < Infinity) {
    const againUs = retransmissionUs(firstUs, nowUs - latencyUs);
    if (againUs <= lastRepeatUs) left.dueUs = againUs + latencyUs;
  }
  if (left.session !== null) return;
  const { idleUs } = left.keepalive;
  let askedUs = left.probes ? probeUs(left.aliveUs, nowUs, left.keepalive) : retransmissionUs(left.byteUs, nowUs);
  if (askedUs === Infinity) return;
  // A socket that still repeats something answers, and is asked again; where none is left, RST.
  if (askedUs + latencyUs < left.giveUpUs) left.askedUs = askedUs;
  while (askedUs + latencyUs < left.giveUpUs) askedUs += idleUs;
  left.untilUs = askedUs + 2 * latencyUs;
}

/** The way is cut again: the far end goes by the last answer it has got. */
function planSilence(left: Leftover, nowUs: number): void {
  left.dueUs = Infinity;
  if (left.session !== null) return;
  if (left.askedUs < nowUs) {
    const { idleUs } = left.keepalive;
    let heardUs = left.askedUs;
    while (heardUs + idleUs < nowUs && heardUs + idleUs + left.latencyUs < left.giveUpUs) heardUs += idleUs;
    left.probes = true;
    left.aliveUs = heardUs;
    left.endUs = keepaliveEndUs(heardUs, left.keepalive);
  }
  left.askedUs = Infinity;
  left.untilUs = left.endUs;
}

/** Longer than any answer is under way. */
const answersUnderWayUs = 1_000_000;

export function arm(world: WorldState, id: number, left: Leftover): void {
  const giveUpUs = left.held === null ? Infinity : left.giveUpUs;
  // A node that has closed it is asked about it until the answers under way are with their agents.
  const endUs = left.session === null ? left.untilUs + answersUnderWayUs : left.untilUs;
  left.nextUs = Math.ceil(Math.min(left.dueUs, giveUpUs, endUs, toldUs(left)));
  if (left.nextUs < world.options.durationUs) addPlaceEvent(world, EventKind.Leftover, id, left.nextUs);
}

/** When the balancer hears RST of a node whose keepalive has ended its connection; Infinity: it does not. */
function toldUs({ nodeEnd, isUntold }: Leftover): number {
  if (nodeEnd === null || isUntold || nodeEnd.isForgotten || nodeEnd.untilUs === -Infinity) return Infinity;
  return nodeEnd.untilUs + nodeEnd.latencyUs;
}

/** A way or a place has changed: what stayed behind may be heard again, or is gone with its place. */
export function reviewLeftovers(world: WorldState, nowUs: number): void {
  for (const [id, left] of world.leftovers.all) {
    const place = world.places[left.place]!;
    if (place.life !== left.life) {
      forget(world, id, left, nowUs);
      continue;
    }
    const closesUs = left.nodeEnd?.untilUs;
    if (left.nodeEnd) reviewNodeEnd(world, left.nodeEnd, left.place, left.node, nowUs);
    if (left.nodeEnd?.untilUs !== closesUs) arm(world, id, left);
    if (left.isForgotten || left.untilUs <= nowUs) continue;
    const end = world.ways.endOfPlace(left.place);
    const nearLives = left.nearPlace < 0 || world.places[left.nearPlace]!.state !== PlaceState.Silent;
    const isOpen =
      nearLives &&
      place.state !== PlaceState.Silent &&
      !world.ways.isCut(left.near, end) &&
      !world.ways.isCut(end, left.near);
    if (isOpen === left.isOpen) continue;
    left.isOpen = isOpen;
    if (isOpen) planRepeat(left, nowUs);
    else planSilence(left, nowUs);
    arm(world, id, left);
  }
}

/** The next instant of a leftover has come. */
export function leftoverDue(world: WorldState, id: number, nowUs: number): void {
  const left = world.leftovers.all.get(id);
  if (left?.nextUs !== nowUs) return;
  if (nowUs >= toldUs(left) && nowUs < Math.min(left.dueUs, left.untilUs)) {
    left.isUntold = world.ways.isCut(world.ways.endOfPlace(left.node), world.ways.endOfPlace(left.place));
    if (left.isUntold) arm(world, id, left);
    else forget(world, id, left, nowUs);
  } else if (nowUs === left.dueUs && nowUs < left.untilUs) {
    takeLate(world, left, nowUs);
    forget(world, id, left, nowUs);
  } else if (nowUs >= left.untilUs) {
    forget(world, id, left, nowUs);
  } else {
    if (left.held) world.books.pipelines.judge(left.agent, left.held, 'path', nowUs);
    left.held = null;
    arm(world, id, left);
  }
}

/** A repetition arrives, and everything behind it: it is delivered late where the connection still leads to a node that works. */
function takeLate(world: WorldState, left: Leftover, nowUs: number): void {
  if (!left.held) return;
  const node = world.places[left.node]!;
  const end = world.ways.endOfPlace(left.place);
  const isCut = left.session !== null && world.ways.isCut(end, world.ways.endOfPlace(left.node));
  if (isCut || world.places[left.place]!.state !== PlaceState.Up || node.life !== left.nodeLife) return;
  if (left.nodeEnd && (left.nodeEnd.isForgotten || left.nodeEnd.untilUs <= nowUs)) return;
  if (node.state !== PlaceState.Up || dropsQueuedOnClose(world.options.nodes[left.node]!.version)) return;
  comesIn(world, left.agent, left.held, left.node, nowUs);
  left.held = null;
}

export function forget(world: WorldState, id: number, left: Leftover, nowUs: number): void {
  world.leftovers.all.delete(id);
  if (nowUs < world.options.durationUs) world.probe.oldEnded?.(left.agent, nowUs, left.place);
  if (left.held) world.books.pipelines.judge(left.agent, left.held, 'path', nowUs);
  left.held = null;
  if (left.session === null || world.places[left.place]!.life !== left.life) return;
  closeSession(world, left.session, nowUs);
  if (nowUs < world.options.durationUs) leaveNodeEnd(world, left, nowUs);
}

/** The balancer closes its connection to the node, and its FIN is lost: it repeats that as an agent would. */
function leaveNodeEnd(world: WorldState, left: Leftover, nowUs: number): void {
  const { nodeEnd, node, nodeLife } = left;
  if (nodeEnd === null || nodeEnd.untilUs <= nowUs || nodeEnd.openUs < Infinity) return;
  if (world.places[node]!.life !== nodeLife) return;
  const { isForgotten, heardUs, keepalive, latencyUs } = nodeEnd;
  const firstUs = isForgotten ? Infinity : nowUs;
  const byteUs = heardUs < Infinity ? heardUs : nowUs;
  const endUs = nodeEnd.untilUs < Infinity ? nodeEnd.untilUs : keepaliveEndUs(byteUs, keepalive);
  const orphan: Leftover = {
    ...left,
    place: node,
    life: nodeLife,
    near: world.ways.endOfPlace(left.place),
    nearPlace: left.place,
    latencyUs,
    firstUs,
    lastRepeatUs: firstUs + orphanLastRepeatUs,
    giveUpUs: isForgotten ? nowUs : firstUs + orphanGiveUpUs,
    byteUs,
    probes: true,
    keepalive,
    isForgotten,
    session: null,
    nodeEnd: null,
    isUntold: false,
    held: null,
    endUs,
    askedUs: Infinity,
    aliveUs: byteUs,
    untilUs: endUs,
    dueUs: Infinity,
    nextUs: Infinity,
    isOpen: false,
  };
  arm(world, add(world, orphan), orphan);
}

/** A box forgets the connections between two ends: those that were left there too. @param answer `Forgotten`. */
export function forgetLeftovers(world: WorldState, ways: readonly Way[], answer: number, nowUs: number): void {
  for (const [id, left] of world.leftovers.all) {
    const isBetween = (end: number, other: number): boolean =>
      ways.some(({ from, to }) => (from === end && to === other) || (from === other && to === end));
    if (left.nodeEnd && isBetween(world.ways.endOfPlace(left.place), world.ways.endOfPlace(left.node)))
      forgetNodeEnd(left.nodeEnd, answer, nowUs);
    if (left.isForgotten || !isBetween(left.near, world.ways.endOfPlace(left.place))) continue;
    if (left.isOpen) planSilence(left, nowUs);
    left.isForgotten = true;
    left.isOpen = false;
    left.dueUs = Infinity;
    if (left.held) world.books.pipelines.judge(left.agent, left.held, 'path', nowUs);
    left.held = null;
    if (left.session === null) {
      const probed = left.probes && answer === Forgotten.Reset;
      if (probed) left.untilUs = Math.min(left.untilUs, probeUs(left.aliveUs, nowUs, left.keepalive));
    }
    arm(world, id, left);
  }
}

/** The run is over: what would still arrive is pending. */
export function settleLeftovers(world: WorldState, endUs: number): void {
  // Their sessions stay as they are: a slot that became free would have others go on.
  for (const left of world.leftovers.all.values()) {
    if (!left.held) continue;
    const fate = willArrive(world, left, endUs) ? 'pending' : 'path';
    world.books.pipelines.judge(left.agent, left.held, fate, endUs);
    left.held = null;
  }
}

function willArrive(world: WorldState, left: Leftover, endUs: number): boolean {
  const node = world.places[left.node]!;
  if (left.isForgotten || left.untilUs <= endUs || node.state !== PlaceState.Up || node.life !== left.nodeLife)
    return false;
  if (world.places[left.place]!.state !== PlaceState.Up) return false;
  const openUs = opensUs(world, left.near, world.ways.endOfPlace(left.place), endUs);
  if (openUs === Infinity) return false;
  const againUs = retransmissionUs(left.firstUs, openUs - left.latencyUs);
  if (againUs > left.lastRepeatUs) return false;
  const isAsked = left.probes && probeUs(left.aliveUs, openUs, left.keepalive) < Infinity;
  return isAsked || againUs + left.latencyUs < left.untilUs;
}
