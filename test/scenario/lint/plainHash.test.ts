import { expect, test } from 'vitest';
import { remarksOf, type LintParts } from '../../support/lint.ts';

const said = (parts: LintParts): string[] => remarksOf('plain-hash', parts);

// Measured on HAProxy 2.6.12, three servers: 2005 of 4007 clients of the surviving ones moved.
test('a map-based table of HAProxy is told with the share of agents that move when a server goes', () => {
  const [text = ''] = said({ haproxy: { backend: ['balance source'] } });

  expect(text).toMatch(
    /^haproxy\.cfg:13 balance source with a map-based table: when a server goes or comes, such as w2, /,
  );
  expect(Number(/([\d.]+) %/.exec(text)![1])).toBeCloseTo(50, -0.5);
});

test.each<[string, LintParts, number]>([
  ['nginx, hash', { nginx: { method: 'hash $remote_addr;' } }, 1],
  ['nginx, consistent', { nginx: { method: 'hash $remote_addr consistent;' } }, 0],
  ['HAProxy, a ring', { haproxy: { backend: ['balance source', 'hash-type consistent'] } }, 0],
  ['HAProxy, leastconn', { haproxy: {} }, 0],
  ['HAProxy, one server', { haproxy: { backend: ['balance source'], servers: ['w1 172.0.0.4:1514 check'] } }, 0],
])('%s', (_, parts, count) => {
  expect(said(parts)).toHaveLength(count);
});
