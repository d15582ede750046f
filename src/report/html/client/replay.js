// The replay: the agents of the first replication on their nodes, all modes at the same instant, with what each side knows.
import { cellsFor, placeCells } from './cells.js';
import { element, find, svgElement } from './dom.js';
import { clock, count } from './format.js';

/** @typedef {import('../data.ts').PageData} PageData */
/** @typedef {import('../data.ts').PageMode} PageMode */

const cellSize = 8;
const stepsPerSecond = 20;

/** What a fault makes of a node, in a word. @type {Readonly<Record<string, string>>} */
const faultWords = {
  kill: 'killed',
  powerOff: 'powered off',
  hang: 'hangs',
  stop: 'stopped',
  restart: 'restarts',
  rolling: 'restarts',
  zombie: 'throws events away',
  slow: 'is slow',
  partition: 'cut off',
  dropFlows: 'flows dropped',
  drain: 'drained',
  removeNode: 'removed',
  addNode: 'added',
};

/** @param {PageData} data */
export function startReplay(data) {
  const slider = /** @type {HTMLInputElement} */ (find('#replay-time'));
  const output = find('#replay-clock');
  const play = find('[data-replay="play"]');
  const panels = data.modes.map((mode, index) => panelOf(data, mode, index));
  find('#replay-panels').append(...panels.map(({ root }) => root));
  const perCell = data.agents / cellsFor(data.agents);
  find('#replay-key').append(
    perCell === 1 ? 'Each square is an agent: ' : `Each square stands for ${count(perCell)} agents: `,
    element('span', { class: 'key key-reports' }),
    ' reports to its node, ',
    element('span', { class: 'key key-unaware' }),
    ' has not noticed that nobody hears it, ',
    element('span', { class: 'key key-looking' }),
    ' looks for a node.',
  );
  slider.max = String(data.steps - 1);
  const first = data.faults.map(({ from }) => Math.ceil(from / data.stepSeconds)).find((step) => step > 0) ?? 0;
  let step = Math.min(data.steps - 1, first);

  /** @param {number} wanted */
  const show = (wanted) => {
    step = Math.max(0, Math.min(data.steps - 1, wanted));
    const seconds = step * data.stepSeconds;
    const going = data.faults.filter(({ from, to }) => from <= seconds && seconds < (to ?? Infinity));
    const text = `${clock(seconds)}${going.length > 0 ? `: ${going.map((fault) => fault.text).join('; ')}` : ''}`;
    slider.value = String(step);
    slider.setAttribute('aria-valuetext', text);
    output.textContent = text;
    for (const panel of panels) panel.show(step);
  };

  let last = 0;
  let playing = false;
  const stop = () => {
    playing = false;
    play.textContent = 'Play';
    play.setAttribute('aria-pressed', 'false');
    output.setAttribute('aria-live', 'polite');
  };
  /** @param {number} now */
  const frame = (now) => {
    if (!playing) return;
    if (now - last >= 1_000 / stepsPerSecond) {
      last = now;
      show(step + 1);
    }
    if (step >= data.steps - 1) stop();
    else requestAnimationFrame(frame);
  };
  play.addEventListener('click', () => {
    if (playing) {
      stop();
      return;
    }
    playing = true;
    play.textContent = 'Pause';
    play.setAttribute('aria-pressed', 'true');
    output.setAttribute('aria-live', 'off');
    if (step >= data.steps - 1) show(Math.max(0, first - 5));
    requestAnimationFrame(frame);
  });
  const jump = (/** @type {number} */ wanted) => {
    stop();
    show(wanted);
  };
  slider.addEventListener('input', () => jump(Number(slider.value)));
  find('[data-replay="back"]').addEventListener('click', () => jump(step - 1));
  find('[data-replay="forward"]').addEventListener('click', () => jump(step + 1));
  for (const button of document.querySelectorAll('[data-jump]')) {
    const fault = data.faults[Number(button.getAttribute('data-jump'))];
    button.addEventListener('click', () => jump(Math.ceil(Math.max(0, fault?.from ?? 0) / data.stepSeconds)));
  }
  new ResizeObserver(() => show(step)).observe(find('#replay-panels'));
  show(step);
}

