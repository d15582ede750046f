// A Comparison as a run of the documented cluster would give it, for tests of reports: plausible numbers, no simulation.
import type {
  Comparison,
  Estimate,
  ExpectationResult,
  MetricResult,
  ModeResult,
  NodeLoad,
  PairedDifference,
  ReconnectRow,
  TimelineSeries,
  Unit,
  Verdict,
} from '../../src/metrics/comparison.ts';
import type { LossCause } from '../../src/models/ledger.ts';

/** How a made-up mode behaves when the first worker dies. */
export interface ModeSketch {
  readonly name: string;
  readonly description?: string;
  /** Agents spread over all nodes (a balancer), or all on the node that dies (a list). */
  readonly spread: boolean;
  /** Break to noticed, and noticed to back: drawn uniformly between the two, seconds. */
  readonly detectSeconds: readonly [number, number];
  readonly retrySeconds: readonly [number, number];
  /** Share of the hit agents that are not back when the run ends. */
  readonly unfinishedShare?: number;
  readonly losses: Readonly<Partial<Record<LossCause, number>>>;
}

export interface ComparisonSketch {
  readonly title?: string;
  readonly modes?: readonly ModeSketch[];
  readonly nodes?: readonly string[];
  readonly agents?: number;
  readonly replications?: number;
  readonly minutes?: number;
  readonly faults?: readonly { readonly text: string; readonly fromMinute: number; readonly toMinute: number }[];
  readonly group?: string;
}

export const loadBalancer: ModeSketch = {
  name: 'load-balancer',
  description: 'nginx hash $remote_addr consistent over master, worker01, worker02',
  spread: true,
  detectSeconds: [0, 1],
  retrySeconds: [10, 10],
  losses: { path: 1_334, nodeMemory: 41 },
};
export const failover: ModeSketch = {
  name: 'failover',
  description: 'a list over TCP: worker01, worker02, master',
  spread: false,
  detectSeconds: [0, 1],
  retrySeconds: [50, 51],
  losses: { path: 4_020, nodeMemory: 118, nodeQueue: 61 },
};
export const failoverUdp: ModeSketch = {
  name: 'failover-udp',
  description: 'the documented list over UDP: worker01, worker02, master',
  spread: false,
  detectSeconds: [50, 72],
  retrySeconds: [50, 420],
  unfinishedShare: 0.031,
  losses: { path: 236_500, ring: 41_210, nodeMemory: 120 },
};
/** Names as somebody hostile would choose them. */
export const nastyName = '=cmd|\' /C calc\'!A0 <script>alert("x")</script>\n\u001b[31mred\u001b[0m';

export function estimate(values: readonly (number | null)[]): Estimate {
  const said = values.filter((value) => value !== null);
  const mean = said.length === 0 ? null : said.reduce((sum, value) => sum + value, 0) / said.length;
  const finite = said.filter((value) => Number.isFinite(value));
  let halfWidth: number | null = null;
  if (mean !== null && finite.length === said.length && finite.length > 1) {
    const variance = finite.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) / (finite.length - 1);
    halfWidth = 2.262 * Math.sqrt(variance / finite.length);
  }
  return {
    values,
    mean,
    halfWidth,
    min: said.length === 0 ? null : Math.min(...said),
    max: said.length === 0 ? null : Math.max(...said),
  };
}

