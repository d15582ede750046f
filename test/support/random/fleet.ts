// Random groups of agents.
import type { Dice } from './dice.ts';
import { randomInventory, randomNatRules } from './inventory.ts';

export const agentVersions = [
  ...[
    '3.12.0',
    '3.12.3',
    '3.13.0',
    '3.13.1',
    '3.13.6',
    '4.0.0',
    '4.2.1',
    '4.2.2',
    '4.3.0',
    '4.9.2',
    '4.11.0',
    '4.11.1',
  ],
  ...['4.12.0', '4.13.0', '4.14.0', '4.14.6', '4.14.7', '4.14.9', '5.0.0-beta4'],
];

export interface FleetPlan {
  readonly version: string;
  /** Releases an inventory may list. */
  readonly versions: readonly string[];
  readonly nodeNames: readonly string[];
  readonly files: Record<string, string>;
  readonly has: (feature: string) => boolean;
}

export function randomGroup(dice: Dice, index: number, plan: FleetPlan): Record<string, unknown> {
  const { version, has } = plan;
  const listed = has('inventory') && dice.once(2);
  const platform = has('platform') ? dice.one(['linux', 'windows', 'macos']) : 'linux';
  const common = {
    ...(has('agentSettings') && { agent: randomAgent(dice, has('kernel')) }),
    ...(has('order') && { order: dice.one(['listed', 'shuffled', 'rotated']) }),
    ...(has('unreachable') && dice.once(2) && { unreachable: dice.one(['routed', 'sameSegment']) }),
    ...(has('latency') && dice.once(2) && { latency: dice.one(['0s', '700us', '80ms', '400ms', '3s']) }),
    ...(has('starts') && { start: dice.one(['spread', 'evenly', 'asListed']) }),
    ...(has('churn') && dice.once(2) && { restart: `once per ${dice.one(['1m', '150s', '10m', '7d'])}` }),
    ...(has('platform') && { platform }),
  };
  if (listed) {
    const [path, text] = randomInventory(dice, index, plan.versions, plan.nodeNames);
    plan.files[path] = text;
    return {
      inventory: path,
      nat: dice.once(4) ? dice.some(['203.0.113.7', '198.51.100.3']) : randomNatRules(dice, index),
      events: { rate: dice.one(['0.3/s', '7/s']), ...randomShape(dice, has, platform) },
      ...common,
    };
  }
  const range = `10.${index + 1}.0.0/24`;
  const count = dice.once(14) ? dice.between(5, 40) : dice.between(1, 4);
  return {
    count,
    version,
    addresses: has('addresses') && dice.once(2) ? { range, draw: true } : range,
    ...(has('addresses') && dice.once(2) && { nat: dice.some(['203.0.113.7', '203.0.113.8', '198.51.100.3']) }),
    events: { ...randomRates(dice, has, count), ...randomShape(dice, has, platform) },
    ...common,
  };
}

function randomRates(dice: Dice, has: (feature: string) => boolean, count: number): Record<string, unknown> {
  if (!has('workloads')) return { rate: dice.one(['0/s', '0.3/s', '3/s']) };
  const rate = dice.one(
    count > 4 ? ['0/s', '1/h', '0.3/s', '7/s'] : ['0/s', '1/h', '0.3/s', '7/s', '60/s', '450/s', '700/s'],
  );
  if (count > 1 && dice.once(4)) {
    return {
      ...(dice.once(2) ? { rate } : { total: dice.one(['90/s', '1500/s']) }),
      hitters: {
        count: dice.between(1, count - 1),
        ...(dice.once(2) ? { rate: dice.one(['3/s', '300/s']) } : { share: dice.one(['10%', '60%']) }),
      },
    };
  }
  if (!dice.once(3)) return { rate };
  return { total: dice.one(['1/s', '40/s', '900/s']), spread: dice.one(['equal', 'pareto 1.2', 'pareto 3']) };
}

