// authd, the registration service of a node: who waits for whom, and what the way to the master costs. Wazuh 4.14.7,
// src/os_auth/main-server.c, and shared/agent_op.c, w_send_clustered_message(), which relays a worker's requests.
import { atLeast } from '../agentVersions.ts';
import type { NodeOptions } from '../node.ts';
import type { ClusterLinks } from './links.ts';
import { clusterTimings } from './timings.ts';

/** Clients that wait or are served; one more is told "Too many connections" and closed. main-server.c, AUTH_POOL. */
export const clientPool = 1000;
/** agent_op.h, CLUSTER_SEND_MESSAGE_ATTEMPTS: a second apart. Before 4.3.0 the request is sent once. */
const relayAttempts = 10;
const relayPauseUs = 1_000_000;

/** What becomes of a client that has just connected. */
export interface Admission {
  /** It is closed at once. */
  readonly isRejected: boolean;
  /** From its turn being due in a service that has nothing else to do until the answer is ready, µs. */
  readonly extraUs: number;
  /** The answer is an error: the master was not there. */
  readonly isRelayBroken: boolean;
}

/** The service of every node. */
export class Registration {
  readonly #nodes: readonly NodeOptions[];
  readonly #links: ClusterLinks;
  /** One way between each node and the master, µs. */
  readonly #toMasterUs: readonly number[];
  /** When each node's thread has done what it has taken so far. */
  readonly #freeUs: number[];
  /** When each of its clients is answered, ascending; when its turn is, and the balancer it has come through, -1: none. */
  readonly #answers: number[][];
  readonly #turns: number[][];
  readonly #vias: number[][];

  constructor(nodes: readonly NodeOptions[], links: ClusterLinks, toMasterUs: readonly number[]) {
    this.#nodes = nodes;
    this.#links = links;
    this.#toMasterUs = toMasterUs;
    this.#freeUs = nodes.map(() => -Infinity);
    this.#answers = nodes.map(() => []);
    this.#turns = nodes.map(() => []);
    this.#vias = nodes.map(() => []);
  }

  /** Processes of a place are new: at a node nobody waits, and who has come through a balancer is gone. */
  restarted(place: number, nowUs: number): void {
    if (place >= this.#nodes.length) {
      for (let node = 0; node < this.#nodes.length; node++) this.#leave(node, place, nowUs);
      return;
    }
    this.#freeUs[place] = -Infinity;
    this.#forget(place, this.#answers[place]!.length);
  }

  #forget(node: number, clients: number): void {
    for (const list of [this.#answers[node]!, this.#turns[node]!, this.#vias[node]!]) list.splice(0, clients);
  }

  /**
   * The thread finds closed connections instead of clients that have come through the balancer, but for the one it is busy with. Those of
   * others behind them have been told when they will be answered, and are.
   */
  #leave(node: number, balancer: number, nowUs: number): void {
    const answers = this.#answers[node]!;
    const turns = this.#turns[node]!;
    const vias = this.#vias[node]!;
    for (let at = answers.length - 1; at >= 0; at--) {
      if (vias[at] !== balancer || turns[at]! <= nowUs) continue;
      for (const list of [answers, turns, vias]) list.splice(at, 1);
    }
    this.#freeUs[node] = Math.min(this.#freeUs[node]!, Math.max(nowUs, answers.at(-1) ?? nowUs));
  }

  /**
   * A client connects.
   * @param connectedUs when it would have done so if its request came as it does and nothing lay in between: behind a balancer, or
   * after a hang, a few ways before `nowUs`.
   * @param roundTripsUs its TLS handshake and its request, which up to 4.12 the one thread waits for.
   * @param patienceUs how long it waits for an answer.
   * @param via the balancer it has come through, -1: none.
   */
  admit(
    node: number,
    nowUs: number,
    connectedUs: number,
    roundTripsUs: number,
    patienceUs: number,
    via: number,
  ): Admission {
    const { version, registration } = this.#nodes[node]!;
    const answers = this.#answers[node]!;
    let done = 0;
    while (done < answers.length && answers[done]! <= nowUs) done += 1;
    if (done > 0) this.#forget(node, done);
    if (answers.length >= clientPool) return { isRejected: true, extraUs: 0, isRelayBroken: false };
    // Up to 4.12 the one thread takes a connection and waits for all of it; from 4.13 it takes requests that are there.
    const waitsForUs = atLeast(version, '4.13.0') ? 0 : roundTripsUs;
    const readyUs = connectedUs + roundTripsUs - waitsForUs;
    const turnUs = Math.max(readyUs, this.#freeUs[node]!);
    // It is gone when its turn comes: the thread finds a closed connection and goes on.
    if (turnUs - readyUs > patienceUs) return { isRejected: false, extraUs: turnUs - readyUs, isRelayBroken: false };
    const workedUs = turnUs + waitsForUs + (registration.serviceUs ?? 0);
    // The one thread waits for the master, in every release.
    const relay = this.#relay(node, workedUs);
    const doneUs = workedUs + relay.us;
    this.#freeUs[node] = doneUs;
    answers.push(doneUs);
    this.#turns[node]!.push(turnUs);
    this.#vias[node]!.push(via);
    return { isRejected: false, extraUs: doneUs - connectedUs - roundTripsUs, isRelayBroken: relay.isBroken };
  }

  /** A worker asks the master, and waits. */
  #relay(node: number, atUs: number): { readonly us: number; readonly isBroken: boolean } {
    const links = this.#links;
    if (node === links.master || links.master < 0) return { us: 0, isBroken: false };
    if (links.linked[node]!.has(atUs)) return { us: 2 * this.#toMasterUs[node]!, isBroken: false };
    const attempts = atLeast(this.#nodes[node]!.version, '4.3.0') ? relayAttempts : 1;
    let nowUs = atUs;
    for (let attempt = 1; attempt <= attempts; attempt++) {
      // clusterd answers at once that there is no master, or after its own time-out while it does not know yet.
      nowUs = links.missesMasterFrom(node, nowUs, nowUs + clusterTimings.requestTimeoutUs);
      if (attempt < attempts) nowUs += relayPauseUs;
    }
    return { us: nowUs - atUs, isBroken: true };
  }
}
