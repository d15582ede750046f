// What every product and every method keeps to, whatever it chooses by. `behavesAsBalancer` makes tests of it for one method.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Choice, type Balancer, type BalancerSession } from '../../src/models/balancer/contract.ts';
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

/** What a product, or one of its methods, may lack. The suite shows that it does, where that can be seen. */
export type Ability =
  /** Peers that stand in when the others do not work. */
  | 'backups'
  /** Failures of sessions keep a peer out for a while. */
  | 'bans'
  /** Several worker processes, each with a memory of its own. */
  | 'workers'
  /** A session that could not be connected tries another peer, and none twice. */
  | 'others'
  /** Sessions that find their peer full go to another one. */
  | 'overflow'
  /** Sessions that find everything full wait for a place; without it they are closed. */
  | 'waiting'
  /** Active checks. */
  | 'checks'
  /** Orders at run time. */
  | 'orders';

/** Why not. */
export type Lacks = Partial<Record<Ability, string>>;

export interface BalancerGiven {
  readonly peers: readonly PeerGiven[];
  readonly workers: number;
  /** The worker processes share what they remember. */
  readonly shared: boolean;
  /** Attempts of one session; 0: no limit. */
  readonly tries: number;
  /** Every peer is checked, where the product has checks. */
  readonly checked?: boolean;
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
  lacks: Lacks,
): readonly string[] {
  const { peers, shared, tries } = options;
  const balancer = create(options);
  expect(balancer.peers.length).toBe(peers.length);
  expect(balancer.workers).toBe(options.workers);
  const fresh = (): Known[] => peers.map(() => ({ conns: 0, streak: 0, failures: 0, failedAtSeconds: -1e9 }));
  const memories = Array.from({ length: options.workers }, fresh);
  const memoryOf = (worker: number): Known[] => memories[shared ? 0 : worker]!;
  const open: S[] = [];
  const waiting = new Set<BalancerSession>();
  const answers: string[] = [];
  let now = 1000;

  const wellUsable = (index: number, memory: readonly Known[], tried: readonly number[]): boolean => {
    const { down, maxConns, maxFails } = peers[index]!;
    const { conns, failures } = memory[index]!;
    const mayBeBanned = maxFails > 0 && failures >= maxFails && !('bans' in lacks);
    const wasTried = tried.includes(index) && !('others' in lacks);
    return !down && !mayBeBanned && !wasTried && !(maxConns > 0 && conns >= maxConns);
  };
  /** Sessions that need not wait any longer go on. */
  const goOn = (): void => {
    for (const news of balancer.takeNews?.() ?? []) {
      if (news.kind !== 'freed') continue;
      const session = news.session as S;
      expect(waiting.delete(session), 'only one that waits is let go').toBe(true);
      const index = balancer.next(session, now * 1e6);
      expect(index, 'who is let go has a place').toBeGreaterThanOrEqual(0);
      const { maxConns, down } = peers[index]!;
      const known = memoryOf(session.worker)[index]!;
      expect(down).toBe(false);
      expect(known.conns, 'the place is free').toBeLessThan(maxConns > 0 ? maxConns : Infinity);
      balancer.connected(session, now * 1e6);
      known.conns += 1;
      open.push(session);
      answers.push(`${index} at last`);
    }
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
      goOn();
      continue;
    }
    const worker = step.worker % options.workers;
    const memory = memoryOf(worker);
    const session = balancer.open(aClient(`10.0.0.${step.client}`, step.connect), worker);
    expect(session.worker).toBe(worker);
    const tried: number[] = [];
    for (let more = true; more;) {
      const index = balancer.next(session, now * 1e6);
      expect(session.peerIndex).toBe(Math.max(-1, index));
      const certain = peers.findIndex(({ backup }, at) => !backup && wellUsable(at, memory, tried));
      const certainBackup = peers.findIndex((_, at) => wellUsable(at, memory, tried));
      if (index === Choice.None) {
        expect(certainBackup, 'nothing was usable').toBe(-1);
        answers.push('none');
        break;
      }
      if (index === Choice.Queued) {
        expect('waiting' in lacks).toBe(false);
        // Backups stand in for peers that do not work, not for peers that are full.
        const works = peers.some(({ backup, down }) => !backup && !down);
        if (!('overflow' in lacks)) expect(works ? certain : certainBackup, 'every peer was full').toBe(-1);
        waiting.add(session);
        answers.push('waits');
        break;
      }
      const { down, maxConns, maxFails, failTimeoutSeconds, backup } = peers[index]!;
      const known = memory[index]!;
      expect(down, 'a peer that is down is never chosen').toBe(false);
      if (!('others' in lacks)) expect(tried, 'no session tries a peer twice').not.toContain(index);
      if (backup) expect(certain, 'a backup stands in only when nothing else is usable').toBe(-1);
      if (maxConns > 0) expect(known.conns, 'a full peer is never chosen').toBeLessThan(maxConns);
      if (!('bans' in lacks) && peers.length > 1 && maxFails > 0 && known.streak >= maxFails) {
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
      if (peers.length === 1 && !('others' in lacks)) expect(more, 'a lone peer is not tried again').toBe(false);
      if (tries > 0 && tried.length >= tries) expect(more, 'no more attempts than allowed').toBe(false);
      goOn();
    }
  }
  return answers;
}

