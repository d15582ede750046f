// What happens to places, and who has to look again.
import { newProxy } from '../balancer/proxy.ts';
import { killDefaults, type FaultOptions } from '../fault.ts';
import type { PlannedFault } from '../faultPlan.ts';
import { analysisOutlivesUs } from '../managerVersions.ts';
import { End } from '../nodeQueue.ts';
import { PlaceState, capacityShare, marksOf, stateOf, type Place } from '../place.ts';
import { endChained, isInFront } from './chain.ts';
import { scheduleDrain, setDrain } from './drain.ts';
import { enrolmentBegins } from './enrolment.ts';
import { reviewAttempt, waitInVain } from './attempts.ts';
import { nodeTurned } from './intake.ts';
import { dropFlows, partitionEnd, partitionStart } from './cuts.ts';
import { resumeChecks, reviewChecks, stallChecks, startChecks, stopChecks } from './checks.ts';
import { cutThrough, flowsLost } from './flows.ts';
import { masterChanged } from './haproxyHelper.ts';
import type { BalancerHost } from './host.ts';
import { admitWaiting } from './slots.ts';
import { reviewAbandoned } from './abandoned.ts';
import { keptAt, reviewLeftovers } from './leftovers.ts';
import { awaitFlush, judgeMemory } from './flush.ts';
import { Leg } from './legs.ts';
import { command } from './lifecycle.ts';
import { reviewSession } from './path.ts';
import { reconfigure, reloadResumed } from './reload.ts';
import { readOldConnection } from './oldConnection.ts';
import { EventKind, State, Step, Timer, Wait, timersPerAgent } from './kinds.ts';
import { addPlaceEvent, latencyTo, nextStep, type WorldState, isBalancer } from './state.ts';
import { datagramsTurned } from './udpBalanced.ts';
import { reviewVips } from './vip.ts';
import { armAttemptTimeout } from './waits.ts';

export function scheduleFaults(world: WorldState): void {
  // Where one fault takes over from another, nothing works in between.
  for (const fault of world.faults) {
    scheduleDrain(world, fault);
    addPlaceEvent(world, EventKind.FaultStart, fault.index, fault.startUs);
  }
  for (const fault of world.faults) {
    if (fault.endUs < world.options.durationUs) addPlaceEvent(world, EventKind.FaultEnd, fault.index, fault.endUs);
  }
}

export function faultStart(world: WorldState, fault: PlannedFault, nowUs: number): void {
  world.cause = fault.index;
  // Nobody waits for the end of what never ends.
  if (fault.endUs === Infinity) world.faultsUnderWay -= 1;
  const { options } = fault;
  switch (options.kind) {
    case 'kill':
    case 'powerOff':
    case 'hang':
    case 'stop':
    case 'restart':
    case 'rolling':
    case 'zombie':
    case 'slow':
      for (const index of fault.placeIndexes) hitPlace(world, fault, index, nowUs);
      break;
    case 'reload':
    case 'addNode':
    case 'removeNode':
      reconfigure(world, fault, options, nowUs);
      break;
    case 'drain':
      setDrain(world, fault, 'drain', nowUs);
      break;
    // The paths between places: cuts.ts.
    case 'partition':
      partitionStart(world, fault, nowUs);
      break;
    case 'dropFlows':
      dropFlows(world, fault, nowUs);
      break;
    // Commands to agents: lifecycle.ts.
    case 'restartAgents':
    case 'pushConfig':
    case 'reconnectAgents':
      command(world, fault, nowUs);
      break;
    // enrolment.ts
    case 'enroll':
      enrolmentBegins(world, fault);
      break;
    default:
      options satisfies never;
  }
  // All places of a fault change before anybody looks.
  for (const index of fault.placeIndexes) placeChanged(world, index, nowUs);
}

export function faultEnd(world: WorldState, fault: PlannedFault, nowUs: number): void {
  world.cause = fault.index;
  world.faultsUnderWay -= 1;
  const { options } = fault;
  switch (options.kind) {
    case 'kill':
    case 'powerOff':
    case 'hang':
    case 'stop':
    case 'restart':
    case 'rolling':
    case 'zombie':
    case 'slow':
      for (const index of fault.placeIndexes) releasePlace(world, options, index, nowUs);
      if (options.kind === 'rolling' && options.drainUs > 0) setDrain(world, fault, 'ready', nowUs);
      break;
    case 'partition':
      partitionEnd(world, fault, nowUs);
      break;
    case 'drain':
      setDrain(world, fault, 'ready', nowUs);
      break;
    default: // What happens at an instant has no end.
  }
  for (const index of fault.placeIndexes) placeChanged(world, index, nowUs);
}

