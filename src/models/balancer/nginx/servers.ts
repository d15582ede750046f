// The servers of an nginx.conf, changed as an operator changes them before a reload. Only upstreams that take events: where
// a node registers agents is another matter.
import type { NodeOptions } from '../../node.ts';
import {
  peerDefaults,
  type NginxListenerOptions,
  type NginxOptions,
  type NginxPeerOptions,
  type NginxUpstreamOptions,
} from './options.ts';

/** What comes of a change; `null` where nginx would refuse the file, or where nothing changes. */
export interface ServerChange {
  readonly nginx: NginxOptions | null;
  /** Why not. */
  readonly note: string | null;
}

/** Puts a node behind every upstream that takes events, with nginx's defaults. */
export function addServer(nginx: NginxOptions, node: NodeOptions, nodes: readonly NodeOptions[]): ServerChange {
  const { address, eventsPort: port, name } = node;
  return change(
    nginx,
    nodes,
    ({ peers }) =>
      peers.some((peer) => isEvents(peer, node))
        ? null
        : [...peers, ...[{ ...peerDefaults, serverText: `${address}:${port}`, address, port }]],
    `${name} is a server of the balancer already: adding it changes nothing.`,
  );
}

/** Takes a node out of every upstream that takes events. nginx refuses an upstream without servers and goes on as before. */
export function removeServer(nginx: NginxOptions, node: NodeOptions, nodes: readonly NodeOptions[]): ServerChange {
  const { name } = node;
  return change(
    nginx,
    nodes,
    ({ peers }) => {
      const rest = peers.filter((peer) => !isEvents(peer, node));
      return rest.length === peers.length || rest.length === 0 ? null : rest;
    },
    `${name} is no server of the balancer, or its last one: removing it changes nothing.`,
  );
}

/** Does it lead to where a node takes events? A node that is named by a unix socket has them there, and no port. */
function isEvents({ address, port }: NginxPeerOptions, node: NodeOptions): boolean {
  return address === node.address && (port === node.eventsPort || port === 0);
}

function change(
  nginx: NginxOptions,
  nodes: readonly NodeOptions[],
  peersOf: (upstream: NginxUpstreamOptions) => NginxUpstreamOptions['peers'] | null,
  unchanged: string,
): ServerChange {
  const used = new Set(nginx.listeners.flatMap((listener) => upstreamsPassed(nginx, listener)));
  const upstreams = nginx.upstreams.map((upstream, index) => {
    const takesEvents = upstream.peers.some((peer) => nodes.some((node) => isEvents(peer, node)));
    const peers = used.has(index) && takesEvents ? peersOf(upstream) : null;
    return peers === null ? upstream : { ...upstream, peers };
  });
  if (upstreams.every((upstream, index) => upstream === nginx.upstreams[index]))
    return { nginx: null, note: unchanged };
  return { nginx: { ...nginx, upstreams }, note: null };
}

/** Indexes of the upstreams a listener may pass to. */
export function upstreamsBehind({ route, upstreamIndex }: NginxListenerOptions): readonly number[] {
  return route && route.upstreams.length > 0 ? [...new Set(route.upstreams.map(([, each]) => each))] : [upstreamIndex];
}

/** Where the socket of a server text or an address lies; `null`: it is none. */
export function socketPath(text: string): string | null {
  return /^unix:/i.test(text) ? text.slice(5) : null;
}

type Blocks = Pick<NginxOptions, 'upstreams' | 'sockets'>;

/** The server block of this nginx that listens on a peer's unix socket; `null`: none does, or it is no such peer. */
export function blockAt(
  { sockets = [] }: Blocks,
  { address }: { readonly address: string },
): NginxListenerOptions | null {
  const path = socketPath(address);
  return path === null ? null : (sockets.find((socket) => socket.path === path && socket.protocol === 'tcp') ?? null);
}

/** The server blocks a client of a listener may pass: its own, and those on unix sockets that it is led to. */
export function blocksPassed(options: Blocks, listener: NginxListenerOptions): readonly NginxListenerOptions[] {
  const blocks = new Set([listener]);
  for (const block of blocks) {
    for (const index of upstreamsBehind(block)) {
      for (const peer of options.upstreams[index]?.peers ?? []) {
        const next = blockAt(options, peer);
        if (next) blocks.add(next);
      }
    }
  }
  return [...blocks];
}

/** Indexes of the upstreams of all of them. */
export function upstreamsPassed(options: Blocks, listener: NginxListenerOptions): readonly number[] {
  return [...new Set(blocksPassed(options, listener).flatMap(upstreamsBehind))];
}
