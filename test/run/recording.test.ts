import { expect, test } from 'vitest';
import { firstDifferentLink, linkRows, recorder, RowKind, Stream, type Keep } from '../../src/run/recording.ts';
import { runWorld } from '../../src/models/world.ts';
import { playReplication } from '../../src/run/single.ts';
import { aWorld, fault, minute } from '../support/worlds.ts';

function stream(rows: number, keep: Keep = 'none', changed = -1) {
  const made = new Stream(keep);
  for (let row = 0; row < rows; row++) made.add((row - 300) * 1_000, RowKind.Tried, row, row === changed ? ' 9' : ' 0');
  return made.done();
}

test('streams of the same rows have the same chain; one row changes its link and all behind it', () => {
  const [one, two] = [stream(1_000), stream(1_000, 'none', 600)];

  expect(stream(1_000)).toEqual(one);
  expect(firstDifferentLink(one, one)).toBe(-1);
  expect(firstDifferentLink(one, two)).toBe(Math.floor(600 / linkRows));
  expect(one.chain.slice(48)).not.toBe(two.chain.slice(48)); // the fourth link has no changed row of its own
  expect(one.chain.length).toBe(16 * Math.ceil(1_000 / linkRows));
});

test('a stream that ends earlier differs where it ends', () => {
  expect(firstDifferentLink(stream(512), stream(513))).toBe(2);
  expect(firstDifferentLink(stream(513), stream(512))).toBe(2);
  expect(firstDifferentLink(stream(0), stream(1))).toBe(0);
});

test('rows are kept up to a link, or the first of the warm-up and the first of counted time', () => {
  const links = ({ kept }: ReturnType<typeof stream>): number[] => kept.map(([link]) => link);

  expect(links(stream(1_000, { upTo: 1 }))).toEqual([0, 1]);
  expect(links(stream(1_000))).toEqual([]);
  expect(links(stream(1_000, 'some'))).toEqual([0, 1, 2, 3]);
  const long = links(stream(256 * 200, 'some'));
  expect(long).toEqual(Array.from({ length: 121 }, (_, link) => link)); // link 0 is of the warm-up
  const warmup = new Stream('some');
  for (let row = 0; row < 256 * 30; row++) warmup.add(-1, RowKind.Enrols, row, '');
  for (let row = 0; row < 256 * 2; row++) warmup.add(row, RowKind.Enrols, row, '');
  expect(links(warmup.done())).toEqual([...Array.from({ length: 16 }, (_, link) => link), 30, 31]);
});

const world = aWorld({ groups: [{ count: 20 }], faults: [fault('kill', 'worker01', 120, 60)], durationUs: 6 * minute });
const task = { world, seed: '1', replication: 0, asked: [] };

test('listening changes nothing, and what is heard is the same every time', () => {
  const heard = playReplication({ ...task, record: { connections: 'some', counts: 'some' } });
  const again = playReplication({ ...task, record: { connections: 'none', counts: 'none' } });

  expect(heard.numbers).toEqual(playReplication(task).numbers);
  expect(heard.recording!.connections.chain).toBe(again.recording!.connections.chain);
  expect(playReplication(task).recording).toBeNull();
  const rows = heard.recording!.connections.kept.flatMap(([, text]) => text.trimEnd().split('\n'));
  expect(rows).toHaveLength(heard.recording!.connections.rows);
  const count = (kind: number): number => rows.filter((row) => row.split(' ')[1] === String(kind)).length;
  expect(count(RowKind.Changed)).toBe(3); // worker01 is dying, refuses, and is back
  expect(count(RowKind.Connected)).toBeGreaterThan(20); // everybody once, and those who were cut off again
});

test('the counts are the books of the fleet, instant by instant', () => {
  const { probe, finish } = recorder({ connections: 'none', counts: 'some' });
  const books = runWorld(world, { seed: '1', replication: 0 }, probe);
  const { counts } = finish(books);
  const { steps, stepUs, produced, delivered, lost, waiting } = books.timeline;

  expect(counts.rows).toBe(steps);
  const rows = counts.kept.flatMap(([, text]) => text.trimEnd().split('\n'));
  const last = steps - 1;
  const at = (of: Float64Array): string => String(of[last]);
  expect(rows.at(-1)).toBe(
    `${last * stepUs} ${RowKind.Counted} -1 ${at(produced)} ${at(delivered)} ${at(lost)} ${at(waiting)}`,
  );
});
