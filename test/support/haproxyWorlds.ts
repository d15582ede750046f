// Small worlds behind HAProxy.
import type { HaproxyOptions } from '../../src/models/balancer/haproxy/options.ts';
import type { WorldOptions } from '../../src/models/worldOptions.ts';
import { haproxyWith, type BackendGiven } from './haproxy.ts';
import { aWorld, nodeNames, second, type WorldRecipe } from './worlds.ts';

/** What Wazuh's documentation says, for the three nodes of a world: leastconn, `check`, redispatch, retries 3, 10 s to connect. */
export const documented = {
  balance: { kind: 'leastconn' },
  retries: 3,
  redispatchAfter: -1,
  connectTimeoutUs: 10 * second,
  queueTimeoutUs: 60 * second,
  checkTimeoutUs: 10 * second,
  serverTimeoutUs: 60 * second,
} satisfies Partial<BackendGiven>;

export interface HaproxyRecipe {
  readonly backend?: Partial<BackendGiven>;
  readonly given?: Partial<HaproxyOptions>;
  /** Of every server. */
  readonly server?: BackendGiven['servers'][number];
  readonly maxConn?: number;
}

/** The world of a recipe with HAProxy where it had nginx. */
export function behindHaproxy(recipe: WorldRecipe, haproxy: HaproxyRecipe = {}): WorldOptions {
  const world = aWorld(recipe);
  const servers = (port: number, nodes: readonly number[]): BackendGiven['servers'] =>
    nodes.map((node) => {
      const address = `172.0.0.${node + 3}`;
      const check = { asks: 'kernel', interUs: 2e6, fastInterUs: null, downInterUs: null, fall: 3, rise: 2 } as const;
      return { serverText: nodeNames[node]!, address, port, check: { ...check, address, port }, ...haproxy.server };
    });
  const options = haproxyWith(
    [
      { ...documented, ...haproxy.backend, servers: servers(1514, [0, 1, 2]) },
      { ...documented, servers: servers(1515, [0]) },
    ],
    undefined,
    haproxy.given,
  );
  const maxConn = haproxy.maxConn ?? 4000;
  const frontends = options.frontends.map((frontend, index) => ({
    ...frontend,
    maxConn,
    backlog: maxConn,
    clientTimeoutUs: 60 * second,
    binds: [{ ...frontend.binds[0]!, port: 1514 + index }],
  }));
  const [balancer] = world.balancers;
  return {
    ...world,
    balancers: [{ ...balancer!, product: { kind: 'haproxy', haproxy: { ...options, frontends } } }],
  };
}
