// What nginx's `stream` block says, as plain data. Read from nginx.conf by scenario/import/nginxConf.ts.
import type { PeerAddress } from '../contract.ts';
import type { SetOptions, VariableOptions } from './variables.ts';
import type { ListenerOptions } from '../options.ts';

/** One `server` line of an `upstream` block, or one of the addresses behind its host name. */
export interface NginxPeerOptions extends PeerAddress {
  readonly weight: number;
  /** Failed attempts that ban the peer; 0 never bans. */
  readonly maxFails: number;
  /** Length of a ban in whole seconds: the clock nginx compares has no fractions. */
  readonly failTimeoutSeconds: number;
  /** 0: no limit. */
  readonly maxConns: number;
  readonly down: boolean;
  readonly backup: boolean;
}

// nginx 1.22.1, src/stream/ngx_stream_upstream.c, ngx_stream_upstream_server().
export const peerDefaults = { weight: 1, maxFails: 1, failTimeoutSeconds: 10, maxConns: 0, down: false, backup: false };

export type NginxMethod =
  | { readonly kind: 'hashConsistent'; readonly key: string }
  | { readonly kind: 'hash'; readonly key: string }
  | { readonly kind: 'roundRobin' }
  | { readonly kind: 'leastConn' }
  | { readonly kind: 'random'; readonly two: boolean };

export interface NginxUpstreamOptions {
  readonly name: string;
  readonly method: NginxMethod;
  readonly peers: readonly NginxPeerOptions[];
  /** A `zone` shares the peers' state among the worker processes. */
  readonly zone: boolean;
}

export interface RouteOptions {
  readonly expression: string;
  /** Upstream behind each value; a client with another value is closed. */
  readonly upstreams: readonly (readonly [value: string, upstreamIndex: number])[];
}

export interface DatagramOptions {
  /** `proxy_requests`: datagrams after which a client begins another session; 0: no limit. */
  readonly requests: number;
  /** `proxy_responses`: answers to each of them after which a session is over; `null`: no limit. */
  readonly responses: number | null;
  /** Up to 1.22: the first ICMP error of a session goes to the client as an empty datagram. */
  readonly passesErrors: boolean;
}

/** One `server` block: what it listens on and how it hands connections on. `sessionTimeoutUs` is its `proxy_timeout`. */
export interface NginxListenerOptions extends Pick<
  ListenerOptions,
  'port' | 'connectTimeoutUs' | 'sessionTimeoutUs' | 'proxyBufferBytes'
> {
  readonly protocol: 'tcp' | 'udp';
  /** Of a unix socket: where it lies. Its clients have no address and its port is 0. Absent: it listens on an address. */
  readonly path?: string;
  /** An `ipv6only=off` listener sees IPv4 clients as `::ffff:a.b.c.d` and hashes them so. */
  readonly mappedAddresses: boolean;
  /** Behind variables: one of those it may pass to. */
  readonly upstreamIndex: number;
  /** Variables that the file makes, but for those of `set`; absent: none. */
  readonly variables?: readonly VariableOptions[];
  readonly sets?: readonly SetOptions[];
  /** `proxy_pass` with variables; absent: without. */
  readonly route?: RouteOptions;
  /** Of a UDP listener. */
  readonly datagrams?: DatagramOptions;
  readonly nextUpstream: boolean;
  /** 0: no limit. */
  readonly nextUpstreamTries: number;
  /** 0: no limit. */
  readonly nextUpstreamTimeoutUs: number;
}

export interface NginxOptions {
  readonly workers: number;
  readonly workerConnections: number;
  /** Listening sockets of one worker process; each takes a connection slot. */
  readonly listeningSockets: number;
  /** `worker_shutdown_timeout`: how long old worker processes keep their sessions after a reload; absent: until these end. */
  readonly shutdownTimeoutUs?: number;
  readonly listeners: readonly NginxListenerOptions[];
  /** Server blocks on unix sockets, which only this nginx itself connects to; absent: none. */
  readonly sockets?: readonly NginxListenerOptions[];
  readonly upstreams: readonly NginxUpstreamOptions[];
}
