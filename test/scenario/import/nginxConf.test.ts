import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readNginxConf, type NginxConf, type NginxConfInput } from '../../../src/scenario/import/nginxConf.ts';
import { ScenarioError } from '../../../src/scenario/problem.ts';

type Given = Partial<Omit<NginxConfInput, 'text'>>;

function read(text: string, given: Given = {}): NginxConf {
  return readNginxConf({
    file: 'nginx.conf',
    text,
    readInclude: () => [],
    cpus: null,
    resolve: () => null,
    assume: [],
    listeners: 'agents',
    ...given,
  });
}

/** `line:column text`, as the command prints them. */
function problemsOf(text: string, given: Given = {}): readonly string[] {
  try {
    const { options, problemsOf: ofListener } = read(text, given);
    const problems = options.listeners.flatMap((_, index) => ofListener(index));
    return problems.map((problem) => `${problem.position!.line}:${problem.position!.column} ${problem.text}`);
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.trim().replace('  ', ' '));
  }
}

function warningsOf(text: string, given: Given = {}): readonly string[] {
  return read(text, given).warnings.map(({ position, text: said }) => `${position!.line}:${position!.column} ${said}`);
}

/** A configuration with one upstream `c` on line 3 and one server on line 4. */
function conf(upstream: string, server = 'listen 1514; proxy_pass c;', main = ''): string {
  return `events {} ${main}\nstream {\n upstream c { ${upstream} }\n server { ${server} }\n}\n`;
}

const peer = 'server 172.0.0.4:1514;';

// -------------------------------------------------------------------------------------------------- what nginx itself says

interface Verdict {
  readonly name: string;
  readonly text: string;
  readonly accepted: boolean;
}

const verdicts = JSON.parse(
  readFileSync(new URL('../../fixtures/nginx/verdicts.json', import.meta.url), 'utf8'),
) as Verdict[];

// Where the reader differs from `nginx -t` of 1.22.1, and why.
const differs: Readonly<Record<string, string>> = {
  'word: "server \\\\127.0.0.1:1514;"': 'a name: nginx looks it up and finds no host',
  'server *:1514': 'a name: nginx looks it up and finds no host',
  'listen 21514 ssl': 'nginx wants a certificate; for assign TLS decides nothing',
  'listen 21514; listen [::]:21514 ipv6only=off': 'nginx -t passes over a port in use, nginx does not start',
  'listen [::]:21514 ipv6only=off; listen 21514': 'nginx -t passes over a port in use, nginx does not start',
  'listen [::]:21514 ipv6only=off; listen 127.0.0.1:21514': 'nginx -t passes over a port in use, nginx does not start',
  'main: http { server { listen 21514; } }': 'nginx -t passes over a port in use, nginx does not start',
  'main: worker_processes 0': 'nginx starts, and nobody works',
  'main: load_module nonsense': 'modules are not loaded here',
  variables_hash_max_size: 'places of harmless directives are not told apart',
  'no events': 'a warning: a part of a configuration is enough to say where agents land',
};

test('what nginx accepts is read, and what it refuses is refused', () => {
  const wrong = verdicts.filter(({ name, text, accepted }) => {
    const ours = problemsOf(text, { cpus: 2, listeners: 'all', readInclude: missingUnlessPattern }).length === 0;
    return ours !== accepted && differs[name] === undefined && differs[name.split(' ')[0]!] === undefined;
  });

  expect(verdicts.length).toBe(372);
  expect(wrong.map(({ name, accepted }) => `${name}: nginx ${accepted ? 'accepts' : 'refuses'}`)).toEqual([]);
});

function missingUnlessPattern(pattern: string): [] {
  if (pattern.includes('*')) return [];
  throw new Error('no such file.');
}

// ----------------------------------------------------------------------------------------------------------- what is read

