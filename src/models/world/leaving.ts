// An agent leaves a connection, or an attempt, whose other end does not hear of it. What becomes of that: leftovers.ts.
import { retransmissionUs } from '../agent.ts';
import type { Held } from '../pipeline/held.ts';
import { PlaceState } from '../place.ts';
import { answeredUs, keepaliveEndUs, noKeepalive, orphanGiveUpUs, orphanLastRepeatUs, probeUs } from '../tcp.ts';
import {
  Forgotten,
  Leg,
  farPlace,
  isCutBack,
  isCutThere,
  keepaliveOf,
  legLatencyUs,
  nearEnd,
  toNearUs,
} from './legs.ts';
import { Broken } from './kinds.ts';
import { add, arm, forget, keptAt, planRepeat, type Leftover } from './leftovers.ts';
import { endOf, hostOf, latencyTo, proxyOf, type WorldState } from './state.ts';
import { endSession, sessionOf, type ProxySession } from './throughBalancer.ts';
import { nodeEndOf, type NodeEnd } from './nodeEnd.ts';

/** @param isClosed the agent's socket has heard the end of its connection, or has given it up: nothing is repeated any more. */
export function leaveBehind(world: WorldState, agent: number, isClosed: boolean, nowUs: number): void {
  if (world.udp[agent] === 1) return;
  const { legs } = world;
  const { pipelines } = world.books;
  const via = world.viaBalancer[agent] === 1;
  const front = via && isUnheard(world, agent, Leg.Front);
  if (via) {
    const state = legs.state[2 * agent]!;
    if (state === Broken.Hung && legs.state[2 * agent + 1] === Broken.Dead)
      world.leftovers.inVain.add(keptAt(world, agent, world.target[agent]!));
    const held = settles(state) ? pipelines.takePath(agent, world.target[agent]!) : null;
    if (front) addLeftover(world, agent, Leg.Front, held, isClosed, nowUs);
    else {
      if (held) pipelines.judge(agent, held, 'path', nowUs);
      endSession(world, agent, nowUs);
    }
  }
  const back = isUnheard(world, agent, Leg.Back);
  const held = settles(legs.state[2 * agent + 1]!) ? pipelines.takePath(agent, world.node[agent]!) : null;
  // nginx, which does not know that the agent has left, goes on repeating what it has taken; what a box has forgotten ends by itself.
  if (back && (!front || legs.forgotten[2 * agent + 1] !== Forgotten.No))
    addLeftover(world, agent, Leg.Back, held, isClosed, nowUs);
  else if (held) pipelines.judge(agent, held, 'path', nowUs);
  if (via && !front && !back && world.places[world.target[agent]!]!.state === PlaceState.Silent) {
    addLeftover(world, agent, Leg.Back, null, true, nowUs);
  }
}

/** A place that stands still keeps what it has taken in; what is on the way to any other is with the sender. */
function settles(state: number): boolean {
  return state === Broken.Silent || state === Broken.Dead;
}

/** The far end has the connection and hears no FIN now. */
function isUnheard(world: WorldState, agent: number, leg: Leg): boolean {
  const { legs } = world;
  const at = 2 * agent + leg;
  const place = world.places[farPlace(world, agent, leg)]!;
  const life = leg === Leg.Front ? world.balancerLife[agent]! : world.nodeLife[agent]!;
  if (place.life !== life || place.state === PlaceState.Silent) return false;
  if (legs.forgotten[at] !== Forgotten.No) return true;
  return legs.state[at] === Broken.Silent && Number.isNaN(legs.goneUs[at]);
}

