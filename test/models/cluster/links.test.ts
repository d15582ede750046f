// The links of the workers to the master. Wazuh 4.14.7, framework/wazuh/core/cluster/cluster.json.
import { expect, test } from 'vitest';
import { rootKey } from '../../../src/kernel/random.ts';
import { ClusterLinks, masterOf } from '../../../src/models/cluster/links.ts';
import { nodeDefaults, type NodeOptions } from '../../../src/models/node.ts';
import { PlaceState } from '../../../src/models/place.ts';
import { minute, second } from '../../support/worlds.ts';

const { Up, Refusing, Silent } = PlaceState;
const node = (name: string, role: NodeOptions['role']): NodeOptions => ({
  ...nodeDefaults,
  name,
  address: '172.0.0.3',
  role,
});
const nodes = [node('master', 'master'), node('worker01', 'worker'), node('worker02', 'worker')];
const many = Array.from({ length: 200 }, (_, replication) => replication);

function cluster(replication = 0): ClusterLinks {
  return new ClusterLinks(nodes, rootKey('1', replication), -2 * minute);
}

/** Seconds from `sinceSeconds` until worker01 has its link again. */
function relinked(links: ClusterLinks, sinceSeconds: number): number {
  const { linked } = links;
  const span = linked[1]!.count - 1;
  expect(linked[1]!.isOpen).toBe(true);
  return linked[1]!.fromUs(span) / second - sinceSeconds;
}

test('the master is the node whose role it is, and a lone node is its own', () => {
  expect(masterOf(nodes)).toBe(0);
  expect(masterOf([node('manager', 'worker')])).toBe(0);
  expect(masterOf([node('a', 'worker'), node('b', 'worker')])).toBe(-1);
});

test('a master that is killed has its workers back within ten seconds of its start, all at their own tries', () => {
  for (const replication of many) {
    const links = cluster(replication);
    links.placeChanged(0, 100 * second, Refusing, true);
    expect(links.linked[1]!.has(100 * second)).toBe(false);
    expect(links.missesMasterFrom(1, 100 * second, 200 * second)).toBe(100 * second); // the worker knows at once
    links.placeChanged(0, 163 * second, Up, false);

    // connection_retry: tries at 100, 110, … 170 s.
    expect(relinked(links, 163)).toBe(7);
    expect(links.births[0]).toEqual([163 * second]);
  }
});

test('of a master whose host was off and is back a worker hears with its next integrity check, and tries ten seconds later', () => {
  const found = many.map((replication) => {
    const links = cluster(replication);
    links.placeChanged(0, 100 * second, Silent, true);
    links.placeChanged(0, 130 * second, Refusing, false);
    links.placeChanged(0, 131 * second, Up, false);
    return relinked(links, 130);
  });

  // sync_integrity: every 9 s; connection_retry: 10 s behind it.
  expect(Math.min(...found)).toBeGreaterThanOrEqual(10);
  expect(Math.max(...found)).toBeLessThan(19);
  expect(Math.max(...found)).toBeGreaterThan(17);
});

test('a worker goes on counting its echoes while the host of its master is back for a moment', () => {
  for (const replication of many) {
    const links = cluster(replication);
    links.placeChanged(0, 100 * second, Silent, true);
    const givesUpUs = links.missesMasterFrom(1, 100 * second, Infinity);
    links.placeChanged(0, 110 * second, Refusing, false);
    links.placeChanged(0, 110.1 * second, Up, false);
    const asksUs = links.missesMasterFrom(1, 110 * second, Infinity);
    links.placeChanged(0, 112 * second, Silent, true);

    // An integrity check in these two seconds is answered by RST; otherwise nothing has changed for the worker.
    const knowsUs = links.missesMasterFrom(1, 112 * second, Infinity);
    const { integrityUs } = links.phases[1]!;
    const nextUs = integrityUs + Math.ceil((110 * second - integrityUs) / (9 * second)) * 9 * second;
    expect(asksUs).toBe(110 * second); // both run
    expect(knowsUs).toBe(nextUs <= 112 * second ? 112 * second : givesUpUs);
  }
});

