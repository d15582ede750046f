import { describe, expect, test } from 'vitest';
import { playDatagrams, type DatagramFate } from '../../../support/datagrams.ts';

// Measured with nginx 1.22.1: one client port, a datagram every 0.5 s, proxy_timeout 5s.
const defaults = {};
const responses1 = { responses: 1 };
const requests1 = { requests: 1 };
const both = { requests: 1, responses: 1 };
const responses0 = { responses: 0 };

const firstIs = (does: 'closed' | 'silent') => (peer: number) => (peer === 0 ? does : 'answers');

function lostAt(fates: readonly DatagramFate[]): number[] {
  return fates.filter(({ isAnswered }) => !isAnswered).map(({ atSeconds }) => atSeconds);
}

const halves = (from: number, to: number): number[] =>
  Array.from({ length: Math.round((to - from) * 2) + 1 }, (_, index) => from + index / 2);

test.each([
  ['default', defaults, 'closed', [0, 0.5, 1]],
  ['proxy_responses 1', responses1, 'closed', [0, 11, 22]],
  ['proxy_requests 1 and proxy_responses 1', both, 'closed', [0, 11, 22]],
  // Until the first session is over, 5 s after its error. Then the server is out but for probes, as long as a session each.
  ['proxy_requests 1', requests1, 'closed', halves(0, 5)],
  ['default', defaults, 'silent', halves(0, 23)],
  ['proxy_responses 1', responses1, 'silent', halves(0, 23)],
  ['proxy_requests 1 and proxy_responses 1', both, 'silent', halves(0, 4.5)],
  ['proxy_requests 1', requests1, 'silent', halves(0, 23)],
] as const)(
  'with %s (%o) and a server whose port is %s a client loses the datagrams at %o',
  (_, options, does, lost) => {
    const untilSeconds = lost.length > 3 && lost.length < 12 ? 10 : 23;
    const { fates } = playDatagrams({ options, server: firstIs(does), untilSeconds });

    expect(lostAt(fates)).toEqual(lost);
  },
);

test.each(['closed', 'silent'] as const)(
  'with proxy_responses 0 nothing is answered, and a %s server is never noticed',
  (does) => {
    const { fates, failures } = playDatagrams({ options: responses0, server: firstIs(does), untilSeconds: 20 });

    expect(lostAt(fates)).toEqual(halves(0, 20));
    expect(failures).toEqual([]);
    expect(new Set(fates.map(({ peer }) => peer))).toEqual(new Set([0]));
  },
);

test('a client of a silent server that pauses for proxy_timeout has missed answers: the server has failed, its next datagram goes on', () => {
  const { fates, failures } = playDatagrams({
    options: responses1,
    server: firstIs('silent'),
    sends: (at) => at < 3 || at >= 9,
    untilSeconds: 10,
  });

  expect(failures).toEqual([7.5]);
  expect(fates.filter(({ atSeconds }) => atSeconds >= 9)).toEqual([
    { atSeconds: 9, peer: 1, isAnswered: true },
    { atSeconds: 9.5, peer: 1, isAnswered: true },
    { atSeconds: 10, peer: 1, isAnswered: true },
  ]);
});

test('the same pause with no answers expected ends the session in order', () => {
  const sends = (at: number): boolean => at < 3 || at >= 9;
  const { fates, failures } = playDatagrams({ server: firstIs('silent'), sends, untilSeconds: 10 });

  expect(failures).toEqual([]);
  expect(fates.at(-1)).toEqual({ atSeconds: 10, peer: 0, isAnswered: false });
});

describe('a server that dies at 3.1 s and is back at 9.1 s', () => {
  const server = (peer: number, at: number): 'answers' | 'closed' =>
    peer === 0 && at >= 3.1 && at < 9.1 ? 'closed' : 'answers';
  const movesOf = (fates: readonly DatagramFate[]): number[] =>
    fates
      .filter(({ peer }, index) => peer >= 0 && peer !== (fates[index - 1]?.peer ?? 0))
      .map(({ atSeconds }) => atSeconds);

  test('costs three datagrams, and its client stays where it went', () => {
    const { fates } = playDatagrams({ server, untilSeconds: 40 });

    expect(lostAt(fates)).toEqual([3.5, 4, 4.5]);
    expect(movesOf(fates)).toEqual([5]);
  });

  test('costs one with proxy_responses 1, and has its client back when its ban is over', () => {
    const { fates } = playDatagrams({ options: responses1, server, untilSeconds: 40, phaseSeconds: 0.6 });

    expect(lostAt(fates)).toEqual([3.5]);
    expect(movesOf(fates)).toEqual([4, 14.5]);
  });

  test('is not heard by a session that has read an error, though it gets the datagrams', () => {
    const backSoon = (peer: number, at: number): 'answers' | 'closed' =>
      peer === 0 && at >= 3.1 && at < 3.9 ? 'closed' : 'answers';
    const { fates } = playDatagrams({ server: backSoon, untilSeconds: 8 });

    expect(lostAt(fates)).toEqual(halves(3.5, 8));
    expect(movesOf(fates)).toEqual([]);
  });
});
