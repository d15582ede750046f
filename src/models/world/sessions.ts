// A connected agent: how its session breaks, heals or ends, who freezes, and who notices.
import { retransmissionUs, wholeSeconds } from '../agent.ts';
import { lastAckUs, lastKeepaliveSecond, nextKeepaliveUs, noticeUs } from '../keepalive.ts';
import { openOutage } from '../outages.ts';
import { Sink } from '../pipeline.ts';
import { PlaceState } from '../place.ts';
import { beginServer } from './attempts.ts';
import { noteAgain } from './heard.ts';
import { isWalker, revive, sendsMeanwhile, staleClosed, stay } from './listWalk.ts';
import { armSendTimeout, errorSleepUs, keepaliveGiveUpUs } from './sendTimeout.ts';
import { owe } from './orders.ts';
import {
  Broken,
  State,
  Step,
  Timer,
  armMain,
  armTimer,
  clockOf,
  conditionOf,
  deadlineUs,
  hasNoBuffer,
  latencyTo,
  nextStep,
  nodeLatencyUs,
  placeLatencyUs,
  proxyOf,
  timersPerAgent,
  type WorldState,
} from './state.ts';
import { balancerRoom, endSession } from './throughBalancer.ts';
import { armForced, nextForcedUs, noteBacklog } from './waits.ts';
import { fateAt, joinZombie, leaveZombie, reviewZombie } from './zombie.ts';

/** Looks again at the connection of a connected agent: works, silent, hung, dead. */
export function reviewSession(world: WorldState, agent: number, nowUs: number): void {
  const node = world.places[world.node[agent]!]!;
  const before = world.broken[agent]!;
  let after: number = Broken.No;
  let at = world.node[agent]!;
  if (world.udp[agent] === 1) {
    if (node.state !== PlaceState.Up) after = Broken.Void;
  } else {
    if (world.viaBalancer[agent] === 1) {
      after = conditionOf(world.places[world.balancerPlace]!, world.balancerLife[agent]!);
      if (after !== Broken.No) at = world.balancerPlace;
    }
    const nodeCondition = conditionOf(node, world.nodeLife[agent]!);
    // The nearer place hides the farther one, unless it only stands still and the farther one is gone for good.
    if (after === Broken.No) {
      after = nodeCondition;
      at = world.node[agent]!;
    }
  }
  if (before === after && (after === Broken.No || world.brokenPlace[agent] === at)) {
    reviewZombie(world, agent, nowUs);
    return;
  }
  if (world.state[agent] === State.Stale) reviewStale(world, agent, after, at, nowUs);
  else if (after === Broken.No) healSession(world, agent, nowUs);
  else if (before === Broken.No) breakSession(world, agent, after, at, nowUs);
  else worsenSession(world, agent, before, after, at, nowUs);
}

function breakSession(world: WorldState, agent: number, condition: number, at: number, nowUs: number): void {
  const { pipelines } = world.books;
  const node = world.node[agent]!;
  const toNodeUs = nodeLatencyUs(world, agent);
  const toPlaceUs = at === world.balancerPlace ? latencyTo(world, agent, at) : toNodeUs;
  leaveZombie(world, agent, nowUs);
  if (at !== world.balancerPlace) {
    // What arrived after the last flush dies with the processes; processes that only stand still keep it, and those that end in
    // order have written it. Where remoted alone stands still analysisd goes on.
    const { stoppedAtUs, state, hung } = world.places[node]!;
    const isWritten = stoppedAtUs === nowUs || (state === PlaceState.Hung && hung === 0);
    pipelines.advance(agent, (isWritten ? nowUs : world.books.lastFlushUs(node, nowUs)) - toPlaceUs);
    pipelines.sink[agent] = Sink.Memory;
    if (world.places[node]!.state === PlaceState.Hung) {
      pipelines.sink[agent] = Sink.Path;
      pipelines.sinkPlace[agent] = pipelines.memoryOf(node);
    }
  }
  pipelines.advance(agent, nowUs - toPlaceUs);
  pipelines.sinkPlace[agent] = at;
  pipelines.sink[agent] = condition === Broken.Void ? Sink.Void : Sink.Path;
  world.broken[agent] = condition;
  world.brokenPlace[agent] = at;
  world.brokenSinceUs[agent] = nowUs;
  world.heldBefore[agent] = pipelines.heldInPath(agent, at);
  world.blocked[agent] = 0;
  if (world.open.fault[agent]! < 0) {
    openOutage(world.open, agent, world.cause, node, nowUs);
    world.away += 1;
  }
  world.books.unaware(nowUs, 1);
  world.history.silent(agent, nowUs);
  const clock = clockOf(world, agent);
  const fixedAck = world.fixedAckUs?.[agent] ?? NaN;
  if (!Number.isNaN(fixedAck)) world.ackUs[agent] = fixedAck;
  // Healed, and broken again before the first keepalive since came to the node: that ACK was never sent.
  else if (world.ackUs[agent]! - toNodeUs >= nowUs) world.ackUs[agent] = world.ackBeforeHealUs[agent]!;
  // An ACK passes the balancer one way after it left the node.
  else world.ackUs[agent] = lastAckUs(clock, world, world.ackUs[agent]!, nowUs - (toNodeUs - toPlaceUs), toNodeUs);
  if (world.fixedAckUs) world.fixedAckUs[agent] = NaN;
  if (condition === Broken.Dead) {
    nextStep(world, agent, Step.Closed, nowUs + placeLatencyUs(world, agent, at));
    return;
  }
  const silenceUs = Math.max(nowUs, noticeUs(clock, world, world.ackUs[agent]));
  armMain(world, agent, Math.min(silenceUs, nextForcedUs(world, agent, nowUs)));
  if (condition === Broken.Void) return;
  noteFirstSend(world, agent, nowUs - toPlaceUs);
  armGiveUp(world, agent, nowUs);
  armBlock(world, agent, nowUs);
}

