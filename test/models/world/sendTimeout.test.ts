// Agents of 4.14.9 and 5.0: a send that lasts 30 s fails and closes the socket; TCP keepalive after 60 s, four probes 15 s apart.
import { expect, test } from 'vitest';
import { first, play, type Story } from '../../support/stories.ts';
import { aWorld, fault, minute, type GroupRecipe } from '../../support/worlds.ts';

/** One agent on worker01, then worker02, with regular events of 300 bytes; worker01 is hit at 100 s for good. */
function hit(
  kind: 'powerOff' | 'hang',
  version: string,
  ratePerSecond: number,
  changes: Partial<GroupRecipe> = {},
): Story {
  const agent: GroupRecipe = {
    count: 1,
    version,
    list: [1, 2],
    events: { ratePerSecond, arrival: 'regular' },
    ...changes,
  };
  return play(aWorld({ groups: [agent], faults: [fault(kind, 'worker01', 100, null)], durationUs: 40 * minute }), {
    fromSeconds: 100,
  });
}

const noticedAfter = (story: Story): number => first(story, 'noticed').seconds - 100;

test('a silent peer freezes an agent of 4.14.7 until TCP gives up; one of 4.14.9 is free 30 s after its buffer is full', () => {
  // 250 events of 300 bytes fit into 75 kB: 25 s at 10/s.
  expect(noticedAfter(hit('powerOff', '4.14.7', 10))).toBeGreaterThan(900);
  const story = hit('powerOff', '4.14.9', 10);

  expect(noticedAfter(story)).toBeGreaterThan(54.9);
  expect(noticedAfter(story)).toBeLessThan(56.2);
  expect([...story.books.outages.froze]).toEqual([0]);
});

test('the missing ACK is noticed first where the buffer does not fill in time', () => {
  // 75 s until it is full at 3.3/s, and notify_time 20: 41 to 61 s.
  const seconds = noticedAfter(hit('powerOff', '4.14.9', 3.3));

  expect(seconds).toBeGreaterThan(40);
  expect(seconds).toBeLessThan(62);
});

test('the event that could not be sent is lost, all that is in the buffer is kept', () => {
  const { books } = hit('powerOff', '4.14.9', 10);

  expect(books.groups[0]!.lost).toMatchObject({ sendError: 1, path: 250, ring: 0 });
});

test.each([
  // A main thread that waits for the send lock with a keepalive fails to send it: a second in 4.14.9, nothing in 5.0.
  ['4.14.9', 1],
  ['5.0.0', 0],
] as const)('an agent of %s that fell asleep behind its sender sleeps another %i s', (version, seconds) => {
  // 2 MB in front of a hung node at 400/s: 16.7 s. The keepalive comes within 20 s, the time-out at 46.7 s.
  const story = hit('hang', version, 400, { agent: { notifyTimeSeconds: 10 } });

  expect(noticedAfter(story)).toBeCloseTo(46.7 + seconds, 0);
});

test('an agent that writes nothing for two minutes learns it from TCP keepalive', () => {
  // 60 s idle and 4 probes 15 s apart behind the last keepalive, long before 3 × 300 s.
  const quiet = { events: { ratePerSecond: 0 }, agent: { notifyTimeSeconds: 300 } };
  const story = hit('powerOff', '5.0.0', 0, quiet);
  const before = hit('powerOff', '4.14.7', 0, quiet);

  expect(noticedAfter(story)).toBeLessThan(120);
  expect(noticedAfter(before)).toBeGreaterThan(500);
});

test('its probes cease while something waits to be acknowledged', () => {
  const story = hit('powerOff', '5.0.0', 0.1, { agent: { notifyTimeSeconds: 300 } });

  expect(noticedAfter(story)).toBeGreaterThan(300);
});

test('a send time-out of its own is an internal option', () => {
  const story = hit('powerOff', '4.14.9', 10, { agent: { internal: { sendTimeoutSeconds: 5 } } });

  expect(noticedAfter(story)).toBeGreaterThan(29.9);
  expect(noticedAfter(story)).toBeLessThan(31.2);
});
