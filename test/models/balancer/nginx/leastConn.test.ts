import { expect, test } from 'vitest';
import { behavesAsBalancer } from '../../../contracts/balancer.ts';
import { balancerOf, confText, connect } from '../../../support/nginxMeasured.ts';
import { nginxLacks, nginxWith } from '../../../support/nginxMethods.ts';

behavesAsBalancer('least_conn', nginxWith({ kind: 'leastConn' }), nginxLacks);

/** Hosts chosen by sessions that stay open, `-` where there was none. */
function held(servers: readonly string[], count: number): string {
  const balancer = balancerOf(confText('least_conn;', servers));
  return Array.from({ length: count }, () => connect(balancer, '', 1000, () => false).server || '-')
    .join(' ')
    .replaceAll(':1', '');
}

// nginx 1.22.1, src/stream/ngx_stream_upstream_least_conn_module.c, ngx_stream_upstream_get_least_conn_peer().
test('the server with the fewest sessions per weight is next', () => {
  // By hand: of four sessions b gets three, and when both are equally busy it is their turn that decides.
  expect(held(['a:1', 'b:1 weight=3'], 8)).toBe('b a b b a b b b');
});

test('a session that ends makes its server the next', () => {
  const balancer = balancerOf(confText('least_conn;', ['a:1', 'b:1', 'c:1']));
  const open = (): ReturnType<typeof connect> => connect(balancer, '', 1000, () => false);
  const sessions = [open(), open(), open(), open(), open(), open()];
  balancer.closed(sessions[4]!.session, 1000e6);

  expect(sessions.map(({ server }) => server[0]).join('')).toBe('abccba');
  expect(open().server).toBe('b:1');
});

test('without open sessions servers take turns by weight', () => {
  const balancer = balancerOf(confText('least_conn;', ['a:1 weight=5', 'b:1', 'c:1']));
  const turns = Array.from({ length: 7 }, () => {
    const { session, server } = connect(balancer, '', 1000, () => false);
    balancer.closed(session, 1000e6);
    return server[0];
  });

  expect(turns.join('')).toBe('aabacaa');
});

test('a choice without a tie leaves the turns as they were', () => {
  const balancer = balancerOf(confText('least_conn;', ['a:1', 'b:1']));
  const open = (): ReturnType<typeof connect> => connect(balancer, '', 1000, () => false);
  const first = open(); // a, by turn
  const second = open(); // b, without a tie
  balancer.closed(first.session, 1000e6);
  balancer.closed(second.session, 1000e6);

  expect([first.server, second.server, open().server]).toEqual(['a:1', 'b:1', 'b:1']);
});

test('backups are chosen by their sessions, too', () => {
  expect(held(['a:1 max_conns=1', 'b:1 backup max_conns=2', 'c:1 backup weight=2'], 6)).toBe('a c b c b c');
  expect(held(['a:1 max_conns=1', 'b:1 backup max_conns=1'], 3)).toBe('a b -');
});
