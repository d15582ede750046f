// The path of a connected agent: a place or a way has changed, and its session breaks, breaks in another way, or heals. What an agent
// then does about it: sessions.ts. What each leg does: legs.ts.
import { wholeSeconds } from '../agent.ts';
import { dueWithAckUs, lastAckUs, nextKeepaliveUs, noticeUs } from '../keepalive.ts';
import { openOutage } from '../outages.ts';
import { Sink } from '../pipeline/sink.ts';
import { PlaceState } from '../place.ts';
import { arrives, awaitFlush } from './flush.ts';
import { keepaliveWaits, noteAgain } from './heard.ts';
import { armIdle } from './idle.ts';
import { Leg, LegChange, farPlace, isDark, reviewLeg, toFarUs, toNearUs, legLatencyUs } from './legs.ts';
import { armBlock, hasRoom, leaveAsleep, unblock } from './sessions.ts';
import { revive } from './listWalk.ts';
import { owe } from './orders.ts';
import { Broken, State, Timer, timersPerAgent } from './kinds.ts';
import { armMain, clockOf, hasNoBuffer, nodeLatencyUs, type WorldState, endOf } from './state.ts';
import { expectDatagram, isDeafened, isUnled } from './udpBalanced.ts';
import { armForced, nextForcedUs, noteBacklog } from './waits.ts';
import { noteFirsts, noteIdle, noteLastByte, noteProxyEnd, planNext, waits } from './pathPlan.ts';
import { joinZombie, leaveZombie, reviewZombie } from './zombie.ts';

/** Looks again at the connection of a connected agent: works, silent, hung, dead, or deaf. */
export function reviewSession(world: WorldState, agent: number, nowUs: number): void {
  if (world.udp[agent] === 1) {
    reviewDatagrams(world, agent, nowUs);
    expectDatagram(world, agent, nowUs);
    return;
  }
  const { legs } = world;
  const via = world.viaBalancer[agent] === 1;
  const frontWas = via ? legs.state[2 * agent]! : Broken.No;
  const backWas = legs.state[2 * agent + 1]!;
  if (via) noteProxyEnd(world, agent, nowUs);
  const front = via ? reviewLeg(world, agent, Leg.Front, nowUs) : LegChange.None;
  const back = reviewLeg(world, agent, Leg.Back, nowUs);
  if (front !== LegChange.None) follow(world, agent, Leg.Front, frontWas, front === LegChange.Due, nowUs);
  if (back !== LegChange.None) follow(world, agent, Leg.Back, backWas, back === LegChange.Due, nowUs);
  if (world.node[agent]! < 0) return;
  if (world.broken[agent] !== Broken.No) planNext(world, agent, nowUs);
  else if (front !== LegChange.None || back !== LegChange.None) armIdle(world, agent, nowUs);
  if (front === LegChange.None && back === LegChange.None) reviewZombie(world, agent, nowUs);
}

/** The first leg on which segments stop decides; if they stop on none, one on which no answer comes. */
function decidingLeg(world: WorldState, agent: number): Leg {
  const { legs } = world;
  if (world.viaBalancer[agent] === 0) return Leg.Back;
  const front = legs.state[2 * agent]!;
  return isDark(front) || (front !== Broken.No && !isDark(legs.state[2 * agent + 1]!)) ? Leg.Front : Leg.Back;
}

