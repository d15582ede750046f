// An agent that looks for a manager: attempts, retries, enrollment, the next server.
import { retrySleepUs, synRetryUs } from '../agent.ts';
import type { Endpoint, ServerOptions } from '../agentOptions.ts';
import { PlaceState, serviceState } from '../place.ts';
import { handshakeDone } from './handshake.ts';
import { hasAsked, isWalker, sleeps, startWalk, walkAnswered, walkClosed } from './listWalk.ts';
import { Broken, State, Step, Timer, Wait, timersPerAgent } from './kinds.ts';
import {
  armMain,
  armMainOrNow,
  conditionOf,
  latencyTo,
  nextStep,
  unreachableTo,
  type WorldState,
  deadlineUs,
  hopUs,
  hostOf,
  isBalancer,
  placeOf,
} from './state.ts';
import { Errand, enrolmentAnswered, isKeyKnown, keyDenied, keyRefused, newcomerWakes } from './enrolment.ts';
import { forgetAttempt, isJudged, repeatSyn, reviewIntake, startupRead, takeQueued, takesSyn } from './intake.ts';
import { register } from './registering.ts';
import { isKeyInUse } from './keyInUse.ts';
import { Leg } from './legs.ts';
import { attemptCutSinceUs, isAnswerLost, reviewRepeat } from './repeats.ts';
import { arrivesAtForwarder, closeFlow, forward, forwardingAt } from './flows.ts';
import { takesClient } from './slots.ts';
import { resolveVip } from './vip.ts';
import { giveUpAttempt } from './abandoned.ts';
import { answersStartup, asksForSession, hearsRefusal, isDeafened, startupPasses } from './udpBalanced.ts';
import { abandonSession, acceptAtBalancer } from './throughBalancer.ts';
import {
  armAttemptTimeout,
  asksForHost,
  hasGivenUp,
  patienceEndsUs,
  queueUp,
  registrationOf,
  serverOf,
  waitForAnswer,
  waitSyn,
} from './waits.ts';

/** All attempts at the current entry of the list, from the first. */
export function beginServer(world: WorldState, agent: number, nowUs: number): void {
  if (isWalker(world, agent)) {
    startWalk(world, agent, nowUs);
    return;
  }
  world.triesLeft[agent] = serverOf(world, agent).maxRetries;
  beginAttempt(world, agent, nowUs);
}

export function beginAttempt(world: WorldState, agent: number, nowUs: number): void {
  const server = serverOf(world, agent);
  world.state[agent] = State.Trying;
  forgetAttempt(world, agent);
  world.wait[agent] = Wait.None;
  world.attemptAtUs[agent] = nowUs;
  if (world.open.fault[agent]! >= 0) world.open.attempts[agent]! += 1;
  world.probe.tried?.(agent, nowUs, world.server[agent]!);
  approach(world, agent, server, nowUs);
}

/** The name of the server is asked for in vain, a second after the other, and no packet leaves for it. */
function failToResolve(world: WorldState, agent: number, nowUs: number): void {
  const { unresolvedUs } = world.options.groups[world.groupOf[agent]!]!.agent;
  world.udpAttempt[agent] = 0;
  world.peerNode[agent] = -1;
  nextStep(world, agent, Step.Fail, nowUs + unresolvedUs);
}

/** Sends the startup message, or the ping, to the current server: in a datagram, or as soon as a connection stands. */
function approach(world: WorldState, agent: number, server: ServerOptions, nowUs: number): void {
  const { endpoint, protocol, isUnresolvable } = server;
  if (isUnresolvable === true || !turnTo(world, agent, endpoint, nowUs)) {
    failToResolve(world, agent, nowUs);
    return;
  }
  const target = world.target[agent]!;
  // Through a proxy everything is TCP.
  const isForwarded =
    isBalancer(world, target) && (forwardingAt(world, target) !== null || asksForSession(world, agent));
  const isDatagram = protocol === 'udp' && (!isBalancer(world, target) || isForwarded);
  world.udpAttempt[agent] = isDatagram ? 1 : 0;
  if (!isDatagram) {
    sendSyn(world, agent, nowUs);
    return;
  }
  world.connectAtUs[agent] = nowUs;
  world.establishedAtUs[agent] = nowUs;
  armAttemptTimeout(world, agent);
  nextStep(world, agent, Step.Udp, nowUs + latencyTo(world, agent, target));
}

