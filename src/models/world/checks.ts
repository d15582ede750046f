// Health checks that balancers make of their peers, each a connection of its own. A check whose answer changes nothing is not played:
// when somebody looks, the next one follows from the distance between two. docs/MODEL.md, "Health checks".
import { synRetryUs } from '../agent.ts';
import type { HealthChecks } from '../balancer/contract.ts';
import type { Proxy } from '../balancer/proxy.ts';
import { PlaceState, serviceState } from '../place.ts';
import type { BalancerHost } from './host.ts';
import { hasRoomForSyn, isJudged } from './intake.ts';
import { hearNews } from './news.ts';
import { EventKind } from './kinds.ts';
import { addPlaceEvent, type WorldState } from './state.ts';

const Phase = {
  /** Its SYN will arrive. */
  Sent: 0,
  /** Nobody answers its SYN. */
  Unheard: 1,
  /** The kernel has it, the process has not answered. */
  Asked: 2,
  /** It ends, as `passes` says. */
  Ends: 3,
  /** Those that follow change nothing. */
  Asleep: 4,
} as const;

interface Check {
  readonly host: BalancerHost;
  readonly proxy: Proxy;
  readonly pool: number;
  readonly peer: number;
  /** A node, or another balancer. */
  readonly node: number;
  readonly registration: boolean;
  readonly checks: HealthChecks;
  /** One way to the node. */
  readonly latencyUs: number;
  phase: number;
  beganUs: number;
  passes: boolean;
  /** While it sleeps: how long each of those takes that are not played, and from its end to the next. */
  tookUs: number;
  delayUs: number;
  /** Its next event, -1: none. */
  handle: number;
  atUs: number;
}

export class Checks {
  readonly all = new Map<number, Check>();
  next = 0;
}

/** The processes of a balancer have started: their checks begin. */
export function startChecks(world: WorldState, host: BalancerHost, nowUs: number): void {
  const proxy = host.proxies.at(-1)!;
  proxy.pools.forEach(({ balancer: { checks }, targets }, pool) => {
    if (!checks) return;
    targets.forEach(({ place: node, registration }, peer) => {
      const firstUs = checks.firstAtUs[peer]!;
      if (firstUs === Infinity || node < 0) return;
      const id = world.checks.next++;
      const check: Check = {
        host,
        proxy,
        pool,
        peer,
        node,
        registration,
        checks,
        latencyUs: host.latencyUs[node]!,
        phase: Phase.Sent,
        beganUs: 0,
        passes: false,
        tookUs: 0,
        delayUs: 0,
        handle: -1,
        atUs: 0,
      };
      world.checks.all.set(id, check);
      begin(world, id, check, nowUs + firstUs);
    });
  });
}

/** The processes of a balancer are gone, or others check in their place. */
export function stopChecks(world: WorldState, host: BalancerHost): void {
  for (const [id, check] of world.checks.all) {
    if (check.host !== host) continue;
    disarm(world, check);
    world.checks.all.delete(id);
  }
}

/** Processes that stand still look at nothing; when they go on they begin at once with what was due meanwhile. */
export function stallChecks(world: WorldState, host: BalancerHost, nowUs: number): void {
  for (const [id, check] of world.checks.all) {
    if (check.host !== host) continue;
    if (check.phase === Phase.Asleep) wake(world, id, check, nowUs);
    disarm(world, check);
  }
}

export function resumeChecks(world: WorldState, host: BalancerHost, nowUs: number): void {
  for (const [id, check] of world.checks.all) {
    if (check.host !== host) continue;
    const isToCome = check.phase === Phase.Sent && check.beganUs >= nowUs;
    begin(world, id, check, isToCome ? check.beganUs : nowUs);
  }
}

function disarm(world: WorldState, check: Check): void {
  if (check.handle >= 0) world.queue.remove(check.handle);
  check.handle = -1;
}

function arm(world: WorldState, id: number, check: Check, phase: number, atUs: number): void {
  disarm(world, check);
  check.phase = phase;
  check.atUs = Math.ceil(atUs);
  if (check.atUs < world.options.durationUs) check.handle = addPlaceEvent(world, EventKind.Check, id, check.atUs);
}

