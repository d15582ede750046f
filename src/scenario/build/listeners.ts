// What agents use of a balancer has to be modelled and to lead to nodes.
import type { NginxPeerOptions } from '../../models/balancer/nginx/options.ts';
import { nodeDefaults } from '../../models/node.ts';
import type { NginxConf } from '../import/nginxConf.ts';
import type { Balancer } from './balancer.ts';
import type { Cluster } from './cluster.ts';
import type { Build } from './context.ts';

export type ListenerUse = 'events' | 'registration';

/** What agents use of the balancer must be modelled and lead to nodes; the rest of its file may serve anything else. */
export function checkListeners(build: Build, cluster: Cluster, { conf, used }: Balancer): void {
  const { options, listenPositions, problemsOf } = conf;
  const { listeners, upstreams } = options;
  const checked = new Set<string>();
  listeners.forEach(({ port, upstreamIndex }, index) => {
    const use = used.get(index);
    if (use === undefined) {
      build.warn({
        position: listenPositions[index]!,
        text: `no agent connects to port ${port}: this server is passed over, and so are the connections it holds.`,
      });
      return;
    }
    build.refuse(problemsOf(index));
    const asked = `${upstreamIndex} ${use}`;
    if (checked.has(asked)) return;
    checked.add(asked);
    for (const peer of upstreams[upstreamIndex]!.peers) checkPeer(build, cluster, conf, peer, upstreamIndex, use);
  });
}

export function checkPeer(
  build: Build,
  cluster: Cluster,
  { serverPositions }: NginxConf,
  { serverText, address, port }: NginxPeerOptions,
  upstreamIndex: number,
  use: ListenerUse,
): void {
  const position = serverPositions.get(`${upstreamIndex}/${serverText}`) ?? null;
  const node = cluster.nodes.find((each) => each.address === address);
  const refuse = (text: string): void => build.refuse([{ position, text }]);
  if (!node) {
    refuse(`server ${serverText} is no node of the cluster. Known: ${cluster.knownHosts()}.`);
  } else if (port !== (use === 'events' ? node.eventsPort : (node.registrationPort ?? nodeDefaults.registrationPort))) {
    refuse(
      `nobody listens for ${use} on port ${port} of ${node.name} (events: ${node.eventsPort}, registration: ${node.registrationPort ?? 'no'}).`,
    );
  } else if (port === node.eventsPort && !cluster.listens(node, 'tcp')) {
    refuse(`${node.name} listens for UDP only: its ossec.conf says so.`);
  }
}
