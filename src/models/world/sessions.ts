// A connected agent: how its session breaks, heals or ends, who freezes, and who notices.
import { lastAckUs, lastKeepaliveSecond, nextKeepaliveUs } from '../keepalive.ts';
import { beginServer } from './attempts.ts';
import { closeFlow } from './flows.ts';
import { leaveBehind } from './leaving.ts';
import { Leg, isDark } from './legs.ts';
import { isWalker, sendsMeanwhile, staleClosed, stay } from './listWalk.ts';
import { armSendTimeout, errorSleepUs } from './sendTimeout.ts';
import { Broken, State, Timer, timersPerAgent } from './kinds.ts';
import { armMain, armTimer, clockOf, hasNoBuffer, nodeLatencyUs, type WorldState, isBalancer } from './state.ts';
import { balancerRoom } from './throughBalancer.ts';
import { leaveDatagrams } from './udpBalanced.ts';
import { leaveZombie } from './zombie.ts';

/** The send buffer drains: nobody will find it full. */
export function unblock(world: WorldState, agent: number, nowUs: number): void {
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

/** When the dispatcher meets a full send buffer, if the agent does not notice first. */
export function armBlock(world: WorldState, agent: number, nowUs: number): void {
  const condition = world.broken[agent];
  if (condition !== Broken.Silent && condition !== Broken.Hung) return;
  const { pipelines } = world.books;
  if (pipelines.dispatches[agent] === 0 || world.blocked[agent] === 1) return;
  pipelines.advance(agent, nowUs);
  const left = roomLeft(world, agent);
  const slot = agent * timersPerAgent;
  const notice = world.queue.deadline(slot + Timer.Main) - world.options.warmupUs;
  const fullUs = left < 0 ? nowUs : Math.max(nowUs, pipelines.sendInstantBefore(agent, left + 1, notice + 1));
  if (fullUs <= notice) armTimer(world, agent, Timer.Dispatch, fullUs);
  else world.queue.cancel(slot + Timer.Dispatch);
}

/** Events that still fit into the send buffers of a broken path; negative: a burst was too large for them. */
function roomLeft(world: WorldState, agent: number): number {
  const { agent: options } = world.options.groups[world.groupOf[agent]!]!;
  const { sendBuffer } = options.kernel;
  const beyond = world.viaBalancer[agent] === 1 && world.brokenPlace[agent] !== world.target[agent];
  const bytes = beyond
    ? balancerRoom(world, agent) + sendBuffer.hungBytes
    : world.broken[agent] === Broken.Silent
      ? sendBuffer.silentBytes
      : sendBuffer.hungBytes;
  return fits(world, agent, bytes);
}

export function hasRoom(world: WorldState, agent: number): boolean {
  return roomLeft(world, agent) >= 1;
}

/** Events for which so many bytes have room beyond what was written since the path broke. */
export function fits(world: WorldState, agent: number, bytes: number): number {
  const { sizeBytes } = world.options.groups[world.groupOf[agent]!]!.events;
  const place = world.brokenPlace[agent]!;
  const at = 2 * agent + (isBalancer(world, place) ? Leg.Front : Leg.Back);
  const written = world.books.pipelines.heldInPath(agent, place) - world.legs.heldBefore[at]!;
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
  const over = -roomLeft(world, agent);
  if (over > 0) pipelines.putBack(agent, world.brokenPlace[agent]!, over);
  armSendTimeout(world, agent, nowUs);
  const keepalive = nextKeepaliveUs(clockOf(world, agent), world, world.ackUs[agent]!, nowUs);
  const notice = world.queue.deadline(agent * timersPerAgent + Timer.Main) - world.options.warmupUs;
  if (keepalive < notice) armTimer(world, agent, Timer.Keepalive, keepalive);
}

/** The main thread sleeps on the send lock: from here on it notices nothing. */
export function freeze(world: WorldState, agent: number, nowUs: number): void {
  const { pipelines } = world.books;
  pipelines.advance(agent, nowUs);
  // The threads that read event channels put their records into the buffer themselves.
  const { isChannel } = pipelines.limits[world.groupOf[agent]!]!;
  if (!isChannel || hasNoBuffer(world, agent)) pipelines.reads[agent] = 0;
  // The keepalive it falls asleep with counts as sent.
  world.keepaliveSecond[agent] = lastKeepaliveSecond(clockOf(world, agent), world, world.ackUs[agent]!, nowUs + 1);
  world.state[agent] = State.Frozen;
  // One whose send times out does not stay so.
  const { internal } = world.options.groups[world.groupOf[agent]!]!.agent;
  if (internal.sendTimeoutSeconds === null) world.open.froze[agent] = 1;
  world.queue.cancel(agent * timersPerAgent + Timer.Main);
}

/** The old socket is closed; the main thread was only waiting for the sender to let go of it. */
export function leaveAsleep(world: WorldState, agent: number, nowUs: number): void {
  world.blocked[agent] = 0;
  world.locked[agent] = 0;
  if (isWalker(world, agent)) {
    stay(world, agent, nowUs, false, false);
    return;
  }
  leaveNode(world, agent, nowUs, true, false);
  beginServer(world, agent, nowUs);
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
      leaveNode(world, agent, nowUs, true, true);
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
  if (world.open.fault[agent]! >= 0 && world.open.noticedAtUs[agent] === -Infinity) {
    world.open.noticedAtUs[agent] = nowUs;
  }
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
  leaveNode(world, agent, nowUs, true, why === 'closed');
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

/**
 * The session ends on the agent's side.
 * @param notices until now it knew nothing of what had broken it.
 * @param isClosed its socket has heard the end of the connection, or has given it up.
 */
export function leaveNode(world: WorldState, agent: number, nowUs: number, notices: boolean, isClosed = false): void {
  leaveZombie(world, agent, nowUs);
  world.probe.left?.(agent, nowUs, world.node[agent]!);
  if (isDark(world.broken[agent]!)) {
    if (notices) world.books.unaware(nowUs, -1);
  } else {
    world.history.silent(agent, nowUs);
    // Its events came through until now, answered or not.
    world.legs.unheardUs[agent] = nowUs;
  }
  leaveBehind(world, agent, isClosed, nowUs);
  // Who goes on asking over UDP does so on the same flow.
  if (world.udp[agent] === 0) closeFlow(world, agent, nowUs);
  else leaveDatagrams(world, agent, nowUs);
  world.broken[agent] = Broken.No;
  world.brokenPlace[agent] = -1;
  // One who went on asking on it has noticed before.
  if (notices) world.books.left(world.node[agent]!, nowUs, agent);
  world.node[agent] = -1;
}
