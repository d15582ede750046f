import { expect, test } from 'vitest';
import { readNginxConf } from '../../../src/scenario/import/nginxConf.ts';

const text = `worker_processes 2;
events { worker_connections 1024; }
stream {
  proxy_timeout 5m;
  upstream a { least_conn; server 10.0.0.1:1514; }
  upstream b { hash $remote_addr consistent; server 10.0.0.1:1515; }
  server { listen 1514; proxy_pass a; proxy_connect_timeout 5s; }
  server { listen 1515; proxy_timeout 1m; proxy_pass b; }
}
`;

test('a directive of an nginx.conf is found where it decides for a listener, the innermost first', () => {
  const conf = readNginxConf({
    file: 'nginx.conf',
    text,
    readInclude: () => [],
    cpus: null,
    resolve: () => null,
    assume: [],
    listeners: 'agents',
  });
  const lineOf = (index: number, name: string): number | null => conf.placeOf(index, name)?.line ?? null;

  expect(lineOf(0, 'proxy_timeout')).toBe(4);
  expect(lineOf(1, 'proxy_timeout')).toBe(8);
  expect(lineOf(0, 'proxy_connect_timeout')).toBe(7);
  expect(lineOf(1, 'proxy_connect_timeout')).toBeNull();
  expect([lineOf(0, 'least_conn'), lineOf(1, 'least_conn'), lineOf(1, 'hash')]).toEqual([5, null, 6]);
  expect([lineOf(1, 'worker_connections'), lineOf(0, 'worker_processes')]).toEqual([2, 1]);
});
