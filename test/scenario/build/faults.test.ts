import type { BalancerProduct } from '../../../src/models/balancer/options.ts';
import { listenersOf } from '../../../src/models/balancer/products.ts';
import { describe, expect, test } from 'vitest';
import type { FaultOptions } from '../../../src/models/fault.ts';
import { load, modeOf, problemsOf, scenarioText, type Parts } from '../../support/scenarios.ts';

const cluster =
  '{ nodes: { first: { address: 172.0.0.3, role: master, eventsPerSecond: 900 }, worker01: { address: 172.0.0.4, eventsPerSecond: 500 }, worker02: { address: 172.0.0.5 } } }';
const fleet = '{ servers: { count: 10, events: { rate: 1/s } }, branch: { count: 5, events: { rate: 1/s } } }';

function faultsOf(faults: string, parts: Parts = {}): readonly FaultOptions[] {
  return load(scenarioText({ cluster, fleet, ...parts, faults })).modes[0]!.world.faults;
}

/** What is wrong with one fault, without its position. */
function wrong(fault: string, parts: Parts = {}): string[] {
  return problemsOf(scenarioText({ cluster, fleet, ...parts, faults: `[${fault}]` })).map((text) =>
    text.replace(/^\d+:\d+ {2}/, ''),
  );
}

const at10 = { atUs: { fromUs: 600e6, toUs: 600e6 }, everyUs: null, times: 1 };

test.each<readonly [fault: string, options: Record<string, unknown>]>([
  ['{ at: 10m, stop: worker01 }', { kind: 'stop', places: ['worker01'], forUs: null, ...at10 }],
  ['{ at: 10m, restart: worker01 }', { kind: 'restart', places: ['worker01'], forUs: 10e6, ...at10 }],
  ['{ at: 10m, restart: master, down: 90s }', { kind: 'restart', places: ['first'], forUs: 90e6, ...at10 }],
  [
    '{ at: 10m, rolling: [worker01, worker02], down: 90s, pause: 5m, drain: 2m }',
    {
      kind: 'rolling',
      places: ['worker01', 'worker02'],
      downUs: 90e6,
      pauseUs: 300e6,
      drainUs: 120e6,
      forUs: 0,
      ...at10,
    },
  ],
  ['{ at: 10m, zombie: worker01, for: 5m }', { kind: 'zombie', places: ['worker01'], forUs: 300e6, ...at10 }],
  [
    '{ at: 10m, slow: [worker01, master], to: 30% }',
    { kind: 'slow', places: ['worker01', 'first'], toShare: 0.3, forUs: null, ...at10 },
  ],
  [
    '{ at: 10m, hang: worker01, only: remoted }',
    { kind: 'hang', places: ['worker01'], only: 'remoted', forUs: null, ...at10 },
  ],
  [
    '{ at: 10m, restartAgents: agents, over: 30m }',
    { kind: 'restartAgents', groups: ['servers', 'branch'], overUs: 1800e6, forUs: 0, ...at10 },
  ],
  ['{ at: 10m, pushConfig: branch }', { kind: 'pushConfig', groups: ['branch'], restarts: true, forUs: 0, ...at10 }],
  [
    '{ at: 10m, reconnectAgents: servers, chunk: 300 }',
    { kind: 'reconnectAgents', groups: ['servers'], chunk: 300, pauseUs: 5e6, forUs: 0, ...at10 },
  ],
  [
    '{ random: { mtbf: 30d, mttr: 2h }, kill: worker01 }',
    {
      kind: 'kill',
      places: ['worker01'],
      acceptsForUs: 1000,
      random: { mtbfUs: 2_592_000e6, mttrUs: 7200e6 },
      atUs: { fromUs: 0, toUs: 0 },
      forUs: null,
      everyUs: null,
      times: 1,
    },
  ],
])('%s is read', (fault, options) => {
  expect(faultsOf(`[${fault}]`)).toEqual([options]);
});

test('how long a restart keeps a node away is assumed where it is not said, and printed', () => {
  const said = (fault: string): readonly string[] =>
    load(scenarioText({ cluster, fleet, faults: `[${fault}]` })).modes[0]!.assumptions.filter((text) =>
      text.includes('restart'),
    );

  expect(said('{ at: 10m, rolling: [worker01, worker02] }')).toEqual([
    'A restart without down keeps a node away for 10s and its startup.',
  ]);
  expect(said('{ at: 10m, restart: worker01, down: 10s }')).toEqual([]);
});

