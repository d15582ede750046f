import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseHaproxyVersion } from '../../../src/models/balancer/haproxy/versions.ts';
import { readHaproxyConf, type HaproxyConf, type HaproxyConfInput } from '../../../src/scenario/import/haproxyConf.ts';
import { ScenarioError } from '../../../src/scenario/problem.ts';

type Given = Partial<Omit<HaproxyConfInput, 'text' | 'version'>> & { readonly version?: string };

function read(text: string, { version = '2.8', ...given }: Given = {}): HaproxyConf {
  return readHaproxyConf({
    file: 'haproxy.cfg',
    text,
    version: parseHaproxyVersion(version)!,
    cpus: null,
    env: new Map(),
    resolve: () => null,
    assume: [],
    purpose: 'agents',
    ...given,
  });
}

/** `line:column text`, as the command prints them. */
function problemsOf(text: string, given: Given = {}): readonly string[] {
  try {
    const { options, problemsOf: ofFrontend } = read(text, given);
    const problems = options.frontends.flatMap((_, index) => ofFrontend(index));
    return [...new Set(problems)].map(({ position, text: said }) => `${position!.line}:${position!.column} ${said}`);
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return error.problems.map(({ position, text: said }) => `${position!.line}:${position!.column} ${said}`);
  }
}

function warningsOf(text: string, given: Given = {}): readonly string[] {
  return read(text, given).warnings.map(({ position, text: said }) => `${position!.line}:${position!.column} ${said}`);
}

interface Parts {
  readonly global?: string;
  readonly defaults?: string;
  readonly front?: string;
  readonly back?: string;
  readonly server?: string;
}

/** A configuration: global in line 1, defaults in 2, the frontend in 3 to 6, the backend in 7 to 9. */
function conf({ global = '', defaults = '', front = '', back = '', server = '' }: Parts = {}): string {
  return [
    global === '' ? '' : `global\n${global}`,
    'defaults',
    defaults,
    'frontend f',
    'bind :1514',
    front,
    'default_backend b',
    'backend b',
    back,
    `server w1 172.0.0.4:1514 ${server}`.trimEnd(),
    '',
  ].join('\n');
}

// ------------------------------------------------------------------------------------------------- what HAProxy itself says

interface Verdict {
  readonly name: string;
  readonly text: string;
  readonly accepted: boolean;
}

const verdicts = JSON.parse(
  gunzipSync(readFileSync(new URL('../../fixtures/haproxy/verdicts.json.gz', import.meta.url))).toString('utf8'),
) as Verdict[];

// What `haproxy -c` of 2.6.12 refuses and the reader takes, and why.
const differs: Readonly<Record<string, string>> = {
  'global user haproxy_nobody_': 'who has an account on the machine is not known here',
  'global zero-warning': 'HAProxy warns of time-outs that are missing; here they are Infinity',
  'f balance hash nonsense': 'a frontend has nothing to balance, and samples are not told apart there',
  'f balance hash src,ipmask(33)': 'a frontend has nothing to balance, and samples are not told apart there',
  'server addr x.': 'a name that is looked up',
  'default-server addr x.': 'a name that is looked up',
  'server sni x': 'samples of TLS decide nothing here',
  'server namespace x': 'which namespaces the machine has is not known here',
  'section program': 'the service that packages install starts it with -W, and then it is allowed',
};

test('what HAProxy refuses is refused', () => {
  const given = { version: '2.6.12', cpus: 2, env: new Map<string, string | null>([['X', null]]) };
  const refused = verdicts.filter(({ accepted }) => !accepted);
  const taken = refused.filter(({ text }) => problemsOf(text, given).length === 0).map(({ name }) => name);

  expect(refused.length).toBeGreaterThan(750);
  expect(taken).toEqual(Object.keys(differs).sort((a, b) => taken.indexOf(a) - taken.indexOf(b)));
});

test('what HAProxy accepts is read, or refused with a reason that is not about its grammar', () => {
  const given = { version: '2.6.12', cpus: 2, env: new Map<string, string | null>([['X', null]]) };
  const accepted = verdicts.filter((each) => each.accepted);
  const refused = accepted.filter(({ text }) => problemsOf(text, given).length > 0);

  expect(accepted.length).toBeGreaterThan(800);
  // Every one of them matters and is not modelled, leads nowhere, or hides a slip that HAProxy passes over (`maxconn x` is 0 for it).
  expect(refused.length).toBeLessThan(160);
});

