// What the nodes hear of an agent, for the status that the dashboard shows of it (cluster/status.ts).
import { instantOfSecond, wholeSeconds } from '../agent.ts';
import { atLeast } from '../agentVersions.ts';
import { Heard } from '../cluster/history.ts';
import type { WorldState } from './state.ts';

/** A handshake. @param isDue the first keepalive leaves with it. */
export function noteStartup(world: WorldState, agent: number, nowUs: number, isDue: boolean): void {
  note(world, agent, Heard.Startup, nowUs, isDue);
}

/** An old session is processed again. @param waited a keepalive comes with what waited. */
export function noteAgain(world: WorldState, agent: number, nowUs: number, waited: boolean): void {
  note(world, agent, Heard.Again, nowUs, waited);
}

/** True when a keepalive has become due since the agent is not heard any more: over TCP it waits on the way. */
export function keepaliveWaits(world: WorldState, agent: number, nowUs: number): boolean {
  return nextDueUs(world, agent, world.legs.unheardUs[agent]!) <= nowUs;
}

function note(
  world: WorldState,
  agent: number,
  what: typeof Heard.Startup | typeof Heard.Again,
  nowUs: number,
  atOnce: boolean,
): void {
  const { notifyTimeSeconds } = world.options.groups[world.groupOf[agent]!]!.agent;
  const keepaliveUs = atOnce ? nowUs : nextDueUs(world, agent, nowUs);
  const gridUs = atOnce ? nextDueUs(world, agent, nowUs + 1) : keepaliveUs + notifyTimeSeconds * 1_000_000;
  world.history.heard(agent, what, world.node[agent]!, nowUs, keepaliveUs, gridUs);
}

/** The agent's process ends in order while a node hears it. Wazuh 4.2.0, src/client-agent/agentd.c, send_agent_stopped_message(). */
export function noteGoodbye(world: WorldState, agent: number, node: number, nowUs: number): void {
  const { version } = world.options.groups[world.groupOf[agent]!]!.agent;
  if (atLeast(version, '4.2.0')) world.history.shutdown(agent, node, nowUs);
}

/** First instant at or after `nowUs` at which a keepalive of the agent is due. */
function nextDueUs(world: WorldState, agent: number, nowUs: number): number {
  const { notifyTimeSeconds } = world.options.groups[world.groupOf[agent]!]!.agent;
  const phaseUs = world.keepalivePhaseUs[agent]!;
  const second = world.keepaliveSecond[agent]!;
  const passed = Math.max(0, Math.ceil((wholeSeconds(nowUs, phaseUs) - second) / notifyTimeSeconds));
  const dueUs = instantOfSecond(second + passed * notifyTimeSeconds, phaseUs);
  return dueUs >= nowUs ? dueUs : dueUs + notifyTimeSeconds * 1_000_000;
}
