// An attempt on a way that is cut: whoever has not been heard repeats what it said. docs/MODEL.md, "A path that is cut, or forgotten".
import { retransmissionUs } from '../agent.ts';
import { PlaceState } from '../place.ts';
import { Leg } from './legs.ts';
import { State, Step, Timer, Wait, timersPerAgent } from './kinds.ts';
import { latencyTo, nextStep, type WorldState, hopUs, isBalancer, endOf } from './state.ts';
import { armAttemptTimeout, waitForAnswer } from './waits.ts';

/** By agent: what an attempt waits to be repeated. */
export class Repeats {
  /** When it was sent first; NaN: nothing is repeated. */
  readonly sentUs: Float64Array;
  /** From its sender to where the cut lies, and from there until the agent has its answer. */
  readonly toUs: Float64Array;
  readonly backUs: Float64Array;
  /** It is lost between the balancer and the agent. */
  readonly isInFront: Uint8Array;

  constructor(agents: number) {
    this.sentUs = new Float64Array(agents).fill(NaN);
    this.toUs = new Float64Array(agents);
    this.backUs = new Float64Array(agents);
    this.isInFront = new Uint8Array(agents);
  }
}

/** Since when the way of an attempt to its target, or from the balancer to the peer, is cut; Infinity: it is not. */
export function attemptCutSinceUs(world: WorldState, agent: number, leg: Leg): number {
  const { ways } = world;
  if (ways.whole) return Infinity;
  const target = world.target[agent]!;
  const far = leg === Leg.Front ? target : world.peerNode[agent]!;
  if (far < 0 || (leg === Leg.Back && !isBalancer(world, target))) return Infinity;
  const near = leg === Leg.Front ? endOf(world, agent) : ways.endOfPlace(target);
  return ways.sinceUs(near, ways.endOfPlace(far));
}

/** Since when nothing comes from the balancer to the agent. */
function answersCutSinceUs(world: WorldState, agent: number): number {
  return world.ways.wayCutSinceUs(world.ways.endOfPlace(world.target[agent]!), endOf(world, agent));
}

/** Since when nothing comes from the agent to the balancer. */
function questionsCutSinceUs(world: WorldState, agent: number): number {
  return world.ways.wayCutSinceUs(endOf(world, agent), world.ways.endOfPlace(world.target[agent]!));
}

function repeat(world: WorldState, agent: number, sentUs: number, toUs: number, backUs: number): void {
  const { repeats } = world;
  repeats.sentUs[agent] = sentUs;
  repeats.toUs[agent] = toUs;
  repeats.backUs[agent] = backUs;
  repeats.isInFront[agent] = 0;
}

function isDatagram(world: WorldState, agent: number): boolean {
  return world.udpAttempt[agent] === 1 && world.state[agent] !== State.Enrolling;
}

/** An answer is due that a cut has kept: the question was lost, or the answer was. @returns false when nothing was lost. */
export function isAnswerLost(world: WorldState, agent: number, nowUs: number): boolean {
  if (world.ways.whole) return false;
  const target = world.target[agent]!;
  const node = world.peerNode[agent]!;
  const toTargetUs = latencyTo(world, agent, target);
  const toPeerUs = node < 0 ? 0 : hopUs(world, agent, node);
  if (attemptCutSinceUs(world, agent, Leg.Back) <= nowUs - toTargetUs - toPeerUs) {
    repeat(world, agent, nowUs - toTargetUs - 2 * toPeerUs, toPeerUs, toPeerUs + toTargetUs);
  } else if (isBalancer(world, target)) {
    // Through the balancer it is the answer that is lost there, and it alone passes there now.
    if (answersCutSinceUs(world, agent) > nowUs - toTargetUs) return false;
    repeat(world, agent, nowUs - toTargetUs, 0, toTargetUs);
    world.repeats.isInFront[agent] = 1;
  } else if (attemptCutSinceUs(world, agent, Leg.Front) <= nowUs - toTargetUs) {
    if (isDatagram(world, agent)) {
      world.wait[agent] = Wait.None;
      armAttemptTimeout(world, agent);
      return true;
    }
    repeat(world, agent, nowUs - 2 * toTargetUs, toTargetUs, toTargetUs);
  } else {
    return false;
  }
  waitForAnswer(world, agent, nowUs);
  return true;
}