// ----------------------------------------------------------------------------------------------------------- what is read

// Wazuh 4.14, user-manual/wazuh-server-cluster/load-balancers.rst, in short.
const documented = `
global
        log /dev/log    local0
        chroot /var/lib/haproxy
        user haproxy
        group haproxy
        maxconn 4000
        daemon
defaults
        log     global
        mode    http
        option  tcplog
        option  dontlognull
        option  redispatch
        retries 3
        timeout check 10s
        timeout connect 10s
        timeout client 1m
        timeout queue 1m
        timeout server 1m
        maxconn 4000
frontend wazuh_register
        mode tcp
        bind :1515
        default_backend wazuh_register
backend wazuh_register
        mode tcp
        balance leastconn
        server master 172.0.0.3:1515 check
        server worker1 172.0.0.4:1515 check
frontend wazuh_reporting_front
        mode tcp
        bind :1514 name wazuh_reporting_front_bind
        default_backend wazuh_reporting
backend wazuh_reporting
        mode tcp
        balance leastconn
        server master 172.0.0.3:1514 check
        server worker1 172.0.0.4:1514 check
`;

test('the configuration that Wazuh documents is read, with the defaults of HAProxy', () => {
  const { options, warnings, assumptions, problemsOf: ofFrontend, description, bindPositions } = read(documented);

  expect(warnings).toEqual([]);
  expect(assumptions).toEqual([]);
  expect(ofFrontend(1)).toEqual([]);
  expect(description(1)).toBe('haproxy balance leastconn');
  expect(bindPositions[1]).toEqual([{ file: 'haproxy.cfg', line: 33, column: 14 }]);
  expect(options.maxConn).toBe(4000);
  expect(options.frontends[1]).toEqual({
    name: 'wazuh_reporting_front',
    mode: 'tcp',
    binds: [{ address: '', port: 1514, mappedAddresses: false, maxConn: 0 }],
    maxConn: 4000,
    backlog: 4000,
    clientTimeoutUs: 60_000_000,
    clientFinTimeoutUs: null,
    independentStreams: false,
    keepAlive: false,
    backendIndex: 1,
  });
  const { servers, ...backend } = options.backends[1]!;
  expect(backend).toEqual({
    name: 'wazuh_reporting',
    mode: 'tcp',
    balance: { kind: 'leastconn' },
    hashType: { table: 'map-based', function: 'sdbm', avalanche: false },
    hashBalanceFactor: 0,
    hashPreserveAffinity: 'always',
    retries: 3,
    redispatchAfter: -1,
    allBackups: false,
    connectTimeoutUs: 10_000_000,
    queueTimeoutUs: 60_000_000,
    checkTimeoutUs: 10_000_000,
    serverTimeoutUs: 60_000_000,
    serverFinTimeoutUs: null,
    tunnelTimeoutUs: null,
    independentStreams: false,
    keepAlive: false,
    fullConn: 400, // a tenth of what the frontend takes
  });
  expect(servers.map(({ serverText, address, port, id, weight }) => [serverText, address, port, id, weight])).toEqual([
    ['master', '172.0.0.3', 1514, 1, 1],
    ['worker1', '172.0.0.4', 1514, 2, 1],
  ]);
  // HAProxy 2.6.12, include/haproxy/defaults.h: inter 2s, fall 3, rise 2.
  expect(servers[1]!.check).toEqual({
    address: '172.0.0.4',
    port: 1514,
    asks: 'kernel',
    interUs: 2_000_000,
    fastInterUs: null,
    downInterUs: null,
    fall: 3,
    rise: 2,
  });
});

