// Which nodes of the cluster run, and which workers have a link to the master: as told by the changes of their places, and by
// the time-outs of clusterd. Wazuh 4.14.7, framework/wazuh/core/cluster/{worker,master}.py with cluster.json.
import { uniform, type Key } from '../../kernel/random.ts';
import type { NodeOptions } from '../node.ts';
import { PlaceState } from '../place.ts';
import { Purpose, namedKey } from '../workload.ts';
import { Spans, tickFrom, tickBefore } from './spans.ts';
import { clusterTimings as timings } from './timings.ts';

/** Where the periodic tasks of a node stand at instant 0, µs. Drawn per node and replication. */
export interface NodePhases {
  readonly keepAliveUs: number;
  readonly checkWorkersUs: number;
  readonly hashUs: number;
  readonly integrityUs: number;
  readonly agentInfoUs: number;
  readonly keyReloadUs: number;
  /** Of one: of the sweep for silent agents, and of the pass that raises alerts. */
  readonly sweep: number;
  readonly alert: number;
}

/** The link of a worker to the master, and how it was lost. */
interface Link {
  /** Both run and the path is open. */
  isOpen: boolean;
  isCut: boolean;
  /** A box on the way has forgotten the connection, and answers by RST or not at all. */
  forgotten: 'no' | 'rst' | 'silence';
  /** The worker knows that the link is gone from here on and tries every `connectionRetryUs`. Infinity: as long as that holds. */
  workerKnowsUs: number;
  /** … by its echoes alone. */
  givesUpUs: number;
  masterKnowsUs: number;
  /** Processes that have the connection, or had it last. */
  masterLife: number;
  workerLife: number;
  /** Those that will have the next one. */
  nextMasterLife: number;
  nextWorkerLife: number;
}

/** Index of the master; a lone node is its own; -1: nobody is. */
export function masterOf(nodes: readonly NodeOptions[]): number {
  if (nodes.length === 1) return 0;
  return nodes.findIndex(({ role }) => role === 'master');
}

export class ClusterLinks {
  readonly master: number;
  /** Start of the warm-up. */
  readonly startUs: number;
  readonly phases: readonly NodePhases[];
  /** How often each node's remoted looks whether client.keys has changed. */
  readonly keyReloadUs: readonly number[];
  /** When the processes of each node ran. */
  readonly running: readonly Spans[];
  /** When each node had its link to the master; the master's own is that it runs. */
  readonly linked: readonly Spans[];
  /** Starts of the processes of each node within the run, in order. */
  readonly births: readonly number[][];
  readonly #state: PlaceState[];
  readonly #life: number[];
  /** Their last end was that of their host. */
  readonly #diedSilently: boolean[];
  readonly #links: Link[];

