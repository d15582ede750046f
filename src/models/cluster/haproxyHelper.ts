// Wazuh's HAProxy helper: a task of the master's clusterd that keeps the servers of a backend equal to the nodes of the cluster, and
// the agents evenly on them. Source: Wazuh 4.9.0 to 4.14.0 (the same constants), framework/wazuh/core/cluster/hap_helper/:
// hap_helper.py, proxy.py, wazuh.py; cluster/utils.py, HELPER_DEFAULTS. Requests are taken to need no time.
import { excessConnections, canReconnect, hardStopAfterUs, type HelperAgent } from './helperRules.ts';

export interface HelperOptions {
  /** Name of the backend it owns (`haproxy_backend`). */
  readonly backend: string;
  readonly frequencyUs: number;
  /** So many agents are told at once (`agent_chunk_size`), then comes a pause (`agent_reconnection_time`). */
  readonly agentChunkSize: number;
  readonly agentReconnectionTimeUs: number;
  /** After a change of the servers (`agent_reconnection_stability_time`). */
  readonly stabilityTimeUs: number;
  /** How far from the mean a server may be, of one. */
  readonly imbalanceTolerance: number;
  /** A server that is no node's is taken out when it has not been up for so long. */
  readonly removeDisconnectedAfterUs: number;
  readonly excludedNodes: readonly string[];
}

export const helperDefaults: HelperOptions = {
  backend: 'wazuh_reporting',
  frequencyUs: 60_000_000,
  agentChunkSize: 300,
  agentReconnectionTimeUs: 5_000_000,
  stabilityTimeUs: 60_000_000,
  imbalanceTolerance: 0.1,
  removeDisconnectedAfterUs: 240 * 60_000_000,
  excludedNodes: [],
};

// hap_helper.py: UPDATED_BACKEND_STATUS_TIMEOUT (polls a second apart), AGENT_STATUS_SYNC_TIME, SERVER_ADMIN_STATE_DELAY.
const pollUs = 1_000_000;
const mostPolls = 60;
const statusSyncUs = 25_000_000;
export const adminStateUs = 5_000_000;
// get_connection_retry(): `connection_retry` of cluster.json, and two seconds.
const workersConnectUs = 12_000_000;

/** A server of the backend, as HAProxy's configuration and statistics have it. */
export interface HelperServer {
  readonly name: string;
  readonly address: string;
  /** `UP`, `UP 1/3`, `DOWN`, `DRAIN`, `no check` … */
  readonly status: string;
  /** How long it has been that, µs. */
  readonly forUs: number;
  /** `scur`. */
  readonly sessions: number;
  readonly isDrained: boolean;
}

export interface HelperNode {
  readonly name: string;
  readonly address: string;
}

/** What the helper can see and do. */
export interface HelperReach {
  /** How long a request to HAProxy takes to fail, µs; `null`: it is answered. */
  failsAfterUs(): number | null;
  /** Of the backend, in its order. */
  servers(): readonly HelperServer[];
  setState(server: string, state: 'drain' | 'ready'): void;
  /** Each with a reload at once. */
  addServer(node: HelperNode): void;
  removeServer(name: string): void;
  /** `hard-stop-after` as configured; `null`: it is not. */
  hardStopAfterUs(): number | null;
  setHardStopAfter(us: number): void;
  /** Nodes that the master has a link to, itself among them. */
  nodes(): readonly HelperNode[];
  /** Agents that its table shows as active, with the node it shows, the last in (version, id) first. */
  activeAgents(): readonly HelperAgent[];
  /** `PUT /agents/reconnect`. */
  reconnect(agents: readonly HelperAgent[]): void;
  /** So many agents should move and do not understand the request. */
  passedOver(count: number): void;
  /** A look is over, and found nothing to do. */
  foundBalance(): void;
}

/** A request failed: WazuhException of the product. */
class RequestFailed extends Error {}

/** What the helper does, one thing after the other: each value is how long it sleeps, in µs. */
export type HelperTask = Generator<number, void, void>;

/** From the start of clusterd. */
export function* startHelper(options: HelperOptions, reach: HelperReach): HelperTask {
  const failsUs = reach.failsAfterUs();
  if (failsUs !== null) {
    // "Cannot initialize the proxy": the task ends, and does not come back before clusterd is started anew.
    yield failsUs;
    return;
  }
  const hardStopUs = reach.hardStopAfterUs();
  yield Math.max(hardStopUs ?? 0, workersConnectUs);
  if (hardStopUs === null) {
    const all = reach.activeAgents();
    limitOldProcesses(options, reach, all.length);
    yield* reconnectInChunks(options, reach, all);
  }
  yield* runHelper(options, reach);
}

/** The loop, for ever. */
export function* runHelper(options: HelperOptions, reach: HelperReach): HelperTask {
  for (;;) {
    try {
      yield* look(options, reach);
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error;
      yield options.frequencyUs;
    }
  }
}

/** A request to HAProxy; nothing of what follows is done where it is not answered. */
function* ask(reach: HelperReach): HelperTask {
  const failsUs = reach.failsAfterUs();
  if (failsUs === null) return;
  yield failsUs;
  throw new RequestFailed();
}

