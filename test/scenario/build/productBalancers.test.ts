// Balancers that a scenario describes itself: what their options become, and what is refused.
import { describe, expect, test } from 'vitest';
import type { BalancerProduct } from '../../../src/models/balancer/options.ts';
import { modeOf, problemsOf, scenarioText } from '../../support/scenarios.ts';

const productOf = (modes: string): BalancerProduct => modeOf({ modes: `{ lb: ${modes} }` }).world.balancers[0]!.product;
const workers = 'targets: [worker01, worker02]';

test('an NLB of nodes has the defaults of AWS', () => {
  expect(productOf(`{ nlb: { ${workers} } }`)).toEqual({
    kind: 'nlb',
    nlb: {
      zones: ['zone'],
      crossZone: false,
      keepsClientAddress: true,
      listeners: [
        {
          port: 1514,
          targets: ['4', '5'].map((last, index) => ({
            serverText: `worker0${index + 1}`,
            address: `172.0.0.${last}`,
            port: 1514,
            weight: 1,
            maxSessions: 0,
            disabled: false,
            zoneIndex: 0,
          })),
          stickiness: 'none',
          idleTimeoutUs: 350e6,
          check: { intervalUs: 30e6, timeoutUs: 10e6, unhealthyAfter: 2, healthyAfter: 5, asks: 'kernel' },
          connectionTermination: true,
          deregistrationDelayUs: 300e6,
          deregistrationTermination: false,
        },
      ],
    },
  });
});

test('every option of an NLB is read', () => {
  const { nlb } = productOf(
    `{ nlb: { targets: [{ node: worker01, zone: a }, { node: worker02, zone: b, port: 1514 }], registration: { to: [worker01] },
       crossZone: yes, keepsClientAddress: no, stickiness: sourceIp, idleTimeout: 60s, connectionTermination: no,
       healthCheck: { interval: 10s, timeout: 5s, unhealthyThreshold: 3, healthyThreshold: 4 },
       deregistrationDelay: 0s, deregistrationTermination: yes } }`,
  ) as Extract<BalancerProduct, { kind: 'nlb' }>;

  expect(nlb).toMatchObject({ zones: ['a', 'b'], crossZone: true, keepsClientAddress: false });
  expect(nlb.listeners.map(({ port, targets }) => [port, targets.map((target) => target.port)])).toEqual([
    [1514, [1514, 1514]],
    [1515, [1515]],
  ]);
  expect(nlb.listeners[0]).toMatchObject({
    stickiness: 'sourceIp',
    idleTimeoutUs: 60e6,
    check: { intervalUs: 10e6, timeoutUs: 5e6, unhealthyAfter: 3, healthyAfter: 4 },
    connectionTermination: false,
    deregistrationDelayUs: 0,
    deregistrationTermination: true,
  });
});

test('every option of a Service is read', () => {
  const { kubernetes } = productOf(
    `{ kubernetes: { endpoints: [{ node: worker01, on: k1 }, { node: worker02, on: k2 }], proxy: ipvs, scheduler: sh,
       serviceAddress: 10.96.0.10, sessionAffinity: ClientIP, affinityTimeout: 600s, externalTrafficPolicy: Local, nodes: [k1, k2],
       readiness: { period: 5s, timeout: 2s, failureThreshold: 2, successThreshold: 3, asks: process }, sync: 2s, nodeGrace: 40s } }`,
  ) as Extract<BalancerProduct, { kind: 'kubernetes' }>;

  expect(kubernetes).toMatchObject({
    listeners: [{ port: 1514, endpoints: [{ nodeIndex: 0 }, { nodeIndex: 1 }] }],
    proxy: 'ipvs',
    scheduler: 'sh',
    serviceAddress: '10.96.0.10',
    affinityUs: 600e6,
    entryNodes: 2,
    externalTrafficPolicy: 'Local',
    readiness: { periodUs: 5e6, timeoutUs: 2e6, failures: 2, successes: 3, asks: 'process' },
    syncUs: 2e6,
    nodeGraceUs: 40e6,
    idleTimeoutUs: 900e6,
  });
});

