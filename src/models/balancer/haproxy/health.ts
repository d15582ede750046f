// What checks, and failures that sessions meet, make of a server.
// Source: HAProxy 2.6.0, src/check.c, set_server_check_status(), __health_adjust(), srv_getinter(), start_checks() and
// start_check_task(); src/tcpcheck.c, tcpcheck_eval_connect(); 3.1.0, src/server.c, srv_set_init_state().
import { uniform, type Key } from '../../../kernel/random.ts';
import { Running, startsDown, type Server } from './farm.ts';
import type { HaproxyBackendOptions, HaproxyCheckOptions, HaproxyOptions, HaproxyServerOptions } from './options.ts';

function bestHealth({ rise, fall }: HaproxyCheckOptions): number {
  return rise + fall - 1;
}

/** Health at the start, and behind maintenance: one failure is enough. */
export function firstHealth({ check, initState }: HaproxyServerOptions): number {
  if (check === null) return 0;
  switch (initState) {
    case 'fully-up':
      return bestHealth(check);
    case 'none':
    case 'up':
      return check.rise;
    case 'down':
      return check.rise - 1;
    case 'fully-down':
      return 0;
    default:
      return initState satisfies never;
  }
}

/** A failed check. @returns true when the server has to go down, if it is not. */
export function worsen(server: Server, check: HaproxyCheckOptions): boolean {
  if (server.health > 0) {
    server.health -= 1;
    if (server.health < check.rise) server.health = 0;
  }
  return server.health === 0;
}

/** A check that passed. @returns true when the server may go up, if it is not. */
export function improve(server: Server, check: HaproxyCheckOptions): boolean {
  if (server.health < bestHealth(check)) {
    server.health += 1;
    if (server.health >= check.rise) server.health = bestHealth(check);
  }
  server.errorsInARow = 0;
  return server.health >= check.rise;
}

/** As `show stat` has it. Source: HAProxy 2.6.0, src/stats.c, stats_fill_sv_stats(). */
export function statusOf({ options: { check }, health, running, admin }: Server): string {
  if (admin === 'maint') return 'MAINT';
  if (running === Running.Stopped) return health > 0 && check !== null ? `DOWN ${health}/${check.rise}` : 'DOWN';
  const isFailing = check !== null && health < bestHealth(check);
  if (admin === 'drain') return isFailing ? `NOLB ${health - check.rise + 1}/${check.fall}` : 'DRAIN';
  if (check === null) return 'no check';
  return isFailing ? `UP ${health - check.rise + 1}/${check.fall}` : 'UP';
}

/** More checks that end like the last change nothing. What sessions see of an observed server changes its counts as well. */
export function isSteady({ options, health, running, admin }: Server, passed: boolean): boolean {
  if (admin === 'maint') return true;
  if (options.observe) return false;
  return passed
    ? running !== Running.Stopped && health === bestHealth(options.check!)
    : running === Running.Stopped && health === 0;
}

/**
 * A session could not connect to an observed server.
 * @returns what follows from it: `down` when the server has to go down, `sooner` when the next check is due after `fastinter`.
 */
export function observeFailure(server: Server, check: HaproxyCheckOptions): { down: boolean; sooner: boolean } {
  server.errorsInARow += 1;
  if (server.errorsInARow < server.options.errorLimit) return { down: false, sooner: false };
  let down = false;
  switch (server.options.onError) {
    case 'fastinter':
      break;
    case 'sudden-death':
      if (server.health > check.rise) server.health = check.rise + 1;
      down = worsen(server, check);
      break;
    case 'fail-check':
      down = worsen(server, check);
      break;
    case 'mark-down':
      server.health = check.rise;
      down = worsen(server, check);
      break;
    default:
      return server.options.onError satisfies never;
  }
  server.errorsInARow = 0;
  return { down, sooner: check.fastInterUs !== null };
}

/** From the end of a check to the next one. */
export function checkDelayUs(
  { health, running }: Pick<Server, 'health' | 'running'>,
  check: HaproxyCheckOptions,
): number {
  if (health === bestHealth(check)) return check.interUs;
  if (running === Running.Stopped && health === 0) return check.downInterUs ?? check.interUs;
  return check.fastInterUs ?? check.interUs;
}

/** `spread-checks`: up to so many percent more or less. @param nth number of the check of this server. */
export function spreadUs(delayUs: number, percent: number, luck: Key, serverIndex: number, nth: number): number {
  if (percent === 0) return delayUs;
  const most = Math.floor((inMilliseconds(delayUs) * percent) / 100);
  return delayUs + 1000 * (most - Math.trunc(2 * most * uniform(luck, serverIndex, nth)));
}

function inMilliseconds(us: number): number {
  return Math.floor(us / 1000);
}

/** How long a check waits for an answer. */
export function checkTimeoutUs(
  { interUs, asks }: HaproxyCheckOptions,
  { checkTimeoutUs: answerUs, connectTimeoutUs }: HaproxyBackendOptions,
): number {
  if (answerUs === null) return interUs;
  return asks === 'process' ? answerUs : Math.min(interUs, connectTimeoutUs);
}

// HAProxy 2.6.0, include/haproxy/defaults.h, SRV_CHK_INTER_THRES.
const spreadFromMs = 1000;

/** When the first check of each server begins, by backend: evenly spread over all checked servers of the process. */
export function firstChecksUs(options: HaproxyOptions, luck: Key): readonly (readonly number[])[] {
  const { backends, spreadChecksPercent, maxSpreadChecksUs } = options;
  const firstDelayMs = (server: HaproxyServerOptions): number => {
    const running = server.disabled || startsDown(server) ? Running.Stopped : Running.Running;
    const health = server.disabled ? 0 : firstHealth(server);
    return inMilliseconds(checkDelayUs({ health, running }, server.check!));
  };
  const checked = backends.flatMap(({ servers }) => servers.filter(({ check }) => check !== null));
  const long = checked.map(firstDelayMs).filter((ms) => ms >= spreadFromMs);
  const shortestMs = long.length === 0 ? 0 : Math.min(...long);
  let position = 0;
  return backends.map(({ servers }) =>
    servers.map((server) => {
      if (server.check === null) return Infinity;
      const delayMs = firstDelayMs(server);
      const spread = inMilliseconds(spreadUs(1000 * delayMs, spreadChecksPercent, luck, position, 0)) - delayMs;
      const span = Math.min(Math.max(shortestMs, delayMs) + spread, inMilliseconds(maxSpreadChecksUs));
      return 1000 * Math.floor((span * position++) / checked.length);
    }),
  );
}
