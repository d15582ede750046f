import { describe, expect, test } from 'vitest';
import { addressText } from '../../src/scenario/addresses.ts';
import { groupAddresses } from '../../src/models/addresses.ts';
import { eventRates } from '../../src/models/eventRates.ts';
import { rootKey } from '../../src/kernel/random.ts';
import { runWorld } from '../../src/models/world.ts';
import type { GroupOptions } from '../../src/models/worldOptions.ts';
import { load, problemsOf, scenarioText, type Parts } from '../support/scenarios.ts';

const agents = `id,name,ip,group,version,eps,node
003,web,10.0.0.3,web,4.9.2,2,worker02
001,<b>db</b>,10.0.0.1,db,4.14.7,400,worker01
004,web,10.0.0.4,web,4.9.2,1,elsewhere
002,"=1+1",10.1.0.2,db,4.9.2,0.5,
`;
const files = { 'agents.csv': agents };
const fleet = (more = ''): Parts => ({ fleet: `{ all: { inventory: agents.csv${more} } }` });
const balanced = { modes: '{ lb: { nginx: nginx.conf } }' };
const root = rootKey('1', 0);

function groupsOf(parts: Parts, texts: Readonly<Record<string, string>> = files): readonly GroupOptions[] {
  return load(scenarioText(parts), { files: texts }).modes[0]!.world.groups;
}

const warningsOf = (parts: Parts): string[] => load(scenarioText(parts), { files }).warnings.map(({ text }) => text);

describe('an inventory', () => {
  test('is a group for each group and version of it, each agent with its own address and rate', () => {
    const found = groupsOf(fleet()).map((group) => ({
      name: group.name,
      labels: group.labels,
      version: group.agent.version,
      addresses: [...groupAddresses(group, root)].map(addressText),
      rates: [...eventRates(group, root)],
      observed: [...group.observedNode!],
    }));

    expect(found).toEqual([
      {
        name: 'all.db 4.14.7',
        labels: ['all', 'all.db'],
        version: '4.14.7',
        addresses: ['10.0.0.1'],
        rates: [400],
        observed: [0],
      },
      {
        name: 'all.db 4.9.2',
        labels: ['all', 'all.db'],
        version: '4.9.2',
        addresses: ['10.1.0.2'],
        rates: [0.5],
        observed: [-1],
      },
      {
        name: 'all.web 4.9.2',
        labels: ['all', 'all.web'],
        version: '4.9.2',
        addresses: ['10.0.0.3', '10.0.0.4'],
        rates: [2, 1],
        observed: [1, -1],
      },
    ]);
  });

  test('needs no more than its path', () => {
    expect(groupsOf({ fleet: '{ inventory: agents.csv }' }).map(({ name, count }) => [name, count])).toEqual([
      ['inventory.db 4.14.7', 1],
      ['inventory.db 4.9.2', 1],
      ['inventory.web 4.9.2', 2],
    ]);
  });

  test('may come from the API: who writes how much is then for the scenario to say', () => {
    const item = {
      id: '005',
      ip: '10.0.0.5',
      version: 'Wazuh v4.9.2',
      group: ['default'],
      node_name: 'worker01',
      status: 'active',
    };
    const json = { 'agents.csv': JSON.stringify({ data: { affected_items: [item], total_affected_items: 1 } }) };
    const [group] = groupsOf(fleet(', events: { rate: 3/s }'), json);

    expect([...eventRates(group!, root)]).toEqual([3]);
    expect(problemsOf(scenarioText(fleet()), { files: json })).toEqual([
      'agents.csv:1:28  eps is missing here; give it, or fleet.all.events.rate for all agents without one.',
    ]);
  });

  test('names a node that the cluster does not have in a warning', () => {
    expect(warningsOf(fleet())).toEqual([
      'fleet.all.inventory: no node is called "elsewhere"; where agents seen there land is not compared.',
    ]);
  });

  test('starts in the order of its lines, whatever groups they fall into', () => {
    const starts = groupsOf(fleet(', start: asListed')).map(({ start, listed }) => [
      start,
      [...listed!.places],
      listed!.length,
    ]);

    expect(starts).toEqual([
      ['asListed', [1], 4],
      ['asListed', [3], 4],
      ['asListed', [0, 2], 4],
    ]);
  });

  test('a line more, another order of lines or another version changes the luck of nobody else', () => {
    const livesOf = (text: string): Map<string, string[]> => {
      const { modes } = load(scenarioText(fleet(', events: { arrival: poisson }')), { files: { 'agents.csv': text } });
      const { world } = modes[0]!;
      const ids = world.groups.flatMap((group) => [...group.draws!.indexes].map((id) => `${id}`));
      const lives = new Map(ids.map((id): [string, string[]] => [id, []]));
      runWorld(
        world,
        { seed: 'i', replication: 0 },
        {
          tried: (agent, atUs, server) => void lives.get(ids[agent]!)!.push(`${atUs} ${server}`),
          connected: (agent, atUs, server, node) => void lives.get(ids[agent]!)!.push(`${atUs} ${server} on ${node}`),
        },
      );
      return lives;
    };
    const before = livesOf(agents);
    const [head, ...lines] = agents.trim().split('\n');
    const after = livesOf(
      [head, '009,new,10.0.0.9,aaa,4.9.2,5,', ...lines.toReversed()]
        .join('\n')
        .replace('10.0.0.3,web', '10.0.0.3,moved'),
    );

    expect(before.size).toBe(4);
    for (const [id, told] of before) {
      expect(told.length).toBeGreaterThan(1);
      expect(after.get(id)).toEqual(told);
    }
  });

  test.each([
    [fleet(', count: 3'), '4:47  fleet.all.count: belongs to a group without an inventory: "agents.csv" says it.'],
    [
      fleet(', version: 4.9.2'),
      '4:49  fleet.all.version: belongs to a group without an inventory: "agents.csv" says it.',
    ],
    [fleet(', events: { total: 5/s }'), 'fleet.all.events.total: belongs to a group without an inventory'],
    [{ fleet: '{ all: { inventory: none.csv } }' }, '4:28  fleet.all.inventory: cannot read "none.csv": no such file.'],
    [{ fleet: '{ none: none.csv }' }, 'fleet.none.inventory: cannot read "none.csv": no such file.'],
    [{ fleet: '{ all: { events: { rate: 1/s } } }' }, 'fleet.all.count is missing'],
    [
      {
        ...fleet(),
        modes: '{ a: { servers: [worker01] }, b: { servers: [worker01], set: { fleet.all.inventory: other.csv } } }',
      },
      'the number of agents of all is the same in all modes, or their differences mean nothing.',
    ],
  ])('%j is refused', (parts, problem) => {
    expect(problemsOf(scenarioText(parts), { files })).toContainEqual(expect.stringContaining(problem));
  });

  test('mistakes of the file are told once, with those of the scenario', () => {
    const wrong = agents.replace('10.0.0.4', 'nowhere').replace('004', '003');
    const parts = { ...fleet(), modes: '{ a: { servers: [worker01] }, b: { servers: [worker9] } }' };

    expect(problemsOf(scenarioText(parts), { files: { 'agents.csv': wrong } })).toEqual([
      expect.stringContaining('"worker9" is no node of the cluster.'),
      'agents.csv:4:1  id of row 3: "003" is the id of another agent already.',
      'agents.csv:4:9  ip of row 3: expected an IPv4 address such as 10.1.0.7, got "nowhere".',
    ]);
  });
});

