// The cluster of a scenario as nodes of the models: what a node says, else its files, else what holds for all nodes, else its release.
import { atLeast, serverDefaults } from '../../models/agentVersions.ts';
import { disconnectionDefaults, withThreshold, type DisconnectionOptions } from '../../models/cluster/timings.ts';
import { handlesControlInline } from '../../models/managerVersions.ts';
import { nodeDefaults, type EpsLimit, type NodeOptions } from '../../models/node.ts';
import type { TcpKeepalive } from '../../models/tcp.ts';
import type { ManagerConf } from '../import/managerConf.ts';
import type { ManagerOptions } from '../import/managerOptions.ts';
import type { NodeData } from '../schema.ts';
import { pathText } from '../wording.ts';
import { Cluster } from './cluster.ts';
import type { Build } from './context.ts';
import { checkManagerFiles, readManagerFiles, type ManagerFiles } from './managerFiles.ts';

export function readCluster(build: Build): Cluster {
  const nodes = Object.entries(build.data.cluster.nodes);
  const versionOf = (node: NodeData): string => node.version ?? build.data.cluster.version;
  const files = nodes.map(([name, node]) => readManagerFiles(build, name, node, versionOf(node)));
  checkManagerFiles(build, nodes, files);
  const options = nodes.map(([name, node], index) => nodeOf(build, name, node, versionOf(node), files[index]!));
  return new Cluster(
    options,
    files.map(({ conf }) => conf),
    build.data.hosts,
  );
}

/** What stands at the node wins over its files, these over what stands for all nodes, and that over the release. */
function nodeOf(build: Build, name: string, node: NodeData, version: string, files: ManagerFiles): NodeOptions {
  const { defaults } = build.data.cluster;
  const { conf, options } = files;
  const release = serverDefaults(version, node.role);
  const control = node.control ?? defaults.control;
  nameIdle(build, name, node, version);
  return {
    name,
    address: node.address,
    names: node.names,
    role: node.role,
    version,
    eventsPort: node.ports.events ?? (conf ?? release).eventsPort,
    registrationPort: registrationPortOf(
      build,
      name,
      node,
      (conf ?? release).registrationPort,
      release.registrationPort,
    ),
    eventsPerSecond: node.eventsPerSecond ?? defaults.eventsPerSecond ?? null,
    epsLimit: epsLimitOf(build, name, node, version, conf),
    queueSize: node.queueSize ?? conf?.queueSize ?? defaults.queueSize ?? release.queueSize,
    analysisQueueSize:
      node.analysisQueueSize ??
      options.analysisQueueSize ??
      defaults.analysisQueueSize ??
      nodeDefaults.analysisQueueSize,
    acceptsPerSecond: node.acceptsPerSecond ?? defaults.acceptsPerSecond ?? null,
    controlCostUs: control?.cost ?? null,
    workerPool: node.control?.workers ?? options.workerPool ?? defaults.control?.workers ?? nodeDefaults.workerPool,
    controlQueueSize:
      node.control?.queueSize ??
      options.controlQueueSize ??
      defaults.control?.queueSize ??
      nodeDefaults.controlQueueSize,
    connectionOvertakeSeconds:
      node.connectionOvertakeTime ??
      conf?.connectionOvertakeSeconds ??
      defaults.connectionOvertakeTime ??
      nodeDefaults.connectionOvertakeSeconds,
    receiveChunkBytes:
      node.receiveChunk ?? options.receiveChunkBytes ?? defaults.receiveChunk ?? nodeDefaults.receiveChunkBytes,
    keepalive: keepaliveOf(node, options, defaults),
    keyUpdateSeconds:
      node.keyUpdateInterval ?? options.keyUpdateSeconds ?? defaults.keyUpdateInterval ?? nodeDefaults.keyUpdateSeconds,
    startupUs: node.startup ?? nodeDefaults.startupUs,
    acceptQueue: node.acceptQueue ?? nodeDefaults.acceptQueue,
    disconnection: disconnectionOf(version, {
      agentsDisconnectionTime:
        node.agentsDisconnectionTime ?? conf?.disconnectionSeconds?.value ?? defaults.agentsDisconnectionTime,
      agentsDisconnectionAlertTime:
        node.agentsDisconnectionAlertTime ??
        conf?.disconnectionAlertSeconds?.value ??
        defaults.agentsDisconnectionAlertTime,
    }),
    registration: {
      serviceUs: (node.registration ?? defaults.registration)?.serviceTime ?? nodeDefaults.registration.serviceUs,
    },
    latencyUs: node.latency ?? null,
    unreachable: node.unreachable,
  };
}

/** Managers before 4.4.0 have no `<limits>`: src/config/global-config.c, Read_Global(). */
function epsLimitOf(
  build: Build,
  name: string,
  node: NodeData,
  version: string,
  conf: ManagerConf | null,
): EpsLimit | null {
  const { defaults } = build.data.cluster;
  const given = node.epsLimit ?? (conf?.epsLimit === undefined ? defaults.epsLimit : undefined);
  if (given === undefined) return conf?.epsLimit ?? null;
  if (given.maximum === 0) return null;
  if (!atLeast(version, '4.4.0')) {
    const path = ['cluster', ...(node.epsLimit ? ['nodes', name] : ['defaults']), 'epsLimit'];
    const what = `the limit came with Wazuh 4.4.0, and ${name} is of ${version}`;
    build.fail(path, `${pathText(path)}: ${what}. Give it { maximum: 0 }, or a later version.`);
  }
  return { maximum: given.maximum, timeframeSeconds: given.timeframe };
}

function keepaliveOf(node: CapacityData, options: ManagerOptions, defaults: CapacityData): TcpKeepalive {
  const us = (seconds: number | undefined): number | undefined => seconds && seconds * 1_000_000;
  const [own, shared] = [node.tcpKeepalive, defaults.tcpKeepalive];
  const { keepalive } = nodeDefaults;
  return {
    idleUs: us(own?.idle ?? options.keepIdleSeconds ?? shared?.idle) ?? keepalive.idleUs,
    intervalUs: us(own?.interval ?? options.keepIntervalSeconds ?? shared?.interval) ?? keepalive.intervalUs,
    count: own?.count ?? options.keepCount ?? shared?.count ?? keepalive.count,
  };
}

type CapacityData = Pick<NodeData, 'tcpKeepalive'>;

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

/** What is written of a node and decides nothing there: options of other releases, and those of which the master's alone count. */
function nameIdle(build: Build, name: string, node: NodeData, version: string): void {
  const say = (option: string, text: string): void =>
    build.warn({ position: null, text: `cluster.nodes.${name}.${option} is passed over: ${text}` });
  const { connectionOvertakeTime, control } = node;
  if (connectionOvertakeTime !== undefined && !atLeast(version, '4.5.2')) {
    say('connectionOvertakeTime', `managers of ${version} let nobody overtake (from 4.5.2).`);
  }
  if (control?.workers !== undefined && !handlesControlInline(version)) {
    say('control.workers', `managers of ${version} do this work in one thread behind the ACK (from 4.13.0).`);
  }
  if (control?.queueSize !== undefined && handlesControlInline(version)) {
    say('control.queueSize', `managers of ${version} have no such queue (from 4.13.0).`);
  }
  const hasMaster = Object.values(build.data.cluster.nodes).some(({ role }) => role === 'master');
  if (node.role === 'master' || !hasMaster) return;
  for (const option of ['agentsDisconnectionTime', 'agentsDisconnectionAlertTime'] as const) {
    if (node[option] !== undefined) say(option, 'the master alone calls agents disconnected. Write it there.');
  }
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
