// Numbers of all replications of all modes → the comparison that is reported.
import { lossCauses } from '../models/ledger.ts';
import { metricDefinitions, metricNames } from '../scenario/metricNames.ts';
import type { Expectation, MetricReference, Scenario } from '../scenario/scenario.ts';
import type { WorldOptions } from '../models/worldOptions.ts';
import type { GroupNumbers } from './groupNumbers.ts';
import type {
  Comparison,
  FaultText,
  GroupResult,
  ModeResult,
  NodeLoad,
  PairedDifference,
  SeenOn,
  TimelineSeries,
} from './comparison.ts';
import { judge } from './expectations.ts';
import { explain } from './explanation.ts';
import { referenceKey, type ReplicationNumbers, type ShownSeries } from './numbers.ts';
import type { BacktestError } from './backtest.ts';
import { reconnectRows } from './reconnectRows.ts';
import { estimate, pairedDifference } from './statistics.ts';
import { faultSentenceOf } from './faultWords.ts';
import { settingsOf } from './settings.ts';
import { verdictOf } from './verdict.ts';

/** Metrics with selectors that the expectations ask of a mode. */
export function askedOf(expectations: readonly Expectation[], mode: string): MetricReference[] {
  const references = expectations.flatMap(({ left, right }) =>
    right.kind === 'metric' ? [left, right.reference] : [left],
  );
  return references.filter((reference) => reference.mode === mode && Object.keys(reference.selector).length > 0);
}

/** @param runs replications in order, [mode][replication]. */
export function compare(
  scenario: Scenario,
  runs: readonly (readonly ReplicationNumbers[])[],
  engine: string,
): Comparison {
  const { world } = scenario.modes[0]!; // the schema asks for one
  // A mode may have a cluster of its own.
  const nodeNames = [...new Set(scenario.modes.flatMap((mode) => mode.world.nodes.map(({ name }) => name)))];
  const modes = scenario.modes.map((mode, index): ModeResult => {
    const own = runs[index]!;
    return {
      name: mode.name,
      description: mode.description,
      assumptions: mode.assumptions,
      explanations: explain(mode.world, own),
      metrics: metricNames.map((metric) => ({
        metric,
        unit: metricDefinitions[metric]!.unit,
        estimate: estimate(own.map((run) => run.metrics[metric] ?? null)),
      })),
      lossByCause: lossCauses.flatMap((cause) => {
        const found = estimate(own.map((run) => run.lossByCause[cause]));
        return found.max === 0 ? [] : [{ cause, estimate: found }];
      }),
      nodes: mode.world.nodes.map(({ name }, at) => nodeLoad(name, at, own)),
      groups: groupResults(mode.world, own),
      landing: {
        start: Array.from(own[0]?.landing?.start ?? []),
        end: Array.from(own[0]?.landing?.end ?? []),
      },
      settings: settingsOf(mode.world),
      timeline: timelineOf(
        own,
        nodeNames.map((node) => mode.world.nodes.findIndex(({ name }) => name === node)),
      ),
      replay: {
        timeline: timelineOf(
          own.slice(0, 1),
          nodeNames.map((node) => mode.world.nodes.findIndex(({ name }) => name === node)),
        ),
        faults: own[0]!.faults,
        marks: own[0]!.marks,
      },
      carriers: carriersOf(own),
      placement: placementOf(mode.world.nodes, own),
      backtest: backtestOf(own),
      reconnects: reconnectRows(own.map(({ outages }) => outages)),
      kernelEvents: own.reduce((sum, { kernelEvents }) => sum + kernelEvents, 0),
    };
  });
  const faults = faultTexts(scenario, runs);
  const baseline = modes[0]!;
  const differences = modes.slice(1).flatMap((mode, index): PairedDifference[] =>
    metricNames.map((metric) => ({
      metric,
      unit: metricDefinitions[metric]!.unit,
      mode: mode.name,
      baseline: baseline.name,
      estimate: pairedDifference(
        runs[index + 1]!.map((run) => run.metrics[metric] ?? null),
        runs[0]!.map((run) => run.metrics[metric] ?? null),
      ),
    })),
  );
  const valuesOf = (reference: MetricReference) => {
    const index = scenario.modes.findIndex(({ name }) => name === reference.mode);
    const plain = Object.keys(reference.selector).length === 0;
    return estimate(
      runs[index]!.map((run) =>
        plain ? (run.metrics[reference.metric] ?? null) : (run.selected[referenceKey(reference)] ?? null),
      ),
    );
  };
  const { source, name, title, seed, inputHash, warnings, remarks, chosenNames } = scenario;
  return {
    engine,
    scenario: { source, name, title, seed, inputHash, warnings, remarks, chosenNames },
    replications: scenario.replications,
    warmupUs: world.warmupUs,
    durationUs: world.durationUs,
    agents: world.groups.reduce((sum, { count }) => sum + count, 0),
    nodeNames,
    observed: scenario.observed,
    faults,
    verdict: verdictOf(faults, modes),
    modes,
    differences,
    expectations: scenario.expectations.map((expectation) => judge(expectation, valuesOf)),
  };
}

