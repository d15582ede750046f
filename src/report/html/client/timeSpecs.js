// The charts over time: who is where, and what becomes of the events.
import { eventSteps, rates, reportingAt, scales, timeUnit } from './data.js';
import { clock, count } from './format.js';
import { frame, ink } from './frame.js';

/** @typedef {import('../data.ts').PageData} PageData */
/** @typedef {import('../data.ts').PageMode} PageMode */
/** @typedef {import('./frame.js').Spec} Spec */
/** @typedef {import('./frame.js').Chart} Chart */

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

/** A line at the instant that is pointed at: the signal `at`, in the unit of the axis; below 0: none is. @returns {Spec} */
function pointerLayer() {
  return {
    data: { values: [{}] },
    mark: { type: 'rule', color: ink, opacity: { expr: 'at < 0 ? 0 : 0.8' } },
    encoding: { x: { datum: { expr: 'max(at, 0)' }, type: 'quantitative' } },
  };
}

/** @param {number} height @param {readonly Spec[]} layer */
function timeFrame(height, layer) {
  return { ...frame(height, [...layer, pointerLayer()]), params: [{ name: 'at', value: -1 }] };
}

/**
 * Steps at which something changes, and the one before each of them, so that a line drawn through them is the line of all.
 * @param {PageData} data
 * @param {readonly (readonly number[])[]} lines
 */
function changes({ steps }, lines) {
  const changed = (/** @type {number} */ step) =>
    step === 0 || step >= steps - 1 || lines.some((line) => line[step] !== line[step - 1]);
  return Array.from({ length: steps }, (_, step) => step).filter((step) => changed(step) || changed(step + 1));
}

/** @param {PageData} data @param {number} index @returns {Chart} */
export function fleetChart(data, index) {
  const mode = modeAt(data, index);
  const at = instantOf(data);
  const lines = [...mode.timeline.connected, mode.timeline.looking];
  const colours = [...data.nodes.map((_, node) => `var(--node-${node})`), 'var(--looking)'];
  const kept = changes(data, [...lines, mode.timeline.unaware]);
  const areas = lines.flatMap((line, order) =>
    line.some((agents) => agents > 0) ? kept.map((step) => ({ time: at(step), order, agents: line[step] ?? 0 })) : [],
  );
  const reporting = kept.map((step) => ({ time: at(step), agents: reportingAt(mode, step) }));
  return {
    spec: timeFrame(190, [
      {
        data: { values: areas },
        mark: { type: 'area', opacity: 0.92, interpolate: 'step-after' },
        encoding: {
          x: timeAxis(data),
          y: {
            field: 'agents',
            type: 'quantitative',
            stack: 'zero',
            scale: { domain: [0, Math.max(1, data.agents)], nice: false },
            axis: { title: 'agents', tickCount: 4, minExtent: 46 },
          },
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
    ]),
    tellAt: (step) => ({
      title: `${mode.name}, ${clock(step * data.stepSeconds)}`,
      rows: [
        ...data.nodes.map(
          ({ name }, node) => /** @type {const} */ ([name, count(mode.timeline.connected[node]?.[step] ?? 0)]),
        ),
        ['look for a node', count(mode.timeline.looking[step] ?? 0)],
        ['have not noticed', count(mode.timeline.unaware[step] ?? 0)],
        ['report', count(reportingAt(mode, step))],
      ],
    }),
  };
}

/** Produced and delivered of each mode, per second over stretches. @param {PageData} data */
function flowsOf(data) {
  const until = eventSteps(data);
  return data.modes.map(({ events }) =>
    [events.produced, events.delivered].map((line) =>
      rates(line.slice(0, until), 180).map((rate) => ({ ...rate, events: rate.perStep / data.stepSeconds })),
    ),
  );
}

/** @param {PageData} data */
export function flowScales(data) {
  return scales(flowsOf(data).map((lines) => Math.max(0, ...lines.flat().map(({ events }) => events))));
}

/** @param {PageData} data @param {number} index @returns {Chart} */
export function flowChart(data, index) {
  const mode = modeAt(data, index);
  const at = instantOf(data);
  const [produced = [], delivered = []] = flowsOf(data)[index] ?? [];
  const highest = (flowScales(data).each[index] ?? 1) * 1.05;
  const values = (/** @type {typeof produced} */ line) =>
    line.map(({ from, to, events }) => ({ time: at((from + to) / 2), events }));
  return {
    spec: timeFrame(150, [
      eventLine(
        data,
        values(delivered),
        { strokeDash: [1, 0], color: `var(--mode-${index})` },
        highest,
        'events per second',
      ),
      eventLine(data, values(produced), { strokeDash: [2, 3], color: ink }, highest, 'events per second'),
      ...faultLayers(data),
    ]),
    tellAt: (step) => {
      const within = (/** @type {typeof produced} */ line) =>
        line.find(({ from, to }) => from <= step && step < to)?.events ?? line.at(-1)?.events ?? 0;
      return {
        title: `${mode.name}, ${clock(step * data.stepSeconds)}`,
        rows: [
          ['produced', `${count(within(produced))}/s`],
          ['delivered', `${count(within(delivered))}/s`],
        ],
      };
    },
  };
}

/** @param {PageData} data */
export function stockScales(data) {
  const until = eventSteps(data);
  return scales(
    data.modes.map(({ events }) => Math.max(0, ...events.lost.slice(0, until), ...events.waiting.slice(0, until))),
  );
}

/** @param {PageData} data @param {number} index @returns {Chart} */
export function stockChart(data, index) {
  const mode = modeAt(data, index);
  const at = instantOf(data);
  const until = eventSteps(data);
  const kept = changes(data, [mode.events.lost, mode.events.waiting]).filter((step) => step < until);
  const highest = (stockScales(data).each[index] ?? 1) * 1.1;
  const values = (/** @type {readonly number[]} */ line) =>
    kept.map((step) => ({ time: at(step), events: line[step] ?? 0 }));
  return {
    spec: timeFrame(150, [
      eventLine(
        data,
        values(mode.events.lost),
        { strokeDash: [1, 0], color: `var(--mode-${index})` },
        highest,
        'events',
      ),
      eventLine(data, values(mode.events.waiting), { strokeDash: [5, 3], color: ink }, highest, 'events'),
      ...faultLayers(data),
    ]),
    tellAt: (step) => ({
      title: `${mode.name}, ${clock(step * data.stepSeconds)}`,
      rows: [
        ['lost so far', count(mode.events.lost[step] ?? 0)],
        ['waiting', count(mode.events.waiting[step] ?? 0)],
        ['delivered so far', count(mode.events.delivered[step] ?? 0)],
      ],
    }),
  };
}

/**
 * @param {PageData} data
 * @param {readonly Spec[]} values
 * @param {Spec} look
 * @param {number} highest
 * @param {string} title
 */
function eventLine(data, values, look, highest, title) {
  return {
    data: { values },
    mark: { type: 'line', strokeWidth: 1.8, ...look },
    encoding: {
      x: timeAxis(data),
      y: {
        field: 'events',
        type: 'quantitative',
        scale: { domain: [0, highest], nice: true },
        axis: { title, tickCount: 4, minExtent: 46 },
      },
    },
  };
}

/** @param {PageData} data @param {number} index */
function modeAt(data, index) {
  return /** @type {PageMode} */ (data.modes[index]);
}

/** The instant of a step in the unit of the axis. @param {PageData} data */
function instantOf(data) {
  const unit = timeUnit(data);
  return (/** @type {number} */ step) => (step * data.stepSeconds) / unit.seconds;
}
