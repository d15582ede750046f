// What is wrong with a user's files is said with its place, all at once, and nothing is written.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cli } from '../support/cli.ts';
import { nginxConf, ossecConf, scenarioText } from '../support/scenarios.ts';

let folder = '';
let cases = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleetfall-bad-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const nginxMode = scenarioText({ modes: '{ lb: { nginx: nginx.conf } }' });
const ossecMode = scenarioText({ modes: '{ list: { ossec: ossec.conf } }' });
const known = 'Known: worker01, 172.0.0.4, worker02, 172.0.0.5.';

type Files = Readonly<Record<string, string | Uint8Array>>;

test.each<readonly [what: string, files: Files, message: string]>([
  ['an empty file', { 's.yaml': '' }, '1:1  is empty: expected a scenario that begins with fleetfall: 1.'],
  ['a binary file', { 's.yaml': 'a\0b' }, 'cannot be read: is a binary file (a zero byte at 1).'],
  [
    'a file of another encoding',
    { 's.yaml': Uint8Array.of(0x74, 0x3a, 0x20, 0xfc) },
    'cannot be read: is no UTF-8 text.',
  ],
  [
    'YAML with tabs',
    { 's.yaml': 'fleetfall: 1\n\tduration: 1m\n' },
    '2:1  YAML is indented with spaces; this line has a tab. Replace it.',
  ],
  [
    'duplicate keys',
    { 's.yaml': scenarioText({ more: 'duration: 40m\n' }) },
    '7:1  the key "duration" is given twice, first at 2:1. Keep one of them.',
  ],
  [
    'anchors that explode',
    {
      's.yaml': Array.from({ length: 50 }, (_, level) =>
        level === 0 ? 'a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n' : `a${level}: &a${level} [${`*a${level - 1},`.repeat(10)}]\n`,
      ).join(''),
    },
    '5:9  anchors and aliases make more than 100000 values of this file. Write it without them.',
  ],
  [
    'a file of ten megabytes',
    { 's.yaml': '# nothing but words\n'.repeat(500_000) },
    '1:1  is larger than 1 MiB: no scenario needs that much. Describe agents as groups.',
  ],
  ['a file nested a hundred thousand deep', { 's.yaml': '['.repeat(100_000) }, '1:1  is nested too deeply to be read.'],
  [
    'two documents',
    { 's.yaml': `${scenarioText()}---\n${scenarioText()}` },
    '8:1  a second document starts here. Write one scenario per file, without "---" between parts.',
  ],
  [
    'an inventory with a wrong address, an id that is there twice and a release that never was',
    {
      's.yaml': scenarioText({ fleet: '{ inventory: agents.csv }' }),
      'agents.csv': 'id,ip,version,eps\n1,10.0.0.1,4.14.7,1\n2,10.0.0.999,4.14.7,1\n1,10.0.0.3,4.77.0,1\n',
    },
    `agents.csv:3:3  ip of row 2: expected an IPv4 address such as 10.1.0.7, got "10.0.0.999".
  agents.csv:4:1  id of row 3: "1" is the id of another agent already.
  agents.csv:4:12  version of row 3: expected a Wazuh release such as 4.14.7, got "4.77.0". There is no Wazuh 4.77.0. Agents of 3.12.0 to 3.13.6, 4.0.0 to 4.14.7, 4.14.9 (its branch), and 5.0.0 as preview (5.0.0-beta4) are modelled: write one of these.`,
  ],
  [
    'an inventory without a column',
    { 's.yaml': scenarioText({ fleet: '{ inventory: agents.csv }' }), 'agents.csv': 'id,name,version\n1,a,4.14.7\n' },
    'agents.csv:1:1  the column ip is missing. The first line names the columns: id, ip and version, perhaps name, group, eps, node and status.',
  ],
  ['a text', { 's.yaml': 'hello' }, '1:1  expected a scenario: a mapping that begins with fleetfall: 1, got "hello".'],
  [
    'the configuration in place of the scenario',
    { 's.yaml': nginxConf },
    '1:1  expected a scenario: a mapping that begins with fleetfall: 1, got "events {} stream { upstream cluster { hash $remote_addr c...".',
  ],
  [
    'a number without its unit, a negative and an absurd duration, and an unknown key, all at once',
    {
      's.yaml': scenarioText({
        duration: '30',
        faults: '[{ at: 10m, kill: worker01, for: 99999999999999d }]',
        more: 'warmup: -5m\ndruation: 3m\n',
      }),
    },
    `2:11  duration: expected a duration such as 30m, or { until: settled, atMost: 4h }, got 30. Write 30s.
  6:42  faults[0].for: expected a duration such as 10s, got "99999999999999d". It must be above 0s, and up to 366d.
  7:9  warmup: expected a duration such as 10s, got "-5m". It cannot be negative.
  8:1  there is no "druation" here. Did you mean duration? Known: fleetfall, title, seed, replications, warmup, duration, startsAt, observed, cluster, hosts, network, fleet, modes, faults, expect, assume.`,
  ],
  [
    'an unknown node, a fault outside the run and an unknown metric, all at once',
    {
      's.yaml': scenarioText({
        faults: '[{ at: 45m, kill: worker1 }]',
        more: 'expect: [failover.reconnects.p50 < 10s]\n',
      }),
    },
    `6:16  faults[0].at: the run ends after 30m, before this fault. Make the duration longer, or the fault earlier.
  6:27  faults[0].kill: no node is called "worker1". Did you mean worker01? Known: worker01, worker02, balancer.
  7:19  expect[0]: no metric is called "reconnects.p50". Did you mean reconnect.p50? Known: events.…, loss.…, reconnect.…, skew.…, moved.…, rebalanced.…, storm.…, delay.…, blindness.…, buffer.…, headroom.…, placement.…, backtest.…, status.…, enrolment.…, helper.….`,
  ],
  [
    'names of prototypes',
    {
      's.yaml': scenarioText({
        cluster: '{ nodes: { __proto__: { address: 172.0.0.4 }, worker01: { address: 172.0.0.5 } } }',
        modes: '{ list: { servers: [constructor] } }',
      }),
    },
    `3:21  nothing can be called "__proto__". Choose another name.
  5:28  modes.list.servers[0]: "constructor" is no node of the cluster. Known: worker01, 172.0.0.5.`,
  ],
  [
    'what is still to come',
    { 's.yaml': scenarioText({ modes: '{ lb: { traefik: traefik.yaml } }' }) },
    `5:16  modes.lb: the balancer "traefik" is not modelled. Modelled: nginx, haproxy, nlb, kubernetes, envoy, f5, dns, vip.`,
  ],
  [
    'an nginx.conf that is missing',
    { 's.yaml': nginxMode },
    '5:23  modes.lb.nginx: cannot read "nginx.conf": no such file. Paths are relative to the scenario file.',
  ],
  [
    'an nginx.conf that is a directory',
    { 's.yaml': nginxMode, 'nginx.conf/inside': '' },
    '5:23  modes.lb.nginx: cannot read "nginx.conf": is a directory, not a file. Paths are relative to the scenario file.',
  ],
  ['an empty nginx.conf', { 's.yaml': nginxMode, 'nginx.conf': ' \n' }, '5:23  modes.lb.nginx: "nginx.conf" is empty.'],
  [
    'an nginx.conf without a stream block',
    { 's.yaml': nginxMode, 'nginx.conf': 'events {}\nhttp { }\n' },
    'nginx.conf:2:1  there is no "stream" block (only http). Agents are balanced in stream { upstream … server … }.',
  ],
  [
    'an nginx.conf without an upstream',
    { 's.yaml': nginxMode, 'nginx.conf': 'events {}\nstream {\n server { listen 1514; proxy_pass c; }\n}\n' },
    'nginx.conf:3:35  there is no upstream "c", and no port in it. Add the upstream, or write host:port.',
  ],
  [
    'an include that cannot be resolved',
    { 's.yaml': nginxMode, 'nginx.conf': `include nowhere.conf;\n${nginxConf}` },
    'nginx.conf:1:9  cannot include "nowhere.conf": no such file. Put the file there, or correct the path (relative to the main configuration file).',
  ],
  [
    'an include cycle',
    {
      's.yaml': nginxMode,
      'nginx.conf': `include a.conf;\n${nginxConf}`,
      'a.conf': 'include b.conf;\n',
      'b.conf': '\n  include a.conf;\n',
    },
    'b.conf:2:11  include goes round in a circle: a.conf → b.conf → a.conf.',
  ],
  [
    'a server of nginx.conf the cluster does not have',
    { 's.yaml': nginxMode, 'nginx.conf': nginxConf.replace('172.0.0.5', '172.0.0.9') },
    `nginx.conf:3:82  server 172.0.0.9:1514 is no node of the cluster. ${known}`,
  ],
  [
    'a server of ossec.conf the cluster does not have',
    { 's.yaml': ossecMode, 'ossec.conf': ossecConf('172.0.0.4', '172.0.0.9') },
    `ossec.conf:1:76  "172.0.0.9" is no node of the cluster. ${known}`,
  ],
  [
    'an ossec.conf cut in the middle',
    { 's.yaml': ossecMode, 'ossec.conf': '<ossec_config>\n  <client>\n    <server>\n      <address>172.0.0.4</addr' },
    `ossec.conf:4:7  <address> opened here is never closed: the file ends at 4:31. Is it cut off? Also open: <server> opened at 3:5, <client> opened at 2:3, <ossec_config> opened at 1:1.
  ossec.conf:4:25  the tag that starts here has no ">". Is the file cut off?`,
  ],
  [
    'mistakes in the scenario and in both configurations',
    {
      's.yaml': scenarioText({ modes: '{ lb: { nginx: nginx.conf }, list: { ossec: ossec.conf, order: random } }' }),
      'nginx.conf': nginxConf.replace('consistent', 'constent'),
      'ossec.conf': ossecConf('172.0.0.4').replace('client>', 'clint>'),
    },
    `5:71  modes.list.order: expected listed, shuffled or rotated, got "random".
  nginx.conf:3:40  unknown parameter "constent" of hash. Write "consistent", or nothing.
  ossec.conf:1:15  no section is called <clint>: the product refuses to start with it. Did you mean <client>?
  ossec.conf:1:67  </client> does not close <clint> opened at 1:15. Write </clint>.`,
  ],
])('%s', async (_, files, message) => {
  cases += 1;
  const directory = join(folder, String(cases));
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, file)), { recursive: true });
    writeFileSync(join(directory, file), text);
  }
  const before = readdirSync(directory);
  const file = join(directory, 's.yaml');
  const problems = message.split('\n').length;

  const ran = await cli(['run', file, '--out', join(directory, 'out'), '--json']);
  const validated = await cli(['validate', file]);

  const err = `${file}: ${problems} problem${problems === 1 ? '' : 's'}\n  ${message}\n`;
  expect(ran).toEqual({ code: 2, out: '', err });
  expect(validated).toEqual(ran);
  expect(readdirSync(directory)).toEqual(before);
});

