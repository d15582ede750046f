import { expect, test } from 'vitest';
import { documentedVersion } from '../../../src/models/balancer/haproxy/versions.ts';
import { readHaproxyConf } from '../../../src/scenario/import/haproxyConf.ts';
import { heldUpByRefusal, heldUpBySilence } from '../../../src/scenario/lint/silentServers.ts';
import { haproxyOf } from '../../support/lint.ts';

// Measured on HAProxy 2.6.12: a dead server that is believed to be up, timeout connect 2s.
test.each([
  ['leastconn', 'option redispatch', 3, 0, true, 2, true],
  ['roundrobin', 'option redispatch', 3, 0, true, 2, true],
  ['leastconn', '', 3, 3, false, 8, false],
  ['source', 'option redispatch', 3, 2, false, 8, false],
  ['source', '', 3, 3, false, 8, false],
  ['source\n  hash-type consistent', 'option redispatch', 3, 2, true, 6, true],
  ['source\n  hash-type consistent', 'option redispatch 1', 3, 0, true, 2, true],
  ['source', 'option redispatch 1', 3, 0, false, 8, false],
  ['leastconn', 'option redispatch', 1, 3, false, 8, false],
])('balance %s, %s, %i servers: refused %i s (goes on: %s), silent %i s (%s)', (...row) => {
  const [balance, option, servers, refusedSeconds, refusedGoesOn, silentSeconds, silentGoesOn] = row;
  const text = haproxyOf({ defaults: ['timeout connect 2s', option], backend: [`balance ${balance}`] });
  const { options } = readHaproxyConf({
    file: 'haproxy.cfg',
    text,
    version: documentedVersion,
    cpus: 1,
    env: new Map(),
    resolve: () => null,
    assume: [],
    purpose: 'agents',
  });
  const backend = options.backends[0]!;

  expect(heldUpByRefusal(backend, servers)).toEqual({ us: refusedSeconds * 1e6, goesOn: refusedGoesOn });
  expect(heldUpBySilence(backend, servers)).toEqual({ us: silentSeconds * 1e6, goesOn: silentGoesOn });
});
