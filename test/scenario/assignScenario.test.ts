// Which balancer of a mode is asked, and for whom.
import { expect, test } from 'vitest';
import { balancerOf } from '../../src/scenario/assignScenario.ts';
import type { Problem } from '../../src/scenario/problem.ts';
import { modeOf } from '../support/scenarios.ts';

const mode = modeOf({
  modes: `{ lb: { balancers: { edge: { nlb: { targets: [lb1] } }, lb1: { envoy: { hosts: [worker01] }, addresses: [10.0.0.11] },
    front: { vip: { of: [lb1] } } }, servers: [edge] } }`,
});

test('any agent may come to a balancer that stands behind another', () => {
  expect(balancerOf(mode, 'lb1', [])).toMatchObject({ balancerIndex: 1, listenerOf: [0] });
});

test('an address that moves chooses nothing: who has it is to be asked', () => {
  const problems: Problem[] = [];

  expect(balancerOf(mode, 'front', problems)).toBeNull();
  expect(problems.map(({ text }) => text)).toEqual([expect.stringContaining('Ask who has it: lb1.')]);
  expect(balancerOf(mode, null, problems)).toMatchObject({ balancerIndex: 0 });
});