/** Metrics of a group, as the metrics of these names are with the group selected. */
const ofGroups: Readonly<Record<string, (numbers: GroupNumbers) => number | null>> = {
  'events.lost': ({ lost }) => lost,
  'loss.share': ({ lost, produced }) => (produced === 0 ? null : lost / produced),
  'reconnect.count': ({ outages }) => outages,
  'reconnect.unfinished': ({ outages, unfinished }) => (outages === 0 ? null : unfinished),
  'reconnect.p50': ({ p50Us }) => p50Us,
  'reconnect.p95': ({ p95Us }) => p95Us,
};

function groupResults({ groups }: WorldOptions, runs: readonly ReplicationNumbers[]): GroupResult[] {
  return groups.map(({ name, count }, index) => ({
    group: name,
    agents: count,
    metrics: Object.entries(ofGroups).map(([metric, of]) => ({
      metric,
      unit: metricDefinitions[metric]!.unit,
      estimate: estimate(runs.map(({ byGroup }) => of(byGroup[index]!))),
    })),
  }));
}

function nodeLoad(node: string, at: number, runs: readonly ReplicationNumbers[]): NodeLoad {
  const mean = (of: (run: ReplicationNumbers) => number): number =>
    runs.reduce((sum, run) => sum + of(run), 0) / runs.length;
  const around = (of: 'agents' | 'eventsPerSecond' | 'shownActive'): NodeLoad['agents'] => ({
    before: mean(({ nodes }) => nodes[at]![of]?.[0] ?? 0),
    during: mean(({ nodes }) => nodes[at]![of]?.[1] ?? 0),
    after: mean(({ nodes }) => nodes[at]![of]?.[2] ?? 0),
  });
  return {
    node,
    agents: around('agents'),
    eventsPerSecond: around('eventsPerSecond'),
    delivered: mean(({ nodes }) => nodes[at]!.delivered),
    connectsPeakPerSecond: mean(({ nodes }) => nodes[at]!.connectsPeakPerSecond),
    refused: mean(({ nodes }) => nodes[at]!.refused),
    acceptQueueOverflow: mean(({ nodes }) => nodes[at]!.acceptQueueOverflow),
    keysRefused: mean(({ nodes }) => nodes[at]!.keysRefused),
    controlWaitPeakUs: mean(({ nodes }) => nodes[at]!.controlWaitPeakUs),
    firstDropAtUs: meanOfKnown(runs.map(({ nodes }) => nodes[at]!.firstDropAtUs)),
    shownActive: runs[0]!.nodes[at]!.shownActive && around('shownActive'),
  };
}

function carriersOf(runs: readonly ReplicationNumbers[]): ModeResult['carriers'] {
  const mean = (at: 0 | 1 | 2): number | null => {
    const said = runs.flatMap(({ carriers }) => carriers[at] ?? []);
    return said.length === 0 ? null : said.reduce((sum, value) => sum + value, 0) / said.length;
  };
  return { before: mean(0), during: mean(1), after: mean(2) };
}

/** `null`: no inventory says where anybody was seen. */
function placementOf(
  nodes: readonly { readonly name: string }[],
  runs: readonly ReplicationNumbers[],
): readonly SeenOn[] | null {
  const tables = runs.flatMap(({ placement }) => (placement ? [placement] : []));
  if (tables.length === 0) return null;
  const mean = (seen: number, predicted: number): number =>
    tables.reduce((sum, table) => sum + table[seen]![predicted]!, 0) / tables.length;
  return nodes.map(({ name: node }, seen) => ({
    node,
    predicted: nodes.map(({ name }, predicted) => ({ node: name, agents: mean(seen, predicted) })),
    withoutSession: mean(seen, nodes.length),
  }));
}

