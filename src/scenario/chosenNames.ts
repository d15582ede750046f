// Names that a user has chosen, in a scenario and in the configurations it names: what `--anonymise` replaces on output.
// Those of the simulated world are in the settings of its modes; here are the others that a sentence may repeat.

export type NameKind = 'node' | 'mode' | 'group' | 'balancer' | 'server' | 'name' | 'file' | 'text';

export interface ChosenName {
  readonly kind: NameKind;
  readonly text: string;
}

/** Keys of the scenario whose own keys are names. */
const named = { modes: 'mode', fleet: 'group', nodes: 'node', balancers: 'balancer', hosts: 'server' } as const;

/** Keys of the scenario whose texts are a user's own, whatever they hold. */
const owned: Readonly<Record<string, NameKind>> = {
  title: 'text',
  description: 'text',
  because: 'text',
  address: 'server',
  names: 'server',
  servers: 'server',
  upstream: 'name',
  backend: 'name',
};

/** @param tree the scenario as read. @param files of the configurations, by the path under which they were read. */
export function chosenNames(tree: unknown, files: ReadonlyMap<string, string>): readonly ChosenName[] {
  const found = new Map<string, NameKind>();
  const add = (kind: NameKind, text: string | undefined): void => {
    if (text !== undefined && text.trim() !== '' && !found.has(text)) found.set(text, kind);
  };
  ofScenario(tree, null, add);
  for (const [path, text] of files) {
    add('file', path.split(/[\\/]/).at(-1));
    ofConfiguration(text, add);
  }
  return Array.from(found, ([text, kind]) => ({ kind, text }));
}

type Add = (kind: NameKind, text: string | undefined) => void;

function ofScenario(value: unknown, kind: NameKind | null, add: Add): void {
  if (typeof value === 'string') {
    if (kind !== null) add(kind, value);
    return;
  }
  if (Array.isArray(value)) {
    for (const item of value) ofScenario(item, kind, add);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    const names = (named as Readonly<Record<string, NameKind>>)[key];
    if (names !== undefined && typeof inner === 'object' && inner !== null && !Array.isArray(inner)) {
      for (const name of Object.keys(inner as object)) add(names, name);
    }
    ofScenario(inner, owned[key] ?? (key === 'hosts' ? 'server' : null), add);
  }
}

/** Lines of nginx.conf, haproxy.cfg and ossec.conf that give a name, and where in them it stands. No value of any other line is taken. */
const patterns: readonly (readonly [NameKind, RegExp])[] = [
  ['name', /\bupstream\s+([^\s{;]+)/g],
  ['name', /\bzone\s*=?\s*([\w.-]+)/g],
  [
    'name',
    /^[ \t]*(?:frontend|backend|listen|defaults|resolvers|peers|userlist|mailers|program|ring|cache)[ \t]+([^\s#]+)/gm,
  ],
  ['server', /^[ \t]*(?:default-)?server(?:-template)?[ \t]+([^\s;#]+)/gm],
  ['server', /^[ \t]*server(?:-template)?[ \t]+[^\s;#]+[ \t]+([^\s;#]+)/gm],
  ['name', /^[ \t]*(?:acl|nameserver|peer|mailer|use_backend|default_backend)[ \t]+([^\s#]+)/gm],
  ['server', /<(?:address|server-ip|server-hostname|manager_address|registration_address|node)>\s*([^<\s]+)\s*</g],
  ['name', /<(?:agent_name|node_name|groups|name)>\s*([^<]+?)\s*</g],
];

// nginx 1.22.1, src/stream/ngx_stream_variables.c (ngx_stream_core_variables), ngx_stream_upstream_module.c, ngx_stream_ssl_module.c,
// ngx_stream_ssl_preread_module.c, ngx_stream_realip_module.c: variables that nobody has chosen.
const ofNginx: ReadonlySet<string> = new Set(
  (
    'binary_remote_addr remote_addr remote_port server_addr server_port bytes_sent bytes_received session_time status connection ' +
    'nginx_version hostname pid msec time_iso8601 time_local protocol proxy_protocol_addr proxy_protocol_port ' +
    'proxy_protocol_server_addr proxy_protocol_server_port upstream_addr upstream_bytes_sent upstream_bytes_received ' +
    'upstream_connect_time upstream_first_byte_time upstream_session_time ssl_preread_protocol ssl_preread_server_name ' +
    'ssl_preread_alpn_protocols realip_remote_addr realip_remote_port'
  ).split(' '),
);

/** What is hashed or mapped: its variables, and the text beside them. Nowhere else is a `$` looked at: it may be a password's. */
const keyPattern = /(?:^|[;{}]|\bnginx)\s*(?:hash|map|split_clients|set|geo)\s+([^;{\n]*)/gm;

function ofConfiguration(text: string, add: Add): void {
  for (const [kind, pattern] of patterns) {
    for (const [, name] of text.matchAll(pattern)) {
      for (const part of name!.split(',')) {
        const bare = part.trim().replace(/^["']|["']$/g, '');
        if (!ofNginx.has(bare)) add(kind, bare);
        // `host:port`: the host alone is said, too.
        const host = /^([^:]+):\d+$/.exec(bare)?.[1];
        if (host !== undefined) add(kind, host);
      }
    }
  }
  for (const [, key] of text.matchAll(keyPattern)) {
    for (const [, variable] of key!.matchAll(/\$\{?([A-Za-z_]\w*)/g))
      if (!ofNginx.has(variable!)) add('name', variable);
    const [first = ''] = /^("[^"]*"|'[^']*'|\S+)/.exec(key!) ?? [];
    for (const part of first.split(/\$\{?\w+\}?|["']/)) if (/[\p{L}\p{N}]/u.test(part)) add('name', part);
  }
}
