// nginx reads its file anew: who stays, who moves, what is forgotten.
import { expect, test } from 'vitest';
import type { FaultOptions } from '../../../src/models/fault.ts';
import { play, rows, type Story } from '../../support/stories.ts';
import { aWorld, fault, minute, nodeNames, second, timing, type WorldRecipe } from '../../support/worlds.ts';

const reload = (at: number): FaultOptions => ({
  kind: 'reload',
  balancers: ['balancer'],
  product: null,
  ...timing(at, 0),
});
const change = (kind: 'addNode' | 'removeNode', place: string, at: number): FaultOptions => ({
  kind,
  places: [place],
  ...timing(at, 0),
});

function run(faults: readonly FaultOptions[], recipe: Partial<WorldRecipe> = {}): Story {
  return play(
    aWorld({
      groups: [{ count: 60, events: { ratePerSecond: 1, arrival: 'regular' } }],
      faults,
      durationUs: 8 * minute,
      method: { kind: 'leastConn' },
      workers: 1,
      ...recipe,
    }),
    { fromSeconds: 50 },
  );
}

/** Agents on each node at the end. */
const atEnd = ({ books }: Story): number[] =>
  nodeNames.map((_, node) => books.nodeAtEnd.filter((own) => own === node).length);

test('a reload closes nothing', () => {
  const story = run([reload(100)]);

  expect(story.moments).toEqual([]);
  expect(story.books.outages.count).toBe(0);
});

test('new worker processes know nothing of the sessions the old ones keep', () => {
  // worker02 dies and is back empty; then the master's 30 look for a node.
  const faults = [fault('kill', 'worker02', 60, 2), fault('kill', 'master', 100, 2)];

  expect(atEnd(run(faults))).toEqual([0, 31, 29]);
  // After a reload the choice is made as if nobody were connected.
  expect(atEnd(run([...faults, reload(90)]))).toEqual([0, 45, 15]);
});

test('a new worker process has forgotten who failed', () => {
  // A banned peer is tried again by the new processes: the attempt that finds it down costs nothing but its way.
  const dead = [fault('kill', 'worker01', 100, null), { ...fault('kill', 'worker02', 105, 1), acceptsForUs: 0 }];
  const refused = (faults: readonly FaultOptions[]): number =>
    run(faults, { method: { kind: 'roundRobin' } }).books.nodes[1]!.refused;

  expect(refused([...dead, reload(104)])).toBeGreaterThan(refused(dead));
});

test('who is on a node that is taken out stays there until it goes, and then finds the others', () => {
  const before = run([]);
  const taken = run([change('removeNode', 'worker01', 100)]);
  expect(atEnd(taken)).toEqual(atEnd(before));
  expect(taken.moments).toEqual([]);

  const gone = run([change('removeNode', 'worker01', 100), fault('stop', 'worker01', 200, 30)]);
  expect(atEnd(gone)[1]).toBe(0);
  expect(gone.books.nodes[1]!.refused).toBe(0);
  const handshakes = gone.moments.filter(({ what }) => what === 'handshake');
  expect(handshakes).toHaveLength(20);
  expect(Math.max(...handshakes.map(({ seconds }) => seconds))).toBeLessThan(201);
});

test('a node that is added is empty until somebody connects anew', () => {
  const faults = [
    change('removeNode', 'worker02', 100),
    fault('stop', 'worker02', 110, 20),
    change('addNode', 'worker02', 200),
  ];

  expect(atEnd(run(faults))[2]).toBe(0);
  // With least connections whoever is cut off after that goes where the new processes know of nobody.
  expect(atEnd(run([...faults, fault('kill', 'master', 300, 10)]))[2]).toBeGreaterThan(0);
});

test('what changes nothing is told: a server that is there, one that is not, the last one', () => {
  const notes = (...faults: readonly FaultOptions[]): readonly string[] => run(faults).books.notes;

  expect(notes(change('addNode', 'worker01', 100))).toEqual([
    'worker01 is a server of the balancer already: adding it changes nothing.',
  ]);
  expect(
    notes(
      change('removeNode', 'master', 100),
      change('removeNode', 'worker01', 110),
      change('removeNode', 'worker02', 120),
    ),
  ).toEqual(['worker02 is no server of the balancer, or its last one: removing it changes nothing.']);
});

test('where nothing balances nothing is reloaded, and a note says so', () => {
  const story = run([reload(100), change('removeNode', 'worker01', 100)], {
    groups: [{ count: 1, list: [1, 2], events: { ratePerSecond: 1 } }],
  });

  expect(story.books.faults).toEqual([]);
  expect(story.books.notes).toEqual([
    'This mode has no balancer: reload balancer does nothing here.',
    'This mode has no balancer: removeNode worker01 does nothing here.',
  ]);
});

test('source ports are those of the host: old sessions keep theirs through a reload', () => {
  // 20 ports a node for 60 agents: all are taken. When a node dies, its 20 find no free port at the others, reload or not.
  const noPort = (faults: readonly FaultOptions[]): string[] =>
    run([fault('kill', 'worker02', 100, null), ...faults], {
      sourcePorts: 20,
      durationUs: 2 * minute,
    }).books.notes.filter((note) => note.includes('no source port'));

  expect(noPort([reload(90)]).length).toBe(1);
  expect(rows(run([reload(100)], { sourcePorts: 20 }))).toEqual([]);
});

test('a balancer that dies starts with the file as it was changed', () => {
  const story = run([change('removeNode', 'worker01', 100), fault('kill', 'balancer', 150, 20)]);

  expect(atEnd(story)[1]).toBe(0);
  expect(story.books.outages.count).toBe(60);
  expect(story.books.outages.brokenAtUs[0]).toBe(150 * second);
});

test('a balancer that stands still reloads when it goes on', () => {
  const faults = [fault('hang', 'balancer', 100, 20), change('removeNode', 'worker01', 110)];

  expect(atEnd(run(faults))).toEqual([20, 20, 20]);
  // Who is cut off after that meets the new ring.
  expect(atEnd(run([...faults, fault('kill', 'worker01', 200, 5)]))[1]).toBe(0);
});

test('a balancer that is down starts with the file as it was changed meanwhile', () => {
  const story = run([fault('kill', 'balancer', 100, 20), change('removeNode', 'worker01', 110)]);

  expect(atEnd(story)).toEqual([30, 0, 30]);
});
