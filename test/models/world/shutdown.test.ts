// worker_shutdown_timeout: what old worker processes kept ends after a while.
import { expect, test } from 'vitest';
import type { FaultOptions } from '../../../src/models/fault.ts';
import { play, type Story } from '../../support/stories.ts';
import { aWorld, fault, minute, nodeNames, second, timing, type WorldRecipe } from '../../support/worlds.ts';

const reload = (at: number): FaultOptions => ({
  kind: 'reload',
  balancers: ['balancer'],
  product: null,
  ...timing(at, 0),
});

function run(faults: readonly FaultOptions[], recipe: Partial<WorldRecipe> = {}): Story {
  return play(
    aWorld({
      groups: [{ count: 60, events: { ratePerSecond: 1, arrival: 'regular' } }],
      faults,
      durationUs: 8 * minute,
      method: { kind: 'leastConn' },
      workers: 1,
      shutdownTimeoutUs: 5 * second,
      ...recipe,
    }),
    { fromSeconds: 50 },
  );
}

const seconds = ({ moments }: Story, what: string): readonly number[] =>
  moments.filter((moment) => moment.what === what).map((moment) => moment.seconds);

// Measured: 20 of 20 sessions closed 5.0 to 5.2 s after the reload, with FIN; new sessions go to the new processes.
test('old sessions end when their time is over, and their agents connect anew', () => {
  const story = run([reload(100)]);
  const { outages } = story.books;

  expect(seconds(story, 'noticed')).toHaveLength(60);
  for (const at of seconds(story, 'noticed')) expect(at).toBeCloseTo(105, 1);
  expect(outages.count).toBe(60);
  expect(new Set(outages.brokenAtUs)).toEqual(new Set([105 * second]));
  expect([...story.books.nodeAtEnd].filter((node) => node < 0)).toEqual([]);
});

test('without a reload, and without a time-out, nothing ends', () => {
  expect(run([]).moments).toEqual([]);
  expect(run([reload(100)], { shutdownTimeoutUs: undefined as never }).moments).toEqual([]);
});

test('who has gone over to the new processes by then stays', () => {
  // worker01 dies right after the reload: its 20 are with the new processes before the old ones end.
  const story = run([reload(100), fault('kill', 'worker01', 101, 60)]);
  const late = seconds(story, 'noticed').filter((at) => at > 104);

  expect(late).toHaveLength(40);
  expect(story.books.outages.count).toBe(60);
});

test('each reload ends the sessions of the processes it made old', () => {
  const story = run([reload(100), reload(200)]);

  expect(story.books.outages.count).toBe(120);
  expect(new Set(story.books.outages.brokenAtUs)).toEqual(new Set([105 * second, 205 * second]));
});

test('a balancer that has died since has nothing left to end', () => {
  const story = run([reload(100), fault('kill', 'balancer', 102, 1)]);

  expect(new Set(story.books.outages.brokenAtUs)).toEqual(new Set([102 * second]));
});

test('processes that stand still end their sessions when they go on', () => {
  const story = run([reload(100), fault('hang', 'balancer', 103, 10)]);

  expect(Math.min(...seconds(story, 'noticed'))).toBeGreaterThan(113);
  expect(seconds(story, 'handshake')).toHaveLength(60);
});

test('an attempt that the old processes have in hand ends as well', () => {
  // All nodes are gone without a word; at 170 s the agents have noticed, and the old processes wait for an answer.
  const given = {
    groups: [{ count: 6, events: { ratePerSecond: 1, arrival: 'regular' as const } }],
    connectTimeoutUs: 5 * minute,
    unreachable: { agents: 'routed' as const, balancer: 'routed' as const },
  };
  const faults = [fault('powerOff', nodeNames, 60, 300), reload(170)];
  const tries = (recipe: Partial<WorldRecipe>): number =>
    seconds(run(faults, { ...given, ...recipe }), 'try').filter((at) => Math.abs(at - 185) < 0.1).length;

  // FIN at 175 s, then the wait of retry_interval.
  expect(tries({})).toBe(2);
  expect(tries({ shutdownTimeoutUs: 10 * minute })).toBe(0);
});

test('a run that ends when all is settled waits for the old processes', () => {
  const story = run([reload(100)], { untilSettled: true, shutdownTimeoutUs: 2 * minute });

  expect(story.books.outages.count).toBe(60);
});
