// What the balancer does for an agent whose node is gone, as its product does it.
import { rootKey } from '../kernel/random.ts';
import { formatDuration } from '../kernel/units.ts';
import type { HaproxyBackendOptions } from '../models/balancer/haproxy/options.ts';
import type { BalancerProduct } from '../models/balancer/options.ts';
import { listenersOf, startProduct } from '../models/balancer/products.ts';
import { heldUpByRefusal, heldUpBySilence, type HeldUp } from '../scenario/lint/silentServers.ts';
import type { Story } from './story.ts';

export function searchBehind(story: Story): string[] {
  const { product, kind, inFront } = story;
  if (product === undefined || (kind === 'partition' && inFront)) return [];
  if (product.kind === 'vip') {
    return [`The address is with another balancer ${formatDuration(product.vip.takeoverUs)} after its owner is gone.`];
  }
  if (product.kind === 'haproxy') return ofHaproxy(story, product);
  if (product.kind === 'f5' || product.kind === 'envoy') {
    const tries = product.kind === 'f5' ? 1 : product.envoy.listeners[story.listenerIndex]!.maxConnectAttempts;
    if (tries === 1) return ofForwarder(story);
  }
  return startProduct(product, rootKey('words', 0)).forwarding === undefined ? ofProxy(story) : ofForwarder(story);
}

function ofProxy({ kind, connect, group, failTimeoutSeconds }: Story): string[] {
  const ban = failTimeoutSeconds === 0 ? '' : `, and passes the node over for ${failTimeoutSeconds} s (fail_timeout)`;
  const fails = `fails after ${formatDuration(connect.us)} (${connect.how})`;
  switch (kind) {
    case 'kill':
      return [`A node that is down refuses the balancer, which passes the same attempt on to another one${ban}.`];
    case 'powerOff':
      return [
        `The balancer's connect to the host that is gone ${fails}; then it takes another node for the same attempt${ban}.`,
      ];
    case 'partition':
      return [
        `The balancer's connect over the path that is cut ${fails}; then it takes another node for the same attempt${ban}.`,
      ];
    case 'hang':
      return [
        `The kernel of the node that hangs accepts what the balancer sends it, until its accept queue is full: such an attempt of an agent ends ` +
          `after ${group.agent.internal.recvTimeoutSeconds} s without an answer. Later connects fail after ${formatDuration(connect.us)} (${connect.how}), and the balancer takes another node.`,
      ];
    default:
      return []; // new connections are let through
  }
}

function ofHaproxy(
  { kind, connect, group, listenerIndex }: Story,
  product: Extract<BalancerProduct, { kind: 'haproxy' }>,
): string[] {
  const { frontends, backends } = product.haproxy;
  const binds = frontends.flatMap(({ binds: own, backendIndex }) => own.map(() => backendIndex));
  const backend = backends[binds[listenerIndex]!]!;
  const servers = listenersOf(product)[listenerIndex]!.peers.filter(({ backup, down }) => !backup && !down).length;
  const refused = heldUpByRefusal(backend, servers);
  // What ends a connect need not be HAProxy's own time-out.
  const silent = heldUpBySilence({ ...backend, connectTimeoutUs: connect.us }, servers);
  switch (kind) {
    case 'kill':
      return [`A node that is down refuses HAProxy, which ${outcome(refused, backend)}. ${checksEnd(backend)}`];
    case 'powerOff':
    case 'partition':
      return [
        `HAProxy's connect to the node that is silent fails after ${formatDuration(connect.us)} (${connect.how}); it ${outcome(silent, backend)}. ${checksEnd(backend)}`,
      ];
    case 'hang':
      return [
        `The kernel of the node that hangs accepts what HAProxy sends it${asksKernel(backend) ? ', checks among it, so that it is never taken for down,' : ''} until its accept queue is full: ` +
          `such an attempt of an agent ends after ${group.agent.internal.recvTimeoutSeconds} s without an answer. Later connects fail after ${formatDuration(connect.us)} (${connect.how}); HAProxy ${outcome(silent, backend)}.`,
      ];
    default:
      return [];
  }
}

function outcome({ us, goesOn }: HeldUp, { redispatchAfter, retries }: HaproxyBackendOptions): string {
  if (goesOn) {
    const when = us < 1e6 ? 'at once' : `after ${formatDuration(us)}`;
    return `takes another node for the same attempt ${when} (option redispatch)`;
  }
  const why = redispatchAfter === 0 ? 'no option redispatch' : 'the same answer from its table';
  return `tries the same node ${retries + 1} times and closes the agent after ${formatDuration(us)} (${why})`;
}

function checksEnd({ servers }: HaproxyBackendOptions): string {
  const checked = servers.flatMap(({ check }) => (check === null ? [] : [check.interUs * check.fall]));
  if (checked.length === 0) return 'No check ever takes the node out.';
  return `Its check takes the node out within ${formatDuration(Math.max(...checked))}.`;
}

function asksKernel({ servers }: HaproxyBackendOptions): boolean {
  return servers.every(({ check }) => check === null || check.asks === 'kernel');
}

function ofForwarder({ kind, group }: Story): string[] {
  const tries = `nobody tries another one for it, and the agent comes again ${group.servers[0]?.retryIntervalSeconds ?? 0} s later`;
  switch (kind) {
    case 'kill':
      return [`Each connection goes to the target that is chosen for it. One that is down refuses: ${tries}.`];
    case 'powerOff':
    case 'partition':
      return [`Each connection goes to the target that is chosen for it. One that is silent answers no SYN: ${tries}.`];
    case 'hang':
      return [
        `Each connection goes to the target that is chosen for it. The kernel of one that hangs accepts it: ` +
          `the attempt ends after ${group.agent.internal.recvTimeoutSeconds} s without an answer.`,
      ];
    default:
      return [];
  }
}
