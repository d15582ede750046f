// What comes next on the legs of a session that is broken: the first segment that is lost, the next repetition, the end.
import { instantOfSecond } from '../agent.ts';
import { lastKeepaliveSecond, nextKeepaliveUs } from '../keepalive.ts';
import { PlaceState } from '../place.ts';
import { answeredUs, keepaliveEndUs, openWindowUs, probeUs } from '../tcp.ts';
import {
  Leg,
  closeWindow,
  isCutBack,
  isDark,
  keepaliveOf,
  legLatencyUs,
  sessionEndUs,
  toFarUs,
  toNearUs,
} from './legs.ts';
import { fits } from './sessions.ts';
import { keepaliveGiveUpUs } from './sendTimeout.ts';
import { Broken, State, Step, Timer, timersPerAgent } from './kinds.ts';
import { listenerOf, clockOf, deadlineUs, latencyTo, nextStep, orNow, type WorldState, hostOf } from './state.ts';
import { balancerRoom } from './throughBalancer.ts';

/**
 * Notes the first segment that a leg's sender sends in vain, where that has to be found out: an event or a keepalive that the agent
 * sends at or after `fromUs`; the counts are there.
 */
export function noteFirsts(world: WorldState, agent: number, fromUs: number): void {
  const { legs } = world;
  const via = world.viaBalancer[agent] === 1;
  for (let leg: Leg = via ? Leg.Front : Leg.Back; leg <= Leg.Back; leg += 1) {
    const at = 2 * agent + leg;
    if (!Number.isNaN(legs.firstUs[at])) continue;
    const comesThere = leg === Leg.Front || !via || !isDark(legs.state[2 * agent]!);
    if (comesThere) {
      legs.firstUs[at] = nextSegmentUs(world, agent, fromUs) + toNearUs(world, agent, leg);
    } else {
      legs.firstUs[at] = Infinity;
    }
    if (Number.isNaN(legs.heardUs[at])) legs.heardUs[at] = legs.firstUs[at] + 2 * legLatencyUs(world, agent, leg);
    closeWindow(world, at);
    if (legs.state[at] === Broken.Deaf) noteAnswer(world, agent, leg, fromUs);
    else if (legs.state[at] === Broken.Silent || legs.state[at] === Broken.Dead) {
      // On the second way nothing comes any more since the first one broke, but for the answers of the balancer's kernel.
      const passedUs = Math.max(legs.sinceUs[2 * agent]! - toFarUs(world, agent, Leg.Front), legs.unansweredUs[agent]!);
      const untilUs = comesThere ? fromUs : Math.min(fromUs, passedUs);
      const arrivedUs = lastArrivalUs(world, agent, leg, untilUs);
      const keepaliveUs = world.ackUs[agent]! - toFarUs(world, agent, leg);
      const askedUs = lastKeepaliveUs(world, agent, untilUs) + toFarUs(world, agent, leg);
      const byteUs = Math.max(arrivedUs, askedUs, lastAckByteUs(world, agent, leg));
      const brokenUs = legs.sinceUs[at]!;
      legs.byteUs[at] = comesThere ? byteUs : answeredUs(byteUs, -Infinity, brokenUs, keepaliveOf(world, agent, leg));
      legs.readUs[at] = Math.max(arrivedUs, keepaliveUs);
    }
  }
}

/** A node that answers a keepalive into a way back that is cut repeats the answer, and its own keepalive rests. */
function noteAnswer(world: WorldState, agent: number, leg: Leg, fromUs: number): void {
  const { legs } = world;
  const at = 2 * agent + leg;
  const keepaliveUs = nextKeepaliveUs(clockOf(world, agent), world, world.ackUs[agent]!, fromUs);
  const shutUs = legs.firstUs[at]! + openWindowUs;
  const answers = keepaliveUs + toNearUs(world, agent, leg) <= shutUs;
  legs.byteUs[at] = answers ? Infinity : legs.firstUs[at]! + legLatencyUs(world, agent, leg);
  legs.readUs[at] = legs.byteUs[at]!;
}

/** A window has closed, or the way: what left before `beforeUs` was the last that came to the far end. */
export function noteLastByte(world: WorldState, agent: number, leg: Leg, beforeUs: number): void {
  const { legs } = world;
  const at = 2 * agent + leg;
  // Whoever has answered a keepalive in vain repeats that, and asks nothing.
  const answeredUs = nextKeepaliveUs(clockOf(world, agent), world, world.ackUs[agent]!, legs.unansweredUs[agent]!);
  if (legs.byteUs[at] === Infinity && answeredUs < beforeUs) return;
  const arrivedUs = lastArrivalUs(world, agent, leg, beforeUs);
  legs.byteUs[at] = Math.max(arrivedUs, lastAckByteUs(world, agent, leg));
  legs.readUs[at] = Math.max(arrivedUs, world.ackUs[agent]! - toFarUs(world, agent, leg));
}

