// When the real nginx 1.22.1 tried a server that was out of order, and when it came back to it: clients of one address, one after the
// other at equal distances, their server out of order from 0 s on.
import { expect, test } from 'vitest';
import { aClient } from '../support/clients.ts';
import { balancerOf, confText } from '../support/nginxMeasured.ts';

interface Given {
  /** Parameters of every server. */
  readonly parameters?: string;
  readonly everySeconds?: number;
  readonly workers?: number;
  readonly zone?: boolean;
  /** Servers out of order. */
  readonly dead?: readonly number[];
  readonly untilSeconds?: number;
  readonly lastSeconds: number;
  /** `proxy_connect_timeout`; absent: the server refuses. */
  readonly hangsSeconds?: number;
  /** Where in its second the clock of nginx stands at 0 s. */
  readonly phase?: number;
  /** Ends of older sessions on the dead server. */
  readonly endsSeconds?: readonly number[];
}

/** The client of the measurement; its server is the second of three. */
const client = '127.77.0.6';
const own = 1;

interface Seen {
  /** When the client's own server was tried in vain. */
  readonly tried: readonly number[];
  /** When it was used again after it had come back. */
  readonly backAt: number;
  /** When every server was tried in vain, and when none was. */
  readonly rounds: readonly string[];
}

function play(given: Given): Seen {
  const {
    everySeconds = 0.5,
    workers = 1,
    dead = [own],
    untilSeconds = Infinity,
    lastSeconds,
    hangsSeconds = 0,
  } = given;
  const { phase = 0.241, endsSeconds = [] } = given;
  const servers = [1, 2, 3].map((host) => `127.0.10.${host}:1514 ${given.parameters ?? ''}`);
  const method = `${given.zone === true ? 'zone z 64k; ' : ''}hash $remote_addr consistent;`;
  const balancer = balancerOf(confText(method, servers), workers);
  const clock = (seconds: number): number => Math.round((1000 + phase + seconds) * 1e6);
  const tried: number[] = [];
  const rounds: string[] = [];
  let backAt = Infinity;
  // Older sessions of the server, made while it worked.
  const older = endsSeconds.map((seconds) => {
    const session = balancer.open(aClient(client), 0);
    balancer.next(session, clock(-100));
    balancer.connected(session, clock(-100));
    return { seconds, end: (): void => balancer.closed(session, clock(seconds)) };
  });
  const waiting: { seconds: number; end: () => void }[] = older;
  const attempt = (
    session: ReturnType<typeof balancer.open>,
    sinceSeconds: number,
    nowSeconds: number,
    path: number[],
  ): void => {
    const index = balancer.next(session, clock(nowSeconds));
    const isDead = dead.includes(index) && nowSeconds < untilSeconds;
    if (index >= 0) path.push(index);
    if (index === own && isDead) tried.push(nowSeconds);
    if (index < 0 || !isDead) {
      if (index === own && nowSeconds >= untilSeconds) backAt = Math.min(backAt, nowSeconds);
      if (index >= 0) {
        balancer.connected(session, clock(nowSeconds));
        balancer.closed(session, clock(nowSeconds));
      }
      if (dead.length > 1 && (path.length > 0 || rounds.at(-1) !== 'none')) {
        rounds.push(path.length > 0 ? `${nowSeconds}: ${path.join(' ')}` : 'none');
      }
      return;
    }
    const failedSeconds = nowSeconds + hangsSeconds;
    const fails = (): void => {
      const elapsedUs = (failedSeconds - sinceSeconds) * 1e6;
      const isOver = balancer.failed(session, clock(failedSeconds), elapsedUs, hangsSeconds > 0) === Infinity;
      if (!isOver) attempt(session, sinceSeconds, failedSeconds, path);
      else if (dead.length > 1) rounds.push(`${nowSeconds}: ${path.join(' ')}`);
    };
    if (hangsSeconds === 0) fails();
    else waiting.push({ seconds: failedSeconds, end: fails });
  };
  for (let turn = 0; turn * everySeconds <= lastSeconds; turn++) {
    const nowSeconds = Math.round(turn * everySeconds * 10) / 10;
    waiting.sort((a, b) => a.seconds - b.seconds);
    while (waiting[0] && waiting[0].seconds <= nowSeconds) waiting.shift()!.end();
    attempt(balancer.open(aClient(client), turn % workers), nowSeconds, nowSeconds, []);
  }
  return { tried, backAt, rounds };
}

