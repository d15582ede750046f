// The life of the agents' own processes: restarts, new shared configurations, requests to reconnect. Wazuh 4.14.7,
// src/client-agent/receiver.c, receive_msg(); src/init/wazuh-client.sh.
import { exponential } from '../../kernel/distributions.ts';
import { uniform } from '../../kernel/random.ts';
import { wholeSeconds } from '../agent.ts';
import type { PlannedFault } from '../faultPlan.ts';
import { openOutage } from '../outages.ts';
import { drawIndex, groupKey, Purpose } from '../workload.ts';
import { beginServer, enroll } from './attempts.ts';
import { Errand, newcomerStarts } from './enrolment.ts';
import { leavesForHelper } from './haproxyHelper.ts';
import { noteGoodbye } from './heard.ts';
import { forgetAttempt } from './intake.ts';
import { Deed, hears, order, owe } from './orders.ts';
import { leaveNode, notice } from './sessions.ts';
import { Broken, State, Timer, Wait, timersPerAgent } from './kinds.ts';
import { armMain, nodeLatencyUs, type WorldState } from './state.ts';
import { giveUpAttempt } from './abandoned.ts';
import { Stage } from './walkState.ts';

/** A command to the agents of some groups begins. */
export function command(world: WorldState, fault: PlannedFault, nowUs: number): void {
  const { options } = fault;
  const { firstOfGroup } = world.books.pipelines;
  const agents = fault.groupIndexes.flatMap((group) =>
    Array.from({ length: world.options.groups[group]!.count }, (_, local) => firstOfGroup[group]! + local),
  );
  switch (options.kind) {
    case 'restartAgents':
      agents.forEach((agent, place) =>
        order(world, agent, Deed.Restart, fault.index, nowUs + Math.floor((options.overUs * place) / agents.length)),
      );
      return;
    case 'reconnectAgents': {
      // The API's loop: so many requests, then a pause. It asks for the agents that are active, and has their nodes pass it on.
      const active = agents.filter((agent) => hears(world, agent) && passesOn(world, world.node[agent]!, nowUs));
      noteDeafMaster(world, nowUs);
      active.forEach((agent, place) => {
        const pauses = options.chunk === null ? 0 : Math.floor(place / options.chunk);
        const atUs = nowUs + pauses * options.pauseUs + nodeLatencyUs(world, agent);
        order(world, agent, Deed.Reconnect, fault.index, atUs);
      });
      return;
    }
    case 'pushConfig':
      if (!options.restarts) return;
      for (const agent of agents) {
        if (!world.options.groups[world.groupOf[agent]!]!.agent.autoRestart) continue;
        world.deeds.owed.set(agent, { fault: fault.index, atUs: Infinity });
        owe(world, agent, nowUs);
      }
      return;
    default:
  }
}

/** What is asked of the master's API comes to the node. Wazuh 4.3.0, framework/wazuh/agent.py, reconnect_agents(): distributed_master. */
function passesOn({ links }: WorldState, node: number, nowUs: number): boolean {
  return links.master < 0 || (links.running[links.master]!.has(nowUs) && links.linked[node]!.has(nowUs));
}

function noteDeafMaster(world: WorldState, nowUs: number): void {
  const { links } = world;
  if (links.master < 0 || links.running[links.master]!.has(nowUs)) return;
  const note = 'The master does not run when agents are to be told to reconnect: nobody is.';
  if (!world.notes.includes(note)) world.notes.push(note);
}

