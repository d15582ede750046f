// Engine and oracle at the balancers: orders to nginx, and datagrams through it.
import fc from 'fast-check';
import { test } from 'vitest';
import type { FaultOptions } from '../../src/models/fault.ts';
import { behindNginx, expectAgreement, faultsAt } from '../support/oracle/recipes.ts';
import { minute, nodeNames, second, timing } from '../support/worlds.ts';

const runs = process.env.FLEETFALL_LONG === '1' ? 1_000 : 25;

/** Between the instants at which places change: what comes first at one instant is nobody's truth. */
const between = fc.integer({ min: 0, max: 300 }).map((whole) => whole + 0.5);

const order: fc.Arbitrary<FaultOptions> = fc
  .record({
    kind: fc.constantFrom('reload' as const, 'addNode' as const, 'removeNode' as const, 'removeNode' as const),
    node: fc.constantFrom(...nodeNames),
    at: between,
  })
  .map(({ kind, node, at }) =>
    kind === 'reload'
      ? { kind, balancers: ['balancer'], product: null, ...timing(at, 0) }
      : { kind, places: [node], ...timing(at, 0) },
  );
const orders = fc.array(order, { minLength: 1, maxLength: 4 });

test.each([
  ['its nodes fail', faultsAt(nodeNames, 3), 0],
  // A keepalive that falls into the milliseconds in which a session heals may be missed, and moves the turns by its ACK.
  ['it stands still or dies', faultsAt(['balancer'], 3, ['kill', 'hang']), 5_000],
])('nginx reloads and gets other servers while %s, as the oracle plays it', (_, failures, apartUs) => {
  fc.assert(
    fc.property(
      behindNginx,
      fc.constantFrom(undefined, 5 * second, 100 * second),
      orders,
      failures,
      fc.nat(1_000),
      (recipe, shutdownTimeoutUs, told, faults, replication) =>
        expectAgreement(
          {
            ...recipe,
            ...(shutdownTimeoutUs === undefined ? {} : { shutdownTimeoutUs }),
            faults: [...told, ...faults],
            durationUs: 9 * minute + 57 * second,
          },
          replication,
          0,
          apartUs,
        ),
    ),
    { numRuns: runs, seed: 20_261_201 },
  );
});

test.each([
  ['its nodes fail', faultsAt(nodeNames, 3), true],
  ['it dies, reloads or gets other servers', faultsAt(['balancer'], 2, ['kill', 'powerOff']), false],
])('agents over UDP live behind nginx while %s, as the oracle plays it', (_, failures, isQuiet) => {
  const recipe = behindNginx.map(({ groups, ...more }) => ({
    ...more,
    groups: groups.map((group) => ({
      ...group,
      protocol: 'udp' as const,
      // An event and the keepalive that leaves with it count as one of the three datagrams until a dead node is found out.
      events: { ratePerSecond: isQuiet ? 0 : group.events!.ratePerSecond, arrival: 'regular' as const },
    })),
  }));
  fc.assert(
    fc.property(
      recipe,
      fc.record({ datagrams: fc.record({ passesErrors: fc.boolean() }), proxyTimeoutUs: fc.constantFrom(70, 600) }),
      failures,
      fc.array(order, { maxLength: isQuiet ? 0 : 1 }),
      fc.nat(1_000),
      (world, { datagrams, proxyTimeoutUs }, faults, told, replication) =>
        expectAgreement(
          {
            ...world,
            datagrams,
            proxyTimeoutUs: proxyTimeoutUs * second,
            faults: [...told, ...faults],
            durationUs: 9 * minute + 57 * second,
          },
          replication,
          // What comes within a latency of the start of new processes is one datagram more or less.
          isQuiet ? 0 : 1,
        ),
    ),
    { numRuns: runs, seed: 20_261_202 },
  );
});
