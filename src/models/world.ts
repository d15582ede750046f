// The world of one replication: the one switch over event kinds. What it plays are changes of connections; events and
// keepalives are counted when a connection changes (docs/ARCHITECTURE.md, "Counting instead of playing"). Its state and what
// happens to it: world/.
import { uniform } from '../kernel/random.ts';
import { Standstill } from '../kernel/standstill.ts';
import { wholeSeconds } from './agent.ts';
import { playStatus } from './cluster/status.ts';
import type { Books } from './ledger.ts';
import { Sink } from './pipeline/sink.ts';
import { PlaceState } from './place.ts';
import { startInstants } from './starts.ts';
import { Purpose, drawIndex, groupKey } from './workload.ts';
import { answerDue, attemptFailed, synArrives, udpArrive, wakeUp } from './world/attempts.ts';
import { faultEnd, faultStart, placeChanged, scheduleFaults } from './world/faults.ts';
import { idleDue, idleEnds } from './world/idle.ts';
import { flowBegins, flowIdleDue } from './world/idleFlows.ts';
import { flushes } from './world/flush.ts';
import { entersQueue, handlersServe, taken } from './world/intake.ts';
import { scheduleChurn, startAgent, told } from './world/lifecycle.ts';
import { helperDue, helperIsContent, helperNotes, scheduleHelper } from './world/haproxyHelper.ts';
import { isWalker, revived, sleeps, walkOn } from './world/listWalk.ts';
import { sendTimesOut } from './world/sendTimeout.ts';
import { checkDue, startChecks } from './world/checks.ts';
import { settleCut } from './world/cuts.ts';
import { setDrain } from './world/drain.ts';
import { abandonedDue } from './world/abandoned.ts';
import { leftoverDue, settleLeftovers } from './world/leftovers.ts';
import { isDark } from './world/legs.ts';
import { reviewSession } from './world/path.ts';
import { isThirdLost } from './world/repeats.ts';
import { armBlock, connectionClosed, dispatcherBlocks, freeze, notice } from './world/sessions.ts';
import { shutdownDue } from './world/shutdown.ts';
import { Broken, EventKind, State, Step, Timer, Wait, timersPerAgent } from './world/kinds.ts';
import {
  WorldState,
  armMain,
  deadlineUs,
  hasNoBuffer,
  latencyTo,
  nextStep,
  nodeLatencyUs,
  type WorldFixed,
  type WorldProbe,
} from './world/state.ts';
import {
  acceptAtBalancer,
  chooseAgain,
  peerArrive,
  peerConnected,
  peerFailed,
  peerTimesOut,
  queueOver,
} from './world/throughBalancer.ts';
import { datagramDue, datagramsEnd } from './world/udpBalanced.ts';
import { takeover } from './world/vip.ts';
import { armAttemptTimeout, isForced, noteBacklog } from './world/waits.ts';
import type { Luck, WorldOptions } from './worldOptions.ts';

/** Plays one replication of one mode. @throws an Error (our mistake) when the books do not balance. */
export function runWorld(options: WorldOptions, luck: Luck, probe: WorldProbe = {}, fixed: WorldFixed = {}): Books {
  const world = new WorldState(options, luck, probe, fixed);
  const { queue } = world;
  scheduleFaults(world);
  for (const host of world.hosts) startChecks(world, host, -options.warmupUs);
  scheduleStarts(world);
  scheduleChurn(world);
  scheduleHelper(world);
  const staticSlots = queue.staticSlots;
  let warm = false;
  // An agent makes a few events at an instant; through a balancer without latency one for each server that it tries.
  const standstill = new Standstill(1_000_000 + 1_000 * world.agents);
  for (;;) {
    const slot = queue.pop();
    standstill.passed(queue.nowTick, queue.popped);
    const nowUs = slot < 0 ? Infinity : queue.nowTick - options.warmupUs;
    if (!warm && nowUs >= 0) {
      warm = true;
      world.books.atStart(world.node, queue.popped - (slot < 0 ? 0 : 1));
    }
    if (slot < 0 || nowUs >= world.endUs) break;
    if (slot < staticSlots) agentEvent(world, Math.floor(slot / timersPerAgent), slot % timersPerAgent, nowUs);
    else placeEvent(world, queue.kindOf(slot), queue.argumentOf(slot), nowUs);
    if (options.untilSettled) watchSettling(world, nowUs);
  }
  return finish(world);
}

