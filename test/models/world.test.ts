// Agents with a list of nodes (failover mode), instant by instant. Expected tables: the real agent 4.9.2, measured.
import { expect, test } from 'vitest';
import { first, play, reached, rows, type Story } from '../support/stories.ts';
import { aWorld, fault, minute, second, type GroupRecipe, type WorldRecipe } from '../support/worlds.ts';

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
  ['is gone from the own segment, UDP', 'powerOff', { protocol: 'udp' }, sameSegment, 68.4, 0.1],
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

/** All of a large group on worker01: what the fleet sees when it is hit at 100 s. */
function fleet(kind: 'kill' | 'powerOff' | 'hang', version: string, count = 300): Story {
  return play(
    aWorld({
      groups: [{ ...lone, version, count }],
      faults: [fault(kind, 'worker01', 100, null)],
      durationUs: 12 * minute,
    }),
    { fromSeconds: 100 },
  );
}

test.each([
  // One keepalive every notify_time: the last ACK is up to that old, and 61 s later its silence is noticed.
  ['4.9.2', 51, 61],
  ['4.12.0', 51, 61],
  ['4.13.0', 41, 61],
  ['4.14.7', 41, 61],
])('agents of %s notice a node that falls silent after %i to %i seconds, evenly spread', (version, least, most) => {
  const { outages } = fleet('powerOff', version).books;
  const detected = [...outages.detectUs].map((us) => us / second).sort((a, b) => a - b);

  expect(detected).toHaveLength(300);
  // Where the ACK came just before a whole second the loop turns a second earlier: measured 60.06 instead of 61.07 s after it.
  expect(detected[0]!).toBeGreaterThan(least - 1);
  expect(detected.filter((seconds) => seconds < least).length).toBeLessThan(300 * 0.02);
  expect(detected.at(-1)!).toBeLessThan(most + 0.15);
  for (const part of [0.25, 0.5, 0.75]) {
    expect(Math.abs(detected[Math.floor(300 * part)]! - (least + part * (most - least)))).toBeLessThan(
      (most - least) / 8,
    );
  }
});

test('a killed node is noticed at once and all its agents come back in step', () => {
  const { outages } = fleet('kill', '4.14.7').books;

  expect(new Set(outages.detectUs)).toEqual(new Set([1_000]));
  expect(new Set(outages.attempts)).toEqual(new Set([6]));
  for (const us of outages.retryUs) expect(Math.abs(us / second - 50.01)).toBeLessThan(0.01);
  expect(new Set(outages.handshakeUs)).toEqual(new Set([4_000]));
  expect(new Set(outages.fromNode)).toEqual(new Set([1]));
  expect(new Set(outages.toNode)).toEqual(new Set([2]));
});

test('a hung node takes 129 waiting connections; the other agents run into the SYN time-out', () => {
  const { books, moments } = fleet('hang', '4.9.2', 200);
  // Length of each agent's first attempt: what is left of the gap to the second after the retry interval.
  const lengths = Array.from({ length: 200 }, (_, agent) => {
    const tries = moments.filter((moment) => moment.agent === agent && moment.what === 'try');
    return Math.round(tries[1]!.seconds - tries[0]!.seconds - 10);
  });

  expect(lengths.filter((seconds) => seconds === 60)).toHaveLength(129);
  expect(lengths.filter((seconds) => seconds === 133)).toHaveLength(71);
  expect(books.nodes[1]!.acceptQueueOverflow).toBeGreaterThanOrEqual(71);
  expect(books.notes.join()).toContain('full accept queue');
});

test.each([
  // Measured: back after 3 s: on it at 10.01; after 22 s: at 30.01, behind SIGTERM and a start 20 s later too.
  [3, 10.01],
  [20, 30.01],
  [22, 30.01],
])('a node that is back after %i s gets its agents back at %f s', (back, seconds) => {
  const story = play(
    aWorld({ groups: [lone], faults: [fault('kill', 'worker01', 100, back)], durationUs: 4 * minute }),
    { fromSeconds: 100 },
  );

  expect(first(story, 'handshake')).toMatchObject({ text: 'worker01' });
  expect(first(story, 'handshake').seconds - 100).toBeCloseTo(seconds, 1);
  expect(story.moments.filter(({ what }) => what === 'gave up')).toEqual([]);
});

