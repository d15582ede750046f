// The value of a metric in one run, by its name.
import { metricDefinition } from '../scenario/metricNames.ts';
import { enrolment } from './enrolment.ts';
import { backtest } from './backtest.ts';
import { buffer } from './buffer.ts';
import { helper } from './helper.ts';
import { movedShare, rebalancedAfter, skew } from './imbalance.ts';
import { blindness, delay, firstDrop, headroom, storm } from './load.ts';
import { events, isCause, lostByCause, lostSeconds, lostShare } from './loss.ts';
import { placementAgreement } from './placement.ts';
import { reconnect } from './reconnect.ts';
import { agentsOf, type RunView, type Selection } from './selection.ts';
import { status } from './status.ts';

/**
 * In the metric's own unit; Infinity: not finished within the run; `null`: this run says nothing about it.
 * @throws an Error for a name that is no metric: the loader has checked.
 */
export function metricValue(name: string, run: RunView, selection: Selection): number | null {
  if (!metricDefinition(name)) throw new Error(`unknown metric ${name}`);
  const dot = name.indexOf('.');
  const family = name.slice(0, dot);
  const rest = name.slice(dot + 1);
  switch (family) {
    case 'events':
      return events(run, selection, rest);
    case 'loss':
      if (rest === 'share') return lostShare(run, selection);
      if (rest === 'seconds') return lostSeconds(run, selection);
      if (isCause(rest)) return lostByCause(run, selection, rest);
      break;
    case 'reconnect':
      return reconnect(run, selection, rest);
    case 'skew': {
      const [of, when = ''] = rest.split('.');
      if (of === 'agents' || of === 'events') return skew(run, selection, of, when);
      break;
    }
    case 'moved': {
      const { from, to } = agentsOf(run.world, selection);
      return movedShare(run, from, to);
    }
    case 'rebalanced':
      return rebalancedAfter(run, selection);
    case 'storm':
      return storm(run, selection, rest);
    case 'delay':
      return delay(run, rest);
    case 'blindness':
      return blindness(run, selection, rest);
    case 'buffer':
      return buffer(run, selection, rest);
    case 'headroom':
      return rest === 'firstDrop' ? firstDrop(run, selection) : headroom(run, selection);
    case 'placement':
      return placementAgreement(run, selection);
    case 'backtest':
      return backtest(run, selection, rest);
    case 'status':
      return status(run, selection, rest);
    case 'helper':
      return helper(run, rest);
    case 'enrolment':
      return enrolment(run, selection, rest);
    default:
  }
  throw new Error(`metric ${name} is named but not computed`);
}