function hitPlace(world: WorldState, { options, index: occurrence }: PlannedFault, index: number, nowUs: number): void {
  const place = world.places[index]!;
  switch (options.kind) {
    case 'kill':
      die(world, index, options.acceptsForUs, nowUs);
      break;
    case 'stop':
    case 'restart':
    case 'rolling':
      // exit() writes what is analysed; an analysisd that stands still is killed in the end.
      if (place.state === PlaceState.Up || (place.state === PlaceState.Hung && place.hung === 0))
        place.stoppedAtUs = nowUs;
      die(world, index, killDefaults.acceptsForUs, nowUs);
      break;
    case 'powerOff':
      place.poweredOff += 1;
      place.life += 1;
      break;
    case 'hang':
      standStill(place, options, 1);
      break;
    case 'zombie':
      place.zombie += 1;
      place.zombieFault = occurrence;
      break;
    case 'slow':
      place.slow = [...place.slow, options.toShare];
      world.books.slowed(index, nowUs, capacityShare(place));
      break;
    default:
  }
}

/** The processes end, and the kernel closes what they had open. */
function die(world: WorldState, index: number, acceptsForUs: number, nowUs: number): void {
  const place = world.places[index]!;
  place.killed += 1;
  place.life += 1;
  // A process that did not run, or a host that is off, takes no more connections.
  if (place.state !== PlaceState.Up && place.state !== PlaceState.Hung) return;
  place.acceptsUntilUs = nowUs + acceptsForUs;
  if (acceptsForUs > 0) addPlaceEvent(world, EventKind.AcceptsEnd, index, place.acceptsUntilUs);
}

function standStill(place: Place, { only }: Extract<FaultOptions, { kind: 'hang' }>, change: number): void {
  if (only === 'remoted') place.hungRemoted += change;
  else if (only === 'authd') place.hungAuthd += change;
  else place.hung += change;
}

function releasePlace(world: WorldState, options: FaultOptions, index: number, nowUs: number): void {
  const place = world.places[index]!;
  const ran = place.killed === 0 && place.poweredOff === 0;
  switch (options.kind) {
    case 'kill':
    case 'stop':
    case 'restart':
    case 'rolling':
      place.killed -= 1;
      break;
    case 'powerOff':
      place.poweredOff -= 1;
      break;
    case 'hang':
      standStill(place, options, -1);
      break;
    case 'zombie':
      place.zombie -= 1;
      break;
    case 'slow': {
      const at = place.slow.indexOf(options.toShare);
      place.slow = place.slow.filter((_, position) => position !== at);
      world.books.slowed(index, nowUs, capacityShare(place));
      break;
    }
    default:
  }
  if (!ran && place.killed === 0 && place.poweredOff === 0) {
    place.startsUntilUs = nowUs + place.startupUs;
    if (place.startupUs > 0) addPlaceEvent(world, EventKind.StartupEnd, index, place.startsUntilUs);
  }
}