test('everything that decides is read, with the defaults of nginx', () => {
  const { options, warnings } = read(`
user www-data;
worker_processes 4;
error_log /var/log/nginx/error.log;
events { worker_connections 768; }
stream {
  proxy_timeout 5m;
  upstream cluster {
    hash $remote_addr consistent;
    zone cluster 64k;
    server 172.0.0.3:1514 weight=5 max_fails=3 fail_timeout=1m30s max_conns=100;
    server wazuh-worker.lab:1514 down;
  }
  upstream master { least_conn; server 172.0.0.3:1515; server 172.0.0.4:1515 backup; }
  server { listen 1514; proxy_pass cluster; proxy_connect_timeout 3s; proxy_next_upstream_tries 2; }
  server { listen 1515; proxy_pass master; proxy_timeout 10s; proxy_next_upstream off; proxy_next_upstream_timeout 500ms;
           proxy_buffer_size 4k; }
}`);

  expect(warnings).toEqual([]);
  expect(options.workers).toBe(4);
  expect(options.workerConnections).toBe(768);
  expect(options.listeningSockets).toBe(2);
  // src/stream/ngx_stream_upstream.c, ngx_stream_upstream_server(): weight=1 max_fails=1 fail_timeout=10s max_conns=0.
  const plain = { weight: 1, maxFails: 1, failTimeoutSeconds: 10, maxConns: 0, down: false, backup: false };
  expect(options.upstreams).toEqual([
    {
      name: 'cluster',
      method: { kind: 'hashConsistent', key: '$remote_addr' },
      zone: true,
      peers: [
        {
          ...plain,
          serverText: '172.0.0.3:1514',
          address: '172.0.0.3',
          port: 1514,
          weight: 5,
          maxFails: 3,
          failTimeoutSeconds: 90,
          maxConns: 100,
        },
        { ...plain, serverText: 'wazuh-worker.lab:1514', address: 'wazuh-worker.lab', port: 1514, down: true },
      ],
    },
    {
      name: 'master',
      method: { kind: 'leastConn' },
      zone: false,
      peers: [
        { ...plain, serverText: '172.0.0.3:1515', address: '172.0.0.3', port: 1515 },
        { ...plain, serverText: '172.0.0.4:1515', address: '172.0.0.4', port: 1515, backup: true },
      ],
    },
  ]);
  // src/stream/ngx_stream_proxy_module.c, ngx_stream_proxy_merge_srv_conf().
  expect(options.listeners).toEqual([
    {
      port: 1514,
      protocol: 'tcp',
      mappedAddresses: false,
      upstreamIndex: 0,
      connectTimeoutUs: 3e6,
      sessionTimeoutUs: 300e6, // of the stream block
      nextUpstream: true,
      nextUpstreamTries: 2,
      nextUpstreamTimeoutUs: 0,
      proxyBufferBytes: 16_384,
    },
    {
      port: 1515,
      protocol: 'tcp',
      mappedAddresses: false,
      upstreamIndex: 1,
      connectTimeoutUs: 60e6,
      sessionTimeoutUs: 10e6, // its own
      nextUpstream: false,
      nextUpstreamTries: 0,
      nextUpstreamTimeoutUs: 500_000,
      proxyBufferBytes: 4096,
    },
  ]);
});

test('without worker_connections there are 512, without worker_processes there is one', () => {
  const { options } = read(conf(peer));

  // src/event/ngx_event.c, DEFAULT_CONNECTIONS.
  expect([options.workers, options.workerConnections]).toEqual([1, 512]);
});

test('worker_processes auto needs the number of processors', () => {
  const text = conf(peer, undefined, 'worker_processes auto;');

  expect(read(text, { cpus: 8 }).options.workers).toBe(8);
  expect(problemsOf(text)).toEqual([
    '1:28 worker_processes auto needs the number of processors: give the balancer `cpus: 4`.',
  ]);
});

test.each([
  ['hash $remote_addr;', 'nginx hash $remote_addr', { kind: 'hash', key: '$remote_addr' }],
  ['hash "$remote_addr:$server_port" consistent;', 'nginx hash $remote_addr:$server_port consistent', undefined],
  ['least_conn;', 'nginx least_conn', { kind: 'leastConn' }],
  ['random;', 'nginx random', { kind: 'random', two: false }],
  ['random two;', 'nginx random two', { kind: 'random', two: true }],
  ['random two least_conn;', 'nginx random two', { kind: 'random', two: true }],
  ['', 'nginx round robin', { kind: 'roundRobin' }],
  // "load balancing method redefined": a warning of nginx, and the last one counts.
  ['hash $remote_addr; least_conn;', 'nginx least_conn', { kind: 'leastConn' }],
])('the method of %j is called %s', (method, description, expected) => {
  const read1 = read(conf(`${method} ${peer}`));

  expect(read1.description(0)).toBe(description);
  if (expected) expect(read1.options.upstreams[0]!.method).toEqual(expected);
});

