// npm run bench: the kernel against std::priority_queue, the main job at several sizes, and what a choice of a balancer costs. Timings on shared machines are
// noisy: what counts are ratios, both sides in one run, medians of several pairs.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const pairs = Number(process.env.FLEETFALL_BENCH_PAIRS ?? 5);

interface Measured {
  readonly rate: number;
  readonly check: string;
  readonly bytes: string;
}

function measure(command: string, args: readonly string[]): Measured {
  const [events, seconds, check = '', bytes = ''] = execFileSync(command, args, { encoding: 'utf8' }).trim().split(' ');
  return { rate: Number(events) / Number(seconds) / 1e6, check, bytes };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)]!;
}

/** The floors are over -O2; the other level is shown because it trades small queues for large ones. */
const levels = ['-O2', '-O3'] as const;

/** Compiles the yardstick; `null` without a C++ compiler. */
function compileBaseline(directory: string, level: string): string | null {
  const binary = join(directory, `baseline${level}`);
  try {
    execFileSync('g++', [level, '-o', binary, here('baseline.cpp')], { stdio: ['ignore', 'ignore', 'pipe'] });
    return binary;
  } catch {
    return null;
  }
}

function kernel(): void {
  const directory = mkdtempSync(join(tmpdir(), 'fleetfall-bench-'));
  try {
    const baselines = levels.map((level) => compileBaseline(directory, level)).filter((binary) => binary !== null);
    console.log(
      `Kernel, Node ${process.version}, M events/s: medians of ${pairs} interleaved pairs with std::priority_queue`,
    );
    if (baselines.length === 0) console.log('g++ is not there: no ratios (skipped)');
    console.log('workload             ours   C++ -O2   ratio   floor   C++ -O3   ratio   bytes an event');
    // "static" is a slot for each timer, "dynamic" a kind, an argument and (W2) a handle for each event.
    const workloads = [
      { name: 'W1 10^3', args: ['w1', '1000', '2000000'], floor: 0.7 },
      { name: 'W1 10^5', args: ['w1', '100000', '2000000'], floor: 1.5 },
      { name: 'W1 10^6', args: ['w1', '1000000', '2000000'], floor: 6 },
      { name: 'W2', args: ['w2'], floor: 1.7 },
    ];
    for (const { name, args, floor } of workloads) {
      const rounds = Array.from({ length: pairs }, () => {
        const ours = ['static', 'dynamic'].map((way) => measure(process.execPath, [here('kernel.ts'), way, ...args]));
        const theirs = baselines.map((binary) => measure(binary, args));
        const checks = new Set([...ours, ...theirs].map(({ check }) => check));
        if (checks.size > 1) throw new Error(`${name}: the engines differ: ${[...checks].join(' and ')}`);
        return { ours, theirs };
      });
      for (const [way, wayName] of ['static', 'dynamic'].entries()) {
        const against = levels.flatMap((_, level) => {
          if (baselines.length === 0) return ['–', '–'];
          const rate = median(rounds.map(({ theirs }) => theirs[level]!.rate));
          const ratio = median(rounds.map(({ ours, theirs }) => ours[way]!.rate / theirs[level]!.rate));
          return [rate.toFixed(2), ratio.toFixed(2)];
        });
        const [rate2 = '', ratio2 = '', rate3 = '', ratio3 = ''] = against;
        console.log(
          `${name} ${wayName}`.padEnd(17) +
            median(rounds.map(({ ours }) => ours[way]!.rate))
              .toFixed(2)
              .padStart(8) +
            `${rate2.padStart(10)}${ratio2.padStart(8)}${String(floor).padStart(8)}${rate3.padStart(10)}${ratio3.padStart(8)}` +
            Number(rounds[0]!.ours[way]!.bytes).toFixed(0).padStart(17),
        );
      }
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
console.log(`\n${execFileSync(process.execPath, [here('storm.ts')], { encoding: 'utf8' })}`);
console.log(execFileSync(process.execPath, [here('choices.ts')], { encoding: 'utf8' }));
