import { describe, expect, test } from 'vitest';
import { readInventory, type Inventory } from '../../../src/scenario/import/inventory.ts';
import { ScenarioError } from '../../../src/scenario/problem.ts';
import { problemText } from '../../support/scenarios.ts';

function problemsOf(text: string, file = 'agents.csv'): string[] {
  try {
    readInventory(file, text);
  } catch (error) {
    if (error instanceof ScenarioError) return error.problems.map(problemText);
    throw error;
  }
  return [];
}

function agentsOf({ count, keys, addresses, ratesPerSecond, group, version, node, ...names }: Inventory): unknown[] {
  return Array.from({ length: count }, (_, at) => [
    keys[at],
    addresses[at],
    ratesPerSecond[at],
    names.groups[group[at]!] ?? null,
    names.versions[version[at]!],
    names.nodes[node[at]!] ?? null,
  ]);
}

const header = 'id,name,ip,group,version,eps,node\n';

describe('a CSV', () => {
  test('has its columns in any order; id, ip and version are enough', () => {
    expect(agentsOf(readInventory('a.csv', `${header}007,web,10.0.0.7,"web,all",v4.9.2,2.5,worker01\n`))).toEqual([
      [7, 0x0a000007, 2.5, 'web', '4.9.2', 'worker01'],
    ]);
    expect(agentsOf(readInventory('a.csv', 'Version,IP,Id\nWazuh v4.14.7,any,x-1\n'))).toEqual([
      [expect.any(Number), 0, NaN, null, '4.14.7', null],
    ]);
  });

  test('may have more columns, which is said once, and agents that do not report, who are left out', () => {
    const text =
      'id,ip,version,status,os,"last seen"\n1,10.0.0.1,4.9.2,Active,x,y\n2,,,never_connected,x,y\n3,any,4.9.2,disconnected,x,y\n';
    const inventory = readInventory('a.csv', text);

    expect(agentsOf(inventory)).toHaveLength(1);
    expect(inventory.warnings.map(({ text: said }) => said)).toEqual([
      'nothing is made of the columns "os" and "last seen".',
      '2 agents are left out: 1 disconnected and 1 never connected (status).',
    ]);
  });

  test('may name two agents alike: the id tells them apart', () => {
    const text = `${header}1,db,10.0.0.1,,4.9.2,,\n2,db,10.0.0.2,,4.9.2,,\n`;

    expect(agentsOf(readInventory('a.csv', text))).toHaveLength(2);
  });

  test.each([
    ['', '1:1  is empty: expected a header and a row an agent.'],
    ['id,name\n', '1:1  the columns ip and version are missing.'],
    ['id;ip;version\n', 'Fields are separated by commas.'],
    ['id,ip,ip,version\n', '1:7  the column ip is there twice. Keep one of them.'],
    ['id,ip,version\n', '1:1  has no agents. Give it a row an agent.'],
    [
      `${header}1,a,10.0.0.1,,4.9.2,,\n01,b,10.0.0.2,,4.9.2,,\n`,
      '3:1  id of row 2: "01" is the id of another agent already.',
    ],
    [
      `${header}x,a,10.0.0.1,,4.9.2,,\nx,b,10.0.0.2,,4.9.2,,\n`,
      '3:1  id of row 2: "x" is the id of another agent already.',
    ],
    [`${header},a,10.0.0.1,,4.9.2,,\n`, '2:1  id of row 1: is missing.'],
    [
      `${header}1,a,10.0.0.300,,4.9.2,,\n`,
      '2:5  ip of row 1: expected an IPv4 address such as 10.1.0.7, got "10.0.0.300".',
    ],
    [`${header}1,a,0.0.0.0,,4.9.2,,\n`, '2:5  ip of row 1: expected an IPv4 address'],
    [
      `${header}1,a,fe80::1,,4.9.2,,\n`,
      '2:5  ip of row 1: expected an IPv4 address such as 10.1.0.7, got "fe80::1". IPv6 is not modelled yet.',
    ],
    [
      `${header}1,a,10.0.0.1,,4.99.0,,\n`,
      '2:15  version of row 1: expected a Wazuh release such as 4.14.7, got "4.99.0".',
    ],
    [`${header}1,a,10.0.0.1,,,,\n`, '2:15  version of row 1: is missing.'],
    [
      `${header}1,a,10.0.0.1,,4.9.2,much,\n`,
      '2:21  eps of row 1: expected events per second from 0 to 100000 such as 2.5, got "much".',
    ],
    [`${header}1,a,10.0.0.1,,4.9.2,-1,\n`, '2:21  eps of row 1: expected events per second'],
    [`${header}1,a,10.0.0.1\n`, '2:1  row 1 has 3 fields, the header has 7.'],
    [
      'id,ip,version,status\n1,10.0.0.1,4.9.2,lost\n',
      '2:18  status of row 1: expected active, pending, disconnected or never_connected, got "lost".',
    ],
  ])('%j is refused', (text, problem) => {
    expect(problemsOf(text).map((said) => said.replace(/^agents\.csv:/, ''))).toContainEqual(
      expect.stringContaining(problem),
    );
  });

  test('with mistakes everywhere shows the first twenty and counts the rest', () => {
    const rows = Array.from({ length: 1_000 }, (_, at) => `${at + 1},a,nowhere,,4.9.2,,`).join('\n');
    const problems = problemsOf(header + rows);

    expect(problems).toHaveLength(21);
    expect(problems[0]).toBe('agents.csv:2:5  ip of row 1: expected an IPv4 address such as 10.1.0.7, got "nowhere".');
    expect(problems[20]).toBe('agents.csv:22:6  from here on: and 980 more mistakes in this file.');
  });

  // FLEETFALL_LONG=1: the million of which a fleet may consist; else as many as take no second.
  const many = process.env.FLEETFALL_LONG ? 1_000_000 : 50_000;

  test(`with ${many} rows and one mistake names that one`, () => {
    const rows = [header.trimEnd()];
    for (let at = 1; at <= many; at++) {
      const last = at === many - 7 ? 999 : at & 255;
      rows.push(`${at},host-${at},10.${(at >> 16) & 255}.${(at >> 8) & 255}.${last},web,4.9.2,0.5,worker01`);
    }

    expect(problemsOf(rows.join('\n'))).toEqual([
      expect.stringMatching(
        new RegExp(`^agents\\.csv:${many - 6}:\\d+  ip of row ${many - 7}: expected an IPv4 address`),
      ),
    ]);
  }, 60_000);
});

