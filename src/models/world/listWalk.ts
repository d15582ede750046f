// How agents of 3.12.0 to 3.13.0 look for a manager: first on the connection they have, then down their list, with sleeps that grow
// up to notify_time. Wazuh 3.12.3, src/client-agent/start_agent.c: start_agent(), connect_server(). Measured on 3.12.3.
import { receiveTimeoutUs, sendErrorSleepUs } from '../agent.ts';
import { beginAttempt, turnTo } from './attempts.ts';
import { handshakeDone, welcome } from './handshake.ts';
import { leaveUnreadAnswer } from './leaving.ts';
import { Forgotten, isDark } from './legs.ts';
import { asksOnStale } from './path.ts';
import { leaveNode } from './sessions.ts';
import { Broken, State, Step, Timer, Wait, timersPerAgent } from './kinds.ts';
import {
  armMainOrNow,
  conditionOf,
  latencyTo,
  nextStep,
  nodeLatencyUs,
  type WorldState,
  hopUs,
  isBalancer,
} from './state.ts';
import { giveUpAttempt } from './abandoned.ts';
import { abandonSession } from './throughBalancer.ts';
import { Inbox, Stage, type WalkState } from './walkState.ts';
import { askAtBalancer } from './udpBalanced.ts';
import { serverOf } from './waits.ts';

/** After so many waits in vain a round is over. */
const triesPerRound = 6;
/** From the third on it connects anew before it asks again. */
const triesOnOneConnection = 3;

/** A sleep of whole seconds, and what it takes longer. Measured: 9.003 to 9.006 s for six of them, 21.003 s for six over UDP. */
function sleepUs(seconds: number): number {
  return seconds * 1_000_000 + 400;
}

/**
 * While the main thread handles a connection that was closed, before it sets the lock, the dispatcher may still send: then the first
 * message of the main thread fails too. Measured: at 400 and 800 events/s the next connect comes a second later; noticing takes 1
 * to 10 ms.
 */
const handlingUs = 3_000;

export function isWalker(world: WorldState, agent: number): boolean {
  return world.walk !== null && world.options.groups[world.groupOf[agent]!]!.agent.search === 'listWalk';
}

function overUdp(world: WorldState, agent: number): boolean {
  const { protocol, isUnresolvable } = serverOf(world, agent);
  return protocol === 'udp' && isUnresolvable !== true;
}

/** The process starts: there is no connection yet. */
export function startWalk(world: WorldState, agent: number, nowUs: number): void {
  const walk = world.walk!;
  newRound(walk, agent);
  walk.patience[agent] = 1;
  walk.passes[agent] = 0;
  connect(world, agent, nowUs);
}

function newRound(walk: WalkState, agent: number): void {
  walk.tries[agent] = 0;
  walk.from[agent] = -1;
}

/** Whether the dispatcher still sends into a connection that the main thread has just found closed. Asked before the lock is set. */
export function sendsMeanwhile(world: WorldState, agent: number, nowUs: number): boolean {
  const { pipelines } = world.books;
  return pipelines.dispatches[agent] === 1 && pipelines.sendInstant(agent, 1) <= nowUs + handlingUs;
}

/**
 * The agent has noticed, and the lock is set; it goes on with the session it has. Over UDP that is nothing but an address.
 * @param closed the peer has closed the connection.
 * @param deaf it has been written to since.
 */
export function stay(world: WorldState, agent: number, nowUs: number, closed: boolean, deaf: boolean): void {
  const walk = world.walk!;
  newRound(walk, agent);
  walk.patience[agent] = 1;
  walk.passes[agent] = 0;
  world.attemptAtUs[agent] = nowUs;
  if (world.udp[agent] === 1) {
    world.target[agent] = world.node[agent]!;
    leaveNode(world, agent, nowUs, true, false);
    startRound(world, agent, nowUs);
    return;
  }
  walk.inbox[agent] = closed ? Inbox.Closed : Inbox.Nothing;
  walk.deaf[agent] = deaf ? 1 : 0;
  world.state[agent] = State.Stale;
  world.books.left(world.node[agent]!, nowUs, agent);
  world.wait[agent] = Wait.None;
  if (isDark(world.broken[agent]!)) world.books.unaware(nowUs, -1);
  else if (world.broken[agent] === Broken.No) revive(world, agent, nowUs + 2 * nodeLatencyUs(world, agent));
  askAgain(world, agent, nowUs);
}