/** A place may be in another state now: whoever depends on it looks again. */
export function placeChanged(world: WorldState, index: number, nowUs: number): void {
  const place = world.places[index]!;
  const before = place.state;
  const after = stateOf(place, nowUs);
  const isProxy = isBalancer(world, index);
  const reborn = place.seenLife !== place.life;
  const marks = marksOf(place);
  const marksBefore = place.seenMarks;
  if (before === after && !reborn && marks === marksBefore) return;
  const turnsZombie = (marks & 1) > (marksBefore & 1);
  place.state = after;
  place.seenLife = place.life;
  place.seenMarks = marks;
  world.lastChangeUs = nowUs;
  world.probe.changed?.(index, nowUs, after);
  const isStop = place.stoppedAtUs === nowUs && index < world.options.nodes.length;
  const graceUs = isStop ? analysisOutlivesUs(world.options.nodes[index]!.version) : 0;
  // analysisd works on while remoted alone stands still; what waits in a node that turns into a zombie is lost.
  const works = after === PlaceState.Hung && place.hung === 0 ? PlaceState.Up : after;
  const end = isStop ? End.InOrder : reborn ? End.Killed : turnsZombie ? End.Zombie : End.None;
  world.books.placeChanged(index, nowUs, works, end, graceUs);
  world.links.placeChanged(index, nowUs, works, reborn);
  nodeTurned(world, index, before, reborn, nowUs);
  if (reborn) world.registration.restarted(index, nowUs);
  if (reborn) {
    place.queued = 0;
    place.queuedRegistration = 0;
    loseHeld(world, index, nowUs);
    if (isProxy) resetBalancer(world, index, nowUs);
  }
  if ((marksBefore & 2) > (marks & 2)) place.queuedRegistration = 0;
  if (turnsZombie && !isProxy) judgeMemory(world, index, 'zombie', nowUs);
  // analysisd goes on, with or without remoted.
  if (before === PlaceState.Hung && place.hung === 0 && !reborn && !isProxy) awaitFlush(world, index, nowUs);
  if (before === PlaceState.Hung && after === PlaceState.Up) {
    place.queued = 0;
    deliverHeld(world, index, nowUs);
  }
  if (isProxy) datagramsTurned(world, world.hosts[index - world.nodeCount]!, before, reborn, nowUs);
  if (isProxy) forwarderTurned(world, world.hosts[index - world.nodeCount]!, before, reborn, nowUs);
  reviewLeftovers(world, nowUs);
  reviewAbandoned(world, nowUs);
  if (index === world.links.master) masterChanged(world, nowUs);
  if (isProxy) checksOfHost(world, world.hosts[index - world.nodeCount]!, before, reborn, nowUs);
  reviewChecks(world, index, nowUs);
  for (let agent = 0; agent < world.agents; agent++) {
    const state = world.state[agent]!;
    if (state === State.Connected || state === State.Frozen || state === State.Stale) {
      if (
        world.node[agent] === index ||
        (isProxy && world.viaBalancer[agent] === 1 && world.target[agent] === index) ||
        world.through[agent] === index
      ) {
        reviewSession(world, agent, nowUs);
      }
    } else if (world.wait[agent] !== Wait.None) {
      if (world.target[agent] === index || world.peerNode[agent] === index || world.through[agent] === index) {
        reviewAttempt(world, agent, nowUs);
      }
    }
  }
  if (isProxy && before === PlaceState.Hung && (reborn || after === PlaceState.Up))
    reloadResumed(world, world.hosts[index - world.nodeCount]!, reborn, nowUs);
  if (isProxy) reviewVips(world, index, nowUs);
}

/** True when the session the agent has now ends at the place, or leads through it. */
function isOnPath(world: WorldState, agent: number, index: number): boolean {
  if (world.node[agent] === index) return true;
  return world.target[agent] === index && world.node[agent]! >= 0 && world.viaBalancer[agent] === 1;
}

/** The processes of a place are new: what older connections hold there is lost. */
function loseHeld(world: WorldState, index: number, nowUs: number): void {
  const { pipelines } = world.books;
  if (pipelines.pathCount.length === 0) return;
  // exit() writes what is analysed.
  if (!isBalancer(world, index))
    judgeMemory(world, index, world.places[index]!.stoppedAtUs === nowUs ? 'delivered' : 'nodeMemory', nowUs);
  for (let agent = 0; agent < world.agents; agent++) {
    // What a balancer that stands still keeps for a connection that is gone goes nowhere when it goes on.
    for (const { place } of world.hosts) {
      if (place === index) world.leftovers.inVain.delete(keptAt(world, agent, place));
      else if (pipelines.heldInPath(agent, place) > 0) {
        const node = pipelines.pathNode[agent * pipelines.slots + place]!;
        if (node === index && !isOnPath(world, agent, place)) world.leftovers.inVain.add(keptAt(world, agent, place));
      }
    }
    if (pipelines.heldInPath(agent, index) === 0) continue;
    if (isOnPath(world, agent, index)) pipelines.advance(agent, nowUs);
    const held = pipelines.heldInPath(agent, index);
    pipelines.settlePath(agent, index, 'path', nowUs);
    // What fills the send buffer of a sender that sleeps stays there, as nobody acknowledges it any more.
    const at = 2 * agent + (isBalancer(world, index) ? Leg.Front : Leg.Back);
    world.legs.heldBefore[at] = world.blocked[agent] === 1 ? world.legs.heldBefore[at]! - held : 0;
  }
}

