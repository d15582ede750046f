// How agents that come without a key get one, and what they meet on their way.
import { agentsOf, type RunView, type Selection } from './selection.ts';
import { statistic } from './statistics.ts';

/** @param name behind `enrolment.`. @returns `null` where only newcomers could tell, and there are none. */
export function enrolment({ books, world }: RunView, selection: Selection, name: string): number | null {
  const { startedUs, keyUs, reportedUs, keyUnknown, failed, duplicates } = books.enrolment;
  const { from, to } = agentsOf(world, selection);
  const newcomers: number[] = [];
  for (let agent = from; agent < to; agent++) if (!Number.isNaN(startedUs[agent]!)) newcomers.push(agent);
  const sum = (counts: Int32Array): number => counts.subarray(from, to).reduce((total, count) => total + count, 0);
  const since = (instants: Float64Array, of: string): number | null =>
    statistic(Float64Array.from(newcomers, (agent) => instants[agent]! - startedUs[agent]!).sort(), of);
  const [what = '', of = ''] = name.split('.');
  switch (what) {
    case 'agents':
      return newcomers.length;
    case 'unfinished':
      return newcomers.length === 0 ? null : newcomers.filter((agent) => reportedUs[agent] === Infinity).length;
    case 'firstReport':
      return since(reportedUs, of);
    case 'key':
      return since(keyUs, of);
    case 'keyUnknown':
      if (of === '') return sum(keyUnknown);
      return newcomers.length === 0
        ? null
        : newcomers.filter((agent) => keyUnknown[agent]! > 0).length / newcomers.length;
    case 'failed':
      return sum(failed);
    case 'duplicates':
      return sum(duplicates);
    default:
      throw new Error(`unknown metric enrolment.${name}`);
  }
}
