// The one document that a page embeds: every chart, every table of a chart and the replay are made from it, in the browser.
import { evenSkew } from '../../metrics/evenSkew.ts';
import type { Comparison, Estimate, ModeResult, NodeLoad, Replay } from '../../metrics/comparison.ts';
import { kaplanMeier } from '../../metrics/survival.ts';
import { uniqueLabels } from '../escape.ts';
import { modeColour, modeInk, nodeColour, onDark } from '../palette.ts';
import { causeWords } from '../words.ts';

/** A colour for light and for dark paper. */
export interface Ink {
  readonly light: string;
  readonly dark: string;
}

/** Before the first fault, between the first fault and the last end, at the end. */
export type Around = readonly [before: number, during: number, after: number];

export interface PageFault {
  /** As a selector numbers it. */
  readonly number: number;
  readonly text: string;
  /** Seconds since the end of the warm-up; `null`: it never ends. */
  readonly from: number;
  readonly to: number | null;
}

/** Values at the instants of the time line. */
export interface PageTimeline {
  /** By node. */
  readonly connected: readonly (readonly number[])[];
  readonly looking: readonly number[];
  readonly unaware: readonly number[];
  /** `null`: there is no dashboard, since no node is the master. */
  readonly shown: {
    readonly active: readonly number[];
    readonly disconnected: readonly number[];
    readonly falseDisconnected: readonly number[];
    readonly falseActive: readonly number[];
  } | null;
}

export interface PageEvents {
  readonly produced: readonly number[];
  readonly delivered: readonly number[];
  readonly lost: readonly number[];
  readonly waiting: readonly number[];
}

/** The first replication, in whole agents. */
export interface PageReplay extends PageTimeline {
  /** Of those connected to each node: who has not noticed that nobody processes its events. */
  readonly unawareOn: readonly (readonly number[])[];
  readonly faults: readonly {
    readonly kind: string;
    /** What it touches: nodes by their index, and everything by its name. */
    readonly nodes: readonly number[];
    readonly places: readonly string[];
    readonly from: number;
    readonly to: number | null;
  }[];
  readonly marks: readonly {
    readonly balancer: string;
    readonly node: number;
    /** Step from which on it holds, and share of the worker processes. */
    readonly changes: readonly (readonly [step: number, share: number])[];
  }[];
}

export interface PageSurvival {
  readonly outages: number;
  readonly unfinished: number;
  /** Seconds, share still away, watched until then. */
  readonly steps: readonly (readonly [seconds: number, share: number, atRisk: number])[];
  readonly censored: readonly (readonly [seconds: number, share: number, count: number])[];
}

export interface PageNode {
  readonly node: number;
  readonly agents: Around;
  readonly eventsPerSecond: Around;
  readonly shownActive: Around | null;
  readonly delivered: number;
  readonly connectsPeak: number;
  readonly refused: number;
  readonly overflow: number;
  readonly keysRefused: number;
  readonly controlWaitSeconds: number;
  readonly firstDropSeconds: number | null;
}

export interface PageMode {
  readonly name: string;
  readonly fill: Ink;
  readonly ink: Ink;
  readonly timeline: PageTimeline;
  readonly events: PageEvents;
  readonly replay: PageReplay;
  readonly survival: PageSurvival;
  readonly losses: readonly { readonly cause: string; readonly mean: number; readonly half: number | null }[];
  readonly nodes: readonly PageNode[];
  /** Largest over mean; `even`: what chance alone makes of it where a hash spreads as many agents over as many nodes. */
  readonly skew: readonly {
    readonly agents: number | null;
    readonly events: number | null;
    readonly even: number | null;
  }[];
}

export interface PageData {
  readonly agents: number;
  readonly replications: number;
  readonly stepSeconds: number;
  readonly steps: number;
  readonly nodes: readonly { readonly name: string; readonly fill: Ink }[];
  readonly faults: readonly PageFault[];
  readonly modes: readonly PageMode[];
}

const labelLength = 40;
/** A curve falls by less than this between two points that are kept, unless a long flat stretch begins. */
const survivalResolution = 400;