test('a missing file and a directory are said to be that', async () => {
  const missing = join(folder, 'nothing.yaml');

  expect(await cli(['run', missing])).toEqual({
    code: 2,
    out: '',
    err: `${missing}: 1 problem\n  cannot be read: no such file.\n`,
  });
  expect(await cli(['validate', folder])).toEqual({
    code: 2,
    out: '',
    err: `${folder}: 1 problem\n  cannot be read: is a directory, not a file.\n`,
  });
});

test('of several files each is told about, and a good one among them is not simulated', async () => {
  const good = join(folder, 'good.yaml');
  const bad = join(folder, 'bad.yaml');
  writeFileSync(good, scenarioText());
  writeFileSync(bad, scenarioText({ duration: '5' }));
  const out = join(folder, 'several');

  const ran = await cli(['run', bad, good, join(folder, 'nothing.yaml'), '--out', out]);

  expect(ran.code).toBe(2);
  expect(ran.err).toContain(`${bad}: 1 problem`);
  expect(ran.err).toContain('nothing.yaml: 1 problem');
  expect(await cli(['validate', good, bad])).toMatchObject({
    code: 2,
    out: `${good}: ok: 1 mode (failover), 10 agents, 1 fault, no expectations\n`,
  });
});

test('what stands on the command line is said to stand there', async () => {
  const file = join(folder, 'set.yaml');
  writeFileSync(file, scenarioText());

  expect(
    await cli(['validate', file, '--set', 'fleet.servers.count=many', '--set', 'cluster.nodes.worker09.startup=1s']),
  ).toEqual({
    code: 2,
    out: '',
    err: `${file}: 2 problems
  --set cluster.nodes.worker09.startup: no node is called "worker09" in cluster.nodes. Did you mean worker01? Known: worker01, worker02.
  --set: fleet.servers.count: expected a whole number from 1 to 5000000, got "many".
`,
  });
});
