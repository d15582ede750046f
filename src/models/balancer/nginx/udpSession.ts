// What a client's datagrams are to nginx: a session from the first of them on, which keeps its peer, and how it ends. Measured (nginx
// 1.22.1, every row of test/models/balancer/nginx/udpSession.test.ts); read from src/stream/ngx_stream_proxy_module.c
// (ngx_stream_proxy_process(), test_finalize(), process_connection(), finalize()) and src/os/unix/ngx_udp_recv.c.
import type { DatagramOptions } from './options.ts';

export interface UdpSession {
  /** Datagrams of the client. */
  requests: number;
  /** What came back: answers, and the first error. */
  responses: number;
  /** nginx has read an error from its socket to the peer. It reads nothing from there any more. */
  isDeaf: boolean;
  /** The kernel keeps another error, which meets the next datagram that is sent. */
  errorWaits: boolean;
}

export function newUdpSession(): UdpSession {
  return { requests: 0, responses: 0, isDeaf: false, errorWaits: false };
}

/** What becomes of a session by what has just happened. `Failed`: it is over, and its peer has failed. */
export const SessionEnd = { None: 0, Over: 1, Failed: 2 } as const;
export type SessionEnd = (typeof SessionEnd)[keyof typeof SessionEnd];

/** The client's next datagram is the first of another session: this one has had as many as it takes (`proxy_requests`). */
export function takesNoMore(session: UdpSession, { requests }: DatagramOptions): boolean {
  return requests > 0 && session.requests >= requests;
}

/** A datagram of the client comes. It goes on to the peer, but for one that ends its session as `Failed`: that one is lost. */
export function datagramSent(session: UdpSession, options: DatagramOptions): SessionEnd {
  if (session.errorWaits) return SessionEnd.Failed;
  session.requests += 1;
  return afterwards(session, options);
}

/** The peer answers: a session that is deaf passes nothing on to its client. */
export function answerCame(session: UdpSession, options: DatagramOptions): SessionEnd {
  if (session.isDeaf) return SessionEnd.None;
  session.responses += 1;
  return afterwards(session, options);
}

/**
 * The peer's host says that nobody listens (ICMP, port unreachable). nginx reads the first of these as an answer without content, which
 * up to 1.22 goes to the client as an empty datagram; a second one waits for the next send.
 */
export function errorCame(session: UdpSession, options: DatagramOptions): SessionEnd {
  if (session.isDeaf) {
    session.errorWaits = true;
    return SessionEnd.None;
  }
  session.isDeaf = true;
  session.responses += 1;
  return afterwards(session, options);
}

/** `proxy_timeout` without a datagram in either direction. */
export function timedOut(session: UdpSession, { responses }: DatagramOptions): SessionEnd {
  const isUnanswered = responses !== null && session.responses < responses * session.requests;
  return session.isDeaf || isUnanswered ? SessionEnd.Failed : SessionEnd.Over;
}

/** A session that has all its answers is over. test_finalize(). */
function afterwards(session: UdpSession, { requests, responses }: DatagramOptions): SessionEnd {
  if (requests > 0 && session.requests < requests) return SessionEnd.None;
  if (responses === null || session.responses < responses * session.requests) return SessionEnd.None;
  return session.isDeaf ? SessionEnd.Failed : SessionEnd.Over;
}
