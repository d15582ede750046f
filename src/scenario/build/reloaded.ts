// What a balancer reads at a reload.
import { listensOn, type BalancerProduct } from '../../models/balancer/options.ts';
import { listenersOf } from '../../models/balancer/products.ts';
import { pathText, type Path } from '../wording.ts';
import type { Balancer } from './balancers.ts';
import type { Cluster } from './cluster.ts';
import type { Build } from './context.ts';
import { checkPeer } from './listeners.ts';
import { checkDatagrams } from './udpListener.ts';

/**
 * Another file, with its listeners in the order of those the balancer has: agents know them by their place. `null` where what is wrong
 * has been reported.
 */
export function readReloaded(
  build: Build,
  cluster: Cluster,
  balancer: Balancer,
  balancers: readonly Balancer[],
  given: string,
  path: Path,
): BalancerProduct | null {
  const file = balancer.file.reread(given, path);
  if (!file) return null;
  const listeners = listenersOf(file.product);
  const indexes = balancer.listeners.map(({ options: { port, datagrams } }, index) => {
    const use = balancer.used.get(index);
    const protocol = datagrams ? 'udp' : 'tcp';
    const found = listeners.findIndex(({ options }) => listensOn(options, port, protocol));
    if (use === undefined) return Math.max(0, found); // nobody connects there
    if (found < 0) {
      build.fail(
        path,
        `${pathText(path)}: no server of it listens on port ${port}${datagrams ? ' for UDP' : ''}, where agents connect to.`,
      );
      return 0;
    }
    const { peers } = listeners[found]!;
    build.refuse(file.problemsOf(found));
    checkDatagrams(build, file, found, 0);
    const { name } = balancer.options;
    for (const peer of peers) {
      const position = file.peerPosition(found, peer.serverText);
      checkPeer(build, cluster, { name, product: file.product, position, use, protocol }, peer, balancers);
    }
    return found;
  });
  return listeners.length === 0 ? null : file.arranged(indexes);
}
