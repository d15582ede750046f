import { expect, test } from 'vitest';
import { nginxConf } from '../../support/scenarios.ts';
import { fleet, remarksOf, type LintParts } from '../../support/lint.ts';

const said = (parts: LintParts): string[] => remarksOf('registration', parts);

test('registration that goes to workers is told, with how many of the servers make no keys', () => {
  expect(said({ nginx: { registration: ['172.0.0.3:1515', '172.0.0.4:1515', '172.0.0.5:1515'] } })).toEqual([
    'nginx.conf:6 registration (port 1515) goes to worker01 and worker02 as well, 2 of 3 servers: a worker makes no keys, it asks master. ' +
      "With master down none of the 3 registers anybody, and agents wait for a worker's answer instead of being refused at once. Leave master alone there.",
  ]);
});

test('a balancer without a port for registration is told to agents that register by themselves', () => {
  const files = { 'nginx.conf': nginxConf };

  expect(said({ fleet: fleet(50), files })).toEqual([
    expect.stringMatching(
      /^nginx\.conf:4 nothing answers on port 1515 of the balancer \(it listens on 1514\): of 50 agents /,
    ),
  ]);
  expect(said({ fleet: fleet(50, ', agent: { enrollment: { enabled: no } }'), files })).toEqual([]);
});

test('registration at the master alone is as it should be', () => {
  expect(said({})).toEqual([]);
});
