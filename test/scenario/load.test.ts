import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { touched } from '../../src/models/fault.ts';
import { readScenarioFile } from '../../src/scenario/load.ts';
import { ScenarioError } from '../../src/scenario/problem.ts';
import { load, nginxConf, ossecConf, problemsOf, scenarioText } from '../support/scenarios.ts';

const twoModes = '{ failover: { servers: [worker01] }, spread: { servers: [worker01, worker02], order: rotated } }';

test('what is left out has its documented default', () => {
  const scenario = load(scenarioText());

  expect(scenario).toMatchObject({
    source: 's.yaml',
    name: 's',
    title: 's',
    seed: '1',
    replications: 10,
    warnings: [],
  });
  expect(scenario.modes[0]!.world).toMatchObject({
    warmupUs: 120e6,
    durationUs: 1800e6,
    untilSettled: false,
    network: { latencyUs: 1_000, unreachable: { agents: 'routed', balancer: 'sameSegment' } },
    nodes: [
      {
        name: 'worker01',
        role: 'worker',
        version: '4.14.7',
        eventsPort: 1514,
        registrationPort: 1515,
        eventsPerSecond: null,
        queueSize: 131_072,
        startupUs: 50_000,
      },
      {},
    ],
    groups: [{ agent: { version: '4.14.7' }, events: { arrival: 'poisson', source: 'logcollector', sizeBytes: 300 } }],
  });
});

describe('all of a file’s mistakes are told at once', () => {
  test('values, keys, names and what belongs together, in the order of the file, each with its place', () => {
    const text = `fleetfall: 1
duration: 30
warmup: -5m
lenght: 3m
cluster:
  nodes:
    worker01: { address: 172.0.0.4, startup: 20 }
    worker02: { address: 172.0.0.5, eventsPerSecond: -1 }
fleet:
  servers: { count: 0, events: { rate: 1 } }
modes:
  failover: { servers: [worker1] }
faults:
  - { at: 10m, kill: worker3 }
expect:
  - failover.loss.shore < 1%
`;
    expect(problemsOf(text)).toEqual([
      '2:11  duration: expected a duration such as 30m, or { until: settled, atMost: 4h }, got 30. Write 30s.',
      '3:9  warmup: expected a duration such as 10s, got "-5m". It cannot be negative.',
      '4:1  there is no "lenght" here. Known: fleetfall, title, seed, replications, warmup, duration, startsAt, observed, cluster, hosts, network, fleet, modes, faults, expect, assume.',
      '7:46  cluster.nodes.worker01.startup: expected a duration such as 10s, got 20. Write 20s.',
      '8:54  cluster.nodes.worker02.eventsPerSecond: expected a number of events per second above 0, got -1.',
      '10:21  fleet.servers.count: expected a whole number from 1 to 5000000, got 0.',
      '10:40  fleet.servers.events.rate: expected a rate such as 2/s, got 1. Write 1/s.',
      '12:25  modes.failover.servers[0]: "worker1" is no node of the cluster. Did you mean worker01? Known: worker01, 172.0.0.4, worker02, 172.0.0.5.',
      '14:22  faults[0].kill: no node is called "worker3". Did you mean worker01? Known: worker01, worker02, balancer.',
      expect.stringMatching(/^16:14 {2}expect\[0\]: no metric is called "loss.shore"/),
    ]);
  });

  test('names are looked at even where other parts are wrong', () => {
    const text = scenarioText({
      fleet: '{ servers: { count: 0, events: { rate: 1/s } } }',
      modes: '{ failover: { servers: [worker1] } }',
      faults: '[{ at: 10m, kill: worker3 }]',
    });
    expect(problemsOf(text)).toEqual([
      '4:28  fleet.servers.count: expected a whole number from 1 to 5000000, got 0.',
      '5:32  modes.failover.servers[0]: "worker1" is no node of the cluster. Did you mean worker01? Known: worker01, 172.0.0.4, worker02, 172.0.0.5.',
      '6:27  faults[0].kill: no node is called "worker3". Did you mean worker01? Known: worker01, worker02, balancer.',
    ]);
  });

  test('no node is missed because of what is wrong with another setting of it, or with its own address', () => {
    const cluster = (worker02: string): string =>
      `{ nodes: { worker01: { address: 172.0.0.4 }, worker02: ${worker02} } }`;

    expect(problemsOf(scenarioText({ cluster: cluster('{ address: 172.0.0.5, startup: 20, colour: red }') }))).toEqual([
      '3:96  cluster.nodes.worker02.startup: expected a duration such as 10s, got 20. Write 20s.',
      expect.stringMatching(/^3:100 {2}cluster\.nodes\.worker02: there is no "colour" here\./),
    ]);
    expect(problemsOf(scenarioText({ cluster: cluster('{ address: 172.0.0 }') }))).toEqual([
      '3:76  cluster.nodes.worker02.address: expected an IPv4 address such as 172.0.0.4, got "172.0.0".',
    ]);
  });

  test('those of the configurations it names come behind its own, each once, whichever modes read them', () => {
    const text = scenarioText({
      modes:
        '{ a: { nginx: nginx.conf, agent: { notifyTime: 10 } }, b: { nginx: nginx.conf }, c: { ossec: ossec.conf } }',
    });
    const files = {
      'nginx.conf': nginxConf.replace('proxy_pass cluster', 'proxy_pass clusters'),
      'ossec.conf': ossecConf('172.0.0.9'),
    };
    expect(problemsOf(text, { files })).toEqual([
      '5:55  modes.a.agent.notifyTime: expected a duration such as 10s, got 10. Write 10s.',
      expect.stringMatching(/^nginx\.conf:4:36 {2}there is no upstream "clusters"/),
      expect.stringMatching(/^ossec\.conf:1:31 {2}"172\.0\.0\.9" is no node/),
    ]);
  });
});