/** One leg has changed its state: the session follows. */
function follow(world: WorldState, agent: number, leg: Leg, was: number, isDue: boolean, nowUs: number): void {
  const { legs } = world;
  const before = world.broken[agent]!;
  const deciding = decidingLeg(world, agent);
  const after = legs.state[2 * agent + deciding]!;
  const at = 2 * agent + leg;
  let boundaryUs = nowUs - toFarUs(world, agent, leg);
  // What a hung process finds when it goes on is all there at once; a window closes where the sender is.
  if (was === Broken.Hung && !isDark(legs.state[at]!)) boundaryUs = nowUs;
  else if (was === Broken.Deaf && legs.state[at] === Broken.Silent) {
    if (isDue) boundaryUs = nowUs - toNearUs(world, agent, leg);
    noteLastByte(world, agent, leg, boundaryUs);
    // Keepalives have come to the node until now: their ACKs wait at the balancer.
    const isAnswered = leg === Leg.Front && legs.state[at + 1] === Broken.No;
    if (isAnswered) noteAnswers(world, agent, boundaryUs);
  }
  world.broken[agent] = after;
  world.brokenPlace[agent] = after === Broken.No ? -1 : farPlace(world, agent, deciding);
  if (world.state[agent] === State.Stale) {
    followStale(world, agent, leg, before, was, nowUs);
    return;
  }
  if (before === Broken.No) loseAcks(world, agent, leg, nowUs);
  if (!isDark(before) && isDark(after)) darken(world, agent, leg, boundaryUs, nowUs);
  else if (isDark(before) && !isDark(after)) lighten(world, agent, leg, was, boundaryUs, nowUs);
  else if (isDark(after)) shift(world, agent, leg, was, boundaryUs, nowUs);
  else if (before === Broken.No) deafen(world, agent, boundaryUs);
  else if (after === Broken.No) answerAgain(world, agent, leg, was, nowUs);
  if (after === Broken.Dead || after === Broken.No || world.node[agent]! < 0) return;
  // The end that was on its way to the agent does not come through any more.
  const wasHeard = before === Broken.Dead && world.state[agent] === State.Connected;
  if (before === Broken.No || wasHeard) armNotice(world, agent, nowUs);
  if (!isDark(before) && isDark(after)) armBlock(world, agent, nowUs);
}

/** The session of an agent that looks for a manager on it: nothing is sent there but its startup message. */
function followStale(world: WorldState, agent: number, leg: Leg, before: number, was: number, nowUs: number): void {
  const { legs } = world;
  for (let at = 2 * agent; at <= 2 * agent + 1; at++) {
    if (Number.isNaN(legs.firstUs[at])) legs.firstUs[at] = Infinity;
    if (Number.isNaN(legs.heardUs[at])) legs.heardUs[at] = Infinity;
  }
  if (before === Broken.No || world.broken[agent] !== Broken.No) return;
  world.queue.cancel(agent * timersPerAgent + Timer.Path);
  const node = world.node[agent]!;
  arrives(world, agent, farPlace(world, agent, leg), node, nowUs);
  const isAnswered = leg === Leg.Front && (was === Broken.Deaf || legs.answersWait[agent] === 1);
  revive(world, agent, nowUs + (isAnswered ? toFarUs(world, agent, leg) : answerWayUs(world, agent, leg)));
}

/** One that looks for a manager on its session sends its startup message there: a first segment, where nobody acknowledges it. */
export function asksOnStale(world: WorldState, agent: number, nowUs: number): void {
  const { legs } = world;
  const via = world.viaBalancer[agent] === 1;
  for (let leg: Leg = via ? Leg.Front : Leg.Back; leg <= Leg.Back; leg += 1) {
    const at = 2 * agent + leg;
    const sentUs = nowUs + toNearUs(world, agent, leg);
    if (isDark(legs.state[2 * agent]!) && via && leg === Leg.Back) break;
    if (legs.state[at] === Broken.Silent && sentUs < legs.firstUs[at]!) legs.firstUs[at] = sentUs;
    const answerUs = sentUs + 2 * legLatencyUs(world, agent, leg);
    if (legs.state[at] === Broken.Dead && answerUs < legs.heardUs[at]!) legs.heardUs[at] = answerUs;
  }
  if (world.broken[agent] !== Broken.No) planNext(world, agent, nowUs);
}

/** The agent leaves for want of an ACK, or because it is made to. */
function armNotice(world: WorldState, agent: number, nowUs: number): void {
  const silenceUs = Math.max(nowUs, noticeUs(clockOf(world, agent), world, world.ackUs[agent]!));
  armMain(world, agent, Math.min(silenceUs, nextForcedUs(world, agent, nowUs)));
}

