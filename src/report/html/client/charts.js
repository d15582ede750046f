// Draws the charts one after the other, so that the page answers meanwhile, and tells what is pointed at.
import { timeUnit } from './data.js';
import { element, find } from './dom.js';
import { awayChart, fleetChart, flowChart, loadChart, lossChart, skewChart, stockChart, stormChart } from './specs.js';

/** @typedef {import('../data.ts').PageData} PageData */
/** @typedef {import('./specs.js').Chart} Chart */

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
    await draw(find(`#chart-${id}`), make(), tip);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  document.documentElement.setAttribute('data-drawn', 'yes');
}

/** @param {HTMLElement} place @param {Chart} chart @param {ReturnType<typeof tooltip>} tip */
async function draw(place, { spec, tell }, tip) {
  place.replaceChildren();
  await vegaEmbed(place, spec, {
    mode: 'vega-lite',
    renderer: 'svg',
    ast: true,
    actions: false,
    defaultStyle: false,
    hover: false,
    tooltip: (_, event, __, value) => {
      const isPoint = typeof value === 'object' && value !== null;
      const told = isPoint ? tell(/** @type {Readonly<Record<string, unknown>>} */ (value)) : null;
      if (told === null) tip.hide();
      else tip.show(event, told);
    },
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
    /** @param {MouseEvent} event @param {import('./specs.js').Told} told */
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
  const nodes = [
    ...data.nodes.map(({ name }, node) => entry(name, `swatch-node-${node}`)),
    entry('look for a node', 'swatch-looking'),
    entry('report', 'swatch-line'),
  ];
  const modes = data.modes.map(({ name }, index) => entry(name, `swatch-mode-${index}`));
  const { seconds, last } = timeUnit(data);
  const seen = data.faults.filter(({ from, to }) => from <= last * seconds && (to ?? Infinity) >= 0);
  const faults = seen.map(({ number, text }) =>
    element('li', {}, [element('b', { class: 'fault-number' }, [String(number)]), ` ${text}`]),
  );
  const list = (/** @type {readonly Node[]} */ items) => element('ul', {}, items);
  find('[data-legend="fleet"]').append(list([...nodes, ...faults]));
  find('[data-legend="flow"]').append(list(faults));
  find('[data-legend="stock"]').append(list(faults));
  if (data.modes.length > 1) {
    for (const id of ['losses', 'skew', 'storm']) find(`[data-legend="${id}"]`).append(list(modes));
  }
  const away = data.modes.map(({ name, survival: { outages, unfinished } }, index) => {
    const rest = outages === 0 ? 'no outage' : unfinished === 0 ? 'all back' : `${unfinished} of ${outages} not back`;
    return entry(`${name}: ${rest}`, `swatch-mode-${index}`);
  });
  find('[data-legend="away"]').append(list(away));
  const periods = ['before', 'during', 'after'].map((when, at) => entry(when, `swatch-period-${at}`));
  find('[data-legend="load"]').append(list(periods));
}

/** @param {string} text @param {string} swatch */
function entry(text, swatch) {
  return element('li', {}, [element('span', { class: `swatch ${swatch}` }), ` ${text}`]);
}
