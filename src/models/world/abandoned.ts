// An attempt that its agent has given up: the balancer goes on with it until the agent's FIN comes there, and behind a cut that may be
// never. docs/MODEL.md, "A path that is cut, or forgotten".
import { synRetryUs } from '../agent.ts';
import type { BalancerSession } from '../balancer/contract.ts';
import { connectTimeoutUs, togetherUs, type Proxy, type ProxyListener } from '../balancer/proxy.ts';
import { fitsQueue, PlaceState, serviceState } from '../place.ts';
import { keepaliveEndUs, orphanRepeatUs } from '../tcp.ts';
import { isInFront } from './chain.ts';
import { closeFlow } from './flows.ts';
import type { BalancerHost } from './host.ts';
import { isJudged, takesSyn } from './intake.ts';
import { isKeyInUse } from './keyInUse.ts';
import { leaveAttempt } from './leaving.ts';
import { tellBan } from './marks.ts';
import { hearNews } from './news.ts';
import { freeSlot } from './slots.ts';
import { EventKind, State, Step, Timer, Wait } from './kinds.ts';
import { addPlaceEvent, deadlineUs, endOf, hostOf, latencyTo, orNow, proxyOf, type WorldState } from './state.ts';
import { abandonSession } from './throughBalancer.ts';

const Phase = {
  /** Nobody answers the balancer's SYN: its time runs. */
  Unheard: 0,
  /** The SYN comes to the node. */
  Asks: 1,
  /** The node has taken it, and its answer comes to the balancer. */
  Taken: 2,
  /** It has refused. */
  Refused: 3,
  /** What the agent had sent comes to the node. */
  Speaks: 4,
  /** The node has closed it, and its FIN comes to the balancer. */
  Closed: 5,
} as const;

interface Abandoned {
  readonly agent: number;
  readonly host: BalancerHost;
  readonly proxy: Proxy;
  readonly listener: number;
  readonly session: BalancerSession;
  readonly life: number;
  /** The agent's end, as `Ways` knows it, and the way from there. */
  readonly near: number;
  readonly latencyUs: number;
  /** It has asked for a key. */
  readonly enrols: boolean;
  readonly arrivedUs: number;
  readonly gaveUpUs: number;
  phase: number;
  dueUs: number;
  /** When the agent's FIN comes, as things are. */
  finUs: number;
  node: number;
  nodeLife: number;
  sinceUs: number;
  synUs: number;
  isMute: boolean;
  nextUs: number;
}

/** Attempts that have been given up. */
export class AbandonedAttempts {
  readonly all = new Map<number, Abandoned>();
  next = 0;
}

/** The agent closes the connection of its attempt. Its timers still tell how far that has come. */
export function giveUpAttempt(world: WorldState, agent: number, nowUs: number): void {
  const session = world.sessions.get(agent);
  const dueUs = deadlineUs(world, agent, Timer.Path);
  const target = world.target[agent]!;
  // Who waits for a peer that has room leaves the queue; where nothing is under way, the other end has closed it.
  const isElsewhere = world.wait[agent] === Wait.Peer || world.wait[agent] === Wait.Pause || dueUs === Infinity;
  const isOver = !session || session.peerIndex < 0 || isElsewhere || world.places[target]!.state !== PlaceState.Up;
  if (isOver || isInFront(hostOf(world, agent), world.nodeCount)) {
    abandonSession(world, agent, nowUs);
    return;
  }
  const latencyUs = latencyTo(world, agent, target);
  const one: Abandoned = {
    agent,
    host: hostOf(world, agent),
    proxy: proxyOf(world, agent),
    listener: world.listener[agent]!,
    session,
    life: world.places[target]!.life,
    near: endOf(world, agent),
    latencyUs,
    enrols: world.state[agent] === State.Enrolling,
    arrivedUs: world.arrivedAtUs[agent]!,
    gaveUpUs: nowUs,
    phase: phaseOf(world, agent),
    dueUs,
    finUs: nowUs + latencyUs,
    node: world.peerNode[agent]!,
    nodeLife: world.nodeLife[agent]!,
    sinceUs: world.peerSinceUs[agent]!,
    synUs: world.peerSynUs[agent]!,
    isMute: world.peerMute[agent] === 1,
    nextUs: Infinity,
  };
  world.sessions.delete(agent);
  world.peerNode[agent] = -1;
  world.peerMute[agent] = 0;
  if (one.phase < 0) {
    // What the node has said does not come to the agent: it has read the startup message.
    const { repeats } = world;
    const isHeard = !Number.isNaN(repeats.sentUs[agent]) && repeats.isInFront[agent] === 1;
    stands(world, one, isHeard ? repeats.sentUs[agent]! - hopUs(one) : NaN, nowUs);
  } else {
    const id = world.abandoned.next;
    world.abandoned.next += 1;
    world.abandoned.all.set(id, one);
    arm(world, id, one);
  }
  closeFlow(world, agent, nowUs);
}

