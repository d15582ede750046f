// One run of the main job in a process of its own.
// Usage: node fleetRun.ts <mode> <agents> <events/s> kill|none. Prints: seconds peakMB kernelEvents produced lost kernelEventsAfterWarmup.
import { performance } from 'node:perf_hooks';
import { lostTotal } from '../../src/models/ledger.ts';
import { runWorld } from '../../src/models/world.ts';
import { fleetWorld } from './fleet.ts';

const [mode, agents, rate, fault] = process.argv.slice(2);
if (mode !== 'load-balancer' && mode !== 'failover') throw new Error('mode: load-balancer or failover');
const world = fleetWorld(mode, { agents: Number(agents), eventsPerSecond: Number(rate), fault: fault === 'kill' });
const start = performance.now();
const books = runWorld(world, { seed: '1', replication: 0 });
const seconds = (performance.now() - start) / 1000;
const [counts] = books.groups;
const kernelEvents = books.kernelEvents + books.kernelEventsWarmup;
const peak = Math.round(process.resourceUsage().maxRSS / 1024);
console.log([seconds, peak, kernelEvents, counts!.produced, lostTotal(counts!), books.kernelEvents].join(' '));