function begin(world: WorldState, id: number, check: Check, atUs: number): void {
  const { latencyUs, checks, peer } = check;
  const timeoutUs = checks.timeoutUs[peer]!;
  check.beganUs = atUs;
  // Given up before its SYN is there: what the node would say is never heard.
  if (timeoutUs < latencyUs) arm(world, id, check, Phase.Unheard, atUs + timeoutUs);
  else arm(world, id, check, Phase.Sent, atUs + latencyUs);
}

/** When it is over without an answer. */
function deadlineUs(world: WorldState, { beganUs, checks, peer, host, node }: Check): number {
  const { arpTimeoutUs } = host.options.kernel;
  const isNear = world.places[node]!.state === PlaceState.Silent && host.unreachable[node] === 'sameSegment';
  return beganUs + Math.min(checks.timeoutUs[peer]!, isNear ? arpTimeoutUs : Infinity);
}

function isCut(world: WorldState, { host, node }: Check): boolean {
  const [near, far] = [world.ways.endOfPlace(host.place), world.ways.endOfPlace(node)];
  return world.ways.isCut(near, far) || world.ways.isCut(far, near);
}

/** The next event of a check. */
export function checkDue(world: WorldState, id: number, nowUs: number): void {
  const check = world.checks.all.get(id)!;
  check.handle = -1;
  switch (check.phase) {
    case Phase.Sent:
      arrives(world, id, check, nowUs);
      return;
    case Phase.Unheard:
    case Phase.Asked:
      check.passes = false;
      ends(world, id, check, nowUs);
      return;
    case Phase.Ends:
      ends(world, id, check, nowUs);
      return;
    default:
      throw new Error(`a check has an event in phase ${check.phase}`);
  }
}

function answered(world: WorldState, id: number, check: Check, passes: boolean, atUs: number): void {
  check.passes = passes;
  const lateUs = deadlineUs(world, check);
  if (atUs > lateUs) arm(world, id, check, Phase.Unheard, lateUs);
  else arm(world, id, check, Phase.Ends, atUs);
}

function arrives(world: WorldState, id: number, check: Check, nowUs: number): void {
  const { node, registration, latencyUs, checks } = check;
  const place = world.places[node]!;
  const state = serviceState(place, registration);
  const nobody = registration && world.options.nodes[node]!.registrationPort === null;
  if (place.state === PlaceState.Silent || isCut(world, check)) {
    arm(world, id, check, Phase.Unheard, Math.max(nowUs, deadlineUs(world, check)));
  } else if (nobody || state === PlaceState.Refusing) {
    answered(world, id, check, false, nowUs + latencyUs);
  } else if (state !== PlaceState.Dying && !hasRoomForSyn(world, node, registration, nowUs)) {
    arm(world, id, check, Phase.Unheard, deadlineUs(world, check));
    repeatSyn(world, id, check, nowUs + 1);
  } else if (checks.asks === 'kernel' || state === PlaceState.Dying) {
    answered(world, id, check, checks.asks === 'kernel', nowUs + latencyUs);
  } else if (state === PlaceState.Hung) {
    arm(world, id, check, Phase.Asked, deadlineUs(world, check));
  } else {
    answered(world, id, check, true, nowUs + 3 * latencyUs);
  }
}

/** The kernel sends the SYN again: it arrives at the next of these instants, if the check still waits then. */
function repeatSyn(world: WorldState, id: number, check: Check, nowUs: number): void {
  const { beganUs, latencyUs, host } = check;
  const { synLinearTimeouts, connectTimeoutUs } = host.options.kernel;
  const againUs = synRetryUs(beganUs, nowUs - latencyUs, synLinearTimeouts, connectTimeoutUs) + latencyUs;
  if (againUs < check.atUs) arm(world, id, check, Phase.Sent, againUs);
}