/** How events follow each other, what they are, where they come from. */
function randomShape(dice: Dice, has: (feature: string) => boolean, platform: string): Record<string, unknown> {
  const source = dice.one(
    has('platform') && platform === 'windows'
      ? ['eventChannel', 'eventChannel', 'logcollector']
      : ['logcollector', 'logcollector', 'socket'],
  );
  return {
    ...(dice.once(2) && { arrival: dice.one(['poisson', 'regular']) }),
    ...(dice.once(3) && { size: dice.one(['1B', '100B', '300B', '4KiB', '60KiB', '64KiB']) }),
    source,
    ...(has('files') && source === 'logcollector' && dice.once(2) && { files: dice.one([1, 3, 40]) }),
    ...(has('bursts') &&
      dice.once(2) && {
        burst: {
          every: dice.one(['1s', '30s', '2m', '1h']),
          length: dice.one(['1ms', '400ms', '900ms']),
          share: dice.one(['0%', '10%', '80%', '100%']),
        },
      }),
    ...(has('profile') &&
      dice.once(2) && {
        profile: dice.one<unknown>([
          ['20%', '100%'],
          ['0%', '100%', '300%'],
          { '00:00': '20%', '08:30': '150%', '08:31': '0%', '08:32': '100%' },
          Array.from({ length: 1_440 }, (_, minute) => `${50 + ((minute * 37) % 100)}%`),
        ]),
      }),
  };
}

/** Settings of agents, few or many of them. */
export function randomAgent(dice: Dice, withKernel: boolean): Record<string, unknown> {
  return {
    ...(dice.once(3) && { notifyTime: dice.one(['1s', '5s', '10s', '60s']) }),
    ...(dice.once(3) && { timeReconnect: dice.one(['1s', '15s', '60s', '5m']) }),
    ...(dice.once(4) && { forceReconnectInterval: dice.one(['0s', '10s', '45s', '5m']) }),
    ...(dice.once(3) && { maxRetries: dice.one([1, 2, 5]) }),
    ...(dice.once(3) && { retryInterval: dice.one(['1s', '3s', '30s']) }),
    ...(dice.once(3) && {
      enrollment: {
        ...(dice.once(4) && { enabled: dice.once(2) }),
        ...(dice.once(2) && { delayAfterEnrollment: dice.one(['1s', '20s']) }),
        ...(dice.once(2) && { timeout: dice.one(['1s', '3s', '60s', 'none']) }),
      },
    }),
    ...(dice.once(2) && {
      buffer: {
        ...(dice.once(4) && { disabled: true }),
        ...(dice.once(2) && { queueSize: dice.one([1, 30, 5_000]) }),
        ...(dice.once(2) && { eventsPerSecond: dice.one([1, 60, 1_000]) }),
      },
    }),
    ...(dice.once(3) && {
      internal: {
        ...(dice.once(2) && { recvTimeout: dice.one(['1s', '2s', '10s', '120s']) }),
        ...(dice.once(3) && { minEventsPerSecond: dice.one([1, 200]) }),
        ...(dice.once(3) && { logcollectorQueueSize: dice.one([128, 300]) }),
        ...(dice.once(3) && { tolerance: dice.one(['0s', '15s', '600s']) }),
        ...(dice.once(4) && { warnLevel: dice.one([80, 100]), normalLevel: dice.one([0, 70, 79]) }),
        ...(dice.once(3) && { logcollectorLoopTimeout: dice.one(['1s', '7s', '120s']) }),
        ...(dice.once(3) && { logcollectorMaxLines: dice.one([0, 1, 10_000]) }),
        ...(dice.once(8) && {
          sendTimeout: dice.one(['1s', '30s']),
          tcpKeepIdle: dice.one(['1s', '60s']),
          tcpKeepInterval: dice.one(['1s', '15s']),
          tcpKeepCount: dice.one([1, 4]),
        }),
      },
    }),
    ...(dice.once(4) && { restartTime: dice.one(['0s', '1s', '15s', '80s']) }),
    ...(dice.once(4) && { onlyFutureEvents: dice.once(2) }),
    ...(withKernel && { kernel: randomKernel(dice) }),
  };
}

export function randomKernel(dice: Dice): Record<string, unknown> {
  return {
    ...(dice.once(3) && { connectTimeout: dice.one(['1us', '3s', '20s', '131s']) }),
    ...(dice.once(3) && { synLinearTimeouts: dice.one([0, 4, 127]) }),
    ...(dice.once(3) && { arpTimeout: dice.one(['1us', '1s', '3s']) }),
    ...(dice.once(2) && {
      sendBuffer: { silent: dice.one(['1B', '300B', '5kB', '75kB']), hung: dice.one(['1B', '300B', '9kB', '2MB']) },
    }),
    ...(dice.once(3) && { tcpGiveUp: dice.one(['1s', '5s', '90s', '940s']) }),
    ...(dice.once(3) && { maxDgramQlen: dice.one([0, 10, 512]) }),
    ...(dice.once(4) && { localSendBuffer: dice.one(['1B', '5kB', '212992B']) }),
  };
}
