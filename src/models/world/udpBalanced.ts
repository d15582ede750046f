// UDP agents behind nginx: datagrams of one socket of an agent share a session there, which may end and begin anew at another node
// without the agent's knowledge. Only datagrams that may change something are played, each as one event. docs/MODEL.md, "UDP behind
// nginx"; what a session is: balancer/nginx/udpSession.ts.
import type { DatagramOptions } from '../balancer/nginx/options.ts';
import {
  SessionEnd,
  datagramSent,
  errorCame,
  answerCame,
  newUdpSession,
  takesNoMore,
  timedOut,
  type UdpSession,
} from '../balancer/nginx/udpSession.ts';
import { lastAckUs, nextKeepaliveUs } from '../keepalive.ts';
import { PlaceState } from '../place.ts';
import { clientOf, cutThrough, type Flow } from './flows.ts';
import { noteAgain } from './heard.ts';
import type { BalancerHost } from './host.ts';
import { isDark } from './legs.ts';
import { tellBan } from './marks.ts';
import { reviewSession } from './path.ts';
import { nextSegmentUs } from './pathPlan.ts';
import { freeSlot, hasSlot, takeSlot } from './slots.ts';
import { Broken, EventKind, State, Step, Timer, timersPerAgent } from './kinds.ts';
import { addPlaceEvent, clockOf, isBalancer, latencyTo, nextStep, nodeLatencyUs, type WorldState } from './state.ts';
import { leaveZombie } from './zombie.ts';

/** What nginx's worker process and its kernel know of a session beside its peer. */
export interface DatagramSession {
  readonly rules: UdpSession;
  /** When errors that are on their way come to nginx, in order. */
  readonly errorsUs: number[];
  /** When answers do, where their number ends a session (`proxy_responses`). */
  readonly answersUs: number[];
  lastUs: number;
  /** It has ended by its answers, and its agent has not sent anything since. */
  isOver: boolean;
  /** Of the agent that has it; -1: no datagram comes any more. */
  agent: number;
  /** End of `proxy_timeout` of one without a client. */
  untilUs: number;
}

/** Of the listener for datagrams that an agent's go to, or are to go to; `null`: they go to none. */
function optionsOf(world: WorldState, agent: number, place: number): DatagramOptions | null {
  if (place < 0 || !isBalancer(world, place)) return null;
  const { listeners } = world.hosts[place - world.nodeCount]!.proxies.at(-1)!;
  return listeners[world.listener[agent]!]?.options.datagrams ?? null;
}

/** The agent's startup message goes to a listener for datagrams. */
export function asksForSession(world: WorldState, agent: number): boolean {
  return optionsOf(world, agent, world.target[agent]!) !== null;
}

function isBalanced(world: WorldState, agent: number): boolean {
  return optionsOf(world, agent, world.through[agent]!) !== null;
}

/**
 * A datagram of the agent is at nginx.
 * @returns the session in which it goes on to its node, `null`: it is lost here.
 */
function pass(world: WorldState, agent: number, host: BalancerHost, nowUs: number): Flow | null {
  const proxy = host.proxies.at(-1)!;
  const known = world.flows.get(agent);
  // The socket belongs to new worker processes, which do not know the session.
  const goesOn = known?.proxy === proxy && !isThrough(known, nowUs);
  if (known && !goesOn) abandon(world, agent, nowUs);
  const flow = goesOn ? known : open(world, agent, host, nowUs);
  if (!flow) return null;
  const { rules, errorsUs } = flow.datagrams!;
  const { datagrams } = proxy.listeners[flow.listener]!.options;
  catchUp(flow, nowUs);
  if (datagramSent(rules, datagrams!) === SessionEnd.Failed) {
    errorsUs.length = 0;
    forget(world, agent, flow);
    end(world, flow, SessionEnd.Failed, nowUs);
    return null;
  }
  flow.datagrams!.lastUs = nowUs;
  return flow;
}

/** The next datagram begins another session: this one is over, or has had as many as it takes. */
function isThrough(flow: Flow, nowUs: number): boolean {
  const { rules, isOver } = flow.datagrams!;
  catchUp(flow, nowUs);
  return isOver || takesNoMore(rules, flow.proxy.listeners[flow.listener]!.options.datagrams!);
}

