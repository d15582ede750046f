// A run against what was observed: how far the simulated number of agents on each node is from the real one.
import type { RunView, Selection } from './selection.ts';

export interface BacktestError {
  readonly node: string;
  /** Instants compared. */
  readonly points: number;
  /** Mean of |simulated − observed|, in agents. */
  readonly agents: number;
  /** Sum of |simulated − observed| ÷ sum of the observed; `null`: nobody was observed. */
  readonly share: number | null;
}

/** One entry a node that was observed and that the mode has. */
export function backtestErrors({ books, world, observed }: RunView): BacktestError[] {
  const { timeline } = books;
  return (observed?.lines ?? []).flatMap(({ node, atUs, agents }) => {
    const index = world.nodes.findIndex(({ name }) => name === node);
    if (index < 0) return [];
    const simulated = timeline.connected[index]!;
    let distance = 0;
    let sum = 0;
    atUs.forEach((us, at) => {
      // A run that ended because everything had settled stays as it was.
      const step = Math.min(timeline.steps - 1, Math.floor(us / timeline.stepUs));
      distance += Math.abs(simulated[step]! - agents[at]!);
      sum += agents[at]!;
    });
    return [{ node, points: atUs.length, agents: distance / atUs.length, share: sum === 0 ? null : distance / sum }];
  });
}

/** @param name `error` in agents, over all instants and nodes; `share` of all agents observed. `null`: nothing was observed. */
export function backtest(run: RunView, { node }: Selection, name: string): number | null {
  const errors = backtestErrors(run).filter((each) => node < 0 || each.node === run.world.nodes[node]!.name);
  const points = errors.reduce((sum, each) => sum + each.points, 0);
  if (points === 0) return null;
  const distance = errors.reduce((sum, each) => sum + each.agents * each.points, 0);
  switch (name) {
    case 'error':
      return distance / points;
    case 'share': {
      const names = new Set(errors.map((each) => each.node));
      const observed = run
        .observed!.lines.filter((line) => names.has(line.node))
        .reduce((sum, line) => sum + line.agents.reduce((a, b) => a + b, 0), 0);
      return observed === 0 ? null : distance / observed;
    }
    default:
      throw new Error(`unknown metric backtest.${name}`);
  }
}