/** Whoever is connected to an endpoint now becomes the agent's target. @returns false where its name says nobody. */
export function turnTo(world: WorldState, agent: number, endpoint: Endpoint, nowUs: number): boolean {
  closeFlow(world, agent, nowUs);
  world.target[agent] = placeOf(world, endpoint);
  world.peerNode[agent] = -1;
  if (endpoint.kind === 'balancer') world.listener[agent] = endpoint.listenerIndex;
  resolveVip(world, agent);
  if (forwardingAt(world, world.target[agent])?.passes !== 'addresses') return true;
  return forward(world, agent, false, nowUs);
}

/** To the target. */
function sendSyn(world: WorldState, agent: number, nowUs: number): void {
  world.connectAtUs[agent] = nowUs;
  nextStep(world, agent, Step.Arrive, nowUs + latencyTo(world, agent, world.target[agent]!));
}

/** The SYN reaches the host the agent connects to. */
export function synArrives(world: WorldState, agent: number, nowUs: number): void {
  const target = world.target[agent]!;
  const place = world.places[target]!;
  const oneWayUs = latencyTo(world, agent, target);
  const enrolling = world.state[agent] === State.Enrolling;
  const nobody = enrolling && !registrationOf(world, agent).listens;
  const isFrontCut = attemptCutSinceUs(world, agent, Leg.Front) < Infinity;
  if (asksForHost(world, agent) && (place.state === PlaceState.Silent || isFrontCut)) {
    world.wait[agent] = Wait.Syn; // nobody has answered the first ARP request: its time goes on
    return;
  }
  world.queue.cancel(agent * timersPerAgent + Timer.Main);
  if (place.state === PlaceState.Silent) {
    waitSyn(world, agent, unreachableTo(world, agent, target) === 'routed', nowUs - oneWayUs);
    return;
  }
  if (isFrontCut || hasGivenUp(world, agent, nowUs + oneWayUs)) {
    waitSyn(world, agent, true);
    return;
  }
  const forwarding = forwardingAt(world, target);
  if (forwarding) {
    const what = arrivesAtForwarder(world, agent, forwarding, false, nowUs);
    if (what === 'silent') waitSyn(world, agent, true);
    if (what !== 'refused') return;
  }
  if (nobody || forwarding || place.state === PlaceState.Refusing) {
    world.books.refused(target, nowUs);
    nextStep(world, agent, Step.Fail, nowUs + oneWayUs);
    return;
  }
  world.establishedAtUs[agent] = nowUs + oneWayUs;
  if (place.state === PlaceState.Dying) {
    nextStep(world, agent, Step.Fail, nowUs + 3 * oneWayUs);
    return;
  }
  if (!enrolling && !isBalancer(world, target) && isJudged(world, target)) {
    world.nodeLife[agent] = place.life;
    if (!takesSyn(world, target, nowUs)) {
      repeatSyn(world, agent, nowUs);
      return;
    }
    world.wait[agent] = Wait.None; // no SYN of it waits any more
    nextStep(world, agent, Step.Enters, nowUs + 2 * oneWayUs);
    return;
  }
  if (serviceState(place, enrolling) === PlaceState.Hung) {
    if (!queueUp(world, agent, place, enrolling, target, nowUs)) {
      repeatSyn(world, agent, nowUs);
      return;
    }
    if (!isBalancer(world, target)) world.nodeLife[agent] = place.life;
    else world.balancerLife[agent] = place.life;
    world.wait[agent] = Wait.Queue;
    armAttemptTimeout(world, agent);
    return;
  }
  if (isBalancer(world, target)) {
    if (!takesClient(world, agent)) {
      repeatSyn(world, agent, nowUs);
      return;
    }
    // nginx gets the connection when the handshake is over; until then it lies in the kernel.
    world.balancerLife[agent] = place.life;
    world.wait[agent] = Wait.Queue;
    armAttemptTimeout(world, agent);
    nextStep(world, agent, Step.Accept, nowUs + 2 * oneWayUs);
    return;
  }
  world.nodeLife[agent] = place.life;
  world.books.accepted(target, nowUs);
  // Startup message and ACK; an enrollment takes a round trip for TLS and one for the request.
  if (enrolling) register(world, agent, target, nowUs, oneWayUs, nowUs + 5 * oneWayUs);
  else nextStep(world, agent, Step.Handshake, nowUs + 3 * oneWayUs);
}