/**
 * Tests of one method.
 * @param create a balancer of the method with these peers; `peers[i]` of the given stands at index i.
 * @param lacks what the product does not do, and why; a test shows that it does not.
 */
export function behavesAsBalancer<S extends BalancerSession>(
  method: string,
  create: (options: BalancerGiven) => Balancer<S>,
  lacks: Lacks,
): void {
  const allowed = given.map((options) => ({
    ...options,
    workers: 'workers' in lacks ? 1 : options.workers,
    peers: options.peers.map((one) => ({ ...one, backup: one.backup && !('backups' in lacks) })),
  }));
  const numRuns = 150;
  const make = (peers: readonly Partial<PeerGiven>[], more: Partial<BalancerGiven> = {}): Balancer<S> =>
    create({ workers: 1, shared: false, tries: 0, ...more, peers: peers.map((one) => ({ ...plain, ...one })) });
  const chosen = (balancer: Balancer<S>, times: number, atSeconds = 1000): readonly number[] =>
    Array.from({ length: times }, (_, nth) => {
      const session = balancer.open(aClient(`10.${nth}.0.${nth}`, nth), 0);
      const index = balancer.next(session, atSeconds * 1e6);
      balancer.closed(session, atSeconds * 1e6);
      return index;
    });
  const has = (ability: Ability): boolean => lacks[ability] === undefined;

  test(`${method}: no peer is chosen that is down, banned, full or tried, and none is missed`, () => {
    fc.assert(
      fc.property(allowed, steps, (options, list) => {
        play(create, options, list, lacks);
      }),
      { numRuns },
    );
  });

  test(`${method}: the same history gives the same choices`, () => {
    fc.assert(
      fc.property(allowed, steps, (options, list) => {
        expect(play(create, options, list, lacks)).toEqual(play(create, options, list, lacks));
      }),
      { numRuns: 30 },
    );
  });

  test(`${method}: a session given up while it connects frees its place and counts no failure`, () => {
    expect(chosen(make([{ maxConns: 1 }, { down: true }]), 3)).toEqual([0, 0, 0]);
  });

  if (has('workers')) {
    test(`${method}: a worker process knows nothing of the others, unless they share their memory`, () => {
      fc.assert(
        fc.property(allowed, steps, (options, list) => {
          const two = { ...options, workers: 2, shared: false };
          const only = (worker: number): Step[] =>
            list.filter((step) => step.kind === 'wait' || (step.kind === 'open' && step.worker % 2 === worker));
          const together = list.filter((step) => step.kind !== 'close');
          const apart = [...play(create, two, only(0), lacks), ...play(create, two, only(1), lacks)];

          expect([...play(create, two, together, lacks)].sort()).toEqual(apart.sort());
        }),
        { numRuns: 50 },
      );
    });

    test(`${method}: what shares a memory shares a ban and a count of connections`, () => {
      const openTwice = (shared: boolean): readonly number[] => {
        const balancer = make([{ maxConns: 1 }, { down: true }], { workers: 2, shared });
        return [0, 1].map((worker) => balancer.next(balancer.open(aClient(), worker), 1e9));
      };

      expect(openTwice(true)).toEqual([0, -1]);
      expect(openTwice(false)).toEqual([0, 0]);
    });
  } else {
    test(`${method}: one process, whatever is asked for. ${lacks.workers}`, () => {
      expect(make([{}], { workers: 3 }).workers).toBe(1);
    });
  }

  const fail = (balancer: Balancer<S>, atSeconds: number): number => {
    const session = balancer.open(aClient(), 0);
    const index = balancer.next(session, atSeconds * 1e6);
    if (index >= 0) balancer.failed(session, atSeconds * 1e6, 0, false);
    return index;
  };
  if (has('bans')) {
    test(`${method}: a ban lasts through its last second; a lone peer is never banned`, () => {
      const balancer = make([{ failTimeoutSeconds: 10 }, { failTimeoutSeconds: 1000 }], { tries: 1 });
      const first = [fail(balancer, 1000), fail(balancer, 1000)];
      const lone = make([{}], { tries: 1 });

      expect(first.sort()).toEqual([0, 1]);
      expect([1000, 1005, 1010].map((at) => fail(balancer, at))).toEqual([-1, -1, -1]);
      expect(fail(balancer, 1011)).toBe(0);
      expect([1000, 1000, 1001].map((at) => fail(lone, at))).toEqual([0, 0, 0]);
    });
  } else {
    test(`${method}: failures ban nobody. ${lacks.bans}`, () => {
      const balancer = make([{}, { down: true }], { tries: 1 });

      expect(Array.from({ length: 30 }, () => fail(balancer, 1000))).toEqual(new Array<number>(30).fill(0));
    });
  }

  if (!has('others')) {
    test(`${method}: a session may try a peer again. ${lacks.others}`, () => {
      const balancer = make([{}], { tries: 2 });
      const session = balancer.open(aClient(), 0);
      const attempt = (): boolean => {
        balancer.next(session, 1e9);
        return balancer.failed(session, 1e9, 0, false) < Infinity;
      };

      expect([attempt(), attempt()]).toEqual([true, false]);
    });
  }

  test(`${method}: when everything is full ${has('waiting') ? 'a session waits for a place' : `a session is closed. ${lacks.waiting}`}`, () => {
    const balancer = make([{ maxConns: 1 }, { down: true }]);
    const open = (): S => balancer.open(aClient(), 0);
    const [first, second, third] = [open(), open(), open()];
    const answers = [first, second, third].map((session) => balancer.next(session, 1e9));
    balancer.closed(second, 1e9);
    balancer.closed(first, 1e9);
    const freed = (balancer.takeNews?.() ?? []).filter(({ kind }) => kind === 'freed');

    expect(answers).toEqual(has('waiting') ? [0, Choice.Queued, Choice.Queued] : [0, Choice.None, Choice.None]);
    expect(freed).toEqual(has('waiting') ? [{ kind: 'freed', session: third }] : []);
    if (has('waiting')) expect(balancer.next(third, 1e9)).toBe(0);
  });

  if (has('orders')) {
    test(`${method}: a peer that is drained gets no sessions and keeps its own`, () => {
      const balancer = make([{}, {}]);
      const session = balancer.open(aClient(), 0);
      const index = balancer.next(session, 1e9);
      balancer.connected(session, 1e9);
      balancer.admin!.setState(index, 'drain', 1e9);
      const news = balancer.takeNews!();

      expect(chosen(balancer, 20)).toEqual(new Array<number>(20).fill(1 - index));
      expect(news).toEqual([{ kind: 'down', peerIndex: index, sessions: 'kept' }]);
      expect(balancer.admin!.sessions(index)).toBe(1);
      balancer.closed(session, 1e9);
      balancer.admin!.setState(index, 'ready', 1e9);
      expect(balancer.takeNews!()).toEqual([{ kind: 'up', peerIndex: index }]);
      expect(chosen(balancer, 40)).toContain(index);
    });
  } else {
    test(`${method}: takes no orders. ${lacks.orders}`, () => {
      expect(make([{}]).admin).toBeUndefined();
    });
  }

  if (has('checks')) {
    test(`${method}: a peer whose checks fail gets no sessions until they pass again`, () => {
      const balancer = make([{}, {}], { checked: true });
      const checks = balancer.checks!;
      const check = (passed: boolean): readonly string[] => {
        const kinds: string[] = [];
        for (let nth = 0; nth < 10; nth++) {
          expect(checks.checked(0, passed, 1e9)).toBeGreaterThan(0);
          kinds.push(
            ...balancer.takeNews!().map(({ kind, ...rest }) => `${kind} ${(rest as { peerIndex: number }).peerIndex}`),
          );
        }
        return kinds;
      };

      expect(checks.firstAtUs).toHaveLength(2);
      expect(check(false)).toEqual(['down 0']);
      expect(balancer.admin?.isUp(0) ?? false).toBe(false);
      expect(new Set(chosen(balancer, 20))).toEqual(new Set([1]));
      expect(check(true)).toEqual(['up 0']);
      expect(chosen(balancer, 40)).toContain(0);
    });
  } else {
    test(`${method}: checks nobody. ${lacks.checks}`, () => {
      expect(make([{}], { checked: true }).checks).toBeUndefined();
    });
  }
}
