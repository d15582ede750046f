import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cli } from '../support/cli.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleetfall-assign-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

const text = `events {}
stream {
  upstream cluster {
    hash $remote_addr consistent;
    server 172.0.0.3:1514;
    server 172.0.0.4:1514;
    server wazuh.lab:1514;
  }
  upstream master { server 172.0.0.3:1515; }
  server { listen 1514; proxy_pass cluster; }
  server { listen 1515; proxy_pass master; }
}
`;
const nginx = (): string => write('nginx.conf', text);

test('addresses come from standard input, a dash or a file, and CSV goes to standard output', async () => {
  const lines = '10.1.0.1\n10.1.0.2\n10.1.0.5\n';
  const file = write('agents.txt', lines);
  const argv = ['assign', '--nginx', nginx()];
  const piped = await cli(argv, lines);

  // The ring of these three texts, as nginx 1.22.1 makes it.
  expect(piped).toEqual({
    code: 0,
    out: 'client,server\n10.1.0.1,172.0.0.4:1514\n10.1.0.2,172.0.0.3:1514\n10.1.0.5,wazuh.lab:1514\n',
    err: '',
  });
  expect(await cli([...argv, '-'], lines)).toEqual(piped);
  expect(await cli([...argv, file])).toEqual(piped);
});

test.each([
  ['lines of Windows', '10.1.0.1\r\n10.1.0.2\r\n'],
  ['no end of the last line', '10.1.0.1\n10.1.0.2'],
  ['blanks around an address', ' 10.1.0.1\t\n10.1.0.2  \n'],
  ['a byte order mark', '\uFEFF10.1.0.1\n10.1.0.2\n'],
])('%s change nothing', async (_, lines) => {
  const { code, out } = await cli(['assign', '--nginx', nginx()], lines);

  expect([code, out]).toEqual([0, 'client,server\n10.1.0.1,172.0.0.4:1514\n10.1.0.2,172.0.0.3:1514\n']);
});

test('no address gives the header alone, and a note', async () => {
  const { code, out, err } = await cli(['assign', '--nginx', nginx()], '');

  expect([code, out]).toEqual([0, 'client,server\n']);
  expect(err).toBe('note: no addresses in standard input. It takes one client address a line.\n');
});

test('an IPv6 address is repeated as it was written', async () => {
  const { out } = await cli(['assign', '--nginx', nginx()], '2001:DB8::7\n::1\n');

  expect(
    out
      .split('\n')
      .slice(1, 3)
      .map((line) => line.split(',')[0]),
  ).toEqual(['2001:DB8::7', '::1']);
});

test.each([
  ['10.1.0.1\n\n10.1.0.2\n', 2],
  ['10.1.0.1\n10.1.0.2\n\n', 3],
  ['10.1.0.1\nwazuh-agent\n', 2],
  ['10.1.0.1,10.1.0.2\n', 1],
  ['10.1.0.0/16\n', 1],
])('of %j line %i is no address: exit 2 and nothing printed', async (lines, line) => {
  const { code, out, err } = await cli(['assign', '--nginx', nginx()], lines);

  expect([code, out]).toEqual([2, '']);
  expect(err).toContain(`standard input:${line}:1  expected one address a line such as 10.1.0.7`);
});

test('a file of something else is not told line by line for ever', async () => {
  const { code, err } = await cli(['assign', '--nginx', nginx()], 'x\n'.repeat(5000));

  expect(code).toBe(2);
  expect(err.split('\n').length).toBeLessThan(105);
  expect(err).toContain('and 4900 more');
});

test('--port, --upstream, --down and --resolve do what they say', async () => {
  const ask = async (...flags: string[]): Promise<string> =>
    (await cli(['assign', '--nginx', nginx(), ...flags], '10.1.0.5\n')).out.split('\n')[1]!;

  expect(await ask('--port', '1515')).toBe('10.1.0.5,172.0.0.3:1515');
  expect(await ask('--upstream', 'master')).toBe('10.1.0.5,172.0.0.3:1515');
  expect(await ask('--resolve', 'wazuh.lab=172.0.0.5')).toBe('10.1.0.5,172.0.0.5:1514');
  expect(await ask('--resolve', 'wazuh.lab=172.0.0.5,172.0.0.6')).toBe('10.1.0.5,172.0.0.5:1514');
  expect(await ask('--down', 'wazuh.lab:1514')).toMatch(/^10\.1\.0\.5,172.0.0.[34]:1514$/);
  expect(await ask('--down', 'wazuh.lab:1514', '--down', '172.0.0.3:1514')).toBe('10.1.0.5,172.0.0.4:1514');
  expect(await ask('--down', 'wazuh.lab:1514', '--down', '172.0.0.3:1514', '--down', '172.0.0.4:1514')).toBe(
    '10.1.0.5,',
  );
});