/** The agent's ACK, or the answer to its enrollment, is due: does the connection still stand? */
export function answerDue(world: WorldState, agent: number, nowUs: number): void {
  if (isAnswerLost(world, agent, nowUs)) return;
  world.wait[agent] = Wait.None;
  const condition = attemptCondition(world, agent);
  if (condition === Broken.Dead || (!isWalker(world, agent) && nowUs > patienceEndsUs(world, agent))) {
    attemptFailed(world, agent, nowUs);
  } else if (condition !== Broken.No) {
    waitForAnswer(world, agent, nowUs);
  } else if (world.state[agent] === State.Enrolling) {
    enrolmentAnswered(world, agent, nowUs);
  } else if (world.state[agent] === State.Pinging) {
    abandonSession(world, agent, nowUs);
    enroll(world, agent, nowUs);
  } else if (isWalker(world, agent)) {
    if (hasAsked(world, agent) && keyIsInUse(world, agent, nowUs)) walkClosed(world, agent, nowUs);
    else walkAnswered(world, agent, nowUs);
  } else if (!isKeyKnown(world, agent, nowUs)) {
    keyRefused(world, agent, nowUs);
  } else if (keyIsInUse(world, agent, nowUs)) {
    attemptFailed(world, agent, nowUs);
  } else {
    handshakeDone(world, agent, nowUs);
  }
}

/** The node has closed the connection, because it holds another one of the agent: its FIN comes instead of the ACK. */
function keyIsInUse(world: WorldState, agent: number, nowUs: number): boolean {
  const peer = world.peerNode[agent]!;
  const target = world.target[agent]!;
  const backUs = latencyTo(world, agent, target) + (peer < 0 ? 0 : hopUs(world, agent, peer));
  return isKeyInUse(world, agent, peer < 0 ? target : peer, nowUs - backUs);
}

function attemptCondition(world: WorldState, agent: number): number {
  let condition: number = Broken.No;
  let node = world.target[agent]!;
  if (isBalancer(world, node)) {
    condition = conditionOf(world.places[node]!, world.balancerLife[agent]!);
    node = world.peerNode[agent]!;
  }
  if (condition !== Broken.No || node < 0) return condition;
  return conditionOf(world.places[node]!, world.nodeLife[agent]!, world.state[agent] === State.Enrolling);
}

