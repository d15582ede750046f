// The data of each chart as a table, made when somebody opens it.
import { eventSteps, periods, reportingAt } from './data.js';
import { element, find, metricLink } from './dom.js';
import { clock, count, duration, ratio, share } from './format.js';

/** @typedef {import('../data.ts').PageData} PageData */
/** @typedef {readonly [text: string, metric?: string]} Head */

/**
 * @param {readonly Head[]} heads
 * @param {readonly (readonly string[])[]} rows the first cell names the row
 */
export function table(heads, rows) {
  const head = heads.map(([text, metric]) =>
    element('th', { scope: 'col' }, [metric === undefined ? text : metricLink(metric, text)]),
  );
  const body = rows.map(([name = '', ...cells]) =>
    element('tr', {}, [element('th', { scope: 'row' }, [name]), ...cells.map((cell) => element('td', {}, [cell]))]),
  );
  return element('table', { class: 'numbers' }, [
    element('thead', {}, [element('tr', {}, head)]),
    element('tbody', {}, body),
  ]);
}

/** @type {Readonly<Record<string, (data: PageData) => HTMLElement>>} */
const tables = { fleet: fleetTable, flow: flowTable, stock: flowTable, losses, away, skew, load, storm: nodeTable };

/** @param {PageData} data */
export function startTables(data) {
  for (const details of document.querySelectorAll('[data-table]')) {
    const make = tables[details.getAttribute('data-table') ?? ''];
    details.addEventListener('toggle', () => {
      const place = find('.scroll', details);
      if (make && place.childElementCount === 0) place.append(make(data));
    });
  }
  find('[data-nodes]').append(nodeTable(data));
}

/** @param {PageData} data */
function instants({ steps, stepSeconds }) {
  return Array.from({ length: steps }, (_, step) => ({ step, at: clock(step * stepSeconds) }));
}

/** @param {PageData} data */
function fleetTable(data) {
  const heads = data.modes.flatMap((mode) => [
    ...data.nodes.map(({ name }) => `${mode.name}: ${name}`),
    `${mode.name}: looking for a node`,
    `${mode.name}: unaware`,
    `${mode.name}: reporting`,
  ]);
  const rows = instants(data).map(({ step, at }) => [
    at,
    ...data.modes.flatMap((mode) => [
      ...mode.timeline.connected.map((line) => count(line[step] ?? 0)),
      count(mode.timeline.looking[step] ?? 0),
      count(mode.timeline.unaware[step] ?? 0),
      count(reportingAt(mode, step)),
    ]),
  ]);
  return table([['instant'], ...heads.map((text) => /** @type {Head} */ ([text]))], rows);
}

/** @param {PageData} data */
function flowTable(data) {
  /** @type {Head[]} */
  const heads = data.modes.flatMap(({ name }) => [
    [`${name}: produced so far`, 'events.produced'],
    [`${name}: delivered so far`, 'events.delivered'],
    [`${name}: lost so far`, 'events.lost'],
    [`${name}: waiting`],
  ]);
  const rows = instants(data)
    .slice(0, eventSteps(data))
    .map(({ step, at }) => [
      at,
      ...data.modes.flatMap(({ events }) =>
        [events.produced, events.delivered, events.lost, events.waiting].map((line) => count(line[step] ?? 0)),
      ),
    ]);
  return table([['instant'], ...heads], rows);
}

/** @param {PageData} data */
function losses(data) {
  const causes = [...new Set(data.modes.flatMap((mode) => mode.losses.map(({ cause }) => cause)))];
  const rows = causes.map((cause) => [
    cause,
    ...data.modes.map((mode) => {
      const found = mode.losses.find((loss) => loss.cause === cause);
      if (found === undefined) return '0';
      return `${count(found.mean)}${found.half ? ` ± ${count(found.half)}` : ''}`;
    }),
  ]);
  return table([['cause', 'events.lost'], ...data.modes.map(({ name }) => /** @type {Head} */ ([name]))], rows);
}

/** @param {PageData} data */
function away(data) {
  const rows = data.modes.flatMap(({ name, survival }) => [
    [name, duration(0), share(1), count(survival.outages)],
    ...survival.steps.map(([seconds, left, atRisk]) => [name, duration(seconds), share(left), count(atRisk)]),
    ...survival.censored.map(([seconds, left, lost]) => [
      name,
      duration(seconds),
      share(left),
      `${count(lost)} not over, lost from sight here`,
    ]),
  ]);
  return table([['mode'], ['after', 'reconnect.p50'], ['still away'], ['watched until then', 'reconnect.count']], rows);
}

/** @param {PageData} data */
function skew(data) {
  const rows = data.modes.flatMap((mode) =>
    mode.skew.map((each, when) => [
      mode.name,
      periods[when] ?? '',
      ratio(each.agents),
      ratio(each.even),
      ratio(each.events),
    ]),
  );
  return table(
    [
      ['mode'],
      ['when'],
      ['agents', 'skew.agents.before'],
      ['a perfect hash'],
      ['events per second', 'skew.events.before'],
    ],
    rows,
  );
}

/** @param {PageData} data */
function load(data) {
  const rows = data.modes.flatMap((mode) =>
    mode.nodes.map(({ node, agents }) => [`${mode.name}: ${nameOf(data, node)}`, ...agents.map(count)]),
  );
  return table([['node'], ...periods.map((when) => /** @type {Head} */ ([when]))], rows);
}

/** @param {PageData} data */
function nodeTable(data) {
  const isShown = data.modes.some((mode) => mode.nodes.some(({ shownActive }) => shownActive !== null));
  /** @type {Head[]} */
  const heads = [
    ['node'],
    ['agents before / during / after', 'skew.agents.before'],
    ['events per second', 'skew.events.before'],
    ...(isShown ? [/** @type {Head} */ (['shown as active', 'status.falseActive'])] : []),
    ['delivered', 'events.delivered'],
    ['most connects per second', 'storm.connects'],
    ['refused', 'storm.refused'],
    ['dropped SYNs', 'storm.overflow'],
    ['keys in use', 'storm.refusedKeys'],
    ['control messages waited', 'storm.controlWait'],
    ['first drop', 'headroom.firstDrop'],
  ];
  const rows = data.modes.flatMap((mode) =>
    mode.nodes.map((node) => [
      data.modes.length > 1 ? `${mode.name}: ${nameOf(data, node.node)}` : nameOf(data, node.node),
      node.agents.map(count).join(' / '),
      node.eventsPerSecond.map(count).join(' / '),
      ...(isShown ? [node.shownActive === null ? '–' : node.shownActive.map(count).join(' / ')] : []),
      count(node.delivered),
      count(node.connectsPeak),
      count(node.refused),
      count(node.overflow),
      count(node.keysRefused),
      duration(node.controlWaitSeconds),
      node.firstDropSeconds === null ? 'never' : clock(node.firstDropSeconds),
    ]),
  );
  return table(heads, rows);
}

/** @param {PageData} data @param {number} node */
function nameOf(data, node) {
  return data.nodes[node]?.name ?? '';
}
