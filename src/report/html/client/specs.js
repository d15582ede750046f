// The charts that compare: losses, time away, skew, load, storm.
import { periods } from './data.js';
import { count, duration, ratio, share } from './format.js';
import { frame, ink, modeColour } from './frame.js';

/** @typedef {import('../data.ts').PageData} PageData */
/** @typedef {import('../data.ts').PageMode} PageMode */
/** @typedef {import('./frame.js').Spec} Spec */
/** @typedef {import('./frame.js').Chart} Chart */

/** @param {PageData} data @returns {Chart} */
export function lossChart(data) {
  /** @type {Map<string, number>} */
  const worst = new Map();
  for (const { losses } of data.modes) {
    for (const { cause, mean } of losses) worst.set(cause, Math.max(worst.get(cause) ?? 0, mean));
  }
  const causes = [...worst].sort(([a, most], [b, other]) => other - most || (a < b ? -1 : 1)).map(([cause]) => cause);
  const rows = causes.flatMap((cause) =>
    data.modes.map((mode, index) => {
      const { mean = 0, half = 0 } = mode.losses.find((loss) => loss.cause === cause) ?? {};
      return { cause, mode: index, mean, half: half ?? 0 };
    }),
  );
  const positive = rows.map(({ mean }) => mean).filter((mean) => mean > 0);
  const most = Math.max(1, ...rows.map(({ mean, half }) => mean + half));
  const logarithmic = positive.length > 0 && most > 50 * Math.min(...positive);
  const least = logarithmic ? 10 ** Math.floor(Math.log10(Math.min(...positive) / 2)) : 0;
  const to = logarithmic ? most * 6 : most * 1.2;
  const values = rows.map((row) => ({
    ...row,
    from: least,
    events: Math.max(least, row.mean),
    low: Math.max(least, row.mean - row.half),
    high: Math.max(least, row.mean + row.half),
    text: row.mean === 0 ? 'none' : count(row.mean),
  }));
  const y = {
    field: 'cause',
    type: 'nominal',
    sort: causes,
    scale: { domain: causes.length > 0 ? causes : ['nothing is lost'], paddingInner: 0.25 },
    axis: { title: null, ticks: false, labelPadding: 6 },
  };
  const yOffset = { field: 'mode', type: 'nominal', scale: { domain: data.modes.map((_, index) => index) } };
  const height = Math.max(60, causes.length * (data.modes.length * 17 + 8));
  return {
    spec: frame(height + 45, [
      {
        data: { values },
        mark: { type: 'bar', tooltip: { content: 'data' } },
        encoding: {
          y,
          yOffset,
          x: {
            field: 'events',
            type: 'quantitative',
            scale: { type: logarithmic ? 'log' : 'linear', domain: [logarithmic ? least : 0, to], nice: false },
            axis: { title: logarithmic ? 'events lost (logarithmic)' : 'events lost', tickCount: 4, format: ',' },
          },
          x2: { field: 'from' },
          color: modeColour(data),
        },
      },
      {
        data: { values: values.filter(({ half }) => half > 0) },
        mark: { type: 'rule', color: ink },
        encoding: { y, yOffset, x: { field: 'low', type: 'quantitative' }, x2: { field: 'high' } },
      },
      {
        data: { values },
        mark: { type: 'text', align: 'left', baseline: 'middle', dx: 5, fontSize: 11, color: ink },
        encoding: { y, yOffset, x: { field: 'high', type: 'quantitative' }, text: { field: 'text' } },
      },
    ]),
    tell: ({ cause, mode, mean, half }) =>
      typeof mode !== 'number' || typeof mean !== 'number'
        ? null
        : {
            title: data.modes[mode]?.name ?? '',
            rows: [[String(cause), `${count(mean)}${typeof half === 'number' && half > 0 ? ` ± ${count(half)}` : ''}`]],
          },
  };
}

/** Ticks in seconds that people count time by, and what is written there. */
const awayTicks = [0.001, 0.01, 0.1, 1, 10, 60, 600, 3_600, 36_000, 86_400, 864_000];

