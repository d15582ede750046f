import { expect, test } from 'vitest';
import { remarksOf, type LintParts } from '../../support/lint.ts';

const cluster = `{ nodes: { ${[1, 2, 3, 4, 5].map((n) => `w${n}: { address: 172.0.1.${n} }`).join(', ')} } }`;
const said = (parts: LintParts): string[] =>
  remarksOf('uneven-ring', { cluster, nginx: { registration: ['172.0.1.1:1515'] }, ...parts });
const servers = (weight: string): string[] => [1, 2, 3, 4, 5].map((n) => `w${n} 172.0.1.${n}:1514 check${weight}`);

// Measured arcs of HAProxy 2.6.12 with ids 1 to 5 of weight 1: 24.0/15.3/21.1/19.4/20.2 %.
test('the ring of HAProxy with weights of 1 is told with the share of each server', () => {
  const files = {
    'haproxy.cfg': `global\n  maxconn 9000\nfrontend f\n  mode tcp\n  bind :1514\n  default_backend b\nbackend b\n  mode tcp\n  balance source\n  hash-type consistent\n${servers(
      '',
    )
      .map((line) => `  server ${line}\n`)
      .join('')}`,
  };
  expect(said({ haproxy: {}, files })).toEqual([
    expect.stringMatching(
      /^haproxy\.cfg:9 16 points on the ring for a weight of 1 divide the addresses so: w1 24 %, w2 15\.3 %, w3 21\.1 %, w4 19\.4 %, w5 20\.2 %; the fullest has 20(\.\d)? % more than its part\. Multiply all weights by 100: at most \d(\.\d+)? % more/,
    ),
  ]);
  const heavy = { 'haproxy.cfg': files['haproxy.cfg'].replaceAll(' check', ' check weight 100') };
  expect(said({ haproxy: {}, files: heavy })).toEqual([]);
});

test('methods without a ring, and a ring of nginx that is even enough, are not told', () => {
  const nginx = { servers: ['172.0.1.1:1514', '172.0.1.3:1514'], registration: ['172.0.1.1:1515'] };

  expect(said({ nginx: { ...nginx, method: 'hash $remote_addr consistent;' } })).toEqual([]);
  expect(said({ nginx: { ...nginx, method: 'least_conn;' } })).toEqual([]);
});
