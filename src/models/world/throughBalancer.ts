// A connection through the balancer: its slot, its peer, its end.
import { Choice, type BalancerSession } from '../balancer/contract.ts';
import { connectTimeoutUs, togetherUs, type Proxy, type ProxyListener } from '../balancer/proxy.ts';
import { PlaceState, serviceState } from '../place.ts';
import { Broken, State, Step, Timer, Wait, timersPerAgent } from './kinds.ts';
import {
  listenerOf,
  hopUs,
  hostOf,
  latencyTo,
  nextStep,
  orNow,
  proxyOf,
  type WorldState,
  isBalancer,
} from './state.ts';
import { goBehind } from './chain.ts';
import type { BalancerHost } from './host.ts';
import { Leg } from './legs.ts';
import { attemptCutSinceUs } from './repeats.ts';
import { clientOf, closeFlow } from './flows.ts';
import { sleeps } from './listWalk.ts';
import { tellBan } from './marks.ts';
import { hearNews } from './news.ts';
import { freeSlot, hasSlot, takeSlot, waitForSlot } from './slots.ts';
import { isForRemoted, isJudged, repeatPeerSyn, takesSyn } from './intake.ts';
import { register } from './registering.ts';
import { armAttemptTimeout, queueUp, waitForAnswer } from './waits.ts';

/** Bytes a balancer takes for a node that does not: its own send buffer and its proxy buffer. */
export function balancerRoom(world: WorldState, agent: number): number {
  const { sendBuffer } = hostOf(world, agent).options.kernel;
  const own = world.broken[agent] === Broken.Silent ? sendBuffer.silentBytes : sendBuffer.hungBytes;
  return own + listenerOf(world, agent).options.proxyBufferBytes;
}

export function acceptAtBalancer(world: WorldState, agent: number, nowUs: number): void {
  world.generation[agent] = hostOf(world, agent).proxies.length - 1;
  const proxy = proxyOf(world, agent);
  const listener = proxy.listeners[world.listener[agent]!]!;
  world.balancerLife[agent] = world.places[world.target[agent]!]!.life;
  if (proxy.whenFull === 'wait' && !hasSlot(proxy, listener, 0)) {
    waitForSlot(world, agent, listener);
    return;
  }
  const { client, worker } = clientOf(world, agent, proxy.workers);
  if (!hasSlot(proxy, listener, worker)) {
    world.books.noSlot += 1;
    world.probe.turnedAway?.(agent, nowUs, world.target[agent]!, 'noSlot');
    nextStep(world, agent, Step.Fail, nowUs + latencyTo(world, agent, world.target[agent]!));
    return;
  }
  takeSlot(proxy, listener, worker);
  const session = listener.balancer.open(client, worker, world.probe.looksOn?.(agent, nowUs, world.target[agent]!));
  world.sessions.set(agent, session);
  world.arrivedAtUs[agent] = nowUs;
  const before = world.books.noPort;
  tryPeer(world, agent, session, listener, nowUs);
  // Peers to which no port was left have failed.
  if (world.books.noPort > before) hearNews(world, hostOf(world, agent), nowUs);
}

