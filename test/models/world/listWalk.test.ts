// Agents of 3.12.0 to 3.13.0, which walk their list. Expected: the real agent 3.12.3, measured; a latency of a millisecond here.
import { expect, test } from 'vitest';
import { first, play, reached, rows, type Story } from '../../support/stories.ts';
import { aWorld, fault, minute, type GroupRecipe, type WorldRecipe } from '../../support/worlds.ts';

const quiet = { ratePerSecond: 0 };
const lone: GroupRecipe = { count: 1, version: '3.12.3', list: [1, 2], protocol: 'tcp', events: quiet };
const regular = (ratePerSecond: number) => ({ events: { ratePerSecond, arrival: 'regular', sizeBytes: 174 } as const });

function hit(
  kind: 'kill' | 'powerOff' | 'hang',
  agent: Partial<GroupRecipe> = {},
  world: Partial<WorldRecipe> = {},
  forSeconds: number | null = null,
): Story {
  return play(
    aWorld({
      groups: [{ ...lone, ...agent }],
      faults: [fault(kind, 'worker01', 100, forSeconds)],
      durationUs: 30 * minute,
      ...world,
    }),
    { fromSeconds: 100 },
  );
}

/** Seconds from noticing, with what happened. */
function since(story: Story): string[] {
  return rows(story, { zero: first(story, 'noticed').seconds }).slice(1);
}

const sameSegment = { unreachable: { agents: 'sameSegment', balancer: 'sameSegment' } } as const;

test('a closed connection is left after 9 s of sleeps; a server that refuses costs nothing more', () => {
  expect(since(hit('kill'))).toEqual(['9.0 try worker01', '9.0 try worker02', '9.0 handshake worker02']);
});

test.each([
  [50, 9.0],
  [400, 10.0],
  [800, 10.0],
])('at %i events/s the next connect comes after %f s: a send in between costs another second', (rate, seconds) => {
  expect(reached(hit('kill', regular(rate)), 'worker02')).toBeCloseTo(seconds, 1);
});

test('a hung node is waited for three times a minute on the old connection, then tried four times', () => {
  // Measured: 187.2 s, then 65, 66 and 67 s apart, then B; 392.35 s.
  expect(since(hit('hang'))).toEqual([
    '187.2 try worker01',
    '252.2 try worker01',
    '318.3 try worker01',
    '385.4 try worker01',
    '385.4 gave up worker01',
    '386.4 try worker02',
    '392.4 handshake worker02',
  ]);
});

test.each([
  ['is gone behind a router', {}, 321, 2],
  ['is gone from the own segment', sameSegment, 190.3, 0.1],
] as const)('a node that %s costs 187 s and one connect', (_, world, seconds, tolerance) => {
  expect(Math.abs(reached(hit('powerOff', {}, world), 'worker02') - seconds)).toBeLessThan(tolerance);
});

test.each(['kill', 'powerOff', 'hang'] as const)(
  'over UDP the next node is reached 29 s after noticing: %s',
  (kind) => {
    expect(since(hit(kind, { protocol: 'udp' }))).toEqual([
      '21.0 gave up worker01',
      '22.0 try worker02',
      '29.0 handshake worker02',
    ]);
  },
);

test('with every node down the whole list is tried at once, then again every notify_time', () => {
  const story = hit(
    'kill',
    {},
    { faults: [fault('kill', ['worker01', 'worker02'], 100, null)], durationUs: 3 * minute },
  );
  const tries = since(story).filter((row) => row.includes('try'));

  expect(tries.slice(0, 6)).toEqual([
    ...['9.0 try worker01', '9.0 try worker02'],
    ...['19.0 try worker01', '19.0 try worker02'],
    ...['29.0 try worker01', '29.0 try worker02'],
  ]);
});

test('the sleep behind the list is 12 s, then notify_time, where that is longer', () => {
  const story = hit(
    'kill',
    { agent: { notifyTimeSeconds: 20 } },
    { faults: [fault('kill', ['worker01', 'worker02'], 100, null)], durationUs: 3 * minute },
  );

  expect(since(story).filter((row) => row.includes('try worker01'))).toEqual([
    '9.0 try worker01',
    '21.0 try worker01',
    '41.0 try worker01',
    '61.0 try worker01',
  ]);
});