/** The third packet of a handshake with the balancer has been lost, and the startup message behind it. */
export function isThirdLost(world: WorldState, agent: number, nowUs: number): boolean {
  if (questionsCutSinceUs(world, agent) > nowUs) return false;
  const oneWayUs = latencyTo(world, agent, world.target[agent]!);
  repeat(world, agent, world.establishedAtUs[agent]!, oneWayUs, 0);
  return true;
}

/**
 * A way or a place has changed while an attempt waits for the other end, which has the connection.
 * @returns true when nothing else has to be done about it.
 */
export function reviewRepeat(world: WorldState, agent: number, nowUs: number): boolean {
  const { repeats } = world;
  const isPending = !Number.isNaN(repeats.sentUs[agent]);
  if ((world.ways.whole && !isPending) || isDatagram(world, agent)) return false;
  const target = world.target[agent]!;
  const place = world.places[target]!;
  const isVia = isBalancer(world, target);
  if (world.wait[agent] === Wait.Queue && isVia && world.step[agent] === Step.Accept && !isPending) {
    // The third packet is on its way.
    if (place.state === PlaceState.Up && place.life === world.balancerLife[agent]) return true;
  }
  if (isKept(world, agent, isVia)) {
    if (!isPending) answerLost(world, agent, nowUs);
    return true;
  }
  if (!isPending) return false;
  const toUs = repeats.toUs[agent]!;
  const againUs = retransmissionUs(repeats.sentUs[agent]!, nowUs - toUs) + toUs;
  repeats.sentUs[agent] = NaN;
  if (world.wait[agent] === Wait.Queue) {
    nextStep(world, agent, Step.Accept, againUs);
    return true;
  }
  world.wait[agent] = Wait.None;
  const enrolling = world.state[agent] === State.Enrolling;
  const node = world.peerNode[agent]!;
  const aroundUs = 2 * (latencyTo(world, agent, target) + (node < 0 ? 0 : hopUs(world, agent, node)));
  const answerUs = againUs + repeats.backUs[agent]! + (enrolling ? aroundUs : 0);
  nextStep(world, agent, enrolling ? Step.Enrolled : Step.Handshake, answerUs);
  return true;
}

/** What an attempt waits for is kept by a cut: who connects through the balancer is behind one way after the other. */
function isKept(world: WorldState, agent: number, isVia: boolean): boolean {
  const { repeats } = world;
  if (!isVia) return attemptCutSinceUs(world, agent, Leg.Front) < Infinity;
  if (world.wait[agent] === Wait.Queue) return questionsCutSinceUs(world, agent) < Infinity;
  const isLostInFront = !Number.isNaN(repeats.sentUs[agent]) && repeats.isInFront[agent] === 1;
  if (isLostInFront) return answersCutSinceUs(world, agent) < Infinity;
  return attemptCutSinceUs(world, agent, Leg.Back) < Infinity;
}

/** A process that stood still goes on behind a cut, and says what nobody hears; one that still stands still says nothing yet. */
function answerLost(world: WorldState, agent: number, nowUs: number): void {
  const target = world.target[agent]!;
  const node = world.peerNode[agent]!;
  const answers = world.places[node < 0 ? target : node]!;
  if (answers.state !== PlaceState.Up || world.wait[agent] !== Wait.Ack) return;
  repeat(world, agent, nowUs, 0, latencyTo(world, agent, target) + (node < 0 ? 0 : hopUs(world, agent, node)));
}

/** A box has forgotten the connection of an attempt: it ends by its own time-out. */
export function flowsDropped(world: WorldState, agent: number): void {
  const wait = world.wait[agent]!;
  if (wait !== Wait.Ack && wait !== Wait.Queue) return;
  if (isDatagram(world, agent)) return;
  world.wait[agent] = Wait.None;
  world.repeats.sentUs[agent] = NaN;
  world.queue.cancel(agent * timersPerAgent + Timer.Path);
  armAttemptTimeout(world, agent);
}
