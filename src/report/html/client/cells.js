// Cells of agents that stand on nodes: which cell is where, so that as few as possible move from one instant to the next.

/** Where cells can be: on a node, aware or not, looking for one, or nowhere yet. */
/** @typedef {{ readonly box: number, readonly state: 'reports' | 'unaware' | 'looking', readonly agents: number }} Share */
/** @typedef {{ box: number, state: Share['state'] | 'absent', slot: number }} Cell */

/** @param {number} agents */
export function cellsFor(agents) {
  return Math.max(1, Math.min(agents, 200));
}

/**
 * Whole cells for amounts of agents: largest remainder, and whoever is there at all has a cell where there are enough.
 * @param {readonly number[]} amounts
 * @param {number} agentsPerCell
 */
export function apportion(amounts, agentsPerCell) {
  const total = amounts.reduce((sum, amount) => sum + amount, 0);
  const cells = Math.round(total / agentsPerCell);
  const exact = amounts.map((amount) => amount / agentsPerCell);
  const whole = exact.map((value, index) => Math.max(Math.floor(value), (amounts[index] ?? 0) > 0 ? 1 : 0));
  let rest = cells - whole.reduce((sum, value) => sum + value, 0);
  const byRemainder = exact
    .map((value, index) => ({ index, remainder: value - (whole[index] ?? 0) }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index);
  for (const { index } of byRemainder) {
    if (rest <= 0) break;
    whole[index] = (whole[index] ?? 0) + 1;
    rest -= 1;
  }
  // Those that got a cell for being there at all take it from who has most.
  while (rest < 0) {
    const most = whole.reduce((best, value, index) => (value > (whole[best] ?? 0) ? index : best), 0);
    if ((whole[most] ?? 0) <= 1) break;
    whole[most] = (whole[most] ?? 0) - 1;
    rest += 1;
  }
  return whole;
}

/**
 * Moves cells until each share has its own; those that may stay do.
 * @param {Cell[]} cells
 * @param {readonly Share[]} shares
 * @param {number} agentsPerCell
 */
export function placeCells(cells, shares, agentsPerCell) {
  const wanted = apportion(
    shares.map(({ agents }) => agents),
    agentsPerCell,
  );
  /** @type {Cell[]} */
  const free = [];
  const left = [...wanted];
  for (const cell of cells) {
    const at = shares.findIndex(({ box, state }) => cell.box === box && cell.state === state);
    if (at >= 0 && (left[at] ?? 0) > 0) left[at] = (left[at] ?? 0) - 1;
    else free.push(cell);
  }
  // Who stays on its node and only learns or forgets something comes first.
  shares.forEach(({ box, state }, at) => {
    for (let index = 0; index < free.length && (left[at] ?? 0) > 0;) {
      const cell = /** @type {Cell} */ (free[index]);
      if (cell.box !== box) index += 1;
      else {
        cell.state = state;
        left[at] = (left[at] ?? 0) - 1;
        free.splice(index, 1);
      }
    }
  });
  shares.forEach(({ box, state }, at) => {
    for (; (left[at] ?? 0) > 0; left[at] = (left[at] ?? 0) - 1) {
      const cell = free.shift();
      if (!cell) return;
      cell.box = box;
      cell.state = state;
    }
  });
  for (const cell of free) {
    cell.box = -1;
    cell.state = 'absent';
  }
  /** @type {Map<number, number>} */
  const filled = new Map();
  const inOrder = [...cells].sort((a, b) => Number(a.state === 'unaware') - Number(b.state === 'unaware'));
  for (const cell of inOrder) {
    cell.slot = filled.get(cell.box) ?? 0;
    filled.set(cell.box, cell.slot + 1);
  }
}
