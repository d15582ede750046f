import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { assignNginx } from '../../src/scenario/assign.ts';

const folder = new URL('../fixtures/nginx/', import.meta.url);
const configs = JSON.parse(readFileSync(new URL('configs.json', folder), 'utf8')) as Record<
  string,
  { method: string; servers: string[]; dead: string[]; hosts: Record<string, string[]> }
>;
const readInclude = (pattern: string): never => {
  throw new Error(`no such file: ${pattern}`);
};

/** A configuration as it was measured, as text. */
function confOf(name: string): string {
  const { method, servers } = configs[name]!;
  const udp = name.startsWith('u_') ? ' udp' : '';
  return `events {}
stream {
  upstream measured { ${method} ${servers.map((server) => `server ${server};`).join(' ')} }
  server { listen 1514${udp}; proxy_pass measured; }
}`;
}

test.each(Object.keys(configs).filter((name) => !name.startsWith('m_')))(
  'assign puts every client of %s where nginx put it',
  (name) => {
    const rows = gunzipSync(readFileSync(new URL(`${name}.csv.gz`, folder)))
      .toString()
      .trim()
      .split(/\r?\n/)
      .slice(1)
      .map((line) => line.split(','));
    const { dead, hosts } = configs[name]!;
    const { servers } = assignNginx({
      file: 'nginx.conf',
      text: confOf(name),
      readInclude,
      clients: rows.map(([client]) => client!),
      down: dead,
      resolve: new Map(Object.entries(hosts)),
    });
    expect(rows.length).toBe(6000);
    expect(rows.filter(([, server], index) => servers[index] !== server)).toEqual([]);
  },
);
