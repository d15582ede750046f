import { expect, test } from 'vitest';
import { remarksOf } from '../../support/lint.ts';

const said = (servers: readonly string[], server = ''): string[] =>
  remarksOf('never-banned', { nginx: { servers, server } });

test('max_fails=0 is told, with what each session waits', () => {
  expect(said(['172.0.0.4:1514 max_fails=0', '172.0.0.5:1514'])).toEqual([
    'nginx.conf:5 max_fails=0: nginx never passes 172.0.0.4:1514 over. While a server is dead each session that is meant for it tries it first, ' +
      'and waits 60.0 s (proxy_connect_timeout) when it is silent, every time. Leave max_fails at 1.',
  ]);
});

test('servers that are passed over, and a lone one, which never is, are not told', () => {
  expect(said(['172.0.0.4:1514', '172.0.0.5:1514 max_fails=3'])).toEqual([]);
  expect(said(['172.0.0.4:1514 max_fails=0'])).toEqual([]);
});