test('every keyword of a server that decides something is read', () => {
  const server = read(
    conf({
      server:
        'weight 5 id 9 backup disabled check port 1515 inter 3s fastinter 500 downinter 1m fall 4 rise 1 observe layer4 error-limit 5 ' +
        'on-error mark-down on-marked-down shutdown-sessions on-marked-up shutdown-backup-sessions maxconn 100 minconn 10 ' +
        'maxqueue 7 slowstart 30s',
    }),
  ).options.backends[0]!.servers[0]!;

  expect(server).toEqual({
    serverText: 'w1',
    address: '172.0.0.4',
    port: 1514,
    id: 9,
    weight: 5,
    backup: true,
    disabled: true,
    check: {
      address: '172.0.0.4',
      port: 1515,
      asks: 'kernel',
      interUs: 3_000_000,
      fastInterUs: 500_000,
      downInterUs: 60_000_000,
      fall: 4,
      rise: 1,
    },
    initState: 'none',
    observe: true,
    errorLimit: 5,
    onError: 'mark-down',
    shutdownSessionsOnDown: true,
    shutdownBackupSessionsOnUp: true,
    maxConn: 100,
    minConn: 10,
    maxQueue: 7,
    slowStartUs: 30_000_000,
    hashKey: 'id',
    guid: null,
  });
});

test('a section takes what the last defaults section says, or the one it names', () => {
  const { options } = read(`
defaults
 timeout connect 1s
 balance source
defaults calm
 timeout connect 2s
 retries 5
defaults calmer from calm
 timeout client 5m
frontend f from calmer
 bind :1514
 default_backend b
backend b
 server w1 172.0.0.4:1514
backend c from calm
 server w1 172.0.0.4:1514
defaults
 timeout connect 3s
backend d
 server w1 172.0.0.4:1514
`);

  expect(options.frontends[0]!.clientTimeoutUs).toBe(300_000_000);
  expect(options.backends.map(({ name, connectTimeoutUs, retries }) => [name, connectTimeoutUs, retries])).toEqual([
    ['b', 2_000_000, 5], // "calmer" is the last one above it
    ['c', 2_000_000, 5],
    ['d', 3_000_000, 3],
  ]);
  expect(options.backends[0]!.balance).toEqual({ kind: 'roundrobin' });
});

test('a default-server speaks for the servers below it', () => {
  const { servers } = read(
    conf({
      back: 'server w0 172.0.0.3:1514 check\ndefault-server inter 5s fall 2 check on-marked-down shutdown-sessions\n',
      server: 'fall 4 no-check',
    }),
  ).options.backends[0]!;

  expect(
    servers.map(({ check, shutdownSessionsOnDown }) => [check?.interUs, check?.fall, shutdownSessionsOnDown]),
  ).toEqual([
    [2_000_000, 3, false],
    [undefined, undefined, true],
  ]);
});

test.each([
  ['balance roundrobin', { kind: 'roundrobin' }],
  ['balance', { kind: 'roundrobin' }],
  ['balance static-rr', { kind: 'static-rr' }],
  ['balance first', { kind: 'first' }],
  ['balance source', { kind: 'source' }],
  ['balance random', { kind: 'random', draws: 2 }],
  ['balance random(3)', { kind: 'random', draws: 3 }],
  ['balance hash src', { kind: 'hash', sample: { fetch: 'src', mask: null } }],
  ['balance hash src_port', { kind: 'hash', sample: { fetch: 'src_port', mask: null } }],
  ['balance hash src,ipmask(24)', { kind: 'hash', sample: { fetch: 'src', mask: { v4Bits: 24, v6Bits: 128 } } }],
  ['balance hash src,ipmask(24,64)', { kind: 'hash', sample: { fetch: 'src', mask: { v4Bits: 24, v6Bits: 64 } } }],
])('the method of "%s"', (back, balance) => {
  expect(read(conf({ back })).options.backends[0]!.balance).toEqual(balance);
});

test('without a balance line the method is that of the release', () => {
  const methodOf = (version: string) => read(conf(), { version }).options.backends[0]!.balance;

  expect(methodOf('3.2')).toEqual({ kind: 'roundrobin' });
  expect(methodOf('3.3')).toEqual({ kind: 'random', draws: 2 }); // commit 93cc18ac4
});

