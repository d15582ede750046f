// One session's way through a backend, and what a method of choosing is.
import type { BalancerSession, ClientLuck } from '../contract.ts';
import { note, type PassedOver, type RingView, type SessionTrace } from '../trace.ts';
import type { Server } from './farm.ts';

export interface HaproxySession extends BalancerSession {
  /** Between two attempts on one server: it belongs to it, and ends with what the server has (`on-marked-down`). */
  retryIndex: number;
  readonly hash: number;
  readonly luck: ClientLuck;
  /** Random numbers it has drawn. */
  draws: number;
  /** The server it was given last: the one a new choice avoids. */
  server: Server | null;
  /** The choice stands: `server` is tried, again or for the first time. */
  assigned: boolean;
  /** The server whose slot it holds, also while it waits between two attempts. */
  slot: Server | null;
  retries: number;
  /** Where it waits, if it does. */
  queue: HaproxySession[] | null;
  queuedAtMs: number;
  over: boolean;
  /** `null`: nobody looks on. */
  readonly trace: SessionTrace | null;
}

/** How a backend chooses. Every method is one file. What `farm` counts is up to date when one of these is called. */
export interface Method {
  /** The server has become usable. */
  added(server: Server): void;
  /** It is usable no more. @param weight what it weighed. */
  removed(server: Server, weight: number): void;
  /** It weighs something else, and is usable as before. @param before what it weighed. */
  reweighted(server: Server, before: number): void;
  /** Its sessions have changed. */
  moved(server: Server): void;
  /** @param avoid the server that has just failed this session. @returns `null`: all are full. */
  choose(session: HaproxySession, avoid: Server | null): Server | null;
  /** Where a hash belongs while every server works; absent: the method hashes nothing. */
  home?(hash: number): { readonly at: number; readonly peerIndex: number } | null;
  ring?(): RingView;
}

/** Tells an onlooker, if there is one, why a server was passed over. @param at place on the ring or in the table. */
export function passedOver(
  { trace }: HaproxySession,
  at: number | null,
  { index }: Server,
  why: () => PassedOver | null,
): void {
  if (trace === null) return;
  const reason = why();
  if (reason !== null) note(trace, { kind: 'looked', at, peerIndex: index, why: reason });
}

export function took({ trace }: HaproxySession, at: number | null, { index }: Server): void {
  if (trace !== null) note(trace, { kind: 'took', at, peerIndex: index });
}

export function drew({ trace }: HaproxySession, at: number, { index }: Server): void {
  if (trace !== null) note(trace, { kind: 'drew', at, peerIndex: index });
}

export const justFailed = (): PassedOver => ({ kind: 'justFailed' });

/** The only backup that is used, whatever the method. */
export function tookFirstBackup({ trace }: HaproxySession, { index }: Server): void {
  if (trace === null) return;
  note(trace, { kind: 'turnedTo', rule: 'firstBackup' });
  note(trace, { kind: 'took', at: null, peerIndex: index });
}

export function ignore(): void {
  // What this method chooses by has not changed.
}
