import { expect, test } from 'vitest';
import { behavesAsBalancer } from '../../../contracts/balancer.ts';
import { balancerOf, confText, connect } from '../../../support/nginxMeasured.ts';
import { nginxLacks, nginxWith } from '../../../support/nginxMethods.ts';
import { aClient } from '../../../support/clients.ts';

behavesAsBalancer('round robin', nginxWith({ kind: 'roundRobin' }), nginxLacks);

/** Hosts chosen one after the other, each session ended before the next. */
function turns(servers: readonly string[], count: number, refuses: readonly string[] = []): string {
  const balancer = balancerOf(confText('', servers));
  return Array.from({ length: count }, () => {
    const { session, tried } = connect(balancer, '', 1000, (server) => refuses.includes(server));
    balancer.closed(session, 1000e6);
    return tried.replaceAll(':1', '').replaceAll(' ', '');
  }).join(' ');
}

// nginx 1.22.1, src/stream/ngx_stream_upstream_round_robin.c, ngx_stream_upstream_get_peer().
test('weights are spread smoothly: 5, 1, 1 in turn', () => {
  expect(turns(['a:1 weight=5', 'b:1', 'c:1'], 14)).toBe('a a b a c a a a a b a c a a');
});

test('equal servers take turns in the order of the file', () => {
  expect(turns(['a:1', 'b:1', 'c:1'], 7)).toBe('a b c a b c a');
});

test('a failure takes weight away, and every choice gives one back', () => {
  // weight 4, max_fails 2: a failure costs 2.
  const servers = ['a:1 weight=4 max_fails=2', 'b:1 weight=4'];
  const balancer = balancerOf(confText('', servers));
  const one = (refusing: string): string => {
    const { session, tried } = connect(balancer, '', 1000, (server) => server === refusing);
    balancer.closed(session, 1000e6);
    return tried.replaceAll(':1', '');
  };

  expect(one('a:1')).toBe('a b');
  // By hand: a weighs 2, then 3, then 4 again. Had it lost nothing, it would be b a b a b a b a.
  expect(Array.from({ length: 8 }, () => one('')).join(' ')).toBe('b b a b a b a b');
});

test('backups take turns only while nothing else is usable', () => {
  const servers = ['a:1 max_fails=0', 'b:1 backup weight=2', 'c:1 backup'];

  expect(turns(servers, 4)).toBe('a a a a');
  expect(turns(servers, 4, ['a:1'])).toBe('ab ac ab ab');
});

test('a session that has turned to the backups does not come back', () => {
  // Without a ban a could be tried again, had the session not left it for good.
  expect(turns(['a:1 max_fails=0', 'b:1 backup max_fails=0', 'c:1 backup max_fails=0'], 2, ['a:1', 'b:1', 'c:1'])).toBe(
    'abc acb',
  );
});

test('a lone server that is down or full is not chosen', () => {
  const full = balancerOf(confText('', ['a:1 max_conns=1']));
  const one = (): number => full.next(full.open(aClient(), 0), 1000e6);

  expect(turns(['a:1 down'], 1)).toBe('');
  expect([one(), one()]).toEqual([0, -1]);
});