/** A session breaks: from here on no ACK comes. */
function loseAcks(world: WorldState, agent: number, leg: Leg, nowUs: number): void {
  const { legs } = world;
  const toNodeUs = nodeLatencyUs(world, agent);
  const toPlaceUs = toFarUs(world, agent, leg);
  if (world.open.fault[agent]! < 0) {
    // Without an occurrence so far (nginx has no room for its datagrams) it is away, in no outage.
    if (world.cause >= 0) openOutage(world.open, agent, world.cause, world.node[agent]!, nowUs);
    world.away += 1;
    legs.unheardUs[agent] = nowUs;
  }
  const fixedAck = world.fixedAckUs?.[agent] ?? NaN;
  if (!Number.isNaN(fixedAck)) world.ackUs[agent] = fixedAck;
  // Healed, and broken again before the first keepalive since came to the node: that ACK was never sent.
  else if (world.ackUs[agent]! - toNodeUs >= nowUs) world.ackUs[agent] = world.ackBeforeHealUs[agent]!;
  // An ACK passes the balancer one way after it left the node.
  else {
    const clock = clockOf(world, agent);
    world.ackUs[agent] = lastAckUs(clock, world, world.ackUs[agent]!, nowUs - (toNodeUs - toPlaceUs), toNodeUs);
  }
  if (world.fixedAckUs) world.fixedAckUs[agent] = NaN;
  legs.passedUs[agent] = nowUs - (2 * toNodeUs - toPlaceUs);
  legs.unansweredUs[agent] = -Infinity;
  noteAnswers(world, agent, nowUs - toPlaceUs);
  legs.sleptOn[agent] = 0;
  legs.idleUs[agent] = Infinity;
  world.blocked[agent] = 0;
}

/** Keepalives that left before `beforeUs` have come to the node. */
function noteAnswers(world: WorldState, agent: number, beforeUs: number): void {
  const { legs } = world;
  legs.unansweredUs[agent] = Math.max(legs.unansweredUs[agent]!, beforeUs);
  const passedUs = nextKeepaliveUs(clockOf(world, agent), world, world.ackUs[agent]!, legs.passedUs[agent]!);
  legs.answersWait[agent] = passedUs < legs.unansweredUs[agent] ? 1 : 0;
}

/** Segments no longer arrive, or nobody takes them. */
function darken(world: WorldState, agent: number, leg: Leg, boundaryUs: number, nowUs: number): void {
  const { pipelines } = world.books;
  const { legs } = world;
  const at = farPlace(world, agent, leg);
  leaveZombie(world, agent, nowUs);
  if (leg === Leg.Back && world.places[at]!.state !== PlaceState.Up) dieInMemory(world, agent, at, nowUs);
  pipelines.advance(agent, boundaryUs);
  pipelines.sink[agent] = Sink.Path;
  pipelines.sinkPlace[agent] = at;
  legs.heldBefore[2 * agent + leg] = pipelines.heldInPath(agent, at);
  world.books.unaware(nowUs, 1);
  world.history.silent(agent, nowUs);
  legs.unheardUs[agent] = nowUs;
  noteFirsts(world, agent, boundaryUs);
  noteIdle(world, agent, nowUs);
}

/**
 * What arrived after the last flush dies with the processes; processes that only stand still keep it, and those that end in order
 * have written it. Where remoted alone stands still analysisd goes on, and writes it at its next flush.
 */
function dieInMemory(world: WorldState, agent: number, node: number, nowUs: number): void {
  const { pipelines } = world.books;
  const { stoppedAtUs, state, hung } = world.places[node]!;
  const writtenUs = stoppedAtUs === nowUs ? nowUs : world.books.lastFlushUs(node, nowUs);
  pipelines.advance(agent, writtenUs - nodeLatencyUs(world, agent));
  pipelines.sink[agent] = Sink.Memory;
  if (state === PlaceState.Hung) {
    pipelines.sink[agent] = Sink.Path;
    pipelines.sinkPlace[agent] = pipelines.memoryOf(node);
    if (hung === 0) awaitFlush(world, node, nowUs);
  }
}

/** Segments arrive, their acknowledgements and all answers do not. */
function deafen(world: WorldState, agent: number, boundaryUs: number): void {
  world.books.pipelines.advance(agent, boundaryUs);
  noteFirsts(world, agent, boundaryUs);
}