test.each([
  ['hash-type consistent', 'consistent', 'sdbm', true],
  ['hash-type consistent sdbm', 'consistent', 'sdbm', false],
  ['hash-type map-based', 'map-based', 'sdbm', false],
  ['hash-type map-based wt6 avalanche', 'map-based', 'wt6', true],
  ['hash-type consistent djb2 avalanche', 'consistent', 'djb2', true],
])('%s', (back, table, name, avalanche) => {
  expect(read(conf({ back })).options.backends[0]!.hashType).toEqual({ table, function: name, avalanche });
});

test.each([
  ['10s', 10_000_000],
  ['5000', 5_000_000],
  ['1m', 60_000_000],
  ['2h', 7_200_000_000],
  ['1d', 86_400_000_000],
  ['250ms', 250_000],
  ['1us', 1000], // rounded up to whole milliseconds
  ['0', Infinity], // none
])('timeout server %s', (time, us) => {
  expect(read(conf({ back: `timeout server ${time}` })).options.backends[0]!.serverTimeoutUs).toBe(us);
});

test.each([
  ['', 0],
  ['option redispatch', -1],
  ['option redispatch 1', 1],
  ['option redispatch -2', -2],
  ['option redispatch\nno option redispatch', 0],
])('redispatch of "%s"', (back, after) => {
  expect(read(conf({ back })).options.backends[0]!.redispatchAfter).toBe(after);
});

test.each([
  ['bind :1514', [['', 1514, false]]],
  ['bind *:1514', [['', 1514, false]]],
  ['bind 0.0.0.0:1514', [['', 1514, false]]],
  ['bind 10.0.0.1:1514', [['10.0.0.1', 1514, false]]],
  ['bind [::]:1514', [['', 1514, true]]],
  ['bind :::1514 v4v6', [['', 1514, true]]],
  ['bind ipv4@:1514', [['', 1514, false]]],
  [
    'bind 10.0.0.1:1514,10.0.0.2:1515',
    [
      ['10.0.0.1', 1514, false],
      ['10.0.0.2', 1515, false],
    ],
  ],
  [
    'bind :1514-1516',
    [
      ['', 1514, false],
      ['', 1515, false],
      ['', 1516, false],
    ],
  ],
])('the sockets of "%s"', (bind, sockets) => {
  const { options } = read(`frontend f\n${bind}\ndefault_backend b\nbackend b\nserver w1 172.0.0.4:1514\n`);

  expect(options.frontends[0]!.binds.map((each) => [each.address, each.port, each.mappedAddresses])).toEqual(sockets);
});

test('a listen section is a frontend and a backend', () => {
  const { options } = read('listen agents\nmode tcp\nbind :1514\nbalance first\nserver w1 172.0.0.4:1514\n');

  expect(options.frontends.map(({ name, backendIndex }) => [name, backendIndex])).toEqual([['agents', 0]]);
  expect(options.backends.map(({ name, balance }) => [name, balance.kind])).toEqual([['agents', 'first']]);
});

test('use_backend without a condition goes before default_backend', () => {
  const text = `frontend f
bind :1514
use_backend never if FALSE
use_backend b
use_backend never if { src 10.0.0.0/8 }
default_backend never
backend never
server w2 172.0.0.5:1514
backend b
server w1 172.0.0.4:1514
`;

  expect(problemsOf(text)).toEqual([]);
  expect(read(text).options.frontends[0]!.backendIndex).toBe(1);
});

test('a server-template makes servers, and DNS says where they are', () => {
  const servers = (line: string) =>
    read(`listen l\nbind :1514\n${line}\nresolvers dns\nnameserver a 10.0.0.2:53\n`, {
      resolve: (host) => (host === 'wazuh.lab' ? ['172.0.0.4', '172.0.0.5'] : null),
    }).options.backends[0]!.servers.map(({ serverText, address, id, disabled }) => [serverText, address, id, disabled]);

  expect(servers('server-template w 2-3 wazuh.lab:1514 check')).toEqual([
    ['w2', '172.0.0.4', 1, false],
    ['w3', '172.0.0.4', 2, false],
  ]);
  // With resolvers each has an address of its own, and those without one stay in maintenance.
  expect(servers('server-template w 3 wazuh.lab:1514 check resolvers dns')).toEqual([
    ['w1', '172.0.0.4', 1, false],
    ['w2', '172.0.0.5', 2, false],
    ['w3', 'wazuh.lab', 3, true],
  ]);
});