export function pageData(comparison: Comparison): PageData {
  const { nodeNames, modes, faults } = comparison;
  const nodes = uniqueLabels(nodeNames, labelLength);
  const names = uniqueLabels(
    modes.map(({ name }) => name),
    labelLength,
  );
  const steps = Math.max(1, ...modes.map(({ timeline }) => timeline.produced.length));
  return {
    agents: comparison.agents,
    replications: comparison.replications,
    stepSeconds: (modes[0]?.timeline.stepUs ?? 1e6) / 1e6,
    steps,
    nodes: nodes.map((name, index) => ({ name, fill: { light: nodeColour(index), dark: onDark(nodeColour(index)) } })),
    faults: faults.map(({ index, text, startUs, endUs }) => ({
      number: index + 1,
      text: uniqueLabels([text], 200)[0]!,
      from: seconds(startUs),
      to: endUs === Infinity ? null : seconds(endUs),
    })),
    modes: modes.map((mode, index) => ({
      name: names[index]!,
      fill: { light: modeColour(index), dark: onDark(modeColour(index)) },
      ink: { light: modeInk(index), dark: onDark(modeColour(index), 4.5) },
      timeline: timelineOf(mode.timeline, steps),
      events: {
        produced: line(mode.timeline.produced, steps, 0),
        delivered: line(mode.timeline.delivered, steps, 0),
        lost: line(mode.timeline.lost, steps, 1),
        waiting: line(mode.timeline.waiting, steps, 1),
      },
      replay: replayOf(mode, nodeNames, steps),
      survival: survivalOf(mode, comparison),
      losses: mode.lossByCause.map(({ cause, estimate }) => ({
        cause: causeWords[cause],
        mean: rounded(estimate.mean ?? 0, 2),
        half: estimate.halfWidth === null ? null : rounded(estimate.halfWidth, 2),
      })),
      nodes: mode.nodes.map((load) => nodeOf(load, nodeNames)),
      skew: skewOf(mode),
    })),
  };
}

function timelineOf(
  { connectedByNode, disconnected, unaware, shown }: ModeResult['timeline'],
  steps: number,
): PageTimeline {
  return {
    connected: connectedByNode.map((values) => line(values, steps, 1)),
    looking: line(disconnected, steps, 1),
    unaware: line(unaware, steps, 1),
    shown: shown && {
      active: line(shown.active, steps, 1),
      disconnected: line(shown.disconnected, steps, 1),
      falseDisconnected: line(shown.falseDisconnected, steps, 1),
      falseActive: line(shown.falseActive, steps, 1),
    },
  };
}

function replayOf(mode: ModeResult, nodeNames: readonly string[], steps: number): PageReplay {
  const { timeline, faults, marks } = mode.replay;
  return {
    ...timelineOf(timeline, steps),
    unawareOn: unawareByNode(mode, timeline, nodeNames).map((values) => line(values, steps, 0)),
    faults: faults.map(({ kind, places, startUs, endUs }) => ({
      kind,
      nodes: places.map((place) => nodeNames.indexOf(place)).filter((index) => index >= 0),
      places: places.map((place) => uniqueLabels([place], labelLength)[0]!),
      from: seconds(startUs),
      to: endUs === Infinity ? null : seconds(endUs),
    })),
    marks: marks.map(({ balancer, node, changes }) => ({
      balancer: uniqueLabels([balancer], labelLength)[0]!,
      node: nodeNames.indexOf(node),
      changes: changes.map(({ step, share }) => [step, rounded(share, 4)] as const),
    })),
  };
}

/** Who of those on a node has not noticed: from the break of the session until its agent noticed, or it healed. */
function unawareByNode(
  { reconnects }: ModeResult,
  { stepUs, connectedByNode, unaware }: Replay['timeline'],
  nodeNames: readonly string[],
): number[][] {
  const steps = unaware.length;
  const changes = nodeNames.map(() => new Float64Array(steps + 1));
  for (const { replication, from, brokenAtUs, detectUs, totalUs } of reconnects) {
    if (replication > 0) break; // in order
    const node = from === null ? -1 : nodeNames.indexOf(from);
    if (node < 0) continue;
    const untilUs = brokenAtUs + (detectUs ?? totalUs ?? Infinity);
    const first = Math.max(0, Math.ceil(brokenAtUs / stepUs));
    const end = Math.min(steps, Math.ceil(untilUs / stepUs));
    if (first >= end) continue;
    changes[node]![first]! += 1;
    changes[node]![end]! -= 1;
  }
  return changes.map((own, node) => {
    let sum = 0;
    return Array.from({ length: steps }, (_, step) => {
      sum += own[step]!;
      return Math.min(sum, connectedByNode[node]![step]!, unaware[step]!);
    });
  });
}