/** What has been ordered happens. */
export function told(world: WorldState, index: number, nowUs: number): void {
  const agent = world.deeds.agent[index]!;
  const fault = world.deeds.fault[index]!;
  const deed = world.deeds.deed[index]!;
  if (deed !== Deed.Churn) world.faultsUnderWay -= 1;
  if (fault >= 0) world.cause = fault;
  const { agent: options } = world.options.groups[world.groupOf[agent]!]!;
  switch (deed) {
    case Deed.Restart:
      stopAgent(world, agent, fault, nowUs);
      return;
    case Deed.Reconnect:
      if (!hears(world, agent) || !options.obeysReconnect) return;
      if (world.wasted[agent] === 0) leaves(world, agent, fault, nowUs);
      notice(world, agent, nowUs, 'forced');
      return;
    case Deed.Balance:
      if (!hears(world, agent) || !options.obeysReconnect) return;
      leavesForHelper(world, agent, false, nowUs);
      if (world.wasted[agent] === 0) leaves(world, agent, -1, nowUs);
      notice(world, agent, nowUs, 'forced');
      return;
    case Deed.Configure: {
      const owed = world.deeds.owed.get(agent);
      // In a session that has begun since, the answer comes with another keepalive; of several files the newest comes.
      if (!hears(world, agent) || owed?.atUs !== nowUs) return;
      world.deeds.owed.delete(agent);
      world.cause = owed.fault;
      if (options.configPush === 'restart') stopAgent(world, agent, owed.fault, nowUs);
      else reload(world, agent, nowUs);
      return;
    }
    case Deed.CollectorStarts:
      collectorStarts(world, agent, nowUs);
      return;
    case Deed.Churn:
      stopAgent(world, agent, -1, nowUs);
      churn(world, agent, nowUs);
      return;
    default:
      throw new Error(`unknown deed ${deed}`);
  }
}

/** An agent gives up a session that works: away, and in an outage when an occurrence has made it leave. */
function leaves(world: WorldState, agent: number, fault: number, nowUs: number): void {
  world.away += 1;
  world.lastChangeUs = nowUs;
  if (fault < 0) return;
  openOutage(world.open, agent, fault, world.node[agent]!, nowUs);
  world.open.noticedAtUs[agent] = nowUs;
}

/** The service stops: the manager gets a FIN, and what is in memory is gone. It starts again after its down time. */
function stopAgent(world: WorldState, agent: number, fault: number, nowUs: number): void {
  const state = world.state[agent]!;
  if (state === State.Off || state === State.Down) return;
  const { pipelines } = world.books;
  const slot = agent * timersPerAgent;
  pipelines.advance(agent, nowUs);
  if (world.node[agent]! >= 0) {
    const worked = world.broken[agent] === Broken.No && world.wasted[agent] === 0 && state !== State.Stale;
    if (worked) leaves(world, agent, fault, nowUs);
    const node = world.node[agent]!;
    leaveNode(world, agent, nowUs, state !== State.Stale);
    if (worked) noteGoodbye(world, agent, node, nowUs);
  } else {
    giveUpAttempt(world, agent, nowUs);
  }
  // What it was in the middle of, an outage of another cause among it, it now knows.
  if (world.open.fault[agent]! >= 0 && world.open.noticedAtUs[agent] === -Infinity) {
    world.open.noticedAtUs[agent] = nowUs;
  }
  for (let timer = 0; timer < timersPerAgent; timer++) world.queue.cancel(slot + timer);
  forgetAttempt(world, agent);
  world.untaken[agent] = 0;
  world.wait[agent] = Wait.None;
  world.peerNode[agent] = -1;
  world.blocked[agent] = 0;
  world.locked[agent] = 0;
  world.atSocket[agent] = 0;
  world.releaseUs[agent] = -Infinity;
  world.dispatcherMetUs[agent] = -Infinity;
  world.logcollectorMetUs[agent] = -Infinity;
  world.backSinceUs[agent] = -Infinity;
  if (world.walk) {
    world.walk.stage[agent] = Stage.None;
    world.walk.inbox[agent] = 0;
    world.walk.deaf[agent] = 0;
  }
  pipelines.stop(agent, nowUs);
  world.state[agent] = State.Down;
  world.probe.stopped?.(agent, nowUs);
  armMain(world, agent, nowUs + world.options.groups[world.groupOf[agent]!]!.agent.life.restartUs);
}

