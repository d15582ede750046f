import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rootKey, uniform } from '../../../../src/kernel/random.ts';
import type { Balancer } from '../../../../src/models/balancer/contract.ts';
import { checkTimeoutUs, firstChecksUs } from '../../../../src/models/balancer/haproxy/health.ts';
import { createHaproxyBackend } from '../../../../src/models/balancer/haproxy/haproxy.ts';
import type { HaproxyCheckOptions, HaproxyServerOptions } from '../../../../src/models/balancer/haproxy/options.ts';
import { aClient } from '../../../support/clients.ts';
import { aBackend, aBind, aCheck, haproxyWith } from '../../../support/haproxy.ts';

const luck = rootKey('health', 0);

/** What is known about the server whose checks are played. */
interface Watched {
  readonly balancer: Balancer;
  /** When its next check begins. */
  nextUs: number;
}

function watched(check: Partial<HaproxyCheckOptions>, given: Partial<HaproxyServerOptions> = {}): Watched {
  const balancer = aBackend({ servers: [{ check: aCheck(check), ...given }, {}], redispatchAfter: -1 });
  return { balancer, nextUs: 0 };
}

/**
 * Plays checks from one that began at `fromUs` on, until the server is marked.
 * @param failsAfterUs how long a check takes; NaN: it passes at once.
 * @returns when it was marked.
 */
function markedAtUs(server: Watched, failsAfterUs: number): number {
  for (let nth = 0; nth < 100; nth++) {
    const endUs = server.nextUs + (Number.isNaN(failsAfterUs) ? 0 : failsAfterUs);
    server.nextUs = endUs + server.balancer.checks!.checked(0, Number.isNaN(failsAfterUs), endUs);
    if (server.balancer.takeNews!().some(({ kind }) => kind === 'down' || kind === 'up')) return endUs;
  }
  return Infinity;
}

const passes = Number.NaN;

/** A server that is checked since long and known to be well. */
function settled(check: Partial<HaproxyCheckOptions>, given: Partial<HaproxyServerOptions> = {}): Watched {
  const server = watched(check, given);
  for (let nth = 0; nth < 5; nth++) {
    server.nextUs += server.balancer.checks!.checked(0, true, server.nextUs);
  }
  return server;
}

// Measured on 2.6.12, less what the connections take: 60, 60, 30, 30, 24 and 24 times. Sheet, section 10.
test.each<readonly [string, Partial<HaproxyCheckOptions>, number, 'down' | 'up', number, number]>([
  ['process killed', {}, 0, 'down', 4, 6],
  ['restarted', {}, 0, 'up', 2, 4],
  ['process killed, fastinter 200ms', { fastInterUs: 200_000, downInterUs: 1_000_000 }, 0, 'down', 0.4, 2.4],
  ['restarted, downinter 1s', { fastInterUs: 200_000, downInterUs: 1_000_000 }, 0, 'up', 0.2, 1.2],
  ['silent to SYN', {}, 2_000_000, 'down', 10, 12],
])('%s, at an instant between two checks', (_, check, failsAfterUs, kind, fromSeconds, toSeconds) => {
  const seconds = Array.from({ length: 500 }, (__, nth) => {
    const server = settled(check);
    if (kind === 'up') markedAtUs(server, 0);
    const periodUs = kind === 'up' ? (check.downInterUs ?? 2_000_000) : 2_000_000;
    // The fault comes in the pause before the next check: U(0, period].
    const faultUs = server.nextUs - periodUs * (1 - uniform(luck, 0, nth));
    return (markedAtUs(server, kind === 'up' ? passes : failsAfterUs) - faultUs) / 1e6;
  });

  expect(Math.min(...seconds)).toBeGreaterThan(fromSeconds);
  expect(Math.max(...seconds)).toBeLessThanOrEqual(toSeconds);
  expect(Math.min(...seconds)).toBeLessThan(fromSeconds + 0.05);
  expect(Math.max(...seconds)).toBeGreaterThan(toSeconds - 0.05);
});

