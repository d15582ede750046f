// What every product and every method keeps to, whatever it chooses by. `behavesAsBalancer` makes tests of it for one method.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Balancer, BalancerSession } from '../../src/models/balancer/contract.ts';
import { aClient } from '../support/clients.ts';

export interface PeerGiven {
  readonly weight: number;
  /** Failures that ban it; 0: it is never banned. */
  readonly maxFails: number;
  readonly failTimeoutSeconds: number;
  /** 0: no limit. */
  readonly maxConns: number;
  readonly down: boolean;
  readonly backup: boolean;
}

export interface BalancerGiven {
  readonly peers: readonly PeerGiven[];
  readonly workers: number;
  /** The worker processes share what they remember. */
  readonly shared: boolean;
  /** Attempts of one session; 0: no limit. */
  readonly tries: number;
}

type Step =
  | {
      readonly kind: 'open';
      readonly client: number;
      readonly worker: number;
      readonly outcomes: readonly boolean[];
      /** What its random choices are keyed by. */
      readonly connect: number;
    }
  | { readonly kind: 'close'; readonly which: number }
  | { readonly kind: 'wait'; readonly seconds: number };

const plain: PeerGiven = { weight: 1, maxFails: 1, failTimeoutSeconds: 10, maxConns: 0, down: false, backup: false };

const peer = fc.record({
  weight: fc.integer({ min: 1, max: 9 }),
  maxFails: fc.integer({ min: 0, max: 3 }),
  failTimeoutSeconds: fc.integer({ min: 0, max: 4 }),
  maxConns: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 3 })),
  down: fc.integer({ min: 0, max: 5 }).map((dice) => dice === 0),
  backup: fc.integer({ min: 0, max: 3 }).map((dice) => dice === 0),
});

const given: fc.Arbitrary<BalancerGiven> = fc.record({
  // The first one is no backup: products want one that is none.
  peers: fc
    .array(peer, { minLength: 1, maxLength: 6 })
    .map(([first, ...rest]) => [{ ...first!, backup: false }, ...rest]),
  workers: fc.integer({ min: 1, max: 3 }),
  shared: fc.boolean(),
  tries: fc.integer({ min: 0, max: 3 }),
});

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('open' as const),
        client: fc.integer({ min: 0, max: 5 }),
        worker: fc.integer({ min: 0, max: 2 }),
        outcomes: fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
        connect: fc.nat({ max: 1e6 }),
      }),
    },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('close' as const), which: fc.nat() }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('wait' as const), seconds: fc.integer({ min: 1, max: 4 }) }),
    },
  ),
  { maxLength: 60 },
);

/** What an onlooker knows for certain about a peer, whatever the product counts. */
interface Known {
  conns: number;
  /** Failures since anything last went well with it: what counts for it at least. */
  streak: number;
  /** Failures ever: what counts for it at most. */
  failures: number;
  failedAtSeconds: number;
}

/** Plays the steps, checks every answer against what an onlooker knows, and returns the answers. */
function play<S extends BalancerSession>(
  create: (options: BalancerGiven) => Balancer<S>,
  options: BalancerGiven,
  list: readonly Step[],
): readonly string[] {
  const { peers, shared, tries } = options;
  const balancer = create(options);
  expect(balancer.peers.length).toBe(peers.length);
  expect(balancer.workers).toBe(options.workers);
  const fresh = (): Known[] => peers.map(() => ({ conns: 0, streak: 0, failures: 0, failedAtSeconds: -1e9 }));
  const memories = Array.from({ length: options.workers }, fresh);
  const memoryOf = (worker: number): Known[] => memories[shared ? 0 : worker]!;
  const open: S[] = [];
  const answers: string[] = [];
  let now = 1000;

  const wellUsable = (index: number, memory: readonly Known[], tried: readonly number[]): boolean => {
    const { down, maxConns, maxFails } = peers[index]!;
    const { conns, failures } = memory[index]!;
    const mayBeBanned = maxFails > 0 && failures >= maxFails;
    return !down && !mayBeBanned && !tried.includes(index) && !(maxConns > 0 && conns >= maxConns);
  };

  for (const step of list) {
    if (step.kind === 'wait') {
      now += step.seconds;
      continue;
    }
    if (step.kind === 'close') {
      const [session] = open.splice(step.which % Math.max(1, open.length), 1);
      if (!session) continue;
      const known = memoryOf(session.worker)[session.peerIndex]!;
      // Of an established session its worker and its peer are enough.
      balancer.closed({ worker: session.worker, peerIndex: session.peerIndex }, now * 1e6);
      known.conns -= 1;
      known.streak = 0;
      continue;
    }
    const worker = step.worker % options.workers;
    const memory = memoryOf(worker);
    const session = balancer.open(aClient(`10.0.0.${step.client}`, step.connect), worker);
    expect(session.worker).toBe(worker);
    const tried: number[] = [];
    for (let more = true; more;) {
      const index = balancer.next(session, now * 1e6);
      expect(session.peerIndex).toBe(index);
      const certain = peers.findIndex(({ backup }, at) => !backup && wellUsable(at, memory, tried));
      const certainBackup = peers.findIndex((_, at) => wellUsable(at, memory, tried));
      if (index < 0) {
        expect(certainBackup, 'nothing was usable').toBe(-1);
        answers.push('none');
        break;
      }
      const { down, maxConns, maxFails, failTimeoutSeconds, backup } = peers[index]!;
      const known = memory[index]!;
      expect(down, 'a peer that is down is never chosen').toBe(false);
      expect(tried, 'no session tries a peer twice').not.toContain(index);
      if (backup) expect(certain, 'a backup stands in only when nothing else is usable').toBe(-1);
      if (maxConns > 0) expect(known.conns, 'a full peer is never chosen').toBeLessThan(maxConns);
      if (peers.length > 1 && maxFails > 0 && known.streak >= maxFails) {
        expect(now - known.failedAtSeconds, 'a banned peer is never chosen').toBeGreaterThan(failTimeoutSeconds);
      }
      tried.push(index);
      answers.push(String(index));
      known.conns += 1;
      if (step.outcomes[tried.length - 1] ?? true) {
        balancer.connected(session, now * 1e6);
        known.streak = 0;
        open.push(session);
        break;
      }
      more = balancer.failed(session, now * 1e6, 0, false) < Infinity;
      expect(session.peerIndex).toBe(-1);
      known.conns -= 1;
      known.streak += 1;
      known.failures += 1;
      known.failedAtSeconds = now;
      if (peers.length === 1) expect(more, 'a lone peer is not tried again').toBe(false);
      if (tries > 0 && tried.length >= tries) expect(more, 'no more attempts than allowed').toBe(false);
    }
  }
  return answers;
}