function placeEvent(world: WorldState, kind: number, argument: number, nowUs: number): void {
  switch (kind) {
    case EventKind.FaultStart:
      faultStart(world, world.faults[argument]!, nowUs);
      return;
    case EventKind.FaultEnd:
      faultEnd(world, world.faults[argument]!, nowUs);
      return;
    case EventKind.StartupEnd:
    case EventKind.AcceptsEnd:
      placeChanged(world, argument, nowUs);
      return;
    case EventKind.Handlers:
      handlersServe(world, argument, nowUs);
      return;
    case EventKind.Flush:
      flushes(world, argument);
      return;
    case EventKind.Told:
      told(world, argument, nowUs);
      return;
    case EventKind.Leftover:
      leftoverDue(world, argument, nowUs);
      return;
    case EventKind.Abandoned:
      abandonedDue(world, argument, nowUs);
      return;
    case EventKind.Takeover:
      takeover(world, argument, nowUs);
      return;
    case EventKind.DatagramsEnd:
      datagramsEnd(world, argument, nowUs);
      return;
    case EventKind.Drain:
      setDrain(world, world.faults[argument]!, 'drain', nowUs);
      return;
    case EventKind.Check:
      checkDue(world, argument, nowUs);
      return;
    case EventKind.Helper:
      helperDue(world, argument, nowUs);
      return;
    case EventKind.Shutdown:
      shutdownDue(world, argument, nowUs);
      return;
    case EventKind.Settled:
      world.settledHandle = -1;
      if (world.away === 0 && drainedUs(world, nowUs) <= nowUs) world.endUs = Math.ceil(nowUs / 1e6) * 1e6;
      return;
    default:
      throw new Error(`unknown event kind ${kind}`);
  }
}

function scheduleStarts(world: WorldState): void {
  const { options, root } = world;
  let agent = 0;
  options.groups.forEach((group) => {
    const starts = startInstants(group, root, options.warmupUs);
    const phaseKey = groupKey(root, Purpose.ClockPhase, group);
    for (let i = 0; i < group.count; i++, agent++) {
      const fixedStart = world.fixed.startUs?.[agent];
      const fixedPhase = world.fixed.clockPhaseUs?.[agent];
      const startUs = fixedStart !== undefined && !Number.isNaN(fixedStart) ? fixedStart : starts[i]!;
      const index = drawIndex(group, i);
      const drawn = Math.floor(uniform(phaseKey, index, 0) * 1e6);
      world.phaseUs[agent] = fixedPhase !== undefined && !Number.isNaN(fixedPhase) ? fixedPhase : drawn;
      const own = group.agent.firstKeepalive === 'afterNotifyTime';
      world.keepalivePhaseUs[agent] = own ? Math.floor(uniform(phaseKey, index, 1) * 1e6) : world.phaseUs[agent]!;
      world.keepaliveSecond[agent] = own ? wholeSeconds(startUs, world.keepalivePhaseUs[agent]!) : -Infinity;
      if (world.keyUs[agent] !== Infinity) armMain(world, agent, startUs);
    }
  });
}

function agentEvent(world: WorldState, agent: number, timer: number, nowUs: number): void {
  switch (timer) {
    case Timer.Main:
      mainEvent(world, agent, nowUs);
      return;
    case Timer.Path:
      pathEvent(world, agent, nowUs);
      return;
    case Timer.Dispatch:
      if (world.books.pipelines.dispatches[agent] === 1) {
        dispatcherBlocks(world, agent, nowUs);
      } else if (world.blocked[agent] === 1) {
        sendTimesOut(world, agent, nowUs);
      } else {
        world.books.pipelines.advance(agent, nowUs);
        world.dispatcherMetUs[agent] = -Infinity;
        world.books.pipelines.resumeDispatcher(agent, nowUs);
        noteBacklog(world, agent, nowUs);
        if (world.broken[agent] !== Broken.No) armBlock(world, agent, nowUs);
      }
      return;
    case Timer.Logcollector:
      world.books.pipelines.advance(agent, nowUs);
      world.logcollectorMetUs[agent] = -Infinity;
      world.books.pipelines.collects[agent] = 1;
      world.books.pipelines.release(agent, nowUs);
      noteBacklog(world, agent, nowUs);
      if (world.broken[agent] !== Broken.No) armBlock(world, agent, nowUs);
      return;
    case Timer.Keepalive:
      world.books.pipelines.advance(agent, nowUs + 1); // the event that may have woken the loop is read before
      freeze(world, agent, nowUs);
      return;
    default:
      throw new Error(`unknown timer ${timer}`);
  }
}

