// What of a listener for datagrams agents can use: sessions that stand until their node is gone.
import { listenersOf } from '../../models/balancer/products.ts';
import type { BalancerFile } from './balancers.ts';
import type { Build } from './context.ts';

/** @param notifyTimeSeconds of agents that use it. */
export function checkDatagrams(
  build: Build,
  file: BalancerFile,
  listenerIndex: number,
  notifyTimeSeconds: number,
): void {
  const { datagrams, sessionTimeoutUs } = listenersOf(file.product)[listenerIndex]!.options;
  if (!datagrams) return;
  const refuse = (directive: string, text: string): void => {
    const position = file.placeOf?.(listenerIndex, directive) ?? file.listenPosition(listenerIndex);
    build.refuse([{ position, text: `${directive}: ${text}` }]);
  };
  if (datagrams.responses === 0) {
    refuse('proxy_responses', '0 passes no answer of a manager on: no agent ever connects. Remove it.');
  }
  // A keepalive is late by a second at most.
  if (sessionTimeoutUs < (notifyTimeSeconds + 2) * 1e6) {
    refuse(
      'proxy_timeout',
      `${sessionTimeoutUs / 1e6}s is shorter than the agents' notify_time of ${notifyTimeSeconds}s: each keepalive would begin a session, which is not modelled for UDP. Make it longer.`,
    );
  }
}