/** The session of an agent that looks for a manager on it: nothing is sent there but its startup message. */
function reviewStale(world: WorldState, agent: number, after: number, at: number, nowUs: number): void {
  const before = world.broken[agent]!;
  if (after === Broken.No) {
    const toPlaceUs = placeLatencyUs(world, agent, world.brokenPlace[agent]!);
    world.books.pipelines.settlePath(agent, world.brokenPlace[agent]!, 'delivered', nowUs);
    world.broken[agent] = Broken.No;
    world.brokenPlace[agent] = -1;
    revive(world, agent, nowUs + 2 * nodeLatencyUs(world, agent) - toPlaceUs);
    return;
  }
  if (before !== Broken.No) {
    worsenSession(world, agent, before, after, at, nowUs);
    return;
  }
  world.broken[agent] = after;
  world.brokenPlace[agent] = at;
  if (after === Broken.Dead) nextStep(world, agent, Step.Closed, nowUs + placeLatencyUs(world, agent, at));
  else world.queue.cancel(agent * timersPerAgent + Timer.Path);
}

/** A broken connection breaks in another way: a hung process dies, a host that was off is back without it. */
function worsenSession(
  world: WorldState,
  agent: number,
  before: number,
  after: number,
  at: number,
  nowUs: number,
): void {
  world.broken[agent] = after;
  if (after === Broken.Dead) {
    const oneWayUs = placeLatencyUs(world, agent, at);
    let resetUs = nowUs;
    if (before === Broken.Silent) {
      // The new host knows nothing of the connection: it answers the next segment, or the next repeated one, with RST. Behind a
      // balancer it is the balancer that repeats.
      const throughUs =
        world.viaBalancer[agent] === 1 && at !== world.balancerPlace ? latencyTo(world, agent, world.balancerPlace) : 0;
      const wayUs = oneWayUs - throughUs;
      const firstUs = world.firstSendUs[agent]! + throughUs;
      resetUs = (firstUs + wayUs >= nowUs ? firstUs : retransmissionUs(firstUs, nowUs - wayUs)) + wayUs;
    }
    nextStep(world, agent, Step.Closed, resetUs + oneWayUs);
  } else if (after !== before) {
    // A kernel that hung has acknowledged what came before its host went silent.
    if (before === Broken.Hung && after === Broken.Silent && world.blocked[agent] === 0) {
      const fromUs = nowUs - placeLatencyUs(world, agent, at);
      world.books.pipelines.advance(agent, fromUs);
      world.heldBefore[agent] = world.books.pipelines.heldInPath(agent, at);
      noteFirstSend(world, agent, fromUs);
    }
    // A FIN or RST that is under way still arrives.
    if (before === Broken.Dead && deadlineUs(world, agent, Timer.Path) <= nowUs + placeLatencyUs(world, agent, at))
      return;
    armGiveUp(world, agent, nowUs);
    armBlock(world, agent, nowUs);
  }
}

