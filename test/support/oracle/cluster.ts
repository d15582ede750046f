// The cluster's own traffic, tick by tick: who has a link to the master, and how far a new key has come. docs/MODEL.md, "The cluster
// and the dashboard" and "New keys". The phases of the periods are the engine's draws.
import type { Key } from '../../../src/kernel/random.ts';
import { atLeast } from '../../../src/models/agentVersions.ts';
import { ClusterLinks, masterOf, type NodePhases } from '../../../src/models/cluster/links.ts';
import type { NodeOptions } from '../../../src/models/node.ts';
import type { WorldOptions } from '../../../src/models/worldOptions.ts';
import { Rank, type Calendar, type Entry } from './calendar.ts';
import type { Host } from './host.ts';
import type { Occurrence } from './plan.ts';

const second = 1_000_000;

/** What one node knows. */
interface Member {
  readonly host: Host;
  readonly options: NodeOptions;
  readonly phases: NodePhases;
  /** Keys in its client.keys, and in the memory of its remoted: the first so many that were given. */
  inFile: number;
  inMemory: number;
  /** Of the processes that run, or ran last. */
  life: number;
  /** Their last end was that of their host. */
  diedSilently: boolean;
  diedAtLife: number;
}

/** A worker and the master. */
interface Link {
  readonly worker: Member;
  stands: boolean;
  /** The worker knows that it has none. */
  isMissed: boolean;
  /** The master has dropped it. */
  isDropped: boolean;
  /** A box on the way has forgotten it, and says so or not. */
  forgotten: 'rst' | 'silence' | null;
  /** Processes that had it. */
  workerLife: number;
  masterLife: number;
  /** What will be noticed, and the next try. */
  readonly plans: Entry[];
  /** When it tries next. */
  nextTryUs: number;
  /** When its echoes will have told the worker that it has none. */
  givesUpUs: number;
}

/** Told of what the dashboard depends on. */
export interface ClusterLog {
  born(node: number): void;
  runs(node: number, does: boolean): void;
  linked(worker: number, stands: boolean): void;
}

export interface Outlook {
  /** The link stands from here on. */
  readonly answersFromUs: number;
  /** There and back. */
  readonly wayUs: number;
  /** The worker knows from here on that it has no link. */
  readonly silentUntilUs: number;
  readonly tries: number;
}

export class Cluster {
  readonly #calendar: Calendar;
  readonly #members: readonly Member[];
  readonly #links: readonly (Link | null)[];
  readonly #master: number;
  readonly #toMasterUs: readonly number[];
  /** By agent: its key is the n-th that was given. Who was there before the run has none of these. */
  readonly #keys = new Map<number, number>();
  readonly #cuts: readonly Occurrence[];
  readonly #log: ClusterLog;
  #hashed = 0;

