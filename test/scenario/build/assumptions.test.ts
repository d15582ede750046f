// What the verdict says is taken for granted.
import { describe, expect, test } from 'vitest';
import { clusterOf, fleetOf, modeOf, type Parts } from '../../support/scenarios.ts';

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

test('what is said of a kernel is what it is set to', () => {
  const of = (kernel: string): string =>
    modeOf({
      fleet: `{ servers: { count: 1, events: { rate: 1/s }, unreachable: sameSegment, agent: { kernel: ${kernel} } } }`,
      faults: '[{ at: 10m, powerOff: worker01 }]',
    }).assumptions.join('\n');

  expect(of('{ arpTimeout: 9s }')).toContain('ARP fails (sameSegment) after 9.0 s.');
  expect(of('{ sendBuffer: { silent: 10kB } }')).toContain(
    'A connection takes 10 kB in front of a silent peer and 2000 kB in front of a hung one (as kernel.sendBuffer says).',
  );
});

test('a restart is assumed to take its time only where a configuration is acted on', () => {
  const of = (restarts: string): boolean =>
    modeOf({ faults: `[{ at: 10m, pushConfig: { groups: agents, restarts: ${restarts} } }]` }).assumptions.some(
      (text) => text.includes('restartTime'),
    );

  expect([of('yes'), of('no')]).toEqual([true, false]);
});

test('agents that are newer than their managers are assumed to be let in', () => {
  expect(
    modeOf({ modes: '{ list: { servers: [worker01], set: { cluster.version: 4.12.0 } } }' }).assumptions,
  ).toContain('Managers of 4.12.0 are taken to let in agents of later releases (<allow_higher_versions>).');
});

describe('what is assumed', () => {
  test('of a preview stands first with every verdict that has one, of agents or of managers', () => {
    const preview = /^PREVIEW: 5\.0\.0 is played as the source of 5\.0\.0-beta4 reads/;
    for (const parts of [{ fleet: fleetOf('5.0.0'), cluster: clusterOf('5.0.0') }, { cluster: clusterOf('5.0.0') }]) {
      expect(modeOf(parts).assumptions.filter((text) => preview.test(text))).toHaveLength(1);
    }
    expect(modeOf({}).assumptions.filter((text) => text.startsWith('PREVIEW'))).toEqual([]);
  });

  test('of a branch, of Windows, and of managers that must be told to take a transport', () => {
    const { assumptions } = modeOf({ fleet: fleetOf('4.14.9', ', platform: windows'), cluster: clusterOf('3.13.6') });

    expect(assumptions).toContain('4.14.9 is known from its branch only, before a release.');
    expect(assumptions).toContain(
      'Windows agents: connect() to a host that is gone gives up after 21 s (not measured).',
    );
    expect(assumptions).toContain('The managers are taken to listen on TCP as well (<protocol> of their <remote>).');
  });
});