function addLeftover(
  world: WorldState,
  agent: number,
  leg: Leg,
  held: Held | null,
  isClosed: boolean,
  nowUs: number,
): void {
  const { legs } = world;
  const at = 2 * agent + leg;
  const place = farPlace(world, agent, leg);
  const node = world.node[agent]!;
  const isForgotten = legs.forgotten[at] !== Forgotten.No;
  const nearPlace = leg === Leg.Back && world.viaBalancer[agent] === 1 ? world.target[agent]! : -1;
  const firstUs = isClosed || isForgotten ? Infinity : Math.min(legs.firstUs[at]!, nowUs + toNearUs(world, agent, leg));
  // A node that answers into a cut repeats its answer, and asks nothing: Linux, tcp_retries2. One whose leg is not broken itself has lost
  // the host of the balancer.
  const isBroken = legs.state[at] === Broken.Silent || legs.state[at] === Broken.Dead;
  const probes = !isBroken || legs.byteUs[at]! < Infinity;
  let byteUs = legs.firstUs[at]!;
  if (probes) byteUs = isBroken ? legs.byteUs[at]! : legs.sinceUs[2 * agent]!;
  const { kernel } =
    nearPlace < 0 && leg === Leg.Back
      ? world.options.groups[world.groupOf[agent]!]!.agent
      : hostOf(world, agent).options;
  const keepalive = keepaliveOf(world, agent, leg);
  // On a way that had opened the agent's kernel has answered until now.
  const answersUs = isForgotten ? Math.min(nowUs, legs.forgottenUs[at]!) : nowUs;
  const aliveUs = legs.openUs[at]! < answersUs ? answeredUs(byteUs, legs.openUs[at]!, answersUs, keepalive) : byteUs;
  let untilUs = probes ? keepaliveEndUs(aliveUs, keepalive) : byteUs + kernel.tcpGiveUpUs;
  // A box that answers with RST answers the first probe, or the next repetition of the node's answer.
  if (legs.forgotten[at] === Forgotten.Reset) {
    const sinceUs = legs.forgottenUs[at]!;
    untilUs = Math.min(untilUs, probes ? probeUs(aliveUs, sinceUs, keepalive) : retransmissionUs(byteUs, sinceUs));
  }
  let session: ProxySession | null = null;
  let nodeEnd: NodeEnd | null = null;
  if (leg === Leg.Front) {
    session = sessionOf(world, agent);
    if (legs.forgotten[2 * agent + Leg.Back] === Forgotten.No) nodeEnd = nodeEndOf(world, agent, nowUs);
    untilUs = byteUs + proxyOf(world, agent).listeners[session.listener]!.options.sessionTimeoutUs;
  }
  const left: Leftover = {
    agent,
    place,
    life: world.places[place]!.life,
    node,
    nodeLife: world.nodeLife[agent]!,
    near: nearEnd(world, agent, leg),
    nearPlace,
    latencyUs: legLatencyUs(world, agent, leg),
    firstUs,
    lastRepeatUs: firstUs + orphanLastRepeatUs,
    giveUpUs: firstUs === Infinity ? nowUs : firstUs + orphanGiveUpUs,
    byteUs,
    readUs: probes && isBroken ? legs.readUs[at]! : byteUs,
    probes,
    keepalive,
    isForgotten,
    holdsKey: leg === Leg.Back || nodeEnd !== null,
    session,
    nodeEnd,
    isUntold: nodeEnd !== null && nodeEnd.untilUs + nodeEnd.latencyUs <= nowUs,
    held: null,
    endUs: untilUs,
    askedUs: Infinity,
    aliveUs,
    untilUs,
    dueUs: Infinity,
    nextUs: Infinity,
    isOpen: isForgotten ? false : !isCutThere(world, agent, leg) && !isCutBack(world, agent, leg),
  };
  // Who closes it only after its last repetition (agents up to 3.13.0, which look for a manager on it first) repeats nothing more.
  if (firstUs < Infinity && left.giveUpUs > nowUs) left.held = held;
  else if (held) world.books.pipelines.judge(agent, held, 'path', nowUs);
  const id = add(world, left);
  if (left.isOpen) planRepeat(left, nowUs);
  if (left.untilUs <= nowUs) forget(world, id, left, nowUs);
  else arm(world, id, left);
}

