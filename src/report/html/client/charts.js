// Draws the charts one after the other, so that the page answers meanwhile, and tells what is pointed at.
import { periods, timeUnit } from './data.js';
import { element, find } from './dom.js';
import { count } from './format.js';
import { awayChart, loadChart, lossChart, skewChart, stormChart } from './specs.js';
import { fleetChart, flowChart, flowScales, stockChart, stockScales } from './timeSpecs.js';

/** @typedef {import('../data.ts').PageData} PageData */
/** @typedef {import('./frame.js').Chart} Chart */

/** @param {PageData} data */
export async function startCharts(data) {
  legends(data);
  const each = (/** @type {string} */ id, /** @type {(data: PageData, index: number) => Chart} */ make) =>
    data.modes.map((_, index) => /** @type {const} */ ([`${id}-${index}`, () => make(data, index)]));
  const jobs = [
    ...each('fleet', fleetChart),
    ...each('flow', flowChart),
    ...each('stock', stockChart),
    /** @type {const} */ (['losses', () => lossChart(data)]),
    /** @type {const} */ (['away', () => awayChart(data)]),
    /** @type {const} */ (['skew', () => skewChart(data)]),
    ...each('load', loadChart),
    /** @type {const} */ (['storm', () => stormChart(data)]),
  ];
  const tip = tooltip();
  for (const [id, make] of jobs) {
    await draw(data, find(`#chart-${id}`), make(), tip);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  document.documentElement.setAttribute('data-drawn', 'yes');
}

/**
 * @param {PageData} data
 * @param {HTMLElement} place
 * @param {Chart} chart
 * @param {ReturnType<typeof tooltip>} tip
 */
async function draw(data, place, { spec, tell, tellAt }, tip) {
  // The library says of its element that it is a picture by the name of Vega; ours says what is in it.
  const canvas = element('div', { class: 'canvas', 'aria-hidden': 'true' });
  place.replaceChildren(canvas);
  const { view } = await vegaEmbed(canvas, spec, {
    mode: 'vega-lite',
    renderer: 'svg',
    ast: true,
    actions: false,
    defaultStyle: false,
    hover: false,
    tooltip: (_, event, __, value) => {
      const isPoint = typeof value === 'object' && value !== null;
      const told = isPoint ? tell?.(/** @type {Readonly<Record<string, unknown>>} */ (value)) : null;
      if (told) tip.show(event, told);
      else if (tell) tip.hide();
    },
  });
  if (tellAt === undefined) return;
  const unit = timeUnit(data);
  place.addEventListener('pointermove', (event) => {
    const left = place.querySelector('svg')?.getBoundingClientRect().left ?? 0;
    const time = view.scale('x').invert(event.clientX - left - view.origin()[0] - (view.padding().left ?? 0));
    const step = Math.round((time * unit.seconds) / data.stepSeconds);
    if (step < 0 || step >= data.steps) {
      tip.hide();
      return;
    }
    void view.signal('at', (step * data.stepSeconds) / unit.seconds).runAsync();
    tip.show(event, tellAt(step));
  });
  place.addEventListener('pointerleave', () => {
    tip.hide();
    void view.signal('at', -1).runAsync();
  });
}

function tooltip() {
  const box = element('div', { class: 'tooltip', role: 'tooltip', hidden: '' });
  document.body.append(box);
  document.addEventListener('keydown', ({ key }) => {
    if (key === 'Escape') box.hidden = true;
  });
  return {
    hide: () => void (box.hidden = true),
    /** @param {MouseEvent} event @param {import('./frame.js').Told} told */
    show(event, { title, rows }) {
      box.replaceChildren(
        element('b', {}, [title]),
        element(
          'dl',
          {},
          rows.map(([label, value]) => element('div', {}, [element('dt', {}, [label]), element('dd', {}, [value])])),
        ),
      );
      box.hidden = false;
      const { width, height } = box.getBoundingClientRect();
      const left = event.clientX + 14 + width > innerWidth ? event.clientX - 14 - width : event.clientX + 14;
      const top = Math.min(event.clientY + 14, innerHeight - height - 4);
      box.style.left = `${Math.max(4, left)}px`;
      box.style.top = `${Math.max(4, top)}px`;
    },
  };
}

/** @param {PageData} data */
function legends(data) {
  const { seconds, last } = timeUnit(data);
  const add = (/** @type {string} */ id, /** @type {readonly Node[]} */ items) => {
    if (items.length > 0) find(`[data-legend="${id}"]`).append(element('ul', {}, items));
  };
  const modes = () => data.modes.map(({ name }, index) => entry(name, `swatch-mode-${index}`));
  const faults = () =>
    data.faults
      .filter(({ from, to }) => from <= last * seconds && (to ?? Infinity) >= 0)
      .map(({ number, text }) =>
        element('li', {}, [element('b', { class: 'fault-number' }, [String(number)]), ` ${text}`]),
      );
  const scale = (/** @type {boolean} */ own) => (own ? [element('li', {}, ['Each mode has a scale of its own.'])] : []);
  add('fleet', [
    ...data.nodes.map(({ name }, node) => entry(name, `swatch-node-${node}`)),
    entry('look for a node', 'swatch-looking'),
    entry('report', 'swatch-line'),
    ...faults(),
  ]);
  add('flow', [...faults(), ...scale(flowScales(data).own)]);
  add('stock', [...faults(), ...scale(stockScales(data).own)]);
  if (data.modes.length > 1) for (const id of ['losses', 'skew', 'storm']) add(id, modes());
  add(
    'away',
    data.modes.map(({ name, survival: { outages, unfinished } }, index) => {
      const rest =
        outages === 0
          ? 'no outage'
          : unfinished === 0
            ? 'all back'
            : `${count(unfinished)} of ${count(outages)} not back`;
      return entry(`${name}: ${rest}`, `swatch-mode-${index}`);
    }),
  );
  add(
    'load',
    periods.map((when, at) => entry(when, `swatch-period-${at}`)),
  );
}

/** @param {string} text @param {string} swatch */
function entry(text, swatch) {
  return element('li', {}, [element('span', { class: `swatch ${swatch}` }), ` ${text}`]);
}