describe('NAT', () => {
  test('rules map the addresses of an inventory to what the balancer sees', () => {
    const nat = ', nat: [{ from: 10.0.0.0/24, to: [203.0.113.7, 203.0.113.8] }, { from: 10.0.0.0/8, to: same }]';
    const seen = groupsOf({ ...fleet(nat), ...balanced }).map((group) =>
      [...groupAddresses(group, root)].map(addressText),
    );

    expect(seen).toEqual([['203.0.113.8'], ['10.1.0.2'], ['203.0.113.8', '203.0.113.7']]);
    expect(warningsOf({ ...fleet(nat), ...balanced })).not.toContainEqual(expect.stringContaining('private'));
  });

  test('rules are for groups without an inventory too', () => {
    const fleetText =
      '{ a: { count: 3, addresses: 10.0.0.0/30, nat: { from: 10.0.0.0/31, to: 203.0.113.7 }, events: { rate: 1/s } } }';

    expect(problemsOf(scenarioText({ fleet: fleetText, ...balanced }))).toEqual([
      expect.stringContaining('10.0.0.0/30 has 2 host addresses for 3 agents'),
    ]);
    const [group] = groupsOf({ fleet: fleetText.replace('count: 3', 'count: 2'), ...balanced });
    expect([...groupAddresses(group!, root)].map(addressText)).toEqual(['203.0.113.7', '10.0.0.2']);
  });

  test('private addresses in front of a hash of what the balancer sees are asked about', () => {
    expect(warningsOf({ ...fleet(), ...balanced })).toContainEqual(
      expect.stringContaining(
        'fleet.all: 4 agents have private addresses, and the balancer hashes the address it sees.',
      ),
    );
    expect(warningsOf(fleet())).not.toContainEqual(expect.stringContaining('private'));
  });

  test('an agent whose address is "any" needs one where a balancer looks at it', () => {
    const any = { 'agents.csv': agents.replace('10.0.0.4', 'any') };
    const rule = ', nat: [{ from: any, to: [203.0.113.9] }]';

    expect(problemsOf(scenarioText({ ...fleet(), ...balanced }), { files: any })).toEqual([
      'agents.csv:4:9  "any" is no address that a balancer could see; give it, or fleet.all.nat: [{ from: any, to: […] }].',
    ]);
    expect(problemsOf(scenarioText(fleet()), { files: any })).toEqual([]);
    const groups = groupsOf({ ...fleet(rule), ...balanced }, any);
    expect([...groupAddresses(groups[2]!, root)].map(addressText)).toEqual(['10.0.0.3', '203.0.113.9']);
  });

  test.each([
    ['[203.0.113.7, { from: 10.0.0.0/8, to: [203.0.113.7] }]', 'has addresses and rules.'],
    [
      '[{ from: 10.0.0.1/8, to: [203.0.113.7] }]',
      'expected an IPv4 range such as 10.1.0.0/16, or any, got "10.0.0.1/8". Write 10.0.0.0/8.',
    ],
    ['[{ from: 10.0.0.0/8, to: [] }]', 'expected at least one address'],
    ['[{ from: 10.0.0.0/8 }]', 'fleet.all.nat[0].to is missing'],
    ['[10.0.0.300]', 'expected an IPv4 address such as 203.0.113.7'],
  ])('nat: %s is refused', (nat, problem) => {
    expect(problemsOf(scenarioText({ ...fleet(`, nat: ${nat}`), ...balanced }), { files })).toContainEqual(
      expect.stringContaining(problem),
    );
  });
});
