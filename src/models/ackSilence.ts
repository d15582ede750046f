// Agents that are connected to a node whose handlers are busy: the ACKs of their keepalives wait with them (up to 4.12, where the handlers
// do the work of control messages themselves). Who hears nothing for longer than `time-reconnect` leaves. That is not played; here it is
// bounded from what the run has noted. Wazuh 4.12.0, src/client-agent/notify.c, run_notify(); src/remoted/manager.c, save_controlmsg().
import type { AgentOptions } from './agentOptions.ts';
import type { Steps } from './timelines.ts';

/** What a keepalive meets decides two settings of its agent. */
export type Patience = Pick<AgentOptions, 'notifyTimeSeconds' | 'timeReconnectSeconds'>;

/** What a run has noted about a node. */
export interface BusyNode {
  /** Work that waits at the start of each slice, µs; empty: none ever did. */
  readonly workUs: Float64Array;
  readonly sliceUs: number;
  /** Agents connected to it at the instants of the steps. */
  readonly connected: Float64Array;
  readonly steps: Pick<Steps, 'stepUs'>;
}

/**
 * How many agents at most would have left a node for want of an ACK.
 * @param patiences of the groups: the least patient one stands for all, which errs towards more agents.
 */
export function missAcks(node: BusyNode, patiences: readonly Patience[]): number {
  if (node.workUs.length === 0) return 0;
  const each = patiences.map((patience) => staying(node, patience) + arriving(node, patience));
  // Who came late may have missed an ACK again.
  const ever = node.connected.reduce((most, agents) => Math.max(most, agents), 0);
  return Math.ceil(Math.min(ever, Math.max(0, ...each)));
}

/**
 * Agents that were there already. A keepalive that comes to work of w is answered w later, so that two ACKs in a row lie a notify time
 * and what the work has grown meanwhile apart: work that waits for long makes nobody leave, work that has come all at once does.
 */
function staying({ workUs, sliceUs, connected, steps }: BusyNode, patience: Patience): number {
  const { notifyTimeSeconds, timeReconnectSeconds } = patience;
  const period = Math.max(1, Math.round((notifyTimeSeconds * 1_000_000) / sliceUs));
  const mostGrowthUs = (timeReconnectSeconds - notifyTimeSeconds) * 1_000_000;
  // Keepalives are spread evenly over their period: each slice of it stands for its share of the agents.
  const late = new Float64Array(period);
  for (let slice = 0; slice + period < workUs.length; slice++) {
    if (workUs[slice + period]! - workUs[slice]! <= mostGrowthUs) continue;
    const step = Math.floor((slice * sliceUs) / steps.stepUs);
    late[slice % period] = Math.max(late[slice % period]!, connected[step] ?? 0);
  }
  return late.reduce((sum, agents) => sum + agents, 0) / period;
}

/** Agents that come while it is busy: the keepalive that leaves with their handshake waits for all that is there. */
function arriving({ workUs, sliceUs, connected, steps }: BusyNode, { timeReconnectSeconds }: Patience): number {
  let agents = 0;
  for (let step = 1; step < connected.length; step++) {
    const waitUs = workUs[Math.floor(((step - 1) * steps.stepUs) / sliceUs)] ?? 0;
    if (waitUs > timeReconnectSeconds * 1_000_000) agents += Math.max(0, connected[step]! - connected[step - 1]!);
  }
  return agents;
}
