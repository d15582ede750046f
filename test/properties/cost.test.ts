// Cost follows the changes of connections, not the events or keepalives: counted in kernel events, so no clock decides.
import { expect, test } from 'vitest';
import { runWorld } from '../../src/models/world.ts';
import { fleetWorld, type FleetSize } from '../bench/fleet.ts';

const luck = { seed: '1', replication: 0 };
const modes = ['load-balancer', 'failover'] as const;

test.each(modes)('%s: a healthy hour costs, after the warm-up, fewer kernel events than there are agents', (mode) => {
  const agents = 100_000;
  const { kernelEvents, kernelEventsWarmup, groups } = runWorld(
    fleetWorld(mode, { agents, eventsPerSecond: 2, fault: false }),
    luck,
  );

  expect(groups[0]!.produced).toBeGreaterThan(7_100 * agents); // the hour was there: 2/s of everybody
  expect(kernelEventsWarmup).toBeGreaterThanOrEqual(agents);
  expect(kernelEvents).toBeLessThan(agents);
});

test.each(modes)('%s: a killed worker costs the same whether agents write much or little', (mode) => {
  const run = (size: Omit<FleetSize, 'fault'>) => runWorld(fleetWorld(mode, { ...size, fault: true }), luck);
  const little = run({ agents: 1_000, eventsPerSecond: 0.1 });

  for (const eventsPerSecond of [2, 100, 400]) {
    // Dispatcher and logcollector each look at the lock once more when they hold an event.
    const most = little.kernelEvents + 2 * little.outages.count;
    expect(run({ agents: 1_000, eventsPerSecond }).kernelEvents, `${eventsPerSecond}/s`).toBeLessThanOrEqual(most);
  }
  const many = run({ agents: 4_000, eventsPerSecond: 0.1 });
  expect(many.kernelEvents / many.outages.count).toBeLessThan((1.1 * little.kernelEvents) / little.outages.count);
});
