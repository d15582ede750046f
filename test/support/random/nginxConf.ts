// Random nginx.conf files.
import type { Dice } from './dice.ts';

/** What stands behind a balancer's ports: names of nodes and of other balancers. */
export interface Behind {
  readonly events: readonly string[];
  /** `null`: nobody registers through it. */
  readonly registration: readonly string[] | null;
  readonly addressOf: (name: string) => string;
  readonly has: (feature: string) => boolean;
}

export function nginxConf(dice: Dice, { events, registration, addressOf, has }: Behind, udp: boolean): string {
  const method = dice.one([
    ...['hash $remote_addr consistent;', 'hash $remote_addr consistent;', 'hash $remote_addr;', 'least_conn;', ''],
    ...['hash $remote_addr$remote_port consistent;', 'random;', 'random two;', 'random two least_conn;'],
  ]);
  const mayBackUp = method === '' || method === 'least_conn;';
  const server = (name: string, index: number): string => {
    const settings = [
      dice.once(5) ? ` weight=${dice.between(1, 4)}` : '',
      dice.once(5) ? ` max_fails=${dice.below(3)}` : '',
      dice.once(5) ? ` fail_timeout=${dice.between(1, 30)}s` : '',
      dice.once(8) ? ` max_conns=${dice.between(1, 4)}` : '',
      dice.once(12) ? ' down' : '',
      dice.once(10) && mayBackUp && index > 0 ? ' backup' : '',
    ];
    return `server ${addressOf(name)}:1514${settings.join('')};`;
  };
  const settings = [
    dice.once(4) ? `proxy_connect_timeout ${dice.one(['1s', '5s', '60s'])};` : '',
    dice.once(4) ? `proxy_timeout ${dice.one(['2m', '10m'])};` : '',
    dice.once(6) ? `proxy_next_upstream ${dice.one(['on', 'off'])};` : '',
    dice.once(6) ? `proxy_next_upstream_tries ${dice.below(3)};` : '',
    dice.once(6) ? `proxy_next_upstream_timeout ${dice.one(['0', '2s'])};` : '',
    dice.once(6) ? `proxy_buffer_size ${dice.one(['4k', '64k'])};` : '',
  ];
  const [first] = registration ?? [];
  const servers = (registration ?? []).map((name) => `server ${addressOf(name)}:1515;`).join(' ');
  const registers = dice.once(2)
    ? `server { listen 1515; proxy_pass ${addressOf(first ?? '')}:1515; }`
    : `upstream enrol { ${servers} }\n  server { listen 1515; proxy_pass enrol; }`;
  return `worker_processes ${dice.between(1, 3)};
${dice.once(8) ? `worker_shutdown_timeout ${dice.one(['1s', '40s'])};\n` : ''}events { worker_connections ${dice.one([8, 16, 512])}; }
stream {
  ${settings.filter((line) => line !== '').join('\n  ')}
  upstream cluster {
    ${method}
    ${dice.once(3) ? 'zone cluster 64k;' : ''}
    ${events.map(server).join('\n    ')}
  }
  server { listen 1514;${udp && has('udp') ? ' listen 1514 udp;' : ''} proxy_pass cluster; }
  ${first === undefined ? '' : registers}
}
`;
}