/** -1: it has its connection to the node. */
function phaseOf(world: WorldState, agent: number): number {
  if (world.wait[agent] === Wait.PeerSyn) return Phase.Unheard;
  switch (world.step[agent]) {
    case Step.PeerArrive:
      return Phase.Asks;
    case Step.PeerConnected:
      return Phase.Taken;
    case Step.PeerFailed:
      return Phase.Refused;
    default:
      return -1;
  }
}

function hopUs({ host, node }: Abandoned): number {
  return host.latencyUs[node]!;
}

function listenerOf({ proxy, listener }: Abandoned): ProxyListener {
  return proxy.listeners[listener]!;
}

function isCut(world: WorldState, { host, near }: Abandoned): boolean {
  const end = world.ways.endOfPlace(host.place);
  return world.ways.isCut(near, end) || world.ways.isCut(end, near);
}

function isCutThere(world: WorldState, { host, near }: Abandoned): boolean {
  return world.ways.isCut(near, world.ways.endOfPlace(host.place));
}

function isBackCut(world: WorldState, { host, node }: Abandoned): boolean {
  const [near, far] = [world.ways.endOfPlace(host.place), world.ways.endOfPlace(node)];
  return world.ways.isCut(near, far) || world.ways.isCut(far, near);
}

function arm(world: WorldState, id: number, one: Abandoned): void {
  const { sessionTimeoutUs } = listenerOf(one).options;
  // Its agent may have given it up after a longer time than the balancer's time-out.
  one.nextUs = Math.ceil(Math.min(one.dueUs, one.finUs, orNow(world, one.arrivedUs + sessionTimeoutUs)));
  if (one.nextUs < world.options.durationUs) addPlaceEvent(world, EventKind.Abandoned, id, one.nextUs);
}

/** Something of an attempt that was given up comes about. */
export function abandonedDue(world: WorldState, id: number, nowUs: number): void {
  const one = world.abandoned.all.get(id);
  if (one?.nextUs !== nowUs) return;
  const place = world.places[one.host.place]!;
  if (place.life !== one.life) {
    world.abandoned.all.delete(id);
    return;
  }
  if (place.state !== PlaceState.Up) {
    one.nextUs = Infinity; // until it goes on
    return;
  }
  const { sessionTimeoutUs } = listenerOf(one).options;
  if (one.finUs <= nowUs && isCutThere(world, one)) one.finUs = Infinity;
  if (one.finUs <= nowUs || one.arrivedUs + sessionTimeoutUs <= nowUs) {
    // A time-out that comes with the FIN is a failure of the peer.
    const isLate = one.phase === Phase.Unheard && one.dueUs <= nowUs + togetherUs;
    if (isLate) peerFailed(world, one, nowUs);
    close(world, id, one, nowUs);
    return;
  }
  goOn(world, id, one, nowUs);
  if (world.abandoned.all.has(id)) arm(world, id, one);
}

