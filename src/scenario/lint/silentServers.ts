// How long a session is held up by a server that answers nothing (its host is gone, or hung with a full accept queue), and by one
// that refuses. nginx 1.22.1, ngx_stream_proxy_module.c; HAProxy 2.6.12, src/backend.c, back_handle_st_cer(), measured.
import type { HaproxyBackendOptions } from '../../models/balancer/haproxy/options.ts';

export interface HeldUp {
  readonly us: number;
  /** Then another server is tried; else the client is closed. */
  readonly goesOn: boolean;
}

/** @param servers that are up for HAProxy, the dead one among them. */
export function heldUpBySilence(backend: HaproxyBackendOptions, servers: number): HeldUp {
  return heldUp(backend, servers, backend.connectTimeoutUs, 0);
}

export function heldUpByRefusal(backend: HaproxyBackendOptions, servers: number): HeldUp {
  return heldUp(backend, servers, 0, Math.min(1e6, backend.connectTimeoutUs));
}

function heldUp(backend: HaproxyBackendOptions, servers: number, attemptUs: number, waitUs: number): HeldUp {
  const { retries, redispatchAfter: after, balance, hashType } = backend;
  const hashes = balance.kind === 'source' || balance.kind === 'hash';
  /** Retries between two new choices; 0: there is none. */
  const every = after === 0 || servers < 2 ? 0 : after > 0 ? after : Math.max(1, retries + 1 + after);
  if (every > 0 && every <= retries) {
    if (!hashes) return { us: attemptUs, goesOn: true };
    if (hashType.table === 'consistent') return { us: every * attemptUs + (every - 1) * waitUs, goesOn: true };
  }
  // A table has the same answer again, but is asked without a wait.
  const asked = every === 0 ? 0 : Math.floor(retries / every);
  return { us: (retries + 1) * attemptUs + (retries - asked) * waitUs, goesOn: false };
}