test('a server without a port gets the clients on the port they came to', () => {
  const text = (bind: string, server: string) => `listen l\nbind ${bind}\nserver w1 ${server}\n`;

  expect(read(text(':1514', '172.0.0.4')).options.backends[0]!.servers[0]!.port).toBe(1514);
  expect(read(text(':1514', '172.0.0.4:+100')).options.backends[0]!.servers[0]!.port).toBe(1614);
  expect(problemsOf(text(':1514-1515', '172.0.0.4'))).toEqual([
    '3:8 server w1 has no port, and its clients come to several ports. Write address:1514.',
  ]);
});

test('without a maxconn in global open files are the limit, and it is said', () => {
  expect(read(conf()).options.maxConn).toBe(262_144);
  expect(read(conf()).assumptions).toEqual([
    'HAProxy takes 262144 connections at most: no maxconn in global, and 524288 open files as systemd allows.',
  ]);
  expect(read(conf({ global: 'ulimit-n 1000' })).options.frontends[0]!.maxConn).toBe(500);
});

// ------------------------------------------------------------------------------------- variables, conditions and such text

test('environment variables are those that are given, or set by the file itself', () => {
  const address = (global: string, server: string, env: [string, string | null][] = []) => {
    const text = `global\n${global}\nlisten l\nbind :1514\nserver w1 ${server}\n`;
    const problems = problemsOf(text, { env: new Map(env) });
    return problems.length > 0 ? problems : read(text, { env: new Map(env) }).options.backends[0]!.servers[0]!.address;
  };

  expect(address('', '"${W1}:1514"', [['W1', '172.0.0.4']])).toBe('172.0.0.4');
  expect(address('', '"${W1-172.0.0.9}:1514"')).toBe('172.0.0.9');
  expect(address('setenv W1 172.0.0.5', '"$W1:1514"')).toBe('172.0.0.5');
  expect(address('presetenv W1 172.0.0.5', '"$W1:1514"', [['W1', '172.0.0.6']])).toBe('172.0.0.6');
  expect(address('unsetenv W1', '"172.0.0.7${W1}:1514"', [['W1', 'x']])).toBe('172.0.0.7');
  expect(address('', '"${W1}:1514"')).toEqual([
    '5:11 the environment variable W1 is not known here. Give the balancer env: { W1: … }, or write a default: "${W1-…}".',
  ]);
});

test('a variable that decides nothing need not be known', () => {
  expect(problemsOf(conf({ front: 'log "${SYSLOG}:514" local0' }))).toEqual([]);
});

test('lines behind a condition that does not hold are not there', () => {
  const weight = (condition: string, version = '2.8') => {
    const back = `.if ${condition}\ndefault-server weight 7\n.else\ndefault-server weight 3\n.endif`;
    return read(conf({ back }), { version, env: new Map([['SITE', 'paris']]) }).options.backends[0]!.servers[0]!.weight;
  };

  expect(weight('defined(SITE)')).toBe(7);
  expect(weight('streq("$SITE",rome)')).toBe(3);
  expect(weight('version_atleast(3.0) || streq("$SITE",paris) && !0')).toBe(7);
  expect(weight('version_atleast(3.0)', '2.8')).toBe(3);
  expect(weight('version_atleast(3.0)', '3.0')).toBe(7);
});

test('text as it comes from the wild is read', () => {
  const server = (text: string) => read(text).options.backends[0]!.servers[0]!;
  const plain = conf({ server: 'weight 7' });

  expect(server(plain.replaceAll('\n', '\r\n')).weight).toBe(7);
  expect(server(`# caf\u00e9\n${plain}`).weight).toBe(7);
  expect(server(plain.replace('weight 7', '"weight" \'7\' # weight 9')).weight).toBe(7);
  expect(problemsOf(`\uFEFF${plain}`)).toEqual([
    '1:1 the file begins with a byte order mark, which HAProxy takes for a keyword. Save it as UTF-8 without BOM.',
  ]);
  expect(problemsOf(plain.slice(0, -1))).toEqual([
    '10:34 the last line does not end: HAProxy refuses such a file. Add a line feed.',
  ]);
});

