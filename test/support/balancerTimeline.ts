// A balancer through a timeline: clients that come, servers that die, hang and return, checks. The same contract the world plays, with
// nothing around it, to be compared with what a real program did at the same instants.
import type { Balancer, BalancerNews, BalancerSession } from '../../src/models/balancer/contract.ts';
import { Choice } from '../../src/models/balancer/contract.ts';
import { aClient } from './clients.ts';

/**
 * `mute`: its kernel takes connections, nobody answers. `refuses`: nobody listens; connections it had are ended. `silent`: SYNs are
 * dropped, connections stay.
 */
export type PeerState = 'accepts' | 'mute' | 'refuses' | 'silent';

export interface PeerChange {
  readonly atUs: number;
  /** `address:port` */
  readonly peer: string;
  readonly state: PeerState;
}

export interface TimelineGiven {
  /** When the program started: its first checks are counted from here. */
  readonly startUs: number;
  readonly untilUs: number;
  readonly arrivals: readonly { readonly atUs: number; readonly client: string }[];
  /** What is not in here accepts. */
  readonly changes: readonly PeerChange[];
  readonly connectTimeoutUs: number;
  /** `tcp_syn_linear_timeouts` of the kernel: repetitions of a SYN a second apart, before they are put off. */
  readonly linearSyns: number;
  /** How much later than it is due a check begins on that machine. */
  readonly checkLateUs?: number;
}

/**
 * How much later than after a whole second a SYN is repeated: the kernel's timers of that length have steps of 8 jiffies, 32 ms at 250 Hz
 * (kernel/time/timer.c), and end late, never early.
 */
const synLateUs = 16_000;

export interface SessionStory {
  /** Indices of the peers tried, in order. */
  readonly tried: number[];
  /** Failures after which it was to be tried again, there or elsewhere. */
  retries: number;
  /** Index of the peer it was connected to, -1: none. */
  peer: number;
  /** When it was connected, or closed without a peer; Infinity: neither. */
  decidedAtUs: number;
  /** When the client was closed; Infinity: it was not. */
  endedAtUs: number;
}

export interface Mark {
  readonly atUs: number;
  readonly peer: number;
  readonly up: boolean;
}

interface Event {
  readonly atUs: number;
  readonly run: () => unknown;
}