test('every option of Envoy is read', () => {
  const { envoy } = productOf(
    `{ envoy: { hosts: [worker01, { node: worker02, weight: 3 }], policy: ring_hash, hashPolicy: source_ip, minimumRingSize: 10,
       maximumRingSize: 100, outlierDetection: { consecutive5xx: 2, interval: 5s, baseEjectionTime: 20s, maxEjectionTime: 40s,
       maxEjectionPercent: 50, alwaysEjectOneHost: yes }, panicThreshold: 0, maxConnectAttempts: 3, connectTimeout: 250ms,
       idleTimeout: 10m, maxConnections: 20000, concurrency: 4 } }`,
  ) as Extract<BalancerProduct, { kind: 'envoy' }>;

  expect(envoy).toMatchObject({
    workers: 4,
    listeners: [
      {
        hosts: [{ weight: 1 }, { weight: 3 }],
        policy: { kind: 'ring_hash', minRingSize: 10, maxRingSize: 100 },
        hashPolicy: 'source_ip',
        outlierDetection: {
          consecutiveFailures: 2,
          intervalUs: 5e6,
          baseEjectionUs: 20e6,
          maxEjectionUs: 40e6,
          maxEjectionPercent: 50,
          alwaysEjectOneHost: true,
        },
        healthCheck: null,
        panicThreshold: 0,
        maxConnectAttempts: 3,
        connectTimeoutUs: 250_000,
        idleTimeoutUs: 600e6,
        maxConnections: 20_000,
      },
    ],
  });
});

test('every option of an F5 is read', () => {
  const { f5 } = productOf(
    `{ f5: { members: [{ node: worker01, weight: 2, maxConnections: 9 }, worker02], type: fastL4, method: ratio-member,
       persistence: source-address, persistenceTimeout: 60s, persistenceMask: 24, monitor: { interval: 10s, timeout: 31s },
       serviceDown: reselect, idleTimeout: 90s } }`,
  ) as Extract<BalancerProduct, { kind: 'f5' }>;

  expect(f5).toMatchObject({
    type: 'fastL4',
    listeners: [
      {
        members: [
          { weight: 2, maxSessions: 9 },
          { weight: 1, maxSessions: 0 },
        ],
        method: 'ratio-member',
        persistence: { timeoutUs: 60e6, maskBits: 24 },
        monitor: { intervalUs: 10e6, timeoutUs: 31e6 },
        serviceDown: 'reselect',
        idleTimeoutUs: 90e6,
      },
    ],
  });
  expect(productOf('{ f5: { members: [worker01], monitor: none } }')).toMatchObject({
    f5: { type: 'standard', listeners: [{ monitor: null, persistence: null }] },
  });
});

test('a name is what agents are given', () => {
  const { world } = modeOf({
    modes:
      '{ dns: { dns: { name: wazuh.corp, addresses: [worker01, worker02], order: random, ttl: 60s, cachedBy: host }, servers: [{ address: wazuh.corp }] } }',
  });

  expect(world.balancers[0]!.addresses).toEqual(['wazuh.corp']);
  expect(world.balancers[0]!.product).toMatchObject({ dns: { order: 'random', ttlUs: 60e6, cachedBy: 'host' } });
  expect(world.groups[0]!.servers[0]!.endpoint).toEqual({ kind: 'balancer', balancerIndex: 0, listenerIndex: 0 });
});

test('balancers stand behind balancers, and behind an address that moves', () => {
  const { world } = modeOf({
    modes: `{ chain: { balancers: { edge: { nlb: { targets: [lb1, lb2] } }, lb1: { envoy: { hosts: [worker01] }, addresses: [10.0.0.11] },
      lb2: { envoy: { hosts: [worker02] }, addresses: [10.0.0.12] }, front: { vip: { of: [lb2, lb1], takeover: 3s, returns: no, follows: host } } },
      servers: [edge, front] } }`,
  });
  const [edge, , , front] = world.balancers;

  expect(edge!.product).toMatchObject({
    nlb: { listeners: [{ targets: [{ address: '10.0.0.11' }, { address: '10.0.0.12' }] }] },
  });
  expect(front!.product).toMatchObject({
    vip: { of: [2, 1], listeners: [{ listenerOf: [0, 0] }], takeoverUs: 3e6, returns: false, follows: 'host' },
  });
});

test('what is taken for granted is said', () => {
  const assumed = (modes: string): readonly string[] => modeOf({ modes: `{ lb: ${modes} }` }).assumptions;

  expect(assumed(`{ nlb: { ${workers} } }`)).toContain(
    'The flow hash of AWS NLB is not published: each connection draws its target evenly.',
  );
  expect(assumed('{ envoy: { hosts: [worker01, worker02], policy: maglev } }')).toContain(
    'Without hashPolicy of tcp_proxy maglev of Envoy chooses at random.',
  );
  expect(assumed('{ envoy: { hosts: [worker01, worker02], outlierDetection: {} } }')).toContain(
    'maxEjectionPercent 10 allows Envoy to eject none of 2 hosts.',
  );
});