/** The startup message of a round. */
function startRound(world: WorldState, agent: number, nowUs: number): void {
  const walk = world.walk!;
  newRound(walk, agent);
  if (!overUdp(world, agent)) {
    askAgain(world, agent, nowUs);
    return;
  }
  world.state[agent] = State.Trying;
  walk.inbox[agent] = Inbox.Nothing;
  sendDatagram(world, agent, nowUs);
  noAnswer(world, agent, nowUs);
}

function sendDatagram(world: WorldState, agent: number, nowUs: number): void {
  askAtBalancer(world, agent);
  world.wait[agent] = Wait.None;
  world.connectAtUs[agent] = nowUs;
  world.establishedAtUs[agent] = nowUs;
  nextStep(world, agent, Step.Udp, nowUs + latencyTo(world, agent, world.target[agent]!));
}

/** Sends the startup message on the connection it has, and waits for the answer. */
function askAgain(world: WorldState, agent: number, nowUs: number): void {
  const walk = world.walk!;
  if (walk.inbox[agent] === Inbox.Closed) {
    if (walk.deaf[agent] === 1) {
      begin(world, agent, Stage.Unsent, nowUs, sendErrorSleepUs + 400);
      return;
    }
    walk.deaf[agent] = 1;
  }
  if (world.state[agent] === State.Stale) asksOnStale(world, agent, nowUs);
  awaitAnswer(world, agent, nowUs);
}

function awaitAnswer(world: WorldState, agent: number, nowUs: number): void {
  const walk = world.walk!;
  switch (walk.inbox[agent]) {
    case Inbox.Answer:
      answered(world, agent, nowUs);
      return;
    case Inbox.Closed:
      noAnswer(world, agent, nowUs);
      return;
    default: {
      const { internal } = world.options.groups[world.groupOf[agent]!]!.agent;
      if (world.state[agent] !== State.Stale) world.state[agent] = State.Trying;
      begin(world, agent, Stage.Reply, nowUs, receiveTimeoutUs(internal.recvTimeoutSeconds));
    }
  }
}

function begin(world: WorldState, agent: number, stage: number, nowUs: number, lengthUs: number): void {
  const walk = world.walk!;
  walk.stage[agent] = stage;
  walk.sinceUs[agent] = nowUs;
  armMainOrNow(world, agent, nowUs + lengthUs);
}

function noAnswer(world: WorldState, agent: number, nowUs: number): void {
  const walk = world.walk!;
  walk.tries[agent]! += 1;
  begin(world, agent, Stage.Pause, nowUs, sleepUs(walk.tries[agent]!));
}

/** The main thread goes on. */
export function walkOn(world: WorldState, agent: number, nowUs: number): void {
  const walk = world.walk!;
  switch (walk.stage[agent]) {
    case Stage.Connecting:
      connectFailed(world, agent, nowUs);
      return;
    case Stage.Reply:
      noAnswer(world, agent, nowUs);
      return;
    case Stage.Unsent:
      awaitAnswer(world, agent, nowUs);
      return;
    case Stage.Pause:
      if (overUdp(world, agent)) pollAgain(world, agent, nowUs);
      else if (walk.tries[agent]! >= triesOnOneConnection) begin(world, agent, Stage.Closing, nowUs, sleepUs(1));
      else askAgain(world, agent, nowUs);
      return;
    case Stage.Closing:
      close(world, agent, nowUs);
      connect(world, agent, nowUs);
      return;
    case Stage.ListEnd:
      connect(world, agent, nowUs);
      return;
    case Stage.Patience:
      endPatience(world, agent, nowUs);
      return;
    case Stage.Over:
      endRound(world, agent, nowUs);
      return;
    default:
      throw new Error(`agent ${agent}: woken in stage ${walk.stage[agent]!}`);
  }
}