test('how long an agent that restarts is down is assumed where it is not said, and printed', () => {
  const assumed = (faults: string, fleet: string): readonly string[] =>
    load(scenarioText({ cluster, fleet, faults })).modes[0]!.assumptions.filter((text) => text.includes('restartTime'));
  const text = 'An agent that restarts is down for 15s (restartTime).';
  const plain = '{ servers: { count: 10, events: { rate: 1/s } } }';

  expect(assumed('[{ at: 10m, restartAgents: servers }]', plain)).toEqual([text]);
  expect(assumed('[]', '{ servers: { count: 10, events: { rate: 1/s }, restart: once per 7d } }')).toEqual([text]);
  expect(assumed('[]', plain)).toEqual([]);
  const said = '{ servers: { count: 10, events: { rate: 1/s }, agent: { restartTime: 40s, onlyFutureEvents: no } } }';
  expect(assumed('[{ at: 10m, restartAgents: servers }]', said)).toEqual([]);
  const [mode] = load(scenarioText({ cluster, fleet: said, faults: '[]' })).modes;
  expect(mode!.world.groups[0]!.agent.life).toEqual({ restartUs: 40e6, onlyFutureEvents: false });
});

test('how often agents restart by themselves', () => {
  const read = (restart: string): string[] =>
    problemsOf(
      scenarioText({ cluster, fleet: `{ servers: { count: 1, events: { rate: 1/s }, restart: ${restart} } }` }),
    );

  expect(read('once per 7d')).toEqual([]);
  expect(read('weekly')[0]).toContain('expected once per and a duration, such as once per 7d');
  expect(read('once per 5s')[0]).toContain('It must be from once per 1m to once per 3660d.');
});

