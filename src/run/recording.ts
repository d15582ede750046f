// What happened in a replication, event by event, as rows whose digests form a chain: two runs are told apart by its last link, and
// the first link that differs says where. Rows are texts, so that they are the same on every machine.
import { createHash } from 'node:crypto';
import type { Books } from '../models/ledger.ts';
import type { WorldProbe } from '../models/world/state.ts';

/** Kinds of rows; a number once given keeps its meaning. Behind instant and kind: the agent, then as told here. */
export const RowKind = {
  /** Entry of the agent's list. */
  Tried: 0,
  /** 0 closed, 1 silence, 2 forced. */
  Noticed: 1,
  Stopped: 2,
  /** Node. */
  Connected: 3,
  /** Place of the balancer, peer. */
  PeerTried: 4,
  /** Place of the balancer, 1: nothing was heard. */
  PeerFailed: 5,
  /** Place of the balancer, 0 no slot, 1 no peer. */
  TurnedAway: 6,
  /** 1: an enrolment. */
  Failed: 7,
  Enrols: 8,
  /** Node. */
  Left: 9,
  /** Place. */
  OldEnded: 10,
  /** Entry of the agent's list. */
  GaveUp: 11,
  /** No agent: place of the balancer, peer, 1: up. */
  PeerTurned: 12,
  /** No agent: place, state. */
  Changed: 13,
  /** No agent: events produced, delivered, lost and waiting so far. */
  Counted: 14,
} as const;

/** Rows of a link. */
export const linkRows = 256;
/** So many links of a stream are kept as they are from its beginning, and so many from time 0. */
const keptLinks = { warmup: 16, counted: 120 };
const hashDigits = 16;

export interface StreamRecord {
  readonly rows: number;
  /** Digests of the links, one behind the other; each is over its rows and the digest before. */
  readonly chain: string;
  /** Rows of some links, a line each, by the number of the link. */
  readonly kept: readonly (readonly [link: number, text: string])[];
}

export interface Recording {
  /** What agents, balancers and places do, in order. */
  readonly connections: StreamRecord;
  /** The fleet's events at regular instants. */
  readonly counts: StreamRecord;
}

/** Which links are kept: none, those of `keptLinks`, or all up to one. */
export type Keep = 'none' | 'some' | { readonly upTo: number };

export interface Keeping {
  readonly connections: Keep;
  readonly counts: Keep;
}

export class Stream {
  readonly #keep: Keep;
  readonly #chain: string[] = [];
  readonly #kept: (readonly [number, string])[] = [];
  #before = '';
  #link = '';
  #inLink = 0;
  #rows = 0;
  #isCounted = false;
  #countedLinks = 0;

  constructor(keep: Keep) {
    this.#keep = keep;
  }

  add(atUs: number, kind: number, agent: number, values: string): void {
    this.#link += `${atUs} ${kind} ${agent}${values}\n`;
    this.#inLink += 1;
    this.#rows += 1;
    if (atUs >= 0) this.#isCounted = true;
    if (this.#inLink === linkRows) this.#close();
  }

  #close(): void {
    const digest = createHash('sha256').update(this.#before).update(this.#link).digest('hex').slice(0, hashDigits);
    const link = this.#chain.push(digest) - 1;
    if (this.#isCounted) this.#countedLinks += 1;
    if (this.#wanted(link)) this.#kept.push([link, this.#link]);
    this.#before = digest;
    this.#link = '';
    this.#inLink = 0;
  }

  #wanted(link: number): boolean {
    if (this.#keep === 'none') return false;
    if (this.#keep !== 'some') return link <= this.#keep.upTo;
    return this.#isCounted ? this.#countedLinks <= keptLinks.counted : link < keptLinks.warmup;
  }

  done(): StreamRecord {
    if (this.#inLink > 0) this.#close();
    return { rows: this.#rows, chain: this.#chain.join(''), kept: this.#kept };
  }
}

/** First link in which two streams differ, -1: they are alike. */
export function firstDifferentLink(a: Pick<StreamRecord, 'chain'>, b: Pick<StreamRecord, 'chain'>): number {
  if (a.chain === b.chain) return -1;
  let link = 0;
  const at = (chain: string): string => chain.slice(link * hashDigits, (link + 1) * hashDigits);
  while (at(a.chain) === at(b.chain)) link += 1;
  return link;
}

const noticedNumbers = { closed: 0, silence: 1, forced: 2 };

/** Listens to a replication. `finish` with its books closes the record. */
export function recorder(keep: Keeping): {
  readonly probe: WorldProbe;
  readonly finish: (books: Books) => Recording;
} {
  const stream = new Stream(keep.connections);
  const probe: WorldProbe = {
    tried: (agent, atUs, server) => stream.add(atUs, RowKind.Tried, agent, ` ${server}`),
    noticed: (agent, atUs, why) => stream.add(atUs, RowKind.Noticed, agent, ` ${noticedNumbers[why]}`),
    stopped: (agent, atUs) => stream.add(atUs, RowKind.Stopped, agent, ''),
    connected: (agent, atUs, _, node) => stream.add(atUs, RowKind.Connected, agent, ` ${node}`),
    peerTried: (agent, atUs, place, peer) => stream.add(atUs, RowKind.PeerTried, agent, ` ${place} ${peer}`),
    peerFailed: (agent, atUs, place, isMute) =>
      stream.add(atUs, RowKind.PeerFailed, agent, ` ${place} ${isMute ? 1 : 0}`),
    turnedAway: (agent, atUs, place, why) =>
      stream.add(atUs, RowKind.TurnedAway, agent, ` ${place} ${why === 'noSlot' ? 0 : 1}`),
    failed: (agent, atUs, isEnrolment) => stream.add(atUs, RowKind.Failed, agent, ` ${isEnrolment ? 1 : 0}`),
    enrols: (agent, atUs) => stream.add(atUs, RowKind.Enrols, agent, ''),
    left: (agent, atUs, node) => stream.add(atUs, RowKind.Left, agent, ` ${node}`),
    oldEnded: (agent, atUs, place) => stream.add(atUs, RowKind.OldEnded, agent, ` ${place}`),
    gaveUp: (agent, atUs, server) => stream.add(atUs, RowKind.GaveUp, agent, ` ${server}`),
    peerTurned: (place, peer, atUs, isUp) =>
      stream.add(atUs, RowKind.PeerTurned, -1, ` ${place} ${peer} ${isUp ? 1 : 0}`),
    changed: (place, atUs, state) => stream.add(atUs, RowKind.Changed, -1, ` ${place} ${state}`),
  };
  return {
    probe,
    finish({ timeline }) {
      const counts = new Stream(keep.counts);
      const { stepUs, produced, delivered, lost, waiting } = timeline;
      for (let step = 0; step < timeline.steps; step++) {
        const values = ` ${produced[step]!} ${delivered[step]!} ${lost[step]!} ${waiting[step]!}`;
        counts.add(step * stepUs, RowKind.Counted, -1, values);
      }
      return { connections: stream.done(), counts: counts.done() };
    },
  };
}
