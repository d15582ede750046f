// A connection or a startup message in front of remoted: the accept queue, the queue in front of the handlers, and a key that is in
// use. Where a node's options judge none of it, attempts go their way without a step in between.
import { retransmissionUs, synRetryUs } from '../agent.ts';
import { acceptQueueLength, enterAcceptQueue } from '../intake.ts';
import { PlaceState, fitsQueue } from '../place.ts';
import { Broken, EventKind, State, Step, Timer, Wait, timersPerAgent } from './kinds.ts';
import {
  addPlaceEvent,
  conditionOf,
  deadlineUs,
  latencyTo,
  nextStep,
  type WorldState,
  hopUs,
  hostOf,
  isBalancer,
} from './state.ts';
import { armAttemptTimeout, queueUp, waitForAnswer, waitSyn } from './waits.ts';

/** True where what remoted takes a second, or what a startup costs it, is judged. */
export function isJudged(world: WorldState, node: number): boolean {
  if (isBalancer(world, node)) return false;
  const { acceptUs, controlUs } = world.books.intake.nodes[node]!;
  return acceptUs > 0 || controlUs > 0;
}

/** Node at the far end of an attempt, behind the balancer if there is one. */
function nodeOf(world: WorldState, agent: number): number {
  return isBalancer(world, world.target[agent]!) ? world.peerNode[agent]! : world.target[agent]!;
}

/** One way from the node to who connected to it: the agent, or the balancer. */
function nearUs(world: WorldState, agent: number): number {
  const target = world.target[agent]!;
  return isBalancer(world, target) ? hopUs(world, agent, world.peerNode[agent]!) : latencyTo(world, agent, target);
}

/** One way from the node to the agent of an attempt. */
function backUs(world: WorldState, agent: number): number {
  const through = isBalancer(world, world.target[agent]!);
  return nearUs(world, agent) + (through ? latencyTo(world, agent, world.target[agent]!) : 0);
}

/** Connections that wait to be taken, by a loop that runs or by one that stands still. */
function waitingAt(world: WorldState, node: number, nowUs: number): number {
  const { state, queued } = world.places[node]!;
  return state === PlaceState.Hung ? queued : acceptQueueLength(world.books.intake.nodes[node]!, nowUs);
}

/** Whether a SYN that arrives at a node would find room for its connection. */
export function hasRoomForSyn(world: WorldState, node: number, registration: boolean, nowUs: number): boolean {
  const place = world.places[node]!;
  if (isBalancer(world, node)) return fitsQueue(place.queued, place.acceptQueue);
  if (registration) return fitsQueue(place.queuedRegistration, place.acceptQueue);
  return fitsQueue(waitingAt(world, node, nowUs), world.books.intake.nodes[node]!.acceptQueue);
}

/** False: the SYN that arrives at a node that works, or stands still, is dropped. */
export function takesSyn(world: WorldState, node: number, nowUs: number): boolean {
  if (fitsQueue(waitingAt(world, node, nowUs), world.books.intake.nodes[node]!.acceptQueue)) return true;
  world.books.overflowed(node, nowUs);
  return false;
}

/** A SYN was dropped: the agent's kernel sends it again until it gives up. */
export function repeatSyn(world: WorldState, agent: number, nowUs: number): void {
  world.establishedAtUs[agent] = -Infinity;
  waitSyn(world, agent, true);
  const { kernel } = world.options.groups[world.groupOf[agent]!]!.agent;
  const wayUs = latencyTo(world, agent, world.target[agent]!);
  const sinceUs = world.connectAtUs[agent]!;
  const againUs = synRetryUs(sinceUs, nowUs - wayUs + 1, kernel.synLinearTimeouts, kernel.connectTimeoutUs) + wayUs;
  if (againUs < deadlineUs(world, agent, Timer.Main)) nextStep(world, agent, Step.Arrive, againUs);
}