export function playTimeline<S extends BalancerSession>(
  balancer: Balancer<S>,
  given: TimelineGiven,
): { readonly stories: readonly SessionStory[]; readonly marks: readonly Mark[] } {
  const { connectTimeoutUs, untilUs, startUs } = given;
  const events: Event[] = [];
  const marks: Mark[] = [];
  const stories = given.arrivals.map((): SessionStory => {
    return { tried: [], retries: 0, peer: -1, decidedAtUs: Infinity, endedAtUs: Infinity };
  });
  const open = new Map<SessionStory, S>();
  const trying = new Map<SessionStory, S>();
  let nowUs = startUs;
  const at = (atUs: number, run: () => unknown): void => {
    let place = events.length;
    while (place > 0 && events[place - 1]!.atUs > atUs) place -= 1;
    events.splice(place, 0, { atUs, run });
  };
  const nameOf = (peer: number): string => `${balancer.peers[peer]!.address}:${balancer.peers[peer]!.port}`;
  const stateAt = (name: string, us: number): PeerState =>
    given.changes.findLast(({ peer, atUs }) => peer === name && atUs <= us)?.state ?? 'accepts';

  /** What comes of a connection, and when. */
  const answerOf = (peer: number, timeoutUs: number): { readonly atUs: number; readonly what: PeerState } => {
    for (let nth = 0, tryUs = nowUs; tryUs < nowUs + timeoutUs; nth++) {
      const what = stateAt(nameOf(peer), tryUs);
      if (what !== 'silent') return { atUs: tryUs, what };
      tryUs += synLateUs + (nth <= given.linearSyns ? 1_000_000 : 1_000_000 * 2 ** (nth - given.linearSyns));
    }
    return { atUs: nowUs + timeoutUs, what: 'silent' };
  };

  const end = (story: SessionStory): void => {
    const session = open.get(story);
    if (!session) return;
    open.delete(story);
    story.endedAtUs = nowUs;
    balancer.closed(session, nowUs);
  };
  /** Those that are only being connected there, too. */
  const cutAllOf = (peer: number): void => {
    endAllOf(peer);
    for (const [story, session] of [...trying]) {
      if (session.peerIndex === peer || session.retryIndex === peer) giveUp(story, session);
    }
  };
  const giveUp = (story: SessionStory, session: S): void => {
    trying.delete(story);
    story.decidedAtUs = nowUs;
    story.endedAtUs = nowUs;
    balancer.closed(session, nowUs);
  };
  const endAllOf = (peer: number): void => {
    for (const story of [...open.keys()]) if (story.peer === peer) end(story);
  };
  const hear = (): void => {
    for (const news of balancer.takeNews?.() ?? []) hearOne(news);
  };
  const hearOne = (news: BalancerNews): void => {
    if (news.kind === 'down' || news.kind === 'up') {
      marks.push({ atUs: nowUs, peer: news.peerIndex, up: news.kind === 'up' });
      if (news.kind === 'down' && news.sessions === 'closed') cutAllOf(news.peerIndex);
    } else if (news.kind === 'ended') cutAllOf(news.peerIndex);
    else if (news.kind === 'recheck') {
      const generation = generations[news.peerIndex]!;
      at(news.atUs, () => check(news.peerIndex, generation));
    }
  };

  const attempt = (story: SessionStory, session: S, firstUs: number): void => {
    const peer = balancer.next(session, nowUs);
    if (peer === Choice.None || peer === Choice.Queued) {
      if (peer === Choice.Queued) throw new Error('nobody is to wait in a timeline');
      trying.delete(story);
      story.decidedAtUs = nowUs;
      story.endedAtUs = nowUs;
      return;
    }
    trying.set(story, session);
    story.tried.push(peer);
    const { atUs, what } = answerOf(peer, connectTimeoutUs);
    at(atUs, () => {
      if (!trying.has(story)) return;
      if (what === 'accepts' || what === 'mute') {
        trying.delete(story);
        balancer.connected(session, nowUs);
        story.peer = peer;
        story.decidedAtUs = nowUs;
        open.set(story, session);
        return;
      }
      const waitUs = balancer.failed(session, nowUs, nowUs - firstUs, what === 'silent');
      if (waitUs < Infinity) story.retries += 1;
      hear();
      if (!trying.has(story)) return;
      if (waitUs === Infinity) giveUp(story, session);
      else at(nowUs + waitUs, () => trying.has(story) && attempt(story, session, firstUs));
    });
  };

  const generations = balancer.peers.map(() => 0);
  const check = (peer: number, generation: number): void => {
    // A check brought forward replaces the one that was due.
    if (generation !== generations[peer]) return;
    generations[peer] = generation + 1;
    const { atUs, what } = answerOf(peer, balancer.checks!.timeoutUs[peer]!);
    at(atUs, () => {
      const delayUs = balancer.checks!.checked(peer, what === 'accepts' || what === 'mute', nowUs);
      hear();
      at(nowUs + delayUs + (given.checkLateUs ?? 0), () => check(peer, generation + 1));
    });
  };

  for (const { atUs, peer, state } of given.changes) {
    if (state !== 'refuses') continue;
    at(atUs, () => {
      for (const index of balancer.peers.keys()) if (nameOf(index) === peer) endAllOf(index);
    });
  }
  given.arrivals.forEach(({ atUs, client }, nth) => {
    at(atUs, () => attempt(stories[nth]!, balancer.open(aClient(client, nth), 0), nowUs));
  });
  balancer.checks?.firstAtUs.forEach((firstUs, peer) => {
    if (firstUs < Infinity) at(startUs + firstUs, () => check(peer, 0));
  });
  for (let next = events.shift(); next && next.atUs <= untilUs; next = events.shift()) {
    nowUs = next.atUs;
    next.run();
  }
  return { stories, marks };
}