function tryPeer(
  world: WorldState,
  agent: number,
  session: BalancerSession,
  listener: ProxyListener,
  nowUs: number,
): void {
  const proxy = proxyOf(world, agent);
  const clockUs = nowUs + hostOf(world, agent).phaseUs;
  for (;;) {
    const peer = listener.balancer.next(session, clockUs);
    if (peer === Choice.Queued) {
      world.queued.set(session, agent);
      world.wait[agent] = Wait.Peer;
      armAttemptTimeout(world, agent);
      nextStep(world, agent, Step.QueueOver, nowUs + listener.options.queueTimeoutUs);
      return;
    }
    if (peer < 0) {
      world.books.noPeer += 1;
      world.probe.turnedAway?.(agent, nowUs, world.target[agent]!, 'noPeer');
      break;
    }
    if (proxy.ports[listener.portOf[peer]!]! < proxy.portsPerPeer) {
      proxy.ports[listener.portOf[peer]!]! += 1;
      world.probe.peerTried?.(agent, nowUs, world.target[agent]!, peer);
      world.peerNode[agent] = listener.targets[peer]!.place;
      world.peerSinceUs[agent] = nowUs;
      world.peerTimeoutUs[agent] = connectTimeoutUs(proxy, session.worker, listener, peer);
      nextStep(world, agent, Step.PeerArrive, nowUs + hopUs(world, agent, world.peerNode[agent]));
      return;
    }
    // No local port is left: that counts as a failure of the peer.
    world.books.noPort += 1;
    const waitUs = listener.balancer.failed(session, clockUs, nowUs - world.arrivedAtUs[agent]!, false);
    tellBan(world, hostOf(world, agent), proxy, listener, peer, nowUs);
    if (waitUs === Infinity) break;
    if (waitUs > 0) {
      pause(world, agent, nowUs + waitUs);
      return;
    }
  }
  dropSession(world, agent, session, nowUs);
  nextStep(world, agent, Step.Fail, nowUs + latencyTo(world, agent, world.target[agent]!));
}

/** The balancer tries again later. */
function pause(world: WorldState, agent: number, untilUs: number): void {
  world.wait[agent] = Wait.Pause;
  armAttemptTimeout(world, agent);
  nextStep(world, agent, Step.PeerAgain, untilUs);
}

/** It may choose again: its pause is over, or a peer has room. */
export function chooseAgain(world: WorldState, agent: number, nowUs: number): void {
  const session = world.sessions.get(agent);
  if (!session) return;
  world.queued.delete(session);
  world.wait[agent] = Wait.None;
  // What the agent waits for is under way again.
  if (!sleeps(world, agent)) world.queue.cancel(agent * timersPerAgent + Timer.Main);
  tryPeer(world, agent, session, listenerOf(world, agent), nowUs);
  hearNews(world, hostOf(world, agent), nowUs);
}

/** No peer has had room for too long: the client is closed. */
export function queueOver(world: WorldState, agent: number, nowUs: number): void {
  const session = world.sessions.get(agent)!;
  world.books.noPeer += 1;
  listenerOf(world, agent).balancer.closed(session, nowUs + hostOf(world, agent).phaseUs);
  dropSession(world, agent, session, nowUs);
  world.wait[agent] = Wait.None;
  nextStep(world, agent, Step.Fail, nowUs + latencyTo(world, agent, world.target[agent]!));
}