/** @param {number} seconds */
function tickText(seconds) {
  if (seconds < 1) return `${Math.round(seconds * 1_000)} ms`;
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${seconds / 60} min`;
  return seconds < 86_400 ? `${seconds / 3_600} h` : `${seconds / 86_400} d`;
}

/** @param {PageData} data @returns {Chart} */
export function awayChart(data) {
  const all = data.modes.flatMap(({ survival }) =>
    [...survival.steps, ...survival.censored].map(([seconds]) => seconds),
  );
  const shortest = Math.min(1, ...all.filter((seconds) => seconds > 0));
  const longest = Math.max(60, ...all);
  const from = awayTicks.findLast((tick) => tick < shortest) ?? 0.001;
  const to = longest * 1.1;
  const ticks = awayTicks.filter((tick) => tick >= from && tick <= to);
  const lines = data.modes.flatMap(({ survival }, mode) => {
    if (survival.outages === 0) return [];
    const last = survival.steps.at(-1)?.[1] ?? 1;
    return [
      { mode, seconds: from, away: 1 },
      ...survival.steps.map(([seconds, away, atRisk]) => ({ mode, seconds: Math.max(from, seconds), away, atRisk })),
      ...(last > 0 ? [{ mode, seconds: to, away: last }] : []),
    ];
  });
  const marks = data.modes.flatMap(({ survival }, mode) =>
    survival.censored.map(([seconds, away, lost]) => ({ mode, seconds: Math.max(from, seconds), away, lost })),
  );
  const x = {
    field: 'seconds',
    type: 'quantitative',
    scale: { type: 'log', domain: [from, to], nice: false },
    axis: {
      title: 'time since the session broke',
      values: ticks,
      labelExpr: `{${ticks.map((tick) => `'${tick}': '${tickText(tick)}'`).join(', ')}}[datum.value]`,
      labelOverlap: 'greedy',
    },
  };
  const y = {
    field: 'away',
    type: 'quantitative',
    scale: { domain: [0, 1] },
    axis: { title: 'share still away', labelExpr: "round(datum.value * 100) + ' %'", tickCount: 5 },
  };
  return {
    spec: frame(280, [
      {
        data: { values: lines },
        mark: { type: 'line', interpolate: 'step-after', strokeWidth: 2.2 },
        encoding: { x, y, color: modeColour(data) },
      },
      {
        data: { values: lines.filter((point) => 'atRisk' in point) },
        mark: { type: 'point', size: 60, filled: true, opacity: 0, tooltip: { content: 'data' } },
        encoding: { x, y },
      },
      {
        data: { values: marks },
        mark: { type: 'point', shape: 'M-1,0L1,0M0,-1L0,1', size: 90, strokeWidth: 1.6, tooltip: { content: 'data' } },
        encoding: { x, y, color: modeColour(data) },
      },
    ]),
    tell: ({ mode, seconds, away, atRisk, lost }) => {
      if (typeof mode !== 'number' || typeof seconds !== 'number' || typeof away !== 'number') return null;
      return {
        title: `${data.modes[mode]?.name ?? ''}, ${duration(seconds)}`,
        rows: [
          ['still away', share(away)],
          ...(typeof atRisk === 'number' ? [/** @type {const} */ (['watched until then', count(atRisk)])] : []),
          ...(typeof lost === 'number' ? [/** @type {const} */ (['not over, lost from sight', count(lost)])] : []),
        ],
      };
    },
  };
}

/** @param {PageData} data @returns {Chart} */
export function skewChart(data) {
  const values = data.modes.flatMap(({ skew }, mode) =>
    skew.flatMap(({ agents, even }, when) =>
      agents === null ? [] : [{ mode, when: periods[when], base: 1, skew: agents, even: even ?? 1 }],
    ),
  );
  const x = {
    field: 'when',
    type: 'nominal',
    sort: periods,
    axis: { title: null, labelAngle: 0 },
    scale: { domain: periods, paddingInner: 0.25 },
  };
  const xOffset = { field: 'mode', type: 'nominal', scale: { domain: data.modes.map((_, index) => index) } };
  const most = Math.max(1.2, ...values.map(({ skew, even }) => Math.max(skew, even)));
  const y = {
    field: 'skew',
    type: 'quantitative',
    scale: { domain: [1, 1 + (most - 1) * 1.1], nice: false, zero: false },
    axis: { title: 'most ÷ mean', tickCount: 5 },
  };
  return {
    spec: frame(220, [
      {
        data: { values },
        mark: { type: 'bar', tooltip: { content: 'data' } },
        encoding: { x, xOffset, y, y2: { field: 'base' }, color: modeColour(data) },
      },
      {
        data: { values },
        mark: {
          type: 'tick',
          orient: 'horizontal',
          thickness: 3,
          opacity: 1,
          color: ink,
          tooltip: { content: 'data' },
        },
        encoding: { x, xOffset, y: { field: 'even', type: 'quantitative' } },
      },
    ]),
    tell: ({ mode, when, skew, even }) =>
      typeof mode !== 'number' || typeof skew !== 'number' || typeof even !== 'number'
        ? null
        : {
            title: `${data.modes[mode]?.name ?? ''}, ${String(when)}`,
            rows: [
              ['most ÷ mean', ratio(skew)],
              ['a perfect hash', ratio(even)],
            ],
          },
  };
}

/** @param {PageData} data @param {number} index @returns {Chart} */
export function loadChart(data, index) {
  const mode = /** @type {PageMode} */ (data.modes[index]);
  const values = mode.nodes.flatMap(({ node, agents }) =>
    periods.map((when, at) => ({ node: data.nodes[node]?.name ?? '', when, agents: agents[at] ?? 0 })),
  );
  const most = Math.max(1, ...data.modes.flatMap(({ nodes }) => nodes.flatMap(({ agents }) => agents)));
  return {
    spec: frame(170, [
      {
        data: { values },
        mark: { type: 'bar', tooltip: { content: 'data' } },
        encoding: {
          x: {
            field: 'node',
            type: 'nominal',
            sort: null,
            axis: { title: null, labelAngle: mode.nodes.length > 5 ? -40 : 0 },
          },
          xOffset: { field: 'when', type: 'nominal', sort: periods, scale: { domain: periods } },
          y: {
            field: 'agents',
            type: 'quantitative',
            scale: { domain: [0, most], nice: true },
            axis: { title: 'agents', tickCount: 4 },
          },
          color: {
            field: 'when',
            type: 'nominal',
            scale: { domain: periods, range: periods.map((_, at) => `var(--period-${at})`) },
            legend: null,
          },
        },
      },
    ]),
    tell: ({ node, when, agents }) =>
      typeof agents === 'number'
        ? { title: `${mode.name}: ${String(node)}`, rows: [[String(when), `${count(agents)} agents`]] }
        : null,
  };
}

/** @param {PageData} data @returns {Chart} */
export function stormChart(data) {
  const values = data.modes.flatMap(({ nodes }, mode) =>
    nodes.map((node) => ({
      mode,
      node: data.nodes[node.node]?.name ?? '',
      connects: node.connectsPeak,
      refused: node.refused,
      overflow: node.overflow,
    })),
  );
  return {
    spec: frame(200, [
      {
        data: { values },
        mark: { type: 'bar', tooltip: { content: 'data' } },
        encoding: {
          x: {
            field: 'node',
            type: 'nominal',
            sort: null,
            axis: { title: null, labelAngle: data.nodes.length > 5 ? -40 : 0 },
          },
          xOffset: { field: 'mode', type: 'nominal', scale: { domain: data.modes.map((_, index) => index) } },
          y: { field: 'connects', type: 'quantitative', axis: { title: 'connects per second', tickCount: 4 } },
          color: modeColour(data),
        },
      },
    ]),
    tell: ({ mode, node, connects, refused, overflow }) =>
      typeof mode !== 'number' || typeof connects !== 'number'
        ? null
        : {
            title: `${data.modes[mode]?.name ?? ''}: ${String(node)}`,
            rows: [
              ['most connects in a second', count(connects)],
              ['refused', count(Number(refused))],
              ['SYNs dropped', count(Number(overflow))],
            ],
          },
  };
}