function ends(world: WorldState, id: number, check: Check, nowUs: number): void {
  const { host, checks, peer, passes } = check;
  const tookUs = nowUs - check.beganUs;
  const delayUs = checks.checked(peer, passes, nowUs + host.phaseUs, tookUs);
  begin(world, id, check, nowUs + delayUs);
  if (checks.steady?.(peer, passes) === true && maySleep(world, check, nowUs)) {
    disarm(world, check);
    check.phase = Phase.Asleep;
    check.tookUs = tookUs;
    check.delayUs = delayUs;
  }
  hearNews(world, host, nowUs);
}

/** The next check gets the same answer, unless the node, the way to it or what the balancer says of it changes. */
function maySleep(world: WorldState, check: Check, nowUs: number): boolean {
  const { node, passes } = check;
  if (!passes && isJudged(world, node)) return false;
  return wouldPass(world, check, nowUs) === passes;
}

/** Whether a check whose SYN arrived now would pass. */
function wouldPass(world: WorldState, check: Check, nowUs: number): boolean {
  const { node, registration, checks, peer, latencyUs } = check;
  const ways = checks.asks === 'kernel' ? 2 : 4;
  if (ways * latencyUs > checks.timeoutUs[peer]!) return false;
  if (isCut(world, check) || (registration && world.options.nodes[node]!.registrationPort === null)) return false;
  const state = serviceState(world.places[node]!, registration);
  if (state === PlaceState.Up) return hasRoomForSyn(world, node, registration, nowUs);
  return state === PlaceState.Hung && checks.asks === 'kernel' && hasRoomForSyn(world, node, registration, nowUs);
}

/** What comes next of a check that slept: the first whose SYN arrives (or that is given up) from now on, or one that still waits. */
function wake(world: WorldState, id: number, check: Check, nowUs: number): void {
  const { beganUs, tookUs, latencyUs, passes } = check;
  const periodUs = tookUs + check.delayUs;
  const skipped = Math.max(0, Math.ceil((nowUs - Math.min(latencyUs, tookUs) - beganUs) / periodUs));
  const beforeUs = beganUs + (skipped - 1) * periodUs;
  const isUnheard = !passes && tookUs > 2 * latencyUs;
  if (skipped > 0 && isUnheard && beforeUs + tookUs > nowUs) {
    check.beganUs = beforeUs;
    arm(world, id, check, Phase.Unheard, beforeUs + tookUs);
    return;
  }
  begin(world, id, check, beganUs + skipped * periodUs);
}

/** A node, or a way to it, has changed: whoever waits for an answer may get one, and whoever slept looks again. */
export function reviewChecks(world: WorldState, node: number, nowUs: number): void {
  for (const [id, check] of world.checks.all) {
    if (check.node !== node || world.places[check.host.place]!.state !== PlaceState.Up) continue;
    if (check.phase === Phase.Asleep) wake(world, id, check, nowUs);
    const place = world.places[node]!;
    const isHeard = place.state !== PlaceState.Silent && !isCut(world, check);
    if (check.phase === Phase.Unheard && isHeard) repeatSyn(world, id, check, nowUs);
    if (check.phase === Phase.Asked && isHeard) {
      const state = serviceState(place, check.registration);
      if (state !== PlaceState.Hung) answered(world, id, check, state === PlaceState.Up, nowUs + check.latencyUs);
    }
  }
}

/** The balancer has been told something about a peer. */
export function wakeChecks(world: WorldState, host: BalancerHost, nowUs: number): void {
  for (const [id, check] of world.checks.all) {
    if (check.host === host && check.phase === Phase.Asleep) wake(world, id, check, nowUs);
  }
}

/** The next check begins at `atUs`, if none is due before. */
export function recheck(
  world: WorldState,
  host: BalancerHost,
  proxy: Proxy,
  pool: number,
  peer: number,
  atUs: number,
): void {
  for (const [id, check] of world.checks.all) {
    if (check.host !== host || check.proxy !== proxy || check.pool !== pool || check.peer !== peer) continue;
    if (check.phase === Phase.Sent && check.beganUs > atUs) begin(world, id, check, atUs);
  }
}
