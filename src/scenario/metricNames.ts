// Names of the metrics a scenario may expect something of, their units, and what may select among them.
// metrics/ computes them; docs/MODEL.md defines them.
import { lossCauses } from '../models/ledger.ts';

/** Times are µs, shares are of one. */
export type MetricUnit = 'share' | 'events' | 'agents' | 'us' | 'ratio' | 'perSecond' | 'count';

export type SelectorKey = 'group' | 'fault' | 'node';

export interface MetricDefinition {
  readonly unit: MetricUnit;
  readonly selectors: readonly SelectorKey[];
}

const percentiles = ['p50', 'p90', 'p95', 'p99'];

function define(): Record<string, MetricDefinition> {
  const all: Record<string, MetricDefinition> = {};
  const add = (unit: MetricUnit, selectors: readonly SelectorKey[], names: readonly string[]): void => {
    for (const name of names) all[name] = { unit, selectors };
  };
  add('events', ['group'], ['events.produced', 'events.delivered', 'events.lost', 'events.pending']);
  add('share', ['group'], ['loss.share']);
  add('us', ['group'], ['loss.seconds']);
  add(
    'events',
    ['group'],
    lossCauses.map((cause) => `loss.${cause}`),
  );
  for (const family of ['reconnect', 'reconnect.detect', 'reconnect.retry', 'reconnect.handshake']) {
    add(
      'us',
      ['group', 'fault', 'node'],
      [...percentiles, 'max', 'mean'].map((name) => `${family}.${name}`),
    );
  }
  add('count', ['group', 'fault', 'node'], ['reconnect.count', 'reconnect.unfinished']);
  add('us', ['group', 'fault', 'node'], ['reconnect.until95']);
  for (const family of ['skew.agents', 'skew.events']) {
    add(
      'ratio',
      ['node'],
      ['before', 'during', 'after', 'peak'].map((name) => `${family}.${name}`),
    );
    add('ratio', [], [`${family}.cv`]);
  }
  add('share', ['group'], ['moved.share']);
  add('us', [], ['rebalanced.after']);
  add('perSecond', ['node'], ['storm.connects']);
  add('count', ['node'], ['storm.refused', 'storm.overflow']);
  add('count', [], ['storm.failed']);
  add('us', [], ['delay.p50', 'delay.p99', 'delay.max', 'delay.mean']);
  add('us', ['group'], ['blindness.p50', 'blindness.p99', 'blindness.max']);
  add('perSecond', ['node'], ['headroom.n1']);
  return all;
}

export const metricDefinitions: Readonly<Record<string, MetricDefinition>> = define();

export const metricNames: readonly string[] = Object.keys(metricDefinitions);

export function metricDefinition(name: string): MetricDefinition | undefined {
  return Object.hasOwn(metricDefinitions, name) ? metricDefinitions[name] : undefined;
}
