// One backend of a running HAProxy: its servers, who is chosen, who is up. All listeners that lead to it share it.
// Source: HAProxy 2.6.0, src/backend.c, assign_server(), assign_server_and_queue() and srv_redispatch_connect(); src/server.c,
// srv_update_status(), server_warmup() and server_parse_weight_change_request().
import type { Key } from '../../../kernel/random.ts';
import { Choice, type BalancerNews } from '../contract.ts';
import { createConsistent, createRandom } from './consistent.ts';
import {
  hasRoom,
  isStatic,
  mayBeUsed,
  newFarm,
  newWeight,
  recount,
  Running,
  whyNot,
  type Farm,
  type Server,
} from './farm.ts';
import { createFirst } from './first.ts';
import { checkDelayUs, firstHealth, improve, observeFailure, spreadUs, worsen } from './health.ts';
import { createLeastConn } from './leastconn.ts';
import { createMapHash, createStaticRoundRobin } from './map.ts';
import type { HaproxyOptions } from './options.ts';
import { afterFailure } from './retries.ts';
import { createRoundRobin } from './roundrobin.ts';
import type { HaproxySession, Method } from './session.ts';
import { createSlots, type Slots } from './slots.ts';
import type { HaproxyVersion } from './versions.ts';
import { note, type PeerSeen, type RingView, type SessionTrace } from '../trace.ts';

export interface Backend {
  readonly farm: Farm;
  choose(session: HaproxySession, nowUs: number): number;
  failed(session: HaproxySession, nowUs: number, timedOut: boolean): number;
  connected(server: Server): void;
  /** @param session `null`: all that is known is which server it was on. */
  closed(session: HaproxySession | null, server: Server | null, nowUs: number): void;
  checked(server: Server, passed: boolean, nowUs: number): number;
  setState(server: Server, state: Server['admin'], nowUs: number): void;
  setWeight(server: Server, weight: number, nowUs: number): void;
  takeNews(): readonly BalancerNews[];
  /** Where a hash belongs while every server works. */
  home(hash: number): { readonly at: number; readonly peerIndex: number } | null;
  ring(): RingView | null;
}

const noNews: readonly BalancerNews[] = [];