function goOn(world: WorldState, id: number, one: Abandoned, nowUs: number): void {
  const { host, session } = one;
  switch (one.phase) {
    case Phase.Asks:
      asks(world, one, nowUs);
      return;
    case Phase.Taken:
      listenerOf(one).balancer.connected(session, nowUs + host.phaseUs);
      one.phase = Phase.Speaks;
      one.dueUs = nowUs + hopUs(one);
      return;
    case Phase.Speaks:
      speaks(world, id, one, nowUs);
      return;
    case Phase.Closed:
      close(world, id, one, nowUs);
      return;
    default:
      if (peerFailed(world, one, nowUs) === 0) tryNext(world, id, one, nowUs);
      else close(world, id, one, nowUs);
  }
}

/** @returns how long the balancer waits before it tries another peer. */
function peerFailed(world: WorldState, one: Abandoned, nowUs: number): number {
  const { host, proxy, session, arrivedUs, isMute } = one;
  const listener = listenerOf(one);
  const peer = session.peerIndex;
  proxy.ports[listener.portOf[peer]!]! -= 1;
  const waitUs = listener.balancer.failed(session, nowUs + host.phaseUs, nowUs - arrivedUs, isMute);
  tellBan(world, host, proxy, listener, peer, nowUs);
  one.isMute = false;
  hearNews(world, host, nowUs);
  return waitUs;
}

function tryNext(world: WorldState, id: number, one: Abandoned, nowUs: number): void {
  const { host, proxy, session } = one;
  const listener = listenerOf(one);
  const { balancer, portOf, targets } = listener;
  const peer = balancer.next(session, nowUs + host.phaseUs);
  if (peer < 0 || proxy.ports[portOf[peer]!]! >= proxy.portsPerPeer) {
    close(world, id, one, nowUs);
    return;
  }
  proxy.ports[portOf[peer]!]! += 1;
  one.node = targets[peer]!.nodeIndex;
  one.sinceUs = nowUs;
  one.phase = Phase.Asks;
  one.dueUs = nowUs + hopUs(one);
}

/** The SYN comes to the node. */
function asks(world: WorldState, one: Abandoned, nowUs: number): void {
  const { host, node, proxy, session } = one;
  const listener = listenerOf(one);
  const place = world.places[node]!;
  const { registration } = listener.targets[session.peerIndex]!;
  const { kernel } = host.options;
  const unheard = (kernelUs: number): void => {
    const timeoutUs = connectTimeoutUs(proxy, session.worker, listener, session.peerIndex);
    one.phase = Phase.Unheard;
    one.synUs = kernelUs;
    one.isMute = timeoutUs < kernelUs;
    one.dueUs = Math.max(nowUs, one.sinceUs + Math.min(timeoutUs, kernelUs));
  };
  if (place.state === PlaceState.Silent) {
    unheard(host.unreachable[node] === 'sameSegment' ? kernel.arpTimeoutUs : kernel.connectTimeoutUs);
    return;
  }
  if (isBackCut(world, one)) {
    unheard(kernel.connectTimeoutUs);
    return;
  }
  one.dueUs = nowUs + hopUs(one);
  const isNobody = registration && world.options.nodes[node]!.registrationPort === null;
  if (isNobody || place.state === PlaceState.Refusing) {
    world.books.refused(node, nowUs);
    one.phase = Phase.Refused;
    return;
  }
  const isHung = serviceState(place, registration) === PlaceState.Hung;
  const queued = registration ? place.queuedRegistration : place.queued;
  const isFull = isHung && !fitsQueue(queued, place.acceptQueue);
  if (isFull) world.books.overflowed(node, nowUs);
  if (isFull || (!registration && isJudged(world, node) && !takesSyn(world, node, nowUs))) {
    unheard(kernel.connectTimeoutUs);
    return;
  }
  if (isHung && registration) place.queuedRegistration += 1;
  else if (isHung) place.queued += 1;
  else if (place.state === PlaceState.Up) world.books.accepted(node, nowUs);
  one.nodeLife = place.state === PlaceState.Dying ? -1 : place.life;
  one.phase = Phase.Taken;
}