describe('what is wrong is told with what to do', () => {
  test.each<readonly [fault: string, problems: readonly string[]]>([
    [
      '{ at: 10m, zombi: worker01 }',
      [
        expect.stringMatching(
          /^faults\[0\]: there is no "zombi" here\. Did you mean zombie\? Known: at, random, kill,/,
        ),
      ],
    ],
    ['{ at: 10m, stop: worker01, zombie: worker02 }', ['faults[0]: give it exactly one of stop and zombie.']],
    [
      '{ kill: worker01 }',
      ['faults[0].at is missing; expected an instant such as 10m, a range such as 10m..11m, or start.'],
    ],
    [
      '{ at: 10m, slow: worker01 }',
      ['faults[0].to is missing; expected the share of its capacity that is left, such as to: 30%.'],
    ],
    [
      '{ at: 10m, slow: worker02, to: 30% }',
      [
        'faults[0].slow: worker02 has no eventsPerSecond, so a share of it means nothing. Give it one in cluster.nodes.worker02.',
      ],
    ],
    [
      '{ at: 10m, slow: worker01, to: 0% }',
      ['faults[0].to: expected a share such as 30%, got "0%". It must be above 0%, and up to 100%.'],
    ],
    [
      '{ at: 10m, slow: worker01, to: 130% }',
      ['faults[0].to: expected a share such as 30%, got "130%". It must be above 0%, and up to 100%.'],
    ],
    ['{ at: 10m, slow: worker01, to: 0.3 }', ['faults[0].to: expected a share such as 30%, got 0.3.']],
    ['{ at: 10m, kill: worker01, to: 30% }', ['faults[0].to belongs to slow. Remove it.']],
    [
      '{ at: 10m, rolling: [worker01, worker02, master], down: 30s, pause: 10m }',
      [
        'faults[0].rolling: the run ends after 30m, before first is restarted at 31m. Make the duration longer, or pause shorter.',
      ],
    ],
    [
      '{ at: 10m, rolling: [worker01, worker3] }',
      [
        'faults[0].rolling: no node is called "worker3". Did you mean worker01? Known: first, worker01, worker02, master.',
      ],
    ],
    [
      '{ at: 10m, rolling: [worker01, worker02], for: 5m }',
      ['faults[0].for: a rolling is over when its down is. Write down instead.'],
    ],
    ['{ at: 10m, rolling: worker01, drain: soon }', ['faults[0].drain: expected a duration such as 10s, got "soon".']],
    [
      '{ at: start, restart: worker01 }',
      ['faults[0].at: "restart" needs an instant such as 10m: nothing is there yet at the start.'],
    ],
    [
      '{ at: 10m, zombie: worker01, down: 5s, pause: 5m }',
      [
        'faults[0].down belongs to restart and rolling. Remove it.',
        'faults[0].pause belongs to rolling and reconnectAgents. Remove it.',
      ],
    ],
    ['{ at: 10m, hang: worker01, only: modulesd }', ['faults[0].only: expected remoted or authd, got "modulesd".']],
    [
      '{ at: 10m, stop: worker01, random: { mtbf: 1h, mttr: 1m }, every: 5m }',
      [
        'faults[0].at has no place beside random, which draws when a fault begins and ends. Remove one of them.',
        'faults[0].every has no place beside random, which draws when a fault begins and ends. Remove one of them.',
      ],
    ],
    [
      '{ random: { mtbf: 1h, mttr: 1m }, restart: worker01 }',
      ['faults[0].random: "restart" has no length that could be drawn. Write at, every and times.'],
    ],
    [
      '{ at: 10m, partition: { from: worker01, to: worker01 } }',
      ['faults[0].partition: from and to are the same place, worker01. There is no path between them.'],
    ],
    [
      '{ at: 10m, partition: { from: master, to: first } }',
      ['faults[0].partition: from and to are the same place, first. There is no path between them.'],
    ],
    [
      '{ at: 10m, dropFlows: { from: branch, to: agents, answer: rst } }',
      ['faults[0].dropFlows: agents do not talk to each other. Name a node or the balancer at one end.'],
    ],
    [
      '{ at: 10m, partition: { from: brunch, to: worker01, oneWay: yes } }',
      [
        'faults[0].partition.from: neither a group nor a node is called "brunch". Did you mean branch? Known: servers, branch, first, worker01, worker02, master, balancer, agents.',
      ],
    ],
    [
      '{ at: 10m, partition: { from: branch } }',
      ['faults[0].partition.to is missing; expected a group, a node, agents, master or balancer.'],
    ],
    [
      '{ at: 10m, dropFlows: { from: branch, to: worker01 }, for: 5m }',
      ['faults[0].dropFlows.answer is missing; expected rst or silence.'],
    ],
    [
      '{ at: 10m, dropFlows: { from: branch, to: worker01, answer: rst }, for: 5m }',
      ['faults[0].for: "dropFlows" happens at an instant. Remove for.'],
    ],
    [
      '{ at: 10m, enroll: { group: branch, count: 6, over: 10m } }',
      ['faults[0].enroll.count: branch has 5 agents, so no 6 of them can enroll.'],
    ],
    [
      '{ at: 10m, restartAgents: [servers, worker01] }',
      ['faults[0].restartAgents: no group is called "worker01". Known: servers, branch, agents.'],
    ],
  ])('%s', (fault, problems) => {
    expect(wrong(fault)).toEqual(problems);
  });

  test('a balancer analyses nothing and runs no daemon of a manager', () => {
    const modes = '{ lb: { nginx: nginx.conf } }';
    const balanced = {
      cluster: '{ nodes: { worker01: { address: 172.0.0.4 }, worker02: { address: 172.0.0.5 } } }',
      modes,
    };

    expect(wrong('{ at: 10m, zombie: balancer }', balanced)).toEqual([
      'faults[0].zombie: "zombie" is for nodes: a balancer analyses nothing and has no upstream of its own.',
    ]);
    expect(wrong('{ at: 10m, hang: balancer, only: authd }', balanced)).toEqual([
      'faults[0].only belongs to nodes: a balancer has neither remoted nor authd.',
    ]);
    expect(wrong('{ at: 10m, kill: balancer }')).toEqual(['faults[0].kill: no mode has a balancer.']);
  });

  test('nginx drains nothing', () => {
    const balanced = {
      cluster: '{ nodes: { worker01: { address: 172.0.0.4 }, worker02: { address: 172.0.0.5 } } }',
      modes: '{ lb: { nginx: nginx.conf }, list: { servers: [worker01, worker02] } }',
    };
    const why =
      'faults[0].drain: nginx has no drain: a server is in its upstream or it is not. Use removeNode, which takes it out of the upstream and reloads; sessions on it go on until it stops.';

    expect(wrong('{ at: 10m, drain: worker01 }', balanced)).toEqual([why]);
    expect(wrong('{ at: 10m, rolling: [worker01, worker02], drain: 2m }', balanced)).toEqual([why]);
  });
});