function open(world: WorldState, agent: number, host: BalancerHost, nowUs: number): Flow | null {
  const proxy = host.proxies.at(-1)!;
  const listenerIndex = world.listener[agent]!;
  const listener = proxy.listeners[listenerIndex]!;
  const through = world.through[agent]!;
  world.through[agent] = -1; // nothing stands before it
  const { client, worker } = clientOf(world, agent, proxy.workers);
  world.through[agent] = through;
  // Whatever becomes of its sessions, the agent's socket keeps its port.
  const port = world.udpPorts.get(agent) ?? client.port;
  world.udpPorts.set(agent, port);
  if (!hasSlot(proxy, listener, worker)) {
    world.books.noSlot += 1;
    return null;
  }
  const clockUs = nowUs + host.phaseUs;
  const session = listener.balancer.open({ ...client, port }, worker);
  const peer = listener.balancer.next(session, clockUs);
  if (peer < 0) {
    world.books.noPeer += 1;
    listener.balancer.closed(session, clockUs);
    return null;
  }
  takeSlot(proxy, listener, worker);
  const { life } = world.places[host.place]!;
  const datagrams: DatagramSession = {
    rules: newUdpSession(),
    errorsUs: [],
    answersUs: [],
    lastUs: nowUs,
    isOver: false,
    agent,
    untilUs: Infinity,
  };
  const flow: Flow = { host, proxy, listener: listenerIndex, session, peer, life, datagrams };
  world.flows.set(agent, flow);
  host.flows.add(agent);
  world.target[agent] = listener.targets[peer]!.place;
  world.through[agent] = host.place;
  return flow;
}

function forget(world: WorldState, agent: number, { host }: Flow): void {
  world.flows.delete(agent);
  host.flows.delete(agent);
}

/** Answers and ICMP that have come by now, in order. @returns what they have made of the session. */
function hear({ proxy, listener, datagrams }: Flow, nowUs: number): SessionEnd {
  const { errorsUs, answersUs, rules } = datagrams!;
  const options = proxy.listeners[listener]!.options.datagrams!;
  let how: SessionEnd = SessionEnd.None;
  for (;;) {
    const [errorUs = Infinity] = errorsUs;
    const [answerUs = Infinity] = answersUs;
    if (Math.min(errorUs, answerUs) > nowUs || how !== SessionEnd.None) return how;
    if (answerUs <= errorUs) {
      answersUs.shift();
      how = answerCame(rules, options);
    } else {
      errorsUs.shift();
      how = errorCame(rules, options);
    }
  }
}

/** A session that may end by what it hears does so in an event of its own. */
function catchUp(flow: Flow, nowUs: number): void {
  if (!endsByAnswers(flow)) hear(flow, nowUs);
}

/** What comes from the node may end the session: nginx looks then. */
function lookAt(world: WorldState, flow: Flow, atUs: number): void {
  if (atUs >= world.options.durationUs) return;
  const index = world.lapsingFree.pop() ?? world.lapsing.length;
  world.lapsing[index] = flow;
  addPlaceEvent(world, EventKind.DatagramsEnd, index, atUs);
}

function endsByAnswers({ proxy, listener }: Flow): boolean {
  return proxy.listeners[listener]!.options.datagrams!.responses !== null;
}

/** An answer comes to nginx at this instant. */
function answer(world: WorldState, flow: Flow, atUs: number): void {
  if (!endsByAnswers(flow)) return;
  flow.datagrams!.answersUs.push(atUs);
  lookAt(world, flow, atUs);
}

/** So does an error. */
function refuse(world: WorldState, flow: Flow, atUs: number): void {
  flow.datagrams!.errorsUs.push(atUs);
  if (endsByAnswers(flow)) lookAt(world, flow, atUs);
}

