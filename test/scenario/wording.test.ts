import { expect, test } from 'vitest';
import { durationText, enumerate, listNames, pathText, quote, show } from '../../src/scenario/wording.ts';

test('a path reads as `set` takes it', () => {
  expect(pathText(['faults', 0, 'kill'])).toBe('faults[0].kill');
  expect(pathText(['cluster', 'nodes', '172.0.0.4', 'startup'])).toBe('cluster.nodes["172.0.0.4"].startup');
  expect(pathText(['modes', 'a', 'set', 'b.c'])).toBe('modes.a.set["b.c"]');
  expect(pathText([])).toBe('');
});

test('a value is repeated as it is written, a collection by what it is', () => {
  expect([null, undefined, [], [1], {}, 5, true, 'a "b"'].map(show)).toEqual([
    'nothing',
    'nothing',
    'an empty list',
    'a list',
    'a mapping',
    '5',
    'true',
    '"a \\"b\\""',
  ]);
  expect(quote('x'.repeat(100))).toBe(`"${'x'.repeat(57)}..."`);
  expect(quote('\u001b[31m')).toBe('"\\u001b[31m"');
});

test('names that count upwards are drawn together, long lists are cut', () => {
  expect(listNames([])).toBe('none');
  expect(listNames(['master', 'worker01', 'worker02'])).toBe('master, worker01, worker02');
  expect(listNames(['master', 'worker01', 'worker02', 'worker03', 'worker05'])).toBe(
    'master, worker01 … worker03, worker05',
  );
  expect(listNames(Array.from({ length: 30 }, (_, index) => `n${index * 2}`))).toMatch(/, n44, and 7 more$/);
});

test('words are enumerated as one says them', () => {
  expect(enumerate(['a'])).toBe('a');
  expect(enumerate(['a', 'b', 'c'])).toBe('a, b and c');
  expect(enumerate(['a', 'b'], 'or')).toBe('a or b');
});

test('a duration is told in the unit in which one would write it', () => {
  expect([1_800e6, 5_400e6, 90e6, 86_400e6, 1_500, 1_000].map(durationText)).toEqual([
    '30m',
    '90m',
    '90s',
    '1d',
    '1500us',
    '1ms',
  ]);
});