describe('the answer to GET /agents', () => {
  const agent = {
    id: '017',
    name: 'db',
    ip: '10.0.0.17',
    group: ['default', 'db'],
    version: 'Wazuh v4.9.2',
    node_name: 'worker02',
    status: 'active',
  };
  const answer = (items: readonly unknown[], total = items.length): string =>
    JSON.stringify(
      { data: { affected_items: items, total_affected_items: total, failed_items: [] }, error: 0 },
      null,
      1,
    );
  const manager = {
    id: '000',
    name: 'm',
    ip: '127.0.0.1',
    version: 'Wazuh v4.14.7',
    node_name: 'master',
    status: 'active',
  };

  test('is an inventory without the manager itself', () => {
    const found = [[17, 0x0a000011, NaN, 'default', '4.9.2', 'worker02']];

    expect(agentsOf(readInventory('a.json', answer([manager, agent])))).toEqual(found);
    expect(agentsOf(readInventory('a.json', `[${answer([manager])},${answer([agent])}]`))).toEqual(found);
    expect(agentsOf(readInventory('a.json', JSON.stringify([agent])))).toEqual(found);
    expect(readInventory('a.json', answer([manager, agent])).warnings).toEqual([]);
  });

  test('that is one page of several says so', () => {
    expect(readInventory('a.json', answer([manager, agent], 9_000)).warnings[0]!.text).toContain(
      'holds 1 of 9000 agents',
    );
  });

  test.each([
    ['{"data":', '1:9  is no valid JSON from here on.'],
    ['{}', '1:1  expected the answer to GET /agents'],
    [
      answer([agent, { ...agent, ip: 'nowhere' }]),
      'a.json:19:11  ip of entry 2: expected an IPv4 address such as 10.1.0.7, got "nowhere".',
    ],
    [
      answer([agent, { ...agent, ip: 'nowhere' }]),
      'a.json:17:11  id of entry 2: "017" is the id of another agent already.',
    ],
    [answer(['x']), 'entry 1 is no mapping with an id.'],
    [answer([{ ...agent, version: undefined }]), 'version of entry 1: is missing.'],
    [answer([{ ...agent, status: 'never_connected' }]), 'has no agents. All of them are left out by their status.'],
  ])('%j is refused', (text, problem) => {
    expect(problemsOf(text, 'a.json')).toContainEqual(expect.stringContaining(problem));
  });
});