function mainEvent(world: WorldState, agent: number, nowUs: number): void {
  const state = world.state[agent];
  if (state === State.Stale || ((state === State.Trying || state === State.Sleeping) && isWalker(world, agent))) {
    walkOn(world, agent, nowUs);
    return;
  }
  switch (world.state[agent]) {
    case State.Off:
    case State.Down:
      startAgent(world, agent, nowUs);
      return;
    case State.Sleeping:
      wakeUp(world, agent, nowUs);
      return;
    case State.Trying:
    case State.Pinging:
    case State.Enrolling:
      attemptFailed(world, agent, nowUs);
      return;
    case State.Waking:
      notice(world, agent, nowUs, 'closed');
      return;
    case State.Connected:
      // The event that wakes the loop finds no room: without a buffer the main thread itself now sleeps in the send.
      if (world.books.pipelines.dispatches[agent] === 1 && deadlineUs(world, agent, Timer.Dispatch) === nowUs) {
        world.queue.cancel(agent * timersPerAgent + Timer.Dispatch);
        dispatcherBlocks(world, agent, nowUs);
        if (hasNoBuffer(world, agent)) return;
      }
      if (world.open.fault[agent]! < 0) world.away += 1;
      notice(world, agent, nowUs, isForced(world, agent, nowUs) ? 'forced' : 'silence');
      return;
    default:
      throw new Error(`agent ${agent}: a main timer in state ${world.state[agent]!}`);
  }
}

function pathEvent(world: WorldState, agent: number, nowUs: number): void {
  const step = world.step[agent]!;
  if (isStepOfBalancer(step) && world.places[world.target[agent]!]!.state === PlaceState.Hung) {
    world.wait[agent] = Wait.Stalled;
    armAttemptTimeout(world, agent);
    return;
  }
  switch (step) {
    case Step.Arrive:
      synArrives(world, agent, nowUs);
      return;
    case Step.Accept:
      if (world.wait[agent] !== Wait.Queue || world.places[world.target[agent]!]!.state !== PlaceState.Up) return;
      if (isThirdLost(world, agent, nowUs)) return;
      if (!sleeps(world, agent)) world.queue.cancel(agent * timersPerAgent + Timer.Main);
      world.wait[agent] = Wait.None;
      acceptAtBalancer(world, agent, nowUs);
      return;
    case Step.PeerArrive:
      peerArrive(world, agent, nowUs);
      return;
    case Step.PeerConnected:
      peerConnected(world, agent, nowUs);
      return;
    case Step.PeerMute:
      peerTimesOut(world, agent, nowUs);
      return;
    case Step.PeerFailed:
      peerFailed(world, agent, nowUs);
      return;
    case Step.Handshake:
    case Step.Enrolled:
      answerDue(world, agent, nowUs);
      return;
    case Step.Fail:
      attemptFailed(world, agent, nowUs);
      return;
    case Step.Revived:
      revived(world, agent, nowUs);
      return;
    case Step.Closed:
      connectionClosed(world, agent, nowUs);
      return;
    case Step.Udp:
      udpArrive(world, agent, nowUs);
      return;
    case Step.Datagram:
      datagramDue(world, agent, nowUs);
      return;
    case Step.Enters:
      entersQueue(world, agent, nowUs);
      return;
    case Step.Taken:
      taken(world, agent, nowUs);
      return;
    case Step.Review:
      reviewSession(world, agent, nowUs);
      return;
    case Step.PeerAgain:
      chooseAgain(world, agent, nowUs);
      return;
    case Step.QueueOver:
      queueOver(world, agent, nowUs);
      return;
    case Step.FlowIdle:
      flowIdleDue(world, agent, nowUs);
      return;
    case Step.FlowAnew:
      flowBegins(world, agent, nowUs);
      return;
    case Step.IdleEnd:
      idleEnds(world, agent, nowUs);
      return;
    case Step.Idle:
      if (world.state[agent] === State.Connected || world.state[agent] === State.Stale) {
        idleDue(world, agent, nowUs);
        return;
      }
      nextStep(world, agent, Step.Fail, nowUs + latencyTo(world, agent, world.target[agent]!));
      return;
    default:
      throw new Error(`unknown step ${step}`);
  }
}

/** Steps at which a balancer's process has to run. */
function isStepOfBalancer(step: number): boolean {
  return (
    step === Step.PeerArrive ||
    step === Step.PeerConnected ||
    step === Step.PeerFailed ||
    step === Step.PeerMute ||
    step === Step.PeerAgain ||
    step === Step.QueueOver ||
    step === Step.Idle
  );
}