/** Looks for a datagram; from the third time on it asks again before. */
function pollAgain(world: WorldState, agent: number, nowUs: number): void {
  const walk = world.walk!;
  const over = walk.tries[agent]! >= triesPerRound;
  if (!over && walk.inbox[agent] === Inbox.Answer) {
    answered(world, agent, nowUs);
    return;
  }
  if (over) {
    sendDatagram(world, agent, nowUs); // after the last wait, too, though nobody stays to read the answer
    endRound(world, agent, nowUs);
    return;
  }
  if (walk.tries[agent]! >= triesOnOneConnection) sendDatagram(world, agent, nowUs);
  noAnswer(world, agent, nowUs);
}

/** A round has been in vain: on to the next server, or once more to the only one. */
function endRound(world: WorldState, agent: number, nowUs: number, sinceUs = nowUs): void {
  const walk = world.walk!;
  const group = world.options.groups[world.groupOf[agent]!]!;
  world.books.attemptsFailed += 1;
  world.probe.gaveUp?.(agent, nowUs, world.server[agent]!);
  walk.tries[agent] = 0;
  walk.passes[agent] = 0;
  if (group.servers.length === 1) {
    begin(world, agent, Stage.Patience, sinceUs, patienceUs(world, agent));
    walk.patience[agent]! += 3 * triesPerRound;
    return;
  }
  walk.from[agent] = world.server[agent]!;
  begin(world, agent, Stage.Closing, sinceUs, sleepUs(1));
}

function patienceUs(world: WorldState, agent: number): number {
  const { notifyTimeSeconds } = world.options.groups[world.groupOf[agent]!]!.agent;
  return sleepUs(Math.min(world.walk!.patience[agent]!, notifyTimeSeconds));
}

function endPatience(world: WorldState, agent: number, nowUs: number): void {
  const walk = world.walk!;
  if (walk.from[agent] === -1) {
    // The only server: now it connects anew.
    begin(world, agent, Stage.Closing, nowUs, sleepUs(1));
    return;
  }
  walk.from[agent] = -1;
  walk.tries[agent] = 0;
  if (overUdp(world, agent) || walk.inbox[agent] === Inbox.Closed) {
    startRound(world, agent, nowUs);
    return;
  }
  walk.inbox[agent] = Inbox.Nothing;
  awaitAnswer(world, agent, nowUs);
  // A connection that somebody has accepted carries the message there and its answer back.
  if (world.wait[agent] !== Wait.None || !isAccepted(world, agent) || walk.forgotten[agent] === Forgotten.Silent)
    return;
  if (walk.forgotten[agent] === Forgotten.Reset) {
    nextStep(world, agent, Step.Fail, nowUs + 2 * latencyTo(world, agent, world.target[agent]!));
  } else {
    nextStep(world, agent, Step.Handshake, nowUs + 2 * wayUs(world, agent));
  }
}

/** Connection attempts to a place that stands still leave their waits behind; others have been accepted. */
function isAccepted(world: WorldState, agent: number): boolean {
  const node = world.peerNode[agent]! >= 0 ? world.peerNode[agent]! : world.target[agent]!;
  return !isBalancer(world, node) && conditionOf(world.places[node]!, world.nodeLife[agent]!) !== Broken.Silent;
}

function wayUs(world: WorldState, agent: number): number {
  const peer = world.peerNode[agent]!;
  const nearUs = latencyTo(world, agent, world.target[agent]!);
  return peer < 0 ? nearUs : nearUs + hopUs(world, agent, peer);
}

/** Leaves the connection it has. */
function close(world: WorldState, agent: number, nowUs: number): void {
  const walk = world.walk!;
  const isStale = world.state[agent] === State.Stale;
  if (!isStale) {
    const readUs = walk.readUs[agent]!;
    if (walk.inbox[agent] !== Inbox.Closed && !Number.isNaN(readUs) && !isBalancer(world, world.target[agent]!)) {
      const [forgotten, forgottenUs] = [walk.forgotten[agent]!, walk.forgottenUs[agent]!];
      leaveUnreadAnswer(world, agent, { readUs, forgotten, forgottenUs }, nowUs);
    }
    giveUpAttempt(world, agent, nowUs);
  }
  world.queue.cancel(agent * timersPerAgent + Timer.Path);
  if (isStale) leaveNode(world, agent, nowUs, false, walk.inbox[agent] === Inbox.Closed);
  world.wait[agent] = Wait.None;
  world.peerNode[agent] = -1;
  walk.inbox[agent] = Inbox.Nothing;
  walk.deaf[agent] = 0;
  if (walk.from[agent]! < 0) return;
  world.server[agent] = (walk.from[agent]! + 1) % world.options.groups[world.groupOf[agent]!]!.servers.length;
}

