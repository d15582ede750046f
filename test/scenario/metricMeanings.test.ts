import { expect, test } from 'vitest';
import { metricMeaning } from '../../src/scenario/metricMeanings.ts';
import { metricNames } from '../../src/scenario/metricNames.ts';

test('every metric says what it is, in a sentence of its own', () => {
  const meanings = metricNames.map(metricMeaning);

  for (const meaning of meanings) expect(meaning).toMatch(/^[A-Z].*\.$/);
  expect(meanings.filter((meaning) => meaning.includes('undefined'))).toEqual([]);
  expect(new Set(meanings).size).toBe(metricNames.length);
});

test('percentiles, periods and causes are told by their names', () => {
  expect(metricMeaning('reconnect.p99')).toBe(
    'The 99th percentile of the time from the break of a session until the agent has a session again that is processed.',
  );
  expect(metricMeaning('skew.events.during')).toContain('from the first fault to the last end');
  expect(metricMeaning('loss.ring')).toContain('client buffer');
  expect(() => metricMeaning('loss.nothing')).toThrow('unknown metric');
});