function* look(options: HelperOptions, reach: HelperReach): HelperTask {
  yield* ask(reach);
  for (const { name, isDrained } of reach.servers()) if (isDrained) reach.setState(name, 'ready');
  const { added, removed } = changesOf(options, reach);
  if (added.length > 0 || removed.length > 0) {
    for (const name of removed) reach.removeServer(name);
    for (const node of added) reach.addServer(node);
    limitOldProcesses(options, reach, reach.activeAgents().length);
    yield* migrate(options, reach, added, removed);
    return;
  }
  const excess = excessConnections(connectionsOf(reach), options.imbalanceTolerance);
  if (excess.size === 0) {
    reach.foundBalance();
  } else {
    yield statusSyncUs;
    yield* balance(options, reach, excess);
  }
  yield options.frequencyUs;
}

/** Nodes that have no server, and servers to take out: of another address, of an excluded node, or of none for long. */
function changesOf(
  { excludedNodes, removeDisconnectedAfterUs }: HelperOptions,
  reach: HelperReach,
): { readonly added: readonly HelperNode[]; readonly removed: readonly string[] } {
  const nodes = includedNodes(excludedNodes, reach);
  const servers = reach.servers();
  const moved = nodes.filter(({ name, address }) =>
    servers.some((server) => server.name === name && server.address !== address),
  );
  const missing = nodes.filter(({ name }) => !servers.some((server) => server.name === name));
  const left = servers.filter(({ name, status, forUs }) => {
    if (nodes.some((node) => node.name === name)) return false;
    return excludedNodes.includes(name) || (status !== 'UP' && forUs >= removeDisconnectedAfterUs);
  });
  return {
    added: nodes.filter((node) => moved.includes(node) || missing.includes(node)),
    removed: [...moved, ...left].map(({ name }) => name),
  };
}

function includedNodes(excludedNodes: readonly string[], reach: HelperReach): readonly HelperNode[] {
  return reach.nodes().filter(({ name }) => !excludedNodes.includes(name));
}

/** Sessions of the servers that are plainly up: one whose checks have not all passed counts as little as one that is down. */
function connectionsOf(reach: HelperReach): Map<string, number> {
  const up = reach.servers().filter(({ status }) => status === 'UP');
  return new Map(up.map(({ name, sessions }) => [name, sessions]));
}

function limitOldProcesses(options: HelperOptions, reach: HelperReach, agents: number): void {
  const managers = Math.max(1, includedNodes(options.excludedNodes, reach).length);
  const us = hardStopAfterUs(agents, managers, options);
  if (us !== reach.hardStopAfterUs()) reach.setHardStopAfter(us);
}

/** The servers have changed: every agent goes through the new process, back to its own node where that is not too full. */
function* migrate(
  options: HelperOptions,
  reach: HelperReach,
  added: readonly HelperNode[],
  removed: readonly string[],
): HelperTask {
  for (let poll = 1; ; poll++) {
    if (poll > mostPolls) throw new RequestFailed(); // "Server status check timed out after adding new servers"
    yield pollUs;
    yield* ask(reach);
    const up = connectionsOf(reach);
    if (added.every(({ name }) => up.has(name))) break;
  }
  const byNode = Map.groupBy(reach.activeAgents(), ({ node }) => node);
  const connections = connectionsOf(reach);
  for (const [node, agents] of byNode) {
    if (!added.some(({ name }) => name === node)) connections.set(node, agents.length);
  }
  const excess = excessConnections(connections, options.imbalanceTolerance);
  const last: HelperAgent[] = [];
  for (const [node, agents] of byNode) {
    if (removed.includes(node)) {
      last.push(...agents);
      continue;
    }
    const surplus = excess.get(node) ?? 0;
    last.push(...agents.slice(0, surplus));
    yield* reconnectTo(options, reach, node, agents.slice(surplus));
  }
  yield* reconnectInChunks(options, reach, last);
  yield options.stabilityTimeUs;
}

/** All other servers are drained, so that the agents of a node find it again. */
function* reconnectTo(
  options: HelperOptions,
  reach: HelperReach,
  node: string,
  agents: readonly HelperAgent[],
): HelperTask {
  yield* ask(reach);
  const others = reach.servers().flatMap(({ name }) => (name === node ? [] : [name]));
  for (const name of others) reach.setState(name, 'drain');
  yield adminStateUs;
  yield* reconnectInChunks(options, reach, able(reach, agents));
  yield* ask(reach);
  for (const name of others) reach.setState(name, 'ready');
  yield adminStateUs;
}

/** Servers above the mean lose so many agents that they come to it; HAProxy says where they go. */
function* balance(options: HelperOptions, reach: HelperReach, excess: ReadonlyMap<string, number>): HelperTask {
  const active = reach.activeAgents();
  const chosen = [...excess].map(([server, count]) => {
    const own = active.filter(({ node }) => node === server).slice(0, count);
    return able(reach, own);
  });
  for (const agents of chosen) yield* reconnectInChunks(options, reach, agents);
}

function able(reach: HelperReach, agents: readonly HelperAgent[]): readonly HelperAgent[] {
  const able = agents.filter(({ version }) => canReconnect(version));
  if (able.length < agents.length) reach.passedOver(agents.length - able.length);
  return able;
}

function* reconnectInChunks(
  { agentChunkSize, agentReconnectionTimeUs }: HelperOptions,
  reach: HelperReach,
  agents: readonly HelperAgent[],
): HelperTask {
  for (let from = 0; from < agents.length; from += agentChunkSize) {
    reach.reconnect(agents.slice(from, from + agentChunkSize));
    yield agentReconnectionTimeUs;
  }
}