test('the method may stand below the servers', () => {
  const { options, warnings } = read(conf(`${peer} hash $remote_addr consistent;`));

  expect(options.upstreams[0]!.method.kind).toBe('hashConsistent');
  expect(warnings).toEqual([]);
});

test('a backup server may stand above hash, not below it', () => {
  const backup = 'server 172.0.0.5:1514 backup;';

  expect(read(conf(`${peer} ${backup} hash $remote_addr;`)).options.upstreams[0]!.peers[1]!.backup).toBe(true);
  expect(problemsOf(conf(`hash $remote_addr; ${peer} ${backup}`))).toEqual([
    '3:79 the hash method above takes no backup server. Remove "backup".',
  ]);
});

test('a name stands for all of its addresses, each a server of its own', () => {
  const { options } = read(conf('server nodes.lab:1514 weight=2;'), {
    resolve: (host) => (host === 'nodes.lab' ? ['172.0.0.4', '172.0.0.5'] : null),
  });

  expect(options.upstreams[0]!.peers.map(({ serverText, address, weight }) => [serverText, address, weight])).toEqual([
    ['nodes.lab:1514', '172.0.0.4', 2],
    ['nodes.lab:1514', '172.0.0.5', 2],
  ]);
});

test('proxy_pass takes an upstream in any case, above or below, or an address', () => {
  const { options } = read(`events {} stream {
  server { listen 1514; proxy_pass CLUSTER; }
  server { listen 1515; proxy_pass 172.0.0.3:1515; }
  server { listen 1516; proxy_pass 172.0.0.3:1515; }
  upstream cluster { ${peer} }
}`);

  expect(options.listeners.map(({ upstreamIndex }) => upstreamIndex)).toEqual([0, 1, 1]);
  expect(options.upstreams.map(({ name }) => name)).toEqual(['cluster', '172.0.0.3:1515']);
  expect(options.upstreams[1]!.peers[0]).toMatchObject({ address: '172.0.0.3', port: 1515, failTimeoutSeconds: 10 });
});

test('zone of another upstream gives the size', () => {
  const two = (first: string, second: string): string =>
    `events {} stream { upstream c { zone ${first}; ${peer} } upstream d { zone ${second}; ${peer} } server { listen 1514; proxy_pass c; } }`;

  expect(read(two('z 64k', 'z')).options.upstreams.map(({ zone }) => zone)).toEqual([true, true]);
  expect(problemsOf(two('z 64k', 'y'))).toEqual(['1:83 zone "y" has no size. Write zone y 64k.']);
});

// ------------------------------------------------------------------------------------------------------------- listeners

test.each([
  ['listen 1514;', false],
  ['listen 10.0.0.1:1514;', false],
  ['listen *:1514 reuseport so_keepalive=on;', false],
  ['listen [::]:1514 ipv6only=off;', true],
])('%s: does nginx see agents at mapped addresses? %s', (listen, mapped) => {
  const { options, warnings } = read(conf(peer, `${listen} proxy_pass c;`));

  expect(warnings).toEqual([]);
  expect(options.listeners.map(({ port, mappedAddresses }) => [port, mappedAddresses])).toEqual([[1514, mapped]]);
});

test('a range of ports listens on each of them', () => {
  const { options } = read(conf(peer, 'listen 1514-1516; proxy_pass c;'));

  expect(options.listeners.map(({ port }) => port)).toEqual([1514, 1515, 1516]);
  expect(options.listeningSockets).toBe(3);
});

test('what agents cannot reach is passed over, and still takes its slot', () => {
  const text = conf(peer, 'listen 1514; listen [::]:1514; listen unix:/run/x.sock; proxy_pass c;');
  const { options } = read(text);

  expect(options.listeners.map(({ port }) => port)).toEqual([1514]);
  expect(options.listeningSockets).toBe(3);
  expect(warningsOf(text)).toEqual([
    '4:31 agents have IPv4 addresses and do not reach this IPv6 listener; it is passed over.',
    '4:49 agents cannot connect to a unix: socket, and no server of this file leads there; this listen is passed over.',
  ]);
});

test('web pages take slots, too', () => {
  const http = 'http { server { listen 80; listen [::]:80; } server { listen 80; } server { } }';

  expect(read(conf(peer, undefined, http)).options.listeningSockets).toBe(3);
});

