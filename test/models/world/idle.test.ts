// proxy_timeout shorter than the distance of the agents' keepalives: sessions in which nothing moves are closed.
import { expect, test } from 'vitest';
import { play, type Story } from '../../support/stories.ts';
import { aWorld, fault, minute, partition, second, type WorldRecipe } from '../../support/worlds.ts';

function run(rate: number, proxyTimeoutSeconds: number, recipe: Partial<WorldRecipe> = {}): Story {
  return play(
    aWorld({
      groups: [{ count: 10, version: '4.9.2', events: { ratePerSecond: rate, arrival: 'regular' } }],
      durationUs: 5 * minute,
      proxyTimeoutUs: proxyTimeoutSeconds * second,
      ...recipe,
    }),
    { fromSeconds: 0 },
  );
}

const ofAgent = ({ moments }: Story, agent: number, what: string): readonly number[] =>
  moments.filter((moment) => moment.agent === agent && moment.what === what).map(({ seconds }) => seconds);

test('a session whose agent has nothing to send is closed when the time-out is over, and the agent connects anew', () => {
  // Agents of 4.9.2 send a keepalive every 10 s. Measured: closed 5.0 s after the last byte, with FIN.
  const story = run(0.001, 5);
  const noticed = ofAgent(story, 0, 'noticed');
  const handshakes = ofAgent(story, 0, 'handshake');
  const idle = noticed.slice(1).map((at) => at - handshakes.filter((each) => each < at).at(-1)!);

  expect(noticed.length).toBeGreaterThan(30);
  // Five seconds, or as much as a keepalive has prolonged it.
  expect(Math.min(...idle)).toBeGreaterThan(4.9);
  expect(Math.max(...idle)).toBeLessThan(15.1);
  expect(story.books.outages.count).toBe(0);
  expect([...story.books.nodeAtEnd].every((node) => node >= 0)).toBe(true);
});

test('events that come more often keep the session open', () => {
  // Applications write nothing before 0 s.
  expect(run(1, 5).moments.filter(({ seconds }) => seconds > 2)).toEqual([]);
  expect(run(0.1, 5).moments.length).toBeGreaterThan(0);
});

test('keepalives and their answers keep it open, if they come in time', () => {
  expect(run(0.001, 11.5).moments).toEqual([]);
});

test('a session that has broken and healed is looked at again', () => {
  const story = run(0.5, 5, { faults: [fault('hang', ['worker01', 'worker02', 'master'], 60, 3)] });
  expect(story.books.outages.count).toBe(10);

  const quiet = run(0.001, 9, { faults: [fault('hang', ['worker01', 'worker02', 'master'], 60, 3)] });
  expect(quiet.moments.filter(({ seconds, what }) => what === 'noticed' && seconds > 100).length).toBeGreaterThan(5);
});

test('with events by chance a session ends only in a gap as long as the time-out', () => {
  const story = run(0.4, 5, {
    groups: [{ count: 200, version: '4.9.2', events: { ratePerSecond: 0.4, arrival: 'poisson' } }],
  });
  const { produced, delivered, pending, lost } = story.books.groups[0]!;
  const ends = story.moments.filter(({ what }) => what === 'noticed').length;

  // Gaps of 5 s begin behind each event with e^-2, but for those that a keepalive cuts in two.
  const gaps = 0.4 * 200 * 300 * Math.exp(-2);
  expect(ends).toBeGreaterThan(0.3 * gaps);
  expect(ends).toBeLessThan(gaps);
  expect(delivered + pending + Object.values(lost).reduce((sum, count) => sum + count, 0)).toBe(produced);
});

test('a session that was idle for too long while its way was cut is closed when it works again', () => {
  for (const [rate, timeout, length] of [
    [0.001, 1, 2],
    [0.2, 3, 4],
  ] as const) {
    const cut = run(rate, timeout, { faults: [partition('balancer', 'worker01', 60, length)] });
    const closed = cut.moments.filter(({ what, seconds }) => what === 'noticed' && seconds >= 60 + length);

    expect(cut.books.outages.count).toBeGreaterThan(0);
    expect(Math.min(...closed.map(({ seconds }) => seconds))).toBeLessThan(60 + length + 0.1);
  }
});
