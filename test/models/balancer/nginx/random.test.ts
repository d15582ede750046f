import { expect, test } from 'vitest';
import { behavesAsBalancer } from '../../../contracts/balancer.ts';
import { aClient } from '../../../support/clients.ts';
import { balancerOf, confText } from '../../../support/nginxMeasured.ts';
import { nginxLacks, nginxWith } from '../../../support/nginxMethods.ts';

const withoutBackups = { ...nginxLacks, backups: 'nginx refuses `backup` beside `random`.' };
behavesAsBalancer('random', nginxWith({ kind: 'random', two: false }), withoutBackups);
behavesAsBalancer('random two', nginxWith({ kind: 'random', two: true }), withoutBackups);

/** How many of the clients land on each server; one leaves before the next comes. */
function spread(method: string, servers: readonly string[], clients: number): readonly number[] {
  const balancer = balancerOf(confText(method, servers));
  const counts = servers.map(() => 0);
  for (let connect = 0; connect < clients; connect++) {
    const session = balancer.open(aClient('10.0.0.1', connect), 0);
    counts[balancer.next(session, 1000e6)]! += 1;
    balancer.connected(session, 1000e6);
    balancer.closed(session, 1000e6);
  }
  return counts;
}

/** Pearson's statistic of counts against the shares they should have. */
function chiSquare(counts: readonly number[], shares: readonly number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.reduce(
    (sum, count, index) => sum + (count - total * shares[index]!) ** 2 / (total * shares[index]!),
    0,
  );
}

test('servers are drawn by their weights', () => {
  // The seed is fixed. A right one fails this for one seed in 10,000: the quantile of χ² with three degrees of freedom is 21.1.
  const counts = spread('random;', ['a:1', 'b:1 weight=3', 'c:1 weight=2', 'd:1 weight=4'], 20_000);

  expect(chiSquare(counts, [0.1, 0.3, 0.2, 0.4])).toBeLessThan(21.1);
});

test('of two draws the second counts when both are equally busy, so that weights pull less', () => {
  // By hand, of weights 1 and 3: a second draw is repeated until it differs. First a (1/4), then b; first b (3/4), then a.
  const counts = spread('random two;', ['a:1', 'b:1 weight=3'], 20_000);

  expect(chiSquare(counts, [0.75, 0.25])).toBeLessThan(15.1);
});

test('two draws compare connections per weight', () => {
  const balancer = balancerOf(confText('random two least_conn;', ['a:1', 'b:1 weight=3']));
  const counts = [0, 0];
  for (let connect = 0; connect < 400; connect++) {
    const session = balancer.open(aClient('10.0.0.1', connect), 0);
    counts[balancer.next(session, 1000e6)]! += 1;
  }

  // Two servers are always both drawn: whoever has less per weight gets the next, as with least_conn.
  expect(counts).toEqual([100, 300]);
});

test('with most servers out of order the choice falls back to taking turns', () => {
  // Of 200 weights one can be used: 21 draws miss it in 9 of 10 sessions, and it is found all the same.
  const counts = spread('random;', ['a:1 weight=199 down', 'b:1'], 500);

  expect(counts).toEqual([0, 500]);
});

test('two draws with one usable server end in it', () => {
  expect(spread('random two;', ['a:1', 'b:1 down', 'c:1 down'], 50)).toEqual([50, 0, 0]);
});

test('a server that has refused is not drawn again by the same session', () => {
  for (let connect = 0; connect < 200; connect++) {
    const balancer = balancerOf(confText('random;', ['a:1 max_fails=0', 'b:1 max_fails=0', 'c:1 max_fails=0']));
    const session = balancer.open(aClient('10.0.0.1', connect), 0);
    const tried = [0, 1, 2].map(() => {
      const index = balancer.next(session, 1000e6);
      balancer.failed(session, 1000e6, 0, false);
      return index;
    });

    expect([...tried].sort()).toEqual([0, 1, 2]);
  }
});

test('the luck of a connection is its own: another address, worker or order changes no draw', () => {
  const text = confText('random;', ['a:1', 'b:1', 'c:1', 'd:1']);
  const connects = Array.from({ length: 50 }, (_, connect) => connect);
  const chosen = (order: readonly number[], address: string): ReadonlyMap<number, number> => {
    const balancer = balancerOf(text, 2);
    return new Map(
      order.map((connect) => [connect, balancer.next(balancer.open(aClient(address, connect), connect % 2), 1000e6)]),
    );
  };
  const forth = chosen(connects, '10.0.0.1');
  const back = chosen([...connects].reverse(), '10.0.0.2');

  expect(connects.map((connect) => back.get(connect))).toEqual(connects.map((connect) => forth.get(connect)));
});
