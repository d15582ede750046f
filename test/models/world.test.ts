// Agents with a list of nodes (failover mode), instant by instant. Expected tables: the real agent 4.9.2, measured.
import { expect, test } from 'vitest';
import { first, play, reached, rows } from '../support/stories.ts';
import { aWorld, fault, minute, type GroupRecipe, type WorldRecipe } from '../support/worlds.ts';

const quiet = { ratePerSecond: 0 };
/** One agent of 4.9.2 on worker01, then worker02; nobody listens on their registration ports. */
const lone: GroupRecipe = { count: 1, version: '4.9.2', list: [1, 2], events: quiet };

/** Seconds from noticing to the handshake with worker02, worker01 being hit at 100 s for good. */
function toTheNext(
  kind: 'kill' | 'powerOff' | 'hang',
  agent: Partial<GroupRecipe> = {},
  world: Partial<WorldRecipe> = {},
): number {
  const story = play(
    aWorld({
      groups: [{ ...lone, ...agent }],
      faults: [fault(kind, 'worker01', 100, null)],
      durationUs: 30 * minute,
      ...world,
    }),
    { fromSeconds: 100 },
  );
  return reached(story, 'worker02');
}

const sameSegment = { unreachable: { agents: 'sameSegment', balancer: 'sameSegment' } } as const;

test.each([
  // Measured, "What an attempt meets"; latency of a millisecond instead of loopback.
  ['refuses', 'kill', {}, {}, 50.01, 0.05],
  ['hangs', 'hang', {}, {}, 350.3, 0.05],
  ['is gone behind a router', 'powerOff', {}, {}, 853, 6],
  ['is gone, enrollment off', 'powerOff', { agent: { enrollment: { enabled: false } } }, {}, 717, 6],
  ['is gone from the own segment', 'powerOff', {}, sameSegment, 68.4, 0.1],
  [
    'refuses, max_retries 1, retry_interval 5',
    'kill',
    { agent: { maxRetries: 1, retryIntervalSeconds: 5 } },
    {},
    5.0,
    0.05,
  ],
  [
    'hangs, max_retries 1, retry_interval 5, recv_timeout 15',
    'hang',
    { agent: { maxRetries: 1, retryIntervalSeconds: 5, internal: { recvTimeoutSeconds: 15 } } },
    {},
    20.02,
    0.05,
  ],
  ['refuses datagrams', 'kill', { protocol: 'udp' }, {}, 50.01, 0.05],
  ['takes datagrams and is silent', 'hang', { protocol: 'udp' }, {}, 350.3, 0.05],
  // Attempts time out after 60 s, the enrollment is TCP: measured 60.1 to 545.0.
  ['is gone, UDP', 'powerOff', { protocol: 'udp' }, {}, 485, 2],
] as const)('from a node that %s (%s) a 4.9.2 agent comes to the next', (_, kind, agent, world, seconds, tolerance) => {
  expect(Math.abs(toTheNext(kind, agent, world) - seconds)).toBeLessThan(tolerance);
});

test.each([
  // Read time-out of the enrollment connection: none up to 4.11.0, agent.recv_timeout from 4.11.1.
  ['4.12.0', 350.3 + 60.06],
  ['4.11.1', 350.3 + 60.06],
  ['4.11.0', Infinity],
])('an agent %s whose node hangs with its registration service comes to the next after %f s', (version, seconds) => {
  const story = play(
    aWorld({
      groups: [{ ...lone, version, list: [0, 1] }],
      faults: [fault('hang', 'master', 100, null)],
      durationUs: 60 * minute,
    }),
    { fromSeconds: 100 },
  );

  if (seconds === Infinity) expect(story.moments.some(({ what }) => what === 'handshake')).toBe(false);
  else expect(reached(story, 'worker01')).toBeCloseTo(seconds, 1);
});

test.each([
  // Wazuh 4.2.1, agent_ping_to_server(): asks on the event port and waits recv_timeout; gone in 4.2.2, nobody on 1515 here.
  ['4.2.1', 'hang', 'tcp', 350.3 + 60.06],
  ['4.2.2', 'hang', 'tcp', 350.3],
  ['4.2.1', 'hang', 'udp', 350.3 + 60.06],
  ['4.2.1', 'powerOff', 'udp', 350.3 + 60.06],
  ['4.2.2', 'powerOff', 'udp', 350.3 + 133.36],
  ['4.2.1', 'kill', 'tcp', 50.01],
] as const)(
  'before it enrolls an agent up to 4.2.1 asks whether the node lives: %s %s %s',
  (version, kind, protocol, s) => {
    expect(toTheNext(kind, { version, protocol })).toBeCloseTo(s, 1);
  },
);

test('an attempt that waits for a hung host is not ended by its power coming back', () => {
  const attempts = (faults: WorldRecipe['faults']): string[] =>
    rows(play(aWorld({ groups: [lone], faults, durationUs: 8 * minute }), { fromSeconds: 100 }));
  const hang = fault('hang', 'worker01', 100, null);

  // What the kernel of the hung host has acknowledged is not sent again: nothing meets the new host's RST.
  const plain = attempts([hang]);
  const zero = Number(plain[0]!.split(' ')[0]);
  expect(attempts([hang, fault('powerOff', 'worker01', Math.ceil(zero) + 20, 10)]).slice(0, 3)).toEqual(
    plain.slice(0, 3),
  );
});

test('force_reconnect_interval makes an agent leave a node that hangs before the missing ACK does', () => {
  const leaves = (forceReconnectIntervalSeconds: number): string => {
    const story = play(
      aWorld({
        groups: [{ ...lone, agent: { forceReconnectIntervalSeconds } }],
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
      groups: [{ ...lone, agent: { forceReconnectIntervalSeconds: 30 } }],
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
