// What an agent waits for while it connects, and when it is made to connect anew.
import { instantOfSecond, receiveTimeoutUs } from '../agent.ts';
import type { Endpoint, ServerOptions } from '../agentOptions.ts';
import { lastAckUs, noticeUs, turnAt } from '../keepalive.ts';
import { fitsQueue, type Place } from '../place.ts';
import { reviewChecks } from './checks.ts';
import { isWalker, walkWaits } from './listWalk.ts';
import { Broken, State, Step, Timer, Wait, timersPerAgent } from './kinds.ts';
import {
  listenerOf,
  armMain,
  armMainOrNow,
  clockOf,
  deadlineUs,
  nextStep,
  nodeLatencyUs,
  type WorldState,
  isBalancer,
} from './state.ts';

export function serverOf(world: WorldState, agent: number): ServerOptions {
  const group = world.groupOf[agent]!;
  const { servers } = world.options.groups[group]!;
  const order = world.orders[group];
  const at = world.server[agent]!;
  return servers[order ? order[world.indexInGroup(agent) * servers.length + at]! : at]!;
}

/** Where an agent asks for a key now: at its server, or, before the first of them, at the `manager_address`. */
export function registrationOf(world: WorldState, agent: number): { readonly at: Endpoint; readonly listens: boolean } {
  const { enrolsAt } = world.options.groups[world.groupOf[agent]!]!;
  if (world.server[agent]! < 0 && enrolsAt) return { at: enrolsAt.endpoint, listens: enrolsAt.listens };
  const { registration, endpoint } = serverOf(world, agent);
  return { at: registration ?? endpoint, listens: registration !== null };
}

/** True when the connection fits into the accept queue of processes that take none. */
export function queueUp(
  world: WorldState,
  agent: number,
  place: Place,
  registration: boolean,
  index: number,
  nowUs: number,
): boolean {
  if (!fitsQueue(registration ? place.queuedRegistration : place.queued, place.acceptQueue)) {
    world.books.overflowed(index, nowUs);
    return false;
  }
  if (registration) {
    place.queuedRegistration += 1;
    return true;
  }
  if (!isBalancer(world, index)) world.ticket[agent] = place.queued;
  place.queued += 1;
  if (!fitsQueue(place.queued, place.acceptQueue)) reviewChecks(world, index, nowUs);
  return true;
}

/** @param sentUs when the SYN left that nobody answers: behind a full accept queue it is not the first one. */
export function waitSyn(world: WorldState, agent: number, routed: boolean, sentUs = world.connectAtUs[agent]!): void {
  const { kernel } = world.options.groups[world.groupOf[agent]!]!.agent;
  world.wait[agent] = Wait.Syn;
  armMainOrNow(
    world,
    agent,
    routed ? world.connectAtUs[agent]! + kernel.connectTimeoutUs : sentUs + kernel.arpTimeoutUs,
  );
}

/** The SYN that comes now has been sent again, and none before it has left: the kernel does not know the host's address. */
export function asksForHost(world: WorldState, agent: number): boolean {
  const { kernel } = world.options.groups[world.groupOf[agent]!]!.agent;
  return deadlineUs(world, agent, Timer.Main) < world.connectAtUs[agent]! + kernel.connectTimeoutUs;
}

/** The time-out of an established attempt: of the handshake ACK, or of the enrollment's answer. */
export function armAttemptTimeout(world: WorldState, agent: number): void {
  if (isWalker(world, agent)) {
    walkWaits(world, agent);
    return;
  }
  const untilUs = patienceEndsUs(world, agent);
  if (untilUs === Infinity) world.queue.cancel(agent * timersPerAgent + Timer.Main);
  else armMainOrNow(world, agent, untilUs);
}

/** When the time-out of an established attempt is over, Infinity: it has none. */
export function patienceEndsUs(world: WorldState, agent: number): number {
  const { internal, enrollment } = world.options.groups[world.groupOf[agent]!]!.agent;
  const seconds = world.state[agent] === State.Enrolling ? enrollment.timeoutSeconds : internal.recvTimeoutSeconds;
  return seconds === null ? Infinity : world.establishedAtUs[agent]! + receiveTimeoutUs(seconds);
}

/** True when connect() has given up before the answer of the host comes, to which the SYN comes just now. */
export function hasGivenUp(world: WorldState, agent: number, answerUs: number): boolean {
  const { kernel } = world.options.groups[world.groupOf[agent]!]!.agent;
  return answerUs > world.connectAtUs[agent]! + kernel.connectTimeoutUs;
}

/** Nobody answers for now. A balancer in between closes a session in which no byte has moved since `movedUs` for too long. */
export function waitForAnswer(world: WorldState, agent: number, movedUs: number): void {
  world.wait[agent] = Wait.Ack;
  armAttemptTimeout(world, agent);
  if (!isBalancer(world, world.target[agent]!)) return;
  const { sessionTimeoutUs } = listenerOf(world, agent).options;
  nextStep(world, agent, Step.Idle, movedUs + sessionTimeoutUs);
}

/** Notes how long what waits in an agent that is back will take; again when the next of its threads goes on. */
export function noteBacklog(world: WorldState, agent: number, nowUs: number): void {
  const { pipelines } = world.books;
  const sinceUs = world.backSinceUs[agent]!;
  if (sinceUs === -Infinity || pipelines.dispatches[agent] === 0) return;
  world.books.drained(agent, nowUs - sinceUs + pipelines.drainUs(agent));
}

export function armForced(world: WorldState, agent: number, nowUs: number): void {
  const forcedUs = nextForcedUs(world, agent, nowUs);
  if (forcedUs === Infinity) world.queue.cancel(agent * timersPerAgent + Timer.Main);
  else armMain(world, agent, forcedUs);
}

/** Turn of the main loop at which force_reconnect_interval makes the agent leave; Infinity: never. */
export function nextForcedUs(world: WorldState, agent: number, nowUs: number): number {
  const dueUs = forcedDueUs(world, agent);
  if (dueUs === Infinity) return Infinity;
  const clock = clockOf(world, agent);
  const atUs = Math.max(nowUs, dueUs);
  if (world.broken[agent] !== Broken.No) return turnAt(world, Math.min(nowUs, world.ackUs[agent]!), atUs);
  // Of every keepalive that leaves before, whether or not its ACK comes before.
  const toNodeUs = nodeLatencyUs(world, agent);
  if (world.ackUs[agent]! > nowUs) {
    // Of a session that has just healed the first keepalive may be due in world turn, or later.
    const turn = turnAt(world, world.ackBeforeHealUs[agent]!, atUs);
    if (turn <= world.ackUs[agent]! - 2 * toNodeUs) return turn;
  }
  const ackUs = lastAckUs(clock, world, world.ackUs[agent]!, atUs + toNodeUs - 1, toNodeUs);
  return ackUs > atUs ? Math.min(ackUs, world.from(atUs)) : turnAt(world, ackUs, atUs);
}

/** Why the main loop makes the agent leave in world turn: the missing ACK comes first. */
export function isForced(world: WorldState, agent: number, nowUs: number): boolean {
  if (nowUs < forcedDueUs(world, agent)) return false;
  return world.broken[agent] === Broken.No || nowUs < noticeUs(clockOf(world, agent), world, world.ackUs[agent]!);
}

export function forcedDueUs(world: WorldState, agent: number): number {
  const seconds = world.options.groups[world.groupOf[agent]!]!.agent.forceReconnectIntervalSeconds;
  return seconds === 0 ? Infinity : instantOfSecond(world.connectedSecond[agent]! + seconds, world.phaseUs[agent]!);
}