  constructor(
    { nodes, network, warmupUs, durationUs }: WorldOptions,
    hosts: readonly Host[],
    root: Key,
    faults: readonly Occurrence[],
    log: ClusterLog,
  ) {
    this.#cuts = faults.filter(({ fault }) => fault.kind === 'partition');
    this.#log = log;
    const { phases } = new ClusterLinks(nodes, root, -warmupUs);
    this.#master = masterOf(nodes);
    this.#members = nodes.map((options, index) => {
      const host = hosts[index]!;
      return {
        host,
        options,
        phases: phases[index]!,
        inFile: 0,
        inMemory: 0,
        life: host.life,
        diedSilently: false,
        diedAtLife: host.life,
      };
    });
    this.#calendar = hosts[0]!.calendar;
    const own = nodes.map(({ latencyUs }) => latencyUs);
    this.#toMasterUs = own.map((one) => {
      const given = [one, own[this.#master]].filter((us) => typeof us === 'number');
      return given.length > 0 ? Math.max(...given) : network.latencyUs;
    });
    this.#links = this.#members.map((worker, index) =>
      index === this.#master || this.#master < 0
        ? null
        : {
            worker,
            ...{ stands: true, isMissed: false, isDropped: false, forgotten: null, workerLife: 0, masterLife: 0 },
            plans: [],
            nextTryUs: Infinity,
            givesUpUs: Infinity,
          },
    );
    const every = (phaseUs: number, periodUs: number, action: () => void): void => {
      const firstUs = phaseUs + Math.ceil((-warmupUs - phaseUs) / periodUs) * periodUs;
      const tick = (atUs: number): void => {
        if (atUs > durationUs) return;
        this.#calendar.at(atUs, Rank.place, () => {
          action();
          tick(atUs + periodUs);
        });
      };
      tick(firstUs);
    };
    this.#members.forEach((member, index) => {
      const { host } = member;
      const reloadUs = member.options.keyUpdateSeconds * second;
      if (index === this.#master) {
        every(member.phases.hashUs, 8 * second, () => {
          if (host.clusterWorks) this.#hashed = member.inFile;
        });
      }
      every(member.phases.integrityUs, 9 * second, () => {
        const link = this.#links[index];
        if (!link || !host.clusterWorks) return;
        if (link.stands) member.inFile = Math.max(member.inFile, this.#hashed);
        else if (!link.isMissed && this.#isAnsweredByReset(link)) this.#miss(link);
      });
      every(member.phases.keyReloadUs, reloadUs, () => {
        if (host.clusterWorks) member.inMemory = member.inFile;
      });
    });
  }

  // ------------------------------------------------------------------------------------------------------------------- keys

  /** The master has written a new key for the agent. */
  keyGiven(agent: number): void {
    const master = this.#members[this.#master];
    const given = this.#keys.size + this.#replaced + 1;
    if (this.#keys.has(agent)) this.#replaced += 1;
    this.#keys.set(agent, given);
    if (master) master.inFile = given;
  }
  #replaced = 0;

  /** Who comes without a key. */
  readonly newcomers = new Set<number>();

  isNewcomer(agent: number): boolean {
    return this.newcomers.has(agent);
  }

  hasNewKey(agent: number): boolean {
    return this.#keys.has(agent);
  }

  knows(node: number, agent: number): boolean {
    return this.#members[node]!.inMemory >= (this.#keys.get(agent) ?? 0);
  }

  /** Before 4.3 the master gives an agent that it has given a key another one. */
  get replacesKeys(): boolean {
    const master = this.#members[this.#master];
    return master !== undefined && !atLeast(master.options.version, '4.3.0');
  }

  // ------------------------------------------------------------------------------------------------------------------ links

  placeChanged(host: Host): void {
    const member = this.#members[host.index];
    if (!member) return; // the balancer
    if (host.life !== member.diedAtLife) {
      member.diedAtLife = host.life;
      member.diedSilently = host.state === 'silent';
    }
    this.#log.runs(host.index, host.clusterWorks);
    const isBorn = host.clusterWorks && host.life !== member.life;
    if (isBorn) {
      member.life = host.life;
      member.inMemory = member.inFile;
      this.#log.born(host.index);
    }
    const mine = host.index === this.#master ? this.#links : [this.#links[host.index]!];
    for (const link of mine) if (link) this.#review(link, isBorn && link.worker === member);
  }

  /** What is asked of the master's API comes to the node. */
  passesOn(node: number): boolean {
    return this.#master < 0 || (this.#masterHost.clusterWorks && (this.#links[node]?.stands ?? true));
  }

  /** A partition begins or ends. */
  pathsChanged(): void {
    for (const link of this.#links) if (link) this.#review(link, false);
  }

  /** A box between two places forgets what is open. */
  forget({ fault, link: ends }: Occurrence): void {
    if (fault.kind !== 'dropFlows') return;
    for (const link of this.#links) {
      if (!link?.stands || !this.#isBetween(ends, link)) continue;
      this.#falls(link);
      link.forgotten = fault.answer;
      this.#expectSilence(link);
    }
  }

  get #masterHost(): Host {
    return this.#members[this.#master]!.host;
  }

  #isBetween(ends: Occurrence['link'], { worker }: Link): boolean {
    if (ends?.from.kind !== 'place' || ends.to.kind !== 'place') return false;
    const both = [ends.from.index, ends.to.index];
    return both.includes(worker.host.index) && both.includes(this.#master);
  }

  #isCut(link: Link): boolean {
    const { nowUs } = this.#calendar;
    return this.#cuts.some(
      ({ startUs, endUs, link: ends }) => startUs <= nowUs && nowUs < endUs && this.#isBetween(ends, link),
    );
  }

  /** A packet of one comes to the host of the other. */
  #reach(link: Link): boolean {
    return link.worker.host.state !== 'silent' && this.#masterHost.state !== 'silent' && !this.#isCut(link);
  }

  #falls(link: Link): void {
    link.stands = false;
    link.isMissed = false;
    link.isDropped = false;
    link.forgotten = null;
    this.#log.linked(link.worker.host.index, false);
  }

  #review(link: Link, workerIsBorn: boolean): void {
    const worker = link.worker.host;
    const master = this.#masterHost;
    const reach = this.#reach(link);
    const isOpen = worker.clusterWorks && master.clusterWorks && reach;
    const sameMaster = master.life === link.masterLife;
    const sameWorker = worker.life === link.workerLife;
    if (link.stands && !(isOpen && sameMaster && sameWorker)) {
      this.#falls(link);
      this.#expectSilence(link);
      // A process that dies says so, if its host lives; and so does the host's kernel of the other end.
      if (!(sameMaster && sameWorker) && reach) this.#miss(link);
    } else if (!link.stands && !link.isMissed && reach && link.forgotten === null) {
      // Of a host that was off and is back nobody hears before he asks.
      const isSilent = !sameMaster && this.#members[this.#master]!.diedSilently;
      if (!isSilent && (!sameMaster || !sameWorker)) this.#miss(link);
    }
    if (workerIsBorn) {
      this.#cancel(link);
      link.isMissed = true;
      this.#try(link);
    } else if (!link.stands && !link.isMissed && isOpen && sameWorker && sameMaster) {
      if (!link.isDropped && link.forgotten === null) this.#stand(link);
    }
  }

  /** What the worker sends now on a connection that the other end does not know any more. */
  #isAnsweredByReset(link: Link): boolean {
    if (link.forgotten !== null) return link.forgotten === 'rst' && !this.#isCut(link);
    const master = this.#masterHost;
    return this.#reach(link) && (master.life !== link.masterLife || (link.isDropped && master.clusterWorks));
  }

  #cancel({ plans }: Link): void {
    for (const plan of plans.splice(0)) this.#calendar.cancel(plan);
  }

  #plan(link: Link, atUs: number, action: () => void): void {
    link.plans.push(this.#calendar.at(atUs, Rank.place, action));
  }

  #next(phaseUs: number, periodUs: number, fromUs = this.#calendar.nowUs): number {
    return phaseUs + Math.ceil((fromUs - phaseUs) / periodUs) * periodUs;
  }

  /** Nobody says anything: the worker's echoes have no answer, and the master finds that no echo has come. */
  #expectSilence(link: Link): void {
    const { nowUs } = this.#calendar;
    this.#cancel(link);
    const { keepAliveUs } = link.worker.phases;
    const echoUs = this.#next(keepAliveUs, 60 * second);
    // 20 s for the first answer, 60 s to the next echo, 20 s for its answer.
    link.givesUpUs = echoUs + 100 * second;
    this.#plan(link, link.givesUpUs, () => this.#miss(link));
    const lastUs = this.#next(keepAliveUs, 60 * second, nowUs + 1) - 60 * second;
    const { checkWorkersUs } = this.#members[this.#master]!.phases;
    this.#plan(link, this.#next(checkWorkersUs, 60 * second, lastUs + 120 * second + 1), () => {
      link.isDropped = true;
    });
  }

  #miss(link: Link): void {
    if (link.isMissed || link.stands) return;
    this.#cancel(link);
    link.isMissed = true;
    link.givesUpUs = this.#calendar.nowUs;
    this.#tryLater(link);
  }

  #tryLater(link: Link): void {
    link.nextTryUs = this.#calendar.nowUs + 10 * second;
    this.#plan(link, link.nextTryUs, () => this.#try(link));
  }

  #try(link: Link): void {
    if (link.worker.host.clusterWorks && this.#masterHost.clusterWorks && this.#reach(link)) this.#stand(link);
    else this.#tryLater(link);
  }

  #stand(link: Link): void {
    this.#cancel(link);
    link.stands = true;
    link.forgotten = null;
    link.isMissed = false;
    link.workerLife = link.worker.host.life;
    link.masterLife = this.#masterHost.life;
    this.#log.linked(link.worker.host.index, true);
  }

  /** When the worker will know that it has no link, if nothing changes from here on. */
  #knowsUs(link: Link): number {
    if (link.isMissed || !this.#isAnsweredByReset(link)) return link.givesUpUs;
    return Math.min(link.givesUpUs, this.#next(link.worker.phases.integrityUs, 9 * second));
  }

  // ------------------------------------------------------------------------------------------------ requests to the master

  /** What a node's authd can expect of the master, seen from now: what changes later is not seen (docs/MODEL.md, "Approximations"). */
  outlook(node: number): Outlook {
    const link = this.#links[node];
    if (!link) return { answersFromUs: -Infinity, wayUs: 0, silentUntilUs: -Infinity, tries: 1 };
    const isOpen = link.worker.host.clusterWorks && this.#masterHost.clusterWorks && this.#reach(link);
    const nextTryUs = link.isMissed ? link.nextTryUs : this.#knowsUs(link) + 10 * second;
    return {
      answersFromUs: link.stands ? -Infinity : isOpen ? nextTryUs : Infinity,
      wayUs: 2 * this.#toMasterUs[node]!,
      silentUntilUs: isOpen ? -Infinity : this.#knowsUs(link),
      tries: atLeast(link.worker.options.version, '4.3.0') ? 10 : 1,
    };
  }

  /** `done` with whether the master answers. */
  ask({ answersFromUs, wayUs, silentUntilUs, tries }: Outlook, done: (answered: boolean) => void): void {
    let { nowUs } = this.#calendar;
    if (nowUs >= answersFromUs) {
      if (wayUs === 0) done(true);
      else this.#calendar.at(nowUs + wayUs, Rank.control, () => done(true));
      return;
    }
    for (let one = 1; one <= tries; one++) {
      // A try fails at once, or has no answer within 20 s while clusterd knows no better.
      nowUs = Math.min(nowUs + 20 * second, Math.max(nowUs, silentUntilUs));
      if (one < tries) nowUs += second;
    }
    this.#calendar.at(nowUs, Rank.control, () => done(false));
  }
}
