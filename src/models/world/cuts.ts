// Ways that are cut and mended again, and boxes on them that forget connections: who has to look again.
import { retransmissionUs } from '../agent.ts';
import type { LinkEnd, PlannedFault } from '../faultPlan.ts';
import { PlaceState } from '../place.ts';
import { keepaliveEndUs, probeUs } from '../tcp.ts';
import type { Way } from '../ways.ts';
import { reviewAttempt } from './attempts.ts';
import { reviewChecks } from './checks.ts';
import { reviewAbandoned } from './abandoned.ts';
import { forgetLeftovers, reviewLeftovers } from './leftovers.ts';
import { Forgotten, Leg, farPlace, forgetFlow, keepaliveOf, legLatencyUs, nearEnd, sessionEndUs } from './legs.ts';
import { sleeps, walkForgotten } from './listWalk.ts';
import { reviewSession } from './path.ts';
import { flowsDropped } from './repeats.ts';
import { Broken, State, Wait } from './kinds.ts';
import { isBalancer, type WorldState, endOf } from './state.ts';

/** The ends of a path: groups in order, then places. */
function endsOf(world: WorldState, end: LinkEnd): readonly number[] {
  switch (end.kind) {
    case 'agents':
      return world.options.groups.map((_, group) => group);
    case 'groups':
      return end.groupIndexes;
    case 'place':
      return [world.ways.endOfPlace(end.placeIndex)];
    default:
      return end satisfies never;
  }
}

/** All ways from one end of a fault's path to the other; and back, unless it is `oneWay`. */
function waysOf(world: WorldState, { link, options }: PlannedFault): Way[] {
  const ways: Way[] = [];
  const isOneWay = options.kind === 'partition' && options.oneWay;
  for (const from of endsOf(world, link!.from)) {
    for (const to of endsOf(world, link!.to)) {
      ways.push(...world.ways.over({ from, to }));
      if (!isOneWay) ways.push(...world.ways.over({ from: to, to: from }));
    }
  }
  return ways;
}

export function partitionStart(world: WorldState, fault: PlannedFault, nowUs: number): void {
  const ways = waysOf(world, fault);
  for (const way of ways) world.ways.cut(way, nowUs);
  waysChanged(world, ways, nowUs);
}

export function partitionEnd(world: WorldState, fault: PlannedFault, nowUs: number): void {
  const ways = waysOf(world, fault);
  for (const way of ways) world.ways.mend(way);
  waysChanged(world, ways, nowUs);
}

/** All ways of a fault have changed before anybody looks. */
function waysChanged(world: WorldState, ways: readonly Way[], nowUs: number): void {
  world.lastChangeUs = nowUs;
  const touched = touchedBy(world, ways);
  reviewLeftovers(world, nowUs);
  reviewAbandoned(world, nowUs);
  for (let agent = 0; agent < world.agents; agent++) {
    const state = world.state[agent]!;
    if (state === State.Connected || state === State.Frozen || state === State.Stale) {
      if (isOnWay(world, agent, world.node[agent]!, world.viaBalancer[agent] === 1, touched)) {
        reviewSession(world, agent, nowUs);
      }
    } else if (world.wait[agent] !== Wait.None) {
      const target = world.target[agent]!;
      const isVia = isBalancer(world, target);
      if (isOnWay(world, agent, isVia ? world.peerNode[agent]! : target, isVia, touched)) {
        reviewAttempt(world, agent, nowUs);
      }
    }
  }
  for (const { place } of world.hosts) {
    for (const node of touched.ofEnd.get(world.ways.endOfPlace(place)) ?? []) reviewChecks(world, node, nowUs);
  }
  // Between nodes no agent's segment passes.
  for (let place = 0; place < world.nodeCount; place++) {
    const { master } = world.links;
    if (place === master || master < 0) continue;
    world.links.pathChanged(place, nowUs, isCutBetween(world, place, master));
  }
}

/** Places by end of a way, to which something has changed. */
interface Touched {
  readonly ofEnd: ReadonlyMap<number, ReadonlySet<number>>;
}

function touchedBy(world: WorldState, ways: readonly Way[]): Touched {
  const { groups } = world.ways;
  const ofEnd = new Map<number, Set<number>>();
  for (const { from, to } of ways) {
    for (const [end, other] of [
      [from, to],
      [to, from],
    ] as const) {
      const place = other - groups;
      if (place < 0 || place >= world.places.length) continue;
      const places = ofEnd.get(end) ?? new Set<number>();
      ofEnd.set(end, places.add(place));
    }
  }
  return { ofEnd };
}

function isTouched({ ofEnd }: Touched, near: number, place: number): boolean {
  return ofEnd.get(near)?.has(place) === true;
}

function isOnWay(world: WorldState, agent: number, node: number, via: boolean, touched: Touched): boolean {
  const near = endOf(world, agent);
  if (!via) return isTouched(touched, near, node);
  const target = world.target[agent]!;
  return isTouched(touched, near, target) || isTouched(touched, world.ways.endOfPlace(target), node);
}

/** True while no packet comes from one place to the other, or none comes back. */
export function isCutBetween(world: WorldState, place: number, other: number): boolean {
  const a = world.ways.endOfPlace(place);
  const b = world.ways.endOfPlace(other);
  return world.ways.isCut(a, b) || world.ways.isCut(b, a);
}

