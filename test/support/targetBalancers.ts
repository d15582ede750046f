// Balancers that keep one list of targets, for tests: of each product the options that differ from the defaults.
import { rootKey, type Key } from '../../src/kernel/random.ts';
import type { Balancer, BalancerNews } from '../../src/models/balancer/contract.ts';
import { createEnvoyBalancer } from '../../src/models/balancer/envoy/envoy.ts';
import { envoyDefaults, type EnvoyListenerOptions } from '../../src/models/balancer/envoy/options.ts';
import { createF5Balancer } from '../../src/models/balancer/f5/f5.ts';
import { f5Defaults, type F5ListenerOptions } from '../../src/models/balancer/f5/options.ts';
import { createKubernetesBalancer } from '../../src/models/balancer/kubernetes/kubernetes.ts';
import {
  flowTimeoutUs,
  kubernetesDefaults,
  type KubernetesEndpointOptions,
  type KubernetesOptions,
} from '../../src/models/balancer/kubernetes/options.ts';
import { createNlbBalancer } from '../../src/models/balancer/nlb/nlb.ts';
import { nlbDefaults, type NlbListenerOptions, type NlbTargetOptions } from '../../src/models/balancer/nlb/options.ts';
import type { TargetOptions, TargetSession } from '../../src/models/balancer/targets.ts';
import type { BalancerGiven, Lacks } from '../contracts/balancerStory.ts';
import { aClient } from './clients.ts';

export const targetLuck: Key = rootKey('targets', 0);

export function someTargets(given: readonly Partial<TargetOptions>[]): TargetOptions[] {
  return given.map((target, index) => ({
    serverText: `t${index + 1}`,
    address: `127.0.30.${index + 1}`,
    port: 1514,
    weight: 1,
    maxSessions: 0,
    disabled: false,
    ...target,
  }));
}

const three: readonly Partial<TargetOptions>[] = [{}, {}, {}];

export interface NlbGiven extends Partial<Omit<NlbListenerOptions, 'targets'>> {
  readonly targets?: readonly Partial<NlbTargetOptions>[];
  readonly zones?: readonly string[];
  readonly crossZone?: boolean;
}

export function anNlb({
  targets = three,
  zones = ['a'],
  crossZone = false,
  ...more
}: NlbGiven = {}): Balancer<TargetSession> {
  const zoned = someTargets(targets).map((target, index) => ({ zoneIndex: 0, ...target, ...targets[index] }));
  const listener = { port: 1514, ...nlbDefaults, ...more, targets: zoned };
  return createNlbBalancer({ zones, crossZone, keepsClientAddress: true, listeners: [listener] }, 0, targetLuck);
}

export interface KubernetesGiven extends Partial<Omit<KubernetesOptions, 'listeners'>> {
  readonly endpoints?: readonly Partial<KubernetesEndpointOptions>[];
}

export function aService({ endpoints = three, ...more }: KubernetesGiven = {}): Balancer<TargetSession> {
  const placed = someTargets(endpoints).map((endpoint, index) => ({ nodeIndex: -1, ...endpoint, ...endpoints[index] }));
  const options: KubernetesOptions = {
    ...kubernetesDefaults,
    serviceAddress: '10.96.0.10',
    idleTimeoutUs: flowTimeoutUs.iptables,
    syncUs: 0,
    ...more,
    listeners: [{ port: 1514, endpoints: placed }],
  };
  return createKubernetesBalancer(options, 0, targetLuck);
}

export interface EnvoyGiven extends Partial<Omit<EnvoyListenerOptions, 'hosts'>> {
  readonly hosts?: readonly Partial<TargetOptions>[];
  readonly workers?: number;
}

export function anEnvoy({ hosts = three, workers = 1, ...more }: EnvoyGiven = {}): Balancer<TargetSession> {
  const listener: EnvoyListenerOptions = {
    port: 1514,
    ...envoyDefaults,
    policy: { kind: 'round_robin' },
    ...more,
    hosts: someTargets(hosts),
  };
  return createEnvoyBalancer({ workers, listeners: [listener] }, 0, targetLuck);
}

export interface F5Given extends Partial<Omit<F5ListenerOptions, 'members'>> {
  readonly members?: readonly Partial<TargetOptions>[];
}

export function anF5({ members = three, ...more }: F5Given = {}): Balancer<TargetSession> {
  const listener: F5ListenerOptions = { port: 1514, ...f5Defaults, ...more, members: someTargets(members) };
  return createF5Balancer({ type: 'standard', listeners: [listener] }, 0, targetLuck);
}

export function targetsGiven(peers: BalancerGiven['peers']): Partial<TargetOptions>[] {
  return peers.map(({ weight, maxConns, down }) => ({ weight, maxSessions: maxConns, disabled: down }));
}

/** What no balancer with one list of targets does. */
export const limitedLacks: Lacks = {
  backups: 'Its targets are all of one kind.',
  bans: 'Checks say who is healthy.',
  workers: 'What several processes or nodes of it do differently is shown by itself.',
  waiting: 'Nobody waits for a target.',
};

export const targetLacks: Lacks = { ...limitedLacks, limits: 'It has no limit of connections.' };

/** What has been told since the last time. */
export function news(balancer: Balancer<TargetSession>): readonly BalancerNews[] {
  return balancer.takeNews!();
}

export function open(
  balancer: Balancer<TargetSession>,
  { address = '10.0.0.1', connect = 0, worker = 0, nowUs = 1e9 } = {},
): TargetSession {
  const session = balancer.open(aClient(address, connect), worker);
  if (balancer.next(session, nowUs) >= 0) balancer.connected(session, nowUs);
  return session;
}

/** Targets of sessions that stay open, by number from 1; `-`: nothing is usable. Each has an address and a connection of its own. */
export function held(balancer: Balancer<TargetSession>, count: number, nowUs = 1e9): string {
  return Array.from({ length: count }, (_, nth) => {
    const { peerIndex } = open(balancer, { address: `10.0.${nth >> 8}.${nth & 255}`, connect: nth, nowUs });
    return peerIndex < 0 ? '-' : String(peerIndex + 1);
  }).join('');
}

/** How many of so many sessions each target gets. */
export function counts(balancer: Balancer<TargetSession>, total: number, worker?: (nth: number) => number): number[] {
  const found = balancer.peers.map(() => 0);
  for (let nth = 0; nth < total; nth++) {
    const address = `10.${nth >> 16}.${(nth >> 8) & 255}.${nth & 255}`;
    const session = balancer.open(aClient(address, nth), worker?.(nth) ?? 0);
    const index = balancer.next(session, 1e9);
    if (index >= 0) found[index]! += 1;
    balancer.closed(session, 1e9);
  }
  return found;
}

/** Pearson's statistic of counts that ought to be in proportion to the weights. */
export function chiSquare(found: readonly number[], weights: readonly number[] = found.map(() => 1)): number {
  const total = found.reduce((sum, count) => sum + count, 0);
  const sum = weights.reduce((a, b) => a + b, 0);
  return found.reduce((chi, count, index) => {
    const expected = (total * weights[index]!) / sum;
    return chi + (count - expected) ** 2 / expected;
  }, 0);
}