/** Notes the first segment that nobody acknowledges, an event or a keepalive, sent at or after `fromUs`; the counts are there. */
function noteFirstSend(world: WorldState, agent: number, fromUs: number): void {
  const { pipelines } = world.books;
  let eventUs = pipelines.sendInstant(agent, 1);
  if (pipelines.dispatches[agent] === 0) eventUs = deadlineUs(world, agent, Timer.Dispatch);
  else if (pipelines.collects[agent] === 0 && !pipelines.hasBacklog(agent)) {
    eventUs = deadlineUs(world, agent, Timer.Logcollector);
  }
  const keepaliveUs = nextKeepaliveUs(clockOf(world, agent), world, world.ackUs[agent]!, fromUs);
  world.firstSendUs[agent] = Math.min(eventUs, keepaliveUs);
}

/** The old session is processed again. */
function healSession(world: WorldState, agent: number, nowUs: number): void {
  const { pipelines } = world.books;
  const clock = clockOf(world, agent);
  const toNodeUs = nodeLatencyUs(world, agent);
  const at = world.brokenPlace[agent]!;
  const node = world.node[agent]!;
  // From the place that goes on, past the node, to the agent.
  const toPlaceUs = placeLatencyUs(world, agent, at);
  const backUs = 2 * toNodeUs - toPlaceUs;
  // A datagram that is under way arrives at a place that works.
  pipelines.advance(agent, world.udp[agent] === 1 ? nowUs - toNodeUs : nowUs);
  pipelines.settlePath(agent, at, fateAt(world, node), nowUs);
  world.queue.cancel(agent * timersPerAgent + Timer.Path);
  world.broken[agent] = Broken.No;
  world.brokenPlace[agent] = -1;
  world.books.unaware(nowUs, -1);
  if (world.state[agent] === State.Frozen && world.locked[agent] === 1) {
    // The old socket is closed; the main thread was only waiting for the sender to let go of it.
    world.blocked[agent] = 0;
    world.locked[agent] = 0;
    if (isWalker(world, agent)) {
      stay(world, agent, nowUs, false, false);
      return;
    }
    leaveNode(world, agent, nowUs, true);
    beginServer(world, agent, nowUs);
    return;
  }
  pipelines.sink[agent] = Sink.Live;
  pipelines.sinkPlace[agent] = node;
  let isAnswered = true;
  if (world.state[agent] === State.Frozen) {
    world.state[agent] = State.Connected;
    pipelines.reads[agent] = 1;
    if (hasNoBuffer(world, agent)) unblock(world, agent, nowUs); // nothing but the send takes what waits
    pipelines.release(agent, nowUs);
    // The keepalive it slept with leaves, and another at the ACK if that one is long ago.
    const ackUs = nowUs + backUs + 2 * toNodeUs;
    const second = wholeSeconds(ackUs, world.keepalivePhaseUs[agent]!);
    const isDue = second - world.keepaliveSecond[agent]! >= clock.notifyTimeSeconds;
    if (isDue) world.keepaliveSecond[agent] = second;
    world.ackUs[agent] = isDue ? ackUs + 2 * toNodeUs : ackUs;
  } else {
    const deadline = Math.max(nowUs, noticeUs(clock, world, world.ackUs[agent]!));
    let answered = world.ackUs[agent]!;
    const sentFrom = (fromUs: number): number => nextKeepaliveUs(clock, world, world.ackUs[agent]!, fromUs);
    if (world.udp[agent] === 1) answered = sentFrom(nowUs - toNodeUs) + 2 * toNodeUs;
    else if (sentFrom(world.brokenSinceUs[agent]! - toPlaceUs) < nowUs) answered = nowUs + backUs;
    // A balancer that stood still had passed the keepalive on: its ACK waited there.
    else if (sentFrom(world.brokenSinceUs[agent]! - backUs) < nowUs) answered = nowUs + toPlaceUs;
    // When no ACK comes in time the agent still leaves, though its events flow.
    isAnswered = answered <= deadline;
    if (isAnswered) {
      world.ackBeforeHealUs[agent] = world.ackUs[agent]!;
      world.ackUs[agent] = answered;
    }
  }
  unblock(world, agent, nowUs);
  if (isAnswered) armForced(world, agent, nowUs);
  owe(world, agent, nowUs);
  noteAgain(world, agent, nowUs);
  if (world.places[node]!.zombie > 0) {
    joinZombie(world, agent, nowUs);
    return;
  }
  world.outages.close(world.open, agent, 'healed', node, nowUs, nowUs);
  world.books.blind(agent, nowUs - world.open.brokenAtUs[agent]!);
  world.backSinceUs[agent] = nowUs;
  noteBacklog(world, agent, nowUs);
  world.away -= 1;
  world.lastChangeUs = nowUs;
}