describe('at nginx', () => {
  const three =
    '{ nodes: { worker01: { address: 172.0.0.4 }, worker02: { address: 172.0.0.5 }, worker03: { address: 172.0.0.6 } } }';
  const conf = (servers: string, more = ''): string => `events {}
${more}
stream {
  upstream others { server 172.0.0.4:1514; }
  upstream cluster { ${servers} }
  server { listen 2514; proxy_pass others; }
  server { listen 1514; proxy_pass cluster; }
}
`;
  const said = (faults: string, text = conf('server 172.0.0.6:1514;')): string[] =>
    problemsOf(scenarioText({ cluster: three, modes: '{ lb: { nginx: nginx.conf } }', faults }), {
      files: { 'new.conf': text },
    }).map((text) => text.replace(/^\d+:\d+ {2}/, ''));

  test('a reload may bring another file, whose servers are found by their ports', () => {
    const { modes } = load(
      scenarioText({
        cluster: three,
        modes: '{ lb: { nginx: nginx.conf }, list: { servers: [worker01] } }',
        faults: '[{ at: 10m, reload: { nginx: new.conf } }, { at: 12m, reload: balancer }]',
      }),
      { files: { 'new.conf': conf('server 172.0.0.5:1514; server 172.0.0.6:1514;') } },
    );
    const [changed, same] = modes[0]!.world.faults as readonly Extract<FaultOptions, { kind: 'reload' }>[];

    const product = changed!.product as BalancerProduct;
    const [listener, ...others] = listenersOf(product);
    expect(others).toEqual([]);
    expect(listener!.peers.map(({ address }) => address)).toEqual(['172.0.0.5', '172.0.0.6']);
    expect(same!.product).toBeNull();
    expect(modes[1]!.world.faults).toMatchObject([{ product: null }, { product: null }]);
  });

  test('a file that nginx or the agents could not use is refused', () => {
    const reload = '[{ at: 10m, reload: { nginx: new.conf } }]';

    expect(said(reload)).toEqual([]);
    expect(said('[{ at: 10m, reload: { nginx: old.conf } }]')).toEqual([
      'faults[0].reload.nginx: cannot read "old.conf": no such file. Paths are relative to the scenario file.',
    ]);
    expect(said(reload, conf('server 172.0.0.9:1514;'))).toEqual([
      expect.stringMatching(/^new\.conf:5:29 {2}server 172\.0\.0\.9:1514 is no node of the cluster\./),
    ]);
    expect(said(reload, conf('server 172.0.0.6:1514;').replace('listen 1514', 'listen 3514'))).toEqual([
      'faults[0].reload.nginx: no server of it listens on port 1514, where agents connect to.',
    ]);
    expect(said('[{ at: 10m, reload: haproxy }]')).toEqual([
      'faults[0].reload: it is the balancer that reloads, not "haproxy". Write reload: balancer.',
    ]);
  });

  test('a server is added where it is missing and removed where it is, unless another fault changes that', () => {
    expect(said('[{ at: 10m, addNode: worker01 }]')).toEqual([
      'faults[0].addNode: worker01 is a server of the balancer already: adding it changes nothing.',
    ]);
    expect(said('[{ at: 10m, removeNode: worker03 }]')).toEqual([
      'faults[0].removeNode: worker03 is no server of the balancer, or its last one: removing it changes nothing.',
    ]);
    expect(
      said('[{ at: 5m, removeNode: worker01 }, { at: 10m, addNode: worker01 }, { at: 10m, addNode: worker03 }]'),
    ).toEqual([]);
    expect(said('[{ at: 5m, removeNode: worker01, for: 5m }]')).toEqual([
      'faults[0].for: "removeNode" happens at an instant. Remove for.',
    ]);
  });
});

test('several faults may begin and end at the same instant', () => {
  const faults = faultsOf(
    '[{ at: 10m, kill: worker01, for: 5m }, { at: 10m, zombie: worker01, for: 5m }, { at: 15m, stop: [worker01, worker02], for: 5m }]',
  );

  expect(faults.map(({ kind }) => kind)).toEqual(['kill', 'zombie', 'stop']);
});

describe('faults of a mode', () => {
  const playedWith = (faults: string) => modeOf({ faults, modes: '{ lb: { nginx: nginx.conf } }' }).world.faults;

  test('hit places together, at an instant, at a drawn one, or from the start, once or again and again', () => {
    expect(
      playedWith(
        '[{ at: 10m, kill: [worker01, balancer], for: 90s, acceptsFor: 5ms }, { at: 10m..11m, powerOff: worker02, every: 5m, times: 2 }, { at: start, hang: worker01 }]',
      ),
    ).toEqual([
      {
        kind: 'kill',
        places: ['worker01', 'balancer'],
        atUs: { fromUs: 600e6, toUs: 600e6 },
        forUs: 90e6,
        everyUs: null,
        times: 1,
        acceptsForUs: 5_000,
      },
      {
        kind: 'powerOff',
        places: ['worker02'],
        atUs: { fromUs: 600e6, toUs: 660e6 },
        forUs: null,
        everyUs: 300e6,
        times: 2,
      },
      {
        kind: 'hang',
        places: ['worker01'],
        atUs: null,
        forUs: null,
        everyUs: null,
        times: 1,
      },
    ]);
  });

  test('that repeat without a number repeat as often as they begin within the run', () => {
    expect(playedWith('[{ at: 10m, kill: worker01, every: 5m, for: 1m }]')).toMatchObject([{ times: 4 }]);
  });
});

test('all agents and one of their groups are not told the same thing twice', () => {
  expect(wrong('{ at: 10m, restartAgents: [agents, servers] }')).toEqual([
    'faults[0].restartAgents: agents are all groups. Name them, or some of the groups.',
  ]);
  expect(wrong('{ at: 10m, restartAgents: [branch, servers] }')).toEqual([]);
});