test.each<readonly [what: string, parts: Parameters<typeof scenarioText>[0], problems: readonly string[]]>([
  [
    'two nodes of one address, of one name, and two masters',
    {
      cluster:
        '{ nodes: { a: { address: 1.0.0.1, role: master }, b: { address: 1.0.0.1, role: master }, c: { address: 1.0.0.2, names: [a] }, balancer: { address: 1.0.0.3 } } }',
      modes: '{ list: { servers: [a] } }',
      faults: '[]',
    },
    [
      '3:74  cluster.nodes.b.address: 1.0.0.1 is the address of a already.',
      '3:89  cluster.nodes.b.role: a is the master already; a cluster has one.',
      '3:102  cluster.nodes.c: "a" is a name of a already.',
      "3:146  a node cannot be called balancer: that is the balancer's place.",
    ],
  ],
  [
    'a mode that does not say how agents connect, and one that routes a group that is not there',
    { modes: '{ none: {}, other: { servers: [worker01], groups: { server: { servers: [worker02] } } } }' },
    [
      '5:16  modes.none does not say how agents connect. Give it nginx, haproxy, ossec or servers.',
      '5:68  modes.other.groups: no group is called "server". Did you mean servers? Known: servers.',
    ],
  ],
  [
    'an unknown release',
    {
      fleet:
        '{ old: { count: 1, version: 3.12.9, events: { rate: 1/s } }, short: { count: 1, version: 4.14, events: { rate: 1/s } } }',
    },
    [
      '4:36  fleet.old.version: expected a Wazuh release such as 4.14.7, got "3.12.9". There is no Wazuh 3.12.9. Of 3.12 there are .0 .1 .2 .3. Agents of 3.12.0 to 3.13.6, 4.0.0 to 4.14.7, 4.14.9 (its branch), and 5.0.0 as preview (5.0.0-beta4) are modelled: write one of these.',
      '4:97  fleet.short.version: expected a Wazuh release such as 4.14.7, got 4.14. Write all three parts.',
    ],
  ],
  [
    'a range that is too small',
    { fleet: '{ s: { count: 300, addresses: 10.1.0.0/24, events: { rate: 1/s } } }' },
    ['4:38  fleet.s.addresses: 10.1.0.0/24 has 254 host addresses for 300 agents. Give a larger range.'],
  ],
  [
    'faults that cannot be',
    {
      faults:
        '[{ at: 30m, kill: worker01 }, { at: 29m..31m, kill: worker01 }, { at: 1m, kill: [worker01, worker01] }, { at: 1m, kill: balancer }, { at: 1m }, { at: 1m, kill: worker01, hang: worker01 }, { at: 1m, hang: worker01, acceptsFor: 1s }, { at: 1m, kill: worker01, times: 2 }]',
    },
    [
      '6:16  faults[0].at: the run ends after 30m, before this fault. Make the duration longer, or the fault earlier.',
      '6:45  faults[1].at: the run ends after 30m, perhaps before this fault. Make the duration longer, or the fault earlier.',
      '6:89  faults[2].kill: worker01 is named twice.',
      '6:129  faults[3].kill: no mode has a balancer.',
      expect.stringMatching(/^6:141 {2}faults\[4\] says nothing that happens\. Known: kill, powerOff, hang, stop,/),
      '6:153  faults[5]: give it exactly one of kill and hang.',
      '6:235  faults[6].acceptsFor belongs to a kill: in a hang nothing accepts.',
      '6:274  faults[7].times needs every, the distance between the repetitions.',
    ],
  ],
])('%s', (_, parts, problems) => {
  expect(problemsOf(scenarioText(parts))).toEqual(problems);
});