/** @param luck of `spread-checks`. */
export function createBackend(options: HaproxyOptions, backendIndex: number, luck: Key): Backend {
  const { version, spreadChecksPercent } = options;
  const farm = newFarm(options.backends[backendIndex]!);
  const method = createMethod(farm, version);
  let news: BalancerNews[] = [];
  const slots = createSlots(farm, method, (session) => void news.push({ kind: 'freed', session }));
  const checksDone = new Int32Array(farm.servers.length);
  let starting = 0;
  for (const server of farm.servers) server.health = firstHealth(server.options);

  /** Tells the method what a server has become. */
  const update = (server: Server): void => {
    const before = server.weight;
    server.weight = newWeight(farm, server);
    const usable = mayBeUsed(server);
    if (usable === server.usable && (before === server.weight || !usable)) return;
    const was = server.usable;
    server.usable = usable;
    recount(farm);
    if (was && usable) method.reweighted(server, before);
    else if (usable) method.added(server);
    else method.removed(server, before);
  };

  /** Warm-ups that have gone on since the last call. */
  const advance = (nowUs: number): void => {
    if (Number.isNaN(farm.startedUs)) farm.startedUs = nowUs;
    while (starting > 0) {
      const next = farm.servers.reduce((a, b) => (b.growsAtUs < a.growsAtUs ? b : a));
      if (next.growsAtUs > nowUs) break;
      farm.nowUs = next.growsAtUs;
      update(next);
      const stillGrows = next.running === Running.Starting && next.admin !== 'maint';
      if (!stillGrows) starting -= 1;
      next.growsAtUs = stillGrows ? next.growsAtUs + 1_000_000 : Infinity;
      slots.offer(next);
    }
    farm.nowUs = nowUs;
  };

  const run = (server: Server): void => {
    server.running = server.slowStartSeconds > 0 ? Running.Starting : Running.Running;
    server.startedAtUs = farm.nowUs;
    if (server.running === Running.Running) return;
    if (server.growsAtUs === Infinity) starting += 1;
    server.growsAtUs = farm.nowUs + 1_000_000;
  };

  /** A server leaves the choice, or is told to once more. @param closes its sessions are closed, if it is set to do so. */
  const fall = (server: Server, was: boolean, closes: boolean): void => {
    const cut = closes && server.options.shutdownSessionsOnDown;
    if (was || cut) news.push({ kind: 'down', peerIndex: server.index, sessions: cut ? 'closed' : 'kept' });
    slots.redistribute(server);
  };

  const rise = (server: Server): void => {
    if (server.usable) news.push({ kind: 'up', peerIndex: server.index });
    const { shutdownBackupSessionsOnUp, backup } = server.options;
    if (shutdownBackupSessionsOnUp && !backup && server.weight > 0) {
      for (const { index, options: other } of farm.servers) {
        if (other.backup) news.push({ kind: 'ended', peerIndex: index });
      }
    }
    slots.offer(server);
  };

  const goDown = (server: Server): void => {
    if (server.running === Running.Stopped || server.admin === 'maint') return;
    const was = server.usable;
    server.running = Running.Stopped;
    server.changedAtUs = farm.nowUs;
    update(server);
    fall(server, was, true);
  };

  const goUp = (server: Server): void => {
    if (server.running !== Running.Stopped || server.admin === 'maint') return;
    run(server);
    server.changedAtUs = farm.nowUs;
    update(server);
    rise(server);
  };

  const over = (session: HaproxySession): void => {
    if (session.over) return;
    session.over = true;
    slots.leaveQueue(session);
    // Who gets the slot is decided while this one still counts (`beconn`): src/stream.c, process_stream().
    slots.giveBack(session);
    farm.sessions -= 1;
  };

  const answerTo = (session: HaproxySession): number => {
    if (session.queue !== null) return Choice.Queued;
    if (session.assigned) {
      const { index } = session.slot!;
      if (session.trace !== null) note(session.trace, { kind: 'stayed', peerIndex: index });
      method.moved(session.slot!);
      return index;
    }
    const answer = assign(farm, method, slots, session);
    if (answer === Choice.None) over(session);
    return answer;
  };

  return {
    farm,
    choose(session, nowUs) {
      advance(nowUs);
      if (session.trace !== null) beginStory(session.trace, farm, nowUs);
      const answer = answerTo(session);
      if (session.trace !== null) session.trace.choices.at(-1)!.answer = answer;
      return answer;
    },
    home: (hash) => method.home?.(hash) ?? null,
    ring: () => method.ring?.() ?? null,
    failed(session, nowUs, timedOut) {
      advance(nowUs);
      const server = session.server!;
      const { observe, check } = server.options;
      if (observe && check !== null) {
        const { down, sooner } = observeFailure(server, check);
        if (down) goDown(server);
        if (sooner) news.push({ kind: 'recheck', peerIndex: server.index, atUs: nowUs + check.fastInterUs! });
      }
      const { kind, waitUs } = afterFailure(farm, session, version, timedOut);
      if (kind === 'giveUp') {
        over(session);
        return Infinity;
      }
      if (kind === 'redispatch') {
        session.assigned = false;
        slots.giveBack(session);
      } else session.retryIndex = server.index;
      return waitUs;
    },
    connected(server) {
      server.errorsInARow = 0;
    },
    closed(session, server, nowUs) {
      advance(nowUs);
      if (session !== null) over(session);
      else if (server !== null) {
        slots.giveBackOf(server);
        farm.sessions -= 1;
      }
    },
    checked(server, passed, nowUs) {
      advance(nowUs);
      const check = server.options.check!;
      if (server.admin === 'maint') return check.interUs;
      if (passed) {
        if (improve(server, check)) goUp(server);
      } else if (worsen(server, check)) goDown(server);
      checksDone[server.index]! += 1;
      const delayUs = checkDelayUs(server, check);
      const stream = backendIndex * 65_536 + server.index;
      return spreadUs(delayUs, spreadChecksPercent, luck, stream, checksDone[server.index]!);
    },
    setState(server, state, nowUs) {
      advance(nowUs);
      const before = server.admin;
      if (state === before) return;
      const was = server.usable;
      server.changedAtUs = nowUs;
      if (state === 'maint') {
        const ran = server.running !== Running.Stopped;
        server.admin = state;
        server.running = Running.Stopped;
        server.health = 0;
        update(server);
        if (ran) fall(server, was, true);
        return;
      }
      server.admin = state;
      if (before === 'maint') {
        server.health = firstHealth(server.options);
        const { check, initState } = server.options;
        if (check === null || initState === 'none') run(server);
        else if (initState === 'up' || initState === 'fully-up') server.running = Running.Running;
        update(server);
        if (server.running !== Running.Stopped) rise(server);
        return;
      }
      server.startedAtUs = nowUs;
      update(server);
      if (state === 'drain') fall(server, was, false);
      else if (server.usable) news.push({ kind: 'up', peerIndex: server.index });
    },
    setWeight(server, weight, nowUs) {
      advance(nowUs);
      // "Backend is using a static LB algorithm and only accepts weights '0%' and '100%'."
      if (isStatic(farm.options) && weight !== 0 && weight !== server.options.weight) return;
      const was = server.usable;
      server.userWeight = weight;
      update(server);
      if (was !== server.usable) {
        news.push(
          server.usable
            ? { kind: 'up', peerIndex: server.index }
            : { kind: 'down', peerIndex: server.index, sessions: 'kept' },
        );
      }
    },
    takeNews() {
      if (news.length === 0) return noNews;
      const told = news;
      news = [];
      return told;
    },
  };
}

