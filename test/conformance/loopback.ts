// What a comparison with a program on loopback needs: free ports, servers that say who they are, clients from any 127.x.y.z.
import { createServer, connect, type ListenOptions, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** Ports on which nobody listens, nor will the kernel give them to a client that connects. */
export async function freePorts(count: number, from: number): Promise<number[]> {
  const ports: number[] = [];
  for (let port = from; ports.length < count; port++) {
    if (port > 65_535) throw new Error(`fewer than ${count} ports are free from ${from} on`);
    const server = createServer();
    const free = await listens(server, { port, host: '0.0.0.0' });
    if (!free) continue;
    await closed(server);
    ports.push(port);
  }
  return ports;
}

export async function hasIpv6(): Promise<boolean> {
  const server = createServer();
  const works = await listens(server, { port: 0, host: '::1' });
  if (works) await closed(server);
  return works;
}

function listens(server: Server, where: ListenOptions): Promise<boolean> {
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(where, () => resolve(true));
  });
}

/** A server that says its name to everybody, and closes when its client does. */
export function startNode(name: string, where: ListenOptions): Promise<Server> {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    socket.write(name);
    socket.resume();
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ backlog: 511, ...where }, () => resolve(server));
  });
}

export function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

/** Clients of one listener, one after the other. */
export interface Visitors {
  /** @returns what the server said it is called; empty: the client was closed. */
  open(client: string): Promise<string>;
  /** The session opened as the `nth` ends, and the program knows. */
  close(nth: number): Promise<void>;
  closeAll(): Promise<void>;
}

export function visitorsOf(port: number): Visitors {
  const sessions: { socket: Socket; ended: Promise<void> }[] = [];
  const close = async (nth: number): Promise<void> => {
    const { socket, ended } = sessions[nth]!;
    socket.end();
    await ended;
  };
  return {
    open(client) {
      const socket = connect({ host: '127.0.0.1', port, localAddress: client, noDelay: true });
      socket.on('error', () => socket.destroy());
      sessions.push({ socket, ended: new Promise((resolve) => socket.once('close', () => resolve())) });
      return new Promise((resolve) => {
        socket.once('data', (chunk: Buffer) => resolve(chunk.toString()));
        socket.once('close', () => resolve(''));
      });
    },
    close,
    async closeAll() {
      for (const nth of sessions.keys()) await close(nth);
    },
  };
}

/** Configurations that are played side by side, so that neither program waits for the other. */
export const atATime = 8;

/** So many at a time; the results in the order of the list. */
export async function inParallel<T, R>(list: readonly T[], width: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const run = async (): Promise<void> => {
    while (next < list.length) {
      const at = next++;
      results[at] = await work(list[at]!);
    }
  };
  await Promise.all(Array.from({ length: width }, run));
  return results;
}

/** @throws when it does not become true within ten seconds. */
export async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const startedMs = performance.now();
  while (!(await isTrue())) {
    if (performance.now() - startedMs > 10_000) throw new Error(what);
    await pause(10);
  }
}
