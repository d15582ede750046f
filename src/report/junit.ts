// JUnit XML, as pipelines read it: a suite a scenario, a case an expectation.
import { create } from 'xmlbuilder2';
import type { Comparison, ExpectationResult } from '../metrics/comparison.ts';
import { printable } from './escape.ts';
import { judgementOf, type Judgement, type Strictness } from './judgement.ts';

/**
 * One document for all scenarios, ending in a line feed. An expectation is a test case: breached is a failure, undecided an error, and one
 * about which the run says nothing is skipped. `time` is 0: what a run took is no part of its result. Schema: the Ant task's, in the part
 * that Jenkins, GitLab and GitHub's reporters share.
 */
export function junitXml(comparisons: readonly Comparison[], strictness: Strictness): string {
  const root = create({ version: '1.0', encoding: 'UTF-8' }).ele('testsuites', { name: 'fleetfall' });
  for (const comparison of comparisons) {
    const { scenario, expectations, replications, engine, verdict } = comparison;
    const judged = expectations.map((each) => judgementOf(each.verdict, strictness));
    const count = (wanted: Judgement): number => judged.filter((each) => each === wanted).length;
    const suite = root.ele('testsuite', {
      name: printable(scenario.name),
      tests: expectations.length,
      failures: count('fail'),
      errors: count('open'),
      skipped: count('silent'),
      time: 0,
    });
    const properties = suite.ele('properties');
    for (const [name, value] of Object.entries({
      title: scenario.title,
      seed: scenario.seed,
      replications,
      engine,
      input: scenario.inputHash,
    })) {
      properties.ele('property', { name, value: printable(String(value)) });
    }
    expectations.forEach((each, index) => testCase(suite, comparison, each, judged[index]!));
    suite.ele('system-out').txt(printable(verdict));
  }
  return `${root.end({ prettyPrint: true })}\n`;
}

function testCase(
  suite: ReturnType<typeof create>,
  { scenario }: Comparison,
  { expectation, detail, verdict }: ExpectationResult,
  judgement: Judgement,
): void {
  const { file, line } = expectation.position;
  const element = suite.ele('testcase', {
    name: printable(expectation.text),
    classname: printable(scenario.name),
    file: printable(file),
    line,
    time: 0,
  });
  const message = printable(detail);
  const where = printable(`${file}:${line}: ${expectation.text}: ${detail}`);
  if (judgement === 'fail') element.ele('failure', { message, type: verdict }).txt(where);
  else if (judgement === 'open') element.ele('error', { message, type: verdict }).txt(where);
  else if (judgement === 'silent') element.ele('skipped', { message });
  else element.ele('system-out').txt(verdict === 'pass' ? message : `${verdict}: ${message}`);
}