/** A place changed while an attempt waits for something there. */
export function reviewAttempt(world: WorldState, agent: number, nowUs: number): void {
  const target = world.target[agent]!;
  const place = world.places[target]!;
  const oneWayUs = latencyTo(world, agent, target);
  const slot = agent * timersPerAgent;
  const waitsThere = world.wait[agent] === Wait.Queue || world.wait[agent] === Wait.Ack;
  if (waitsThere && place.state !== PlaceState.Silent && reviewRepeat(world, agent, nowUs)) return;
  switch (world.wait[agent]) {
    case Wait.Syn: {
      if (place.state === PlaceState.Silent || attemptCutSinceUs(world, agent, Leg.Front) < Infinity) return;
      const { kernel } = world.options.groups[world.groupOf[agent]!]!.agent;
      const deadlineUs = world.queue.deadline(slot + Timer.Main) - world.options.warmupUs;
      const sinceUs = world.connectAtUs[agent]!;
      const againUs = synRetryUs(sinceUs, nowUs - oneWayUs, kernel.synLinearTimeouts, deadlineUs - sinceUs) + oneWayUs;
      if (againUs >= deadlineUs) return;
      // The attempt goes on, and until its SYN is heard so does the clock of the first one.
      world.wait[agent] = Wait.None;
      nextStep(world, agent, Step.Arrive, againUs);
      return;
    }
    case Wait.Queue:
      if (serviceState(place, world.state[agent] === State.Enrolling) === PlaceState.Hung) return;
      if (place.state === PlaceState.Silent) {
        waitInVain(world, agent);
        return;
      }
      if (!sleeps(world, agent)) world.queue.cancel(slot + Timer.Main);
      world.wait[agent] = Wait.None;
      if (
        conditionOf(
          place,
          isBalancer(world, target) ? world.balancerLife[agent]! : world.nodeLife[agent]!,
          world.state[agent] === State.Enrolling,
        ) !== Broken.No
      ) {
        nextStep(world, agent, Step.Fail, nowUs + oneWayUs);
      } else if (isBalancer(world, target)) {
        acceptAtBalancer(world, agent, nowUs);
      } else if (world.ticket[agent]! >= 0) {
        takeQueued(world, agent, nowUs);
      } else {
        world.books.accepted(target, nowUs);
        if (world.state[agent] === State.Enrolling)
          register(world, agent, target, nowUs, oneWayUs, nowUs + 3 * oneWayUs);
        else nextStep(world, agent, Step.Handshake, nowUs + oneWayUs);
      }
      return;
    case Wait.Ack: {
      const condition = attemptCondition(world, agent);
      if (condition === Broken.Hung) return;
      // authd has the request, and its answer is on its way.
      const isServed = world.step[agent] === Step.Enrolled && deadlineUs(world, agent, Timer.Path) < Infinity;
      if (isServed && condition === Broken.No) return;
      if (condition === Broken.Silent) {
        if (isServed) world.queue.cancel(slot + Timer.Path);
        waitInVain(world, agent);
        return;
      }
      const node = world.peerNode[agent]!;
      const backUs = oneWayUs + (node >= 0 ? hopUs(world, agent, node) : 0);
      // A datagram that was taken in gets no refusal when its reader dies.
      if (world.step[agent] === Step.Udp && condition === Broken.Dead) return;
      if (!sleeps(world, agent)) world.queue.cancel(slot + Timer.Main);
      world.wait[agent] = Wait.None;
      if (condition === Broken.No && world.untaken[agent] === 1 && world.ticket[agent]! < 0) {
        world.untaken[agent] = 0;
        const taker = node >= 0 ? node : target;
        world.books.accepted(taker, nowUs);
        if (isJudged(world, taker) && world.state[agent] !== State.Enrolling) {
          startupRead(world, agent, taker, nowUs);
          return;
        }
      }
      if (condition === Broken.Dead) nextStep(world, agent, Step.Fail, nowUs + backUs);
      else if (world.ticket[agent]! >= 0) takeQueued(world, agent, nowUs);
      else if (world.state[agent] === State.Enrolling) {
        register(world, agent, node >= 0 ? node : target, nowUs, backUs, nowUs + 3 * backUs);
      } else nextStep(world, agent, Step.Handshake, nowUs + backUs);
      return;
    }
    case Wait.PeerSyn: {
      const node = world.peerNode[agent]!;
      if (node < 0 || world.places[node]!.state === PlaceState.Silent) return;
      if (attemptCutSinceUs(world, agent, Leg.Back) < Infinity) return;
      const deadlineUs = world.queue.deadline(slot + Timer.Path) - world.options.warmupUs;
      const sinceUs = world.peerSinceUs[agent]!;
      const toNodeUs = hopUs(world, agent, node);
      const { synLinearTimeouts } = hostOf(world, agent).options.kernel;
      const againUs = synRetryUs(sinceUs, nowUs - toNodeUs, synLinearTimeouts, world.peerSynUs[agent]!) + toNodeUs;
      if (againUs >= deadlineUs) return;
      world.wait[agent] = Wait.None;
      nextStep(world, agent, Step.PeerArrive, againUs);
      return;
    }
    case Wait.Accepts:
    case Wait.Handler:
      reviewIntake(world, agent, nowUs);
      return;
    case Wait.Slot:
      // The kernel closes what nobody has accepted when its process ends.
      if (place.state === PlaceState.Silent) waitInVain(world, agent);
      else if (place.life !== world.balancerLife[agent]) {
        world.queue.cancel(slot + Timer.Main);
        world.wait[agent] = Wait.None;
        nextStep(world, agent, Step.Fail, nowUs + oneWayUs);
      }
      return;
    case Wait.Stalled:
      if (world.places[world.target[agent]!]!.state !== PlaceState.Up) return;
      world.wait[agent] = Wait.None;
      nextStep(world, agent, world.step[agent]!, nowUs);
      return;
    default:
  }
}

/**
 * What was to answer has lost its memory, and nothing is on the way that a new host could reset: only the attempt's own
 * time-out ends it.
 */
export function waitInVain(world: WorldState, agent: number): void {
  world.wait[agent] = Wait.None;
}

/** The attempt has failed, or the enrollment is over. */
export function attemptFailed(world: WorldState, agent: number, nowUs: number): void {
  if (isWalker(world, agent)) {
    walkClosed(world, agent, nowUs);
    return;
  }
  const slot = agent * timersPerAgent;
  world.probe.failed?.(agent, nowUs, world.state[agent] === State.Enrolling);
  giveUpAttempt(world, agent, nowUs);
  world.queue.cancel(slot + Timer.Path);
  world.queue.cancel(slot + Timer.Main);
  forgetAttempt(world, agent);
  world.wait[agent] = Wait.None;
  world.untaken[agent] = 0;
  world.repeats.sentUs[agent] = NaN;
  world.peerNode[agent] = -1;
  const server = serverOf(world, agent);
  const { enrollment } = world.options.groups[world.groupOf[agent]!]!.agent;
  if (world.errand[agent] === Errand.SeeksKey) {
    keyDenied(world, agent, nowUs);
    return;
  }
  if (world.state[agent] === State.Trying) {
    world.triesLeft[agent]! -= 1;
    world.books.attemptsFailed += 1;
    const isExtra = world.errand[agent] === Errand.TriesOnce;
    if (isExtra) world.errand[agent] = Errand.GoesOn;
    if (world.triesLeft[agent] === 0 && enrollment.enabled && !enrollment.behindPause && !isExtra) {
      if (enrollment.pingsFirst) {
        world.state[agent] = State.Pinging;
        approach(world, agent, server, nowUs);
      } else {
        enroll(world, agent, nowUs);
      }
      return;
    }
  } else if (enrollment.behindPause) {
    nextServer(world, agent, nowUs);
    return;
  }
  world.state[agent] = State.Sleeping;
  armMain(world, agent, nowUs + retrySleepUs(server.retryIntervalSeconds));
}

