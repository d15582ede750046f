// A manager has answered: what was an attempt is a session, and the agent goes on with its work.
import { lockReleaseUs, wholeSeconds } from '../agent.ts';
import { Down, Sink } from '../pipeline/sink.ts';
import { PlaceState } from '../place.ts';
import { owe } from './orders.ts';
import { Broken, State, Timer, Wait, timersPerAgent } from './kinds.ts';
import { armTimer, nodeLatencyUs, type WorldState } from './state.ts';
import { Errand } from './enrolment.ts';
import { cameBack } from './haproxyHelper.ts';
import { noteStartup } from './heard.ts';
import { armIdle } from './idle.ts';
import { forgetAttempt } from './intake.ts';
import { Leg, isCutBack, isCutThere, isDark } from './legs.ts';
import { reviewSession } from './path.ts';
import { expectDatagram } from './udpBalanced.ts';
import { armForced, forcedDueUs, noteBacklog, serverOf } from './waits.ts';
import { joinZombie } from './zombie.ts';

/** The handshake's ACK has come. */
export function handshakeDone(world: WorldState, agent: number, nowUs: number): void {
  const server = serverOf(world, agent);
  const session = world.sessions.get(agent);
  forgetAttempt(world, agent);
  world.viaBalancer[agent] = session ? 1 : 0;
  world.udp[agent] = server.protocol === 'udp' && !session ? 1 : 0;
  const node = session ? world.peerNode[agent]! : world.target[agent]!;
  if (session) {
    world.worker[agent] = session.worker;
    world.peer[agent] = session.peerIndex;
    world.sessions.delete(agent);
  }
  world.node[agent] = node;
  world.books.joined(node, nowUs, agent);
  welcome(world, agent, nowUs);
}

