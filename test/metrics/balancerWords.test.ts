// What is said of a balancer in front of a node that is gone, product by product.
import { describe, expect, test } from 'vitest';
import { searchBehind } from '../../src/metrics/balancerWords.ts';
import { storyOf } from '../../src/metrics/story.ts';
import { haproxyOf, nginxOf } from '../support/lint.ts';
import { replications } from '../support/numbers.ts';
import { load, scenarioText } from '../support/scenarios.ts';

const cluster =
  '{ nodes: { master: { address: 172.0.0.3, role: master }, worker01: { address: 172.0.0.4 }, worker02: { address: 172.0.0.5 } } }';

function saidOf(mode: string): string[] {
  const { world } = load(
    scenarioText({ cluster, modes: `{ lb: ${mode} }`, faults: '[{ at: 10m, kill: worker01, for: 5m }]' }),
  ).modes[0]!;
  return searchBehind(storyOf(world, world.groups[0]!, 0, replications({ world: { groups: [{ count: 1 }] } })));
}

function said(fault: string, files: Readonly<Record<string, string>>, unreachable = 'routed'): string[] {
  const [product] = Object.keys(files)[0]!.split('.');
  const { world } = load(
    scenarioText({
      cluster,
      modes: `{ lb: { ${product!}: ${Object.keys(files)[0]!} } }`,
      faults: `[{ at: 10m, ${fault}: worker01, for: 5m }]`,
      more: `network: { unreachable: { balancer: ${unreachable} } }\n`,
    }),
    { files },
  ).modes[0]!;
  const runs = replications({ world: { groups: [{ count: 1 }] } });
  return searchBehind(storyOf(world, world.groups[0]!, 0, runs));
}

describe('HAProxy', () => {
  const haproxy = (defaults: readonly string[], backend?: readonly string[]): Readonly<Record<string, string>> => ({
    'haproxy.cfg': haproxyOf({ defaults: ['timeout connect 10s', ...defaults], ...(backend ? { backend } : {}) }),
  });

  test.each([
    [
      'redispatch',
      'kill',
      haproxy(['option redispatch']),
      'A node that is down refuses HAProxy, which takes another node for the same attempt at once (option redispatch). Its check takes the node out within 6.0 s.',
    ],
    [
      'no redispatch',
      'kill',
      haproxy([]),
      'A node that is down refuses HAProxy, which tries the same node 4 times and closes the agent after 3.0 s (no option redispatch). Its check takes the node out within 6.0 s.',
    ],
    [
      'a silent host',
      'powerOff',
      haproxy(['option redispatch']),
      "HAProxy's connect to the node that is silent fails after 10.0 s (timeout connect); it takes another node for the same attempt after 10.0 s (option redispatch). Its check takes the node out within 6.0 s.",
    ],
    [
      'a table',
      'powerOff',
      haproxy(['option redispatch'], ['balance source']),
      "HAProxy's connect to the node that is silent fails after 10.0 s (timeout connect); it tries the same node 4 times and closes the agent after 40.0 s (the same answer from its table). Its check takes the node out within 6.0 s.",
    ],
  ])('%s', (_, fault, files, sentence) => {
    expect(said(fault, files)).toEqual([sentence]);
  });

  test('takes no node that hangs for down, because its check asks the kernel', () => {
    expect(said('hang', haproxy(['option redispatch']))[0]).toMatch(
      /^The kernel of the node that hangs accepts what HAProxy sends it, checks among it, so that it is never taken for down, until its accept queue is full/,
    );
  });

  test('on the segment of a host that is gone hears so of its kernel', () => {
    expect(said('powerOff', haproxy(['option redispatch']), 'sameSegment')[0]).toMatch(
      /fails after 3\.1 s \(no answer to ARP\)/,
    );
  });
});

test('nginx bans a server that has failed once', () => {
  expect(said('kill', { 'nginx.conf': nginxOf({ server: '' }) })).toEqual([
    'A node that is down refuses the balancer, which passes the same attempt on to another one, and passes the node over for 10 s (fail_timeout).',
  ]);
});

test.each([
  ['{ envoy: { hosts: [worker01, worker02] } }', /nobody tries another one/],
  ['{ envoy: { hosts: [worker01, worker02], maxConnectAttempts: 2 } }', /passes the same attempt on to another one/],
  ['{ f5: { members: [worker01, worker02] } }', /nobody tries another one/],
])('another host is tried by Envoy alone, and where it has attempts left: %s', (mode, sentence) => {
  expect(saidOf(mode)).toEqual([expect.stringMatching(sentence)]);
});
