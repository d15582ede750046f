// What the lint says of a scenario, by rule.
import { load, ossecConf, scenarioText, type Parts } from './scenarios.ts';

const three =
  '{ nodes: { master: { address: 172.0.0.3, role: master }, worker01: { address: 172.0.0.4 }, worker02: { address: 172.0.0.5 } } }';

export const fleet = (count: number, rest = ''): string =>
  `{ servers: { count: ${count}, events: { rate: 1/s }${rest} } }`;

interface NginxParts {
  /** Lines of the main level and of `events`, of `stream`, of the upstream, its servers, and of the server block. */
  readonly main?: string;
  readonly events?: string;
  readonly stream?: string;
  readonly method?: string;
  readonly servers?: readonly string[];
  readonly server?: string;
  readonly registration?: readonly string[];
}

/** Events in line 7, registration in line 8. */
export function nginxOf(parts: NginxParts = {}): string {
  const lines = (texts: readonly string[]): string => texts.map((text) => `server ${text};`).join(' ');
  const servers = parts.servers ?? ['172.0.0.3:1514', '172.0.0.4:1514', '172.0.0.5:1514'];
  return `${parts.main ?? ''}
events { ${parts.events ?? 'worker_connections 65536;'} }
stream {
  ${parts.stream ?? ''}
  upstream events { ${parts.method ?? ''} ${lines(servers)} }
  upstream keys { ${lines(parts.registration ?? ['172.0.0.3:1515'])} }
  server { listen 1514; proxy_pass events; ${parts.server ?? 'proxy_connect_timeout 5s;'} }
  server { listen 1515; proxy_pass keys; proxy_connect_timeout 5s; }
}
`;
}

interface HaproxyParts {
  readonly global?: string;
  readonly defaults?: readonly string[];
  readonly frontend?: readonly string[];
  readonly backend?: readonly string[];
  readonly servers?: readonly string[];
}

const usual = ['timeout connect 5s', 'timeout client 5m', 'timeout server 5m', 'option redispatch'];

export function haproxyOf(parts: HaproxyParts = {}): string {
  const servers = parts.servers ?? ['m 172.0.0.3:1514 check', 'w1 172.0.0.4:1514 check', 'w2 172.0.0.5:1514 check'];
  return [
    'global',
    `  ${parts.global ?? 'maxconn 100000'}`,
    'defaults',
    '  mode tcp',
    ...(parts.defaults ?? usual).map((line) => `  ${line}`),
    'frontend events',
    '  bind :1514',
    ...(parts.frontend ?? []).map((line) => `  ${line}`),
    '  default_backend nodes',
    'backend nodes',
    ...(parts.backend ?? ['balance leastconn']).map((line) => `  ${line}`),
    ...servers.map((line) => `  server ${line}`),
    'frontend keys',
    '  bind :1515',
    '  default_backend master',
    'backend master',
    '  server m 172.0.0.3:1515 check',
    '',
  ].join('\n');
}

export interface LintParts extends Parts {
  readonly nginx?: NginxParts;
  readonly haproxy?: HaproxyParts;
  readonly files?: Readonly<Record<string, string>>;
}

/** `file:line text` of each remark of one rule, or `mode: text`. */
export function remarksOf(rule: string, { nginx, haproxy, files = {}, ...parts }: LintParts): string[] {
  const modes =
    haproxy !== undefined
      ? '{ lb: { haproxy: { file: haproxy.cfg, addresses: [172.0.0.2] } } }'
      : '{ lb: { nginx: { file: nginx.conf, addresses: [172.0.0.2] } } }';
  const { remarks } = load(scenarioText({ cluster: three, faults: '[]', modes, ...parts }), {
    files: {
      'nginx.conf': nginxOf(nginx),
      'haproxy.cfg': haproxyOf(haproxy),
      'list.conf': ossecConf('172.0.0.4', '172.0.0.5'),
      ...files,
    },
  });
  return remarks
    .filter((remark) => remark.rule === rule)
    .map(({ position, modes: of, text }) =>
      position === null ? `${of.join(', ')}: ${text}` : `${position.file}:${position.line} ${text}`,
    );
}