/** The agent's process starts, for the first time or again: from the first server of its list, with the lock set. */
export function startAgent(world: WorldState, agent: number, nowUs: number): void {
  const { pipelines } = world.books;
  const group = world.options.groups[world.groupOf[agent]!]!;
  const hasNoKey = world.errand[agent] === Errand.SeeksKey;
  if (hasNoKey && world.state[agent] === State.Off) {
    pipelines.collects[agent] = group.events.source === 'socket' ? 1 : 0;
    newcomerStarts(world, agent, nowUs);
    return;
  }
  if (world.state[agent] === State.Down) {
    pipelines.start(agent, nowUs);
    world.server[agent] = 0;
    // Its hosts' clock goes on; the keepalives begin anew.
    const own = group.agent.firstKeepalive === 'afterNotifyTime';
    world.keepaliveSecond[agent] = own ? wholeSeconds(nowUs, world.keepalivePhaseUs[agent]!) : -Infinity;
  }
  world.lockSeen[agent] = pipelines.seen[agent]!;
  // Lines it has missed are there at once, and meet the lock.
  if (pipelines.upstream[agent]! > 0) world.logcollectorMetUs[agent] = nowUs;
  pipelines.collects[agent] = group.events.source === 'socket' ? 1 : 0;
  if (hasNoKey) {
    world.rounds[agent] = 0;
    enroll(world, agent, nowUs);
    return;
  }
  world.errand[agent] = Errand.None;
  beginServer(world, agent, nowUs);
}

/** Every daemon but agentd restarts: connection and client buffer stay, what logcollector had in its hands does not. */
function reload(world: WorldState, agent: number, nowUs: number): void {
  const { pipelines } = world.books;
  const group = world.options.groups[world.groupOf[agent]!]!;
  pipelines.advance(agent, nowUs);
  world.queue.cancel(agent * timersPerAgent + Timer.Logcollector);
  world.releaseUs[agent] = -Infinity;
  pipelines.stopCollector(agent, nowUs);
  order(world, agent, Deed.CollectorStarts, -1, nowUs + group.agent.life.restartUs);
}

function collectorStarts(world: WorldState, agent: number, nowUs: number): void {
  const { pipelines } = world.books;
  if (world.state[agent] === State.Down || world.state[agent] === State.Off) return; // it starts with the rest
  pipelines.start(agent, nowUs);
  if (pipelines.limits[world.groupOf[agent]!]!.blocks) return;
  // It meets the lock, if that is set, with its first line.
  world.logcollectorMetUs[agent] = -Infinity;
  world.lockSeen[agent] = pipelines.seen[agent]!;
  pipelines.collects[agent] = pipelines.reads[agent]!;
  if (pipelines.reads[agent] === 0 && pipelines.upstream[agent]! > pipelines.inSocket[agent]!) {
    world.logcollectorMetUs[agent] = nowUs;
  }
  if (pipelines.reads[agent] === 1) pipelines.release(agent, nowUs);
}

/** Agents that restart by themselves: exponential times between, from the end of the warm-up. */
export function scheduleChurn(world: WorldState): void {
  const { firstOfGroup } = world.books.pipelines;
  world.options.groups.forEach((group, index) => {
    if (!group.restartEveryUs) return;
    for (let local = 0; local < group.count; local++) churn(world, firstOfGroup[index]! + local, 0);
  });
}

function churn(world: WorldState, agent: number, nowUs: number): void {
  const group = world.options.groups[world.groupOf[agent]!]!;
  const count = world.deeds.churned.get(agent) ?? 0;
  const key = groupKey(world.root, Purpose.Churn, group);
  const wait = exponential(uniform(key, drawIndex(group, world.indexInGroup(agent)), count)) * group.restartEveryUs!;
  if (nowUs + wait >= world.options.durationUs) return;
  world.deeds.churned.set(agent, count + 1);
  order(world, agent, Deed.Churn, -1, nowUs + Math.ceil(wait));
}