test('at the start, and behind maintenance, the first failure counts', () => {
  const fresh = watched({});
  const back = settled({});
  back.balancer.admin!.setState(0, 'maint', 0);
  back.balancer.admin!.setState(0, 'ready', 0);
  back.balancer.takeNews!();

  expect(markedAtUs(fresh, 0)).toBe(0);
  expect(markedAtUs(back, 0)).toBe(back.nextUs - 2_000_000);
});

// HAProxy 3.1.0, src/server.c, srv_set_init_state(): checks until it is up or down.
test.each([
  ['fully-up', 0, 3],
  ['up', 0, 1],
  ['down', passes, 1],
  ['fully-down', passes, 2],
] as const)('init-state %s', (initState, outcome, checks) => {
  const server = watched({}, { initState });
  const at = markedAtUs(server, outcome);

  expect(at).toBe((checks - 1) * 2_000_000);
});

test('up if and only if the last fall or rise checks say so', () => {
  const check = fc.record({ fall: fc.integer({ min: 1, max: 4 }), rise: fc.integer({ min: 1, max: 4 }) });
  fc.assert(
    fc.property(check, fc.array(fc.boolean(), { maxLength: 60 }), ({ fall, rise }, outcomes) => {
      const { balancer } = settled({ fall, rise });
      let up = true;
      outcomes.forEach((passed, nth) => {
        balancer.checks!.checked(0, passed, nth * 1e6);
        const recent = (count: number, value: boolean): boolean =>
          nth + 1 >= count && outcomes.slice(nth + 1 - count, nth + 1).every((outcome) => outcome === value);
        if (up && recent(fall, false)) up = false;
        else if (!up && recent(rise, true)) up = true;
        expect(balancer.admin!.isUp(0)).toBe(up);
      });
    }),
    { numRuns: 100 },
  );
});

test('checks pause in maintenance, and what they saw meanwhile counts for nothing', () => {
  const { balancer } = settled({});
  balancer.admin!.setState(0, 'maint', 0);

  expect([1, 2, 3, 4].map((at) => balancer.checks!.checked(0, false, at * 2e6))).toEqual([2e6, 2e6, 2e6, 2e6]);
  balancer.admin!.setState(0, 'ready', 9e6);
  expect(balancer.admin!.isUp(0)).toBe(true);
});

test('the delay to the next check goes by what is known', () => {
  const { balancer } = settled({ fastInterUs: 500_000, downInterUs: 7_000_000 });
  const delays = [true, false, true, false, false, false, false, true, true].map((passed) =>
    balancer.checks!.checked(0, passed, 0),
  );

  // Well; doubt; well; doubt, doubt; down; down; doubt; well.
  expect(delays).toEqual([2e6, 0.5e6, 2e6, 0.5e6, 0.5e6, 7e6, 7e6, 0.5e6, 2e6]);
});

test('a check waits for an answer as long as inter, or as the time-outs say', () => {
  const { backends } = haproxyWith([{ servers: [{}] }]);
  const timeout = (check: Partial<HaproxyCheckOptions>, given: object): number =>
    checkTimeoutUs(aCheck(check), { ...backends[0]!, ...given });

  expect(timeout({}, {})).toBe(2e6);
  expect(timeout({}, { checkTimeoutUs: 10e6, connectTimeoutUs: 1e6 })).toBe(1e6);
  expect(timeout({}, { checkTimeoutUs: 10e6, connectTimeoutUs: 10e6 })).toBe(2e6);
  expect(timeout({ asks: 'process' }, { checkTimeoutUs: 10e6 })).toBe(10e6);
});

// ------------------------------------------------------------------------------------------------------------ first checks

test('the first checks are spread evenly over all servers of the process', () => {
  const backend = { servers: [{ check: aCheck() }, {}, { check: aCheck() }] };
  const slow = { servers: [{ check: aCheck({ interUs: 5_000_000 }) }, { check: aCheck({ interUs: 300_000 }) }] };

  expect(firstChecksUs(haproxyWith([backend, backend]), luck)).toEqual([
    [0, Infinity, 500_000],
    [1_000_000, Infinity, 1_500_000],
  ]);
  // The shortest inter of at least a second, or the server's own.
  expect(firstChecksUs(haproxyWith([backend, slow]), luck)).toEqual([
    [0, Infinity, 500_000],
    [2_500_000, 1_500_000],
  ]);
  expect(firstChecksUs(haproxyWith([backend, slow], undefined, { maxSpreadChecksUs: 400_000 }), luck)).toEqual([
    [0, Infinity, 100_000],
    [200_000, 300_000],
  ]);
});

