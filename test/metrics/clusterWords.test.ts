// How newcomers get in, and what the dashboard says, in words.
import { expect, test } from 'vitest';
import { clusterSentences } from '../../src/metrics/clusterWords.ts';
import { metricNames } from '../../src/scenario/metricNames.ts';
import type { ReplicationNumbers } from '../../src/metrics/numbers.ts';
import { replications } from '../support/numbers.ts';
import { minute, second } from '../support/worlds.ts';

/** One replication a list of metrics. */
function runs(...metrics: readonly Readonly<Record<string, number | null>>[]): ReplicationNumbers[] {
  for (const name of metrics.flatMap((each) => Object.keys(each))) expect(metricNames).toContain(name);
  return metrics.map((own) => ({ ...replications({})[0]!, metrics: own }));
}

test('newcomers: when half and when the last are in, and what they met', () => {
  const rollout = {
    'enrolment.agents': 500,
    'enrolment.unfinished': 0,
    'enrolment.key.p50': 26_000,
    'enrolment.firstReport.p50': 20 * second,
    'enrolment.firstReport.max': 30 * second,
    'enrolment.keyUnknown': 26,
    'enrolment.keyUnknown.share': 0.05,
    'enrolment.failed': 3,
    'enrolment.duplicates': 1,
  };

  expect(clusterSentences(runs(rollout, rollout))).toEqual([
    '500 agents come without a key: half of them have it after 26 ms and report after 20.0 s, the last after 30.0 s.',
    '5 % of them come to a node that does not know their key yet (26 refused connections) and try again.',
    '3 requests for a key bring none.',
    '1 request comes from agents that have a valid key.',
  ]);
  expect(
    clusterSentences(runs({ ...rollout, 'enrolment.unfinished': 12, 'enrolment.firstReport.max': Infinity }))[0],
  ).toContain('12 have not when the run ends.');
});

test('the dashboard: when it learns of outages, and what it says wrongly', () => {
  expect(
    clusterSentences(
      runs({
        'status.known.p50': 55 * second,
        'status.known.max': 20 * minute,
        'status.falseDisconnected.peak': 1_000,
        'status.falseDisconnected.max': 30 * second,
        'status.alerts': 40,
        'status.falseAlerts': 2,
      }),
    ),
  ).toEqual([
    'The dashboard learns of half of the outages within 55.0 s, of all within 20 min 0 s.',
    'It shows up to 1,000 agents as disconnected that a node hears, for up to 30.0 s.',
    '40 alerts say that an agent is gone, 2 of them of agents that a node hears.',
  ]);
  expect(clusterSentences(runs({ 'status.known.p50': Infinity, 'status.known.max': Infinity }))).toEqual([
    'Of half of the outages the dashboard does not learn within the run.',
  ]);
  expect(
    clusterSentences(runs({ 'status.falseDisconnected.peak': 7, 'status.falseDisconnected.max': 20 * second })),
  ).toEqual(['The dashboard shows up to 7 agents as disconnected that a node hears, for up to 20.0 s.']);
});

test('a run without newcomers, outages and mistakes of the dashboard says nothing of them', () => {
  expect(clusterSentences(runs({ 'enrolment.agents': 0, 'status.known.p50': null, 'status.alerts': 0 }))).toEqual([]);
});