describe('what is to come is named as that, and never ignored', () => {
  test.each<readonly [parts: Parameters<typeof scenarioText>[0], problem: string]>([
    [
      { modes: '{ lb: { traefik: traefik.yaml } }' },
      '5:16  modes.lb: the balancer "traefik" is not modelled. Modelled: nginx, haproxy, nlb, kubernetes, envoy, f5, dns, vip.',
    ],
    [
      { more: 'expect: [failover.events.lost <= baseline + 1%]\n' },
      '7:34  expect[0]: a comparison with a baseline is not possible yet; it comes with "fleetfall baseline".',
    ],
  ])('%j', (parts, problem) => {
    expect(problemsOf(scenarioText(parts))).toContain(problem);
  });
});

describe('a mode is an overlay', () => {
  const set = (entries: string): string =>
    `{ plain: { servers: [worker01] }, own: { servers: [worker01], set: { ${entries} } } }`;

  test('that changes any place for itself', () => {
    const { modes } = load(
      scenarioText({
        modes: set(
          'cluster.version: 4.12.0, network.unreachable.agents: sameSegment, "faults[0].for": 90s, cluster.nodes.worker03: { address: 172.0.0.6 }',
        ),
        more: 'expect: ["own.skew.agents.before{node=worker03} < 2"]\n',
      }),
    );

    expect(
      modes.map(({ world }) => [
        world.nodes.length,
        world.nodes[0]!.version,
        world.network.unreachable.agents,
        world.faults[0]!.forUs,
      ]),
    ).toEqual([
      [2, '4.14.7', 'routed', 300e6],
      [3, '4.12.0', 'sameSegment', 90e6],
    ]);
  });

  test('that may have a node to itself: a fault there does nothing to the others', () => {
    const { modes } = load(
      scenarioText({
        modes: set('cluster.nodes.worker03: { address: 172.0.0.6 }'),
        faults: '[{ at: 10m, kill: worker03 }]',
      }),
    );

    expect(modes.map(({ world }) => touched(world.faults[0]!))).toEqual([['worker03'], ['worker03']]);
    expect(modes.map(({ world }) => world.nodes.some(({ name }) => name === 'worker03'))).toEqual([false, true]);
  });

  test('that cannot change the luck, the questions, the other modes or the number of agents', () => {
    expect(
      problemsOf(
        scenarioText({ modes: set('seed: 2, expect: [], modes.plain.order: listed, fleet.servers.count: 3') }),
      ),
    ).toEqual([
      '5:83  modes.own.set.seed: a mode cannot change seed: all modes meet the same luck and the same questions.',
      '5:94  modes.own.set.expect: a mode cannot change expect: all modes meet the same luck and the same questions.',
      '5:117  modes.own.set["modes.plain.order"]: a mode cannot change modes: all modes meet the same luck and the same questions.',
    ]);
    expect(problemsOf(scenarioText({ modes: set('fleet.servers.count: 3') }))).toEqual([
      '5:98  modes.own.set: the number of agents of servers is the same in all modes, or their differences mean nothing.',
    ]);
  });

  test('whose mistakes are its own', () => {
    expect(
      problemsOf(
        scenarioText({
          modes: set(
            'cluster.nodes.worker02.address: 172.0.0.4, "faults[0].at": 31m, "a b": 1, cluster.nodes.worker9.startup: 1s',
          ),
        }),
      ),
    ).toEqual([
      '5:148  modes.own.set["a b"]: "a b" is no path. Write it like cluster.nodes.worker01.startup or faults[0].at.',
      '5:182  modes.own.set["cluster.nodes.worker9.startup"]: no node is called "worker9" in cluster.nodes. Did you mean worker01? Known: worker01, worker02.',
    ]);
    expect(
      problemsOf(scenarioText({ modes: set('cluster.nodes.worker02.address: 172.0.0.4, "faults[0].at": 31m') })),
    ).toEqual([
      '5:109  modes.own.set: cluster.nodes.worker02.address: 172.0.0.4 is the address of worker01 already.',
      '5:136  modes.own.set: faults[0].at: the run ends after 30m, before this fault. Make the duration longer, or the fault earlier.',
    ]);
    expect(problemsOf(scenarioText({ modes: set('fleet.servers.version: 5.7.0, network.latncy: 1ms') }))).toEqual([
      expect.stringMatching(/^5:100 {2}modes\.own\.set: fleet\.servers\.version: expected a Wazuh release/),
      '5:123  modes.own.set: network: there is no "latncy" here. Did you mean latency? Known: latency, unreachable.',
    ]);
  });
});