/** @param {PageData} data @param {PageMode} mode @param {number} index */
function panelOf(data, mode, index) {
  const { replay } = mode;
  const all = cellsFor(data.agents);
  const perCell = data.agents / all;
  const boxes = [...data.nodes.map(({ name }) => boxOf(name)), boxOf('looking for a node')];
  const svg = svgElement('svg', { class: 'cells', 'aria-hidden': 'true' });
  const yard = element('div', { class: 'boxes' }, [...boxes.map(({ root }) => root), svg]);
  const known = element('dl', { class: 'known' });
  const heading = element('h3', {}, [element('span', { class: 'swatch' }), mode.name]);
  const root = element('section', { class: `replay-panel mode-${index}`, 'aria-label': `Replay of ${mode.name}` }, [
    heading,
    yard,
    known,
  ]);
  /** @type {import('./cells.js').Cell[]} */
  const cells = Array.from({ length: all }, () => ({ box: -1, state: 'absent', slot: 0 }));
  const shapes = cells.map(() => {
    const shape = svgElement('rect', { width: String(cellSize - 2), height: String(cellSize - 2), rx: '1.5' });
    svg.append(shape);
    return shape;
  });
  const rows = {
    agents: knownRow(known, 'Agents'),
    balancer: replay.marks.length > 0 ? knownRow(known, 'Balancer') : null,
    dashboard: replay.shown === null ? null : knownRow(known, 'Dashboard'),
  };

  /** @param {number} step */
  const show = (step) => {
    const at = (/** @type {readonly number[] | undefined} */ line) => line?.[step] ?? 0;
    const seconds = step * data.stepSeconds;
    const unaware = data.nodes.map((_, node) => at(replay.unawareOn[node]));
    const shares = [
      ...data.nodes.flatMap((_, node) => [
        {
          box: node,
          state: /** @type {const} */ ('reports'),
          agents: at(replay.connected[node]) - (unaware[node] ?? 0),
        },
        { box: node, state: /** @type {const} */ ('unaware'), agents: unaware[node] ?? 0 },
      ]),
      { box: data.nodes.length, state: /** @type {const} */ ('looking'), agents: at(replay.looking) },
    ];
    placeCells(cells, shares, perCell);
    const origin = yard.getBoundingClientRect();
    const places = boxes.map(({ field }) => {
      const { left, bottom, width } = field.getBoundingClientRect();
      return {
        left: left - origin.left,
        bottom: bottom - origin.top,
        columns: Math.max(1, Math.floor(width / cellSize)),
      };
    });
    cells.forEach(({ box, state, slot }, cell) => {
      const shape = /** @type {SVGElement} */ (shapes[cell]);
      const place = places[box];
      const kind = state === 'reports' ? `cell reports on-${box}` : `cell ${state}`;
      if (shape.getAttribute('class') !== kind) shape.setAttribute('class', kind);
      if (!place) return;
      const x = place.left + (slot % place.columns) * cellSize + 1;
      const y = place.bottom - (Math.floor(slot / place.columns) + 1) * cellSize + 1;
      shape.style.transform = `translate(${x}px, ${y}px)`;
    });
    const going = replay.faults.filter(({ from, to }) => from <= seconds && seconds < (to ?? Infinity));
    data.nodes.forEach((_, node) => {
      const own = going.filter(({ nodes }) => nodes.includes(node)).map(({ kind }) => faultWords[kind] ?? kind);
      boxes[node]?.tell(at(replay.connected[node]), [...new Set(own)].join(', '));
    });
    boxes.at(-1)?.tell(at(replay.looking), '');
    const notNoticed = at(replay.unaware);
    const reporting = replay.connected.reduce((sum, line) => sum + at(line), -notNoticed);
    rows.agents.textContent = `${count(reporting)} report, ${count(notNoticed)} have not noticed that nobody hears them, ${count(at(replay.looking))} look for a node`;
    if (rows.balancer) rows.balancer.textContent = marksAt(data, mode, step);
    if (rows.dashboard && replay.shown) {
      const wrong = [
        at(replay.shown.falseActive) > 0
          ? `${count(at(replay.shown.falseActive))} as active though nobody hears them`
          : '',
        at(replay.shown.falseDisconnected) > 0
          ? `${count(at(replay.shown.falseDisconnected))} as disconnected though a node hears them`
          : '',
      ].filter((text) => text !== '');
      rows.dashboard.textContent = `shows ${count(at(replay.shown.active))} as active, ${count(at(replay.shown.disconnected))} as disconnected${wrong.length > 0 ? `; wrongly ${wrong.join(', ')}` : ''}`;
    }
  };
  return { root, show };
}

/** What the balancers pass over. @param {PageData} data @param {PageMode} mode @param {number} step */
function marksAt(data, { replay }, step) {
  const several = new Set(replay.marks.map(({ balancer }) => balancer)).size > 1;
  const down = replay.marks.flatMap(({ balancer, node, changes }) => {
    const [, share = 0] = changes.findLast(([from]) => from <= step) ?? [];
    if (share === 0) return [];
    const part = share < 1 ? ` in ${Math.round(share * 100)} % of its processes` : '';
    return [`${several ? `${balancer}: ` : ''}${data.nodes[node]?.name ?? ''}${part}`];
  });
  return down.length === 0 ? 'passes nobody over' : `passes over ${down.join(', ')}`;
}

/** @param {string} name */
function boxOf(name) {
  const amount = element('b', { class: 'amount' });
  const state = element('span', { class: 'state' });
  const field = element('div', { class: 'field' });
  const root = element('div', { class: 'box' }, [
    element('div', { class: 'box-head' }, [element('span', { class: 'box-name', title: name }, [name]), amount]),
    field,
    state,
  ]);
  return {
    root,
    field,
    /** @param {number} agents @param {string} trouble */
    tell(agents, trouble) {
      amount.textContent = count(agents);
      state.textContent = trouble;
      root.classList.toggle('hit', trouble !== '');
    },
  };
}

/** @param {HTMLElement} list @param {string} who */
function knownRow(list, who) {
  const what = element('dd');
  list.append(element('div', {}, [element('dt', {}, [who]), what]));
  return what;
}
