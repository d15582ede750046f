// What the verdict says is taken for granted.
import { expect, test } from 'vitest';
import { modeOf, type Parts } from '../../support/scenarios.ts';

test('which of the two kinds of dead host applies is said, for each pair if they differ', () => {
  const faults = '[{ at: 10m, powerOff: worker01 }]';
  const assumed = (parts: Parts): string[] =>
    modeOf({ ...parts, faults }).assumptions.filter((text) => text.includes('gone'));

  expect(assumed({})).toEqual([
    'Agents in front of a host that is gone: packets vanish (routed), connects run into the SYN time-out.',
  ]);
  expect(assumed({ modes: '{ lb: { nginx: nginx.conf } }' })).toEqual([
    'The balancer in front of a host that is gone: ARP fails (sameSegment) after 3 s.',
  ]);
  expect(
    assumed({
      fleet:
        '{ servers: { count: 1, events: { rate: 1/s } }, branch: { count: 1, events: { rate: 1/s }, unreachable: sameSegment } }',
    }),
  ).toEqual([
    'Agents of servers in front of worker01, worker02 when it is gone: packets vanish (routed), connects run into the SYN time-out.',
    'Agents of branch in front of worker01, worker02 when it is gone: ARP fails (sameSegment) after 3 s.',
  ]);
});

test('agents that are newer than their managers are assumed to be let in', () => {
  expect(
    modeOf({ modes: '{ list: { servers: [worker01], set: { cluster.version: 4.12.0 } } }' }).assumptions,
  ).toContain('Managers of 4.12.0 are taken to let in agents of later releases (<allow_higher_versions>).');
});
