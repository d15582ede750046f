// Random settings of the balancers that a scenario describes itself.
import { f5Methods } from '../../../src/models/balancer/f5/options.ts';
import { ipvsSchedulers } from '../../../src/models/balancer/kubernetes/options.ts';
import type { Dice } from './dice.ts';
import type { Behind } from './nginxConf.ts';

export type Described = 'nlb' | 'kubernetes' | 'envoy' | 'f5' | 'dns';

type Settings = Record<string, unknown>;

/** The name that leads to the addresses of a `dns`. */
export const dnsName = 'cluster.corp';

export const described: Readonly<Record<Described, (dice: Dice, behind: Behind) => Settings>> = {
  nlb(dice, { events, registration }) {
    const zones = dice.once(2) ? ['eu-west-1a', 'eu-west-1b'].slice(0, dice.between(1, 2)) : null;
    const inZone = (name: string): unknown => (zones ? { node: name, zone: dice.one(zones) } : name);
    const terminates = dice.once(3);
    return {
      targets: events.map(inZone),
      ...(registration && { registration: { to: registration.map(inZone) } }),
      ...(zones && { zones }),
      ...(dice.once(3) && { crossZone: dice.once(2) }),
      ...(dice.once(3) && { keepsClientAddress: dice.once(2) }),
      ...(dice.once(3) && { stickiness: dice.one(['none', 'sourceIp']) }),
      ...(dice.once(3) && { idleTimeout: dice.one(['60s', '350s']) }),
      ...(dice.once(2) && {
        healthCheck: {
          interval: dice.one(['5s', '10s', '30s']),
          timeout: dice.one(['2s', '5s']),
          unhealthyThreshold: dice.between(2, 4),
          healthyThreshold: dice.between(2, 4),
        },
      }),
      ...(dice.once(3) && { connectionTermination: dice.once(2) }),
      ...(terminates && { deregistrationDelay: dice.one(['0s', '20s']), deregistrationTermination: dice.once(2) }),
    };
  },
  kubernetes(dice, { events, registration }) {
    const nodes = dice.once(3) ? ['k1', 'k2'] : null;
    const local = nodes !== null && dice.once(2);
    const on = (name: string): unknown =>
      nodes && (local || dice.once(2)) ? { node: name, on: dice.one(nodes) } : name;
    const ipvs = dice.once(2);
    return {
      endpoints: events.map(on),
      ...(registration && { registration: { to: registration.map(on) } }),
      ...(nodes && { nodes, externalTrafficPolicy: local ? 'Local' : 'Cluster' }),
      proxy: ipvs ? 'ipvs' : 'iptables',
      ...(ipvs && dice.once(2) && { scheduler: dice.one(ipvsSchedulers), serviceAddress: '10.96.0.10' }),
      ...(dice.once(3) && { sessionAffinity: 'ClientIP', affinityTimeout: dice.one(['1s', '30s', '3h']) }),
      ...(dice.once(2) && {
        readiness: {
          period: dice.one(['1s', '10s']),
          ...(dice.once(2) && { failureThreshold: dice.between(1, 3) }),
          ...(dice.once(2) && { successThreshold: dice.between(1, 3) }),
          ...(dice.once(2) && { asks: dice.one(['kernel', 'process']) }),
        },
      }),
      ...(dice.once(3) && { sync: dice.one(['0s', '5s']) }),
      ...(dice.once(3) && { nodeGrace: dice.one(['1s', '40s']) }),
      ...(dice.once(3) && { idleTimeout: dice.one(['5s', '900s']) }),
    };
  },
  envoy(dice, { events, registration }) {
    const policy = dice.one(['round_robin', 'least_request', 'random', 'ring_hash', 'maglev']);
    const checked = dice.once(3);
    return {
      hosts: events.map((name) => (dice.once(3) ? { node: name, weight: dice.between(1, 5) } : name)),
      ...(registration && { registration: { to: registration } }),
      policy,
      ...((policy === 'ring_hash' || policy === 'maglev') && dice.once(2) && { hashPolicy: 'source_ip' }),
      ...(policy === 'least_request' && dice.once(2) && { choiceCount: dice.between(2, 4) }),
      ...(policy === 'ring_hash' && dice.once(2) && { minimumRingSize: dice.one([1, 64]), maximumRingSize: 1_024 }),
      ...(policy === 'maglev' && { tableSize: dice.one([251, 65_537]) }),
      ...(checked && {
        healthCheck: {
          ...{ interval: dice.one(['1s', '5s']), timeout: dice.one(['1s', '4s']) },
          ...{ unhealthyThreshold: dice.between(1, 3), healthyThreshold: dice.between(1, 3) },
        },
        ...(dice.once(2) && { closeOnHealthFailure: true }),
      }),
      ...(!checked &&
        dice.once(2) && {
          outlierDetection: {
            ...(dice.once(2) && { consecutive5xx: dice.between(1, 5) }),
            ...(dice.once(2) && { interval: dice.one(['1s', '10s']) }),
            ...(dice.once(2) && { baseEjectionTime: dice.one(['1s', '30s']) }),
            ...(dice.once(2) && { maxEjectionPercent: dice.one([0, 50, 100]) }),
            ...(dice.once(2) && { alwaysEjectOneHost: dice.once(2) }),
          },
        }),
      ...(dice.once(3) && { panicThreshold: dice.one([0, 100]) }),
      ...(dice.once(3) && { maxConnectAttempts: dice.between(1, 5) }),
      ...(dice.once(3) && { connectTimeout: dice.one(['1ms', '250ms', '20s']) }),
      ...(dice.once(3) && { idleTimeout: dice.one(['1s', '30s', '1h']) }),
      ...(dice.once(3) && { maxConnections: dice.one([1, 4, 1_024]) }),
      ...(dice.once(3) && { concurrency: dice.between(1, 4) }),
    };
  },
  f5(dice, { events, registration }) {
    const type = dice.one(['standard', 'fastL4']);
    return {
      members: events.map((name) => member(dice, name)),
      ...(registration && { registration: { to: registration } }),
      type,
      ...(dice.once(2) && { method: dice.one(f5Methods) }),
      ...(dice.once(3) && {
        persistence: 'source-address',
        ...(dice.once(2) && { persistenceTimeout: dice.one(['1s', '180s']) }),
        ...(dice.once(2) && { persistenceMask: dice.one([0, 24]) }),
      }),
      ...(dice.once(2) && {
        monitor: dice.one<unknown>(['none', { interval: '1s', timeout: '4s' }, { timeout: '31s' }]),
      }),
      ...(dice.once(2) && { serviceDown: dice.one(['none', 'reset', 'drop', 'reselect']) }),
      ...(dice.once(3) && { idleTimeout: dice.one(['1s', '30s', '300s']) }),
      ...(type === 'standard' && dice.once(3) && { connectTimeout: dice.one(['1s', '45s']) }),
    };
  },
  dns(dice, { events, registration }) {
    return {
      name: dnsName,
      addresses: events,
      ...(registration && { registration: { to: registration } }),
      ...(dice.once(2) && { order: dice.one(['rotated', 'random', 'fixed']) }),
      ...(dice.once(2) && { ttl: dice.one(['0s', '1s', '60s', '1d']) }),
      ...(dice.once(2) && { cachedBy: dice.one(['resolver', 'host']) }),
    };
  },
};

function member(dice: Dice, name: string): unknown {
  if (!dice.once(3)) return name;
  return {
    node: name,
    ...(dice.once(2) && { weight: dice.between(1, 5) }),
    ...(dice.once(2) && { maxConnections: dice.between(1, 5) }),
  };
}