/** The startup message of the agent that has gone comes to the node. */
function speaks(world: WorldState, id: number, one: Abandoned, nowUs: number): void {
  const { agent, node } = one;
  const place = world.places[node]!;
  const isRead = !one.enrols && place.state === PlaceState.Up && place.life === one.nodeLife && !isBackCut(world, one);
  if (isRead && isKeyInUse(world, agent, node, nowUs)) {
    one.phase = Phase.Closed;
    one.dueUs = nowUs + hopUs(one);
    return;
  }
  world.abandoned.all.delete(id);
  stands(world, one, isRead ? nowUs : NaN, nowUs);
}

/** It has its connection to the node: a session like any other that its agent has left. @param readUs NaN: the node has read nothing. */
function stands(world: WorldState, one: Abandoned, readUs: number, nowUs: number): void {
  const { agent, host, proxy, listener, session, node, nodeLife, near, latencyUs, gaveUpUs } = one;
  const isOpen = !isCut(world, one);
  const { keepalive } = world.options.nodes[node]!;
  const byteUs = Number.isNaN(readUs) ? nowUs : readUs;
  const heardUs = byteUs + 2 * hopUs(one);
  const isBackOpen = !isBackCut(world, one);
  leaveAttempt(
    world,
    {
      agent,
      node,
      nodeLife,
      place: host.place,
      near,
      latencyUs,
      firstUs: gaveUpUs,
      byteUs: byteUs + hopUs(one),
      readUs: byteUs,
      isOpen,
      holdsKey: !Number.isNaN(readUs),
      session: { host, proxy, listener, worker: session.worker, peer: session.peerIndex },
      nodeEnd: {
        keepalive,
        latencyUs: hopUs(one),
        heardUs,
        openUs: isBackOpen ? -Infinity : Infinity,
        isForgotten: false,
        untilUs: isBackOpen ? Infinity : keepaliveEndUs(heardUs, keepalive),
      },
    },
    finArrivesUs(world, one, nowUs),
    nowUs,
  );
}

/** When the FIN comes, as things are: the first needs the way there, a repetition shows that no acknowledgement has come back. */
function finArrivesUs(world: WorldState, one: Abandoned, nowUs: number): number {
  const { gaveUpUs, latencyUs } = one;
  const leftUs = nowUs - latencyUs;
  if (leftUs <= gaveUpUs) return isCutThere(world, one) ? Infinity : gaveUpUs + latencyUs;
  return isCut(world, one) ? Infinity : orphanRepeatUs(gaveUpUs, leftUs) + latencyUs;
}

function close(world: WorldState, id: number, one: Abandoned, nowUs: number): void {
  const { host, proxy, session } = one;
  const listener = listenerOf(one);
  world.abandoned.all.delete(id);
  if (session.peerIndex >= 0) proxy.ports[listener.portOf[session.peerIndex]!]! -= 1;
  listener.balancer.closed(session, nowUs + host.phaseUs);
  freeSlot(world, host, proxy, listener, session.worker, nowUs);
  hearNews(world, host, nowUs);
}

/** A way or a place has changed. */
export function reviewAbandoned(world: WorldState, nowUs: number): void {
  for (const [id, one] of world.abandoned.all) {
    const { host, node, sinceUs, synUs } = one;
    const place = world.places[host.place]!;
    if (place.life !== one.life) {
      world.abandoned.all.delete(id);
      continue;
    }
    if (place.state !== PlaceState.Up) continue;
    if (isCut(world, one) || one.finUs === Infinity) one.finUs = finArrivesUs(world, one, nowUs);
    if (one.phase === Phase.Unheard && world.places[node]!.state !== PlaceState.Silent && !isBackCut(world, one)) {
      const toNodeUs = hopUs(one);
      const { synLinearTimeouts } = host.options.kernel;
      const againUs = synRetryUs(sinceUs, nowUs - toNodeUs, synLinearTimeouts, synUs) + toNodeUs;
      if (againUs < one.dueUs) {
        one.phase = Phase.Asks;
        one.dueUs = againUs;
      }
    }
    one.dueUs = Math.max(one.dueUs, nowUs);
    arm(world, id, one);
  }
}