function end(world: WorldState, flow: Flow, how: SessionEnd, nowUs: number): void {
  const { host, proxy, session } = flow;
  const listener = proxy.listeners[flow.listener]!;
  const peer = session.peerIndex;
  if (how === SessionEnd.Failed) {
    listener.balancer.failed(session, nowUs + host.phaseUs, 0, false);
    tellBan(world, host, proxy, listener, peer, nowUs);
  } else listener.balancer.closed(session, nowUs + host.phaseUs);
  freeSlot(world, host, proxy, listener, session.worker, nowUs);
}

/** No datagram comes any more in the agent's session: nginx waits for one until `proxy_timeout`. */
export function abandon(world: WorldState, agent: number, nowUs: number): void {
  const flow = world.flows.get(agent)!;
  const datagrams = flow.datagrams!;
  forget(world, agent, flow);
  datagrams.agent = -1;
  if (datagrams.isOver) return;
  const { sessionTimeoutUs } = flow.proxy.listeners[flow.listener]!.options;
  datagrams.untilUs = Math.max(datagrams.lastUs + sessionTimeoutUs, nowUs);
  lookAt(world, flow, datagrams.untilUs);
}

/** The agent leaves the session it has been on, and has sent datagrams until now. */
export function leaveDatagrams(world: WorldState, agent: number, nowUs: number): void {
  const datagrams = world.flows.get(agent)?.datagrams;
  if (datagrams) datagrams.lastUs = nowUs;
}

/** `proxy_timeout` of a session without a client is over, or something has come from its node that may end it. */
export function datagramsEnd(world: WorldState, index: number, nowUs: number): void {
  const flow = world.lapsing[index]!;
  world.lapsingFree.push(index);
  const { host, proxy, listener } = flow;
  const datagrams = flow.datagrams!;
  // It has ended with its process, or by itself.
  if (!host.proxies.includes(proxy) || datagrams.isOver) return;
  let how = hear(flow, nowUs);
  if (how === SessionEnd.None && nowUs >= datagrams.untilUs) {
    how = timedOut(datagrams.rules, proxy.listeners[listener]!.options.datagrams!);
  }
  if (how === SessionEnd.None) return;
  datagrams.isOver = true;
  end(world, flow, how, nowUs);
  const { agent } = datagrams;
  if (agent >= 0 && world.flows.get(agent) === flow) expectDatagram(world, agent, nowUs);
}

/** A node answers a startup message that has come to it by nginx. */
export function answersStartup(world: WorldState, agent: number, nowUs: number): void {
  const flow = world.flows.get(agent);
  if (flow?.datagrams) answer(world, flow, nowUs + flow.host.latencyUs[world.target[agent]!]!);
}

/** The startup message is at the host of nginx. */
export function startupPasses(world: WorldState, agent: number, nowUs: number): 'goesOn' | 'refused' | 'silent' {
  const place = world.target[agent]!;
  const { state } = world.places[place]!;
  if (state !== PlaceState.Up) return state === PlaceState.Hung ? 'silent' : 'refused';
  const flow = pass(world, agent, world.hosts[place - world.nodeCount]!, nowUs);
  if (!flow) return 'silent';
  const { host, proxy, listener, peer } = flow;
  world.target[agent] = proxy.listeners[listener]!.targets[peer]!.place;
  world.through[agent] = host.place;
  nextStep(world, agent, Step.Udp, nowUs + host.latencyUs[world.target[agent]]!);
  return 'goesOn';
}

/** Where the next startup message of an agent goes that asks again on the socket it has. */
export function askAtBalancer(world: WorldState, agent: number): void {
  if (!isBalanced(world, agent)) return;
  world.target[agent] = world.through[agent]!;
}

/** Nobody listens where the startup message has come to. @returns false where the agent does not hear of it. */
export function hearsRefusal(world: WorldState, agent: number, nowUs: number): boolean {
  const flow = world.flows.get(agent);
  if (!flow?.datagrams) return true;
  const { rules, errorsUs } = flow.datagrams;
  const isFirst = !rules.isDeaf && errorsUs.length === 0;
  refuse(world, flow, nowUs + flow.host.latencyUs[world.target[agent]!]!);
  return isFirst && flow.proxy.listeners[flow.listener]!.options.datagrams!.passesErrors;
}

