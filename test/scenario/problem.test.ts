import { expect, test } from 'vitest';
import { formatProblems, nearest, ScenarioError } from '../../src/scenario/problem.ts';

test('problems are listed under the file they belong to, those of other files with their name', () => {
  const error = new ScenarioError('s.yaml', [
    { position: null, text: '--mode: no mode is called "x".' },
    { position: { file: 's.yaml', line: 14, column: 18 }, text: 'expected a duration.' },
    { position: { file: 'nginx.conf', line: 2, column: 1 }, text: 'there is no "stream" block.' },
  ]);

  expect(error.message).toBe(`s.yaml: 3 problems
  --mode: no mode is called "x".
  14:18  expected a duration.
  nginx.conf:2:1  there is no "stream" block.`);
  expect(formatProblems('s.yaml', error.problems.slice(0, 1)).split('\n')[0]).toBe('s.yaml: 1 problem');
});

test('of very many problems a hundred are printed and the others counted', () => {
  const problems = Array.from({ length: 20_000 }, (_, index) => ({ position: null, text: `number ${index}` }));

  const lines = formatProblems('s.yaml', problems).split('\n');

  expect(lines[0]).toBe('s.yaml: 20000 problems');
  expect(lines.slice(-2)).toEqual(['  number 99', '  and 19900 more']);
});

test('a slip of the finger finds the name that was meant, another name finds none', () => {
  const nodes = ['master', 'worker01', 'worker02'];

  expect(nearest('worker1', nodes)).toBe('worker01');
  expect(nearest('Master', nodes)).toBe('master');
  expect(nearest('database', nodes)).toBeUndefined();
  expect(nearest('worker01'.repeat(10_000), nodes)).toBeUndefined();
});