test('from the second server the end of the list comes first', () => {
  // Measured: B refused at +9, end of the list, A 10 s later.
  const story = hit('kill', {}, { faults: [fault('kill', 'worker01', 50, 30), fault('kill', 'worker02', 100, null)] });

  expect(since(story)).toEqual(['9.0 try worker02', '19.0 try worker01', '19.0 handshake worker01']);
});

test('a node that goes on while the agent still asks on the old connection has it back without a new one', () => {
  const story = hit('hang', {}, {}, 120);

  expect(rows(story, { zero: 220 }).slice(1)).toEqual(['0.0 handshake worker01']);
  expect(story.books.outages.count).toBe(1);
});

test('one that goes on while the agent sleeps is heard when it wakes', () => {
  const noticed = first(hit('hang'), 'noticed').seconds;
  // It sleeps for a second a minute after noticing.
  const story = hit('hang', {}, {}, noticed - 100 + 60.5);

  expect(rows(story, { zero: noticed, digits: 2 }).slice(1)).toEqual(['61.06 handshake worker01']);
});

test('an answer that comes while it is about to close the connection is not heard', () => {
  const noticed = first(hit('hang'), 'noticed').seconds;
  const story = hit('hang', {}, {}, noticed - 100 + 184);

  expect(rows(story, { zero: noticed }).slice(1)).toEqual(['187.2 try worker01', '187.2 handshake worker01']);
});

test('a node that dies while it hangs is found out by the RST, and the next sends fail', () => {
  const story = hit(
    'hang',
    {},
    { faults: [fault('hang', 'worker01', 100, null), fault('kill', 'worker01', 170, null)] },
  );
  const tried = first(story, 'try').seconds;

  // Its first wait ends at 170 s: sleeps of 1, 2 and 3 s, two sends that fail, one second to close.
  expect(tried).toBeCloseTo(179, 0);
});

test('a server that accepts and closes is asked six times, then left for the next', () => {
  // The balancer has no peer: it accepts and closes. The only server: tries 9, 14, 20, 27 s, then sleeps of 1 s and notify_time.
  const story = play(
    aWorld({
      groups: [{ count: 1, version: '3.12.3', protocol: 'tcp', events: quiet }],
      faults: [fault('kill', ['master', 'worker01', 'worker02'], 100, null)],
      durationUs: 4 * minute,
    }),
    { fromSeconds: 100 },
  );
  const tries = since(story).filter((row) => row.includes('try'));

  expect(tries.slice(0, 7)).toEqual(
    ['9.0', '14.0', '20.0', '27.0', '29.0', '38.0', '43.0'].map((at) => `${at} try balancer`),
  );
});

test('an agent that is full of events freezes with the lock set, and goes on with its old connection', () => {
  // 2 MB at 400/s of 174 bytes: full 29 s after the hang, before anything is noticed, so it stays until the node goes on.
  const story = hit('hang', regular(400), {}, 300);

  expect(rows(story).filter((row) => row.includes('try'))).toEqual([]);
  expect([...story.books.outages.froze]).toEqual([1]);
  expect(story.books.nodeAtEnd[0]).toBe(1);
});

test('at the start of the process the list is walked without a pause', () => {
  const story = play(
    aWorld({ groups: [lone], faults: [fault('kill', 'worker01', null, 600)], durationUs: 2 * minute }),
    { startUs: Float64Array.of(0) },
  );

  expect(rows(story)).toEqual(['0.0 try worker01', '0.0 try worker02', '0.0 handshake worker02']);
});

test('over UDP a handshake lasts a second, even with a node that answers at once', () => {
  const story = play(aWorld({ groups: [{ ...lone, protocol: 'udp' }], durationUs: minute }), {
    startUs: Float64Array.of(0),
  });

  expect(rows(story)).toEqual(['0.0 try worker01', '1.0 handshake worker01']);
});
