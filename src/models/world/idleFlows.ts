// A flow that whoever forwards it has forgotten: no packet of it came for its time-out. TCP: the next one is answered with RST, or both ends
// are told at once; datagrams begin another flow, at another target perhaps, and nobody is told. docs/MODEL.md, "Balancers that forward".
import { chooseAnew } from './datagramFlows.ts';
import { loseFlow, ownLeg } from './flows.ts';
import { passedUs } from './idle.ts';
import { Forgotten, keepaliveOf } from './legs.ts';
import { lastKeepaliveUs, nextSegmentUs } from './pathPlan.ts';
import { Broken, State, Step } from './kinds.ts';
import { latencyTo, nextStep, orNow, type WorldState } from './state.ts';

/** After how long without a packet the agent's flow is forgotten in front of where its connection leads; Infinity: never. */
export function timeoutOfFlow(world: WorldState, agent: number): number {
  const flow = world.flows.get(agent);
  if (!flow || flow.datagrams || world.through[agent]! < 0) return Infinity;
  const { forwarding, listeners } = flow.proxy;
  if (world.udp[agent] === 1) return forwarding?.datagramTimeoutUs ?? Infinity;
  const { sessionTimeoutUs } = listeners[flow.listener]!.options;
  // Probes of the kernel at the far end, and their answers, are packets as any other; a proxy in front passes none on.
  const isAsked = forwarding !== null && keepaliveOf(world, agent, ownLeg(world, agent)).idleUs < sessionTimeoutUs;
  return isAsked ? Infinity : sessionTimeoutUs;
}

/** Looks again when the flow would be forgotten, as far as is known. */
export function watchFlow(world: WorldState, agent: number, timeoutUs: number, nowUs: number): void {
  nextStep(world, agent, Step.FlowIdle, orNow(world, lastPacketUs(world, agent, nowUs) + timeoutUs));
}

/** The time-out of a flow may be over. */
export function flowIdleDue(world: WorldState, agent: number, nowUs: number): void {
  const isUdp = world.udp[agent] === 1;
  if (world.state[agent] !== State.Connected || (!isUdp && world.broken[agent] !== Broken.No)) return;
  const timeoutUs = timeoutOfFlow(world, agent);
  const lastUs = lastPacketUs(world, agent, nowUs);
  if (lastUs + timeoutUs > nowUs) {
    watchFlow(world, agent, timeoutUs, nowUs);
    return;
  }
  const toForwarderUs = latencyTo(world, agent, world.through[agent]!);
  if (isUdp) {
    const sentUs = nextSegmentUs(world, agent, nowUs - toForwarderUs);
    nextStep(world, agent, Step.FlowAnew, Math.max(nowUs, sentUs + toForwarderUs));
    return;
  }
  const { forwarding } = world.flows.get(agent)!.proxy;
  if (!forwarding || forwarding.tellsIdle === true) {
    nextStep(world, agent, Step.IdleEnd, nowUs + toForwarderUs);
    return;
  }
  // No occurrence has done it.
  const { cause } = world;
  world.cause = -1;
  loseFlow(world, agent, forwarding.unknown === 'reset' ? Forgotten.Reset : Forgotten.Silent, nowUs);
  world.cause = cause;
}

/** A datagram of a flow that was forgotten is at the forwarder. */
export function flowBegins(world: WorldState, agent: number, nowUs: number): void {
  if (world.state[agent] !== State.Connected || !world.flows.has(agent)) return;
  chooseAnew(world, agent, nowUs, false);
  nextStep(world, agent, Step.FlowIdle, nowUs + timeoutOfFlow(world, agent));
}

/** When the last packet of the agent's flow, up to `nowUs`, passed the forwarder. */
function lastPacketUs(world: WorldState, agent: number, nowUs: number): number {
  const toForwarderUs = latencyTo(world, agent, world.through[agent]!);
  if (world.broken[agent] === Broken.No) return passedUs(world, agent, toForwarderUs, nowUs);
  // Datagrams that nobody answers.
  const untilUs = nowUs - toForwarderUs;
  const { pipelines } = world.books;
  pipelines.advance(agent, untilUs);
  if (pipelines.hasBacklog(agent)) return nowUs;
  world.wakesAgent = agent;
  const eventUs = world.before(untilUs);
  return Math.max(eventUs, lastKeepaliveUs(world, agent, untilUs), world.ackUs[agent]!) + toForwarderUs;
}