test('fewer connections than sockets is no configuration', () => {
  const text = conf(peer).replace('events {}', 'events { worker_connections 1; }');

  expect(problemsOf(text)).toEqual(['1:10 1 worker_connections are not enough for 1 listening sockets.']);
});

test('TCP and UDP on one port are two listeners', () => {
  const { options } = read(conf(peer, 'listen 1514; listen 1514 udp; proxy_pass c;'));

  expect(options.listeners.map(({ protocol }) => protocol)).toEqual(['tcp', 'udp']);
});

test.each([
  ['1.22.1', true],
  ['1.23.0', false],
])('nginx %s passes an ICMP error on as an empty datagram: %s', (version, passesErrors) => {
  const { options } = read(conf(peer, 'listen 1514 udp; proxy_pass c;'), { version });

  expect(options.listeners[0]!.datagrams).toEqual({ requests: 0, responses: null, passesErrors });
});

test('two servers on one port and two addresses are refused for a run, and can be asked about', () => {
  const text = conf(peer, 'listen 10.0.0.1:1514; listen 10.0.0.2:1514; proxy_pass c;');

  expect(problemsOf(text)).toEqual([
    '4:40 a second server listens on 1514, on another address. The simulation tells servers by their port: let them differ.',
  ]);
  expect(read(text, { listeners: 'all' }).options.listeners).toHaveLength(2);
});

// -------------------------------------------------------------------------------------------------------------- messages