/** Asks the server's registration service for a key. */
export function enroll(world: WorldState, agent: number, nowUs: number): void {
  world.state[agent] = State.Enrolling;
  world.probe.enrols?.(agent, nowUs);
  world.udpAttempt[agent] = 0;
  if (world.server[agent]! >= 0 && serverOf(world, agent).isUnresolvable === true) {
    failToResolve(world, agent, nowUs);
    return;
  }
  if (turnTo(world, agent, registrationOf(world, agent).at, nowUs)) sendSyn(world, agent, nowUs);
  else failToResolve(world, agent, nowUs);
}

export function wakeUp(world: WorldState, agent: number, nowUs: number): void {
  if (newcomerWakes(world, agent, nowUs)) return;
  if (world.triesLeft[agent]! > 0) {
    beginAttempt(world, agent, nowUs);
    return;
  }
  const { enabled, behindPause } = world.options.groups[world.groupOf[agent]!]!.agent.enrollment;
  if (enabled && behindPause && world.errand[agent] !== Errand.GoesOn) {
    enroll(world, agent, nowUs);
    return;
  }
  world.errand[agent] = Errand.None;
  nextServer(world, agent, nowUs);
}

function nextServer(world: WorldState, agent: number, nowUs: number): void {
  world.probe.gaveUp?.(agent, nowUs, world.server[agent]!);
  const { servers } = world.options.groups[world.groupOf[agent]!]!;
  world.server[agent] = (world.server[agent]! + 1) % servers.length;
  beginServer(world, agent, nowUs);
}

/** The startup datagram reaches the node. */
export function udpArrive(world: WorldState, agent: number, nowUs: number): void {
  const target = world.target[agent]!;
  const place = world.places[target]!;
  const oneWayUs = latencyTo(world, agent, target);
  // A datagram that is lost, and one whose answer is, are not repeated. For a host that is off nobody answers ARP either.
  if (place.state !== PlaceState.Silent && attemptCutSinceUs(world, agent, Leg.Front) < Infinity) {
    world.wait[agent] = Wait.None;
    return;
  }
  const forwarding = forwardingAt(world, target);
  const asks = asksForSession(world, agent);
  if ((asks || forwarding) && place.state !== PlaceState.Silent) {
    const what = asks ? startupPasses(world, agent, nowUs) : arrivesAtForwarder(world, agent, forwarding!, true, nowUs);
    if (what === 'refused') nextStep(world, agent, Step.Fail, nowUs + oneWayUs);
    else if (what === 'silent') world.wait[agent] = Wait.None;
    return;
  }
  switch (place.state) {
    case PlaceState.Up:
      world.nodeLife[agent] = place.life;
      world.books.accepted(target, nowUs);
      answersStartup(world, agent, nowUs);
      if (isDeafened(world, agent, nowUs)) world.wait[agent] = Wait.None;
      else if (isJudged(world, target)) startupRead(world, agent, target, nowUs);
      else nextStep(world, agent, Step.Handshake, nowUs + oneWayUs);
      return;
    case PlaceState.Refusing:
    case PlaceState.Dying:
      world.books.refused(target, nowUs);
      if (hearsRefusal(world, agent, nowUs)) nextStep(world, agent, Step.Fail, nowUs + oneWayUs);
      else world.wait[agent] = Wait.None;
      return;
    case PlaceState.Hung:
      world.nodeLife[agent] = place.life;
      world.wait[agent] = Wait.Ack;
      world.untaken[agent] = 1;
      return;
    case PlaceState.Silent:
      world.wait[agent] = Wait.None;
      if (unreachableTo(world, agent, target) === 'sameSegment' && !isWalker(world, agent)) {
        const { arpTimeoutUs } = world.options.groups[world.groupOf[agent]!]!.agent.kernel;
        armMainOrNow(world, agent, world.connectAtUs[agent]! + arpTimeoutUs);
      }
      return;
    default:
      place.state satisfies never;
  }
}