/** A place works again: it takes what agents that have left since wrote into their old connections. */
function deliverHeld(world: WorldState, index: number, nowUs: number): void {
  const { pipelines } = world.books;
  if (pipelines.pathCount.length === 0) return;
  for (let agent = 0; agent < world.agents; agent++) {
    if (pipelines.heldInPath(agent, index) === 0) continue;
    if (isOnPath(world, agent, index)) continue;
    if (isBalancer(world, index) && world.leftovers.inVain.delete(keptAt(world, agent, index))) {
      pipelines.settlePath(agent, index, 'path', nowUs);
      continue;
    }
    const node = pipelines.pathNode[agent * pipelines.slots + index]!;
    if (isBalancer(world, index) && world.places[node]!.state === PlaceState.Hung) {
      pipelines.movePath(agent, index, node);
      continue;
    }
    if (world.places[node]!.state !== PlaceState.Up) {
      pipelines.settlePath(agent, index, 'path', nowUs);
      continue;
    }
    readOldConnection(world, agent, index, node, nowUs);
  }
}

/** A balancer that ends no connections takes them down with itself only where nothing else knows them. */
function forwarderTurned(world: WorldState, host: BalancerHost, before: number, reborn: boolean, nowUs: number): void {
  const { forwarding } = host.proxies[0]!;
  if (forwarding ? forwarding.passes !== 'packets' : !isInFront(host, world.nodeCount)) return;
  const { state } = world.places[host.place]!;
  const isOff = state === PlaceState.Silent;
  const wasOff = before === PlaceState.Silent;
  if (isOff !== wasOff) cutThrough(world, host.place, isOff, nowUs);
  if (!reborn) return;
  if (forwarding) {
    if (isOff || !forwarding.survivesProcess) flowsLost(world, host, nowUs);
  } else if (isOff) {
    flowsLost(world, host, nowUs);
  } else {
    for (const agent of [...host.flows].sort((a, b) => a - b)) endChained(world, agent, nowUs);
  }
}

/** Processes that end take their checks with them; those that start begin with theirs. */
function checksOfHost(world: WorldState, host: BalancerHost, before: number, reborn: boolean, nowUs: number): void {
  const { state } = world.places[host.place]!;
  const isBetween = (one: number): boolean => one === PlaceState.Up || one === PlaceState.Hung;
  if (reborn) stopChecks(world, host);
  if (state === PlaceState.Up && (reborn || !isBetween(before))) startChecks(world, host, nowUs);
  else if (state === PlaceState.Up) {
    resumeChecks(world, host, nowUs);
    admitWaiting(world, host, host.proxies.at(-1)!, nowUs);
  } else if (!reborn && isBetween(before)) stallChecks(world, host, nowUs);
}

/** The processes of a balancer are new: they know nothing of the connections that those before them had. */
function resetBalancer(world: WorldState, index: number, nowUs: number): void {
  const host = world.hosts[index - world.nodeCount]!;
  for (let agent = 0; agent < world.agents; agent++) {
    if (world.target[agent] === index) world.generation[agent] = 0;
  }
  host.proxies = [newProxy(host.options, host.product, world.options, host.luck)];
  world.probe.processesStarted?.(host.place, nowUs);
  const killed = world.places[index]!.state !== PlaceState.Silent;
  for (const agent of [...world.sessions.keys()].sort((a, b) => a - b)) {
    if (world.target[agent] !== index) continue;
    world.sessions.delete(agent);
    world.peerNode[agent] = -1;
    world.queue.cancel(agent * timersPerAgent + Timer.Path);
    if (killed) {
      world.wait[agent] = Wait.None;
      nextStep(world, agent, Step.Fail, nowUs + latencyTo(world, agent, index));
    } else {
      armAttemptTimeout(world, agent);
      waitInVain(world, agent);
    }
  }
}
