// Each chart as a Vega-Lite specification. Colours are variables of the style sheet; names are data, never part of an expression.
import { eventSteps, periods, rates, reportingAt, scales, timeUnit } from './data.js';
import { clock, count, duration, ratio, share } from './format.js';

/** @typedef {import('../data.ts').PageData} PageData */
/** @typedef {import('../data.ts').PageMode} PageMode */
/** @typedef {Readonly<Record<string, unknown>>} Spec */
/** What a point says when it is pointed at. */
/** @typedef {{ readonly title: string, readonly rows: readonly (readonly [string, string])[] }} Told */
/** @typedef {{ readonly spec: Spec, readonly tell: (datum: Readonly<Record<string, unknown>>) => Told | null }} Chart */

const ink = 'var(--ink)';

/** @param {number} height @param {readonly Spec[]} layer */
function frame(height, layer) {
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    width: 'container',
    height,
    autosize: { type: 'fit', contains: 'padding' },
    padding: { left: 0, top: 4, right: 4, bottom: 0 },
    background: 'transparent',
    layer,
    config: {
      aria: false,
      font: 'system-ui, sans-serif',
      view: { stroke: 'var(--line)' },
      axis: {
        gridColor: 'var(--grid)',
        domainColor: 'var(--line)',
        tickColor: 'var(--line)',
        labelColor: 'var(--soft)',
        titleColor: 'var(--soft)',
        titleFontWeight: 'normal',
        labelFontSize: 12,
        titleFontSize: 12,
        labelLimit: 150,
      },
    },
  };
}

/** @param {PageData} data */
function timeAxis(data) {
  const unit = timeUnit(data);
  return {
    field: 'time',
    type: 'quantitative',
    scale: { domain: [0, unit.last], nice: false },
    axis: { title: unit.name, tickCount: 6, grid: false },
  };
}

/** Bars above the panel as long as the faults, with their numbers. @param {PageData} data @returns {Spec[]} */
function faultLayers(data) {
  const unit = timeUnit(data);
  const spans = data.faults
    .map(({ number, from, to }) => ({
      number: String(number),
      from: Math.max(0, from / unit.seconds),
      to: Math.min(unit.last, (to ?? Infinity) / unit.seconds),
    }))
    .filter(({ from, to }) => from <= unit.last && to >= 0);
  if (spans.length === 0) return [];
  const edges = [...new Set(spans.flatMap(({ from, to }) => (to < unit.last ? [from, to] : [from])))];
  const span = { x: { field: 'from', type: 'quantitative' }, x2: { field: 'to' } };
  return [
    {
      data: { values: spans },
      mark: { type: 'rect', color: 'var(--fault)' },
      encoding: { ...span, y: { value: -6 }, y2: { value: -2 } },
    },
    {
      data: { values: edges.map((time) => ({ time })) },
      mark: { type: 'rule', color: 'var(--fault)', strokeDash: [4, 3] },
      encoding: { x: { field: 'time', type: 'quantitative' } },
    },
    {
      data: { values: spans },
      mark: {
        type: 'text',
        align: 'left',
        baseline: 'bottom',
        fontSize: 11,
        fontWeight: 'bold',
        color: 'var(--fault)',
      },
      encoding: { x: { field: 'from', type: 'quantitative' }, y: { value: -7 }, text: { field: 'number' } },
    },
  ];
}

/** A line at the instant nearest to the pointer. @param {readonly Spec[]} values */
function hoverLayer(values) {
  return {
    data: { values },
    params: [
      {
        name: 'pointed',
        select: { type: 'point', on: 'pointerover', nearest: true, encodings: ['x'], clear: 'pointerout' },
      },
    ],
    mark: { type: 'rule', color: ink, tooltip: { content: 'data' } },
    encoding: {
      x: { field: 'time', type: 'quantitative' },
      opacity: { condition: { param: 'pointed', empty: false, value: 0.8 }, value: 0 },
    },
  };
}

/** @param {PageData} data */
function allSteps({ steps }) {
  return Array.from({ length: steps }, (_, step) => step);
}

/** @param {PageData} data @param {number} index @returns {Chart} */
export function fleetChart(data, index) {
  const mode = /** @type {PageMode} */ (data.modes[index]);
  const unit = timeUnit(data);
  const at = (/** @type {number} */ step) => (step * data.stepSeconds) / unit.seconds;
  const lines = [...mode.timeline.connected, mode.timeline.looking];
  const colours = [...data.nodes.map((_, node) => `var(--node-${node})`), 'var(--looking)'];
  const areas = lines.flatMap((line, order) =>
    line.some((agents) => agents > 0) ? line.map((agents, step) => ({ time: at(step), order, agents })) : [],
  );
  const reporting = allSteps(data).map((step) => ({ time: at(step), agents: reportingAt(mode, step) }));
  const y = {
    field: 'agents',
    type: 'quantitative',
    scale: { domain: [0, Math.max(1, data.agents)], nice: false },
    axis: { title: 'agents', tickCount: 4 },
  };
  return {
    spec: frame(190, [
      {
        data: { values: areas },
        mark: { type: 'area', opacity: 0.92, interpolate: 'step-after' },
        encoding: {
          x: timeAxis(data),
          y: { ...y, stack: 'zero' },
          color: {
            field: 'order',
            type: 'ordinal',
            scale: { domain: lines.map((_, order) => order), range: colours },
            legend: null,
          },
          order: { field: 'order', type: 'quantitative' },
        },
      },
      {
        data: { values: reporting },
        mark: { type: 'line', color: ink, strokeWidth: 1.6, interpolate: 'step-after' },
        encoding: { x: { field: 'time', type: 'quantitative' }, y: { field: 'agents', type: 'quantitative' } },
      },
      ...faultLayers(data),
      hoverLayer(allSteps(data).map((step) => ({ time: at(step), step }))),
    ]),
    tell: ({ step }) => {
      if (typeof step !== 'number') return null;
      return {
        title: `${mode.name}, ${clock(step * data.stepSeconds)}`,
        rows: [
          ...data.nodes.map(
            ({ name }, node) => /** @type {const} */ ([name, count(mode.timeline.connected[node]?.[step] ?? 0)]),
          ),
          ['look for a node', count(mode.timeline.looking[step] ?? 0)],
          ['have not noticed', count(mode.timeline.unaware[step] ?? 0)],
          ['report', count(reportingAt(mode, step))],
        ],
      };
    },
  };
}