describe('the command line', () => {
  test('changes any place, the seed, the replications, and chooses modes', () => {
    const scenario = load(
      scenarioText({ modes: twoModes, more: 'expect: [failover.loss.share < 1%, spread.loss.share < 1%]\n' }),
      {
        overrides: {
          set: [
            { path: 'fleet.servers.count', value: '500' },
            { path: 'faults[0].kill', value: '[worker01, worker02]' },
          ],
          seed: 'another',
          replications: 3,
          modes: ['spread'],
        },
      },
    );

    expect(scenario).toMatchObject({ seed: 'another', replications: 3 });
    expect(scenario.modes.map(({ name }) => name)).toEqual(['spread']);
    expect(scenario.modes[0]!.world).toMatchObject({
      groups: [{ count: 500 }],
      faults: [{ places: ['worker01', 'worker02'] }],
    });
    expect(scenario.expectations.map(({ text }) => text)).toEqual(['spread.loss.share < 1%']);
  });

  test('has its own mistakes, which are not in the file', () => {
    const set = [
      { path: 'fleet.servers.count', value: 'many' },
      { path: 'fleet.servers.agent.notifyTim', value: '5s' },
      { path: 'cluster.nodes.worker09.startup', value: '1s' },
      { path: 'duration', value: '{a: [}' },
      { path: 'no path', value: '1' },
      { path: 'hosts', value: '{ a: 1.2.3.4, a: 1.2.3.5 }' },
    ];
    expect(problemsOf(scenarioText(), { overrides: { set, modes: ['failovr'] } })).toEqual([
      '--set cluster.nodes.worker09.startup: no node is called "worker09" in cluster.nodes. Did you mean worker01? Known: worker01, worker02.',
      '--set duration: "{a: [}" is no valid YAML: flow sequence in block collection must be sufficiently indented and end with a ].',
      '--set: "no path" is no path. Write it like cluster.nodes.worker01.startup or faults[0].at.',
      '--set hosts: "{ a: 1.2.3.4, a: 1.2.3.5 }" the key "a" is given twice, first at 1:3. Keep one of them.',
      '--set: fleet.servers.count: expected a whole number from 1 to 5000000, got "many".',
      '--set: fleet.servers.agent: there is no "notifyTim" here. Did you mean notifyTime? Known: notifyTime, timeReconnect, forceReconnectInterval, autoRestart, maxRetries, retryInterval, enrollment, buffer, internal, restartTime, onlyFutureEvents, kernel.',
      '--mode: no mode is called "failovr". Did you mean failover? Known: failover.',
    ]);
  });
});

