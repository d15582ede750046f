// What agents use of a balancer has to be modelled and to lead to nodes.
import type { PeerAddress } from '../../models/balancer/contract.ts';
import { possibleProtocols } from '../../models/agentVersions.ts';
import type { BalancerProduct } from '../../models/balancer/options.ts';
import { nodeDefaults } from '../../models/node.ts';
import { socketPath } from '../../models/balancer/nginx/servers.ts';
import { listNames } from '../wording.ts';
import type { SourcePosition } from '../scenario.ts';
import { balancerWord, type Balancer } from './balancers.ts';
import { balancerBehind } from './chains.ts';
import type { Cluster } from './cluster.ts';
import type { Build } from './context.ts';

export type ListenerUse = 'events' | 'registration';

/** What agents use of the balancer must be modelled and lead to nodes; the rest of its file may serve anything else. */
export function checkListeners(
  build: Build,
  cluster: Cluster,
  { file, listeners, used, protocols, options: { name, product } }: Balancer,
  balancers: readonly Balancer[],
): void {
  const checked = new Set<string>();
  listeners.forEach(({ options, peers }, index) => {
    const use = used.get(index);
    if (use === undefined) {
      build.warn({
        position: file.listenPosition(index),
        text: `no agent connects to port ${options.port}${options.datagrams ? ' over UDP' : ''}: this server is passed over, and so are the connections it holds.`,
      });
      return;
    }
    build.refuse(file.problemsOf(index));
    for (const text of file.remarksOf?.(index) ?? []) build.assume(text);
    for (const peer of peers) {
      // Listeners may share what is behind them.
      const position = file.peerPosition(index, peer.serverText);
      const over = use === 'events' ? protocols.get(index) : undefined;
      for (const protocol of over ?? [options.datagrams ? 'udp' : 'tcp']) {
        const asked = `${position?.file}:${position?.line}:${position?.column} ${peer.address}:${peer.port} ${use} ${protocol}`;
        if (checked.has(asked)) continue;
        checked.add(asked);
        checkPeer(build, cluster, { name, product, position, use, protocol }, peer, balancers);
      }
    }
  });
}

/** How a balancer comes to one of its servers. */
export interface PeerUse {
  readonly name: string;
  readonly product: BalancerProduct;
  /** Where the server is written. */
  readonly position: SourcePosition | null;
  readonly use: ListenerUse;
  readonly protocol: 'tcp' | 'udp';
}

export function checkPeer(
  build: Build,
  cluster: Cluster,
  { name, product, position, use, protocol }: PeerUse,
  { serverText, address, port }: PeerAddress,
  balancers: readonly Balancer[],
): void {
  // A unix socket that nobody listens on refuses; the reader of the file has said so.
  if (socketPath(address) !== null) return;
  const node = cluster.nodes.find((each) => each.address === address);
  const refuse = (text: string): void => build.refuse([{ position, text }]);
  const next = node ? null : balancerBehind(balancers, { serverText, address, port });
  if (next && protocol === 'udp') {
    refuse(
      `UDP through ${balancerWord(name)} to another balancer, here ${next.options.name}, is not modelled. Let it lead to the nodes.`,
    );
  } else if (next) {
    const ports = next.listeners.map(({ options }) => String(options.port));
    if (!ports.includes(String(port))) {
      refuse(`${next.options.name} does not listen on port ${port}. It listens on ${listNames(ports)}.`);
    }
  } else if (!node) {
    refuse(`server ${serverText} is no node of the cluster. Known: ${cluster.knownHosts()}.`);
  } else if (port === 0) {
    // A unix socket is where the node takes events.
    if (use === 'events') return;
    refuse(`${serverText} is where ${node.name} takes events; nobody listens for registration there.`);
  } else if (port !== (use === 'events' ? node.eventsPort : (node.registrationPort ?? nodeDefaults.registrationPort))) {
    refuse(
      `nobody listens for ${use} on port ${port} of ${node.name} (events: ${node.eventsPort}, registration: ${node.registrationPort ?? 'no'}).`,
    );
  } else if (port === node.eventsPort && !cluster.listens(node, protocol)) {
    const other = protocol === 'udp' ? 'TCP' : 'UDP';
    const why = possibleProtocols(node.version).includes(protocol)
      ? 'its ossec.conf says so'
      : 'its release has no other';
    refuse(`${node.name} listens for ${other} only: ${why}.`);
  } else if (use === 'events' && protocol === 'udp' && asksOverTcp(product) && !cluster.listens(node, 'tcp')) {
    refuse(
      `${node.name} listens for UDP only, and ${balancerWord(name)} checks it over TCP: no check would ever pass. Let its ossec.conf say <protocol>tcp,udp${product.kind === 'nlb' ? '' : ', or leave the check out'}.`,
    );
  }
}

/** What does so connects to the port of the events. */
function asksOverTcp(product: BalancerProduct): boolean {
  switch (product.kind) {
    case 'nlb':
      return true;
    case 'f5':
      return product.f5.listeners.some(({ monitor }) => monitor !== null);
    case 'kubernetes':
      return product.kubernetes.readiness?.asks === 'kernel';
    default:
      return false;
  }
}
