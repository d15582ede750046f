// How a new key comes to the nodes. Wazuh 4.14.7: recalculate_integrity 8 s, sync_integrity 9 s, remoted.keyupdate_interval 10 s.
import { expect, test } from 'vitest';
import { rootKey } from '../../../src/kernel/random.ts';
import { keysKnownUpToUs } from '../../../src/models/cluster/keys.ts';
import { ClusterLinks } from '../../../src/models/cluster/links.ts';
import { nodeDefaults } from '../../../src/models/node.ts';
import { PlaceState } from '../../../src/models/place.ts';
import { minute, second } from '../../support/worlds.ts';

const nodes = (['master', 'worker'] as const).map((role, index) => ({
  ...nodeDefaults,
  name: role,
  address: `172.0.0.${index + 3}`,
  role,
}));

function cluster(replication: number): ClusterLinks {
  return new ClusterLinks(nodes, rootKey('7', replication), -2 * minute);
}

/** Seconds until a node knows a key of instant `atUs`, to 50 ms. */
function knownAfter(links: ClusterLinks, node: number, atUs: number, mostSeconds = 60): number {
  for (let step = 0; step <= mostSeconds * 20; step++) {
    if (keysKnownUpToUs(links, node, atUs + step * 50_000) >= atUs) return step / 20;
  }
  return Infinity;
}

test('a worker knows a new key after 13.5 s in the mean and 27 s at most, the master after 5 and 10', () => {
  const worker: number[] = [];
  const master: number[] = [];
  for (let replication = 0; replication < 400; replication++) {
    const links = cluster(replication);
    worker.push(knownAfter(links, 1, 123 * second));
    master.push(knownAfter(links, 0, 123 * second));
  }
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

  expect(mean(worker)).toBeGreaterThan(12.7);
  expect(mean(worker)).toBeLessThan(14.3);
  expect(Math.max(...worker)).toBeLessThanOrEqual(27.05);
  expect(Math.max(...worker)).toBeGreaterThan(22);
  expect(Math.min(...worker)).toBeLessThan(4);
  expect(mean(master)).toBeGreaterThan(4.5);
  expect(mean(master)).toBeLessThan(5.6);
  expect(Math.max(...master)).toBeLessThanOrEqual(10.05);
});

test('agents that enrol at one instant are known at a node at one instant', () => {
  const links = cluster(3);
  const at = knownAfter(links, 1, 100 * second);

  // A key that was there a moment before is known no later.
  expect(knownAfter(links, 1, 100 * second - 1)).toBeLessThanOrEqual(at);
  expect(keysKnownUpToUs(links, 1, 100 * second + at * second)).toBeGreaterThanOrEqual(100 * second);
});

test('no key passes while the worker has no link, and a remoted that starts reads what is there', () => {
  const links = cluster(5);
  links.pathChanged(1, 99 * second, true);
  expect(knownAfter(links, 1, 100 * second, 300)).toBe(Infinity);
  links.pathChanged(1, 400 * second, false);
  expect(knownAfter(links, 1, 100 * second, 400)).toBeLessThan(300 + 10 + 27);

  const born = cluster(5);
  born.placeChanged(0, 100 * second, PlaceState.Refusing, true);
  born.placeChanged(0, 101 * second, PlaceState.Up, false);
  expect(keysKnownUpToUs(born, 0, 101 * second)).toBe(101 * second);
});

test('a node that looks at its keys once in a minute knows them later: remoted.keyupdate_interval', () => {
  const known = Array.from({ length: 100 }, (_, replication) => {
    const slow = nodes.map((node) => ({ ...node, keyUpdateSeconds: 60 }));
    return knownAfter(new ClusterLinks(slow, rootKey('7', replication), -2 * minute), 0, 123 * second, 70);
  });

  expect(Math.max(...known)).toBeGreaterThan(50);
  expect(Math.max(...known)).toBeLessThanOrEqual(60.05);
});
