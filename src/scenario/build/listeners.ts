// What agents use of a balancer has to be modelled and to lead to nodes.
import type { PeerAddress } from '../../models/balancer/contract.ts';
import { possibleProtocols } from '../../models/agentVersions.ts';
import { listenersOf } from '../../models/balancer/products.ts';
import { nodeDefaults } from '../../models/node.ts';
import { socketPath } from '../../models/balancer/nginx/servers.ts';
import { listNames } from '../wording.ts';
import type { Balancer, BalancerFile } from './balancers.ts';
import { balancerBehind } from './chains.ts';
import type { Cluster } from './cluster.ts';
import type { Build } from './context.ts';

export type ListenerUse = 'events' | 'registration';

/** What agents use of the balancer must be modelled and lead to nodes; the rest of its file may serve anything else. */
export function checkListeners(
  build: Build,
  cluster: Cluster,
  { file, listeners, used }: Balancer,
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
      const asked = `${position?.file}:${position?.line}:${position?.column} ${peer.address}:${peer.port} ${use} ${options.datagrams ? 'udp' : 'tcp'}`;
      if (checked.has(asked)) continue;
      checked.add(asked);
      checkPeer(build, cluster, file, peer, index, use, balancers);
    }
  });
}

export function checkPeer(
  build: Build,
  cluster: Cluster,
  file: BalancerFile,
  { serverText, address, port }: PeerAddress,
  listenerIndex: number,
  use: ListenerUse,
  balancers: readonly Balancer[],
): void {
  // A unix socket that nobody listens on refuses; the reader of the file has said so.
  if (socketPath(address) !== null) return;
  const position = file.peerPosition(listenerIndex, serverText);
  const node = cluster.nodes.find((each) => each.address === address);
  const refuse = (text: string): void => build.refuse([{ position, text }]);
  const next = node ? null : balancerBehind(balancers, { serverText, address, port });
  const protocol = listenersOf(file.product)[listenerIndex]!.options.datagrams ? 'udp' : 'tcp';
  if (next && protocol === 'udp') {
    refuse(
      `UDP through nginx to another balancer, here ${next.options.name}, is not modelled. Let it lead to the nodes.`,
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
  }
}
