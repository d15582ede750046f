// Which node knows which key, and from when: client.keys is written on the master, hashed there, fetched by the workers, and
// read again by each remoted, everything in its own rhythm (docs/MODEL.md, "New keys").
import type { ClusterLinks } from './links.ts';
import { clusterTimings as timings } from './timings.ts';

/**
 * Latest instant up to which every key that the master registered is known to a node's remoted at `atUs`; -Infinity: none since the
 * start of the run. Asks the past only: what has been told to `links` until `atUs`.
 */
export function keysKnownUpToUs(links: ClusterLinks, node: number, atUs: number): number {
  const { running, linked, births, phases, keyReloadUs, master } = links;
  const read = running[node]!.lastTick(phases[node]!.keyReloadUs, keyReloadUs[node]!, atUs);
  const start = births[node]!.findLast((instant) => instant <= atUs) ?? -Infinity; // remoted reads the file when it starts
  const readUs = Math.max(read, start);
  if (node === master) return readUs;
  if (master < 0) return -Infinity;
  const fetchedUs = linked[node]!.lastTick(phases[node]!.integrityUs, timings.integrityUs, readUs);
  return running[master]!.lastTick(phases[master]!.hashUs, timings.hashUs, fetchedUs);
}
