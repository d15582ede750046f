// Random ways to connect agents.
import { randomBalancing, type Balancing, type ProductName } from './balancers.ts';
import { agentConf, internalOptions, sharedConf } from './confs.ts';
import type { Dice } from './dice.ts';
import { randomAgent } from './fleet.ts';

export interface ModeGround {
  readonly nodeNames: readonly string[];
  readonly groupNames: readonly string[];
  /** Nodes on which somebody listens for registrations. */
  readonly registering: readonly string[];
  /** Release of the oldest agents. */
  readonly oldest: string;
  /** Balancers that modes may have. */
  readonly products: readonly ProductName[];
  readonly has: (feature: string) => boolean;
}

export interface RandomMode {
  readonly data: Record<string, unknown>;
  /** `null`: none. */
  readonly balancing: Balancing | null;
}

export function randomMode(dice: Dice, ground: ModeGround): RandomMode {
  const { has, groupNames } = ground;
  const balancing = ground.products.length > 0 && dice.chance(0.85) ? randomBalancing(dice, ground) : null;
  const isHere = (product: ProductName): boolean =>
    balancing?.balancers.some((balancer) => balancer.product === product) === true;
  const data = {
    ...balancing?.mode,
    ...routing(dice, ground, balancing),
    ...(has('groupsRouted') &&
      dice.once(2) && { groups: { [dice.one(groupNames)]: routing(dice, ground, balancing) } }),
    ...(has('agentSettings') && dice.once(3) && { agent: randomAgent(dice, has('kernel')) }),
    ...(has('overlay') && {
      set: dice.one<Record<string, unknown>>([
        { 'network.latency': '2ms' },
        { [`fleet.${groupNames[0]!}.events.size`]: '200B' },
        { [`fleet.${groupNames[0]!}.order`]: 'rotated' },
        { warmup: '40s' },
        ...(isHere('nginx')
          ? [{ 'nginx.worker_connections': '12' }, { 'nginx.upstream[cluster].server[*].max_fails': '2' }]
          : []),
        ...(isHere('haproxy')
          ? [{ 'haproxy.backend[wazuh_reporting].server[*].weight': '7' }, { 'haproxy.global.maxconn': '30' }]
          : []),
      ]),
    }),
  };
  return { data, balancing };
}

function routing(dice: Dice, ground: ModeGround, balancing: Balancing | null): Record<string, unknown> {
  const { has, nodeNames, oldest } = ground;
  const udp = has('udp') && dice.once(2);
  const entrances = (balancing?.balancers ?? []).filter(
    ({ isEntrance, product }) => isEntrance && (!udp || product === 'nginx'),
  );
  const places = [...nodeNames, ...entrances.flatMap(({ name }) => [name, name, name])];
  const list =
    entrances.length > 0 && !dice.once(4)
      ? dice.some(entrances).map(({ name }) => name)
      : Array.from({ length: dice.between(1, 3) }, () => dice.one(places));
  if (dice.once(5)) {
    const servers = list.map((place) => ({
      address: entrances.find(({ name }) => name === place)?.address ?? `172.0.0.${nodeNames.indexOf(place) + 3}`,
      protocol: udp ? 'udp' : 'tcp',
    }));
    const file = agentConf(dice, servers, oldest);
    if (!has('texts')) return { ossec: file };
    return {
      ossec: {
        file,
        ...(dice.once(2) && { agentConf: sharedConf(dice) }),
        ...(dice.once(2) && { internalOptions: internalOptions(dice) }),
      },
    };
  }
  const named = has('nodeNames') && dice.once(3) ? [dice.one(['wazuh.corp', 'gone.corp'])] : [];
  return {
    servers: [...list, ...named].map((place) => {
      if (place.endsWith('.corp')) return { address: place };
      const settings = {
        ...(udp && { protocol: 'udp' }),
        ...(dice.once(5) && { maxRetries: dice.between(1, 3) }),
        ...(dice.once(5) && { retryInterval: `${dice.between(1, 20)}s` }),
      };
      return Object.keys(settings).length === 0 ? place : { node: place, ...settings };
    }),
    ...(has('order') && dice.once(2) && { order: dice.one(['listed', 'shuffled', 'rotated']) }),
  };
}