/** True while nginx passes on no answer to the agent. */
export function isDeafened(world: WorldState, agent: number, nowUs: number): boolean {
  const flow = world.flows.get(agent);
  if (!flow?.datagrams) return false;
  catchUp(flow, nowUs);
  return flow.datagrams.rules.isDeaf;
}

/** True while the agent's next datagram leads nowhere, or may begin a session: nginx has none for it, or one that it will end. */
export function isUnled(world: WorldState, agent: number, nowUs: number): boolean {
  if (!isBalanced(world, agent)) return false;
  const flow = world.flows.get(agent);
  if (!flow?.datagrams) return true;
  catchUp(flow, nowUs);
  return flow.datagrams.rules.errorWaits;
}

/** Plays the next datagram of a connected agent, if it may change what becomes of those behind it. */
export function expectDatagram(world: WorldState, agent: number, nowUs: number): void {
  if (!isBalanced(world, agent) || world.state[agent] !== State.Connected) return;
  if (!decides(world, agent)) {
    if (world.step[agent] === Step.Datagram) world.queue.cancel(agent * timersPerAgent + Timer.Path);
    return;
  }
  const toBalancerUs = latencyTo(world, agent, world.through[agent]!);
  const flow = world.flows.get(agent);
  // Of a session that is well nobody has looked at the ACKs: the last one nginx has passed on decides when the loop turns next.
  if (world.broken[agent] === Broken.No) {
    const passedUs = nowUs - (nodeLatencyUs(world, agent) - toBalancerUs);
    world.ackUs[agent] = lastAckUs(
      clockOf(world, agent),
      world,
      world.ackUs[agent]!,
      passedUs,
      nodeLatencyUs(world, agent),
    );
  }
  const isRefused = flow !== undefined && refuses(world, agent);
  // What is between nginx and a node that has just ended is answered with an error, too.
  const onTheWayUs = nowUs - (isRefused ? nodeLatencyUs(world, agent) : toBalancerUs);
  const fromUs = Math.max(onTheWayUs, world.playedUs[agent]! + 1);
  world.books.pipelines.advance(agent, fromUs);
  const plannedUs = plannedKeepaliveUs(world, agent);
  const nextUs = nextSegmentUs(world, agent, fromUs);
  const sentUs = Math.ceil(plannedUs >= fromUs ? Math.min(plannedUs, nextUs) : nextUs);
  world.datagramUs[agent] = sentUs;
  nextStep(world, agent, Step.Datagram, Math.max(nowUs, sentUs + toBalancerUs));
}

function decides(world: WorldState, agent: number): boolean {
  const { ways } = world;
  const place = world.through[agent]!;
  const host = world.hosts[place - world.nodeCount]!;
  if (world.places[place]!.state !== PlaceState.Up) return false;
  if (ways.isCut(world.groupOf[agent]!, ways.endOfPlace(place))) return false;
  const flow = world.flows.get(agent);
  if (!flow || flow.proxy !== host.proxies.at(-1)) return true;
  const { errorsUs, rules, isOver } = flow.datagrams!;
  if (isOver || isCounted(flow)) return true;
  return errorsUs.length > 0 || rules.errorWaits || refuses(world, agent);
}

/** How many datagrams there are, and which are answered, decides when the session ends. */
function isCounted({ proxy, listener, datagrams }: Flow): boolean {
  const { requests, responses } = proxy.listeners[listener]!.options.datagrams!;
  if (requests > 0) return true;
  // Managers answer keepalives alone: behind the first event there are never as many answers as it takes.
  return responses !== null && datagrams!.rules.requests < Infinity;
}

/** The node's host answers nginx that nobody listens. */
function refuses(world: WorldState, agent: number): boolean {
  const { ways } = world;
  const node = world.node[agent]!;
  const { state } = world.places[node]!;
  if (state !== PlaceState.Refusing && state !== PlaceState.Dying) return false;
  const [from, to] = [ways.endOfPlace(world.through[agent]!), ways.endOfPlace(node)];
  return !ways.isCut(from, to) && !ways.isCut(to, from);
}

/** The keepalive that gets the last ACK that is known, be it planned or long past. */
function plannedKeepaliveUs(world: WorldState, agent: number): number {
  return world.ackUs[agent]! - 2 * nodeLatencyUs(world, agent);
}

