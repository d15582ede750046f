// Random groups of agents.
import type { Dice } from './dice.ts';

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

export function randomGroup(
  dice: Dice,
  index: number,
  version: string,
  has: (feature: string) => boolean,
): Record<string, unknown> {
  const range = `10.${index + 1}.0.0/24`;
  const count = dice.between(1, 4);
  return {
    count,
    version,
    addresses: has('addresses') && dice.once(2) ? { range, draw: true } : range,
    ...(has('addresses') && dice.once(2) && { nat: dice.some(['203.0.113.7', '203.0.113.8', '198.51.100.3']) }),
    events: randomEvents(dice, has),
    ...(has('agentSettings') && { agent: randomAgent(dice, has('kernel')) }),
    ...(has('order') && { order: dice.one(['listed', 'shuffled', 'rotated']) }),
    ...(has('unreachable') && dice.once(2) && { unreachable: dice.one(['routed', 'sameSegment']) }),
    ...(has('latency') && dice.once(2) && { latency: dice.one(['0s', '700us', '80ms', '400ms']) }),
  };
}

function randomEvents(dice: Dice, has: (feature: string) => boolean): Record<string, unknown> {
  const rates = has('workloads') ? ['0/s', '1/h', '0.3/s', '7/s', '60/s', '450/s', '700/s'] : ['0/s', '0.3/s', '3/s'];
  const total = has('workloads') && dice.once(3);
  return {
    ...(total
      ? { total: dice.one(['1/s', '40/s', '900/s']), spread: dice.one(['equal', 'pareto 1.2', 'pareto 3']) }
      : { rate: dice.one(rates) }),
    ...(dice.once(2) && { arrival: dice.one(['poisson', 'regular']) }),
    ...(dice.once(3) && { size: dice.one(['100B', '300B', '4KiB', '60KiB']) }),
    ...(dice.once(3) && { source: dice.one(['logcollector', 'socket']) }),
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
        ...(dice.once(2) && { enabled: dice.once(2) }),
        ...(dice.once(2) && { delayAfterEnrollment: dice.one(['1s', '20s']) }),
        ...(dice.once(2) && { timeout: dice.one(['3s', '60s', 'none']) }),
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
        ...(dice.once(2) && { recvTimeout: dice.one(['1s', '10s', '120s']) }),
        ...(dice.once(3) && { minEventsPerSecond: dice.one([1, 200]) }),
        ...(dice.once(3) && { logcollectorQueueSize: dice.one([128, 300]) }),
      },
    }),
    ...(withKernel && { kernel: randomKernel(dice) }),
  };
}

export function randomKernel(dice: Dice): Record<string, unknown> {
  return {
    ...(dice.once(3) && { connectTimeout: dice.one(['3s', '20s', '131s']) }),
    ...(dice.once(3) && { synLinearTimeouts: dice.one([0, 4]) }),
    ...(dice.once(3) && { arpTimeout: dice.one(['1s', '3s']) }),
    ...(dice.once(2) && {
      sendBuffer: { silent: dice.one(['300B', '5kB', '75kB']), hung: dice.one(['300B', '9kB', '2MB']) },
    }),
    ...(dice.once(3) && { tcpGiveUp: dice.one(['5s', '90s', '940s']) }),
    ...(dice.once(3) && { maxDgramQlen: dice.one([0, 10, 512]) }),
  };
}
