// What the largest scenario costs: wall time of each mode and the peak memory, written to its report as cost.md.
// Usage: node storm.ts. Run by `npm run bench`.
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { OutageEnd } from '../../src/models/ledger.ts';
import { runWorld } from '../../src/models/world.ts';
import { readScenarioFile } from '../../src/scenario/load.ts';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const { modes, seed } = readScenarioFile(here('../../scenarios/reconnect-storm-100k.yaml'));
const rows: string[] = [];
let total = 0;
for (const { name, world } of modes) {
  const start = performance.now();
  const { kernelEvents, kernelEventsWarmup, outages, nodes } = runWorld(world, { seed, replication: 0 });
  const seconds = (performance.now() - start) / 1000;
  total += seconds;
  const overflows = nodes.reduce((sum, { acceptQueueOverflow }) => sum + acceptQueueOverflow, 0);
  const away = outages.end.filter((end) => end === OutageEnd.Unfinished).length;
  const count = (value: number): string => value.toLocaleString('en-US');
  rows.push(
    `| ${name} | ${seconds.toFixed(1)} | ${count(kernelEvents + kernelEventsWarmup)} | ${count(overflows)} | ${count(away)} |`,
  );
}
const peak = Math.round(process.resourceUsage().maxRSS / 1024);
const text = `# What reconnect-storm-100k costs

Written by \`npm run bench\`: Node ${process.version}, ${availableParallelism()} cores, one mode after the other in one thread.
Figures of one machine on one day; what the scenario answers is in [summary.md](summary.md).

All modes: ${total.toFixed(0)} s, peak memory ${peak} MB.

| mode | wall time, s | kernel events | connects that found the accept queue full | agents not back |
|---|---|---|---|---|
${rows.join('\n')}
`;
writeFileSync(here('../../reports/reconnect-storm-100k/cost.md'), text);
console.log(text);