test('a box that has forgotten a connection keeps it forgotten while the path is cut and open again', () => {
  for (const replication of many) {
    const links = cluster(replication);
    links.forgotten(1, 100 * second, false);
    links.pathChanged(1, 110 * second, true);
    links.pathChanged(1, 115 * second, false);

    // Two echoes without an answer, and a try ten seconds later.
    expect(relinked(links, 100)).toBeGreaterThanOrEqual(110);
    expect(relinked(links, 100)).toBeLessThanOrEqual(170);
  }
});

test('a worker goes on trying in its rhythm while its master comes and goes between two tries', () => {
  const links = cluster();
  links.placeChanged(0, 27 * second, Refusing, true);
  links.placeChanged(0, 98 * second, Up, false);
  links.placeChanged(0, 103 * second, Refusing, true);
  links.placeChanged(0, 173 * second, Up, false);

  // Tries at 27, 37 … 97, 107 … 177 s.
  expect(relinked(links, 173)).toBe(4);
});

test('a worker that starts connects at once, or ten seconds after each try at a master that is down', () => {
  const links = cluster();
  links.placeChanged(1, 100 * second, Refusing, true);
  links.placeChanged(1, 130 * second, Up, false);
  expect(relinked(links, 130)).toBe(0);

  links.placeChanged(0, 200 * second, Refusing, true);
  links.placeChanged(1, 210 * second, Refusing, true);
  links.placeChanged(1, 222 * second, Up, false);
  links.placeChanged(0, 230 * second, Up, false);
  expect(relinked(links, 230)).toBe(2);
});

test('a worker gives a silent master up after 100 to 160 seconds', () => {
  const after: number[] = [];
  for (const replication of many) {
    const links = cluster(replication);
    links.placeChanged(0, 500 * second, Silent, true);
    after.push((links.missesMasterFrom(1, 500 * second, Infinity) - 500 * second) / second);
  }
  after.sort((a, b) => a - b);

  expect(after[0]).toBeGreaterThanOrEqual(100);
  expect(after.at(-1)).toBeLessThanOrEqual(160);
  expect(after[0]).toBeLessThan(103);
  expect(after.at(-1)).toBeGreaterThan(157);
});

/** Seconds from the end of a cut of that length until the link stands, over many phases, ascending. */
function afterCut(length: number): number[] {
  return many
    .map((replication) => {
      const links = cluster(replication);
      links.pathChanged(1, 500 * second, true);
      expect(links.linked[1]!.has(500 * second)).toBe(false);
      expect(links.linked[2]!.has(500 * second)).toBe(true);
      links.pathChanged(1, (500 + length) * second, false);
      return relinked(links, 500 + length);
    })
    .sort((a, b) => a - b);
}

test.each([
  // RST to the next integrity check (9 s), a try 10 s later; or two echoes without an answer, 100 to 160 s.
  ['by RST', true, 10, 19],
  ['by silence', false, 110, 170],
] as const)(
  'a box that forgets the connection of a worker and answers %s (%s) costs it %i to %i s',
  (_, answers, least, most) => {
    const after = many
      .map((replication) => {
        const links = cluster(replication);
        links.forgotten(1, 500 * second, answers);
        return relinked(links, 500);
      })
      .sort((a, b) => a - b);

    expect(after[0]).toBeGreaterThanOrEqual(least);
    expect(after[0]).toBeLessThan(least + 3);
    expect(after.at(-1)).toBeLessThanOrEqual(most);
  },
);

test('a cut between worker and master that heals soon leaves the link alone; after a long one the worker tries anew', () => {
  // The master drops a worker 120 to 180 s after its last keepalive, which is up to 60 s before the cut.
  expect(afterCut(59).at(-1)).toBe(0);
  const longest = afterCut(200);
  expect(longest.at(-1)).toBeLessThanOrEqual(10);
  expect(longest.at(-1)).toBeGreaterThan(9);
  // In between some masters have dropped the worker without its knowing: RST at its next check (9 s), then a try 10 s later.
  const some = afterCut(110);
  expect(some[0]).toBe(0);
  expect(some.at(-1)).toBeGreaterThan(10);
  expect(some.at(-1)).toBeLessThanOrEqual(19);
});
