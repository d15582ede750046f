// What every product and every method keeps to, whatever it chooses by. `behavesAsBalancer` makes tests of it for one method.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Choice, type Balancer, type BalancerSession } from '../../src/models/balancer/contract.ts';
import { newTrace } from '../../src/models/balancer/trace.ts';
import { aClient } from '../support/clients.ts';
import {
  given,
  plain,
  play,
  steps,
  type Ability,
  type BalancerGiven,
  type Lacks,
  type PeerGiven,
  type Step,
} from './balancerStory.ts';

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
    peers: options.peers.map((one) => ({
      ...one,
      backup: one.backup && !('backups' in lacks),
      maxConns: 'limits' in lacks ? 0 : one.maxConns,
    })),
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

  if (has('stories')) {
    test(`${method}: an onlooker changes no choice, and is told how each came about`, () => {
      fc.assert(
        fc.property(allowed, steps, (options, list) => {
          expect(play(create, options, list, lacks, true)).toEqual(play(create, options, list, lacks));
        }),
        { numRuns: 50 },
      );
    });
  } else {
    test(`${method}: tells nothing of its choices. ${lacks.stories}`, () => {
      const trace = newTrace();
      const balancer = make([{}]);
      balancer.next(balancer.open(aClient(), 0, trace), 1e9);

      expect(trace.choices).toEqual([]);
    });
  }

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

  if (has('limits')) {
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
  } else {
    test(`${method}: no peer is ever full. ${lacks.limits}`, () => {
      const balancer = make([{ maxConns: 1 }, { down: true }]);

      expect([1, 2, 3].map(() => balancer.next(balancer.open(aClient(), 0), 1e9))).toEqual([0, 0, 0]);
    });
  }

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
      let nowUs = 1e9;
      const check = (passed: boolean): readonly string[] => {
        const kinds: string[] = [];
        for (let nth = 0; nth < 10; nth++) {
          const delayUs = checks.checked(0, passed, nowUs);
          expect(delayUs).toBeGreaterThan(0);
          nowUs += delayUs;
          kinds.push(
            ...balancer.takeNews!().map(({ kind, ...rest }) => `${kind} ${(rest as { peerIndex: number }).peerIndex}`),
          );
        }
        return kinds;
      };

      expect(checks.firstAtUs).toHaveLength(2);
      expect(check(false)).toEqual(['down 0']);
      expect(balancer.admin?.isUp(0) ?? false).toBe(false);
      expect(new Set(chosen(balancer, 20, nowUs / 1e6))).toEqual(new Set([1]));
      expect(check(true)).toEqual(['up 0']);
      expect(chosen(balancer, 40, nowUs / 1e6)).toContain(0);
    });
  } else {
    test(`${method}: checks nobody. ${lacks.checks}`, () => {
      expect(make([{}], { checked: true }).checks).toBeUndefined();
    });
  }
}