/** The send buffer drains: nobody will find it full. */
function unblock(world: WorldState, agent: number, nowUs: number): void {
  const { pipelines } = world.books;
  world.queue.cancel(agent * timersPerAgent + Timer.Keepalive);
  if (world.blocked[agent] === 1) {
    world.blocked[agent] = 0;
    world.queue.cancel(agent * timersPerAgent + Timer.Dispatch); // the send's time-out
    pipelines.resumeDispatcher(agent, nowUs);
  } else if (pipelines.dispatches[agent] === 1) {
    world.queue.cancel(agent * timersPerAgent + Timer.Dispatch);
  }
}

/** When TCP gives the connection up, or the balancer closes one on which nothing moves. */
function armGiveUp(world: WorldState, agent: number, nowUs: number): void {
  const group = world.options.groups[world.groupOf[agent]!]!;
  const at = world.brokenPlace[agent]!;
  const { balancer } = world.options;
  let closedUs = Infinity;
  if (world.viaBalancer[agent] === 0 || at === world.balancerPlace) {
    if (world.broken[agent] === Broken.Silent) {
      const firstUs = world.firstSendUs[agent]!;
      const oneWayUs = placeLatencyUs(world, agent, at);
      const brokenUs = nowUs - oneWayUs;
      closedUs = Math.min(
        firstUs + group.agent.kernel.tcpGiveUpUs,
        keepaliveGiveUpUs(world, agent, brokenUs, firstUs, 2 * oneWayUs),
      );
    }
  } else if (balancer) {
    const toBalancerUs = latencyTo(world, agent, world.balancerPlace);
    if (world.broken[agent] === Broken.Silent) {
      closedUs = world.firstSendUs[agent]! + balancer.kernel.tcpGiveUpUs + 2 * toBalancerUs;
    }
    const { sessionTimeoutUs } = proxyOf(world, agent).listeners[world.listener[agent]!]!.options;
    const { pipelines } = world.books;
    pipelines.advance(agent, nowUs);
    world.wakesAgent = agent;
    const left = fits(world, agent, balancerRoom(world, agent));
    const full = left < 0 ? world.before(nowUs) : pipelines.sendInstant(agent, left + 1);
    closedUs = Math.min(closedUs, full + sessionTimeoutUs + 2 * toBalancerUs);
  }
  if (closedUs < world.options.durationUs) nextStep(world, agent, Step.Closed, closedUs);
  else world.queue.cancel(agent * timersPerAgent + Timer.Path);
}

/** When the dispatcher meets a full send buffer, if the agent does not notice first. */
export function armBlock(world: WorldState, agent: number, nowUs: number): void {
  const condition = world.broken[agent];
  if (condition !== Broken.Silent && condition !== Broken.Hung) return;
  const { pipelines } = world.books;
  if (pipelines.dispatches[agent] === 0 || world.blocked[agent] === 1) return;
  pipelines.advance(agent, nowUs);
  const left = roomLeft(world, agent);
  const fullUs = left < 0 ? nowUs : Math.max(nowUs, pipelines.sendInstant(agent, left + 1));
  const slot = agent * timersPerAgent;
  const notice = world.queue.deadline(slot + Timer.Main) - world.options.warmupUs;
  if (fullUs <= notice) armTimer(world, agent, Timer.Dispatch, fullUs);
  else world.queue.cancel(slot + Timer.Dispatch);
}

/** Events that still fit into the send buffers of a broken path; negative: a burst was too large for them. */
function roomLeft(world: WorldState, agent: number): number {
  const { agent: options } = world.options.groups[world.groupOf[agent]!]!;
  const { sendBuffer } = options.kernel;
  const beyond = world.viaBalancer[agent] === 1 && world.brokenPlace[agent] !== world.balancerPlace;
  const bytes = beyond
    ? balancerRoom(world, agent) + sendBuffer.hungBytes
    : world.broken[agent] === Broken.Silent
      ? sendBuffer.silentBytes
      : sendBuffer.hungBytes;
  return fits(world, agent, bytes);
}

