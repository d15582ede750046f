import { expect, test } from 'vitest';
import {
  isBanned,
  isUsable,
  newMemory,
  recordFailure,
  recordSuccess,
  take,
  type Peer,
} from '../../../../src/models/balancer/nginx/peers.ts';
import type { NginxPeerOptions } from '../../../../src/models/balancer/nginx/options.ts';

const options: NginxPeerOptions = {
  serverText: '172.0.0.4:1514',
  address: '172.0.0.4',
  port: 1514,
  weight: 1,
  maxFails: 1,
  failTimeoutSeconds: 10,
  maxConns: 0,
  down: false,
  backup: false,
};

function aPeer(given: Partial<NginxPeerOptions> = {}): Peer {
  return newMemory([{ ...options, ...given }]).all[0]!;
}

// nginx 1.22.1, src/stream/ngx_stream_upstream_round_robin.c: whole seconds, compared with `<=`.
test('a ban of ten seconds ends in the eleventh', () => {
  const peer = aPeer();
  recordFailure(peer, 1000);

  expect([1000, 1009, 1010, 1011].map((now) => isBanned(peer, now))).toEqual([true, true, true, false]);
});

test('a ban of no seconds lasts for the second of the failure', () => {
  const peer = aPeer({ failTimeoutSeconds: 0 });
  recordFailure(peer, 1000);

  expect([1000, 1001].map((now) => isBanned(peer, now))).toEqual([true, false]);
});

test('max_fails is the number of failures that bans, 0 never does', () => {
  const peer = aPeer({ maxFails: 3 });
  const never = aPeer({ maxFails: 0 });
  const banned = [1000, 1001, 1002].map((now) => {
    recordFailure(peer, now);
    recordFailure(never, now);
    return [isBanned(peer, now), isBanned(never, now)];
  });

  expect(banned).toEqual([
    [false, false],
    [false, false],
    [true, false],
  ]);
});

test('the first session after a ban is the probe, and the others wait for it', () => {
  const peer = aPeer();
  recordFailure(peer, 1000);
  take(peer, 1011);

  expect([1011, 1021, 1022].map((now) => isBanned(peer, now))).toEqual([true, true, false]);
});

test('a probe that connects ends the ban', () => {
  const peer = aPeer();
  recordFailure(peer, 1000);
  take(peer, 1011);
  recordSuccess(peer);

  expect(isBanned(peer, 1011)).toBe(false);
});

test('with several failures allowed, one failed probe bans again', () => {
  const peer = aPeer({ maxFails: 3 });
  for (const now of [1000, 1000, 1000]) recordFailure(peer, now);
  take(peer, 1011);
  recordFailure(peer, 1011);

  expect(isBanned(peer, 1021)).toBe(true);
  expect(isBanned(peer, 1022)).toBe(false);
});

test('a success in the second of the last failure forgives nothing', () => {
  const peer = aPeer({ maxFails: 2 });
  recordFailure(peer, 1000);
  recordSuccess(peer);
  recordFailure(peer, 1001);

  expect(isBanned(peer, 1001)).toBe(true);
});

// Measured: while a probe hangs, the end of an older session sends the next client to the dead server again.
test('the end of any older session during a probe forgives the failures', () => {
  const peer = aPeer();
  take(peer, 990);
  recordFailure(peer, 1000);
  take(peer, 1011);
  recordSuccess(peer);

  expect(isUsable(peer, 1012)).toBe(true);
});

test('a peer is full at max_conns, and down for ever', () => {
  const peer = aPeer({ maxConns: 2 });
  const usable = [1000, 1000, 1000].map((now) => {
    const before = isUsable(peer, now);
    take(peer, now);
    return before;
  });

  expect(usable).toEqual([true, true, false]);
  expect(isUsable(aPeer({ down: true }), 1000)).toBe(false);
});

test('a failure costs a share of the weight, down to nothing', () => {
  const peer = aPeer({ weight: 7, maxFails: 3 });
  const weights = [1000, 1000, 1000, 1000].map((now) => {
    recordFailure(peer, now);
    return peer.effectiveWeight;
  });

  expect(weights).toEqual([5, 3, 1, 0]); // 7 / 3 = 2, rounded down
});
