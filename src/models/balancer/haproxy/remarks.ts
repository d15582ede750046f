// Where the model of an HAProxy configuration knows less than the real one decides, and what surprises in what it does decide.
// Source: HAProxy 3.2.0, src/lb_fwlc.c and src/lb_fwrr.c; 3.4.0, src/backend.c, get_server_rnd(); upstream's commit 03e9a5a1e;
// measured on 2.6.12: 6000 of 6000 clients on one server with `consistent djb2`.
import { connLimitIsSet, isOnRing } from './farm.ts';
import type { HaproxyBackendOptions, HaproxyOptions } from './options.ts';
import { isSince, type HaproxyVersion } from './versions.ts';

export interface HaproxyRemark {
  readonly backendIndex: number;
  readonly text: string;
}

/** In the order of the backends. Without a text there is nothing the model does not reproduce, with clients that come one by one. */
export function haproxyRemarks(options: HaproxyOptions): readonly HaproxyRemark[] {
  return options.backends.flatMap((backend, backendIndex) =>
    remarksOf(backend, options.version, options.threads).map((text) => ({ backendIndex, text })),
  );
}

function remarksOf(backend: HaproxyBackendOptions, version: HaproxyVersion, threads: number): readonly string[] {
  const { balance, hashType, servers } = backend;
  const { branch, patch, ring } = version;
  const texts: string[] = [];
  if (balance.kind === 'leastconn' && isSince(version, '3.2')) {
    texts.push(
      `leastconn of HAProxy ${branch}: of servers with equal loads one is taken at random; here it is the one that has waited longest. How many sessions each server gets is the same, which ones is not.`,
    );
  }
  if (balance.kind === 'roundrobin' && isSince(version, '3.2') && threads > 1) {
    texts.push(
      `roundrobin of HAProxy ${branch}: each group of threads takes turns of its own; here there is one for all. Shares are the same, the order is not.`,
    );
  }
  if (balance.kind === 'random' && isSince(version, '3.4')) {
    texts.push(
      `random of HAProxy ${branch}: of two servers with equal loads the one with fewer new sessions in the last second is taken; here it is the one drawn last.`,
    );
  }
  const goesById = servers.some(({ hashKey }) => hashKey === 'id');
  if (isOnRing(backend) && goesById && patch === null && ['3.0', '3.1', '3.2'].includes(branch)) {
    const assumed = ring === 'hashedId' ? 'without' : 'with';
    texts.push(
      `HAProxy ${branch} got the ring of 2.x back with a patch release after October 2025; here it is taken to be ${assumed} it. Name the patch release, or nearly six of ten clients may be elsewhere.`,
    );
  }
  const hashes = balance.kind === 'hash' || balance.kind === 'source';
  if (hashes && isOnRing(backend) && !hashType.avalanche) {
    texts.push(
      `hash-type consistent without avalanche: addresses near each other share one place on the ring, and so one server. Add "avalanche".`,
    );
  }
  if (!isSince(version, '3.2') && servers.filter(connLimitIsSet).length > 0 && servers.length > 1) {
    texts.push(
      `maxconn of HAProxy ${branch}: a server that comes back does not count the sessions that waited for any server towards its maxconn; here it does.`,
    );
  }
  const asks = new Set(servers.flatMap(({ check }) => (check === null ? [] : [check.asks])));
  if (asks.size > 1) {
    texts.push('some servers are asked by their checks for an answer and some are not; here none is.');
  }
  return texts;
}