/** What is known of an attempt that its agent has given up, when it has its connection to the node. */
type LeftAttempt = Pick<
  Leftover,
  | 'agent'
  | 'node'
  | 'nodeLife'
  | 'place'
  | 'near'
  | 'latencyUs'
  | 'firstUs'
  | 'byteUs'
  | 'readUs'
  | 'isOpen'
  | 'holdsKey'
> & { readonly session: ProxySession; readonly nodeEnd: NodeEnd };

/** @param finUs when the agent's FIN comes to the balancer, as things are. */
export function leaveAttempt(world: WorldState, attempt: LeftAttempt, finUs: number, nowUs: number): void {
  const { place, firstUs, byteUs, session } = attempt;
  const { sessionTimeoutUs } = session.proxy.listeners[session.listener]!.options;
  const endUs = Math.max(nowUs, byteUs + sessionTimeoutUs);
  const left: Leftover = {
    ...attempt,
    life: world.places[place]!.life,
    nearPlace: -1,
    lastRepeatUs: firstUs + orphanLastRepeatUs,
    giveUpUs: firstUs + orphanGiveUpUs,
    probes: true,
    keepalive: noKeepalive,
    isForgotten: false,
    isUntold: false,
    held: null,
    endUs,
    askedUs: Infinity,
    aliveUs: byteUs,
    untilUs: endUs,
    dueUs: finUs,
    nextUs: Infinity,
  };
  arm(world, add(world, left), left);
}

/** What an agent knows nothing of and leaves: the answer to its startup message was on the way, or unread. */
export interface UnreadAnswer {
  /** When the node read the startup message. */
  readonly readUs: number;
  /** A box on the way has forgotten the connection since, and when. */
  readonly forgotten: number;
  readonly forgottenUs: number;
}

/** An agent closes the connection of an attempt that its node has answered: where the FIN does not come the node holds its key. */
export function leaveUnreadAnswer(world: WorldState, agent: number, answer: UnreadAnswer, nowUs: number): void {
  const node = world.target[agent]!;
  const place = world.places[node]!;
  if (place.life !== world.nodeLife[agent] || place.state === PlaceState.Silent) return;
  const { readUs, forgotten, forgottenUs } = answer;
  const [near, end] = [endOf(world, agent), world.ways.endOfPlace(node)];
  const isForgotten = forgotten !== Forgotten.No;
  if (!isForgotten && !world.ways.isCut(near, end)) return;
  const latencyUs = latencyTo(world, agent, node);
  const ackedUs = readUs + 2 * latencyUs;
  const isAckLost = world.ways.wayCutSinceUs(near, end) <= ackedUs || (isForgotten && forgottenUs <= ackedUs);
  const byteUs = isAckLost ? readUs : ackedUs;
  const { keepalive } = world.options.nodes[node]!;
  const firstUs = isForgotten ? Infinity : nowUs;
  const endUs = keepaliveEndUs(byteUs, keepalive);
  const resetUs = forgotten === Forgotten.Reset ? probeUs(byteUs, forgottenUs, keepalive) : Infinity;
  const untilUs = Math.min(endUs, resetUs);
  if (untilUs <= nowUs) return;
  const left: Leftover = {
    agent,
    place: node,
    life: place.life,
    node,
    nodeLife: place.life,
    near,
    nearPlace: -1,
    latencyUs,
    firstUs,
    lastRepeatUs: firstUs + orphanLastRepeatUs,
    giveUpUs: isForgotten ? nowUs : firstUs + orphanGiveUpUs,
    byteUs,
    readUs,
    probes: true,
    keepalive,
    isForgotten,
    holdsKey: true,
    session: null,
    nodeEnd: null,
    isUntold: false,
    held: null,
    endUs: untilUs,
    askedUs: Infinity,
    aliveUs: byteUs,
    untilUs,
    dueUs: Infinity,
    nextUs: Infinity,
    isOpen: false,
  };
  arm(world, add(world, left), left);
}
