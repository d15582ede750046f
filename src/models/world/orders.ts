// What agents will be told, or will happen to them by itself: lifecycle.ts.
import { lastAckUs, nextKeepaliveUs } from '../keepalive.ts';
import { Broken, EventKind, State } from './kinds.ts';
import { addPlaceEvent, clockOf, nodeLatencyUs, type WorldState } from './state.ts';

/** What an agent is told, or happens to it by itself. */
export const Deed = {
  Restart: 0,
  Reconnect: 1,
  Configure: 2,
  CollectorStarts: 3,
  Churn: 4,
  /** To reconnect, by Wazuh's HAProxy helper. */
  Balance: 5,
} as const;

/** What is still to be told, and to whom: an event's argument is an index into these. */
export interface Orders {
  readonly agent: number[];
  readonly deed: number[];
  /** Occurrence it belongs to, -1: none. */
  readonly fault: number[];
  /**
   * Agents that get a new configuration as soon as their manager hears from them: the occurrence, and when the keepalive of the session
   * they have now is answered with it.
   */
  readonly owed: Map<number, { readonly fault: number; readonly atUs: number }>;
  /** How often each agent has restarted by itself. */
  readonly churned: Map<number, number>;
}

export function newOrders(): Orders {
  return { agent: [], deed: [], fault: [], owed: new Map(), churned: new Map() };
}

export function order(world: WorldState, agent: number, deed: number, fault: number, atUs: number): void {
  if (atUs >= world.options.durationUs) return;
  const { deeds } = world;
  addPlaceEvent(world, EventKind.Told, deeds.agent.length, Math.ceil(atUs));
  deeds.agent.push(agent);
  deeds.deed.push(deed);
  deeds.fault.push(fault);
  // Restarts that come by themselves never end: nobody waits for them.
  if (deed !== Deed.Churn) world.faultsUnderWay += 1;
}

/** True for an agent whose manager it can hear. */
export function hears(world: WorldState, agent: number): boolean {
  return world.state[agent] === State.Connected && world.broken[agent] === Broken.No;
}

/** The node answers the agent's next keepalive with the configuration it owes it. */
export function owe(world: WorldState, agent: number, nowUs: number): void {
  const owed = world.deeds.owed.get(agent);
  if (owed === undefined || !hears(world, agent)) return;
  const ackUs = world.ackUs[agent]!;
  const toNodeUs = nodeLatencyUs(world, agent);
  const clock = clockOf(world, agent);
  // The one whose ACK is still to come reaches the node now or later, or has been answered; each ACK has moved the turns.
  const sentUs =
    ackUs - toNodeUs >= nowUs
      ? ackUs - 2 * toNodeUs
      : nextKeepaliveUs(clock, world, lastAckUs(clock, world, ackUs, nowUs - 1, toNodeUs), nowUs - toNodeUs);
  const atUs = Math.ceil(Math.max(nowUs, sentUs + 2 * toNodeUs));
  world.deeds.owed.set(agent, { fault: owed.fault, atUs });
  order(world, agent, Deed.Configure, owed.fault, atUs);
}