test.each([
  [conf(''), '3:2 upstream "c" has no server.'],
  [conf('server 172.0.0.4:1514 backup;'), '3:2 upstream "c" has only backup servers.'],
  [conf('server 172.0.0.4;'), '3:22 no port in "172.0.0.4". Write host:1514.'],
  [conf('server 172.0.0.4:99999;'), '3:22 invalid port in "172.0.0.4:99999". Write host:1514.'],
  [conf('server 172.0.0.4:1514 weight=0;'), '3:37 weight takes a whole number from 1, got "0".'],
  [
    conf('server 172.0.0.4:1514 fail_timeout=500ms;'),
    '3:37 fail_timeout takes whole seconds such as 10s, got "500ms".',
  ],
  [conf('server 172.0.0.4:1514 wieght=2;'), '3:37 unknown parameter "wieght=2" of server.'],
  [
    conf('server 172.0.0.4:1514 resolve;'),
    '3:37 server resolve came with nginx 1.27.3, and 1.22.1 refuses it. Remove it, or say which release the balancer is: version: 1.27.3 (for assign --release 1.27.3).',
  ],
  [
    conf('server 172.0.0.4:1514\n server 172.0.0.5:1514;'),
    '4:2 unknown parameter "server" of server. Is a ";" missing at the end of line 3?',
  ],
  [conf(`hash $remote_addr ${peer}`), '3:33 unknown parameter "server" of hash. Write "consistent", or nothing.'],
  [
    conf(`hash $http_host; ${peer}`),
    '3:20 hash: nginx has no variable $http_host in stream. Define it, or take $remote_addr.',
  ],
  [conf(`random one; ${peer}`), '3:22 unknown parameter "one" of random. Write "two", or nothing.'],
  [conf(`random two x; ${peer}`), '3:26 random two "x" is unknown. Write least_conn, or nothing.'],
  [
    conf(`random two least_time=connect; ${peer}`),
    '3:26 random two "least_time=connect" is part of the commercial product. Write least_conn, or nothing.',
  ],
  [conf(`random; ${peer} server 172.0.0.5:1514 backup;`), '3:68 the random method above takes no backup server.'],
  [conf(`ip_hash; ${peer}`), '3:15 nginx 1.22.1 refuses ip_hash here: it exists only in http; use hash $remote_addr.'],
  [conf(`lest_conn; ${peer}`), '3:15 unknown directive "lest_conn". Did you mean least_conn?'],
  [conf(`zone z 8k; ${peer}`), '3:22 zone "z" is too small: nginx wants 32k at least.'],
  [
    conf('server 172.0.0.4:1514 weight=200000; hash $remote_addr consistent;'),
    '3:2 the weights of upstream "c" make a ring of',
  ],
  [conf(peer, 'proxy_pass c;'), '4:2 this server has no "listen".'],
  [conf(peer, 'listen 1514;'), '4:2 this server has no "proxy_pass".'],
  [conf(peer, 'listen 1514; proxy_pass d;'), '4:35 there is no upstream "d", and no port in it. Did you mean c?'],
  [conf(peer, 'listen 1514; proxy_pass c:1514;'), '4:35 upstream "c" may not have a port. Leave it out.'],
  [
    conf(peer, 'listen 1514; proxy_pass $x;'),
    '4:35 proxy_pass: nginx has no variable $x in stream. Define it, or take $remote_addr.',
  ],
  [conf(peer, 'listen 1514; proxy_pass c; proxy_pass c;'), '4:38 a second proxy_pass in this block. Keep one.'],
  [
    conf(peer, 'listen 1514; proxy_pass c; proxy_timeout 1x;'),
    '4:52 proxy_timeout takes a time such as 60s, got "1x".',
  ],
  [
    conf(peer, 'listen 1514; proxy_pass c; proxy_conect_timeout 1s;'),
    '4:38 unknown directive "proxy_conect_timeout". Did you mean proxy_connect_timeout?',
  ],
  [
    conf(peer, 'listen 1514 ssl; proxy_pass c;'),
    '4:23 listen … ssl: agents do not speak it on their events port. Remove it',
  ],
  [conf(peer, 'listen 1514 proxy_protocol; proxy_pass c;'), '4:23 listen … proxy_protocol: agents do not speak it'],
  [conf(peer, 'listen 1514 udpp; proxy_pass c;'), '4:23 unknown parameter "udpp" of listen.'],
  [conf(peer, 'listen wazuh; proxy_pass c;'), '4:18 listen takes a port or address:port, got "wazuh" (no port).'],
  [conf(peer, 'listen 1514; listen 0.0.0.0:1514; proxy_pass c;'), '4:31 0.0.0.0:1514 is listened on already (line 4).'],
  [
    conf(peer, 'listen [::]:1514 ipv6only=off; listen 1514; proxy_pass c;'),
    '4:49 1514 is listened on already (line 4).',
  ],
  [
    conf(peer, 'listen 1514\n proxy_pass c;'),
    '5:2 unknown parameter "proxy_pass" of listen. Is a ";" missing at the end of line 4?',
  ],
  ['events {}\n', '1:1 there is no "stream" block.'],
  ['events {}\nhttp {}\n', '2:1 there is no "stream" block (only http).'],
  ['', '1:1 there is no "stream" block.'],
  ['events {}\nstream {}\n', '2:1 the "stream" block has no "server" block: nothing listens for agents.'],
  [`${conf(peer)}stream {}\n`, '6:1 a second "stream" block. Put both into one.'],
  ['upstream c {}\n', '1:1 upstream belongs into a "stream" block.'],
  [conf(peer, undefined, 'worker_processes 2; worker_processes 3;'), '1:31 a second worker_processes in this block.'],
  [
    conf(peer, undefined, 'worker_proceses 2;'),
    '1:11 unknown directive "worker_proceses". Did you mean worker_processes?',
  ],
  [conf(peer, undefined, 'worker_rlimit_nofile 100;'), '1:11 worker_rlimit_nofile is not modelled: fewer open files'],
])('%j: %s', (text, expected) => {
  const problems = problemsOf(text);

  expect(problems.join('\n')).toContain(expected);
});

test('all mistakes of a file and of what it includes are told at once, in their order', () => {
  const problems = problemsOf('events { worker_connections many; }\ninclude stream.conf;\nworkers 2;\n', {
    readInclude: () => [
      { file: 'stream.conf', text: `stream {\n upstream c { ${peer} server x; }\n server { listen 1514; }\n}\n` },
    ],
  });

  expect(problems.map((problem) => problem.split(' ').slice(0, 4).join(' '))).toEqual([
    '1:29 worker_connections takes a',
    '3:1 unknown directive "workers".',
    'stream.conf:2:45 no port in',
    'stream.conf:3:2 this server has',
  ]);
});

test('a directive that matters may be passed over with a reason', () => {
  const text = conf(peer, 'listen 1514; proxy_pass c; proxy_bind 10.0.0.1;');
  const { assumed } = read(text, { assume: [{ directive: 'proxy_bind', because: 'the managers do not look' }] });

  expect(problemsOf(text)[0]).toContain(
    'proxy_bind is not modelled: the managers would see other addresses. Remove it, or say',
  );
  expect(assumed).toEqual(['proxy_bind is passed over: the managers do not look']);
});

