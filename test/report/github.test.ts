import { expect, test } from 'vitest';
import type { Comparison, Verdict } from '../../src/metrics/comparison.ts';
import { annotations, jobSummary, problemAnnotations } from '../../src/report/github.ts';
import { aComparison, anExpectation, nastyName } from '../support/comparison.ts';

const lenient = { strict: false, inconclusive: 'open' } as const;

function withExpectation(verdict: Verdict, text: string, detail: string, file?: string): Comparison {
  return { ...aComparison(), expectations: [anExpectation(verdict, text, detail, file)] };
}

const same = (file: string): string => file;

test('what is breached is an error on its line, what is undecided or says nothing a warning, what holds is not told', () => {
  const of = (verdict: Verdict): readonly string[] =>
    annotations(withExpectation(verdict, 'failover.loss.share < 0.1%', '3 % is not below 0.1 %'), lenient, same);

  expect(of('breached')).toEqual([
    '::error file=scenarios/crash.yaml,line=12,col=5,title=worker-crash%3A breached::failover.loss.share < 0.1%25: 3 %25 is not below 0.1 %25',
  ]);
  expect(of('inconclusive')[0]).toMatch(/^::warning file=/);
  expect(of('vacuous')[0]).toMatch(/^::warning .*says nothing/);
  expect(of('pass')).toEqual([]);
});

test('a name cannot end its annotation, add a property or begin another command', () => {
  const hostile = `${nastyName},line=1::\r\n::add-mask::x`;

  const [line, ...others] = annotations(withExpectation('breached', hostile, hostile, hostile), lenient, same);

  expect(others).toEqual([]);
  expect(line).not.toMatch(/[\r\n]/);
  expect(line!.startsWith('::error file=')).toBe(true);
  const [, properties] = /^::error (.*?)::/.exec(line!)!;
  expect(properties!.split(',').map((each) => each.split('=')[0])).toEqual(['file', 'line', 'col', 'title']);
});

test('a mistake in a file is an error on its line', () => {
  const problems = [
    { position: { file: 'a.yaml', line: 3, column: 7 }, text: 'expected a duration' },
    { position: null, text: 'no such file' },
  ];

  expect(problemAnnotations('a.yaml', problems, (file) => `ops/${file}`)).toEqual([
    '::error file=ops/a.yaml,line=3,col=7,title=fleetfall::expected a duration',
    '::error file=ops/a.yaml,line=1,col=1,title=fleetfall::no such file',
  ]);
});

test("a job's summary begins with the verdict and folds the rest; with less room it is shorter, without any there is none", () => {
  const comparison = withExpectation('breached', 'failover.loss.share < 0.1%', '3 %');

  const whole = jobSummary(comparison, 1_000_000)!;
  const short = jobSummary(comparison, Buffer.byteLength(whole) - 1)!;

  expect(whole.split('\n').slice(0, 3).join('\n')).toContain(`**${comparison.verdict.slice(0, 20)}`);
  expect(whole).toContain('<details><summary>');
  expect(whole.indexOf('BREACHED')).toBeLessThan(whole.indexOf('<details>'));
  expect(whole).not.toContain('charts/');
  expect(short).not.toContain('<details>');
  expect(jobSummary(comparison, 10)).toBeNull();
});

test('names in the summary of a job are text', () => {
  const plain = withExpectation('breached', nastyName, nastyName);
  const summary = jobSummary({ ...plain, scenario: { ...plain.scenario, title: nastyName } }, 1_000_000)!;

  expect(summary).not.toContain('<script');
  expect(summary).not.toContain('\u001b');
});