test('ten megabytes of comments are read in a moment', () => {
  const line = `# ${'x'.repeat(97)}\n`;

  expect(read(line.repeat(100_000) + conf()).options.backends).toHaveLength(1);
});

// --------------------------------------------------------------------------------------------------------- what is refused

test.each<[Parts, string]>([
  [{ global: 'maxcon 4' }, '2:1 HAProxy knows no "maxcon" in global. Did you mean maxconn?'],
  [{ global: 'nbproc 4' }, '2:1 HAProxy refuses nbproc from 2.5 on. Remove it, or write nbthread.'],
  [{ global: 'spread-checks 60' }, '2:15 spread-checks takes a whole number from 0 to 50, got "60".'],
  [{ defaults: 'timeout connect 1y' }, '3:17 timeout connect: expected a time such as 10s or 500ms, got "1y".'],
  [{ defaults: 'timeout conect 1s' }, '3:9 there is no timeout "conect". Did you mean connect?'],
  [{ defaults: 'bind :1' }, '3:1 bind belongs into a frontend or listen section.'],
  [{ front: 'bind 1515' }, '6:6 bind: there is no port in "1515". Write address:port, such as :1514.'],
  [{ back: 'balance leastcon' }, '9:9 balance knows no "leastcon". Did you mean leastconn?'],
  [{ back: 'option redispach' }, '9:8 HAProxy knows no option "redispach". Did you mean redispatch?'],
  [{ back: 'hash-type consistent md5' }, '9:22 hash-type knows sdbm, djb2, wt6, crc32 and none, got "md5".'],
  [{ back: 'hash-balance-factor 50' }, '9:1 hash-balance-factor is 0, or more than 100 (percent of the mean).'],
  [{ server: 'wieght 3' }, '10:26 HAProxy knows no "wieght" of a server. Did you mean weight?'],
  [{ server: 'weight 300' }, '10:33 weight takes a whole number from 0 to 256, got "300".'],
  [{ server: 'check inter 0' }, '10:38 inter: it cannot be 0.'],
  [{ server: 'on-error panic' }, '10:35 on-error takes fastinter, fail-check, sudden-death, mark-down, got "panic".'],
  [{ back: 'server w1 172.0.0.9:1514' }, '10:8 a second server "w1" in b (line 9). Rename one of them.'],
  [{ back: 'server "w1' }, '9:8 this " is never closed. Add the missing ", or write \\".'],
  [{ back: '.if foo\n.endif' }, '9:5 condition "foo": "foo" is not understood.'],
  [{ back: '.endif' }, '9:1 .endif without an .if above it. Remove it.'],
  [{ back: '.if 1' }, '9:1 this .if is never ended. Add the missing .endif.'],
  [{ back: '.alert "old HAProxy"' }, '9:1 HAProxy does not start: .alert "old HAProxy".'],
])('a slip in %j', (parts, message) => {
  expect(problemsOf(conf(parts)).join('\n')).toContain(message);
});

test('all mistakes are told at once', () => {
  expect(problemsOf(conf({ defaults: 'retries many', back: 'balance best', server: 'inter x' }))).toHaveLength(3);
});

test('what came with a later release is refused until the release is named', () => {
  const text = conf({ server: 'hash-key addr' });

  expect(problemsOf(text, { version: '2.8' })).toEqual([
    '10:26 HAProxy 2.8 does not know hash-key, it came with 3.0. Remove it, or say version: "3.0".',
  ]);
  expect(read(text, { version: '3.0' }).options.backends[0]!.servers[0]!.hashKey).toBe('addr');
});

