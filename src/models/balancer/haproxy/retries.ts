// What follows when a server could not be connected: again, elsewhere, or the end.
// Source: HAProxy 2.6.0 and 2.8.0, src/backend.c, back_handle_st_cer(); include/haproxy/stream.h, stream_choose_redispatch();
// measured on 2.6.12 and 3.0.11.
import { Running, type Farm } from './farm.ts';
import type { HaproxyBalance } from './options.ts';
import type { HaproxySession } from './session.ts';
import { countsRetriesFirst, redispatchesTurnsOnly, type HaproxyVersion } from './versions.ts';

export interface AfterFailure {
  readonly kind: 'giveUp' | 'redispatch' | 'sameServer';
  readonly waitUs: number;
}

// HAProxy 2.6.0, src/backend.c, back_handle_st_cer().
const pauseUs = 1_000_000;

/** Counts the failure, and says what comes next. @param timedOut nothing was heard: nobody waits then. */
export function afterFailure(
  farm: Farm,
  session: HaproxySession,
  version: HaproxyVersion,
  timedOut: boolean,
): AfterFailure {
  const { retries, redispatchAfter, balance, connectTimeoutUs } = farm.options;
  if (countsRetriesFirst(version)) session.retries += 1;
  if (session.retries >= retries) return { kind: 'giveUp', waitUs: 0 };
  if (!countsRetriesFirst(version)) session.retries += 1;
  const every = redispatchAfter > 0 ? redispatchAfter : retries + 1 + redispatchAfter;
  const takesTurns = redispatchesTurnsOnly(version) ? isTurnByTurn(balance) : !isHash(balance);
  const redispatches =
    redispatchAfter !== 0 &&
    (session.server!.running !== Running.Running ||
      session.retries % every === 0 ||
      (takesTurns && farm.activeCount > 1));
  const waits =
    !timedOut && (!redispatches || farm.activeCount <= 1 || (redispatchesTurnsOnly(version) && !isTurnByTurn(balance)));
  return {
    kind: redispatches ? 'redispatch' : 'sameServer',
    waitUs: waits ? Math.min(pauseUs, connectTimeoutUs) : 0,
  };
}

function isHash({ kind }: HaproxyBalance): boolean {
  return kind === 'source' || kind === 'hash';
}

function isTurnByTurn({ kind }: HaproxyBalance): boolean {
  return kind === 'roundrobin' || kind === 'static-rr' || kind === 'random';
}