test('--resolve of one name twice gives it both addresses', async () => {
  const alone = write('alone.conf', text.replaceAll(/ +server 172.*1514;\n/g, ''));
  const { out } = await cli(
    ['assign', '--nginx', alone, '--resolve', 'wazuh.lab=172.0.0.5', '--resolve', 'wazuh.lab=172.0.0.6'],
    '10.1.0.1\n10.1.0.1\n',
  );

  expect(out).toBe('client,server\n10.1.0.1,172.0.0.5:1514\n10.1.0.1,172.0.0.6:1514\n');
});

test('includes are looked for beside the configuration, not where the command runs', async () => {
  mkdirSync(join(folder, 'stream.d'));
  write('stream.d/cluster.conf', 'upstream cluster { server 172.0.0.4:1514; }\n');
  write('stream.d/server.conf', 'server { listen 1514; proxy_pass cluster; }\n');
  const main = write('main.conf', 'events {}\ninclude modules-enabled/*.conf;\nstream { include stream.d/*.conf; }\n');

  expect((await cli(['assign', '--nginx', main], '10.1.0.1\n')).out).toBe('client,server\n10.1.0.1,172.0.0.4:1514\n');
});

test('what is included from outside the folder of the configuration is read when that is allowed', async () => {
  write('common.conf', 'server { listen 1514; proxy_pass cluster; }\n');
  mkdirSync(join(folder, 'inner'), { recursive: true });
  const main = write(
    'inner/main.conf',
    'events {}\ninclude /etc/nginx/modules-enabled/*.conf;\nstream {\n' +
      ' upstream cluster { server 172.0.0.4:1514; }\n include ../common.conf;\n}\n',
  );
  const refused = await cli(['assign', '--nginx', main], '10.1.0.1\n');

  expect(refused.code).toBe(2);
  expect(refused.err).toContain(
    `5:10  cannot include "../common.conf": it lies outside the folder of ${main}. Copy it there and name it relative to it, or allow it: --allow-includes-outside.`,
  );
  expect((await cli(['assign', '--nginx', main, '--allow-includes-outside'], '10.1.0.1\n')).out).toBe(
    'client,server\n10.1.0.1,172.0.0.4:1514\n',
  );
});

test('a warning goes to standard error with its place', async () => {
  const file = write('warned.conf', text.replace('listen 1514;', 'listen 1514; proxy_half_close on;'));
  const { code, err } = await cli(['assign', '--nginx', file], '10.1.0.1\n');

  expect(code).toBe(0);
  expect(err).toBe(`warning: ${file}:10:25: proxy_half_close does not change what is simulated; it is passed over.\n`);
});

test.each<readonly [what: string, argv: () => readonly string[], said: string]>([
  ['no configuration', () => ['assign'], 'give it the configuration: --nginx nginx.conf, or --haproxy haproxy.cfg.'],
  ['a missing configuration', () => ['assign', '--nginx', join(folder, 'none')], 'cannot be read: no such file.'],
  ['a directory', () => ['assign', '--nginx', folder], 'cannot be read: is a directory, not a file.'],
  ['a binary file', () => ['assign', '--nginx', write('binary', 'a\0')], 'is a binary file'],
  ['an empty file', () => ['assign', '--nginx', write('empty', '')], '1:1  there is no "stream" block.'],
  ['a missing list', () => ['assign', '--nginx', nginx(), join(folder, 'none')], 'cannot be read: no such file.'],
  ['two lists', () => ['assign', '--nginx', nginx(), 'a', 'b'], 'give it one file of addresses'],
  ['a port that is none', () => ['assign', '--nginx', nginx(), '--port', '70000'], 'a whole number from 1 to 65535'],
  ['a port without a server', () => ['assign', '--nginx', nginx(), '--port', '1516'], 'no server listens on 1516'],
  ['an unknown upstream', () => ['assign', '--nginx', nginx(), '--upstream', 'x'], 'there is no upstream "x"'],
  ['an unknown server', () => ['assign', '--nginx', nginx(), '--down', 'x'], 'no server is written "x"'],
  [
    'half a --resolve',
    () => ['assign', '--nginx', nginx(), '--resolve', 'wazuh.lab'],
    '--resolve takes NAME=ADDR[,ADDR]',
  ],
  ['a wrong --resolve', () => ['assign', '--nginx', nginx(), '--resolve', 'wazuh.lab=x'], '"x" is no address'],
  ['an unknown flag', () => ['assign', '--nginx', nginx(), '--ports', '1'], "unknown option '--ports'"],
])('%s: exit 2, said, nothing printed', async (_, argv, said) => {
  const { code, out, err } = await cli(argv(), '10.1.0.1\n');

  expect([code, out]).toEqual([2, '']);
  expect(err).toContain(said);
});

