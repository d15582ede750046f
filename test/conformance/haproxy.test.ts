// Sessions of the real HAProxy 2.6.12 on loopback, reproduced to the last one. Fixtures: test/fixtures/haproxy/README.md.
import { expect, test } from 'vitest';
import { fixture, measuredSteps, replay } from '../support/haproxyMeasured.ts';

const configs = JSON.parse(fixture('configs.json').toString()) as Record<string, readonly string[]>;
const steps = measuredSteps();

test.each(Object.keys(configs))('%s: every session lands where it landed', (name) => {
  const measured = steps.get(name)!;
  const holds = /[;[]/.test(measured);

  const { all, wrong } = replay(configs[name]!, measured, !holds);

  expect(all).toBe(holds || /rr_/.test(name) ? 5200 : 6000);
  expect(wrong).toEqual([]);
});

test('a choice that is not the measured one is found', () => {
  const measured = steps.get('a_source_map_3')!;

  expect(replay(configs['a_source_map_3']!, `b${measured.slice(1)}`, true).wrong).toEqual(['0: b, not a']);
});
