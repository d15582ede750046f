import { expect, test } from 'vitest';
import { remarksOf, type LintParts } from '../../support/lint.ts';

const said = (defaults: readonly string[]): string[] =>
  remarksOf('no-timeouts', { haproxy: { defaults } } satisfies LintParts);

test('sessions that nothing ever ends are told', () => {
  expect(said(['timeout connect 5s'])).toEqual([
    expect.stringMatching(
      /^haproxy\.cfg:7 timeout client and timeout server are not set: .* of maxconn 100,000 .* 60s\.$/,
    ),
  ]);
});

test.each([[['timeout client 1m', 'timeout server 1m']], [['timeout client 1m']], [['timeout tunnel 1h']]])(
  'nothing is told with %j',
  (defaults) => {
    expect(said(defaults)).toEqual([]);
  },
);