  /** @param startUs start of the warm-up: everybody runs and is linked. */
  constructor(nodes: readonly NodeOptions[], root: Key, startUs: number) {
    this.master = masterOf(nodes);
    this.startUs = startUs;
    this.keyReloadUs = nodes.map(({ keyUpdateSeconds }) => keyUpdateSeconds * 1_000_000);
    this.phases = nodes.map(({ name }, index) =>
      phasesOf(namedKey(root, Purpose.ClusterPhase, name), this.keyReloadUs[index]!),
    );
    this.running = nodes.map(() => new Spans());
    this.linked = nodes.map((_, index) => (index === this.master ? this.running[index]! : new Spans()));
    this.births = nodes.map(() => []);
    this.#state = nodes.map(() => PlaceState.Up);
    this.#life = nodes.map(() => 0);
    this.#diedSilently = nodes.map(() => false);
    this.#links = nodes.map(() => ({
      isOpen: this.master >= 0,
      isCut: false,
      forgotten: 'no',
      workerKnowsUs: Infinity,
      givesUpUs: Infinity,
      masterKnowsUs: Infinity,
      masterLife: 0,
      workerLife: 0,
      nextMasterLife: 0,
      nextWorkerLife: 0,
    }));
    for (const spans of this.running) spans.open(startUs);
    if (this.master < 0) return;
    for (const spans of this.linked) spans.open(startUs);
  }

  /** A node's place has changed. @param reborn its processes are others than before. */
  placeChanged(node: number, atUs: number, state: PlaceState, reborn: boolean): void {
    if (node >= this.running.length) return; // the balancer
    this.#state[node] = state;
    if (reborn) {
      this.#life[node]! += 1;
      this.#diedSilently[node] = state === PlaceState.Silent;
      this.running[node]!.close(atUs);
    }
    if (state === PlaceState.Up) {
      const life = this.#life[node]!;
      if (!this.running[node]!.isOpen && life > this.births[node]!.length) {
        // However often they were killed meanwhile, they start once.
        while (this.births[node]!.length < life - 1) this.births[node]!.push(atUs);
        this.births[node]!.push(atUs);
      }
      this.running[node]!.open(atUs);
    } else {
      this.running[node]!.close(atUs);
    }
    if (this.master < 0) return;
    if (node !== this.master) this.#review(node, atUs);
    else for (let worker = 0; worker < this.#links.length; worker++) if (worker !== node) this.#review(worker, atUs);
  }

  /** The path between a worker and the master is cut, or open again. */
  pathChanged(worker: number, atUs: number, isCut: boolean): void {
    if (worker === this.master || this.master < 0 || this.#links[worker]!.isCut === isCut) return;
    this.#links[worker]!.isCut = isCut;
    this.#review(worker, atUs);
  }

  /** A box between a worker and the master has forgotten their connection. @param answers by RST to what still comes. */
  forgotten(worker: number, atUs: number, answers: boolean): void {
    const link = this.#links[worker];
    if (!link || worker === this.master || !this.linked[worker]!.has(atUs)) return;
    this.#stands(link);
    this.linked[worker]!.close(atUs);
    this.#expect(worker, link, atUs);
    link.forgotten = answers ? 'rst' : 'silence';
    this.#learn(worker, link, atUs);
    this.linked[worker]!.open(link.workerKnowsUs + timings.connectionRetryUs);
  }

  /** Between the two instants, the first at which a worker without a link knows that it has none. */
  missesMasterFrom(worker: number, atUs: number, latestUs: number): number {
    const { isOpen, workerKnowsUs } = this.#links[worker]!;
    return isOpen ? atUs : Math.min(latestUs, Math.max(atUs, workerKnowsUs));
  }

  #review(worker: number, atUs: number): void {
    const link = this.#links[worker]!;
    const linked = this.linked[worker]!;
    const isOpen = this.#isOpen(worker, link);
    const stood = linked.has(atUs);
    if (stood) this.#stands(link);
    if (link.isOpen && (!isOpen || this.#isDead(worker, link))) {
      link.isOpen = false;
      linked.close(atUs);
      if (stood) this.#expect(worker, link, atUs);
    }
    if (link.isOpen) return;
    if (link.workerKnowsUs > atUs) this.#learn(worker, link, atUs);
    if (!isOpen) return;
    link.isOpen = true;
    linked.open(this.#relinked(worker, link, atUs));
    if (this.#life[worker] !== link.workerLife) link.workerKnowsUs = this.births[worker]!.at(-1)!;
    link.nextMasterLife = this.#life[this.master]!;
    link.nextWorkerLife = this.#life[worker]!;
  }

  #isOpen(worker: number, link: Link): boolean {
    return (
      this.#state[this.master] === PlaceState.Up && this.#state[worker] === PlaceState.Up && this.#reach(worker, link)
    );
  }

  /** A packet of one comes to the host of the other. */
  #reach(worker: number, link: Link): boolean {
    const isOn = (node: number): boolean => this.#state[node] !== PlaceState.Silent;
    return isOn(this.master) && isOn(worker) && !link.isCut;
  }

  /** The worker has its connection. */
  #stands(link: Link): void {
    link.forgotten = 'no';
    link.masterLife = link.nextMasterLife;
    link.workerLife = link.nextWorkerLife;
  }

  /** When a worker will know that its connection is gone, as things stand. */
  #learn(worker: number, link: Link, atUs: number): void {
    const { master } = this;
    if (this.#isDead(worker, link) && link.forgotten === 'no' && this.#diedSilently[master] !== true) {
      link.workerKnowsUs = atUs;
      return;
    }
    // Of a host that was off and is back, or a master that has dropped it, or a box, it hears when it asks.
    const isDropped = this.#state[master] === PlaceState.Up && atUs >= link.masterKnowsUs;
    const isUnknown = this.#reach(worker, link) && (this.#life[master] !== link.masterLife || isDropped);
    const isReset = link.forgotten === 'no' ? isUnknown : link.forgotten === 'rst' && !link.isCut;
    const asks = isReset && this.#state[worker] === PlaceState.Up;
    link.workerKnowsUs = asks ? Math.min(link.givesUpUs, this.#nextPacketUs(worker, atUs)) : link.givesUpUs;
  }

  /** True when one of the two processes of a link is gone and its host lives to say so. */
  #isDead(worker: number, link: Link): boolean {
    const gone = this.#life[this.master] !== link.masterLife || this.#life[worker] !== link.workerLife;
    return gone && this.#reach(worker, link);
  }

  /** Nobody hears anything from here on: when will each end give up? */
  #expect(worker: number, link: Link, atUs: number): void {
    const { keepAliveUs } = this.phases[worker]!;
    const echo = tickFrom(keepAliveUs, timings.keepAliveUs, atUs);
    link.givesUpUs =
      echo +
      (timings.failedKeepalives - 1) * (timings.keepAliveUs + timings.requestTimeoutUs) +
      timings.requestTimeoutUs;
    link.workerKnowsUs = link.givesUpUs;
    const last = tickBefore(keepAliveUs, timings.keepAliveUs, atUs);
    const { checkWorkersUs } = this.phases[this.master]!;
    link.masterKnowsUs = tickFrom(checkWorkersUs, timings.checkWorkersUs, last + timings.silenceAllowedUs + 1);
  }

  /** The path is open again and both run: when does the link stand? */
  #relinked(worker: number, link: Link, atUs: number): number {
    // A new worker connects at once, or tries again from there.
    if (this.#life[worker] !== link.workerLife)
      return tickFrom(this.births[worker]!.at(-1)!, timings.connectionRetryUs, atUs);
    const firstTryUs = link.workerKnowsUs + timings.connectionRetryUs;
    if (link.workerKnowsUs <= atUs) return tickFrom(firstTryUs, timings.connectionRetryUs, Math.max(atUs, firstTryUs));
    const isSame = this.#life[this.master] === link.masterLife && link.forgotten === 'no';
    if (isSame && atUs < link.masterKnowsUs) return atUs;
    return firstTryUs;
  }

  /** The integrity check is what a worker sends most often. */
  #nextPacketUs(worker: number, atUs: number): number {
    return tickFrom(this.phases[worker]!.integrityUs, timings.integrityUs, atUs);
  }
}

function phasesOf(key: Key, keyReloadUs: number): NodePhases {
  let counter = 0;
  const of = (periodUs: number): number => Math.floor(uniform(key, 0, counter++) * periodUs);
  return {
    keepAliveUs: of(timings.keepAliveUs),
    checkWorkersUs: of(timings.checkWorkersUs),
    hashUs: of(timings.hashUs),
    integrityUs: of(timings.integrityUs),
    agentInfoUs: of(timings.agentInfoUs),
    keyReloadUs: of(keyReloadUs),
    sweep: uniform(key, 0, counter++),
    alert: uniform(key, 0, counter++),
  };
}
