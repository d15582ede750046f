// A process of servers that can be killed, stopped and continued. Argument: where they listen, `[{ name, host, port, backlog }]`.
import { startNode } from './loopback.ts';

const given = JSON.parse(process.argv[2]!) as { name: string; host: string; port: number; backlog?: number }[];
await Promise.all(given.map(({ name, ...where }) => startNode(name, where)));
process.send?.('listening');
// Nobody is to be left when the comparison is over.
process.on('disconnect', () => process.exit());