function createMethod(farm: Farm, version: HaproxyVersion): Method {
  const { balance, hashType } = farm.options;
  switch (balance.kind) {
    case 'roundrobin':
      return createRoundRobin(farm);
    case 'static-rr':
      return createStaticRoundRobin(farm);
    case 'leastconn':
      return createLeastConn(farm);
    case 'first':
      return createFirst(farm);
    case 'source':
    case 'hash':
      return hashType.table === 'consistent' ? createConsistent(farm, version) : createMapHash(farm);
    case 'random':
      return createRandom(farm, version, balance.draws);
    default:
      return balance satisfies never;
  }
}

/** Chooses a server, takes its slot or waits for one. */
function assign(farm: Farm, method: Method, slots: Slots, session: HaproxySession): number {
  if (farm.totalWeight === 0) return Choice.None;
  const { kind } = farm.options.balance;
  // Sessions that wait for any server say that all are full.
  const allFull =
    (kind === 'first' || kind === 'roundrobin' || kind === 'static-rr') &&
    farm.queue.length > 0 &&
    farm.queue.length !== farm.sessions;
  const server = allFull ? null : method.choose(session, session.server);
  if (server === null) {
    session.server = null;
    slots.wait(session, farm.queue);
    if (session.trace !== null) note(session.trace, { kind: 'queued', peerIndex: -1 });
    return Choice.Queued;
  }
  session.server = server;
  if (!hasRoom(farm, server)) {
    const { maxQueue } = server.options;
    if (maxQueue > 0 && server.queue.length >= maxQueue) return Choice.None;
    session.assigned = true;
    slots.wait(session, server.queue);
    if (session.trace !== null) note(session.trace, { kind: 'queued', peerIndex: server.index });
    return Choice.Queued;
  }
  slots.take(session, server);
  return server.index;
}

/** What the backend knows of its servers as it is about to choose. */
function beginStory(trace: SessionTrace, farm: Farm, nowUs: number): void {
  const peers = farm.servers.map((server): PeerSeen => ({
    peerIndex: server.index,
    sessions: server.served,
    passedOver: whyNot(farm, server),
    counters: { weight: server.userWeight, eweight: server.weight, queue: server.queue.length },
  }));
  trace.choices.push({ atUs: nowUs, peers, steps: [], answer: -1 });
}
