// An agent's request for a key comes to a node's registration service.
import { receiveTimeoutUs } from '../agent.ts';
import { Step, Wait } from './kinds.ts';
import { isBalancer, nextStep, type WorldState } from './state.ts';
import { armAttemptTimeout } from './waits.ts';

/**
 * A request for a key is with a node's authd, whose answer would be there at `answerUs` if nobody else were served and the node
 * knew all by itself.
 */
export function register(
  world: WorldState,
  agent: number,
  node: number,
  nowUs: number,
  oneWayUs: number,
  answerUs: number,
): void {
  const { timeoutSeconds } = world.options.groups[world.groupOf[agent]!]!.agent.enrollment;
  const patienceUs = timeoutSeconds === null ? Infinity : receiveTimeoutUs(timeoutSeconds);
  const { isRejected, isRelayBroken, extraUs } = world.registration.admit(
    node,
    nowUs,
    answerUs - 5 * oneWayUs,
    4 * oneWayUs,
    patienceUs,
    isBalancer(world, world.target[agent]!) ? world.target[agent]! : -1,
  );
  world.relayBroken[agent] = isRelayBroken ? 1 : 0;
  if (isRejected) {
    nextStep(world, agent, Step.Fail, nowUs + 3 * oneWayUs);
    return;
  }
  if (extraUs > 0) {
    // Long enough to see what becomes of the place.
    world.wait[agent] = Wait.Ack;
    armAttemptTimeout(world, agent);
  }
  nextStep(world, agent, Step.Enrolled, answerUs + extraUs);
}