/** Segments still go nowhere, but somewhere else, or for another reason. */
function shift(world: WorldState, agent: number, leg: Leg, was: number, boundaryUs: number, nowUs: number): void {
  const { pipelines } = world.books;
  const { legs } = world;
  const at = 2 * agent + leg;
  const slot = farPlace(world, agent, leg);
  const state = legs.state[at]!;
  pipelines.advance(agent, boundaryUs);
  if (isDark(was) && !isDark(state)) {
    const node = world.node[agent]!;
    if (leg === Leg.Back) {
      arrives(world, agent, slot, node, nowUs);
      // Keepalives that had passed the balancer come to the node: their ACKs wait where the agent's segments do.
      const frontUs = legs.sinceUs[2 * agent]! - toFarUs(world, agent, Leg.Front);
      legs.passedUs[agent] = Math.min(legs.passedUs[agent]!, legs.unansweredUs[agent]!);
      legs.unansweredUs[agent] = Math.max(legs.unansweredUs[agent]!, frontUs);
    } else {
      pipelines.movePath(agent, slot, node);
      hearWhatWaited(world, agent, nowUs);
      // Only now does anything come to the balancer that it could send on.
      if (legs.firstUs[at + 1] === Infinity) legs.firstUs[at + 1] = waits(world, agent, boundaryUs) ? nowUs : NaN;
      if (legs.state[at + 1] === Broken.Dead) legs.heardUs[at + 1] = Math.max(legs.heardUs[at + 1]!, nowUs);
    }
  } else if (!isDark(was) && isDark(state)) {
    legs.heldBefore[at] = pipelines.heldInPath(agent, slot);
    // What the balancer was still to send on does not come to it any more.
    if (leg === Leg.Front && legs.firstUs[at + 1]! > nowUs) legs.firstUs[at + 1] = Infinity;
  } else if (was === Broken.Hung && state === Broken.Silent && world.blocked[agent] === 0) {
    // A kernel that hung has acknowledged what came before its host went silent.
    legs.heldBefore[at] = pipelines.heldInPath(agent, slot);
  }
  pipelines.sink[agent] = Sink.Path;
  pipelines.sinkPlace[agent] = world.brokenPlace[agent]!;
  noteFirsts(world, agent, boundaryUs);
  noteIdle(world, agent, nowUs);
  if (world.broken[agent] === Broken.Dead) return;
  if (was === Broken.Dead && world.state[agent] === State.Connected) armNotice(world, agent, nowUs);
  // What a hung peer has not taken stays in the buffer of a sender that sleeps, whatever room a silent one would leave it.
  const staysFull = was === Broken.Hung && state === Broken.Silent;
  if (world.blocked[agent] === 1 && !staysFull && hasRoom(world, agent)) {
    pipelines.advance(agent, nowUs);
    if (world.state[agent] === State.Frozen) {
      if (world.locked[agent] === 1) {
        leaveAsleep(world, agent, nowUs);
        return;
      }
      goOn(world, agent, nowUs);
      armNotice(world, agent, nowUs);
    }
    unblock(world, agent, nowUs);
  }
  armBlock(world, agent, nowUs);
}

/** ACKs that waited at the balancer come to the agent, though its path still ends there. */
function hearWhatWaited(world: WorldState, agent: number, nowUs: number): void {
  if (world.state[agent] !== State.Connected) return;
  const { legs } = world;
  const clock = clockOf(world, agent);
  const sentUs = nextKeepaliveUs(clock, world, world.ackUs[agent]!, legs.passedUs[agent]!);
  if (sentUs >= legs.unansweredUs[agent]!) return;
  const heardUs = nowUs + toFarUs(world, agent, Leg.Front);
  if (heardUs > Math.max(nowUs, noticeUs(clock, world, world.ackUs[agent]!))) return;
  world.ackUs[agent] = heardUs;
  legs.passedUs[agent] = legs.unansweredUs[agent]!;
  armNotice(world, agent, nowUs);
}