test('an agent that starts while its first node is down is on the second after 50 s', () => {
  const story = play(
    aWorld({ groups: [lone], faults: [fault('kill', 'worker01', null, null)], durationUs: 3 * minute }),
    { startUs: Float64Array.of(0) },
  );

  expect(rows(story)).toEqual([
    '0.0 try worker01',
    '10.0 try worker01',
    '20.0 try worker01',
    '30.0 try worker01',
    '40.0 try worker01',
    '50.0 gave up worker01',
    '50.0 try worker02',
    '50.0 handshake worker02',
  ]);
});

test('with both nodes down an agent tries each five times in turn, every ten seconds, until one answers', () => {
  const story = play(
    aWorld({
      groups: [lone],
      faults: [fault('kill', ['worker01', 'worker02'], 100, 300)],
      durationUs: 8 * minute,
      latencyUs: 50,
      startupUs: 100_000,
    }),
    { fromSeconds: 100 },
  );
  const tries = story.moments.filter(({ what }) => what === 'try');

  expect(tries.map(({ text }) => text).join(' ')).toBe(
    Array.from({ length: 32 }, (_, i) => (Math.floor(i / 5) % 2 === 0 ? 'worker01' : 'worker02')).join(' '),
  );
  for (let i = 1; i < tries.length; i++) expect(tries[i]!.seconds - tries[i - 1]!.seconds).toBeCloseTo(10, 1);
  // Measured: 310.03 to 310.05; its nodes listened from 300.1 on.
  expect(first(story, 'handshake').seconds - 100).toBeCloseTo(310.03, 1);
});

test('over UDP an agent can be in the half of the other node when its own is back', () => {
  const story = play(
    aWorld({
      groups: [{ ...lone, protocol: 'udp' }],
      faults: [fault('kill', 'worker01', 100, 300), fault('kill', 'worker02', 100, null)],
      durationUs: 9 * minute,
    }),
    { fromSeconds: 100 },
  );
  const noticed = first(story, 'noticed').seconds;

  // Measured: noticed at 51.7, tries every 10 s, on the node again at 351.7: not before the next round.
  expect(noticed - 100).toBeGreaterThan(50.9);
  expect(noticed - 100).toBeLessThan(61.2);
  expect(first(story, 'handshake').text).toBe('worker01');
  expect(first(story, 'handshake').seconds - noticed).toBeCloseTo(300, 0);
});

test('nobody goes back to the node he came from, and the search starts at the one just lost', () => {
  const story = play(
    aWorld({
      groups: [lone],
      faults: [fault('kill', 'worker01', 100, 120), fault('kill', 'worker02', 900, null)],
      durationUs: 20 * minute,
    }),
    { fromSeconds: 200 },
  );

  // Measured (E6, E6b): no connection to A in 740 s; B is killed: 5 tries at B, A at +50.01.
  expect(rows(story, { zero: 900 })).toEqual([
    '0.0 noticed closed',
    '0.0 try worker02',
    '10.0 try worker02',
    '20.0 try worker02',
    '30.0 try worker02',
    '40.0 try worker02',
    '50.0 gave up worker02',
    '50.0 try worker01',
    '50.0 handshake worker01',
  ]);
});