/** The near end acknowledges the ACK that it passes on. */
function lastAckByteUs(world: WorldState, agent: number, leg: Leg): number {
  return world.ackUs[agent]! + legLatencyUs(world, agent, leg) - toNearUs(world, agent, leg);
}

/** Something that the agent sent before `beforeUs` waits for the balancer to send it on. */
export function waits(world: WorldState, agent: number, beforeUs: number): boolean {
  const { legs } = world;
  if (world.books.pipelines.heldInPath(agent, world.node[agent]!) > legs.heldBefore[2 * agent + Leg.Back]!) return true;
  if (legs.sleptOn[agent] === 1) return true;
  return nextKeepaliveUs(clockOf(world, agent), world, world.ackUs[agent]!, legs.unansweredUs[agent]!) < beforeUs;
}

/** When the agent sends next, on what it has. */
export function nextSegmentUs(world: WorldState, agent: number, fromUs: number): number {
  const { pipelines } = world.books;
  let eventUs = pipelines.sendInstant(agent, 1);
  if (pipelines.dispatches[agent] === 0) eventUs = deadlineUs(world, agent, Timer.Dispatch);
  else if (pipelines.collects[agent] === 0 && !pipelines.hasBacklog(agent)) {
    eventUs = deadlineUs(world, agent, Timer.Logcollector);
  }
  return Math.min(eventUs, nextKeepaliveUs(clockOf(world, agent), world, world.ackUs[agent]!, fromUs));
}

/** The last event that came to the far end of a leg; -Infinity: none did. */
function lastArrivalUs(world: WorldState, agent: number, leg: Leg, fromUs: number): number {
  const { pipelines } = world.books;
  const toPlaceUs = toFarUs(world, agent, leg);
  if (world.state[agent] === State.Frozen || world.broken[agent] === Broken.Hung) return fromUs + toPlaceUs;
  let sentUs = -Infinity;
  if (pipelines.dispatches[agent] === 1) {
    world.wakesAgent = agent;
    sentUs = pipelines.hasBacklog(agent) ? fromUs : world.before(fromUs);
  }
  return sentUs + toPlaceUs;
}

/** The last keepalive before `beforeUs`, answered or not: the kernel of processes that stand still has it, too; -Infinity: there was none. */
export function lastKeepaliveUs(world: WorldState, agent: number, beforeUs: number): number {
  const clock = clockOf(world, agent);
  if (world.state[agent] !== State.Connected || clock.keepaliveSecond === -Infinity) return -Infinity;
  const second = lastKeepaliveSecond(clock, world, world.ackUs[agent]!, beforeUs);
  if (second === clock.keepaliveSecond) return -Infinity;
  const leftUs = nextKeepaliveUs(clock, world, world.ackUs[agent]!, instantOfSecond(second, clock.keepalivePhaseUs));
  return leftUs < beforeUs ? leftUs : -Infinity;
}

/** When the balancer has seen no byte for its time-out: nothing moves once all that has room behind it is there. */
export function noteIdle(world: WorldState, agent: number, nowUs: number): void {
  const { legs } = world;
  legs.idleUs[agent] = Infinity;
  if (world.viaBalancer[agent] === 0 || world.brokenPlace[agent] === world.target[agent]) return;
  const { mutePeerTimeoutUs } = listenerOf(world, agent).options;
  // The last that the peer has said was the ACK.
  const muteUs = world.ackUs[agent]! + mutePeerTimeoutUs;
  legs.idleUs[agent] = muteUs;
  if (world.blocked[agent] === 1) return;
  const { sessionTimeoutUs } = listenerOf(world, agent).options;
  const { pipelines } = world.books;
  pipelines.advance(agent, nowUs);
  world.wakesAgent = agent;
  const left = fits(world, agent, balancerRoom(world, agent));
  const fullUs =
    left < 0 ? world.before(nowUs) : pipelines.sendInstantBefore(agent, left + 1, world.options.durationUs);
  legs.idleUs[agent] = Math.min(muteUs, fullUs + sessionTimeoutUs + 2 * latencyTo(world, agent, world.target[agent]!));
}

