// A node that dies, hangs or goes behind each of the balancers that a scenario describes itself: what agents see of it, and when.
import { describe, expect, test } from 'vitest';
import { play, type Story } from '../../support/stories.ts';
import { modeOf } from '../../support/scenarios.ts';

const workers = '[worker01, worker02]';

function story(balancer: string, fault: string, count = 60): Story {
  const { world } = modeOf({
    duration: '8m',
    fleet: `{ servers: { count: ${count}, addresses: 10.0.0.0/16, version: 4.14.7, events: { rate: 1/s, arrival: regular } } }`,
    modes: `{ lb: { ${balancer} } }`,
    faults: `[{ at: 100s, ${fault} }]`,
  });
  return play(world, { fromSeconds: 100 });
}

const seconds = ({ moments }: Story, what: string): number[] =>
  moments.filter((moment) => moment.what === what).map((moment) => moment.seconds - 100);
const at = ({ books }: Story, node: number): number => books.nodeAtEnd.filter((own) => own === node).length;
const last = (list: readonly number[]): number => Math.max(-Infinity, ...list);
const first = (list: readonly number[]): number => Math.min(Infinity, ...list);

describe('AWS NLB', () => {
  test('a node that dies gets flows until two checks have failed, 30 to 60 s later', () => {
    const told = story(`nlb: { targets: ${workers} }`, 'kill: worker01');
    const tries = seconds(told, 'try');

    expect(at(told, 1)).toBe(60);
    // Whoever was sent to the dead node comes again; within a minute nobody is sent there any more.
    expect(tries.length).toBeGreaterThan(told.books.outages.count);
    expect(last(tries)).toBeLessThan(75);
  });

  test('flows of a node that has gone end when it is unhealthy, unless the target group keeps them', () => {
    const balancer = `targets: ${workers}, healthCheck: { interval: 5s, timeout: 2s }`;
    const ended = seconds(story(`nlb: { ${balancer} }`, 'powerOff: worker01'), 'noticed');
    const kept = seconds(story(`nlb: { ${balancer}, connectionTermination: no }`, 'powerOff: worker01'), 'noticed');

    // Unhealthy after 7 to 12 s. What brings RST is the next repetition of what nobody acknowledges: 12.6 or 25.4 s after the first.
    expect(first(ended)).toBeGreaterThan(12);
    expect(last(ended)).toBeLessThan(28);
    expect(first(kept)).toBeGreaterThan(28);
  });

  test('a node whose processes hang is healthy, and new flows go on to it', () => {
    const told = story(`nlb: { targets: ${workers} }`, 'hang: worker01');

    expect(seconds(told, 'try').length).toBeGreaterThan(told.books.outages.count);
    expect(told.moments.filter(({ what, node }) => what === 'handshake' && node === 0)).toEqual([]);
    // Every other attempt of 60 s and more is in vain, to the end.
    expect(last(seconds(told, 'try'))).toBeGreaterThan(180);
  });
});

describe('a Kubernetes Service', () => {
  test('a pod whose container has ended is out of the rules within two seconds', () => {
    const told = story(`kubernetes: { endpoints: ${workers} }`, 'kill: worker01');
    const late = told.moments.filter(({ what, seconds: when }) => what === 'gave up' && when > 102.1);

    expect(at(told, 1)).toBe(60);
    expect(late).toEqual([]);
  });

  test('a node that has gone is missed after the grace period, and connections to its pods time out until then', () => {
    const told = story(`kubernetes: { endpoints: ${workers}, nodeGrace: 40s }`, 'powerOff: worker01');
    // Attempts that ran into the silent pod began before it was out of the rules.
    const tries = told.moments.filter(({ what }) => what === 'try');
    const connected = new Set(told.moments.filter(({ what }) => what === 'handshake').map(({ agent }) => agent));

    expect(tries.length).toBeGreaterThan(0);
    expect(connected.size).toBe(told.books.outages.count);
    expect(at(told, 1)).toBe(60);
  });
});

describe('Envoy', () => {
  test('with a hash and no detection the agents of a dead node wait for it', () => {
    const balancer = `envoy: { hosts: ${workers}, policy: maglev, hashPolicy: source_ip }`;
    const told = story(balancer, 'kill: worker01, for: 120s');

    expect(told.books.outages.count).toBeGreaterThan(10);
    expect(first(seconds(told, 'handshake'))).toBeGreaterThan(120);
    expect(at(told, 0)).toBe(told.books.outages.count);
  });

  test('outlier detection takes the dead node off the table after five failures', () => {
    const balancer = `envoy: { hosts: ${workers}, policy: maglev, hashPolicy: source_ip, outlierDetection: { alwaysEjectOneHost: yes } }`;
    const told = story(balancer, 'kill: worker01, for: 120s');

    expect(last(seconds(told, 'handshake'))).toBeLessThan(45);
  });

  test('more agents than max_connections of the cluster get no session', () => {
    const told = story(`envoy: { hosts: ${workers}, maxConnections: 40 }`, 'kill: worker01, for: 1s');

    expect(told.books.nodeAtEnd.filter((node) => node >= 0)).toHaveLength(40);
  });
});

describe('F5', () => {
  test('action on service down reset ends sessions when the monitor has given up: 11 to 16 s after the node has gone', () => {
    const noticed = seconds(story(`f5: { members: ${workers}, serviceDown: reset }`, 'powerOff: worker01'), 'noticed');

    expect(first(noticed)).toBeGreaterThan(11);
    expect(last(noticed)).toBeLessThan(16.1);
  });

  test('reselect of a fastL4 server lets agents hear RST with what they repeat next', () => {
    const balancer = `f5: { members: ${workers}, type: fastL4, serviceDown: reselect }`;
    const noticed = seconds(story(balancer, 'powerOff: worker01'), 'noticed');

    expect(first(noticed)).toBeGreaterThan(11);
    expect(last(noticed)).toBeLessThan(28);
  });
});

describe('DNS round robin', () => {
  test('every other connection still goes to a node that has died', () => {
    const told = story(`dns: { name: wazuh.corp, addresses: ${workers} }`, 'kill: worker01');

    expect(at(told, 1)).toBe(60);
    expect(seconds(told, 'gave up').length + seconds(told, 'try').length).toBeGreaterThan(told.books.outages.count);
  });

  test('a host that keeps its answer goes on to the dead node until the TTL is over', () => {
    const balancer = `dns: { name: wazuh.corp, addresses: ${workers}, ttl: 200s, cachedBy: host }`;
    const resolver = story(`dns: { name: wazuh.corp, addresses: ${workers} }`, 'kill: worker01');
    const host = story(balancer, 'kill: worker01');

    expect(first(seconds(resolver, 'handshake'))).toBeLessThan(1);
    // Agents started up to two minutes before the run began to be counted: no answer lasts beyond 200 s.
    expect(last(seconds(host, 'handshake'))).toBeGreaterThan(20);
  });
});