/** A small generator of its own, so that a test's picture is the same every time. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function pick(sorted: readonly number[], share: number): number | null {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
}

const stepSeconds = 1;

function sketchMode(sketch: ModeSketch, index: number, nodes: readonly string[], of: Required<ComparisonSketch>) {
  const draw = generator(index + 1);
  const between = ([from, to]: readonly [number, number]): number => from + draw() * (to - from);
  const fault = of.faults[0];
  const seconds = of.minutes * 60;
  const victim = Math.min(1, nodes.length - 1);
  const shares = nodes.map((_, node) => (sketch.spread ? 1 + 0.04 * (draw() - 0.5) : Number(node === victim)));
  const total = shares.reduce((sum, value) => sum + value, 0);
  const home = shares.map((value) => Math.round((value / total) * of.agents));
  const hit = fault ? home[victim]! : 0;

  const reconnects: ReconnectRow[] = [];
  const perRun: number[][] = [];
  for (let replication = 0; replication < of.replications; replication++) {
    const back: number[] = [];
    for (let agent = 0; agent < hit; agent++) {
      const detect = between(sketch.detectSeconds) * 1e6;
      const retry = between(sketch.retrySeconds) * 1e6;
      const unfinished = draw() < (sketch.unfinishedShare ?? 0);
      back.push(unfinished ? Infinity : Math.round(detect) + Math.round(retry) + 4_000);
      const others = nodes.filter((_, node) => node !== victim);
      reconnects.push({
        replication,
        agent,
        group: of.group,
        fault: 1,
        from: nodes[victim] ?? null,
        to: unfinished ? null : (others[agent % Math.max(1, others.length)] ?? null),
        end: unfinished ? 'unfinished' : 'reconnected',
        brokenAtUs: (fault?.fromMinute ?? 0) * 60e6,
        totalUs: unfinished ? null : Math.round(detect) + Math.round(retry) + 4_000,
        detectUs: Math.round(detect),
        retryUs: unfinished ? null : Math.round(retry),
        handshakeUs: unfinished ? null : 4_000,
        attempts: unfinished ? 14 : 1 + Math.floor(retry / 10e6),
        froze: false,
      });
    }
    perRun.push(back.sort((a, b) => a - b));
  }

  // Seconds since the fault at which each agent of the first replication notices and is back.
  const sample = perRun[0] ?? [];
  const detects = reconnects
    .slice(0, hit)
    .map(({ detectUs }) => (detectUs ?? 0) / 1e6)
    .sort((a, b) => a - b);
  const lostTotal = Object.values(sketch.losses).reduce((sum, value) => sum + value, 0);
  const until = Math.max(1, pick(sample.filter(Number.isFinite), 1) ?? 0) / 1e6;
  const steps = seconds / stepSeconds + 1;
  const line = (): number[] => new Array<number>(steps).fill(0);
  type Series = Omit<TimelineSeries, 'shown'>;
  const timeline: { [Key in keyof Series]: Series[Key] extends number ? number : number[] } & {
    connectedByNode: number[][];
    shown: null;
  } = {
    stepUs: stepSeconds * 1e6,
    connectedByNode: nodes.map(line) as number[] & number[][],
    disconnected: line(),
    unaware: line(),
    produced: line(),
    delivered: line(),
    lost: line(),
    waiting: line(),
    shown: null,
  };
  const survivors = nodes.length - 1;
  let noticed = 0;
  let back = 0;
  for (let step = 0; step < steps; step++) {
    const since = step * stepSeconds - (fault ? fault.fromMinute * 60 : Infinity);
    while (noticed < hit && detects[noticed]! <= since) noticed += 1;
    while (back < hit && sample[back]! / 1e6 <= since) back += 1;
    nodes.forEach((_, node) => {
      const moved =
        survivors === 0 ? 0 : sketch.spread ? back / survivors : node === (victim + 1) % nodes.length ? back : 0;
      timeline.connectedByNode[node]![step] = node === victim ? home[node]! - noticed : home[node]! + moved;
    });
    timeline.disconnected[step] = Math.max(0, noticed - back);
    timeline.unaware[step] = since < 0 ? 0 : hit - Math.max(noticed, back);
    timeline.produced[step] = Math.round(of.agents * 2 * step * stepSeconds * (1 + 0.001 * (draw() - 0.5)));
    timeline.lost[step] = since <= 0 ? 0 : Math.round(lostTotal * Math.min(1, since / until));
    const before = timeline.waiting[step - 1] ?? 0;
    const kept = before + timeline.disconnected[step]! * 2 * 0.6;
    timeline.waiting[step] = Math.round(Math.max(0, kept - (of.agents - timeline.disconnected[step]!) * 0.8));
    timeline.delivered[step] = timeline.produced[step]! - timeline.lost[step]! - timeline.waiting[step]!;
  }

  const produced = of.agents * 2 * seconds;
  const jitter = (value: number): Estimate =>
    estimate(perRun.map(() => Math.round(value * (1 + 0.02 * (draw() - 0.5)))));
  const quantiles = (share: number): Estimate => estimate(perRun.map((back) => pick(back, share)));
  const lost = jitter(lostTotal);
  const skew = (when: 'before' | 'during' | 'after'): number =>
    sketch.spread ? { before: 1.02, during: 1.04, after: 1.52 }[when] : nodes.length - (when === 'during' ? 1 : 0);
  const metric = (name: string, unit: Unit, value: Estimate): MetricResult => ({ metric: name, unit, estimate: value });
  const metrics: MetricResult[] = [
    metric('events.produced', 'events', estimate(perRun.map(() => produced))),
    metric('events.delivered', 'events', jitter(produced - lostTotal)),
    metric('events.lost', 'events', lost),
    metric('events.pending', 'events', estimate(perRun.map(() => 0))),
    metric('loss.share', 'share', estimate(lost.values.map((value) => (value ?? 0) / produced))),
    metric('reconnect.count', 'count', estimate(perRun.map((back) => back.length))),
    metric(
      'reconnect.unfinished',
      'count',
      estimate(perRun.map((back) => back.filter((at) => at === Infinity).length)),
    ),
    metric('reconnect.p50', 'us', quantiles(0.5)),
    metric('reconnect.p95', 'us', quantiles(0.95)),
    metric('reconnect.p99', 'us', quantiles(0.99)),
    metric('reconnect.max', 'us', quantiles(1)),
    metric('skew.agents.before', 'ratio', estimate(perRun.map(() => skew('before')))),
    metric('skew.agents.during', 'ratio', estimate(perRun.map(() => skew('during')))),
    metric('skew.agents.after', 'ratio', estimate(perRun.map(() => skew('after')))),
    metric('rebalanced.after', 'us', estimate(perRun.map(() => Infinity))),
    metric('headroom.n1', 'perSecond', estimate(perRun.map(() => null))),
  ];
  const loads: NodeLoad[] = nodes.map((node, at) => {
    const mean = (fromSecond: number, toSecond: number): number => {
      const part = timeline.connectedByNode[at]!.slice(fromSecond, toSecond + 1);
      return part.reduce((sum, value) => sum + value, 0) / Math.max(1, part.length);
    };
    const agents = {
      before: mean(0, (fault?.fromMinute ?? of.minutes) * 60 - 1),
      during: fault ? mean(fault.fromMinute * 60, fault.toMinute * 60) : 0,
      after: mean(seconds, seconds),
    };
    return {
      node,
      agents,
      eventsPerSecond: { before: agents.before * 2, during: agents.during * 2, after: agents.after * 2 },
      delivered: Math.round(produced / nodes.length),
      connectsPeakPerSecond: at === victim ? 0 : 66,
      refused: at === victim ? 2 * hit : 0,
      acceptQueueOverflow: 0,
      keysRefused: 0,
      controlWaitPeakUs: 0,
      firstDropAtUs: null,
      shownActive: null,
    };
  });
  const mode: ModeResult = {
    name: sketch.name,
    description: sketch.description ?? 'a mode of a test',
    assumptions: ['The agents reach a powered-off node through a router (routed).'],
    explanations: [
      `The host of ${nodes[victim] ?? 'the node'} lives on: it refuses connections at once, so agents notice within a second.`,
      sketch.spread
        ? 'After the first refusal an agent waits one retry interval of 10 s; nginx then hands it to another node.'
        : 'An agent tries the same server five times, 10 s apart, before it takes the next one of its list.',
    ],
    metrics,
    lossByCause: (Object.entries(sketch.losses) as [LossCause, number][]).map(([cause, value]) => ({
      cause,
      estimate: jitter(value),
    })),
    nodes: loads,
    groups: [
      {
        group: of.group,
        agents: of.agents,
        metrics: metrics.filter(({ metric: name }) => /^(events\.lost|loss\.share|reconnect\.p[59]\w+)$/.test(name)),
      },
    ],
    landing: {
      start: Array.from({ length: of.agents }, (_, agent) => (sketch.spread ? agent % nodes.length : victim)),
      end: Array.from({ length: of.agents }, (_, agent) =>
        sketch.spread ? agent % nodes.length : (victim + 1) % nodes.length,
      ),
    },
    settings: [
      { path: 'warmupUs', value: 120_000_000 },
      { path: `groups.${of.group}.agent.timeReconnectSeconds`, value: 60 },
      { path: 'balancers.length', value: sketch.spread ? 1 : 0 },
    ],
    timeline,
    replay: {
      timeline,
      faults: of.faults.map(({ fromMinute, toMinute }, at) => ({
        index: at,
        faultIndex: at,
        kind: 'kill',
        places: [nodes[victim] ?? ''],
        outOfService: true,
        startUs: fromMinute * 60e6,
        endUs: toMinute * 60e6,
      })),
      marks:
        sketch.spread && fault
          ? [
              {
                balancer: 'balancer',
                node: nodes[victim] ?? '',
                changes: [
                  { step: fault.fromMinute * 60, share: 0.5 },
                  { step: fault.fromMinute * 60 + 1, share: 1 },
                  { step: Math.min(steps - 1, fault.toMinute * 60), share: 0 },
                ],
              },
            ]
          : [],
    },
    carriers: { before: nodes.length, during: fault ? survivors || null : null, after: nodes.length },
    reconnects,
    placement: null,
    backtest: [],
    kernelEvents: 48_210,
  };
  return mode;
}

/** Ten runs of thirty minutes with 2,000 agents; worker01 is killed after ten minutes and comes back after twenty. */
export function aComparison(sketch: ComparisonSketch = {}): Comparison {
  const of: Required<ComparisonSketch> = {
    title: 'worker01 is killed and comes back after ten minutes',
    modes: [loadBalancer, failover, failoverUdp],
    nodes: ['master', 'worker01', 'worker02'],
    agents: 2_000,
    replications: 10,
    minutes: 30,
    faults: [{ text: 'worker01 is killed at 10 min for 10 min', fromMinute: 10, toMinute: 20 }],
    group: 'servers',
    ...sketch,
  };
  const modes = of.modes.map((mode, index) => sketchMode(mode, index, of.nodes, of));
  const baseline = modes[0]!;
  const differences: PairedDifference[] = modes.slice(1).flatMap((mode) =>
    mode.metrics.map(({ metric, unit, estimate: { values } }, at) => ({
      metric,
      unit,
      mode: mode.name,
      baseline: baseline.name,
      estimate: estimate(
        values.map((value, run) => {
          const other = baseline.metrics[at]!.estimate.values[run] ?? null;
          return value === null || other === null || (value === Infinity && other === Infinity) ? null : value - other;
        }),
      ),
    })),
  );
  const expectation = (
    text: string,
    metric: string,
    value: number,
    verdict: ExpectationResult['verdict'],
    detail: string,
  ): ExpectationResult => ({
    verdict,
    detail,
    unit: 'us',
    found: baseline.metrics.find((result) => result.metric === metric)?.estimate ?? estimate([]),
    margins: estimate(
      (baseline.metrics.find((result) => result.metric === metric)?.estimate.values ?? []).map((found) =>
        found === null ? null : found - value,
      ),
    ),
    expectation: {
      text,
      position: { file: 'scenarios/worker-crash.yaml', line: 40, column: 5 },
      left: { mode: baseline.name, metric, selector: {} },
      op: '<=',
      right: { kind: 'value', value },
    },
  });
  return {
    engine: '0.1.0',
    observed: null,
    scenario: {
      source: 'scenarios/worker-crash.yaml',
      name: 'worker-crash',
      title: of.title,
      seed: '1',
      inputHash: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
      chosenNames: [],
      remarks: [],
      warnings: [
        {
          position: { file: 'scenarios/configs/nginx.conf', line: 12, column: 5 },
          text: '`proxy_buffer_size` cannot matter here.',
        },
      ],
    },
    replications: of.replications,
    warmupUs: 120e6,
    durationUs: of.minutes * 60e6,
    agents: of.agents,
    nodeNames: of.nodes,
    faults: of.faults.map(({ text, fromMinute, toMinute }, index) => ({
      index,
      text,
      startUs: fromMinute * 60e6,
      endUs: toMinute * 60e6,
    })),
    verdict: `Prefer ${baseline.name}: half of the agents are back after 10 s, behind the list after 50 s, and a third of the events is lost.`,
    modes,
    differences,
    expectations: [
      expectation(`${baseline.name}.reconnect.p50 <= 11s`, 'reconnect.p50', 11e6, 'pass', '10.5 s is not above 11.0 s'),
      expectation(
        `${baseline.name}.loss.share < 0.01%`,
        'loss.share',
        0.0001,
        'breached',
        `0.019 %${of.replications > 1 ? ' ± 0.0001 %' : ''} is not below 0.01 %`,
      ),
    ],
  };
}

/** An expectation that a run was judged by, on line 12 of a scenario. */
export function anExpectation(
  verdict: Verdict,
  text = 'failover.loss.share < 0.1%',
  detail = '3 % is not below 0.1 %',
  file = 'scenarios/crash.yaml',
): ExpectationResult {
  return {
    verdict,
    detail,
    unit: 'share',
    found: estimate([0.03]),
    margins: estimate([0.029]),
    expectation: {
      text,
      position: { file, line: 12, column: 5 },
      left: { mode: 'failover', metric: 'loss.share', selector: {} },
      op: '<',
      right: { kind: 'value', value: 0.001 },
    },
  };
}