function connect(world: WorldState, agent: number, nowUs: number): void {
  const walk = world.walk!;
  walk.readUs[agent] = NaN;
  walk.forgotten[agent] = Forgotten.No;
  walk.stage[agent] = Stage.Connecting;
  walk.inbox[agent] = Inbox.Nothing;
  walk.deaf[agent] = 0;
  if (overUdp(world, agent)) {
    turnTo(world, agent, serverOf(world, agent).endpoint, nowUs);
    world.attemptAtUs[agent] = nowUs;
    world.state[agent] = State.Trying;
    if (world.open.fault[agent]! >= 0) world.open.attempts[agent]! += 1;
    world.probe.tried?.(agent, nowUs, world.server[agent]!);
    connected(world, agent, nowUs);
    return;
  }
  world.establishedAtUs[agent] = -Infinity;
  beginAttempt(world, agent, nowUs);
}

/** @param atUs when the connection stood. */
function connected(world: WorldState, agent: number, atUs: number): void {
  const walk = world.walk!;
  if (walk.from[agent]! < 0) {
    if (overUdp(world, agent)) startRound(world, agent, atUs);
    return;
  }
  if (world.server[agent] === walk.from[agent]) {
    begin(world, agent, Stage.Patience, atUs, patienceUs(world, agent));
    walk.patience[agent]! += 3 * triesPerRound;
  } else {
    walk.patience[agent]! += 5;
    begin(world, agent, Stage.Patience, atUs, patienceUs(world, agent));
  }
}

/** connect() has failed: the next server at once, behind the last one a sleep. */
function connectFailed(world: WorldState, agent: number, nowUs: number): void {
  const walk = world.walk!;
  const { agent: options, servers } = world.options.groups[world.groupOf[agent]!]!;
  world.books.attemptsFailed += 1;
  world.wait[agent] = Wait.None;
  world.server[agent] = (world.server[agent]! + 1) % servers.length;
  if (world.server[agent] !== 0) {
    connect(world, agent, nowUs);
    return;
  }
  walk.passes[agent]! += 1;
  const seconds = Math.min(2 + 10 * walk.passes[agent]!, options.notifyTimeSeconds);
  begin(world, agent, Stage.ListEnd, nowUs, sleepUs(seconds));
}

/** The connection stands, and nobody answers for now: how long the main thread sits there. */
export function walkWaits(world: WorldState, agent: number): void {
  const walk = world.walk!;
  if (walk.stage[agent] !== Stage.Connecting) {
    rearm(world, agent);
    return;
  }
  const atUs = world.establishedAtUs[agent]!;
  if (walk.from[agent]! >= 0) connected(world, agent, atUs);
  else if (walk.tries[agent]! >= triesPerRound) begin(world, agent, Stage.Over, atUs, 0);
  else awaitAnswer(world, agent, atUs);
}

/** A timer that was stopped while something seemed to come runs on. */
function rearm(world: WorldState, agent: number): void {
  const walk = world.walk!;
  if (walk.stage[agent] !== Stage.Reply) return;
  const { internal } = world.options.groups[world.groupOf[agent]!]!.agent;
  armMainOrNow(world, agent, walk.sinceUs[agent]! + receiveTimeoutUs(internal.recvTimeoutSeconds));
}

/** True while a sleep must go on whatever happens to the connection. */
export function sleeps(world: WorldState, agent: number): boolean {
  if (!isWalker(world, agent)) return false;
  const stage = world.walk!.stage[agent]!;
  return stage !== Stage.Connecting && stage !== Stage.Reply && stage !== Stage.None;
}

