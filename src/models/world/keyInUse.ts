// A node that still holds an agent's old connection when the agent comes back to it: "Agent key already in use". Wazuh 4.14.7,
// src/remoted/secure.c, HandleSecureMessage(); by release: managerVersions.ts.
import { wholeSeconds } from '../agent.ts';
import { keyRuleOf, refusesKey } from '../managerVersions.ts';
import { closeOld, lastHeardUs } from './leftovers.ts';
import type { WorldState } from './state.ts';

/** True when the node closes the agent's new connection; where it lets it in instead of the old one, that one is closed. */
export function isKeyInUse(world: WorldState, agent: number, node: number, atUs: number): boolean {
  const heardUs = lastHeardUs(world, agent, node, atUs);
  if (heardUs === -Infinity) return false;
  const { version, connectionOvertakeSeconds } = world.options.nodes[node]!;
  const rule = keyRuleOf(version, connectionOvertakeSeconds);
  if (rule.kind === 'repoint') return false;
  const phaseUs = world.nodeClockUs[node]!;
  if (refusesKey(rule, wholeSeconds(atUs, phaseUs) - wholeSeconds(heardUs, phaseUs))) {
    world.books.keyRefused(node, atUs);
    return true;
  }
  closeOld(world, agent, node, atUs);
  return false;
}
