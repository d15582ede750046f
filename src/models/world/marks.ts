// Which nodes each balancer has marked down, as somebody who looks on hears it: it changes nothing, and a run that nobody looks at pays a
// comparison a failure.
import type { Balancer } from '../balancer/contract.ts';
import type { PeerTarget, Proxy } from '../balancer/proxy.ts';
import type { WorldOptions } from '../worldOptions.ts';
import type { BalancerHost } from './host.ts';
import type { WorldProbe, WorldState } from './state.ts';

/** To be asked after each `failed` of a balancer: whoever looks on hears until when the peer is passed over. */
export function tellBan(
  world: WorldState,
  host: BalancerHost,
  proxy: Proxy,
  { balancer, targets }: { readonly balancer: Balancer; readonly targets: readonly PeerTarget[] },
  peer: number,
  nowUs: number,
): void {
  if (world.probe.passedOver === undefined || balancer.banUntilUs === undefined) return;
  // Old processes behind a reload take no new connections.
  if (peer < 0 || proxy !== host.proxies.at(-1) || targets[peer]!.registration) return;
  const { workers } = balancer;
  for (let worker = 0; worker < workers; worker++) {
    const untilUs = balancer.banUntilUs(worker, peer) - host.phaseUs;
    if (untilUs > nowUs)
      world.probe.passedOver(host.place, targets[peer]!.nodeIndex, { worker, workers }, nowUs, untilUs);
  }
}

/** Share of a balancer's worker processes that pass a node over, at the instants of the time line. */
export interface BalancerMark {
  readonly balancer: string;
  readonly node: string;
  /** Steps at which the share changes, and what it is from there on; before the first it is 0. */
  readonly changes: readonly { readonly step: number; readonly share: number }[];
}

interface Stretch {
  readonly worker: number;
  readonly fromUs: number;
  untilUs: number;
}

/** What one balancer holds against one node. */
interface Held {
  readonly stretches: Stretch[];
  /** By worker process, -1: all. */
  readonly open: Map<number, Stretch>;
}

/** Every worker process: what checks find holds for all of them. */
const all = -1;

export class Marks {
  readonly #options: WorldOptions;
  readonly #held: Map<number, Held>[];
  readonly #workers: number[];

  constructor(options: WorldOptions) {
    this.#options = options;
    this.#held = options.balancers.map(() => new Map<number, Held>());
    this.#workers = options.balancers.map(() => 1);
  }

  readonly probe = {
    peerTurned: (balancer, _peer, atUs, isUp, { nodeIndex, registration }) => {
      if (nodeIndex < 0 || registration) return;
      const { open } = this.#of(balancer, nodeIndex);
      if (isUp) this.#end(open, all, atUs);
      else if (!open.has(all)) this.#begin(balancer, nodeIndex, all, atUs, Infinity);
    },
    passedOver: (balancer, node, { worker, workers }, atUs, untilUs) => {
      if (node < 0) return;
      const { open } = this.#of(balancer, node);
      this.#workers[this.#indexOf(balancer)] = workers;
      const known = open.get(worker);
      if (known !== undefined && known.untilUs >= atUs) known.untilUs = Math.max(known.untilUs, untilUs);
      else this.#begin(balancer, node, worker, atUs, untilUs);
    },
    processesStarted: (balancer, atUs) => {
      for (const { open } of this.#held[this.#indexOf(balancer)]!.values()) {
        for (const worker of [...open.keys()]) this.#end(open, worker, atUs);
      }
    },
  } satisfies WorldProbe;

  /** @param steps of the time line. */
  book({ stepUs, steps }: { readonly stepUs: number; readonly steps: number }): BalancerMark[] {
    return this.#held.flatMap((nodes, index) =>
      [...nodes]
        .sort(([a], [b]) => a - b)
        .map(([node, { stretches }]) => ({
          balancer: this.#options.balancers[index]!.name,
          node: this.#options.nodes[node]!.name,
          changes: sharesOf(stretches, this.#workers[index]!, stepUs, steps),
        }))
        .filter(({ changes }) => changes.length > 0),
    );
  }

  #indexOf(place: number): number {
    return place - this.#options.nodes.length;
  }

  #of(balancer: number, node: number): Held {
    const nodes = this.#held[this.#indexOf(balancer)]!;
    const known = nodes.get(node) ?? { stretches: [], open: new Map<number, Stretch>() };
    nodes.set(node, known);
    return known;
  }

  #begin(balancer: number, node: number, worker: number, fromUs: number, untilUs: number): void {
    const { stretches, open } = this.#of(balancer, node);
    const stretch = { worker, fromUs, untilUs };
    stretches.push(stretch);
    open.set(worker, stretch);
  }

  #end(open: Map<number, Stretch>, worker: number, atUs: number): void {
    const stretch = open.get(worker);
    if (stretch !== undefined) stretch.untilUs = Math.min(stretch.untilUs, atUs);
    open.delete(worker);
  }
}

function sharesOf(
  stretches: readonly Stretch[],
  workers: number,
  stepUs: number,
  steps: number,
): BalancerMark['changes'] {
  // Stretches of one process never overlap; of all of them together with one of a single process they may.
  const change = new Int32Array(steps + 1);
  for (const { worker, fromUs, untilUs } of stretches) {
    const first = Math.max(0, Math.ceil(fromUs / stepUs));
    const end = Math.min(steps, Math.ceil(untilUs / stepUs));
    if (first >= end) continue;
    const weight = worker === all ? workers : 1;
    change[first]! += weight;
    change[end]! -= weight;
  }
  const changes: { step: number; share: number }[] = [];
  let sum = 0;
  let before = 0;
  for (let step = 0; step < steps; step++) {
    sum += change[step]!;
    const share = Math.min(1, sum / workers);
    if (share !== before) changes.push({ step, share });
    before = share;
  }
  return changes;
}
