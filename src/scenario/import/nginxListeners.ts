// Listening sockets of nginx. Each takes a connection slot of every worker process.
import type { SourcePosition } from '../scenario.ts';
import type { Directive } from './nginxSyntax.ts';
import { parseTarget } from './nginxValues.ts';

/** One address and port of one `listen`. */
export interface Socket {
  readonly address: string;
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
  /** It has options of its own, so that a wildcard socket on the same port does not stand in for it. */
  readonly bound: boolean;
  /** `[::]` that takes IPv4 clients, too. */
  readonly dual: boolean;
  readonly position: SourcePosition;
}

// Parameters behind which nginx binds an address of its own. src/stream/ngx_stream_core_module.c, ngx_stream_core_listen().
export const ownSocket =
  /^(bind|backlog|rcvbuf|sndbuf|ipv6only|so_keepalive|reuseport|fastopen|deferred|setfib|accept_filter)\b/;

export function isIpv6(address: string): boolean {
  return address.includes(':') && !/^unix:/i.test(address);
}

function isWildcard(address: string): boolean {
  return address === '*' || address === '0.0.0.0' || address === '::';
}

/** On one port of one protocol and one family of addresses. */
function besideEachOther(a: Socket, b: Socket): boolean {
  return a.port === b.port && a.protocol === b.protocol && isIpv6(a.address) === isIpv6(b.address);
}

export function sameSocket(a: Socket, b: Socket): boolean {
  const sameAddress = a.address === b.address || (isWildcard(a.address) && isWildcard(b.address));
  return sameAddress && besideEachOther(a, b);
}

/** The system gives a port for IPv4 only once. */
export function bothTakeIpv4(a: Socket, b: Socket): boolean {
  if (a.port !== b.port || a.protocol !== b.protocol || a.port === 0) return false;
  return (a.dual && !isIpv6(b.address)) || (b.dual && !isIpv6(a.address));
}

/** An address beside a wildcard on its port needs no socket of its own. src/stream/ngx_stream.c, ngx_stream_optimize_servers(). */
export function countSockets(sockets: readonly Socket[]): number {
  const distinct = sockets.filter(
    (socket, index) => !sockets.slice(0, index).some((other) => sameSocket(socket, other)),
  );
  const needed = (socket: Socket): boolean =>
    socket.bound ||
    isWildcard(socket.address) ||
    !distinct.some((other) => isWildcard(other.address) && besideEachOther(socket, other));
  return distinct.filter(needed).length;
}

/** Sockets of an `http` or `mail` block, as far as they can be read. */
export function socketsOf(block: readonly Directive[]): readonly Socket[] {
  const sockets: Socket[] = [];
  for (const server of block.filter(({ name }) => name === 'server')) {
    const listens = (server.block ?? []).filter(({ name }) => name === 'listen');
    for (const { args, position } of listens) {
      const [text = '', ...parameters] = args.map((word) => word.text);
      const target = parseTarget(text, 'listen');
      if (typeof target === 'string') continue;
      // src/http/ngx_http_core_module.c: port 80 when none is given.
      const [first, last] = target.ports ?? [80, 80];
      const bound = parameters.some((parameter) => ownSocket.test(parameter));
      const protocol = parameters.includes('quic') ? 'udp' : 'tcp';
      for (let port = first; port <= last; port++) {
        sockets.push({ address: target.address ?? target.host, port, protocol, bound, dual: false, position });
      }
    }
    if (listens.length === 0) {
      sockets.push({ address: '*', port: 80, protocol: 'tcp', bound: false, dual: false, position: server.position });
    }
  }
  return sockets;
}