test('for a choice, what only decides about speed and secrecy does not matter', () => {
  const matters = ['proxy_bind 10.0.0.1;', 'proxy_ssl on;', 'proxy_upload_rate 1m;'];
  const text = conf(peer, `listen 1514 ssl; proxy_pass c; ${matters.join(' ')}`);

  expect(problemsOf(text)).toHaveLength(4);
  expect(problemsOf(text, { listeners: 'all' })).toEqual([]);
  expect(problemsOf(conf(peer, 'listen 1514; proxy_pass c; deny 10.0.0.0/8;'), { listeners: 'all' })).toHaveLength(1);
});

test('harmless directives are named once, and those of every configuration not at all', () => {
  const text = conf(
    peer,
    'listen 1514; proxy_pass c; proxy_half_close on; preread_timeout 5s; access_log off;',
  ).replace(
    'stream {',
    'stream { preread_timeout 3s; map $protocol $b { default 0; "~*x" 1; } log_format f "$remote_addr"; tcp_nodelay on;',
  );

  expect(warningsOf(text)).toEqual([
    '2:10 preread_timeout does not change what is simulated; it is passed over.',
    '4:38 proxy_half_close does not change what is simulated; it is passed over.',
  ]);
});

test('enough open files are no limit', () => {
  expect(warningsOf(conf(peer, undefined, 'worker_rlimit_nofile 65535;'))).toEqual([]);
});

// ---------------------------------------------------------------------------------------------------------- as in the wild

test("Debian's nginx.conf with a stream block behind its http block is read without a word", () => {
  const text = `user www-data;
worker_processes auto;
pid /run/nginx.pid;
error_log /var/log/nginx/error.log;
include /etc/nginx/modules-enabled/*.conf;

events {
\tworker_connections 768;
\t# multi_accept on;
}

http {
\tsendfile on;
\ttcp_nopush on;
\ttypes_hash_max_size 2048;
\tinclude /etc/nginx/mime.types;
\tdefault_type application/octet-stream;
\tssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3; # Dropping SSLv3, ref: POODLE
\tssl_prefer_server_ciphers on;
\taccess_log /var/log/nginx/access.log;
\tgzip on;
\tinclude /etc/nginx/conf.d/*.conf;
\tinclude /etc/nginx/sites-enabled/*;
}

#mail {
#\tserver {
#\t\tlisten     localhost:110;
#\t}
#}

stream {
    upstream cluster {
        hash $remote_addr consistent;
        server 172.0.0.3:1514;
        server 172.0.0.4:1514;
        server 172.0.0.5:1514;
    }
    upstream master {
        server 172.0.0.3:1515;
    }
    server {
        listen 1514;
        proxy_pass cluster;
    }
    server {
        listen 1515;
        proxy_pass master;
    }
}
`;
  const files: Readonly<Record<string, readonly { file: string; text: string }[]>> = {
    '/etc/nginx/modules-enabled/*.conf': [{ file: 'mod.conf', text: 'load_module modules/ngx_stream_module.so;\n' }],
    '/etc/nginx/mime.types': [{ file: 'mime.types', text: 'types { text/html html htm; text/css css; }' }],
    '/etc/nginx/sites-enabled/*': [
      {
        file: 'default',
        text: 'server { listen 80 default_server; listen [::]:80 default_server; root /var/www/html; server_name _; location / { try_files $uri $uri/ =404; } }',
      },
    ],
  };
  for (const written of [text, text.replaceAll('\n', '\r\n')]) {
    const { options, warnings } = read(written, { cpus: 2, readInclude: (pattern) => files[pattern] ?? [] });

    expect(warnings).toEqual([]);
    expect(options.workers).toBe(2);
    expect(options.listeningSockets).toBe(4);
    expect(options.listeners.map(({ port, upstreamIndex }) => [port, options.upstreams[upstreamIndex]!.name])).toEqual([
      [1514, 'cluster'],
      [1515, 'master'],
    ]);
  }
});

// ---------------------------------------------------------------------------------------------------------------- releases