/** Segments arrive again: what waited is delivered. */
function lighten(world: WorldState, agent: number, leg: Leg, was: number, boundaryUs: number, nowUs: number): void {
  const { pipelines } = world.books;
  const node = world.node[agent]!;
  pipelines.advance(agent, boundaryUs);
  if (world.broken[agent] === Broken.Deaf) noteFirsts(world, agent, boundaryUs);
  arrives(world, agent, farPlace(world, agent, leg), node, nowUs);
  world.queue.cancel(agent * timersPerAgent + Timer.Path);
  world.books.unaware(nowUs, -1);
  if (world.state[agent] === State.Frozen && world.locked[agent] === 1) {
    leaveAsleep(world, agent, nowUs);
    return;
  }
  pipelines.sink[agent] = Sink.Live;
  pipelines.sinkPlace[agent] = node;
  pipelines.advance(agent, nowUs);
  const slept = world.state[agent] === State.Frozen;
  const waited = keepaliveWaits(world, agent, nowUs);
  if (slept) goOn(world, agent, nowUs);
  if (world.broken[agent] === Broken.No) {
    if (slept) answerSleeper(world, agent, leg, nowUs);
    else answerWaiting(world, agent, leg, was, nowUs);
  } else if (slept) {
    armNotice(world, agent, nowUs);
  }
  unblock(world, agent, nowUs);
  owe(world, agent, nowUs);
  noteAgain(world, agent, nowUs, waited);
  if (world.broken[agent] === Broken.No) healed(world, agent, true, nowUs);
}

/** Answers come again on a path that segments had not left. */
function answerAgain(world: WorldState, agent: number, leg: Leg, was: number, nowUs: number): void {
  answerWaiting(world, agent, leg, was, nowUs);
  healed(world, agent, false, nowUs);
}

/** The main thread wakes in its send: the keepalive it slept with leaves. */
function goOn(world: WorldState, agent: number, nowUs: number): void {
  const { pipelines } = world.books;
  world.state[agent] = State.Connected;
  world.legs.sleptOn[agent] = 1;
  pipelines.reads[agent] = 1;
  if (hasNoBuffer(world, agent)) unblock(world, agent, nowUs); // nothing but the send takes what waits
  pipelines.release(agent, nowUs);
}

/** From the place that goes on, past the node, to the agent. */
function answerWayUs(world: WorldState, agent: number, leg: Leg): number {
  return 2 * nodeLatencyUs(world, agent) - toFarUs(world, agent, leg);
}

/** The keepalive the agent slept with is answered, and another leaves at the ACK if that one is long ago. */
function answerSleeper(world: WorldState, agent: number, leg: Leg, nowUs: number): void {
  const toNodeUs = nodeLatencyUs(world, agent);
  const clock = clockOf(world, agent);
  const ackUs = nowUs + answerWayUs(world, agent, leg) + 2 * toNodeUs;
  const second = wholeSeconds(ackUs, world.keepalivePhaseUs[agent]!);
  const isDue = second - world.keepaliveSecond[agent]! >= clock.notifyTimeSeconds;
  if (isDue) world.keepaliveSecond[agent] = second;
  world.ackUs[agent] = isDue ? ackUs + 2 * toNodeUs : ackUs;
  world.legs.sleptOn[agent] = 0;
  armForced(world, agent, nowUs);
}

/** A keepalive that waited in the path is answered; without an ACK in time the agent still leaves, though its events flow. */
function answerWaiting(world: WorldState, agent: number, leg: Leg, was: number, nowUs: number): void {
  const { legs } = world;
  const clock = clockOf(world, agent);
  const deadline = Math.max(nowUs, noticeUs(clock, world, world.ackUs[agent]!));
  const toPlaceUs = toFarUs(world, agent, leg);
  // What left after the repetition is on its own.
  const beforeUs = was === Broken.Hung ? nowUs : nowUs - toPlaceUs;
  const sentFrom = (fromUs: number): number => nextKeepaliveUs(clock, world, world.ackUs[agent]!, fromUs);
  let answered = world.ackUs[agent]!;
  if (legs.sleptOn[agent] === 1 || sentFrom(legs.unansweredUs[agent]!) < beforeUs) {
    // One that had come to the node was answered; that ACK is repeated from where it was lost.
    answered = nowUs + (was === Broken.Deaf ? toPlaceUs : answerWayUs(world, agent, leg));
  } else if (leg === Leg.Front && sentFrom(legs.passedUs[agent]!) < beforeUs) {
    answered = nowUs + toPlaceUs;
  }
  legs.sleptOn[agent] = 0;
  if (answered > deadline) return;
  const alsoUs = dueWithAckUs(clock, world, world.ackUs[agent]!, nowUs - toPlaceUs, answered);
  world.ackBeforeHealUs[agent] = alsoUs < Infinity ? answered : world.ackUs[agent]!;
  world.ackUs[agent] = alsoUs < Infinity ? alsoUs + 2 * nodeLatencyUs(world, agent) : answered;
  armForced(world, agent, nowUs);
}