const haproxy = (): string =>
  write('haproxy.cfg', 'listen agents\n bind :1514\n server w1 "${W1}:1514" check\n server w2 172.0.0.5:1514 check\n');

test('of HAProxy the names of servers are printed', async () => {
  const argv = ['assign', '--haproxy', haproxy(), '--env', 'W1=172.0.0.4', '--release', '2.8.5'];
  const lines = '10.1.0.1\n10.1.0.2\n';

  expect(await cli(argv, lines)).toEqual({ code: 0, out: 'client,server\n10.1.0.1,w1\n10.1.0.2,w2\n', err: '' });
  expect((await cli([...argv, '--backend', 'agents', '--down', 'w1'], lines)).out).toBe(
    'client,server\n10.1.0.1,w2\n10.1.0.2,w2\n',
  );
});

test('what a later release of nginx brought is taken when it is that release', async () => {
  const file = write('later.conf', text.replace('listen 1514', 'listen 1514 default_server'));
  const asked = (...more: readonly string[]): ReturnType<typeof cli> =>
    cli(['assign', '--nginx', file, ...more], '10.1.0.1\n');

  expect((await asked()).err).toContain('listen default_server came with nginx 1.25.5, and 1.22.1 refuses it.');
  expect((await asked('--release', '1.25.5')).out).toContain('10.1.0.1,');
  expect((await asked('--release', '1.18.0')).err).toContain('--release takes 1.22.1 to 1.31 with a patch');
});

test.each<readonly [what: string, argv: () => readonly string[], said: string]>([
  ['two products', () => ['--nginx', nginx(), '--haproxy', haproxy()], 'give it --nginx or --haproxy, not both.'],
  ['an upstream of HAProxy', () => ['--haproxy', haproxy(), '--upstream', 'x'], 'For HAProxy: --backend NAME.'],
  ['a backend of nginx', () => ['--nginx', nginx(), '--backend', 'x'], 'For nginx: --upstream NAME.'],
  ['a release that is none', () => ['--haproxy', haproxy(), '--release', '1.8'], '--release takes 2.6 to 3.4'],
  ['half a variable', () => ['--haproxy', haproxy(), '--env', 'W1'], '--env takes NAME=VALUE'],
  ['a variable nobody knows', () => ['--haproxy', haproxy()], '3:12  the environment variable W1 is not known here.'],
])('%s: exit 2, and said', async (_, argv, said) => {
  const { code, out, err } = await cli(['assign', ...argv()], '10.1.0.1\n');

  expect([code, out]).toEqual([2, '']);
  expect(err).toContain(said);
});

test('mistakes of a configuration have file, line and column, also in what it includes', async () => {
  write('broken-part.conf', 'upstream cluster {\n  server 172.0.0.4;\n}\n');
  const file = write(
    'broken.conf',
    'events {}\nstream { include broken-part.conf;\n server { listen x; proxy_pass cluster; } }\n',
  );
  const { code, err } = await cli(['assign', '--nginx', file], '10.1.0.1\n');

  expect(code).toBe(2);
  expect(err.split('\n').slice(0, 3)).toEqual([
    `${file}: 2 problems`,
    '  3:18  listen takes a port or address:port, got "x" (no port).',
    `  ${join(folder, 'broken-part.conf')}:2:10  no port in "172.0.0.4". Write host:1514.`,
  ]);
});
