// What the dashboard showed of the agents, and when it learnt of outages.
import { outagesOf } from './reconnect.ts';
import { agentsOf, groupsOf, type RunView, type Selection } from './selection.ts';
import { statistic } from './statistics.ts';

/** @param name behind `status.`. @returns `null`: no node is the master, or nobody in the selection is concerned. */
export function status(run: RunView, selection: Selection, name: string): number | null {
  const { status: shown } = run.books;
  if (shown === null) return null;
  const [what = '', of = ''] = name.split('.');
  switch (what) {
    case 'falseDisconnected':
    case 'falseActive': {
      const times = what === 'falseActive' ? shown.falseActiveUs : shown.falseDisconnectedUs;
      const { from, to } = agentsOf(run.world, selection);
      const concerned = times.slice(from, to).filter((us) => us > 0);
      if (of === '') return concerned.length;
      if (of === 'peak') return Math.max(...shown.timeline[what]);
      return statistic(concerned.sort(), of);
    }
    case 'known': {
      const times = outagesOf(run, selection).map((row) => shown.knownUs[row]!);
      return statistic(Float64Array.from(times.filter((us) => !Number.isNaN(us))).sort(), of);
    }
    case 'alerts':
    case 'falseAlerts': {
      const counts = shown[what];
      return groupsOf(counts, selection).reduce((sum, count) => sum + count, 0);
    }
    default:
      throw new Error(`unknown metric status.${name}`);
  }
}