function keepaliveUs(world: WorldState, agent: number, sentUs: number): number {
  const plannedUs = plannedKeepaliveUs(world, agent);
  if (plannedUs > sentUs - 1) return Math.ceil(plannedUs);
  return Math.ceil(nextKeepaliveUs(clockOf(world, agent), world, world.ackUs[agent]!, sentUs - 1));
}

/** What the node says comes to nginx. */
function answers(world: WorldState, agent: number): boolean {
  const { ways } = world;
  const node = world.node[agent]!;
  const [from, to] = [ways.endOfPlace(world.through[agent]!), ways.endOfPlace(node)];
  return world.places[node]!.state === PlaceState.Up && !ways.isCut(from, to) && !ways.isCut(to, from);
}

/** The datagram of a connected agent is at nginx. */
export function datagramDue(world: WorldState, agent: number, nowUs: number): void {
  const host = world.hosts[world.through[agent]! - world.nodeCount]!;
  const sentUs = world.datagramUs[agent]!;
  const atUs = sentUs + latencyTo(world, agent, host.place);
  world.playedUs[agent] = sentUs;
  world.books.pipelines.advance(agent, sentUs);
  const flow = pass(world, agent, host, atUs);
  // A reload may have led it where nobody listens.
  const { cause } = world;
  if (host.reloadedBy >= 0) world.cause = host.reloadedBy;
  if (flow) {
    const node = world.target[agent]!;
    if (node !== world.node[agent]) moveTo(world, agent, node, nowUs);
    const isBackUs = atUs + 2 * host.latencyUs[node]!;
    const isKeepalive = keepaliveUs(world, agent, sentUs) <= sentUs;
    if (refuses(world, agent)) refuse(world, flow, isBackUs);
    else if (isKeepalive && answers(world, agent)) answer(world, flow, isBackUs);
    const { requests, responses } = flow.proxy.listeners[flow.listener]!.options.datagrams!;
    if (requests === 0 && responses !== null && (responses > 1 || !isKeepalive)) {
      flow.datagrams!.rules.requests = Infinity; // no longer to be reached
    }
  }
  reviewSession(world, agent, nowUs);
  world.cause = cause;
}

/** The agent's datagrams come to another node, which has heard nothing of it. Its key it knows. */
export function moveTo(world: WorldState, agent: number, node: number, nowUs: number): void {
  const { pipelines } = world.books;
  const isHeard = !isDark(world.broken[agent]!);
  leaveZombie(world, agent, nowUs);
  if (isHeard) world.history.silent(agent, nowUs);
  world.books.left(world.node[agent]!, nowUs, agent);
  world.books.joined(node, nowUs, agent);
  world.node[agent] = node;
  world.nodeLife[agent] = world.places[node]!.life;
  pipelines.sinkPlace[agent] = node;
  pipelines.sinkNode[agent] = node;
  pipelines.latencyUs[agent] = nodeLatencyUs(world, agent);
  if (isHeard) noteAgain(world, agent, nowUs, false);
  world.lastChangeUs = nowUs;
}

/** A balancer has changed its state: what passes it, and the sessions it had. */
export function datagramsTurned(
  world: WorldState,
  host: BalancerHost,
  before: number,
  reborn: boolean,
  nowUs: number,
): void {
  if (!host.proxies.at(-1)!.listeners.some(({ options }) => options.datagrams)) return;
  const isUp = world.places[host.place]!.state === PlaceState.Up;
  if (isUp !== (before === PlaceState.Up)) cutThrough(world, host.place, !isUp, nowUs);
  if (!reborn) return;
  for (const agent of [...host.flows]) {
    const flow = world.flows.get(agent)!;
    if (flow.datagrams) forget(world, agent, flow);
  }
}

/** New worker processes have the socket: the next datagram of each agent begins a session with them. */
export function datagramsReloaded(world: WorldState, host: BalancerHost, nowUs: number): void {
  for (const agent of [...host.flows].sort((a, b) => a - b)) {
    if (world.flows.get(agent)!.datagrams) expectDatagram(world, agent, nowUs);
  }
}
