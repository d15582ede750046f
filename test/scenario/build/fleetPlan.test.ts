// Who the agents of a group are, and what they write.
import { describe, expect, test } from 'vitest';
import { modeOf, problemsOf, scenarioText } from '../../support/scenarios.ts';

describe('agents', () => {
  test('have the i-th addresses of their range, or drawn ones, and are seen under their NAT addresses', () => {
    const { world } = modeOf({
      fleet: `
  servers: { count: 5, addresses: 10.1.0.0/16, events: { rate: 30/m, size: 1KiB, arrival: regular, source: socket } }
  drawn: { count: 6, addresses: { range: 10.2.0.0/29, draw: yes }, events: { total: 60/s, spread: pareto 1.2 } }
  branch: { count: 2, nat: [203.0.113.7, 198.51.100.0/30], events: { rate: 0/s } }`,
      modes: '{ lb: { nginx: nginx.conf } }',
    });

    expect(world.groups).toMatchObject([
      {
        addresses: { kind: 'range', firstHost: 0x0a010001, hostCount: 65_534 },
        events: {
          ratePerSecond: 0.5,
          sizeBytes: 1024,
          arrival: 'regular',
          source: 'socket',
          spread: { kind: 'equal' },
        },
      },
      {
        addresses: { kind: 'draw', firstHost: 0x0a020001, hostCount: 6 },
        events: {
          ratePerSecond: 10,
          spread: { kind: 'pareto', alpha: 1.2 },
          arrival: 'poisson',
          source: 'logcollector',
        },
      },
      { nat: [0xcb007107, 0xc6336401, 0xc6336402] },
    ]);
  });

  test('whose addresses decide and are not given are taken to have some, which is said', () => {
    expect(modeOf({ modes: '{ lb: { nginx: nginx.conf } }' }).assumptions).toContain(
      'The agents of servers are taken to have addresses of 10.1.0.0/16.',
    );
  });

  test('with events of nobody, or more than their range holds, are refused', () => {
    expect(
      problemsOf(
        scenarioText({
          fleet:
            '{ a: { count: 300, addresses: 10.1.0.0/24, events: {} }, b: { count: 1, events: { rate: 1/s, total: 2/s } } }',
        }),
      ),
    ).toEqual([
      '4:38  fleet.a.addresses: 10.1.0.0/24 has 254 host addresses for 300 agents. Give a larger range.',
      '4:59  fleet.a.events: give either rate (of one agent) or total (of the group).',
      '4:88  fleet.b.events: give either rate (of one agent) or total (of the group).',
    ]);
  });
});