test.each<readonly [string, Given, readonly number[], number]>([
  ['by default', { untilSeconds: 35, lastSeconds: 60 }, [0, 11, 22, 33], 44],
  ['max_fails=3', { parameters: 'max_fails=3', untilSeconds: 35, lastSeconds: 60 }, [0, 0.5, 1, 12, 23, 34], 45],
  ['fail_timeout=5s', { parameters: 'fail_timeout=5s', untilSeconds: 35, lastSeconds: 60 }, [0, 6, 12, 18, 24, 30], 36],
  // Measured 0.0, 10.84, 21.80, 32.80 and 43.8 with clients every 0.1 s.
  [
    'four workers with a zone',
    { everySeconds: 0.1, workers: 4, zone: true, untilSeconds: 35, lastSeconds: 60 },
    [0, 10.8, 21.8, 32.8],
    43.8,
  ],
])('a server that refuses for 35 s is tried and comes back: %s', (_, given, tried, backAt) => {
  expect(play(given)).toMatchObject({ tried, backAt });
});

test('without a zone each of four workers finds out for itself', () => {
  const { tried } = play({ everySeconds: 0.1, workers: 4, untilSeconds: 35, lastSeconds: 34.9 });

  // Measured: 0.0 0.1 0.2 0.3, then four in each round.
  expect(tried.slice(0, 4)).toEqual([0, 0.1, 0.2, 0.3]);
  expect(tried).toHaveLength(16);
});

test('with all servers dead all are tried in the order of the ring every eleven seconds, and none in between', () => {
  const { rounds } = play({ dead: [0, 1, 2], lastSeconds: 34 });

  expect(rounds).toEqual(['0: 1 0 2', 'none', '11: 1 0 2', 'none', '22: 1 0 2', 'none', '33: 1 0 2', 'none']);
});

test('max_fails=0 tries the dead server first, every time', () => {
  expect(play({ parameters: 'max_fails=0', lastSeconds: 10 }).tried).toHaveLength(21);
});

// Measured: 0 to 2.5 s, then 16.0 and 30.1 s.
test('a server that answers nothing takes all clients until the first time-out, and each late failure prolongs its ban', () => {
  expect(play({ hangsSeconds: 3, lastSeconds: 32 }).tried).toEqual([0, 0.5, 1, 1.5, 2, 2.5, 16, 30]);
});

// Measured: 18.5, 21.5, 24.5, then 35.5, 38.6, 41.6 s.
test('a connect time-out longer than fail_timeout lets probes overlap', () => {
  const { tried } = play({ parameters: 'fail_timeout=2s', hangsSeconds: 8, lastSeconds: 45, phase: 0.6 });

  expect(tried.filter((seconds) => seconds > 8)).toEqual([18.5, 21.5, 24.5, 35.5, 38.5, 41.5]);
});

// Measured: the next client was sent to the dead server, and hung for its connect time-out of 6.0 s.
test('while a probe hangs, the end of an older session forgives the failures', () => {
  const given = { hangsSeconds: 6, lastSeconds: 26 };
  const probe = play(given).tried.find((seconds) => seconds > 6)!;
  const cleared = play({ ...given, endsSeconds: [probe + 1.2] }).tried;

  expect(play(given).tried.filter((seconds) => seconds > probe && seconds < probe + 6)).toEqual([]);
  expect(cleared.find((seconds) => seconds > probe)).toBe(probe + 1.5);
});

test('the end of an older session forgives nothing while no probe is under way', () => {
  const { tried } = play({ untilSeconds: 35, lastSeconds: 34, endsSeconds: [5, 5.5, 20] });

  expect(tried).toEqual([0, 11, 22, 33]);
});