/** The balancer's SYN reaches the peer. */
export function peerArrive(world: WorldState, agent: number, nowUs: number): void {
  const session = world.sessions.get(agent)!;
  const listener = listenerOf(world, agent);
  const index = world.peerNode[agent]!;
  const place = world.places[index]!;
  const oneWayUs = hopUs(world, agent, index);
  const { registration } = listener.targets[session.peerIndex]!;
  const nobody = registration && world.options.nodes[index]!.registrationPort === null;
  const timeoutUs = world.peerTimeoutUs[agent]!;
  const { kernel } = hostOf(world, agent).options;
  const giveUp = (kernelUs: number): void => {
    world.wait[agent] = Wait.PeerSyn;
    world.peerSynUs[agent] = kernelUs;
    world.peerMute[agent] = timeoutUs < kernelUs ? 1 : 0;
    armAttemptTimeout(world, agent);
    const untilUs = world.peerSinceUs[agent]! + Math.min(timeoutUs, kernelUs);
    // That its kernel has given up, it hears like anything else.
    nextStep(world, agent, timeoutUs <= kernelUs ? Step.PeerMute : Step.PeerFailed, orNow(world, untilUs));
  };
  if (place.state === PlaceState.Silent) {
    giveUp(hostOf(world, agent).unreachable[index] === 'sameSegment' ? kernel.arpTimeoutUs : kernel.connectTimeoutUs);
    return;
  }
  const isTooFar = nowUs + oneWayUs > world.peerSinceUs[agent]! + timeoutUs;
  const isCut = attemptCutSinceUs(world, agent, Leg.Back) < Infinity;
  if (isTooFar || isCut) {
    // Whether it is dropped or answered too late: a full queue counts it.
    const isOpen = place.state === PlaceState.Up || place.state === PlaceState.Hung;
    if (!isCut && isOpen && !registration && isJudged(world, index)) takesSyn(world, index, nowUs);
    giveUp(kernel.connectTimeoutUs);
    return;
  }
  if (nobody || place.state === PlaceState.Refusing) {
    world.books.refused(index, nowUs);
    nextStep(world, agent, Step.PeerFailed, nowUs + oneWayUs);
    return;
  }
  if (place.state !== PlaceState.Dying && !registration && isJudged(world, index)) {
    if (!takesSyn(world, index, nowUs)) {
      giveUp(kernel.connectTimeoutUs);
      repeatPeerSyn(world, agent, nowUs);
      return;
    }
    world.nodeLife[agent] = place.life;
    world.wait[agent] = Wait.None;
    nextStep(world, agent, Step.PeerConnected, nowUs + oneWayUs);
    return;
  }
  if (
    serviceState(place, registration) === PlaceState.Hung &&
    !queueUp(world, agent, place, registration, index, nowUs)
  ) {
    giveUp(kernel.connectTimeoutUs);
    repeatPeerSyn(world, agent, nowUs);
    return;
  }
  // A dying process takes the connection of no life that goes on.
  world.nodeLife[agent] = place.state === PlaceState.Dying ? -1 : place.life;
  if (place.state === PlaceState.Dying) world.books.metDying += 1;
  if (serviceState(place, registration) === PlaceState.Up && !isBalancer(world, index)) {
    world.books.accepted(index, nowUs);
  }
  world.untaken[agent] = serviceState(place, registration) === PlaceState.Hung ? 1 : 0;
  nextStep(world, agent, Step.PeerConnected, nowUs + oneWayUs);
}

/** The peer's answer reaches the balancer, which passes on what the client has sent. */
export function peerConnected(world: WorldState, agent: number, nowUs: number): void {
  const session = world.sessions.get(agent)!;
  const listener = listenerOf(world, agent);
  const index = world.peerNode[agent]!;
  const place = world.places[index]!;
  listener.balancer.connected(session, nowUs + hostOf(world, agent).phaseUs);
  if (isBalancer(world, index)) {
    goBehind(world, agent, nowUs);
    return;
  }
  const { registration } = listener.targets[session.peerIndex]!;
  const oneWayUs = hopUs(world, agent, index);
  if (isForRemoted(world, agent) && isJudged(world, index)) {
    world.peerHeardUs[agent] = nowUs;
    nextStep(world, agent, Step.Enters, nowUs + oneWayUs);
    return;
  }
  if (serviceState(place, registration) === PlaceState.Hung && place.life === world.nodeLife[agent]) {
    waitForAnswer(world, agent, nowUs);
    return;
  }
  const toBalancerUs = latencyTo(world, agent, world.target[agent]!);
  const answerUs = nowUs + 2 * oneWayUs + toBalancerUs;
  if (world.state[agent] === State.Enrolling) {
    register(world, agent, index, nowUs, oneWayUs + toBalancerUs, answerUs + 2 * (oneWayUs + toBalancerUs));
  } else {
    nextStep(world, agent, Step.Handshake, answerUs);
  }
}

/**
 * Nobody has answered the balancer's SYN in time. What comes to it at this instant it reads before it looks at its timers. nginx 1.22.1,
 * src/event/ngx_event.c, ngx_process_events_and_timers().
 */
export function peerTimesOut(world: WorldState, agent: number, nowUs: number): void {
  nextStep(world, agent, Step.PeerFailed, nowUs);
}