describe('what is wrong is said where it stands', () => {
  test.each<[modes: string, problem: string]>([
    ['{ nlb: { targets: [] } }', 'modes.lb.nlb.targets: expected at least one node, got an empty list.'],
    [
      '{ nlb: { targets: [worker03] } }',
      '"worker03" is neither a node nor a balancer of this mode. Did you mean worker01?',
    ],
    ['{ nlb: { targets: [worker01, worker01] } }', 'worker01 is in the list twice.'],
    [
      '{ nlb: { targets: [worker01], idleTimeout: 5s } }',
      'modes.lb.nlb.idleTimeout: expected a duration such as 10s, got "5s".',
    ],
    ['{ nlb: { targets: [worker01], weight: 3 } }', 'modes.lb.nlb: there is no "weight" here.'],
    ['{ nlb: { targets: [{ node: worker01, zone: a }, worker02] } }', 'worker02: say in which zone it is. Zones: a.'],
    ['{ nlb: { targets: [worker01], ports: 100 } }', 'ports are of no use: balancer makes no connections of its own.'],
    ['{ nlb: { targets: [{ node: worker01, port: 99 }] } }', 'nobody listens for events on port 99 of worker01'],
    [
      '{ nlb: { targets: [worker01], healthCheck: { interval: 5s } } }',
      'a check cannot take longer than the interval.',
    ],
    ['{ kubernetes: { endpoints: [worker01], scheduler: rr } }', 'only kube-proxy in ipvs mode has schedulers.'],
    ['{ kubernetes: { endpoints: [worker01], proxy: ipvs, scheduler: dh } }', 'dh hashes the address of the Service.'],
    ['{ kubernetes: { endpoints: [worker01], affinityTimeout: 5s } }', 'there is no affinity to end.'],
    [
      '{ kubernetes: { endpoints: [worker01], nodes: [a, b], externalTrafficPolicy: Local } }',
      'with Local it matters on which node',
    ],
    ['{ envoy: { hosts: [worker01], tableSize: 101 } }', 'only maglev has tableSize.'],
    ['{ envoy: { hosts: [worker01], policy: maglev, tableSize: 100 } }', 'Envoy wants a prime, and 100 is none.'],
    ['{ envoy: { hosts: [worker01], hashPolicy: source_ip } }', 'round_robin hashes nothing.'],
    ['{ envoy: { hosts: [worker01], closeOnHealthFailure: yes } }', 'only active checks close sessions.'],
    ['{ f5: { members: [worker01], persistenceMask: 24 } }', 'there is no persistence.'],
    ['{ f5: { members: [worker01], type: fastL4, connectTimeout: 5s } }', 'makes no connections of its own.'],
    ['{ f5: { members: [worker01], monitor: { timeout: 2s } } }', 'timeout cannot be shorter than the interval'],
    ['{ dns: { name: a.corp, addresses: [worker01], port: 1600 } }', 'a name changes no ports.'],
    [
      '{ balancers: { a: { nlb: { targets: [b] }, addresses: [10.0.0.1] }, b: { nlb: { targets: [a] }, addresses: [10.0.0.2] } }, servers: [a] }',
      'a leads to b leads to a: no connection through a and b would arrive.',
    ],
    [
      '{ balancers: { a: { nlb: { targets: [b] } }, b: { nlb: { targets: [worker01] } } }, servers: [a] }',
      'b has no address to be reached at.',
    ],
    ['{ balancers: { a: { vip: { of: [b] } } }, servers: [a] }', 'no balancer of this mode is called "b".'],
  ])('%s', (modes, problem) => {
    expect(problemsOf(scenarioText({ modes: `{ lb: ${modes} }` })).join('\n')).toContain(problem);
  });

  test('who has no file cannot read one anew, and a name has no drain', () => {
    const problems = (faults: string, modes: string): string =>
      problemsOf(scenarioText({ modes: `{ lb: ${modes} }`, faults: `[${faults}]` })).join('\n');

    expect(problems('{ at: 1m, reload: balancer }', `{ nlb: { ${workers} } }`)).toContain(
      'balancer (nlb) reads no file',
    );
    expect(problems('{ at: 1m, reload: balancer }', `{ nlb: { ${workers} } }`)).not.toContain('no mode has a balancer');
    expect(problems('{ at: 1m, kill: balancer }', `{ nlb: { ${workers} } }`)).toContain(
      'no mode has a balancer with processes that could end',
    );
    expect(problems('{ at: 1m, kill: balancer }', '{ envoy: { hosts: [worker01] } }')).toBe('');
    expect(
      problems('{ at: 1m, drain: worker01, for: 1m }', '{ dns: { name: a.corp, addresses: [worker01] } }'),
    ).toContain('a name has no drain');
  });
});
