// Random scenario files: YAML text with everything the format knows. Each file uses a random part of it (swarm testing), so
// that rare combinations of few things come as often as those of many.
import { stringify } from 'yaml';
import { atLeast } from '../../../src/models/agentVersions.ts';
import { productNames, type ProductName } from './balancers.ts';
import { helperConf, managerFiles } from './confs.ts';
import { Dice } from './dice.ts';
import { faultNames, randomFaults, type FaultName } from './faults.ts';
import { agentVersions, randomGroup } from './fleet.ts';
import { randomMode } from './modes.ts';

const managerVersions = [
  ...['3.12.3', '3.13.6', '4.0.4', '4.1.1', '4.3.11', '4.4.0', '4.5.1', '4.5.4', '4.9.2', '4.12.0', '4.13.1', '4.14.7'],
  ...['4.14.9', '5.0.0-beta4'],
];

export interface RandomScenario {
  readonly number: number;
  readonly text: string;
  /** Files it names: path and text. */
  readonly files: Readonly<Record<string, string>>;
}

export function randomScenario(number: number, verbs: readonly FaultName[] = faultNames): RandomScenario {
  const files: Record<string, string> = {};
  const data = scenarioData(new Dice(`scenario ${number}`), verbs, files);
  return { number, text: stringify(data, { lineWidth: 0 }), files };
}

/** What the format knows besides its bare minimum. */
const everyFeature = [
  ...['mixedVersions', 'nodeSettings', 'capacity', 'storm', 'managerTexts', 'nodeNames', 'unreachable', 'latency'],
  ...['agentSettings', 'kernel', 'workloads', 'bursts', 'profile', 'files', 'platform', 'inventory', 'addresses'],
  ...['starts', 'churn', 'order', 'udp', 'groupsRouted', 'overlay', 'texts', 'observed'],
  ...['settled', 'startFaults', 'repeated', 'drawnInstants', 'randomFaults', 'together', 'severalBalancers', 'helper'],
  'spareNode',
];

function scenarioData(dice: Dice, verbs: readonly FaultName[], files: Record<string, string>): Record<string, unknown> {
  const features = new Set(everyFeature.filter(() => dice.chance(0.3)));
  const has = (feature: string): boolean => features.has(feature);
  const nodeNames = ['master', 'worker01', 'worker02', 'worker03'].slice(0, dice.between(1, 4));
  const managers = has('mixedVersions') ? dice.one(managerVersions) : '4.14.7';
  if (!atLeast(managers, '4.9.0')) features.delete('helper');
  const nodes = randomNodes(dice, nodeNames, managers, has);
  const groupNames = ['servers', 'branch', 'lab'].slice(0, dice.between(1, 3));
  const versions = has('mixedVersions') ? fittingVersions(managers) : ['4.14.7'];
  const fleet: Record<string, Record<string, unknown>> = {};
  groupNames.forEach((name, index) => {
    fleet[name] = randomGroup(dice, index, { version: dice.one(versions), versions, nodeNames, files, has });
  });
  const seconds = dice.between(20, 600);
  const registering = nodeNames.filter(
    (name) => (nodes[name]!.ports as { registration?: string } | undefined)?.registration !== 'no',
  );
  const products = randomProducts(dice);
  const drawn = ['first', 'second'].slice(0, dice.between(1, 2)).map((name) => ({
    name,
    ...randomMode(dice, { nodeNames, groupNames, registering, oldest: versions[0]!, products, has }),
  }));
  const modes = Object.fromEntries(drawn.map(({ name, data }) => [name, data]));
  const modeNames = Object.keys(modes);
  const newcomers = Object.fromEntries(
    Object.entries(fleet).flatMap(([name, { count, version }]) =>
      typeof count === 'number' && atLeast(String(version), '3.13.1') ? [[name, count]] : [],
    ),
  );
  const balancings = drawn.flatMap(({ balancing }) => balancing ?? []);
  const faults = randomFaults(dice, { nodeNames, groupNames, balancings, seconds, newcomers, has }, verbs);
  if (faults.some(({ slow }) => slow !== undefined)) {
    for (const node of Object.values(nodes)) node.eventsPerSecond ??= dice.one([20, 5_000]);
  }
  if (has('observed')) files['incident.csv'] = incident(dice, nodeNames, seconds);
  return {
    fleetfall: 1,
    seed: dice.between(0, 1_000),
    replications: 1,
    warmup: dice.one(['10s', '30s', '2m']),
    duration: has('settled') ? { until: 'settled', atMost: `${seconds}s` } : `${seconds}s`,
    ...((has('profile') || dice.once(4)) && { startsAt: dice.one(['08:29:30', '23:59:50', '2026-03-01T11:59:00Z']) }),
    ...(has('observed') && { observed: 'incident.csv' }),
    cluster: {
      version: managers,
      ...(has('capacity') && dice.once(3) && { defaults: nodeCapacity(dice, managers, has) }),
      nodes,
    },
    ...(has('nodeNames') && { hosts: { 'wazuh.corp': '172.0.0.3', 'gone.corp': 'unresolvable' } }),
    ...((has('unreachable') || has('latency')) && {
      network: {
        ...(has('latency') && { latency: dice.one(['0s', '1ms', '30ms', '2s']) }),
        ...(has('unreachable') && {
          unreachable: {
            agents: dice.one(['routed', 'sameSegment']),
            balancer: dice.one(['routed', 'sameSegment']),
          },
        }),
      },
    }),
    fleet,
    modes,
    faults,
    ...(dice.once(3) && {
      expect: [
        `${modeNames[0]!}.loss.share < 1%`,
        `${modeNames.at(-1)!}.reconnect.p99{group=${groupNames[0]!}} <= 30s`,
      ],
    }),
  };
}