function survivalOf({ reconnects, timeline }: ModeResult, { durationUs }: Comparison): PageSurvival {
  const endUs = Math.min(durationUs, (timeline.produced.length - 1) * timeline.stepUs);
  const ended: number[] = [];
  const watched: number[] = [];
  for (const { totalUs, brokenAtUs } of reconnects) {
    if (totalUs === null) watched.push(Math.max(0, endUs - brokenAtUs));
    else ended.push(totalUs);
  }
  const { steps, censored } = kaplanMeier(ended, watched);
  let drawn = 1;
  const kept = steps.filter(({ us, share }, index) => {
    const next = steps[index + 1];
    const isKept = drawn - share >= 1 / survivalResolution || next === undefined || next.us > us * 1.1;
    if (isKept) drawn = share;
    return isKept;
  });
  return {
    outages: ended.length + watched.length,
    unfinished: watched.length,
    steps: kept.map(({ us, share, atRisk }) => [significant(us / 1e6), rounded(share, 5), atRisk] as const),
    censored: thinned(censored).map(
      ({ us, share, count }) => [significant(us / 1e6), rounded(share, 5), count] as const,
    ),
  };
}

/** At most two hundred of them; those left out are counted with the one before. */
function thinned(censored: ReturnType<typeof kaplanMeier>['censored']): ReturnType<typeof kaplanMeier>['censored'] {
  const stride = Math.ceil(censored.length / 200);
  if (stride <= 1) return censored;
  const kept: { us: number; share: number; count: number }[] = [];
  censored.forEach((each, index) => {
    if (index % stride === 0) kept.push({ ...each });
    else kept.at(-1)!.count += each.count;
  });
  return kept;
}

function nodeOf(load: NodeLoad, nodeNames: readonly string[]): PageNode {
  const around = ({ before, during, after }: NodeLoad['agents']): Around => [
    rounded(before, 1),
    rounded(during, 1),
    rounded(after, 1),
  ];
  return {
    node: nodeNames.indexOf(load.node),
    agents: around(load.agents),
    eventsPerSecond: around(load.eventsPerSecond),
    shownActive: load.shownActive && around(load.shownActive),
    delivered: rounded(load.delivered, 1),
    connectsPeak: rounded(load.connectsPeakPerSecond, 1),
    refused: rounded(load.refused, 1),
    overflow: rounded(load.acceptQueueOverflow, 1),
    keysRefused: rounded(load.keysRefused, 1),
    controlWaitSeconds: significant(load.controlWaitPeakUs / 1e6),
    firstDropSeconds: load.firstDropAtUs === null ? null : significant(load.firstDropAtUs / 1e6),
  };
}

function skewOf(mode: ModeResult): PageMode['skew'] {
  const found = (metric: string): number | null => {
    const { mean } = mode.metrics.find((result) => result.metric === metric)?.estimate ?? ({ mean: null } as Estimate);
    return mean === null || !Number.isFinite(mean) ? null : rounded(mean, 4);
  };
  return (['before', 'during', 'after'] as const).map((when) => {
    const agents = mode.nodes.reduce((sum, node) => sum + node.agents[when], 0);
    const even = evenSkew(agents, mode.carriers[when] ?? 0);
    const skew = found(`skew.agents.${when}`);
    return {
      agents: skew,
      events: found(`skew.events.${when}`),
      even: even === null || skew === null ? null : rounded(even, 4),
    };
  });
}

/** As long as the longest time line: a run that has ended keeps its last values. */
function line(values: readonly number[], steps: number, decimals: number): number[] {
  return Array.from({ length: steps }, (_, step) => rounded(values[Math.min(step, values.length - 1)] ?? 0, decimals));
}

function seconds(us: number): number {
  return rounded(us / 1e6, 3);
}

function rounded(value: number, decimals: number): number {
  return Number(value.toFixed(decimals)) + 0;
}

function significant(value: number): number {
  return Number(value.toPrecision(6));
}
