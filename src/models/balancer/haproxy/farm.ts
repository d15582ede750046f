// The servers of one backend as HAProxy sees them: who may be chosen, what each weighs, how many sessions each has.
// Source: HAProxy 2.6.0, src/backend.c, recount_servers() and update_backend_weight(); include/haproxy/backend.h,
// srv_willbe_usable(); src/server.c, server_recalc_eweight(); src/queue.c, srv_dynamic_maxconn().
import type { HaproxyBackendOptions, HaproxyServerOptions } from './options.ts';
import type { PassedOver } from '../trace.ts';
import type { HaproxySession } from './session.ts';

/** Whether a server runs, as the checks say. A starting one is warming up (`slowstart`). */
export const Running = { Stopped: 0, Starting: 1, Running: 2 } as const;
export type Running = (typeof Running)[keyof typeof Running];

export interface Server {
  /** Position in the backend. */
  readonly index: number;
  readonly options: HaproxyServerOptions;
  /** `slowstart` in whole seconds, rounded up. */
  readonly slowStartSeconds: number;
  /** As written, or set since. */
  userWeight: number;
  /** What counts: 16 a unit of weight, or the weight over what all weights have in common. */
  weight: number;
  running: Running;
  admin: 'ready' | 'drain' | 'maint';
  /** What the method knows: the server may be chosen. */
  usable: boolean;
  /** When it began to run, in µs. */
  startedAtUs: number;
  /** When it last went up or down, or was told what to do; NaN: never since the process started. */
  changedAtUs: number;
  /** When its weight grows next; Infinity: it does not. */
  growsAtUs: number;
  /** 0 … rise + fall − 1. */
  health: number;
  /** Failures in a row that sessions met (`observe`). */
  errorsInARow: number;
  /** Sessions that hold a slot, from the choice on. */
  served: number;
  /** Sessions that wait for a slot of this server. */
  readonly queue: HaproxySession[];
}

export interface Farm {
  readonly options: HaproxyBackendOptions;
  readonly servers: readonly Server[];
  /** Points a unit of weight has; 1 for tables. */
  readonly scale: number;
  /** What all weights have in common, for tables; else 1. */
  readonly divisor: number;
  activeCount: number;
  backupCount: number;
  /** The only backup that is used, unless all are. */
  firstBackup: Server | null;
  /** Of the servers that are used. */
  totalWeight: number;
  usedCount: number;
  /** Weights of the usable servers of its kind before each, as they were at the start. */
  readonly weightBefore: Float64Array;
  served: number;
  /** Sessions of the backend, those that wait among them. */
  sessions: number;
  /** Sessions that wait for a slot of any server. */
  readonly queue: HaproxySession[];
  nowUs: number;
  /** When something first happened in the process; NaN: nothing has. */
  startedUs: number;
}

// HAProxy 2.6.0, include/haproxy/backend-t.h, BE_WEIGHT_SCALE.
export const weightScale = 16;
// HAProxy 2.6.0, include/haproxy/server-t.h, SRV_UWGHT_MAX and SRV_EWGHT_MAX.
export const userWeightMax = 256;
export const weightMax = userWeightMax * weightScale;

/** Methods of a table, whose weights cannot change while HAProxy runs. */
export function isStatic({ balance, hashType }: HaproxyBackendOptions): boolean {
  if (balance.kind === 'static-rr') return true;
  return (balance.kind === 'source' || balance.kind === 'hash') && hashType.table === 'map-based';
}

/** Methods whose servers have points on the ring. */
export function isOnRing({ balance, hashType }: HaproxyBackendOptions): boolean {
  if (balance.kind === 'random') return true;
  return (balance.kind === 'source' || balance.kind === 'hash') && hashType.table === 'consistent';
}

export function connLimitIsSet({ maxConn }: HaproxyServerOptions): boolean {
  return maxConn > 0;
}

export function newFarm(options: HaproxyBackendOptions): Farm {
  const table = isStatic(options);
  const scale = table ? 1 : weightScale;
  const divisor = table ? Math.max(1, options.servers.map(({ weight }) => weight).reduce(commonDivisor, 0)) : 1;
  const servers = options.servers.map((server, index): Server => {
    return {
      index,
      options: server,
      slowStartSeconds: Math.ceil(server.slowStartUs / 1_000_000),
      userWeight: server.weight,
      weight: weightOf(server.weight, scale, divisor),
      running: startsDown(server) || server.disabled ? Running.Stopped : Running.Running,
      admin: server.disabled ? 'maint' : 'ready',
      usable: false,
      startedAtUs: 0,
      changedAtUs: NaN,
      growsAtUs: Infinity,
      health: 0,
      errorsInARow: 0,
      served: 0,
      queue: [],
    };
  });
  const farm: Farm = {
    options,
    servers,
    scale,
    divisor,
    activeCount: 0,
    backupCount: 0,
    firstBackup: null,
    totalWeight: 0,
    usedCount: 0,
    weightBefore: new Float64Array(servers.length),
    served: 0,
    sessions: 0,
    queue: [],
    nowUs: 0,
    startedUs: NaN,
  };
  for (const server of servers) server.usable = mayBeUsed(server);
  recount(farm);
  const before = { active: 0, backup: 0 };
  for (const server of servers) {
    if (!server.usable) continue;
    const kind = server.options.backup ? 'backup' : 'active';
    farm.weightBefore[server.index] = before[kind];
    before[kind] += server.weight;
  }
  return farm;
}