/** Balancers of a scenario: often of one product, so that its own pairs come up; sometimes of any. */
function randomProducts(dice: Dice): readonly ProductName[] {
  if (dice.chance(0.25)) return [];
  if (dice.once(4)) return dice.some(productNames);
  return [dice.one([...productNames, 'nginx', 'nginx', 'haproxy', 'haproxy', 'haproxy'])];
}

/** Releases of agents that a release of the managers takes, oldest first. */
function fittingVersions(managers: string): string[] {
  return agentVersions.filter((version) => {
    if (managers.startsWith('3.'))
      return version.startsWith('3.') && !atLeast(version, '3.13.1') === !atLeast(managers, '3.13.1');
    if (managers.startsWith('5.')) return atLeast(version, '4.0.0');
    return !atLeast(version, '5.0.0') && (atLeast(managers, version) || version.startsWith('3.'));
  });
}

function randomNodes(
  dice: Dice,
  nodeNames: readonly string[],
  managers: string,
  has: (feature: string) => boolean,
): Record<string, Record<string, unknown>> {
  const nodes: Record<string, Record<string, unknown>> = {};
  nodeNames.forEach((name, index) => {
    const written = has('managerTexts') && dice.once(2);
    nodes[name] = {
      address: `172.0.0.${index + 3}`,
      ...(index === 0 && !dice.once(12) && { role: 'master' }),
      ...(index > 0 && (managers.startsWith('3.') || dice.once(2)) && { ports: { registration: 'no' } }),
      ...(has('nodeSettings') && nodeSettings(dice)),
      ...((has('capacity') || has('storm')) && nodeCapacity(dice, managers, has)),
      ...(has('mixedVersions') && !written && dice.once(6) && { version: dice.one(managerVersions) }),
      ...(has('unreachable') && dice.once(3) && { unreachable: dice.one(['routed', 'sameSegment']) }),
      ...(has('latency') && dice.once(3) && { latency: dice.one(['0s', '300us', '20ms', '300ms']) }),
      ...(written && {
        ossec: managerFiles(
          dice,
          managers,
          has('udp') && !managers.startsWith('5.'),
          index === 0 && has('helper') ? helperConf(dice) : '',
        ),
      }),
    };
  });
  return nodes;
}

function nodeSettings(dice: Dice): Record<string, unknown> {
  return {
    ...(dice.once(3) && { startup: dice.one(['0s', '50ms', '20s']) }),
    ...(dice.once(3) && { acceptQueue: dice.one([1, 3, 128]) }),
    ...(dice.once(4) && { names: [`n${dice.below(1_000)}.corp`] }),
    ...(dice.once(4) && { receiveChunk: dice.one(['1024B', '16384B']) }),
    ...(dice.once(3) && { keyUpdateInterval: dice.one(['1s', '60s', '3600s']) }),
    ...(dice.once(2) && {
      tcpKeepalive: {
        idle: dice.one(['1s', '5s', '7200s']),
        interval: dice.one(['1s', '100s']),
        count: dice.one([1, 3, 50]),
      },
    }),
  };
}

/** Settings that a release of the managers does not have are the loader's to refuse: here they mostly fit. */
function nodeCapacity(dice: Dice, version: string, has: (feature: string) => boolean): Record<string, unknown> {
  const storm = has('storm') ? 2 : 4;
  return {
    ...(dice.once(2) && { eventsPerSecond: dice.one([1, 20, 5_000]) }),
    ...(dice.once(4) && { queueSize: dice.one([1, 2, 50, 131_072]) }),
    ...(dice.once(4) && { analysisQueueSize: dice.one([128, 16_384]) }),
    ...(dice.once(4) &&
      atLeast(version, '4.4.0') && {
        epsLimit: { maximum: dice.one([0, 3, 100]), timeframe: dice.one(['1s', '10s']) },
      }),
    ...(dice.once(storm) && { acceptsPerSecond: dice.one([0.5, 3, 200, 1e6]) }),
    ...(dice.once(storm) && {
      control: {
        cost: dice.one(['1us', '1ms', '300ms', '1s']),
        ...(dice.once(3) && { workers: dice.one([1, 16]) }),
        ...(dice.once(4) && atLeast(version, '4.13.0') && { queueSize: dice.one([4_096, 1_048_576]) }),
      },
    }),
    ...(dice.once(4) && { agentsDisconnectionTime: dice.one(['1s', '20s', '900s']) }),
    ...(dice.once(8) && { agentsDisconnectionAlertTime: dice.one(['0s', '30s']) }),
    ...(dice.once(storm) && { registration: { serviceTime: dice.one(['1us', '20ms', '3s', '60s']) } }),
    ...(dice.once(4) && atLeast(version, '4.5.2') && { connectionOvertakeTime: dice.one(['0s', '5s', '60s']) }),
  };
}

/** Agents on the nodes, as somebody saw them. */
function incident(dice: Dice, nodeNames: readonly string[], seconds: number): string {
  const rows = nodeNames.flatMap((name) => [0, 5, 19].map((at) => `${at}s,${name},${dice.below(9)}`));
  return ['time,node,agents', ...rows, `${seconds + 5}s,${nodeNames[0]!},1`, ''].join('\n');
}
