// What the nodes hear of an agent, for the status that the dashboard shows of it (cluster/status.ts).
import { instantOfSecond, wholeSeconds } from '../agent.ts';
import { atLeast } from '../agentVersions.ts';
import { Heard } from '../cluster/history.ts';
import type { WorldState } from './state.ts';

/** A handshake. @param isDue the first keepalive leaves with it. */
export function noteStartup(world: WorldState, agent: number, nowUs: number, isDue: boolean): void {
  const keepaliveUs = isDue ? nowUs : nextDueUs(world, agent, nowUs);
  world.history.heard(agent, Heard.Startup, world.node[agent]!, nowUs, keepaliveUs);
}

/** An old session is processed again. */
export function noteAgain(world: WorldState, agent: number, nowUs: number): void {
  world.history.heard(agent, Heard.Again, world.node[agent]!, nowUs, nextDueUs(world, agent, nowUs));
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
