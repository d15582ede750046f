// HAProxy behind the contract of all balancers. One process: its threads share what they know.
import type { Key } from '../../../kernel/random.ts';
import type { Balancer, BalancerSession } from '../contract.ts';
import { createBackend, type Backend } from './backend.ts';
import { Running } from './farm.ts';
import { checkTimeoutUs, firstChecksUs, isSteady, statusOf } from './health.ts';
import { clientHash, clientKeyBytes, type BindSeen } from './key.ts';
import type { HaproxyOptions } from './options.ts';
import type { HaproxySession } from './session.ts';

/**
 * A backend whose process has just started.
 * @param luck of `spread-checks`; one for all backends of the process.
 * @returns what a listener makes of it: a balancer. Checks, orders and news of all listeners are the same: ask one of them.
 */
export function createHaproxyBackend(
  options: HaproxyOptions,
  backendIndex: number,
  luck: Key,
): (bind: BindSeen) => Balancer<HaproxySession> {
  const backend = createBackend(options, backendIndex, luck);
  const { servers } = backend.farm;
  const rest = { ...sessionsOf(backend), ...checksOf(options, backendIndex, luck, backend) };
  const shared: Omit<Balancer<HaproxySession>, 'open'> = {
    peers: backend.farm.options.servers,
    workers: 1,
    ...rest,
    admin: {
      setState: (peerIndex, state, nowUs) => backend.setState(servers[peerIndex]!, state, nowUs),
      setWeight: (peerIndex, weight, nowUs) => backend.setWeight(servers[peerIndex]!, weight, nowUs),
      sessions: (peerIndex) => servers[peerIndex]!.served,
      isUp: (peerIndex) => servers[peerIndex]!.running !== Running.Stopped,
      shown: (peerIndex, nowUs) => {
        const server = servers[peerIndex]!;
        // Seconds of the process' clock (`lastchg`).
        const sinceUs = Number.isNaN(server.changedAtUs) ? backend.farm.startedUs : server.changedAtUs;
        const forUs = Math.max(0, 1_000_000 * (Math.floor(nowUs / 1_000_000) - Math.floor(sinceUs / 1_000_000)));
        return {
          status: statusOf(server),
          forUs: Number.isNaN(forUs) ? 0 : forUs,
          isDrained: server.admin === 'drain',
        };
      },
    },
    takeNews: () => backend.takeNews(),
    ring: () => backend.ring(),
  };
  return (bind) => ({
    ...shared,
    open(client, worker, trace) {
      backend.farm.sessions += 1;
      const { options: backendOptions } = backend.farm;
      const hash = clientHash(backendOptions, client, bind);
      if (trace !== undefined) {
        trace.key = clientKeyBytes(backendOptions, client, bind);
        if (trace.key !== null) {
          trace.hash = hash;
          trace.home = backend.home(hash);
        }
      }
      return {
        worker,
        peerIndex: -1,
        retryIndex: -1,
        hash,
        luck: client.luck,
        draws: 0,
        server: null,
        assigned: false,
        slot: null,
        retries: 0,
        queue: null,
        queuedAtMs: 0,
        over: false,
        trace: trace ?? null,
      };
    },
  });
}

function sessionsOf(backend: Backend): Pick<Balancer<HaproxySession>, 'next' | 'failed' | 'connected' | 'closed'> {
  const { servers } = backend.farm;
  return {
    next(session, nowUs) {
      const answer = backend.choose(session, nowUs);
      session.peerIndex = Math.max(-1, answer);
      session.retryIndex = -1;
      return answer;
    },
    failed(session, nowUs, _elapsedUs, timedOut) {
      session.peerIndex = -1;
      return backend.failed(session, nowUs, timedOut);
    },
    connected: ({ peerIndex }) => backend.connected(servers[peerIndex]!),
    closed(session, nowUs) {
      const server = servers[session.peerIndex] ?? null;
      session.peerIndex = -1;
      const whole = isWhole(session) ? session : null;
      if (whole !== null) whole.retryIndex = -1;
      backend.closed(whole, server, nowUs);
    },
  };
}

/** False for what is left of an established session: its server. */
function isWhole(session: BalancerSession): session is HaproxySession {
  return 'assigned' in session;
}

function checksOf(
  options: HaproxyOptions,
  backendIndex: number,
  luck: Key,
  backend: Backend,
): Pick<Balancer<HaproxySession>, 'checks'> {
  const { farm } = backend;
  const checks = farm.options.servers.map(({ check }) => check);
  if (checks.every((check) => check === null)) return {};
  return {
    checks: {
      firstAtUs: firstChecksUs(options, luck)[backendIndex]!,
      timeoutUs: checks.map((check) => (check === null ? Infinity : checkTimeoutUs(check, farm.options))),
      asks: checks.every((check) => check === null || check.asks === 'process') ? 'process' : 'kernel',
      checked: (peerIndex, passed, nowUs) => backend.checked(farm.servers[peerIndex]!, passed, nowUs),
      steady: (peerIndex, passed) => options.spreadChecksPercent === 0 && isSteady(farm.servers[peerIndex]!, passed),
    },
  };
}
