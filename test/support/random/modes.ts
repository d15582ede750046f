// Random ways to connect agents.
import type { Dice } from './dice.ts';
import type { Surroundings } from './faults.ts';
import { agentConf, internalOptions, sharedConf } from './confs.ts';
import { randomAgent, randomKernel } from './fleet.ts';

export function randomMode(dice: Dice, around: Surroundings): Record<string, unknown> {
  const { has, groupNames } = around;
  const balanced = around.balanced && dice.chance(0.8);
  return {
    ...(balanced && { nginx: randomBalancer(dice, around) }),
    ...routing(dice, around, balanced),
    ...(has('groupsRouted') && dice.once(2) && { groups: { [dice.one(groupNames)]: routing(dice, around, balanced) } }),
    ...(has('agentSettings') && dice.once(3) && { agent: randomAgent(dice, has('kernel')) }),
    ...(has('overlay') && {
      set: dice.one<Record<string, unknown>>([
        { 'network.latency': '2ms' },
        { [`fleet.${groupNames[0]!}.events.size`]: '200B' },
        { [`fleet.${groupNames[0]!}.order`]: 'rotated' },
        { warmup: '40s' },
      ]),
    }),
  };
}

function routing(dice: Dice, { has, nodeNames, oldest }: Surroundings, balanced: boolean): Record<string, unknown> {
  const places = [...nodeNames, ...(balanced ? ['balancer', 'balancer', 'balancer'] : [])];
  const list =
    balanced && !dice.once(4) ? ['balancer'] : Array.from({ length: dice.between(1, 3) }, () => dice.one(places));
  const udp = has('udp') && dice.once(2);
  if (dice.once(5)) {
    const servers = list.map((place) => ({
      address: place === 'balancer' ? '172.0.0.2' : `172.0.0.${nodeNames.indexOf(place) + 3}`,
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
      if (place === 'balancer') return udp ? { node: place, protocol: 'udp' } : place;
      if (Object.keys(settings).length === 0) return place;
      return { node: place, ...settings };
    }),
    ...(has('order') && dice.once(2) && { order: dice.one(['listed', 'shuffled', 'rotated']) }),
  };
}

function randomBalancer(dice: Dice, around: Surroundings): Record<string, unknown> {
  const { has } = around;
  return {
    file: around.nginxConf(),
    addresses: ['172.0.0.2'],
    ...(dice.once(6) && { ports: dice.one([1, 3, 100]) }),
    ...(has('kernel') && dice.once(2) && { kernel: randomKernel(dice) }),
    ...(has('latency') && dice.once(3) && { latency: dice.one(['0s', '200us', '90ms']) }),
    ...(has('unreachable') && dice.once(3) && { unreachable: dice.one(['routed', 'sameSegment']) }),
  };
}

export function nginxConf(dice: Dice, { has, nodeNames, registering }: Surroundings): string {
  const method = dice.one([
    ...['hash $remote_addr consistent;', 'hash $remote_addr consistent;', 'hash $remote_addr;', 'least_conn;', ''],
    'hash $remote_addr$remote_port consistent;',
  ]);
  const server = (index: number): string => {
    const settings = [
      dice.once(5) ? ` weight=${dice.between(1, 4)}` : '',
      dice.once(5) ? ` max_fails=${dice.below(3)}` : '',
      dice.once(5) ? ` fail_timeout=${dice.between(1, 30)}s` : '',
      dice.once(8) ? ` max_conns=${dice.between(1, 4)}` : '',
      dice.once(12) ? ' down' : '',
      dice.once(10) && !method.startsWith('hash') && index > 0 ? ' backup' : '',
    ];
    return `server 172.0.0.${index + 3}:1514${settings.join('')};`;
  };
  const settings = [
    dice.once(4) ? `proxy_connect_timeout ${dice.one(['1s', '5s', '60s'])};` : '',
    dice.once(4) ? `proxy_timeout ${dice.one(['2m', '10m'])};` : '',
    dice.once(6) ? `proxy_next_upstream ${dice.one(['on', 'off'])};` : '',
    dice.once(6) ? `proxy_next_upstream_tries ${dice.below(3)};` : '',
    dice.once(6) ? `proxy_next_upstream_timeout ${dice.one(['0', '2s'])};` : '',
    dice.once(6) ? `proxy_buffer_size ${dice.one(['4k', '64k'])};` : '',
  ];
  const registration = dice.one([
    '',
    'server { listen 1515; proxy_pass 172.0.0.3:1515; }',
    `upstream enrol { ${registering.map((index) => `server 172.0.0.${index + 3}:1515;`).join(' ')} }
  server { listen 1515; proxy_pass enrol; }`,
  ]);
  return `worker_processes ${dice.between(1, 3)};
events { worker_connections ${dice.one([8, 16, 512])}; }
stream {
  ${settings.filter((line) => line !== '').join('\n  ')}
  upstream cluster {
    ${method}
    ${dice.once(3) ? 'zone cluster 64k;' : ''}
    ${nodeNames
      .slice(0, nodeNames.length > 1 && dice.once(4) ? -1 : undefined)
      .map((_, index) => server(index))
      .join('\n    ')}
  }
  server { listen 1514;${has('udp') ? ' listen 1514 udp;' : ''} proxy_pass cluster; }
  ${registration}
}
`;
}