/** Events for which so many bytes have room beyond what was written since the path broke. */
export function fits(world: WorldState, agent: number, bytes: number): number {
  const { sizeBytes } = world.options.groups[world.groupOf[agent]!]!.events;
  const written = world.books.pipelines.heldInPath(agent, world.brokenPlace[agent]!) - world.heldBefore[agent]!;
  return Math.floor(bytes / sizeBytes) - written;
}

export function dispatcherBlocks(world: WorldState, agent: number, nowUs: number): void {
  const { pipelines } = world.books;
  pipelines.advance(agent, nowUs);
  world.blocked[agent] = 1;
  pipelines.dispatches[agent] = 0;
  if (hasNoBuffer(world, agent)) {
    // Without a buffer the main thread itself sends, and sleeps with the event in its hand; the rest of a burst stays behind.
    const over = -roomLeft(world, agent);
    if (over > 0) pipelines.takeBack(agent, world.brokenPlace[agent]!, over);
    else pipelines.advance(agent, nowUs + 1);
    freeze(world, agent, nowUs);
    armSendTimeout(world, agent, nowUs);
    return;
  }
  armSendTimeout(world, agent, nowUs);
  const keepalive = nextKeepaliveUs(clockOf(world, agent), world, world.ackUs[agent]!, nowUs);
  const notice = world.queue.deadline(agent * timersPerAgent + Timer.Main) - world.options.warmupUs;
  if (keepalive < notice) armTimer(world, agent, Timer.Keepalive, keepalive);
}

/** The main thread sleeps on the send lock: from here on it notices nothing. */
export function freeze(world: WorldState, agent: number, nowUs: number): void {
  const { pipelines } = world.books;
  pipelines.advance(agent, nowUs);
  pipelines.reads[agent] = 0;
  // The keepalive it falls asleep with counts as sent.
  world.keepaliveSecond[agent] = lastKeepaliveSecond(clockOf(world, agent), world, world.ackUs[agent]!, nowUs + 1);
  world.state[agent] = State.Frozen;
  // One whose send times out does not stay so.
  const { internal } = world.options.groups[world.groupOf[agent]!]!.agent;
  if (internal.sendTimeoutSeconds === null) world.open.froze[agent] = 1;
  world.queue.cancel(agent * timersPerAgent + Timer.Main);
}

/** FIN, RST or a time-out of TCP reaches the agent. */
export function connectionClosed(world: WorldState, agent: number, nowUs: number): void {
  const { pipelines } = world.books;
  if (world.state[agent] === State.Stale) {
    staleClosed(world, agent, nowUs);
    return;
  }
  const sleepUs = errorSleepUs(world, agent);
  if (world.blocked[agent] === 1) {
    world.queue.cancel(agent * timersPerAgent + Timer.Dispatch); // the send's time-out
    pipelines.advance(agent, nowUs);
    pipelines.loseInHand(agent, 'sendError', nowUs);
  }
  if (world.state[agent] === State.Frozen) {
    if (world.locked[agent] === 1) {
      world.locked[agent] = 0;
      world.blocked[agent] = 0;
      world.dispatcherMetUs[agent] = pipelines.hasBacklog(agent) ? nowUs + sleepUs : -Infinity;
      if (isWalker(world, agent)) {
        stay(world, agent, nowUs, true, true);
        return;
      }
      leaveNode(world, agent, nowUs, true);
      beginServer(world, agent, nowUs);
      return;
    }
    world.blocked[agent] = 0;
    world.dispatcherMetUs[agent] = pipelines.hasBacklog(agent) ? nowUs + sleepUs : -Infinity;
    // A writer that is blocked at the socket is past his look at the lock.
    if (pipelines.isSocketFull(agent)) world.atSocket[agent] = 1;
    world.state[agent] = State.Waking;
    armMain(world, agent, nowUs + sleepUs);
    return;
  }
  notice(world, agent, nowUs, 'closed');
}