/**
 * Tests of one method.
 * @param create a balancer of the method with these peers; `peers[i]` of the given stands at index i.
 * @param takesBackups false where the product refuses backup peers for the method.
 */
export function behavesAsBalancer<S extends BalancerSession>(
  method: string,
  create: (options: BalancerGiven) => Balancer<S>,
  { takesBackups }: { readonly takesBackups: boolean },
): void {
  const allowed = given.map((options) => ({
    ...options,
    peers: options.peers.map((one) => ({ ...one, backup: one.backup && takesBackups })),
  }));
  const numRuns = 150;

  test(`${method}: no peer is chosen that is down, banned, full or tried, and none is missed`, () => {
    fc.assert(
      fc.property(allowed, steps, (options, list) => {
        play(create, options, list);
      }),
      { numRuns },
    );
  });

  test(`${method}: the same history gives the same choices`, () => {
    fc.assert(
      fc.property(allowed, steps, (options, list) => {
        expect(play(create, options, list)).toEqual(play(create, options, list));
      }),
      { numRuns: 30 },
    );
  });

  test(`${method}: a worker process knows nothing of the others, unless they share their memory`, () => {
    fc.assert(
      fc.property(allowed, steps, (options, list) => {
        const two = { ...options, workers: 2, shared: false };
        const only = (worker: number): Step[] =>
          list.filter((step) => step.kind === 'wait' || (step.kind === 'open' && step.worker % 2 === worker));
        const together = list.filter((step) => step.kind !== 'close');
        const apart = [...play(create, two, only(0)), ...play(create, two, only(1))];

        expect([...play(create, two, together)].sort()).toEqual(apart.sort());
      }),
      { numRuns: 50 },
    );
  });

  test(`${method}: a ban lasts through its last second; a lone peer is never banned`, () => {
    const peers = [
      { ...plain, failTimeoutSeconds: 10 },
      { ...plain, failTimeoutSeconds: 1000 },
    ];
    const make = (list: readonly PeerGiven[]): Balancer<S> =>
      create({ peers: list, workers: 1, shared: false, tries: 1 });
    const fail = (balancer: Balancer<S>, atSeconds: number): number => {
      const session = balancer.open(aClient(), 0);
      const index = balancer.next(session, atSeconds * 1e6);
      if (index >= 0) balancer.failed(session, atSeconds * 1e6, 0, false);
      return index;
    };
    const balancer = make(peers);
    const first = [fail(balancer, 1000), fail(balancer, 1000)];
    const lone = make([plain]);

    expect(first.sort()).toEqual([0, 1]);
    expect([1000, 1005, 1010].map((at) => fail(balancer, at))).toEqual([-1, -1, -1]);
    expect(fail(balancer, 1011)).toBe(0);
    expect([1000, 1000, 1001].map((at) => fail(lone, at))).toEqual([0, 0, 0]);
  });

  test(`${method}: what shares a memory shares a ban and a count of connections`, () => {
    const peers = [
      { ...plain, maxConns: 1 },
      { ...plain, down: true },
    ];
    const openTwice = (shared: boolean): readonly number[] => {
      const balancer = create({ peers, workers: 2, shared, tries: 0 });
      return [0, 1].map((worker) => balancer.next(balancer.open(aClient(), worker), 1e9));
    };

    expect(openTwice(true)).toEqual([0, -1]);
    expect(openTwice(false)).toEqual([0, 0]);
  });

  test(`${method}: a session given up while it connects frees its place and counts no failure`, () => {
    const peers = [
      { ...plain, maxConns: 1 },
      { ...plain, down: true },
    ];
    const balancer = create({ peers, workers: 1, shared: false, tries: 0 });
    const chosen = Array.from({ length: 3 }, () => {
      const session = balancer.open(aClient(), 0);
      const index = balancer.next(session, 1e9);
      balancer.closed(session, 1e9);
      return index;
    });

    expect(chosen).toEqual([0, 0, 0]);
  });
}
