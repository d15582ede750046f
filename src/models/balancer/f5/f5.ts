// A virtual server of an F5 BIG-IP behind the contract of all balancers.
import { deriveKey, type Key } from '../../../kernel/random.ts';
import type { Balancer } from '../contract.ts';
import { bytesOf } from '../haproxy/key.ts';
import { balancerOf, inService, isFull, newTargets, type SessionsOfDown, type TargetSession } from '../targets.ts';
import { createLeastConnectionsMember } from './leastConnectionsMember.ts';
import type { Method } from './method.ts';
import { monitorChecks } from './monitor.ts';
import type { F5ListenerOptions, F5Method, F5Options } from './options.ts';
import { newPersistence } from './persistence.ts';
import { createRatioMember } from './ratioMember.ts';
import { createRoundRobin } from './roundRobin.ts';

function methodOf(name: F5Method): Method {
  switch (name) {
    case 'round-robin':
      return createRoundRobin();
    case 'ratio-member':
      return createRatioMember();
    case 'least-connections-member':
      return createLeastConnectionsMember();
    default:
      return name satisfies never;
  }
}

const rules = {
  'round-robin': 'turns',
  'ratio-member': 'ratio',
  'least-connections-member': 'leastConnections',
} as const satisfies Record<F5Method, string>;

/**
 * "Action on Service Down". A connection that is dropped, or handed to a member that knows nothing of it, gets RST when its client next
 * says something.
 */
function sessionsOfDown({ serviceDown }: F5ListenerOptions): SessionsOfDown {
  switch (serviceDown) {
    case 'none':
      return 'kept';
    case 'reset':
      return 'closed';
    case 'drop':
    case 'reselect':
      return 'resetOnUse';
    default:
      return serviceDown satisfies never;
  }
}

/** A pool that has been in service for long. @param luck of its monitors. */
export function createF5Balancer(options: F5Options, listenerIndex: number, luck: Key): Balancer<TargetSession> {
  const listener = options.listeners[listenerIndex]!;
  const { members, method: name, monitor, persistence: given } = listener;
  const targets = newTargets(members);
  const method = methodOf(name);
  const persistence = given && newPersistence(given.timeoutUs, given.maskBits);
  return balancerOf(targets, {
    workers: 1,
    choose(session, nowUs) {
      const { address } = session.client;
      const kept = persistence?.find(address, nowUs) ?? null;
      const available = targets.all.filter((member) => inService(member) && member.healthy && !isFull(member));
      // A disabled member goes on with clients that it has; one that is down, forced offline or full does not.
      const isUsable = kept !== null && kept.healthy && kept.admin !== 'maint' && !isFull(kept);
      if (!isUsable && available.length === 0) return null;
      const member = isUsable ? kept : method.choose(available);
      persistence?.use(address, member, nowUs);
      return member;
    },
    checks: monitor
      ? monitorChecks(targets, monitor, deriveKey(luck, listenerIndex, 0), sessionsOfDown(listener))
      : undefined,
    keyOf: ({ address }) => (persistence ? bytesOf(address) : null),
    tell(_session, trace) {
      trace.basis = { product: 'f5', rule: rules[name], persists: persistence !== null };
      return null;
    },
    orders: {},
  });
}
