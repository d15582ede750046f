// Which rules there are. Another one is a file beside these, a line here and a table of cases in its test.
import { connectTimeout } from './connectTimeout.ts';
import { idleNodes } from './idleNodes.ts';
import { idleTimeout } from './idleTimeout.ts';
import { loneServer } from './loneServer.ts';
import { maxconn } from './maxconn.ts';
import { natSites } from './natSites.ts';
import { neverBanned } from './neverBanned.ts';
import { noRedispatch } from './noRedispatch.ts';
import { noTimeouts } from './noTimeouts.ts';
import { perWorker } from './perWorker.ts';
import { plainHash } from './plainHash.ts';
import { registration } from './registration.ts';
import type { Rule } from './rule.ts';
import { sameFirst } from './sameFirst.ts';
import { sourceAddress } from './sourceAddress.ts';
import { sourcePorts } from './sourcePorts.ts';
import { udp } from './udp.ts';
import { unchecked } from './unchecked.ts';
import { unevenRing } from './unevenRing.ts';
import { workerConnections } from './workerConnections.ts';

/** In the order in which they are told. */
export const rules: readonly Rule[] = [
  // Who does not get in at all.
  sourceAddress,
  workerConnections,
  maxconn,
  sourcePorts,
  idleTimeout,
  // Who goes where.
  idleNodes,
  loneServer,
  natSites,
  unevenRing,
  plainHash,
  perWorker,
  sameFirst,
  registration,
  // What a node that dies costs.
  unchecked,
  neverBanned,
  noRedispatch,
  connectTimeout,
  noTimeouts,
  udp,
];
