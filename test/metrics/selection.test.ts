import { expect, test } from 'vitest';
import { agentsOf, everything, selectionOf } from '../../src/metrics/selection.ts';
import { aWorld } from '../support/worlds.ts';

const world = aWorld({ groups: [{ count: 5 }, { count: 3 }, { count: 2 }] });

test('names become places in the lists, faults are numbered from 1', () => {
  expect(selectionOf({}, world)).toEqual(everything);
  expect(selectionOf({ group: 'group2', node: 'worker01', fault: '1', below: '1.25' }, world)).toEqual({
    group: 2,
    node: 1,
    fault: 0,
    below: 1.25,
  });
});

test('a node or group that this mode does not have selects nothing rather than everything', () => {
  expect(selectionOf({ node: 'worker09' }, world)).toBeNull();
  expect(selectionOf({ group: 'branch' }, world)).toBeNull();
});

test("a group's agents follow those of the groups before it", () => {
  expect([-1, 0, 1, 2].map((group) => agentsOf(world, { group }))).toEqual([
    { from: 0, to: 10 },
    { from: 0, to: 5 },
    { from: 5, to: 8 },
    { from: 8, to: 10 },
  ]);
});

test('the parts of an inventory are selected together, all of them or those of one of its groups', () => {
  const labels = [undefined, ['all', 'all.db'], ['all', 'all.db'], ['all', 'all.web']];
  const fleet = aWorld({ groups: labels.map((_, at) => ({ count: at + 1 })) });
  const own = {
    ...fleet,
    groups: fleet.groups.map((group, at) => ({ ...group, name: `part ${at}`, labels: labels[at] })),
  };
  const agents = (group: string): unknown => agentsOf(own, selectionOf({ group }, own)!);

  expect(agents('all')).toEqual({ from: 1, to: 10 });
  expect(agents('all.db')).toEqual({ from: 1, to: 6 });
  expect(agents('all.web')).toEqual({ from: 6, to: 10 });
  expect(agents('part 1')).toEqual({ from: 1, to: 3 });
  expect(selectionOf({ group: 'all.mail' }, own)).toBeNull();
});