describe('warnings', () => {
  const idle = (names: string): string =>
    ossecConf('172.0.0.4').replace(
      '<client>',
      `<client>\n${names
        .split(' ')
        .map((name) => `<${name}>yes</${name}>`)
        .join('')}\n`,
    );

  test('name each directive that decides nothing once, for all files', () => {
    const { warnings } = load(
      scenarioText({ modes: '{ a: { ossec: a.conf }, b: { ossec: b.conf }, c: { ossec: a.conf, order: rotated } }' }),
      {
        files: {
          'a.conf': idle('disable-active-response config-profile'),
          'b.conf': idle('local_ip disable-active-response'),
        },
      },
    );

    expect(warnings).toEqual([
      {
        position: { file: 'a.conf', line: 2, column: 1 },
        text: '<disable-active-response>, <config-profile> and <local_ip> decide nothing in a simulation. Likewise in b.conf.',
      },
    ]);
  });

  test('tell addresses that two groups share, and NAT, only where somebody looks at them', () => {
    const fleet = `{ a: { count: 10, addresses: 10.1.0.0/24, nat: [1.2.3.4], events: { rate: 1/s } }, b: { count: 10, addresses: 10.1.0.0/16, events: { rate: 1/s } } }`;
    const said = (modes: string): string[] => load(scenarioText({ fleet, modes })).warnings.map(({ text }) => text);

    expect(said('{ lb: { nginx: nginx.conf } }')).toEqual([
      'agents of b have the same addresses as agents of a; a hash of the address sends them to the same node.',
    ]);
    expect(said('{ list: { servers: [worker01] } }')).toEqual([
      'fleet.a.nat: no mode has a balancer, so nobody looks at these addresses.',
    ]);
  });
});

describe('the hash of the input', () => {
  const hashOf = (text: string, files: Record<string, string> = {}): string =>
    load(text, { files: { 'nginx.conf': nginxConf, ...files } }).inputHash;
  const text = scenarioText({ modes: '{ lb: { nginx: nginx.conf } }' });

  test('is of the scenario and of every configuration it names, whatever the line ends are', () => {
    expect(hashOf(text)).toMatch(/^[0-9a-f]{64}$/);
    expect(hashOf(text.replaceAll('\n', '\r\n'), { 'nginx.conf': nginxConf.replaceAll('\n', '\r\n') })).toBe(
      hashOf(text),
    );
    expect(hashOf(text, { 'nginx.conf': nginxConf.replace('events {}', 'events { }') })).not.toBe(hashOf(text));
    expect(hashOf(text, { 'unused.conf': 'x' })).toBe(hashOf(text));
  });

  test('is another one with --set', () => {
    const set = [{ path: 'duration', value: '31m' }];
    expect(load(text, { overrides: { set } }).inputHash).not.toBe(hashOf(text));
  });
});

test('an empty file is said to be that', () => {
  expect(problemsOf(' \n')).toEqual(['1:1  is empty: expected a scenario that begins with fleetfall: 1.']);
});

test('every shipped scenario reads without a mistake, and with at most one line of warnings', () => {
  const names = readdirSync('scenarios').filter((name) => name.endsWith('.yaml'));
  expect(names.length).toBeGreaterThanOrEqual(6);
  for (const name of names) expect(readScenarioFile(`scenarios/${name}`).warnings.length, name).toBeLessThanOrEqual(1);
});

test('a file that cannot be read is a mistake of its own', () => {
  expect(() => readScenarioFile('scenarios/nothing.yaml')).toThrow(
    new ScenarioError('scenarios/nothing.yaml', [{ position: null, text: 'cannot be read: no such file.' }]),
  );
});