function backtestOf(runs: readonly ReplicationNumbers[]): readonly BacktestError[] {
  return runs[0]!.backtest.map(({ node, points }, at) => {
    const mean = (of: (error: BacktestError) => number): number =>
      runs.reduce((sum, { backtest }) => sum + of(backtest[at]!), 0) / runs.length;
    const unsaid = runs.some(({ backtest }) => backtest[at]!.share === null);
    return { node, points, agents: mean(({ agents }) => agents), share: unsaid ? null : mean(({ share }) => share!) };
  });
}

/**
 * Means over the replications, as far as the longest of them goes; a run that has ended keeps its last values.
 * @param nodes of each node of the comparison its index in this mode, -1: the mode does not have it.
 */
function timelineOf(runs: readonly ReplicationNumbers[], nodes: readonly number[]): TimelineSeries {
  const steps = Math.max(...runs.map(({ timeline }) => timeline.steps));
  const mean = (of: (run: ReplicationNumbers) => readonly number[]): number[] => {
    const values = new Array<number>(steps).fill(0);
    for (const run of runs) {
      const own = of(run);
      for (let step = 0; step < steps; step++) values[step]! += own[Math.min(step, own.length - 1)]!;
    }
    return values.map((value) => Math.round((value / runs.length) * 1000) / 1000);
  };
  const none = new Array<number>(steps).fill(0);
  const shown = (of: keyof ShownSeries): number[] => mean(({ timeline }) => timeline.shown?.[of] ?? none);
  return {
    stepUs: runs[0]!.timeline.stepUs,
    connectedByNode: nodes.map((node) =>
      mean(({ timeline }) => timeline.connected[node] ?? new Array<number>(timeline.steps).fill(0)),
    ),
    disconnected: mean(({ timeline }) => timeline.disconnected),
    unaware: mean(({ timeline }) => timeline.unaware),
    produced: mean(({ timeline }) => timeline.produced),
    delivered: mean(({ timeline }) => timeline.delivered),
    lost: mean(({ timeline }) => timeline.lost),
    waiting: mean(({ timeline }) => timeline.waiting),
    shown: runs[0]!.timeline.shown && {
      active: shown('active'),
      pending: shown('pending'),
      disconnected: shown('disconnected'),
      falseDisconnected: shown('falseDisconnected'),
      falseActive: shown('falseActive'),
    },
  };
}

/**
 * Faults as the scenario lists them; where modes have changed them for themselves the text says so. One that strikes no place of any
 * mode has the instants at which it would have.
 */
function faultTexts(scenario: Scenario, runs: readonly (readonly ReplicationNumbers[])[]): FaultText[] {
  const { faults, warmupUs, durationUs } = scenario.modes[0]!.world;
  return faults.map((fault, index) => {
    const { atUs, forUs, everyUs, times } = fault;
    let startUs = Infinity;
    let endUs = -Infinity;
    for (const run of runs.flat()) {
      for (const occurrence of run.faults) {
        if (occurrence.faultIndex !== index) continue;
        startUs = Math.min(startUs, occurrence.startUs);
        endUs = Math.max(endUs, occurrence.endUs);
      }
    }
    if (startUs === Infinity && fault.random) {
      startUs = durationUs; // drawn in no replication
      endUs = durationUs;
    } else if (startUs === Infinity) {
      startUs = atUs ? atUs.fromUs : -warmupUs;
      endUs = forUs === null ? Infinity : (atUs ? atUs.toUs : 0) + (times - 1) * (everyUs ?? 0) + forUs;
    }
    const own = scenario.modes.flatMap(({ name, world }) => {
      const same = world.faults[index];
      return same === undefined ? [] : [{ mode: name, fault: same }];
    });
    return { index, text: faultSentenceOf(own), startUs, endUs };
  });
}

/** Mean of those that are not negative; `null`: there is none. */
function meanOfKnown(values: readonly number[]): number | null {
  const known = values.filter((value) => value >= 0);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}
