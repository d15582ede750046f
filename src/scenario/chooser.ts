// A balancer that is asked who goes where, outside of any run: the same choice the simulation makes, one connection after the other.
import { isIP } from 'node:net';
import { rootKey } from '../kernel/random.ts';
import type { Balancer, BalancerClient } from '../models/balancer/contract.ts';
import { addressBytes, addressText } from '../models/balancer/nginx/clientKey.ts';
import type { SessionTrace } from '../models/balancer/trace.ts';
import { ScenarioError, type Problem } from './problem.ts';
import type { Warning } from './scenario.ts';
import { quote } from './wording.ts';

/** One peer, as an answer names it. */
export interface ChooserServer {
  /** What is printed: the address connected to, the name of a server or a node. */
  readonly label: string;
  readonly weight: number;
  /** It gets connections while everything works: no backup, not down. */
  readonly takesPart: boolean;
  /** It refuses connections, for who asks (`--down`). */
  readonly refuses: boolean;
}

export interface Chooser {
  readonly balancer: Balancer;
  /** `nginx hash $remote_addr consistent`. */
  readonly description: string;
  /** Where clients come in: `the server of nginx.conf listening on 1514`. */
  readonly place: string;
  /** By index of the peer. */
  readonly servers: readonly ChooserServer[];
  readonly warnings: readonly Warning[];
}

export interface AssignAsked {
  /** The configuration, for messages. */
  readonly file: string;
  /** Client addresses, IPv4 or IPv6, one a connection. */
  readonly clients: readonly string[];
  /** Where the clients were read, for messages. */
  readonly clientsFile?: string;
}

export interface Assignment {
  /** For each client what its server is called, of nginx the address connected to where it is known; empty: nothing usable. */
  readonly servers: readonly string[];
  readonly warnings: readonly Warning[];
}

/** The clock of the balancer stands still meanwhile; which second it is does not matter, and nobody is warming up any more. */
export const askedAtUs = 1e12;

/** The `index`-th client of a list. Its port is not known: who hashes it has been refused. */
export function clientAt(address: string, index: number): BalancerClient {
  const written = address.includes(':') ? addressText(addressBytes(address)) : address;
  return { address: written, port: 0, luck: { key: listKey, index, connect: 0 } };
}

const listKey = rootKey('assign', 0);

/** Addresses of host names, which are compared without their case, as the resolver does. */
export function resolverOf(
  resolve: ReadonlyMap<string, readonly string[]>,
): (host: string) => readonly string[] | null {
  const addresses = new Map([...resolve].map(([name, list]) => [name.toLowerCase(), list]));
  return (host) => addresses.get(host.toLowerCase()) ?? null;
}

/**
 * A client connects, and leaves before the next one comes.
 * @returns the index of its peer, -1: nothing is usable.
 */
export function ask(
  { balancer, servers }: Chooser,
  client: BalancerClient,
  worker: number,
  trace?: SessionTrace,
): number {
  const session = balancer.open(client, worker, trace);
  let peer = balancer.next(session, askedAtUs);
  while (peer >= 0 && servers[peer]!.refuses) {
    peer = balancer.failed(session, askedAtUs, 0, false) < Infinity ? balancer.next(session, askedAtUs) : -1;
  }
  if (peer >= 0) balancer.connected(session, askedAtUs);
  balancer.closed(session, askedAtUs);
  return Math.max(-1, peer);
}

/** Index of the peer of each of a list of addresses. */
export function askAll(chooser: Chooser, addresses: readonly string[]): Int32Array {
  return Int32Array.from(addresses, (address, index) => ask(chooser, clientAt(address, index), 0));
}

/** The answer of `assign`. @throws ScenarioError where there were problems, which `chooser` or the clients have. */
export function assigned(
  { file, clients, clientsFile = 'standard input' }: AssignAsked,
  chooser: Chooser | null,
  problems: Problem[],
): Assignment {
  checkClients(clients, clientsFile, problems);
  if (problems.length > 0 || chooser === null) throw new ScenarioError(file, problems);
  const { servers, warnings } = chooser;
  return { servers: Array.from(askAll(chooser, clients), (peer) => servers[peer]?.label ?? ''), warnings };
}

export function isAddress(text: string): boolean {
  return isIP(text) !== 0 && !text.includes('%');
}

export function checkClients(clients: readonly string[], clientsFile: string, problems: Problem[]): void {
  clients.forEach((client, index) => {
    if (isAddress(client)) return;
    problems.push({
      position: { file: clientsFile, line: index + 1, column: 1 },
      text: `expected one address a line such as 10.1.0.7, got ${quote(client)}.`,
    });
  });
}