/** The main thread sets the lock and looks for a manager. */
export function notice(world: WorldState, agent: number, nowUs: number, why: 'closed' | 'silence' | 'forced'): void {
  const { pipelines } = world.books;
  const group = world.options.groups[world.groupOf[agent]!]!;
  const slot = agent * timersPerAgent;
  // An event that wakes the main loop is read, and sent, before the loop looks at its clock.
  pipelines.advance(agent, why === 'closed' ? nowUs : nowUs + 1);
  const clock = clockOf(world, agent);
  const slept = world.state[agent] === State.Waking; // no keepalive left since it fell asleep
  // Healed, and leaving before the first ACK since.
  if (world.broken[agent] === Broken.No && world.ackUs[agent]! > nowUs)
    world.ackUs[agent] = world.ackBeforeHealUs[agent]!;
  const isFirstTurn = world.broken[agent] === Broken.No && world.ackUs[agent] === nowUs;
  if (world.broken[agent] === Broken.No && !isFirstTurn) {
    world.ackUs[agent] = lastAckUs(clock, world, world.ackUs[agent]!, nowUs, nodeLatencyUs(world, agent));
  }
  // An agent that has to leave in the turn of its handshake sends no keepalive before.
  if (!isFirstTurn && !slept) {
    world.keepaliveSecond[agent] = lastKeepaliveSecond(clock, world, world.ackUs[agent]!, nowUs);
  }
  world.queue.cancel(slot + Timer.Keepalive);
  world.queue.cancel(slot + Timer.Main);
  if (world.open.fault[agent]! >= 0) world.open.noticedAtUs[agent] = nowUs;
  world.probe.noticed?.(agent, nowUs, why);
  const walks = isWalker(world, agent);
  const deaf = walks && why === 'closed' && (slept || sendsMeanwhile(world, agent, nowUs));
  setLock(world, agent, nowUs);
  if (world.blocked[agent] === 1 && why !== 'closed' && !group.agent.shutdownBeforeClose) {
    // close() alone does not wake the blocked sender, and the startup message needs the lock it holds.
    world.state[agent] = State.Frozen;
    world.locked[agent] = 1;
    world.open.froze[agent] = 1;
    return;
  }
  if (world.blocked[agent] === 1) {
    if (why !== 'closed') pipelines.loseInHand(agent, 'sendError', nowUs);
    world.dispatcherMetUs[agent] = pipelines.hasBacklog(agent) ? nowUs + errorSleepUs(world, agent) : -Infinity;
    world.blocked[agent] = 0;
  }
  if (walks) {
    stay(world, agent, nowUs, why === 'closed', deaf);
    return;
  }
  world.queue.cancel(slot + Timer.Path);
  leaveNode(world, agent, nowUs, true);
  beginServer(world, agent, nowUs);
}

function setLock(world: WorldState, agent: number, nowUs: number): void {
  const { pipelines } = world.books;
  const slot = agent * timersPerAgent;
  if (pipelines.dispatches[agent] === 1) {
    world.dispatcherMetUs[agent] = pipelines.hasBacklog(agent) ? Math.max(nowUs, pipelines.slotUs[agent]!) : -Infinity;
  }
  if (pipelines.collects[agent] === 1) world.logcollectorMetUs[agent] = -Infinity;
  world.queue.cancel(slot + Timer.Dispatch);
  world.queue.cancel(slot + Timer.Logcollector);
  pipelines.dispatches[agent] = 0;
  pipelines.stopReading(agent);
  if (!pipelines.limits[world.groupOf[agent]!]!.blocks) pipelines.collects[agent] = 0;
  world.lockSeen[agent] = pipelines.seen[agent]!;
}

/** The session ends on the agent's side. @param notices until now it knew nothing of what had broken it. */
export function leaveNode(world: WorldState, agent: number, nowUs: number, notices: boolean): void {
  const { pipelines } = world.books;
  const node = world.node[agent]!;
  leaveZombie(world, agent, nowUs);
  if (world.broken[agent] !== Broken.No) {
    if (notices) world.books.unaware(nowUs, -1);
    // A place that stands still keeps what it has taken in; what is on the way to any other is lost.
    if (world.broken[agent] === Broken.Silent || world.broken[agent] === Broken.Dead) {
      pipelines.settlePath(agent, world.brokenPlace[agent]!, 'path', nowUs);
    }
  } else {
    world.history.silent(agent, nowUs);
  }
  world.broken[agent] = Broken.No;
  world.brokenPlace[agent] = -1;
  if (world.viaBalancer[agent] === 1) endSession(world, agent, nowUs);
  world.books.left(node, nowUs, agent);
  world.node[agent] = -1;
}
