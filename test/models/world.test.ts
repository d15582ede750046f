// Agents with a list of nodes (failover mode), instant by instant. Expected tables: the real agent 4.9.2, measured.
import { expect, test } from 'vitest';
import { first, play } from '../support/stories.ts';
import { aWorld, fault, minute } from '../support/worlds.ts';

const quiet = { ratePerSecond: 0 };

test('force_reconnect_interval makes an agent leave a node that hangs before the missing ACK does', () => {
  const group = { count: 1, version: '4.9.2', list: [1, 2], events: quiet };
  const leaves = (forceReconnectIntervalSeconds: number): string => {
    const story = play(
      aWorld({
        groups: [{ ...group, agent: { forceReconnectIntervalSeconds } }],
        faults: [fault('hang', 'worker01', 100, null)],
      }),
      { fromSeconds: 100 },
    );
    return first(story, 'noticed').text;
  };

  // Wazuh 4.9.2, src/client-agent/notify.c, run_notify(): both are looked at in every turn of the main loop.
  expect(leaves(40)).toBe('forced');
  expect(leaves(0)).toBe('silence');
});

test('a forced reconnect goes to the node the agent is on, not to the first of its list', () => {
  const story = play(
    aWorld({
      groups: [
        { count: 1, version: '4.9.2', list: [1, 2], events: quiet, agent: { forceReconnectIntervalSeconds: 30 } },
      ],
      faults: [fault('kill', 'worker01', 5, 60)],
      durationUs: 4 * minute,
    }),
    { fromSeconds: 70 },
  );

  const handshakes = story.moments.filter(({ what }) => what === 'handshake');
  expect(handshakes.length).toBeGreaterThan(3);
  expect(new Set(handshakes.map(({ text }) => text))).toEqual(new Set(['worker02']));
  // Measured: every 30.03 s.
  const gaps = handshakes.slice(1).map(({ seconds }, i) => seconds - handshakes[i]!.seconds);
  for (const gap of gaps) expect(Math.abs(gap - 30.03)).toBeLessThan(0.1);
});