/** The same for the balancer's SYN; the wait for the peer and its end are set up. */
export function repeatPeerSyn(world: WorldState, agent: number, nowUs: number): void {
  const { kernel } = hostOf(world, agent).options;
  const wayUs = nearUs(world, agent);
  const sinceUs = world.peerSinceUs[agent]!;
  const againUs = synRetryUs(sinceUs, nowUs - wayUs + 1, kernel.synLinearTimeouts, kernel.connectTimeoutUs) + wayUs;
  if (againUs < deadlineUs(world, agent, Timer.Path)) nextStep(world, agent, Step.PeerArrive, againUs);
}

/** The handshake is over on the node's side, if the accept queue still has room. */
export function entersQueue(world: WorldState, agent: number, nowUs: number): void {
  const node = nodeOf(world, agent);
  const condition = conditionOf(world.places[node]!, world.nodeLife[agent]!);
  if (condition === Broken.Dead) {
    nextStep(world, agent, Step.Fail, nowUs + backUs(world, agent));
    return;
  }
  armAttemptTimeout(world, agent);
  const { acceptQueue } = world.books.intake.nodes[node]!;
  const isFull = !fitsQueue(waitingAt(world, node, nowUs), acceptQueue);
  if (condition === Broken.Silent || isFull) {
    // A full queue: Linux forgets the third packet. What brings it back is the startup message, sent again.
    if (condition !== Broken.Silent) world.books.overflowed(node, nowUs);
    const wayUs = nearUs(world, agent);
    nextStep(world, agent, Step.Enters, retransmissionUs(firstDataUs(world, agent), nowUs - wayUs + 1) + wayUs);
    return;
  }
  if (condition === Broken.Hung) {
    queueUp(world, agent, world.places[node]!, false, node, nowUs);
    waitForAnswer(world, agent, nowUs);
    return;
  }
  takeAt(world, agent, enterAcceptQueue(world.books.intake.nodes[node]!, nowUs), nowUs);
}

/** When the first data of an attempt left for the node. */
function firstDataUs(world: WorldState, agent: number): number {
  return isBalancer(world, world.target[agent]!) ? world.peerHeardUs[agent]! : world.establishedAtUs[agent]!;
}

function takeAt(world: WorldState, agent: number, takenUs: number, nowUs: number): void {
  if (takenUs <= nowUs) {
    taken(world, agent, nowUs);
    return;
  }
  world.wait[agent] = Wait.Accepts;
  armAttemptTimeout(world, agent);
  nextStep(world, agent, Step.Taken, takenUs);
}

/** remoted takes the connection, and reads what has come over it. */
export function taken(world: WorldState, agent: number, nowUs: number): void {
  const node = nodeOf(world, agent);
  world.ticket[agent] = -1;
  world.untaken[agent] = 0;
  world.books.accepted(node, nowUs);
  startupRead(world, agent, node, nowUs);
}

/** A node goes on after a hang: its accept queue is taken from the front, a connection a pass. */
export function takeQueued(world: WorldState, agent: number, nowUs: number): void {
  const { acceptUs } = world.books.intake.nodes[nodeOf(world, agent)]!;
  takeAt(world, agent, nowUs + world.ticket[agent]! * acceptUs, nowUs);
}

/** The startup message is read: the handlers answer when they come to it. */
export function startupRead(world: WorldState, agent: number, node: number, nowUs: number): void {
  const { intake } = world.books;
  world.wait[agent] = Wait.None;
  if (world.refused[agent] === 1) {
    world.books.keyRefused(node, nowUs);
    nextStep(world, agent, Step.Fail, nowUs + backUs(world, agent));
    return;
  }
  const answered = intake.startup(node, nowUs, agent, world.serial[agent]!);
  if (answered === true) {
    answer(world, agent, nowUs);
    return;
  }
  waitForAnswer(world, agent, nowUs);
  // What found no room is answered by nobody, whatever becomes of the node.
  world.wait[agent] = answered === false ? Wait.Handler : Wait.None;
  if (intake.nodes[node]!.waiting.length === 1) scheduleHandlers(world, node);
}