/** The startup message was sent on the connection that it has now: a new round that begins with a sleep has sent none. */
export function hasAsked(world: WorldState, agent: number): boolean {
  const walk = world.walk!;
  if (walk.stage[agent] === Stage.Connecting) return walk.from[agent]! < 0;
  return walk.stage[agent] !== Stage.Patience;
}

/** An answer has come on a connection that was not there before. */
export function walkAnswered(world: WorldState, agent: number, nowUs: number): void {
  const walk = world.walk!;
  if (hasAsked(world, agent) && !overUdp(world, agent)) walk.readUs[agent] = nowUs - wayUs(world, agent);
  switch (walk.stage[agent]) {
    case Stage.Connecting:
      if (walk.from[agent]! >= 0) {
        connected(world, agent, world.establishedAtUs[agent]!);
      } else if (walk.tries[agent]! >= triesPerRound) {
        endRound(world, agent, nowUs, world.establishedAtUs[agent]); // it has asked, and waits no more
      } else {
        answered(world, agent, nowUs);
      }
      return;
    case Stage.Reply:
      answered(world, agent, nowUs);
      return;
    case Stage.Patience:
    case Stage.Over:
      return; // nothing has been asked, or nobody waits
    default:
      walk.inbox[agent] = Inbox.Answer;
  }
}

function answered(world: WorldState, agent: number, nowUs: number): void {
  const walk = world.walk!;
  walk.stage[agent] = Stage.None;
  walk.inbox[agent] = Inbox.Nothing;
  if (world.state[agent] !== State.Stale) {
    handshakeDone(world, agent, nowUs);
    return;
  }
  world.queue.cancel(agent * timersPerAgent + Timer.Path);
  world.books.joined(world.node[agent]!, nowUs, agent);
  welcome(world, agent, nowUs);
}

/** The path says that the connection is refused or closed. */
export function walkClosed(world: WorldState, agent: number, nowUs: number): void {
  const walk = world.walk!;
  if (overUdp(world, agent)) return; // an ICMP error is no answer
  world.queue.cancel(agent * timersPerAgent + Timer.Path);
  abandonSession(world, agent, nowUs);
  world.wait[agent] = Wait.None;
  world.peerNode[agent] = -1;
  if (walk.stage[agent] === Stage.Connecting && world.establishedAtUs[agent] === -Infinity) {
    connectFailed(world, agent, nowUs);
    return;
  }
  walk.inbox[agent] = Inbox.Closed;
  if (walk.stage[agent] === Stage.Connecting && walk.from[agent]! >= 0) {
    connected(world, agent, world.establishedAtUs[agent]!);
    return;
  }
  walk.deaf[agent] = walk.stage[agent] === Stage.Patience ? 0 : 1;
  if (walk.stage[agent] === Stage.Connecting && walk.tries[agent]! >= triesPerRound) {
    endRound(world, agent, nowUs, world.establishedAtUs[agent]);
  } else if (!sleeps(world, agent)) noAnswer(world, agent, nowUs);
}

/** A box has forgotten the connection on which it sleeps. One that does not answer at all stays worse than one that says RST. */
export function walkForgotten(world: WorldState, agent: number, answer: number, nowUs: number): void {
  const walk = world.walk!;
  if (answer <= walk.forgotten[agent]! || world.state[agent] === State.Stale) return;
  walk.forgotten[agent] = answer;
  walk.forgottenUs[agent] = nowUs;
}

/** The session it was on is read again. @param answerUs when the answer to its last message comes. */
export function revive(world: WorldState, agent: number, answerUs: number): void {
  nextStep(world, agent, Step.Revived, answerUs);
}

export function revived(world: WorldState, agent: number, nowUs: number): void {
  const walk = world.walk!;
  if (world.broken[agent] !== Broken.No) return; // the answer was lost on its way
  if (walk.stage[agent] === Stage.Reply) answered(world, agent, nowUs);
  else walk.inbox[agent] = Inbox.Answer;
}

/** The session it was on is closed. */
export function staleClosed(world: WorldState, agent: number, nowUs: number): void {
  const walk = world.walk!;
  walk.inbox[agent] = Inbox.Closed;
  walk.deaf[agent] = 1;
  if (walk.stage[agent] === Stage.Reply) noAnswer(world, agent, nowUs);
}
