// Agents that come without a key: they enrol, wait, connect, and meet nodes that do not know their key yet. And the same
// request from agents that have one. Wazuh 4.14.7, src/client-agent/start_agent.c, w_agentd_keys_init() and start_agent();
// shared/enrollment_op.c; src/os_auth/auth.c.
import { retrySleepUs, wholeSeconds } from '../agent.ts';
import { atLeast } from '../agentVersions.ts';
import { keysKnownUpToUs } from '../cluster/keys.ts';
import type { PlannedFault } from '../faultPlan.ts';
import { attemptFailed, beginServer, enroll } from './attempts.ts';
import { State, timersPerAgent, Timer } from './kinds.ts';
import { armMain, latencyTo, nodeLatencyOf, type WorldState, isBalancer } from './state.ts';
import { abandonSession } from './throughBalancer.ts';
import { armAttemptTimeout } from './waits.ts';

/** What a newcomer is about. */
export const Errand = {
  None: 0,
  /** Asks for a key, server after server. */
  SeeksKey: 1,
  /** Has a key and waits `delay_after_enrollment` before it first connects. */
  Begins: 2,
  /** The same after a request in between: one attempt more at the same server. */
  TriesOnce: 3,
  /** That one has failed too: it goes on to the next server. */
  GoesOn: 4,
} as const;

/** ENROLLMENT_RETRY_TIME_DELTA and _MAX: the sleep between two rounds over the servers grows from 5 to 60 s. */
export function roundSleepUs(round: number): number {
  return Math.min(5 * round, 60) * 1_000_000;
}

/** The next `count` agents of the group begin, spread evenly. */
export function enrolmentBegins(world: WorldState, { options, groupIndexes, startUs }: PlannedFault): void {
  if (options.kind !== 'enroll') throw new Error(`${options.kind} is no enrolment`);
  const [group] = groupIndexes;
  if (group === undefined) return;
  const first = world.books.pipelines.firstOfGroup[group]!;
  const { newcomers, enrolled } = world;
  const count = Math.min(options.count, newcomers[group]! - enrolled[group]!);
  for (let i = 0; i < count; i++) {
    const agent = first + enrolled[group]! + i;
    world.errand[agent] = Errand.SeeksKey;
    armMain(world, agent, startUs + Math.floor((i * options.overUs) / options.count));
  }
  enrolled[group]! += count;
}

/** The process of an agent without a key starts; what its applications write is collected from here on. */
export function newcomerStarts(world: WorldState, agent: number, nowUs: number): void {
  const { pipelines } = world.books;
  const { agent: options } = world.options.groups[world.groupOf[agent]!]!;
  pipelines.begin(agent, nowUs);
  world.books.present(nowUs, 1);
  world.away += 1;
  world.lockSeen[agent] = pipelines.seen[agent]!;
  world.enrolment.startedUs[agent] = nowUs;
  if (options.firstKeepalive === 'afterNotifyTime') {
    world.keepaliveSecond[agent] = wholeSeconds(nowUs, world.keepalivePhaseUs[agent]!);
  }
  world.server[agent] = firstAsked(world, agent);
  world.rounds[agent] = 0;
  enroll(world, agent, nowUs);
}

/** -1: the `manager_address`, before the servers. */
function firstAsked(world: WorldState, agent: number): number {
  return world.options.groups[world.groupOf[agent]!]!.enrolsAt ? -1 : 0;
}

/** A request for a key has brought none. */
export function keyDenied(world: WorldState, agent: number, nowUs: number): void {
  const { servers } = world.options.groups[world.groupOf[agent]!]!;
  world.enrolment.failed[agent]! += 1;
  if (world.server[agent]! + 1 < servers.length) {
    world.server[agent]! += 1;
    enroll(world, agent, nowUs);
    return;
  }
  world.server[agent] = firstAsked(world, agent);
  world.rounds[agent]! += 1;
  world.state[agent] = State.Sleeping;
  armMain(world, agent, nowUs + roundSleepUs(world.rounds[agent]!));
}

/** The sleep of a newcomer is over. @returns false when it is no such sleep. */
export function newcomerWakes(world: WorldState, agent: number, nowUs: number): boolean {
  switch (world.errand[agent]) {
    case Errand.SeeksKey:
      enroll(world, agent, nowUs);
      return true;
    case Errand.Begins:
      world.errand[agent] = Errand.None;
      world.server[agent] = 0;
      beginServer(world, agent, nowUs);
      return true;
    default:
      return false;
  }
}

/** The answer to a request for a key has come. */
export function enrolmentAnswered(world: WorldState, agent: number, nowUs: number): void {
  const { enrolment, links } = world;
  if (world.relayBroken[agent] === 1) {
    attemptFailed(world, agent, nowUs);
    return;
  }
  if (world.keyUs[agent] === Infinity) {
    enrolment.keyUs[agent] = nowUs;
    keyGranted(world, agent, nowUs, Errand.Begins);
    return;
  }
  if (nowUs >= 0) enrolment.duplicates[agent]! += 1;
  // Before 4.3 a second registration replaces the first (<force_insert>, on in the file that is shipped). Who was there before
  // the run keeps its key, whatever the release.
  const master = world.options.nodes[links.master];
  const isReplaced = master !== undefined && !atLeast(master.version, '4.3.0') && world.keyUs[agent] !== -Infinity;
  if (isReplaced) keyGranted(world, agent, nowUs, Errand.TriesOnce);
  else attemptFailed(world, agent, nowUs);
}

function keyGranted(world: WorldState, agent: number, nowUs: number, errand: number): void {
  const { enrollment } = world.options.groups[world.groupOf[agent]!]!.agent;
  const slot = agent * timersPerAgent;
  world.queue.cancel(slot + Timer.Path);
  world.queue.cancel(slot + Timer.Main);
  abandonSession(world, agent, nowUs);
  world.peerNode[agent] = -1;
  world.keyUs[agent] = nowUs;
  world.errand[agent] = errand;
  world.state[agent] = State.Sleeping;
  if (errand === Errand.TriesOnce) world.triesLeft[agent] = 1;
  armMain(world, agent, nowUs + retrySleepUs(enrollment.delayAfterEnrollmentSeconds));
}

/** Whether the node that an agent's startup message has come to knows its key; the ACK would be due at `nowUs`. */
export function isKeyKnown(world: WorldState, agent: number, nowUs: number): boolean {
  const keyUs = world.keyUs[agent]!;
  if (keyUs === -Infinity) return true;
  const isBehind = isBalancer(world, world.target[agent]!);
  const node = isBehind ? world.peerNode[agent]! : world.target[agent]!;
  const backUs = isBehind ? nodeLatencyOf(world, agent, node) : latencyTo(world, agent, node);
  return keysKnownUpToUs(world.links, node, nowUs - backUs) >= keyUs;
}

/** A node does not know the key: it closes the connection; a datagram it leaves without an answer. */
export function keyRefused(world: WorldState, agent: number, nowUs: number): void {
  world.enrolment.keyUnknown[agent]! += 1;
  if (world.udpAttempt[agent] === 1) {
    armAttemptTimeout(world, agent); // a node that went on has stopped it
    return;
  }
  attemptFailed(world, agent, nowUs);
}
