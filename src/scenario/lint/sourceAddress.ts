// A key that is bound to an address is good from there only, and behind a proxy every agent comes from the proxy's. Wazuh, os_auth
// (use_source_ip; off by default since pull request 4083) and remoted (OS_IsAllowedDynamicID()); issues 3269, 3674, 4153.
import { formatCount } from '../../kernel/units.ts';
import { listNames } from '../wording.ts';
import { hidesClients } from './products.ts';
import type { Rule } from './rule.ts';
import { countAgents, eventsWays } from './ways.ts';

export const sourceAddress: Rule = {
  name: 'source-address',
  find(input) {
    const ways = eventsWays(input).filter(({ balancer }) => hidesClients(balancer.options.product));
    const agents = countAgents([...new Set(ways.flatMap(({ groups }) => groups))]);
    if (agents === 0) return [];
    const balancers = [...new Set(ways.map(({ balancer }) => balancer.options))];
    const seen = balancers.flatMap(({ addresses }) => addresses);
    return input.managers.flatMap((manager, index) => {
      const { name } = input.nodes[index]!;
      const written = manager?.useSourceIp;
      if (!written?.value) return [];
      const from = seen.length === 0 ? 'the balancer’s address' : `${listNames(seen)}, the balancer’s,`;
      return [
        {
          position: written.position,
          text:
            `<use_source_ip>yes: ${name} gives out keys that are good from one address only, and it sees ${from} for all ${formatCount(agents)} agents. ` +
            'Those that have registered directly are refused behind the balancer (100 %); of those that register through it each takes the place of the one ' +
            'before, or is refused as a duplicate. Write no: keys are then good from any address.',
        },
      ];
    });
  },
};