/** @param {PageData} data @param {number} index @returns {Chart} */
export function flowChart(data, index) {
  const unit = timeUnit(data);
  const until = eventSteps(data);
  const flows = data.modes.map(({ events }) =>
    [events.produced, events.delivered].map((line) =>
      rates(line.slice(0, until), 180).map(({ middle, perStep }) => ({
        time: (middle * data.stepSeconds) / unit.seconds,
        events: perStep / data.stepSeconds,
      })),
    ),
  );
  const { each } = scales(flows.map((lines) => Math.max(0, ...lines.flat().map(({ events }) => events))));
  const [produced = [], delivered = []] = flows[index] ?? [];
  const line = (
    /** @type {readonly Spec[]} */ values,
    /** @type {number[]} */ strokeDash,
    /** @type {string} */ color,
  ) => ({
    data: { values },
    mark: { type: 'line', strokeWidth: 1.8, strokeDash, color },
    encoding: {
      x: timeAxis(data),
      y: {
        field: 'events',
        type: 'quantitative',
        scale: { domain: [0, (each[index] ?? 1) * 1.05], nice: true },
        axis: { title: 'events per second', tickCount: 4 },
      },
    },
  });
  return {
    spec: frame(150, [
      line(delivered, [1, 0], `var(--mode-${index})`),
      line(produced, [2, 3], ink),
      ...faultLayers(data),
      hoverLayer(delivered.map(({ time }, at) => ({ time, at }))),
    ]),
    tell: ({ at, time }) => {
      if (typeof at !== 'number' || typeof time !== 'number') return null;
      return {
        title: `${data.modes[index]?.name ?? ''}, ${clock(time * unit.seconds)}`,
        rows: [
          ['produced', `${count(produced[at]?.events ?? 0)}/s`],
          ['delivered', `${count(delivered[at]?.events ?? 0)}/s`],
        ],
      };
    },
  };
}

/** @param {PageData} data @param {number} index @returns {Chart} */
export function stockChart(data, index) {
  const unit = timeUnit(data);
  const until = eventSteps(data);
  const { each } = scales(
    data.modes.map(({ events }) => Math.max(0, ...events.lost.slice(0, until), ...events.waiting.slice(0, until))),
  );
  const mode = /** @type {PageMode} */ (data.modes[index]);
  const values = (/** @type {readonly number[]} */ line) =>
    line.slice(0, until).map((events, step) => ({ time: (step * data.stepSeconds) / unit.seconds, events, step }));
  const line = (
    /** @type {readonly Spec[]} */ rows,
    /** @type {number[]} */ strokeDash,
    /** @type {string} */ color,
  ) => ({
    data: { values: rows },
    mark: { type: 'line', strokeWidth: 1.8, strokeDash, color },
    encoding: {
      x: timeAxis(data),
      y: {
        field: 'events',
        type: 'quantitative',
        scale: { domain: [0, (each[index] ?? 1) * 1.1], nice: true },
        axis: { title: 'events', tickCount: 4 },
      },
    },
  });
  return {
    spec: frame(150, [
      line(values(mode.events.lost), [1, 0], `var(--mode-${index})`),
      line(values(mode.events.waiting), [5, 3], ink),
      ...faultLayers(data),
      hoverLayer(values(mode.events.lost).map(({ time, step }) => ({ time, step }))),
    ]),
    tell: ({ step }) => {
      if (typeof step !== 'number') return null;
      return {
        title: `${mode.name}, ${clock(step * data.stepSeconds)}`,
        rows: [
          ['lost so far', count(mode.events.lost[step] ?? 0)],
          ['waiting', count(mode.events.waiting[step] ?? 0)],
          ['delivered so far', count(mode.events.delivered[step] ?? 0)],
        ],
      };
    },
  };
}

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

/** @param {PageData} data */
function modeColour(data) {
  return {
    field: 'mode',
    type: 'nominal',
    scale: { domain: data.modes.map((_, index) => index), range: data.modes.map((_, index) => `var(--mode-${index})`) },
    legend: null,
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
        mark: { type: 'tick', orient: 'horizontal', thickness: 3, color: ink, tooltip: { content: 'data' } },
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