/** The same at any instant of the run, as the faults are planned. */
export function isCutAt(world: WorldState, place: number, other: number, atUs: number): boolean {
  const a = world.ways.endOfPlace(place);
  const b = world.ways.endOfPlace(other);
  return world.faults.some(
    (fault) =>
      fault.kind === 'partition' &&
      fault.startUs <= atUs &&
      atUs < fault.endUs &&
      waysOf(world, fault).some(({ from, to }) => (from === a && to === b) || (from === b && to === a)),
  );
}

/** When both ways between two ends will be open, if no further cut begins; `nowUs` when they are. */
export function opensUs(world: WorldState, end: number, other: number, nowUs: number): number {
  let openUs = nowUs;
  for (const fault of world.faults) {
    if (fault.kind !== 'partition' || fault.startUs > nowUs || fault.endUs <= openUs) continue;
    const isOurs = waysOf(world, fault).some(
      ({ from, to }) => (from === end && to === other) || (from === other && to === end),
    );
    if (isOurs) openUs = fault.endUs;
  }
  return openUs;
}

/** A box between two ends forgets the connections that are open now. */
export function dropFlows(world: WorldState, fault: PlannedFault, nowUs: number): void {
  if (fault.options.kind !== 'dropFlows') throw new Error(`no flows are dropped by ${fault.kind}`);
  const answer = fault.options.answer === 'rst' ? Forgotten.Reset : Forgotten.Silent;
  const ways = waysOf(world, fault);
  const touched = touchedBy(world, ways);
  world.lastChangeUs = nowUs;
  for (let place = 0; place < world.nodeCount; place++) {
    const [worker, master] = [place, world.links.master].map((index) => world.ways.endOfPlace(index));
    const isHit = ways.some(({ from, to }) => (from === worker && to === master) || (from === master && to === worker));
    if (isHit) world.links.forgotten(place, nowUs, answer === Forgotten.Reset);
  }
  forgetLeftovers(world, ways, answer, nowUs);
  for (let agent = 0; agent < world.agents; agent++) {
    const own = (place: number): boolean => isTouched(touched, endOf(world, agent), place);
    const behind = (place: number, node: number): boolean => isTouched(touched, world.ways.endOfPlace(place), node);
    const state = world.state[agent]!;
    if (state !== State.Connected && state !== State.Frozen && state !== State.Stale) {
      const target = world.target[agent]!;
      const isVia = isBalancer(world, target);
      if (own(target) || (isVia && behind(target, world.peerNode[agent]!))) flowsDropped(world, agent);
      if (!isVia && own(target) && world.udpAttempt[agent] === 0 && sleeps(world, agent))
        walkForgotten(world, agent, answer, nowUs);
      continue;
    }
    if (world.udp[agent] === 1) continue; // the next datagram makes a new entry
    const node = world.node[agent]!;
    const via = world.viaBalancer[agent] === 1;
    const target = world.target[agent]!;
    const front = via && own(target);
    const back = via ? behind(target, node) : own(node);
    if (front) forgetFlow(world, agent, Leg.Front, answer, nowUs);
    if (back) forgetFlow(world, agent, Leg.Back, answer, nowUs);
    if (front || back) reviewSession(world, agent, nowUs);
  }
}

/** What a session holds in front of a way that is cut: it arrives, if the cut ends and the far end still has the connection. */
export function settleCut(world: WorldState, agent: number, endUs: number): void {
  const { legs } = world;
  const { pipelines } = world.books;
  if (world.node[agent]! < 0 || world.udp[agent] === 1) return;
  for (const leg of [Leg.Front, Leg.Back]) {
    if (leg === Leg.Front && world.viaBalancer[agent] === 0) continue;
    const at = 2 * agent + leg;
    if (legs.state[at] !== Broken.Silent) continue;
    pipelines.settlePath(
      agent,
      farPlace(world, agent, leg),
      arrives(world, agent, leg, endUs) ? 'pending' : 'path',
      endUs,
    );
  }
}

function arrives(world: WorldState, agent: number, leg: Leg, endUs: number): boolean {
  const { legs } = world;
  const at = 2 * agent + leg;
  for (const each of [Leg.Front, Leg.Back]) {
    if (each === Leg.Front && world.viaBalancer[agent] === 0) continue;
    const place = world.places[farPlace(world, agent, each)]!;
    const isAlive = Number.isNaN(legs.goneUs[2 * agent + each]) && legs.forgotten[2 * agent + each] === Forgotten.No;
    if (!isAlive || place.state !== PlaceState.Up) return false;
  }
  const openUs = opensUs(world, nearEnd(world, agent, leg), world.ways.endOfPlace(farPlace(world, agent, leg)), endUs);
  if (openUs === Infinity) return false;
  const latencyUs = legLatencyUs(world, agent, leg);
  const againUs = retransmissionUs(legs.firstUs[at]!, openUs - latencyUs) + latencyUs;
  const sinceUs = Math.min(openUs, legs.openUs[at]!);
  if (leg === Leg.Front) return sessionEndUs(world, agent) > againUs;
  const keepalive = keepaliveOf(world, agent, leg);
  return (
    keepaliveEndUs(legs.byteUs[at]!, keepalive) > againUs || probeUs(legs.byteUs[at]!, sinceUs, keepalive) < Infinity
  );
}