/** The agent has its session with a node that answers: it goes on with its work. */
export function welcome(world: WorldState, agent: number, nowUs: number): void {
  const { pipelines } = world.books;
  const group = world.options.groups[world.groupOf[agent]!]!;
  const node = world.node[agent]!;
  world.queue.cancel(agent * timersPerAgent + Timer.Main);
  world.state[agent] = State.Connected;
  world.wait[agent] = Wait.None;
  world.broken[agent] = Broken.No;
  world.brokenPlace[agent] = -1;
  world.legs.reset(agent);
  world.repeats.sentUs[agent] = NaN;
  world.ackBeforeHealUs[agent] = nowUs;
  const toNodeUs = nodeLatencyUs(world, agent);
  const second = wholeSeconds(nowUs, world.keepalivePhaseUs[agent]!);
  world.ackUs[agent] = nowUs;
  world.connectedSecond[agent] = wholeSeconds(world.attemptAtUs[agent]!, world.phaseUs[agent]!);
  // The first keepalive is due at once.
  if (world.keepaliveSecond[agent] === -Infinity) world.keepaliveSecond[agent] = second - group.agent.notifyTimeSeconds;
  const keepaliveIsDue = second - world.keepaliveSecond[agent]! >= group.agent.notifyTimeSeconds;
  if (keepaliveIsDue && forcedDueUs(world, agent) > nowUs) {
    world.keepaliveSecond[agent] = second;
    world.ackUs[agent] = nowUs + 2 * toNodeUs;
    world.books.intake.keepalive(node, nowUs, agent, nowUs + toNodeUs);
  }
  noteStartup(world, agent, nowUs, world.ackUs[agent] > nowUs);
  pipelines.advance(agent, nowUs);
  pipelines.sink[agent] = Sink.Live;
  pipelines.sinkPlace[agent] = node;
  pipelines.sinkNode[agent] = node;
  pipelines.latencyUs[agent] = toNodeUs;
  pipelines.reads[agent] = 1;
  let flowsUs = nowUs;
  if (world.dispatcherMetUs[agent] === -Infinity) {
    pipelines.resumeDispatcher(agent, nowUs);
  } else {
    flowsUs = lockReleaseUs(world.dispatcherMetUs[agent]!, nowUs);
    armTimer(world, agent, Timer.Dispatch, flowsUs);
  }
  if (pipelines.limits[world.groupOf[agent]!]!.blocks) {
    pipelines.release(agent, nowUs);
  } else if (pipelines.down[agent] === Down.No) {
    const atSocket = world.atSocket[agent] === 1;
    world.atSocket[agent] = 0;
    if (world.logcollectorMetUs[agent] === -Infinity && !atSocket && pipelines.seen[agent]! > world.lockSeen[agent]!) {
      world.logcollectorMetUs[agent] = pipelines.writtenAt(agent, world.lockSeen[agent]! + 1);
    }
    const met = world.logcollectorMetUs[agent]!;
    world.releaseUs[agent] = -Infinity;
    if (met === -Infinity) {
      pipelines.collects[agent] = 1;
      pipelines.release(agent, nowUs);
    } else {
      const releasedUs = lockReleaseUs(met, nowUs);
      armTimer(world, agent, Timer.Logcollector, releasedUs);
      world.releaseUs[agent] = releasedUs;
      if (releasedUs > flowsUs) flowsUs = releasedUs;
    }
  }
  armForced(world, agent, nowUs);
  if (world.enrolment.reportedUs[agent]! === Infinity) world.enrolment.reportedUs[agent] = nowUs;
  world.errand[agent] = Errand.None;
  owe(world, agent, nowUs);
  world.probe.connected?.(agent, nowUs, world.server[agent]!, node);
  world.lastChangeUs = nowUs;
  if (world.places[node]!.zombie > 0) {
    joinZombie(world, agent, nowUs);
    return;
  }
  // An answer that waited to be read came from a node that has gone since: the agent is on it, and not back.
  if (world.udp[agent] === 1 && world.places[node]!.state !== PlaceState.Up) {
    if (world.open.fault[agent]! < 0) world.away -= 1;
    world.ackBeforeHealUs[agent] = nowUs; // the keepalive that leaves now is not answered
    reviewSession(world, agent, nowUs);
    return;
  }
  if (world.udp[agent] === 1) expectDatagram(world, agent, nowUs);
  // Its way was cut behind the answer.
  if (world.udp[agent] === 0 && isBehindCut(world, agent)) {
    joinBehindCut(world, agent, flowsUs, nowUs);
    return;
  }
  armIdle(world, agent, nowUs);
  cameBack(world, agent, node, nowUs);
  world.away -= 1;
  if (world.open.fault[agent]! >= 0) {
    world.books.blind(agent, flowsUs - Math.max(world.open.brokenAtUs[agent]!, world.legs.unheardUs[agent]!));
    world.outages.close(world.open, agent, 'reconnected', node, world.attemptAtUs[agent]!, nowUs);
    world.backSinceUs[agent] = nowUs;
    noteBacklog(world, agent, nowUs);
  } else {
    world.backSinceUs[agent] = -Infinity;
  }
}

function isBehindCut(world: WorldState, agent: number): boolean {
  if (world.ways.whole) return false;
  for (let leg: Leg = world.viaBalancer[agent] === 1 ? Leg.Front : Leg.Back; leg <= Leg.Back; leg += 1) {
    if (isCutThere(world, agent, leg) || isCutBack(world, agent, leg)) return true;
  }
  return false;
}

/** The agent has its session, and is not back: what it says does not come through, or what it is told. */
function joinBehindCut(world: WorldState, agent: number, flowsUs: number, nowUs: number): void {
  const { legs, open } = world;
  const wasAway = open.fault[agent]! >= 0;
  const sinceUs = Math.max(open.brokenAtUs[agent]!, legs.unheardUs[agent]!);
  if (!wasAway) world.away -= 1;
  reviewSession(world, agent, nowUs);
  if (!wasAway) return;
  if (isDark(world.broken[agent]!)) legs.unheardUs[agent] = sinceUs;
  else world.books.blind(agent, flowsUs - sinceUs);
}