export function peerFailed(world: WorldState, agent: number, nowUs: number): void {
  const session = world.sessions.get(agent)!;
  const host = hostOf(world, agent);
  const listener = listenerOf(world, agent);
  const peer = session.peerIndex;
  world.wait[agent] = Wait.None;
  freePort(world, agent, listener, peer);
  world.peerNode[agent] = -1;
  const isMute = world.peerMute[agent] === 1;
  world.peerMute[agent] = 0;
  const elapsedUs = nowUs - world.arrivedAtUs[agent]!;
  world.probe.peerFailed?.(agent, nowUs, host.place, isMute);
  const waitUs = listener.balancer.failed(session, nowUs + host.phaseUs, elapsedUs, isMute);
  tellBan(world, host, proxyOf(world, agent), listener, peer, nowUs);
  if (waitUs === Infinity) {
    dropSession(world, agent, session, nowUs);
    nextStep(world, agent, Step.Fail, nowUs + latencyTo(world, agent, world.target[agent]!));
  } else if (waitUs > 0) pause(world, agent, nowUs + waitUs);
  else tryPeer(world, agent, session, listener, nowUs);
  hearNews(world, host, nowUs);
}

function freePort(world: WorldState, agent: number, listener: ProxyListener, peer: number): void {
  proxyOf(world, agent).ports[listener.portOf[peer]!]! -= 1;
}

/** Frees the slot of a session that has no peer. */
function dropSession(world: WorldState, agent: number, session: BalancerSession, nowUs: number): void {
  world.sessions.delete(agent);
  world.queued.delete(session);
  world.peerNode[agent] = -1;
  const proxy = proxyOf(world, agent);
  freeSlot(world, hostOf(world, agent), proxy, proxy.listeners[world.listener[agent]!]!, session.worker, nowUs);
}

/** What an established session holds of the balancer's processes that have it. */
export interface ProxySession {
  readonly host: BalancerHost;
  readonly proxy: Proxy;
  readonly listener: number;
  readonly worker: number;
  readonly peer: number;
}

/** An established session through the balancer ends, whoever ended it. */
export function endSession(world: WorldState, agent: number, nowUs: number): void {
  if (world.balancerLife[agent] !== world.places[world.target[agent]!]!.life) return;
  closeSession(world, sessionOf(world, agent), nowUs);
}

export function sessionOf(world: WorldState, agent: number): ProxySession {
  const host = hostOf(world, agent);
  return {
    host,
    proxy: proxyOf(world, agent),
    listener: world.listener[agent]!,
    worker: world.worker[agent]!,
    peer: world.peer[agent]!,
  };
}

export function closeSession(world: WorldState, session: ProxySession, nowUs: number): void {
  const { host, proxy, worker, peer } = session;
  const listener = proxy.listeners[session.listener]!;
  proxy.ports[listener.portOf[peer]!]! -= 1;
  listener.balancer.closed({ worker, peerIndex: peer }, nowUs + host.phaseUs);
  freeSlot(world, host, proxy, listener, worker, nowUs);
  hearNews(world, host, nowUs);
}

/** The client of an attempt through the balancer has gone: a normal end, even of a session still looking for a peer. */
export function abandonSession(world: WorldState, agent: number, nowUs: number): void {
  const session = world.sessions.get(agent);
  if (!session) {
    // Without a proxy in between the connection itself ends.
    if (world.udpAttempt[agent] === 0) closeFlow(world, agent, nowUs);
    return;
  }
  const host = hostOf(world, agent);
  const proxy = proxyOf(world, agent);
  const listener = proxy.listeners[world.listener[agent]!]!;
  const clockUs = nowUs + host.phaseUs;
  const peer = session.peerIndex;
  if (peer >= 0) {
    freePort(world, agent, listener, peer);
    if (world.wait[agent] === Wait.PeerSyn) {
      const heardUs = nowUs + latencyTo(world, agent, world.target[agent]!);
      const timeoutUs = Math.min(world.peerTimeoutUs[agent]!, world.peerSynUs[agent]!);
      if (world.peerSinceUs[agent]! + timeoutUs <= heardUs + togetherUs) {
        listener.balancer.failed(session, clockUs, nowUs - world.arrivedAtUs[agent]!, true);
        tellBan(world, host, proxy, listener, peer, nowUs);
      }
    }
  }
  listener.balancer.closed(session, clockUs);
  dropSession(world, agent, session, nowUs);
  hearNews(world, host, nowUs);
  closeFlow(world, agent, nowUs);
}
