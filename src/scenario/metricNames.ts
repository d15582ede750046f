// Names of the metrics a scenario may expect something of, their units, and what may select among them.
// metrics/ computes them; docs/MODEL.md defines them.
import { lossCauses } from '../models/ledger.ts';

/** Times are µs, shares are of one. */
export type MetricUnit = 'share' | 'events' | 'agents' | 'us' | 'ratio' | 'perSecond' | 'count';

/** `below` is the skew under which the load counts as even again. */
export type SelectorKey = 'group' | 'fault' | 'node' | 'below';

export interface MetricDefinition {
  readonly unit: MetricUnit;
  readonly selectors: readonly SelectorKey[];
}

const statistics = ['p50', 'p90', 'p95', 'p99', 'max', 'mean'];

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
      statistics.map((name) => `${family}.${name}`),
    );
  }
  add('count', ['group', 'fault', 'node'], ['reconnect.count', 'reconnect.healed', 'reconnect.unfinished']);
  add('agents', ['group', 'fault', 'node'], ['reconnect.agents']);
  add(
    'us',
    ['group', 'fault', 'node'],
    [50, 90, 95, 99, 100].map((percent) => `reconnect.until${percent}`),
  );
  for (const family of ['skew.agents', 'skew.events']) {
    add('ratio', ['node'], [family, ...['before', 'during', 'after', 'peak'].map((name) => `${family}.${name}`)]);
    add('ratio', [], [`${family}.cv`]);
  }
  add('share', ['group'], ['moved.share']);
  add('us', ['below'], ['rebalanced.after']);
  add('perSecond', ['node'], ['storm.connects']);
  add('count', ['node'], ['storm.refused', 'storm.overflow', 'storm.refusedKeys']);
  add('us', ['node'], ['storm.controlWait']);
  add('count', [], ['storm.failed']);
  add('us', ['group'], ['storm.drain']);
  add(
    'us',
    [],
    statistics.map((name) => `delay.${name}`),
  );
  add(
    'us',
    ['group'],
    statistics.map((name) => `blindness.${name}`),
  );
  // Of the agents' client buffers.
  add('us', ['group'], ['buffer.firstFull']);
  add('count', ['group'], ['buffer.full', 'buffer.floods', 'buffer.alerts']);
  add('perSecond', ['node'], ['headroom.n1']);
  add('us', ['node'], ['headroom.firstDrop']);
  add('share', ['group'], ['placement.agreement']);
  add('agents', ['node'], ['backtest.error']);
  add('share', ['node'], ['backtest.share']);
  for (const family of ['status.falseDisconnected', 'status.falseActive']) {
    add('agents', ['group'], [family]);
    add('agents', [], [`${family}.peak`]);
    add(
      'us',
      ['group'],
      statistics.map((name) => `${family}.${name}`),
    );
  }
  add(
    'us',
    ['group', 'fault', 'node'],
    statistics.map((name) => `status.known.${name}`),
  );
  add('count', ['group'], ['status.alerts', 'status.falseAlerts']);
  add('agents', ['group'], ['enrolment.agents', 'enrolment.unfinished']);
  for (const family of ['enrolment.firstReport', 'enrolment.key']) {
    add(
      'us',
      ['group'],
      statistics.map((name) => `${family}.${name}`),
    );
  }
  add('share', ['group'], ['enrolment.keyUnknown.share']);
  add('count', ['group'], ['enrolment.keyUnknown', 'enrolment.failed', 'enrolment.duplicates']);
  // Of Wazuh's HAProxy helper.
  add(
    'count',
    [],
    ['told', 'reconnects', 'moved', 'cut', 'passedOver', 'reloads'].map((name) => `helper.${name}`),
  );
  add('events', [], ['helper.delayed']);
  return all;
}

export const metricDefinitions: Readonly<Record<string, MetricDefinition>> = define();

export const metricNames: readonly string[] = Object.keys(metricDefinitions);

export function metricDefinition(name: string): MetricDefinition | undefined {
  return Object.hasOwn(metricDefinitions, name) ? metricDefinitions[name] : undefined;
}
