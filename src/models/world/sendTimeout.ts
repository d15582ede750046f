// Agents of 4.14.9 and 5.0 do not freeze: a send that lasts too long fails, a send that fails closes the socket, and TCP itself asks
// an idle peer whether it lives. Wazuh PR #38401 (branch 4.14.9) and 5.0.0-beta4: src/client-agent/sendmsg.c, send_msg(); os_net.c.
import { sendErrorSleepUs } from '../agent.ts';
import { notice } from './sessions.ts';
import { State, Timer, timersPerAgent } from './kinds.ts';
import { armMain, armTimer, clockOf, type WorldState } from './state.ts';

/** How long a sender sleeps whose send has failed. */
export function errorSleepUs(world: WorldState, agent: number): number {
  return world.options.groups[world.groupOf[agent]!]!.agent.sleepsAfterSendError ? sendErrorSleepUs : 0;
}

/** The dispatcher meets a full send buffer: when its send fails, if it ever does. */
export function armSendTimeout(world: WorldState, agent: number, nowUs: number): void {
  const { sendTimeoutSeconds } = world.options.groups[world.groupOf[agent]!]!.agent.internal;
  if (sendTimeoutSeconds !== null) armTimer(world, agent, Timer.Dispatch, nowUs + sendTimeoutSeconds * 1_000_000);
}

/**
 * The event that did not go out is lost, and the socket is shut down, which wakes the main loop. A main thread that was waiting for
 * the send lock with a keepalive fails to send it first.
 */
export function sendTimesOut(world: WorldState, agent: number, nowUs: number): void {
  const { pipelines } = world.books;
  const slot = agent * timersPerAgent;
  const sleepUs = errorSleepUs(world, agent);
  pipelines.advance(agent, nowUs);
  pipelines.loseInHand(agent, 'sendError', nowUs);
  world.blocked[agent] = 0;
  world.queue.cancel(slot + Timer.Keepalive);
  world.queue.cancel(slot + Timer.Path);
  world.dispatcherMetUs[agent] = pipelines.hasBacklog(agent) ? nowUs + sleepUs : -Infinity;
  if (world.state[agent] === State.Connected) {
    notice(world, agent, nowUs, 'closed');
    return;
  }
  if (pipelines.isSocketFull(agent)) world.atSocket[agent] = 1;
  world.state[agent] = State.Waking;
  armMain(world, agent, nowUs + sleepUs);
}

/**
 * When TCP keepalive gives up a connection on which nothing comes back: it probes only while nothing waits to be acknowledged, so it
 * is the first to know only where the agent writes nothing until then. Linux, tcp_keepalive_timer(). Infinity: never.
 * @param brokenUs from when on nothing that the agent sends is answered.
 * @param firstSendUs when the first segment leaves that nobody will acknowledge.
 */
export function keepaliveGiveUpUs(
  world: WorldState,
  agent: number,
  brokenUs: number,
  firstSendUs: number,
  roundTripUs: number,
): number {
  const { tcpKeepIdleSeconds, tcpKeepIntervalSeconds, tcpKeepCount } =
    world.options.groups[world.groupOf[agent]!]!.agent.internal;
  if (tcpKeepIdleSeconds === null || tcpKeepIntervalSeconds === null || tcpKeepCount === null) return Infinity;
  clockOf(world, agent); // points the wakes at the agent
  // The last segment from the peer: the ACK of a keepalive, TCP's own of an event, or of a probe that came in time.
  const idleUs = tcpKeepIdleSeconds * 1_000_000;
  const writtenUs = Math.max(world.ackUs[agent]!, world.before(brokenUs) + roundTripUs);
  const heardUs = writtenUs + Math.max(0, Math.floor((brokenUs - writtenUs) / idleUs)) * idleUs;
  const deadUs = heardUs + idleUs + tcpKeepIntervalSeconds * tcpKeepCount * 1_000_000;
  return firstSendUs <= deadUs ? Infinity : deadUs;
}