/** Ends a run that goes on until nothing is left to happen. */
function watchSettling(world: WorldState, nowUs: number): void {
  if (world.settledHandle >= 0 && (world.away > 0 || !helperIsContent(world))) {
    world.queue.remove(world.settledHandle);
    world.settledHandle = -1;
  }
  // Who restarts by himself in the second that is left until the run would end has it go on.
  if (world.away > 0) world.endUs = world.options.durationUs;
  if (world.settledHandle >= 0 || world.away > 0 || world.faultsUnderWay > 0 || nowUs < 0) return;
  if (world.leftovers.carry || !helperIsContent(world)) return;
  const atUs = Math.ceil(drainedUs(world, nowUs)) + 1e6;
  if (atUs < world.endUs) world.settledHandle = world.queue.add(EventKind.Settled, 0, atUs + world.options.warmupUs);
}

/** When the agents have passed on what waited in them, as far as can be said now. */
function drainedUs(world: WorldState, nowUs: number): number {
  const { pipelines } = world.books;
  let drainedUs = nowUs;
  for (let agent = 0; agent < world.agents; agent++) {
    const slot = agent * timersPerAgent;
    for (const timer of [Timer.Dispatch, Timer.Logcollector]) {
      const tick = world.queue.deadline(slot + timer);
      if (tick >= 0) drainedUs = Math.max(drainedUs, tick - world.options.warmupUs);
      // Who waits for his next look at the lock beyond the end of the run has no timer.
      else if ((timer === Timer.Dispatch ? pipelines.dispatches : pipelines.collects)[agent] === 0) return Infinity;
    }
    if (!pipelines.hasBacklog(agent)) continue;
    const ownUs = pipelines.drainedAt(agent);
    if (ownUs < Infinity) drainedUs = Math.max(drainedUs, ownUs);
  }
  return drainedUs;
}

function finish(world: WorldState): Books {
  const { pipelines } = world.books;
  const endUs = world.endUs;
  for (let agent = 0; agent < world.agents; agent++) {
    const node = world.node[agent]!;
    if (node >= 0 && !isDark(world.broken[agent]!) && world.wasted[agent] === 0) {
      pipelines.advance(agent, world.books.lastFlushUs(node, endUs) - nodeLatencyUs(world, agent));
      pipelines.sink[agent] = Sink.Pending;
    }
    pipelines.advance(agent, endUs);
    settleCut(world, agent, endUs);
  }
  settleLeftovers(world, endUs);
  const resumes = world.places.map((_, index) => willResume(world, index));
  const writes = world.places.map((_, index) => willWrite(world, index));
  const outages = world.outages.finish(world.open);
  const { links, history } = world;
  const groups = world.options.groups.map(({ count, agent }) => ({
    count,
    notifyTimeSeconds: agent.notifyTimeSeconds,
  }));
  const disconnection = world.options.nodes[links.master]?.disconnection;
  const status = disconnection
    ? playStatus({ links, history, disconnection, groups, outages, steps: world.books.steps, endUs })
    : null;
  return world.books.close({
    endUs,
    status,
    enrolment: world.enrolment,
    helper: world.helper?.books ?? null,
    resumes,
    writes,
    // Who asks on a connection of which he has noticed that it is gone is on no node.
    node: world.node.map((node, agent) => (world.state[agent] === State.Stale ? -1 : node)),
    outages,
    faults: world.faults,
    notes: [...world.notes, ...helperNotes(world)],
    kernelEvents: world.queue.popped,
  });
}

/** True when a place that stands still will go on as scheduled. */
/** analysisd runs when the run is over, or will. */
function willWrite(world: WorldState, index: number): boolean {
  const { state } = world.places[index]!;
  if (state !== PlaceState.Hung) return state === PlaceState.Up;
  return world.faults.every(
    ({ placeIndexes, options, startUs, endUs }) =>
      options.kind !== 'hang' ||
      options.only !== undefined ||
      !placeIndexes.includes(index) ||
      startUs >= world.endUs ||
      endUs < Infinity,
  );
}

function willResume(world: WorldState, index: number): boolean {
  const place = world.places[index]!;
  if (place.state !== PlaceState.Hung) return false; // what is still held there belongs to a connection of an earlier life
  return world.faults.every(
    ({ placeIndexes, options, startUs, endUs }) =>
      options.kind !== 'hang' ||
      options.only === 'authd' ||
      !placeIndexes.includes(index) ||
      startUs >= world.endUs ||
      endUs < Infinity,
  );
}