/** `init-state down` or `fully-down`. */
export function startsDown({ check, initState }: HaproxyServerOptions): boolean {
  return check !== null && (initState === 'down' || initState === 'fully-down');
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}

function weightOf(userWeight: number, scale: number, divisor: number): number {
  return Math.floor((userWeight * scale + divisor - 1) / divisor);
}

export function mayBeUsed({ weight, admin, running }: Server): boolean {
  return weight > 0 && admin === 'ready' && running !== Running.Stopped;
}

/** Counts what is usable, after any change. */
export function recount(farm: Farm): void {
  let activeWeight = 0;
  let backupWeight = 0;
  farm.activeCount = 0;
  farm.backupCount = 0;
  farm.firstBackup = null;
  for (const server of farm.servers) {
    if (!server.usable) continue;
    if (server.options.backup) {
      if (farm.backupCount === 0 && !farm.options.allBackups) farm.firstBackup = server;
      farm.backupCount += 1;
      backupWeight += server.weight;
    } else {
      farm.activeCount += 1;
      activeWeight += server.weight;
    }
  }
  const { firstBackup } = farm;
  farm.totalWeight = farm.activeCount > 0 ? activeWeight : (firstBackup?.weight ?? backupWeight);
  farm.usedCount = farm.activeCount > 0 ? farm.activeCount : firstBackup ? 1 : farm.backupCount;
}

/** What a server weighs now; ends its warm-up when that is over. */
export function newWeight(farm: Farm, server: Server): number {
  const passed = wholeSecondsSince(server.startedAtUs, farm.nowUs);
  const { slowStartSeconds, userWeight } = server;
  if (server.running === Running.Starting && (passed < 0 || passed >= slowStartSeconds)) {
    server.running = Running.Running;
  }
  const grown =
    server.running === Running.Starting && farm.scale > 1
      ? Math.floor((farm.scale * passed + slowStartSeconds) / slowStartSeconds)
      : farm.scale;
  return weightOf(userWeight, grown, farm.divisor);
}

/** HAProxy compares whole seconds of its clock (`now.tv_sec`). */
function wholeSecondsSince(startUs: number, nowUs: number): number {
  return Math.floor(nowUs / 1_000_000) - Math.floor(startUs / 1_000_000);
}

/** Sessions the server takes at once, by load and warm-up; of one that has a limit. */
export function connLimit(farm: Farm, server: Server): number {
  const { maxConn, minConn } = server.options;
  const { fullConn } = farm.options;
  const fixed = minConn === 0 || minConn === maxConn || farm.sessions >= fullConn;
  const limit = fixed ? maxConn : Math.max(minConn, Math.floor((farm.sessions * maxConn) / fullConn));
  if (server.running !== Running.Starting) return limit;
  const passed = wholeSecondsSince(server.startedAtUs, farm.nowUs);
  if (passed < 0 || passed >= server.slowStartSeconds) return limit;
  return Math.max(1, Math.floor((limit * Math.floor((100 * passed) / server.slowStartSeconds)) / 100));
}

/** A slot is free, and nobody waits for one. */
export function hasRoom(farm: Farm, server: Server): boolean {
  if (server.options.maxConn === 0) return true;
  return server.queue.length === 0 && server.served < connLimit(farm, server);
}

/** What an onlooker is told of a server without room. */
export function fullness(farm: Farm, server: Server): PassedOver {
  return { kind: 'full', sessions: server.served + server.queue.length, limit: connLimit(farm, server) };
}

/** Why a server is not among those that are chosen from; `null`: it is. */
export function whyNot(farm: Farm, server: Server): PassedOver | null {
  if (server.admin === 'maint') return { kind: 'maintenance' };
  if (server.running === Running.Stopped) {
    return { kind: 'unhealthy', passes: Math.max(1, (server.options.check?.rise ?? 1) - server.health) };
  }
  if (server.admin === 'drain') return { kind: 'drained' };
  if (server.weight === 0) return { kind: 'noWeight' };
  if (server.options.backup && (farm.activeCount > 0 || (farm.firstBackup !== null && farm.firstBackup !== server))) {
    return { kind: 'backup' };
  }
  return hasRoom(farm, server) ? null : fullness(farm, server);
}

/** The servers that are used while all of them work, as they weigh then. */
export function atWork({ servers, scale, divisor }: Farm): readonly Pick<Server, 'index' | 'weight'>[] {
  return servers
    .map(({ index, userWeight, options }) => ({ index, weight: weightOf(userWeight, scale, divisor), options }))
    .filter(({ weight, options }) => weight > 0 && !options.backup);
}
