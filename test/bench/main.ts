// npm run bench: the kernel against std::priority_queue, then the main job at several sizes. Timings on shared machines are
// noisy: what counts are ratios, both sides in one run, medians of several pairs.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const pairs = Number(process.env.FLEETFALL_BENCH_PAIRS ?? 5);

interface Measured {
  readonly events: number;
  readonly seconds: number;
  readonly check: string;
}

function measure(command: string, args: readonly string[]): Measured {
  const [events = '', seconds = '', check = ''] = execFileSync(command, args, { encoding: 'utf8' }).trim().split(' ');
  return { events: Number(events), seconds: Number(seconds), check };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)]!;
}

/** Compiles the yardstick; `null` without a C++ compiler. */
function compileBaseline(directory: string): string | null {
  const binary = join(directory, 'baseline');
  try {
    execFileSync('g++', ['-O2', '-o', binary, here('baseline.cpp')], { stdio: ['ignore', 'ignore', 'pipe'] });
    return binary;
  } catch {
    return null;
  }
}

function kernel(): void {
  const directory = mkdtempSync(join(tmpdir(), 'fleetfall-bench-'));
  try {
    const baseline = compileBaseline(directory);
    console.log(`Kernel, Node ${process.version}: median of ${pairs} interleaved pairs, one process each`);
    if (baseline === null) console.log('g++ is not there: no ratios (skipped)');
    console.log('workload        events/s (M)   C++ priority_queue (M)   ratio   floor');
    const workloads = [
      { name: 'W1 10^3', args: ['w1', '1000', '2000000'], floor: 0.7 },
      { name: 'W1 10^5', args: ['w1', '100000', '2000000'], floor: 1.5 },
      { name: 'W1 10^6', args: ['w1', '1000000', '2000000'], floor: 6 },
      { name: 'W2 100,000', args: ['w2'], floor: 1.7 },
    ];
    for (const { name, args, floor } of workloads) {
      const ours: number[] = [];
      const theirs: number[] = [];
      const ratios: number[] = [];
      for (let pair = 0; pair < pairs; pair++) {
        const own = measure(process.execPath, [here('kernel.ts'), ...args]);
        ours.push(own.events / own.seconds / 1e6);
        if (baseline === null) continue;
        const other = measure(baseline, args);
        if (own.check !== other.check) throw new Error(`${name}: the engines differ: ${own.check} and ${other.check}`);
        theirs.push(other.events / other.seconds / 1e6);
        ratios.push(ours.at(-1)! / theirs.at(-1)!);
      }
      const ratio = baseline === null ? '–' : median(ratios).toFixed(2);
      const other = baseline === null ? '–' : median(theirs).toFixed(2);
      console.log(
        `${name.padEnd(16)}${median(ours).toFixed(2).padStart(12)}${other.padStart(25)}${ratio.padStart(8)}${String(floor).padStart(8)}`,
      );
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function fleet(): void {
  console.log('\nMain job: one simulated hour, worker01 killed at 20 min for 10 min, cluster sized for the fleet');
  console.log(
    'agents     events/s   mode            wall s   peak MB   kernel events   log events     log events/s   lost',
  );
  const sizes = [
    [10_000, 2],
    [100_000, 2],
    [1_000_000, 2],
    [100_000, 0.1],
    [100_000, 100],
    [100_000, 400],
  ] as const;
  const run = (mode: string, agents: number, rate: number, fault: string): string[] =>
    execFileSync(
      process.execPath,
      ['--max-old-space-size=4096', here('fleetRun.ts'), mode, String(agents), String(rate), fault],
      {
        encoding: 'utf8',
      },
    )
      .trim()
      .split(' ');
  for (const [agents, rate] of sizes) {
    for (const mode of ['load-balancer', 'failover']) {
      const [seconds = '', megabytes = '', kernelEvents = '', produced = '', lost = ''] = run(
        mode,
        agents,
        rate,
        'kill',
      );
      const perSecond = (Number(produced) / Number(seconds)).toExponential(2);
      console.log(
        `${String(agents).padEnd(11)}${String(rate).padEnd(11)}${mode.padEnd(14)}${Number(seconds).toFixed(2).padStart(8)}${megabytes.padStart(10)}` +
          `${kernelEvents.padStart(16)}${produced.padStart(15)}${perSecond.padStart(15)}${lost.padStart(13)}`,
      );
    }
  }
  for (const mode of ['load-balancer', 'failover']) {
    const [, , , , , afterWarmup = ''] = run(mode, 100_000, 2, 'none');
    console.log(`A healthy hour of 100,000 agents, ${mode}: ${afterWarmup} kernel events after the warm-up.`);
  }
}

kernel();
fleet();
