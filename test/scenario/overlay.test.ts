import { expect, test } from 'vitest';
import { outOfSet, parsePath, setPath } from '../../src/scenario/overlay.ts';

const tree = {
  cluster: { nodes: { worker01: { address: '172.0.0.4' }, '172.0.0.5': { address: '172.0.0.5' } } },
  modes: { lb: { nginx: 'nginx.conf' } },
  faults: [{ at: '10m' }],
};

function changed(path: string, value: unknown): unknown {
  const steps = parsePath(path);
  if (typeof steps === 'string') return steps;
  const result = setPath(tree, steps, value);
  return typeof result === 'string' ? result : result.tree;
}

test('a path leads through names, list entries and names in quotes', () => {
  expect(parsePath('cluster.nodes.worker01.startup')).toEqual(['cluster', 'nodes', 'worker01', 'startup']);
  expect(parsePath('faults[0].at')).toEqual(['faults', 0, 'at']);
  expect(parsePath('cluster.nodes["172.0.0.5"].startup')).toEqual(['cluster', 'nodes', '172.0.0.5', 'startup']);
});

test.each(['a b', '.a', 'a.', 'a..b', '[', 'a[x]', 'a["\\q"]', ''])('%j is no path', (text) => {
  expect(typeof parsePath(text)).toBe('string');
});

test('the prototype of a mapping cannot be reached by any path', () => {
  expect(parsePath('__proto__.polluted')).toBe('nothing can be called "__proto__".');
  expect(changed('["__proto__"].polluted', 1)).toBe('nothing can be called "__proto__".');
  expect(changed('constructor.prototype.polluted', 1)).toEqual({
    ...tree,
    constructor: { prototype: { polluted: 1 } },
  });
  expect('polluted' in {}).toBe(false);
});

test('a setting is replaced in a copy, and mappings left to their defaults are made', () => {
  expect(changed('cluster.nodes.worker01.ports.events', 1515)).toEqual({
    ...tree,
    cluster: {
      nodes: { ...tree.cluster.nodes, worker01: { address: '172.0.0.4', ports: { events: 1515 } } },
    },
  });
  expect(changed('faults[0].for', '5m')).toEqual({ ...tree, faults: [{ at: '10m', for: '5m' }] });
  expect(tree.faults).toEqual([{ at: '10m' }]);
});

test('what is written short keeps its short form under the key it stands for', () => {
  expect(changed('modes.lb.nginx.cpus', 4)).toMatchObject({
    modes: { lb: { nginx: { file: 'nginx.conf', cpus: 4 } } },
  });
});

test('names and list entries must be there, a whole node may be new', () => {
  expect(changed('cluster.nodes.worker1.startup', '1s')).toBe(
    'no node is called "worker1" in cluster.nodes. Did you mean worker01? Known: worker01, 172.0.0.5.',
  );
  expect(changed('modes.failover.order', 'listed')).toBe('no mode is called "failover" in modes. Known: lb.');
  expect(changed('faults[3].at', '1m')).toBe('faults has no entry 3. Its entries are 0 to 0.');
  expect(changed('faults.at', '1m')).toBe('faults is a list; name an entry like [0].');
  expect(changed('cluster.nodes.worker01.address.x', 1)).toBe(
    'cluster.nodes.worker01.address is "172.0.0.4"; set it as a whole.',
  );
  expect(changed('cluster.nodes.worker03', { address: '172.0.0.6' })).toMatchObject({
    cluster: { nodes: { worker03: { address: '172.0.0.6' } } },
  });
});

test.each([
  ['modes.lb.set.cluster.version', 'modes.lb.set["cluster.version"]'],
  ['modes["a b"].set.faults[0].at', 'modes["a b"].set["faults[0].at"]'],
  ['modes.lb.set.haproxy.backend[b].server[w1].weight', 'modes.lb.haproxy.backend[b].server[w1].weight'],
  ['modes.lb.set["cluster.version"]', 'modes.lb.set["cluster.version"]'],
  ['cluster.version', 'cluster.version'],
])('on a command line %s means %s', (written, meant) => {
  expect(outOfSet(written)).toBe(meant);
});