/** Arms what comes next: a leg that changes by itself, or the end of the connection. */
export function planNext(world: WorldState, agent: number, nowUs: number): void {
  const { legs } = world;
  const via = world.viaBalancer[agent] === 1;
  const near = via ? Leg.Front : Leg.Back;
  const first = 2 * agent + near;
  const back = 2 * agent + Leg.Back;
  const kernel = world.options.groups[world.groupOf[agent]!]!.agent.kernel;
  let dueUs = legs.dueUs[back]!;
  let closedUs = endUs(world, agent, near, kernel.tcpGiveUpUs, nowUs);
  if (legs.state[first] === Broken.Silent) {
    // From 4.14.9 on the agent's own TCP asks.
    const oneWayUs = toFarUs(world, agent, near);
    const brokenUs = legs.sinceUs[first]! - oneWayUs;
    closedUs = Math.min(closedUs, keepaliveGiveUpUs(world, agent, brokenUs, legs.firstUs[first]!, 2 * oneWayUs));
  }
  if (via) {
    dueUs = Math.min(dueUs, legs.dueUs[first]!);
    // nginx ends the session, and says so on a way that is open.
    const endsUs = proxyEndUs(world, agent, nowUs);
    if (endsUs >= nowUs) dueUs = Math.min(dueUs, Math.max(endsUs, nowUs + 1));
    if (!isDark(legs.state[first]!)) {
      const toBalancerUs = latencyTo(world, agent, world.target[agent]!);
      const ofBalancer =
        endUs(world, agent, Leg.Back, hostOf(world, agent).options.kernel.tcpGiveUpUs, nowUs) + toBalancerUs;
      // What nginx says of it does not come through while the way back is cut.
      if (legs.state[first] === Broken.No) closedUs = Math.min(closedUs, ofBalancer);
      closedUs = Math.min(closedUs, isDark(legs.state[back]!) ? legs.idleUs[agent]! : Infinity);
    }
  }
  // One that has heard of it already stays on it, if it looks for a manager there.
  if (closedUs < nowUs && world.state[agent] === State.Stale) closedUs = Infinity;
  const nextUs = Math.min(dueUs, closedUs);
  if (nextUs < world.options.durationUs)
    nextStep(world, agent, closedUs <= dueUs ? Step.Closed : Step.Review, orNow(world, nextUs));
  else world.queue.cancel(agent * timersPerAgent + Timer.Path);
}

/** When the balancer ends a session on whose front leg nothing passes: the node is gone, or no byte moves. Infinity: not as things are. */
function proxyEndUs(world: WorldState, agent: number, nowUs: number): number {
  const { legs } = world;
  const at = 2 * agent;
  if (legs.state[at] !== Broken.Silent && legs.state[at] !== Broken.Deaf) return Infinity;
  if (!Number.isNaN(legs.goneUs[at]) || world.places[world.target[agent]!]!.state !== PlaceState.Up) return Infinity;
  const { tcpGiveUpUs } = hostOf(world, agent).options.kernel;
  return Math.min(endUs(world, agent, Leg.Back, tcpGiveUpUs, nowUs), sessionEndUs(world, agent));
}

/** The balancer has ended the session by now: its FIN goes out. */
export function noteProxyEnd(world: WorldState, agent: number, nowUs: number): void {
  const endsUs = proxyEndUs(world, agent, nowUs);
  if (endsUs <= nowUs) world.legs.goneUs[2 * agent] = endsUs;
}

/** When a leg's sender hears that its connection is over, or gives it up; Infinity: not as things are. */
function endUs(world: WorldState, agent: number, leg: Leg, giveUpUs: number, nowUs: number): number {
  const { legs } = world;
  const at = 2 * agent + leg;
  if (legs.state[at] === Broken.Dead) return legs.heardUs[at]!;
  if (legs.state[at] !== Broken.Silent) return Infinity;
  const keepalive = keepaliveOf(world, agent, leg);
  const closesUs = keepaliveEndUs(legs.byteUs[at]!, keepalive);
  const openUs = legs.openUs[at]!;
  const isHeard =
    leg === Leg.Back &&
    // A way there that opens in time for a probe has it answered.
    (openUs === Infinity || (openUs <= closesUs && probeUs(legs.byteUs[at]!, openUs, keepalive) === Infinity)) &&
    world.places[world.node[agent]!]!.state !== PlaceState.Silent &&
    legs.forgotten[at] === 0 &&
    Number.isNaN(legs.goneUs[at]) &&
    !isCutBack(world, agent, leg);
  // The RST of the manager's keepalive comes through: only the way there is cut, or it has opened behind the last probe.
  const resetUs = isHeard ? closesUs + legLatencyUs(world, agent, leg) : Infinity;
  // One that has not come by now was lost.
  return Math.min(legs.firstUs[at]! + giveUpUs, resetUs < nowUs ? Infinity : resetUs);
}
