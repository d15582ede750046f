// The cluster of a scenario as nodes of the models: what a node says, else its ossec.conf, else its release.
import { serverDefaults } from '../../models/agentVersions.ts';
import { disconnectionDefaults, withThreshold, type DisconnectionOptions } from '../../models/cluster/timings.ts';
import { nodeDefaults, type NodeOptions } from '../../models/node.ts';
import { readManagerConf } from '../import/managerConf.ts';
import type { NodeData } from '../schema.ts';
import { Cluster } from './cluster.ts';
import type { Build } from './context.ts';
import { readConf } from './texts.ts';

export function readCluster(build: Build): Cluster {
  const nodes = Object.entries(build.data.cluster.nodes);
  const versionOf = (node: NodeData): string => node.version ?? build.data.cluster.version;
  const managers = nodes.map(([name, node]) =>
    readConf(build, node.ossec, ['cluster', 'nodes', name, 'ossec'], versionOf(node), readManagerConf),
  );
  const options = nodes.map(([name, node], index): NodeOptions => {
    const version = versionOf(node);
    const defaultsOfRelease = serverDefaults(version, node.role);
    const conf = managers[index] ?? defaultsOfRelease;
    const { defaults } = build.data.cluster;
    const control = { ...defaults.control, ...node.control };
    const given = node.epsLimit ?? (managers[index]?.epsLimit === undefined ? defaults.epsLimit : undefined);
    return {
      name,
      address: node.address,
      names: node.names,
      role: node.role,
      version,
      eventsPort: node.ports.events ?? conf.eventsPort,
      registrationPort: registrationPortOf(
        build,
        name,
        node,
        conf.registrationPort,
        defaultsOfRelease.registrationPort,
      ),
      eventsPerSecond: node.eventsPerSecond ?? defaults.eventsPerSecond ?? null,
      epsLimit:
        given === undefined
          ? (managers[index]?.epsLimit ?? null)
          : given.maximum === 0
            ? null
            : { maximum: given.maximum, timeframeSeconds: given.timeframe },
      queueSize: node.queueSize ?? defaults.queueSize ?? conf.queueSize,
      analysisQueueSize: node.analysisQueueSize ?? defaults.analysisQueueSize ?? nodeDefaults.analysisQueueSize,
      acceptsPerSecond: node.acceptsPerSecond ?? defaults.acceptsPerSecond ?? null,
      controlCostUs: control.cost ?? null,
      workerPool: control.workers ?? nodeDefaults.workerPool,
      controlQueueSize: control.queueSize ?? nodeDefaults.controlQueueSize,
      connectionOvertakeSeconds:
        node.connectionOvertakeTime ??
        managers[index]?.connectionOvertakeSeconds ??
        defaults.connectionOvertakeTime ??
        nodeDefaults.connectionOvertakeSeconds,
      receiveChunkBytes: nodeDefaults.receiveChunkBytes,
      keepalive: nodeDefaults.keepalive,
      keyUpdateSeconds: nodeDefaults.keyUpdateSeconds,
      startupUs: node.startup ?? nodeDefaults.startupUs,
      acceptQueue: node.acceptQueue ?? nodeDefaults.acceptQueue,
      disconnection: disconnectionOf(version, { ...defaults, ...node }),
      registration: {
        serviceUs: (node.registration ?? defaults.registration)?.serviceTime ?? nodeDefaults.registration.serviceUs,
      },
      latencyUs: node.latency ?? null,
      unreachable: node.unreachable,
    };
  });
  return new Cluster(options, managers, build.data.hosts);
}

/** @param ofRelease `null`: no authd runs in this role, whatever a file says. */
function registrationPortOf(
  build: Build,
  name: string,
  node: NodeData,
  configured: number | null,
  ofRelease: number | null,
): number | null {
  const { registration } = node.ports;
  if (ofRelease !== null) return registration === undefined ? configured : registration;
  if (registration !== undefined && registration !== null) {
    build.fail(
      ['cluster', 'nodes', name, 'ports', 'registration'],
      `cluster.nodes.${name}.ports.registration: workers of 3.x run no authd; agents can only enrol at the master. Write no.`,
    );
  }
  return null;
}

/** When the master shows agents as disconnected: as written, else as its release does. */
function disconnectionOf(
  version: string,
  node: Pick<NodeData, 'agentsDisconnectionTime' | 'agentsDisconnectionAlertTime'>,
): DisconnectionOptions {
  const own = disconnectionDefaults(version);
  const { agentsDisconnectionTime, agentsDisconnectionAlertTime } = node;
  const alertSeconds = agentsDisconnectionAlertTime ?? own.alertSeconds;
  return agentsDisconnectionTime === undefined
    ? { ...own, alertSeconds }
    : withThreshold(agentsDisconnectionTime, alertSeconds);
}