function answer(world: WorldState, agent: number, nowUs: number): void {
  world.wait[agent] = Wait.None;
  nextStep(world, agent, Step.Handshake, nowUs + backUs(world, agent));
}

/** The handlers of a node come to the next startup. */
export function handlersServe(world: WorldState, node: number, nowUs: number): void {
  world.handlerEvents[node] = -1;
  world.books.intake.serve(node, nowUs, (agent, serial) => {
    if (world.serial[agent] === serial && world.wait[agent] === Wait.Handler) {
      answer(world, agent, nowUs);
      return true;
    }
    return world.udpAttempt[agent] === 1;
  });
  scheduleHandlers(world, node);
}

function scheduleHandlers(world: WorldState, node: number): void {
  if (world.handlerEvents[node]! >= 0) world.queue.remove(world.handlerEvents[node]!);
  world.handlerEvents[node] = -1;
  const { nextUs, works } = world.books.intake.nodes[node]!;
  if (!works || nextUs >= world.options.durationUs) return;
  world.handlerEvents[node] = addPlaceEvent(world, EventKind.Handlers, node, nextUs);
}

/** An attempt is over, or has become a session: what of it still waits anywhere is nobody's. */
export function forgetAttempt(world: WorldState, agent: number): void {
  world.serial[agent]! += 1;
  world.refused[agent] = 0;
  world.ticket[agent] = -1;
}

/** A node is in another state, before anybody looks again. */
export function nodeTurned(world: WorldState, node: number, before: number, reborn: boolean, nowUs: number): void {
  if (isBalancer(world, node)) return;
  const { intake } = world.books;
  const place = world.places[node]!;
  const own = intake.nodes[node]!;
  if (reborn) intake.forget(node, nowUs);
  if (before === PlaceState.Up && place.state === PlaceState.Hung) place.queued = acceptQueueLength(own, nowUs);
  intake.setWorks(node, nowUs, place.state === PlaceState.Up);
  if (before === PlaceState.Hung && place.state === PlaceState.Up && own.acceptUs > 0) {
    own.freeUs = nowUs + place.queued * own.acceptUs;
  }
  if (own.controlUs > 0) scheduleHandlers(world, node);
}

/** A place changed while an attempt waits in front of remoted. */
export function reviewIntake(world: WorldState, agent: number, nowUs: number): void {
  const node = nodeOf(world, agent);
  if (node < 0) return;
  const condition = conditionOf(world.places[node]!, world.nodeLife[agent]!);
  if (condition === Broken.Hung) {
    if (world.wait[agent] !== Wait.Accepts) return;
    const { acceptUs } = world.books.intake.nodes[node]!;
    world.ticket[agent] = Math.ceil((deadlineUs(world, agent, Timer.Path) - nowUs) / acceptUs) - 1;
    world.queue.cancel(agent * timersPerAgent + Timer.Path);
    waitForAnswer(world, agent, nowUs);
  } else if (condition === Broken.Silent) {
    world.queue.cancel(agent * timersPerAgent + Timer.Path);
    waitForAnswer(world, agent, nowUs);
    world.wait[agent] = Wait.None;
  } else if (condition === Broken.Dead && world.udpAttempt[agent] === 0) {
    world.wait[agent] = Wait.None;
    nextStep(world, agent, Step.Fail, nowUs + backUs(world, agent));
  } else if (condition === Broken.Dead) {
    world.wait[agent] = Wait.None; // a datagram that was taken in gets no refusal
  }
}

/** True while an attempt is at the event port: an enrollment is another daemon's. */
export function isForRemoted(world: WorldState, agent: number): boolean {
  return world.state[agent] !== State.Enrolling;
}
