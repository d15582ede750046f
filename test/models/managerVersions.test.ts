import { expect, test } from 'vitest';
import { dropsQueuedOnClose, handlesControlInline, keyRuleOf, refusesKey } from '../../src/models/managerVersions.ts';

test('up to 4.12 the handlers write control messages to the database themselves', () => {
  expect(['4.0.0', '4.12.0', '4.13.0', '4.14.7'].map(handlesControlInline)).toEqual([true, true, false, false]);
});

test('before 4.6 what waits from a connection that has closed is thrown away', () => {
  expect(['4.0.0', '4.5.4', '4.6.0', '4.14.7'].map(dropsQueuedOnClose)).toEqual([true, true, false, false]);
});

test('a key that is in use: pointed anew up to 4.3, refused in 4.4.0 to 4.5.1, overtaken after a silence from 4.5.2', () => {
  const rules = ['4.0.0', '4.3.11', '4.4.0', '4.5.1', '4.5.2', '4.14.7'].map((version) => keyRuleOf(version, 60).kind);

  expect(rules).toEqual(['repoint', 'repoint', 'refuse', 'refuse', 'overtake', 'overtake']);
});

test('whoever comes back within the overtake time is refused, to the second', () => {
  const rule = keyRuleOf('4.9.2', 60);

  expect([0, 59, 60, 61].map((seconds) => refusesKey(rule, seconds))).toEqual([true, true, true, false]);
  expect(refusesKey(keyRuleOf('4.5.1', 60), 100_000)).toBe(true);
  expect(refusesKey(keyRuleOf('4.3.0', 60), 0)).toBe(false);
});

test('an overtake time of 0 lets nobody overtake', () => {
  expect(refusesKey(keyRuleOf('4.14.7', 0), 100_000)).toBe(true);
});