test.each([
  [
    conf(peer, 'listen 1514 default_server; proxy_pass c;'),
    '1.25.5',
    '4:23 listen default_server came with nginx 1.25.5',
  ],
  [conf(peer, 'listen 1514 deferred; proxy_pass c;'), '1.25.5', '4:23 listen deferred came with'],
  [conf(peer, 'listen 1514 multipath; proxy_pass c;'), '1.29.7', '4:23 listen multipath came with nginx 1.29.7'],
  [conf(peer, 'listen 1514; server_name x; proxy_pass c;'), '1.25.5', '4:24 server_name came with nginx 1.25.5'],
  [conf(`zone z 64k; server node.lab:1514 resolve;`), '1.27.3', '3:48 server resolve came with nginx 1.27.3'],
  [conf(`${peer} resolver 10.0.0.2;`), '1.27.3', '3:38 upstream resolver came with nginx 1.27.3'],
])('a later release takes what 1.22.1 refuses: %j', (text, since, expected) => {
  expect(problemsOf(text).join('\n')).toContain(expected);
  expect(problemsOf(text, { version: since })).toEqual([]);
});

test('what a later release has and the simulation has not stays refused there', () => {
  expect(problemsOf(conf(`least_time connect; ${peer}`))).toEqual([
    expect.stringContaining('3:15 least_time came with nginx 1.31.0, and 1.22.1 refuses it.'),
  ]);
  expect(problemsOf(conf(`least_time connect; ${peer}`), { version: '1.31.0' })).toEqual([
    expect.stringContaining('3:15 least_time is not modelled: the choice depends on measured times of answers.'),
  ]);
  expect(problemsOf(conf('server node.lab:1514 resolve;'), { version: '1.27.3' })).toEqual([
    '3:36 resolve needs a zone in upstream "c". Write zone c 64k.',
  ]);
});

test('from 1.25.5 servers may share a port, and who speaks no TLS gets the first', () => {
  const text = conf(
    peer,
    'listen 1514; server_name a; proxy_pass c; } server { listen 1514; server_name b; proxy_pass c;',
  );
  const { options, warnings } = read(text, { version: '1.25.5' });

  expect(options.listeners).toHaveLength(1);
  expect(warnings.map(({ text: said }) => said)).toContain(
    'only clients that name it in TLS reach this server; it is passed over.',
  );
  expect(problemsOf(text).join('\n')).toContain('1514 is listened on already (line 4).');
});

test('worker_shutdown_timeout, proxy_requests and proxy_responses are read', () => {
  const { options } = read(
    conf(peer, 'listen 1514 udp; proxy_pass c; proxy_requests 1; proxy_responses 2;', 'worker_shutdown_timeout 5s;'),
    { listeners: 'all' },
  );

  expect(options.shutdownTimeoutUs).toBe(5_000_000);
  expect(options.listeners[0]!.datagrams).toMatchObject({ requests: 1, responses: 2 });
  expect(read(conf(peer)).options.shutdownTimeoutUs).toBeUndefined();
  expect(read(conf(peer)).options.listeners[0]!.datagrams).toBeUndefined();
});

// ------------------------------------------------------------------------------------------------------------- from the wild

test('a script is told once, whatever stands in it', () => {
  const script = `preread_by_lua_block {
    local x = { 1, { 2 } }
    if x[1] == "}" then ngx.say('it\\'s }') end
  }`;
  const said = 'preread_by_lua_block holds program text, which is not run here. Leave it out.';

  expect(problemsOf(conf(peer, `listen 1514; ${script} proxy_pass c;`))).toEqual([`4:24 ${said}`]);
  expect(problemsOf(`${conf(peer)} init_by_lua_block { x {`)).toEqual([
    '6:2 init_by_lua_block holds program text, which is not run here. Leave it out.',
    '6:20 this "{" is never closed. Add the missing "}".',
  ]);
  expect(problemsOf(conf(peer, 'listen 1514; preread_by_lua_file x.lua; proxy_pass c;')).join('')).toContain(
    '4:24 preread_by_lua_file is not modelled: scripts are not run. Remove it',
  );
});

test.each([
  ['server ${WORKER}:1514;', '3:22 nginx has no variables in "${WORKER}:1514": it would be a host name.'],
  ['if ($remote_addr) { down; }', '3:15 unknown directive "if"'],
])('%s is no nginx.conf yet', (line, expected) => {
  expect(problemsOf(conf(`${line} ${peer}`)).join('')).toContain(expected);
});

test('ends of lines of other systems, and ten megabytes of comments, change nothing', () => {
  const plain = conf(`hash $remote_addr; ${peer}`);
  const { options } = read(plain);

  expect(read(plain.replaceAll('\n', '\r\n')).options).toEqual(options);
  expect(read(`${'#'.padEnd(999, 'x')}\n`.repeat(10_000) + plain).options).toEqual(options);
});
