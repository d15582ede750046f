// A session that works and is closed all the same: the balancer has seen no byte of it for its time-out, because that is shorter than
// the agent's keepalives are apart and no event came between. nginx 1.22.1, ngx_stream_proxy_module.c, ngx_stream_proxy_process():
// every byte, either way, begins the time-out anew. Measured: 5.0 s after the last byte for `proxy_timeout 5s`, with FIN.
// An event that the agent writes while the FIN is on its way to it counts as delivered (errs towards less loss, by one way at most).
import { lastAckUs } from '../keepalive.ts';
import { timeoutOfFlow, watchFlow } from './idleFlows.ts';
import { connectionClosed } from './sessions.ts';
import { Broken, State, Step } from './kinds.ts';
import { listenerOf, clockOf, latencyTo, nextStep, nodeLatencyUs, orNow, type WorldState } from './state.ts';

/** Keepalives leave at a turn of the agent's loop, up to a second late, and an answer takes its time. */
const slackUs = 2_000_000;

/**
 * A session begins, or works again: the balancer looks at it when it may have been idle for too long. One that was idle for that long
 * while its way was broken, or before the agent knew of it, is looked at now.
 */
export function armIdle(world: WorldState, agent: number, nowUs: number): void {
  if (world.broken[agent] !== Broken.No && world.udp[agent] === 0) return;
  const { sessionTimeoutUs } = world.viaBalancer[agent] === 1 ? listenerOf(world, agent).options : noTimeout;
  const flowTimeoutUs = timeoutOfFlow(world, agent);
  const { notifyTimeSeconds } = world.options.groups[world.groupOf[agent]!]!.agent;
  if (Math.min(sessionTimeoutUs, flowTimeoutUs) >= notifyTimeSeconds * 1_000_000 + slackUs) return;
  if (flowTimeoutUs < sessionTimeoutUs) watchFlow(world, agent, flowTimeoutUs, nowUs);
  else nextStep(world, agent, Step.Idle, orNow(world, lastByteUs(world, agent, nowUs) + sessionTimeoutUs));
}

const noTimeout = { sessionTimeoutUs: Infinity };

/** The time-out may be over. */
export function idleDue(world: WorldState, agent: number, nowUs: number): void {
  if (world.state[agent] !== State.Connected || world.broken[agent] !== Broken.No) return;
  const { sessionTimeoutUs } = listenerOf(world, agent).options;
  const untilUs = lastByteUs(world, agent, nowUs) + sessionTimeoutUs;
  if (untilUs > nowUs) nextStep(world, agent, Step.Idle, orNow(world, untilUs));
  else nextStep(world, agent, Step.IdleEnd, nowUs + latencyTo(world, agent, world.target[agent]!));
}

/** The balancer's FIN reaches an agent that was idle. */
export function idleEnds(world: WorldState, agent: number, nowUs: number): void {
  if (world.state[agent] !== State.Connected || world.broken[agent] !== Broken.No) return;
  // No occurrence has done it: the agent is away, in no outage.
  if (world.open.fault[agent]! < 0) world.away += 1;
  connectionClosed(world, agent, nowUs);
}

/** When the last byte up to `nowUs` passed the balancer. */
function lastByteUs(world: WorldState, agent: number, nowUs: number): number {
  return passedUs(world, agent, latencyTo(world, agent, world.target[agent]!), nowUs);
}

/** When the last byte of a session that works, up to `nowUs`, passed a place between the agent and its node. */
export function passedUs(world: WorldState, agent: number, toBalancerUs: number, nowUs: number): number {
  const { pipelines } = world.books;
  pipelines.advance(agent, nowUs);
  if (pipelines.hasBacklog(agent)) return nowUs;
  const toNodeUs = nodeLatencyUs(world, agent) - toBalancerUs;
  world.wakesAgent = agent;
  const eventUs = world.before(nowUs - toBalancerUs) + toBalancerUs;
  const ackUs = lastAckUs(
    clockOf(world, agent),
    world,
    world.ackUs[agent]!,
    nowUs + toNodeUs,
    nodeLatencyUs(world, agent),
  );
  return Math.max(eventUs, ackUs - toBalancerUs);
}
