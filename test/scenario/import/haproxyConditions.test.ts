import { expect, test } from 'vitest';
import { parseHaproxyVersion } from '../../../src/models/balancer/haproxy/versions.ts';
import { evaluateCondition } from '../../../src/scenario/import/haproxyConditions.ts';

const context = {
  version: parseHaproxyVersion('2.6.12')!,
  env: new Map<string, string | null>([
    ['SET', 'x'],
    ['UNSET', null],
  ]),
};

// HAProxy 2.6.12, configuration.txt 2.4; each was tried on it.
test.each([
  ['', false],
  ['0', false],
  ['7', true],
  ['!0', true],
  ['!!1', true],
  ['1 && 0', false],
  ['1 || 0 && 0', true],
  ['(1 || 0) && 0', false],
  ['defined(SET)', true],
  ['defined(UNSET)', false],
  ['streq(a,a)', true],
  ['streq("a,b",a)', false],
  ['strneq(a,b)', true],
  ['version_atleast(2.6)', true],
  ['version_atleast(2.6.13)', false],
  ['version_atleast(2.4-dev19)', true],
  ['version_before(2.7-dev1)', true],
  ['version_before(2.6.12)', false],
])('%s is %s', (text, holds) => {
  expect(evaluateCondition(text, context)).toBe(holds);
});

test('what is built in is taken from a distribution, which is said', () => {
  expect(evaluateCondition('feature(OPENSSL)', context)).toMatchObject({ kind: 'assumed', value: true });
  expect(evaluateCondition('!feature(WURFL)', context)).toMatchObject({ kind: 'assumed', value: true });
});

test.each([
  ['foo', 'is not understood'],
  ['1 1', 'is not understood'],
  ['1 &&', 'something is missing at its end'],
  ['(1', 'a ")" is missing'],
  ['streq(a)', 'streq takes two values'],
  ['version_atleast(x)', '"x" is no version'],
  ['defined(NOBODY)', 'it is not known whether NOBODY is set'],
  ['enabled(POLL)', 'enabled() cannot be known here'],
  [`${'('.repeat(100)}1`, 'nested more than 64 deep'],
])('%s is refused: %s', (text, said) => {
  const result = evaluateCondition(text, context);

  expect(typeof result === 'object' && result.kind === 'problem' && result.text).toContain(said);
});