test('a host that was off and is back answers the next segment of an old connection with RST', () => {
  const noticedAfter = (ratePerSecond: number): number => {
    const story = play(
      aWorld({
        groups: [{ ...lone, events: { ratePerSecond, arrival: 'regular' } }],
        faults: [fault('powerOff', 'worker01', 100, 10)],
        durationUs: 4 * minute,
      }),
      { fromSeconds: 100 },
    );
    expect(first(story, 'noticed').text).toBe('closed');
    return first(story, 'noticed').seconds - 100;
  };

  // Ten events a second: the first is lost within 0.1 s, repeated 6.2 s and 12.6 s later; the host is back in between.
  const busy = noticedAfter(10);
  expect(busy).toBeGreaterThan(13.3);
  expect(busy).toBeLessThan(13.45);
  // Without events the next keepalive meets the new host, or the repetition of one that was lost.
  expect(noticedAfter(0)).toBeLessThan(20.2);
});

test('agents take the list as written, in turn, or in a drawn order of their own', () => {
  const homes = (order: GroupRecipe['order']): number[] => [
    ...play(aWorld({ groups: [{ ...lone, count: 400, order }], durationUs: minute })).books.nodeAtStart,
  ];

  expect(new Set(homes('listed'))).toEqual(new Set([1]));
  expect(homes('rotated').slice(0, 4)).toEqual([1, 2, 1, 2]);
  // 200 expected, standard deviation 10.
  expect(Math.abs(homes('shuffled').filter((node) => node === 1).length - 200)).toBeLessThan(50);
});

test('two faults at one node overlap by union: it is back when the last has ended', () => {
  const reborn = (faults: WorldRecipe['faults']): number => {
    const story = play(aWorld({ groups: [{ ...lone, list: [1] }], faults, durationUs: 12 * minute }), {
      fromSeconds: 100,
    });
    return first(story, 'handshake').seconds;
  };

  const alone = reborn([fault('kill', 'worker01', 100, 155)]);
  expect(reborn([fault('kill', 'worker01', 100, 60), fault('kill', 'worker01', 130, 125)])).toBe(alone);
  expect(reborn([fault('kill', 'worker01', 100, 155), fault('kill', 'worker01', 130, 10)])).toBe(alone);
  // Processes that start while a hang lasts stand still: the connection their kernel has taken is answered at its end.
  expect(reborn([fault('kill', 'worker01', 100, 60), fault('hang', 'worker01', 130, 125)])).toBeCloseTo(255, 1);
});

test('a process that dies may still take a connection and resets it', () => {
  const story = play(
    aWorld({
      groups: [lone],
      faults: [{ ...fault('kill', 'worker01', 100, 2), acceptsForUs: 5 * second }],
      startupUs: 0,
      durationUs: 4 * minute,
    }),
    { fromSeconds: 100 },
  );

  // Refused or reset: a failed attempt either way, and the schedule is the same.
  expect(rows(story)).toEqual([
    '100.0 noticed closed',
    '100.0 try worker01',
    '110.0 try worker01',
    '110.0 handshake worker01',
  ]);
});

test.each([
  // OS_GetHost(): four tries a second apart in 4.x, six in 3.x.
  ['4.9.2', 'tcp', 4, 10, true],
  ['4.9.2', 'udp', 4, 10, true],
  ['3.13.6', 'tcp', 6, 5, false],
  ['3.12.3', 'tcp', 6, 0, false],
  ['3.12.3', 'udp', 6, 0, false],
] as const)(
  'a server whose name cannot be resolved costs an agent of %s over %s %i s an attempt',
  (version, protocol, cost, pause, enrols) => {
    const world = aWorld({ groups: [{ ...lone, version, protocol }], durationUs: 5 * minute });
    const [group] = world.groups;
    const servers = group!.servers.map((server, index) => ({ ...server, isUnresolvable: index === 0 }));
    const story = play({ ...world, groups: [{ ...group!, servers }] }, { startUs: Float64Array.of(0) });

    // Five attempts, and one to enrol, each with its pause; 3.12 goes on at once.
    const tries = version === '3.12.3' ? 1 : 5;
    expect(story.moments.filter(({ what, text }) => what === 'try' && text === 'worker01')).toHaveLength(tries);
    expect(first(story, 'try', 'worker02').seconds).toBeCloseTo((tries + (enrols ? 1 : 0)) * cost + tries * pause, 1);
  },
);