test.each<[Parts, string]>([
  [{ global: 'lua-load x.lua' }, 'lua-load'],
  [{ front: 'use_backend b if { src 10.0.0.0/8 }' }, 'use_backend'],
  [{ front: 'tcp-request connection reject if { src 10.0.0.0/8 }' }, 'tcp-request'],
  [{ back: 'stick on src\nstick-table type ip size 100k' }, 'stick'],
  [{ back: 'source 0.0.0.0 usesrc clientip' }, 'source'],
  [{ back: 'mode http', front: 'mode http' }, 'mode'],
  [{ back: 'balance hash req.hdr(x)' }, 'balance hash'],
  [{ back: 'option httpchk', server: 'check' }, 'option httpchk'],
  [{ back: 'option tcp-check\ntcp-check expect string x', server: 'check' }, 'tcp-check'],
  [{ back: 'option abortonclose' }, 'option abortonclose'],
  [{ server: 'send-proxy' }, 'send-proxy'],
  [{ server: 'ssl verify none' }, 'ssl'],
  [{ server: 'agent-check agent-port 9' }, 'agent-check'],
])('what matters and is not modelled is a mistake until it is assumed away: %j', (parts, directive) => {
  const text = conf(parts);

  expect(problemsOf(text).join('\n')).toContain(`${directive} is not modelled`);
  const assume = [{ directive, because: 'it never applies to agents' }];
  expect(problemsOf(text, { assume })).toEqual([]);
  expect(read(text, { assume }).assumed).toEqual([`${directive} is passed over: it never applies to agents`]);
});

test('what is not modelled counts for those only who use it', () => {
  const { options, problemsOf: ofFrontend } = read(
    `${conf()}frontend web\nmode http\nbind :443 ssl crt x.pem\nuse_backend y if { path /x }\ndefault_backend y\nbackend y\nmode http\nserver a 10.9.9.9:80\n`,
  );

  expect(options.frontends.map((_, index) => ofFrontend(index).length)).toEqual([0, 4]);
});

test('a check that no rule asks for anything is no matter', () => {
  expect(problemsOf(conf({ back: 'option httpchk' }))).toEqual([]);
  expect(problemsOf(conf({ back: 'option tcp-check\ntcp-check connect', server: 'check' }))).toEqual([]);
});

test('what decides nothing is named once', () => {
  const text = conf({
    global: 'tune.bufsize 32768',
    defaults: 'option http-server-close\ntimeout http-request 5s',
    back: 'option http-server-close\ncookie x insert',
  });

  expect(warningsOf(text)).toEqual([
    '2:1 tune.bufsize does not change what is simulated; it is passed over.',
    '4:1 option http-server-close does not change what is simulated; it is passed over.',
    '5:1 timeout http-request does not change what is simulated; it is passed over.',
    '12:1 cookie does not change what is simulated; it is passed over.',
  ]);
});

test('what HAProxy passes over where it stands is told', () => {
  expect(warningsOf(conf({ front: 'retries 2\ntimeout server 1m' }))).toEqual([
    '6:1 HAProxy passes over retries in a frontend: it belongs into a defaults, listen or backend section.',
    '7:1 HAProxy passes over timeout server in a frontend: it belongs into a defaults, listen or backend section.',
  ]);
});

// ---------------------------------------------------------------------------------------------------------------- any text

test('no text makes anything but options or mistakes with a place', () => {
  const words = [
    'global',
    'defaults',
    'frontend f',
    'backend b',
    'listen l',
    'bind :1514',
    'server w1 1.2.3.4:5',
    'default_backend b',
  ];
  const odd = [
    '"',
    "'",
    '\\',
    '${',
    '"${X[*]}"',
    '.if',
    '.elif 1',
    '.else',
    '.endif',
    '\r',
    '\0',
    '#',
    '[',
    '\uFEFF',
    'no option',
    'x'.repeat(99),
  ];
  const piece = fc.oneof(fc.constantFrom(...words), fc.constantFrom(...odd), fc.string({ maxLength: 12 }));
  const lines = fc.array(fc.array(piece, { maxLength: 4 }), { maxLength: 12 });

  fc.assert(
    fc.property(lines, (given) => {
      const text = given.map((line) => line.join(' ')).join('\n');
      for (const problem of problemsOf(text)) expect(problem).toMatch(/^\d+:\d+ \S/);
    }),
    { numRuns: 1000, seed: 20_261_124 },
  );
});

test('no change of a character of a good text makes anything but options or mistakes with a place', () => {
  fc.assert(
    fc.property(fc.nat(documented.length - 1), fc.string({ maxLength: 3 }), fc.nat(3), (at, put, cut) => {
      for (const problem of problemsOf(documented.slice(0, at) + put + documented.slice(at + cut))) {
        expect(problem).toMatch(/^\d+:\d+ \S/);
      }
    }),
    { numRuns: 1000, seed: 20_261_124 },
  );
});