/** The old session is processed again, and answers come. */
function healed(world: WorldState, agent: number, wasDark: boolean, nowUs: number): void {
  const { open } = world;
  if (world.places[world.node[agent]!]!.zombie > 0) {
    joinZombie(world, agent, nowUs);
    return;
  }
  if (open.fault[agent]! >= 0) world.outages.close(open, agent, 'healed', world.node[agent]!, nowUs, nowUs);
  if (wasDark) world.books.blind(agent, nowUs - world.legs.unheardUs[agent]!);
  world.backSinceUs[agent] = nowUs;
  noteBacklog(world, agent, nowUs);
  world.away -= 1;
  world.lastChangeUs = nowUs;
}

/** UDP: a datagram arrives or is lost, and the answer as well. */
function reviewDatagrams(world: WorldState, agent: number, nowUs: number): void {
  const { pipelines } = world.books;
  const node = world.node[agent]!;
  const before = world.broken[agent]!;
  const groupEnd = endOf(world, agent);
  const nodeEnd = world.ways.endOfPlace(node);
  let after: number = Broken.No;
  if (world.places[node]!.state !== PlaceState.Up || world.ways.isCut(groupEnd, nodeEnd)) after = Broken.Void;
  else if (isUnled(world, agent, nowUs)) after = Broken.Void;
  else if (world.ways.isCut(nodeEnd, groupEnd) || isDeafened(world, agent, nowUs)) after = Broken.Deaf;
  if (before === after) {
    reviewZombie(world, agent, nowUs);
    return;
  }
  if (world.state[agent] === State.Stale) {
    world.broken[agent] = after;
    world.brokenPlace[agent] = after === Broken.No ? -1 : node;
    if (after === Broken.No) revive(world, agent, nowUs + nodeLatencyUs(world, agent));
    else world.queue.cancel(agent * timersPerAgent + Timer.Path);
    return;
  }
  const toNodeUs = nodeLatencyUs(world, agent);
  const boundaryUs = nowUs - toNodeUs;
  world.broken[agent] = after;
  world.brokenPlace[agent] = after === Broken.No ? -1 : node;
  if (before === Broken.No) {
    loseAcks(world, agent, Leg.Back, nowUs);
    armNotice(world, agent, nowUs);
  }
  if (after === Broken.Void) {
    leaveZombie(world, agent, nowUs);
    if (world.places[node]!.state !== PlaceState.Up) dieInMemory(world, agent, node, nowUs);
    pipelines.advance(agent, boundaryUs);
    pipelines.sink[agent] = Sink.Void;
    world.books.unaware(nowUs, 1);
    world.history.silent(agent, nowUs);
    world.legs.unheardUs[agent] = nowUs;
  } else if (before === Broken.Void) {
    // A datagram that is under way arrives at a place that works.
    pipelines.advance(agent, boundaryUs);
    pipelines.sink[agent] = Sink.Live;
    pipelines.sinkPlace[agent] = node;
    world.books.unaware(nowUs, -1);
    owe(world, agent, nowUs);
    noteAgain(world, agent, nowUs, false);
  }
  if (after !== Broken.No) return;
  const clock = clockOf(world, agent);
  const answered = nextKeepaliveUs(clock, world, world.ackUs[agent]!, boundaryUs) + 2 * toNodeUs;
  if (answered <= Math.max(nowUs, noticeUs(clock, world, world.ackUs[agent]!))) {
    world.ackBeforeHealUs[agent] = world.ackUs[agent]!;
    world.ackUs[agent] = answered;
    armForced(world, agent, nowUs);
  }
  unblock(world, agent, nowUs);
  healed(world, agent, before === Broken.Void, nowUs);
}
