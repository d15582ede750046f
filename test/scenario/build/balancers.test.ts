// Several balancers of a mode: their names, addresses that move, one behind another.
import { describe, expect, test } from 'vitest';
import { load, modeOf, problemsOf, scenarioText } from '../../support/scenarios.ts';

const conf = (servers: string): string =>
  `events {} stream { upstream cluster { hash $remote_addr consistent; ${servers} } server { listen 1514; proxy_pass cluster; } }`;
const files = {
  'lb.conf': conf('server 172.0.0.4:1514; server 172.0.0.5:1514;'),
  'edge.conf': conf('server lb1:1514; server 10.0.0.12:1514;'),
  'loop.conf': conf('server edge:1514;'),
};
const two =
  'lb1: { nginx: lb.conf, addresses: [10.0.0.11] }, lb2: { nginx: { file: lb.conf, addresses: [10.0.0.12] } }';
const modes = (balancers: string, rest = ''): string => `{ lb: { balancers: { ${balancers} }${rest} } }`;

const endpoints = (parts: Parameters<typeof modeOf>[0]): string[] =>
  modeOf(parts, { files }).world.groups[0]!.servers.map(({ text, endpoint }) =>
    endpoint.kind === 'balancer' ? `${text} → ${endpoint.balancerIndex}` : text,
  );

describe('balancers by name', () => {
  test('are what agents connect to, in their order, unless a list says otherwise', () => {
    expect(endpoints({ modes: modes(two) })).toEqual(['lb1 → 0', 'lb2 → 1']);
    expect(endpoints({ modes: modes(two, ', servers: [lb2, { node: lb1, port: 1514 }]') })).toEqual([
      'lb2 → 1',
      'lb1 → 0',
    ]);
  });

  test('are found by their addresses, in a list or in an ossec.conf', () => {
    const ossec = '<ossec_config><client><server><address>10.0.0.12</address></server></client></ossec_config>';

    expect(endpoints({ modes: modes(two, ', servers: [{ address: 10.0.0.12 }]') })).toEqual(['10.0.0.12 → 1']);
    expect(
      modeOf({ modes: modes(two, ', ossec: agent.conf') }, { files: { ...files, 'agent.conf': ossec } }).world
        .groups[0]!.servers[0]!.endpoint,
    ).toMatchObject({ balancerIndex: 1 });
  });

  test('are places for faults, and what another mode calls so does nothing here', () => {
    const { modes: built } = load(
      scenarioText({
        modes: `{ lb: { balancers: { ${two} } }, alone: { nginx: lb.conf } }`,
        faults:
          '[{ at: 10m, kill: lb1 }, { at: 12m, reload: lb2 }, { at: 13m, reload: { nginx: lb.conf, balancer: lb1 } }]',
      }),
      { files },
    );

    expect(built[0]!.world.faults).toMatchObject([
      { kind: 'kill', places: ['lb1'] },
      { kind: 'reload', balancers: ['lb2'], product: null },
      { kind: 'reload', balancers: ['lb1'], product: { kind: 'nginx' } },
    ]);
    expect(built[1]!.world.balancers.map(({ name }) => name)).toEqual(['balancer']);
  });

  test.each([
    ['lb1: {}', 'modes.lb.balancers.lb1: give it one of'],
    ['worker01: { nginx: lb.conf }', 'worker01 is the name of a node already'],
    [
      'lb1: { nginx: lb.conf, addresses: [10.0.0.1] }, lb2: { nginx: lb.conf, addresses: [10.0.0.1] }',
      '10.0.0.1 is an address of lb1 already',
    ],
    ['lb1: { nginx: { file: lb.conf, ports: 5 }, ports: 6 }', 'nginx says it already'],
  ])('%s is refused', (balancers, complaint) => {
    expect(problemsOf(scenarioText({ modes: modes(balancers) }), { files }).join('\n')).toContain(complaint);
  });
});

describe('an address that moves', () => {
  const front = (vip: string): string => `${two}, front: { vip: { of: [lb1, lb2]${vip} } }`;

  test('leads to the same port of all of them', () => {
    const { world, description } = modeOf({ modes: modes(front(''), ', servers: [front]') }, { files });

    expect(world.balancers[2]).toMatchObject({
      name: 'front',
      product: {
        vip: { of: [0, 1], takeoverUs: 3.6e6, returns: true, follows: 'process', listeners: [{ listenerOf: [0, 0] }] },
      },
    });
    expect(description).toBe('nginx hash $remote_addr consistent behind a moving address over worker01, worker02');
  });

  test('takes what it is told', () => {
    const { world } = modeOf(
      { modes: modes(front(', takeover: 10s, returns: no, follows: host'), ', servers: [front]') },
      { files },
    );

    expect(world.balancers[2]).toMatchObject({
      product: { vip: { takeoverUs: 10e6, returns: false, follows: 'host' } },
    });
  });

  test('is no place for a fault, and has to be one of balancers that are there', () => {
    expect(
      problemsOf(scenarioText({ modes: modes(front(''), ', servers: [front]'), faults: '[{ at: 1m, kill: front }]' }), {
        files,
      }).join('\n'),
    ).toContain('front is an address that moves, and nothing happens to it. Name lb1 or lb2.');
    const missing = `${two}, front: { vip: { of: [lb1, lb3] } }`;
    expect(problemsOf(scenarioText({ modes: modes(missing) }), { files }).join('\n')).toContain(
      'no balancer of this mode is called "lb3". Known: lb1, lb2.',
    );
  });
});

describe('one balancer behind another', () => {
  const edge = `${two}, edge: { nginx: edge.conf, addresses: [10.0.0.10] }`;

  test('is led to by its name or its address', () => {
    const { world, description } = modeOf({ modes: modes(edge, ', servers: [edge]') }, { files });
    const { product } = world.balancers[2]!;

    expect(product.kind === 'nginx' && product.nginx.upstreams[0]!.peers.map(({ address }) => address)).toEqual([
      '10.0.0.11',
      '10.0.0.12',
    ]);
    expect(description).toBe('nginx hash $remote_addr consistent over lb1, lb2');
  });

  test('may not go round', () => {
    const loop = 'edge: { nginx: loop.conf, addresses: [10.0.0.10] }';
    expect(problemsOf(scenarioText({ modes: modes(loop, ', servers: [edge]') }), { files }).join('\n')).toContain(
      'edge leads to edge: no connection through edge would arrive.',
    );
  });

  test('sees the address of the one in front, which has to say what it is', () => {
    const silent = `${two}, edge: { nginx: edge.conf }`;
    expect(problemsOf(scenarioText({ modes: modes(silent, ', servers: [edge]') }), { files }).join('\n')).toContain(
      'edge leads to lb1: give edge addresses. They are what lb1 sees of its clients.',
    );
  });
});
