// What Wazuh's HAProxy helper decides by. Source: Wazuh 4.9.0 to 4.14.0, framework/wazuh/core/cluster/hap_helper/: hap_helper.py,
// check_for_balance(); wazuh.py, WazuhAgent and WazuhDAPI; proxy.py, set_hard_stop_after_value().

/** An agent as the master's table has it. */
export interface HelperAgent {
  /** Number in the fleet; ids are taken to follow it. */
  readonly agent: number;
  readonly version: string;
  /** Name of its node. */
  readonly node: string;
}

/**
 * Sessions that each server has above the mean, rounded down; empty where the load counts as even: every server within the tolerance
 * of the mean, or all within one of each other when the sessions cannot be divided.
 */
export function excessConnections(connections: ReadonlyMap<string, number>, tolerance: number): Map<string, number> {
  const counts = [...connections.values()];
  if (counts.length === 0) return new Map();
  const total = counts.reduce((a, b) => a + b, 0);
  const mean = Math.floor(total / counts.length);
  const most = Math.max(...counts);
  const least = Math.min(...counts);
  const isWithin = most <= mean * (1 + tolerance) && least >= mean * (1 - tolerance);
  if (isWithin || (most - least <= 1 && total % counts.length !== 0)) return new Map();
  return new Map([...connections].flatMap(([name, count]) => (count > mean ? [[name, count - mean]] : [])));
}

/** Major and minor are compared each for itself, so that 5.0, 5.1 and 5.2 are taken for too old. */
export function canReconnect(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major >= 4 && minor >= 3;
}

/**
 * The last first. The table sorts releases as text, so that 4.9.0 stands above 4.14.7 (framework/wazuh/core/agent.py,
 * WazuhDBQueryAgents: numbers are compared for the release of the operating system alone); ids are numbers.
 */
export function lastFirst(a: HelperAgent, b: HelperAgent): number {
  if (a.version !== b.version) return a.version < b.version ? 1 : -1;
  return b.agent - a.agent;
}

/** How long an old HAProxy process may go on with its sessions: as long as it takes to have every agent reconnect. */
export function hardStopAfterUs(
  agents: number,
  managers: number,
  options: { readonly agentChunkSize: number; readonly agentReconnectionTimeUs: number },
): number {
  const chunks = agents / (managers * options.agentChunkSize);
  const seconds = chunks * managers * (options.agentReconnectionTimeUs / 1e6) + managers * 5 * 2;
  return Math.floor(seconds * 1000) * 1000;
}
