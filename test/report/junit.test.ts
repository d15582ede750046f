import { expect, test } from 'vitest';
import type { Comparison, Verdict } from '../../src/metrics/comparison.ts';
import { junitXml } from '../../src/report/junit.ts';
import { aComparison, anExpectation, nastyName } from '../support/comparison.ts';

function withVerdicts(...verdicts: readonly Verdict[]): Comparison {
  return { ...aComparison(), expectations: verdicts.map((verdict) => anExpectation(verdict)) };
}

const lenient = { strict: false, inconclusive: 'open' } as const;

test('an expectation is a test case: breached fails, undecided is an error, one about which the run says nothing is skipped', () => {
  const xml = junitXml([withVerdicts('pass', 'breached', 'inconclusive', 'vacuous')], lenient);

  expect(xml).toMatch(/<testsuite name="[^"]+" tests="4" failures="1" errors="1" skipped="1" time="0">/);
  expect(xml.match(/<testcase /g)).toHaveLength(4);
  expect(xml).toContain('file="scenarios/crash.yaml" line="12"');
  expect(xml).toMatch(/<failure message="3 % is not below 0.1 %" type="breached">scenarios\/crash.yaml:12: /);
  expect(xml).toContain('<error message="3 % is not below 0.1 %" type="inconclusive">');
  expect(xml).toContain('<skipped message=');
});

test('whoever is strict fails what says nothing, and may take the undecided either way', () => {
  const comparison = withVerdicts('inconclusive', 'vacuous');

  const strict = junitXml([comparison], { strict: true, inconclusive: 'fail' });
  const easy = junitXml([comparison], { strict: false, inconclusive: 'pass' });

  expect(strict).toContain('tests="2" failures="2" errors="0" skipped="0"');
  expect(easy).toContain('tests="2" failures="0" errors="0" skipped="1"');
  expect(easy).toContain('<system-out>inconclusive: 3 % is not below 0.1 %</system-out>');
});

test('each scenario is a suite of one document', () => {
  const xml = junitXml([withVerdicts('pass'), withVerdicts('pass', 'pass')], lenient);

  expect(xml.match(/<\?xml /g)).toHaveLength(1);
  expect(xml.match(/<testsuite /g)).toHaveLength(2);
});

test('names stay text: no element, attribute or control character comes of them', () => {
  const plain = aComparison();
  const comparison: Comparison = {
    ...plain,
    scenario: { ...plain.scenario, name: nastyName, title: nastyName, seed: nastyName },
    expectations: [anExpectation('breached', nastyName, `${nastyName}]]>\u202e`)],
  };

  const xml = junitXml([comparison], lenient);

  expect(xml).not.toContain('<script');
  expect(xml).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
  expect(xml.match(/<testcase /g)).toHaveLength(1);
  expect(xml).toContain('&lt;script&gt;');
});
