// Random scenario files: YAML text with everything the format knows. Each file uses a random part of it (swarm testing), so
// that rare combinations of few things come as often as those of many.
import { stringify } from 'yaml';
import { Dice } from './dice.ts';
import { faultNames, randomFaults, type FaultName, type Surroundings } from './faults.ts';
import { randomMode } from './modes.ts';
import { randomGroup, agentVersions } from './fleet.ts';

const managerVersions = [
  '3.12.3',
  '3.13.6',
  '4.0.4',
  '4.3.11',
  '4.5.1',
  '4.5.4',
  '4.9.2',
  '4.12.0',
  '4.13.1',
  '4.14.7',
];

export interface RandomScenario {
  readonly number: number;
  readonly text: string;
  /** Runs it, and nothing else, again. */
  readonly replay: string;
}

export function randomScenario(number: number, verbs: readonly FaultName[] = faultNames): RandomScenario {
  const text = stringify(scenarioData(new Dice(`scenario ${number}`), verbs), { lineWidth: 0 });
  const command = `FLEETFALL_SEED=${number} npx vitest run test/properties/conservation.test.ts`;
  return { number, text, replay: `${command}\n${text}` };
}

function scenarioData(dice: Dice, verbs: readonly FaultName[]): Record<string, unknown> {
  const features = new Set(
    [
      'mixedVersions',
      'nodeSettings',
      'capacity',
      'agentSettings',
      'kernel',
      'workloads',
      'addresses',
      'order',
      'udp',
      'groupsRouted',
      'overlay',
      'settled',
      'startFaults',
      'repeated',
      'drawnInstants',
      'randomFaults',
      'together',
      'unreachable',
      'latency',
    ].filter(() => dice.chance(0.35)),
  );
  const has = (feature: string): boolean => features.has(feature);
  const nodeNames = ['master', 'worker01', 'worker02', 'worker03'].slice(0, dice.between(1, 4));
  const managers = has('mixedVersions') ? dice.one(managerVersions) : '4.14.7';
  const nodes: Record<string, Record<string, unknown>> = {};
  nodeNames.forEach((name, index) => {
    nodes[name] = {
      address: `172.0.0.${index + 3}`,
      ...(index === 0 && { role: 'master' }),
      ...(index > 0 && dice.once(2) && { ports: { registration: 'no' } }),
      ...(has('nodeSettings') && nodeSettings(dice)),
      ...(has('capacity') && nodeCapacity(dice, managers)),
      ...(has('mixedVersions') && dice.once(4) && { version: dice.one(managerVersions) }),
      ...(has('unreachable') && dice.once(3) && { unreachable: dice.one(['routed', 'sameSegment']) }),
      ...(has('latency') && dice.once(3) && { latency: dice.one(['0s', '300us', '20ms', '300ms']) }),
    };
  });
  const groupNames = ['servers', 'branch', 'lab'].slice(0, dice.between(1, 3));
  const newest =
    managers === '3.12.3' ? ['3.12.0', '3.12.3'] : managers === '3.13.6' ? ['3.12.3', '3.13.6'] : agentVersions;
  const fleet: Record<string, unknown> = {};
  groupNames.forEach((name, index) => {
    const version = has('mixedVersions') ? dice.one(newest) : '4.14.7';
    fleet[name] = randomGroup(dice, index, version, has);
  });
  const seconds = dice.between(20, 600);
  const around: Surroundings = { nodeNames, groupNames, seconds, has, balanced: dice.chance(0.7) };
  const modeNames = ['first', 'second'].slice(0, dice.between(1, 2));
  const modes: Record<string, Record<string, unknown>> = {};
  for (const name of modeNames) modes[name] = randomMode(dice, around);
  const balanced = Object.values(modes).some(({ nginx }) => nginx !== undefined);
  const faults = randomFaults(dice, { ...around, balanced }, verbs);
  if (faults.some(({ slow }) => slow !== undefined)) {
    for (const node of Object.values(nodes)) node.eventsPerSecond ??= dice.one([20, 5_000]);
  }
  return {
    fleetfall: 1,
    seed: dice.between(0, 1_000),
    replications: 1,
    warmup: dice.one(['10s', '30s', '2m']),
    duration: has('settled') ? { until: 'settled', atMost: `${seconds}s` } : `${seconds}s`,
    cluster: { version: managers, nodes },
    ...((has('unreachable') || has('latency')) && {
      network: {
        ...(has('latency') && { latency: dice.one(['0s', '1ms', '30ms']) }),
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

function nodeSettings(dice: Dice): Record<string, unknown> {
  return {
    ...(dice.once(3) && { startup: dice.one(['0s', '50ms', '20s']) }),
    ...(dice.once(3) && { acceptQueue: dice.one([1, 3, 128]) }),
    ...(dice.once(4) && { names: [`n${dice.below(1_000)}.corp`] }),
  };
}

/** Settings that a release of the managers does not have are the loader's to refuse: here they mostly fit. */
function nodeCapacity(dice: Dice, version: string): Record<string, unknown> {
  const old = version.startsWith('3.') || version.startsWith('4.0') || version.startsWith('4.3');
  return {
    ...(dice.once(2) && { eventsPerSecond: dice.one([1, 20, 5_000]) }),
    ...(dice.once(4) && { queueSize: dice.one([2, 50, 131_072]) }),
    ...(dice.once(4) && { analysisQueueSize: dice.one([128, 16_384]) }),
    ...(dice.once(4) && !old && { epsLimit: { maximum: dice.one([0, 3, 100]), timeframe: dice.one(['1s', '10s']) } }),
    ...(dice.once(4) && { acceptsPerSecond: dice.one([0.5, 3, 200]) }),
    ...(dice.once(4) && { control: { cost: dice.one(['1ms', '300ms', '1s']) } }),
    ...(dice.once(4) && { agentsDisconnectionTime: dice.one(['20s', '900s']) }),
    ...(dice.once(4) && { registration: { serviceTime: dice.one(['20ms', '3s']) } }),
    ...(dice.once(4) && !old && version !== '4.5.1' && { connectionOvertakeTime: dice.one(['0s', '5s', '60s']) }),
  };
}