test('spread-checks varies each delay by so many percent, each server in its own way', () => {
  const options = haproxyWith([{ servers: [{ check: aCheck() }, { check: aCheck() }] }], undefined, {
    spreadChecksPercent: 25,
  });
  const delays = [0, 1].map((server) => {
    const balancer = createHaproxyBackend(options, 0, luck)(aBind);
    return Array.from({ length: 200 }, () => balancer.checks!.checked(server, true, 0));
  });

  for (const delay of delays.flat()) expect(Math.abs(delay - 2e6)).toBeLessThanOrEqual(500_000);
  expect(Math.min(...delays[0]!)).toBeLessThan(1_550_000);
  expect(Math.max(...delays[0]!)).toBeGreaterThan(2_450_000);
  expect(delays[0]).not.toEqual(delays[1]);
});

// ----------------------------------------------------------------------------------------------------------------- observe

/** Failed sessions until the server, the only one left, is down. */
function failuresUntilDown({ balancer }: Watched): number {
  for (let failures = 1; failures <= 200; failures++) {
    const session = balancer.open(aClient(), 0);
    balancer.next(session, 0);
    balancer.failed(session, 0, 0, false);
    balancer.closed(session, 0);
    if (!balancer.admin!.isUp(0)) return failures;
  }
  return Infinity;
}

// Measured on 2.6.12: down at the 3rd, the 10th, the 30th, and at the 10th from "UP 1/3". Sheet, section 10.
test.each<readonly [string, Partial<HaproxyServerOptions>, boolean, number]>([
  ['mark-down, error-limit 3', { onError: 'mark-down', errorLimit: 3 }, true, 3],
  ['sudden-death, error-limit 5', { onError: 'sudden-death', errorLimit: 5 }, true, 10],
  ['fail-check', {}, true, 30],
  ['fail-check, "UP 1/3"', {}, false, 10],
  ['fastinter', { onError: 'fastinter' }, true, Infinity],
])('observe layer4, on-error %s: failures of sessions until the server is down', (_, given, isWell, failures) => {
  const all = { ...given, observe: true };
  const server = isWell ? settled({}, all) : watched({}, all);
  server.balancer.admin!.setState(1, 'maint', 0);

  expect(failuresUntilDown(server)).toBe(failures);
});

test('a session that connects, or a check that passes, makes the count begin anew', () => {
  const server = settled({}, { observe: true, errorLimit: 2, onError: 'mark-down' });
  const { balancer } = server;
  const session = (fails: boolean): void => {
    const one = balancer.open(aClient(), 0);
    balancer.next(one, 0);
    if (fails) balancer.failed(one, 0, 0, false);
    else balancer.connected(one, 0);
    balancer.closed(one, 0);
  };
  balancer.admin!.setState(1, 'maint', 0);
  for (const fails of [true, false, true]) session(fails);
  balancer.checks!.checked(0, true, 0);
  session(true);

  expect(balancer.admin!.isUp(0)).toBe(true);
  session(true);
  expect(balancer.admin!.isUp(0)).toBe(false);
});

test('with fastinter the limit calls for a check before its time', () => {
  const { balancer } = settled({ fastInterUs: 100_000 }, { observe: true, errorLimit: 1, onError: 'fastinter' });
  balancer.admin!.setState(1, 'maint', 0);
  balancer.takeNews!();
  const session = balancer.open(aClient(), 0);
  balancer.next(session, 5e6);
  balancer.failed(session, 5e6, 0, false);

  expect(balancer.takeNews!()).toEqual([{ kind: 'recheck', peerIndex: 0, atUs: 5_100_000 }]);
});
