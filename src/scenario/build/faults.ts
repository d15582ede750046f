// One fault of a checked scenario as the models take it: its verb, what belongs to the verb, and the names it uses.
import { agentsPlace, balancerPlace, killDefaults, restartDefaults, type FaultOptions } from '../../models/fault.ts';
import type { BalancerOptions, BalancerProduct } from '../../models/balancer/options.ts';
import type { NodeOptions } from '../../models/node.ts';
import { nearest } from '../problem.ts';
import type { FaultData, ScenarioData } from '../schema.ts';
import { drainSchema, verbs, type Verb } from '../schema/faults.ts';
import { durationText, enumerate, listNames, quote, type Path } from '../wording.ts';
import { ownValue } from '../yamlSource.ts';
import { checkOrder, readReload, type OrderReading } from './balancerOrders.ts';

export interface FaultContext {
  readonly data: ScenarioData;
  /** Of this mode. */
  readonly nodes: readonly NodeOptions[];
  readonly nodesOfAnyMode: readonly string[];
  /** What balances in this mode. */
  readonly balancers: readonly BalancerOptions[];
  readonly balancersOfAnyMode: readonly string[];
  /** What a balancer of this mode reads at a reload; `null` where there were problems (reported). */
  readAgain(balancer: string, given: string, path: Path): BalancerProduct | null;
  fail(path: Path, text: string): void;
}

/** Which verbs an option belongs to. */
const optionsOf = {
  for: ['kill', 'powerOff', 'hang', 'stop', 'zombie', 'slow', 'partition', 'drain'],
  random: ['kill', 'powerOff', 'hang', 'stop', 'zombie', 'slow', 'partition'],
  acceptsFor: ['kill'],
  only: ['hang'],
  to: ['slow'],
  down: ['restart', 'rolling'],
  pause: ['rolling', 'reconnectAgents'],
  over: ['restartAgents'],
  chunk: ['reconnectAgents'],
} as const satisfies Partial<Record<keyof FaultData, readonly Verb[]>>;

/** Between two chunks. Wazuh 4.9, framework/wazuh/core/cluster/utils.py, HELPER_DEFAULTS: agent_reconnection_time. */
const reconnectPauseUs = 5_000_000;

/** Verbs that can hold from the start of the warm-up. */
const lasting: readonly Verb[] = optionsOf.for;
/** Verbs that name places. */
const atNodes: readonly Verb[] = ['rolling', 'zombie', 'slow', 'drain', 'addNode', 'removeNode'];

/** Verbs in a fault as written; `drain` is an option of `rolling`. */
export function verbsIn(fault: FaultData): Verb[] {
  return verbs.filter((verb) => fault[verb] !== undefined && !(verb === 'drain' && fault.rolling !== undefined));
}

/** What is taken for granted where a fault does not say it. */
export function faultAssumptions(faults: readonly FaultData[]): string[] {
  const restarts = faults.some((fault) => (fault.restart ?? fault.rolling) !== undefined && fault.down === undefined);
  return restarts
    ? [`A restart without down keeps a node away for ${durationText(restartDefaults.downUs)} and its startup.`]
    : [];
}

/** Places and groups a fault names, as written, each with where it stands. */
export function namesIn(fault: FaultData, verb: Verb): { readonly path: Path; readonly name: string }[] {
  const listed = (names: readonly string[], path: Path): { path: Path; name: string }[] =>
    names.map((name, at) => ({ path: names.length > 1 ? [...path, at] : path, name }));
  switch (verb) {
    case 'partition':
    case 'dropFlows': {
      const { from, to } = fault[verb]!;
      return [
        { path: [verb, 'from'], name: from },
        { path: [verb, 'to'], name: to },
      ];
    }
    case 'enroll':
      return [{ path: [verb, 'group'], name: fault.enroll!.group }];
    case 'pushConfig': {
      const given = fault.pushConfig!;
      return Array.isArray(given) ? listed(given, [verb]) : listed(given.groups, [verb, 'groups']);
    }
    case 'reload':
      if (typeof fault.reload === 'string') return [{ path: [verb], name: fault.reload }];
      return fault.reload?.balancer === undefined ? [] : [{ path: [verb, 'balancer'], name: fault.reload.balancer }];
    case 'drain':
      return listed([fault.drain!].flat(), [verb]);
    default:
      return listed(fault[verb]!, [verb]);
  }
}

/** @returns `null` when there were problems; they have been reported. */
export function readFault(fault: FaultData, index: number, context: FaultContext): FaultOptions | null {
  return new FaultReader(fault, index, context).read();
}

class FaultReader {
  readonly #fault: FaultData;
  readonly #index: number;
  readonly #context: FaultContext;
  #failed = false;

  constructor(fault: FaultData, index: number, context: FaultContext) {
    this.#fault = fault;
    this.#index = index;
    this.#context = context;
  }

  get #reading(): OrderReading {
    return {
      fault: this.#fault,
      index: this.#index,
      context: this.#context,
      fail: (path, text) => this.#fail(path, text),
      resolved: (name) => this.#resolved(name),
    };
  }

  read(): FaultOptions | null {
    const given = verbsIn(this.#fault);
    const [verb] = given;
    if (!verb || given.length > 1) {
      if (verb) this.#fail([], `give it exactly one of ${enumerate(given)}.`);
      else this.#fail([], `says nothing that happens. Known: ${verbs.join(', ')}.`);
      return null;
    }
    this.#checkOptions(verb);
    this.#checkNames(verb);
    const timing = this.#timing(verb);
    const options = this.#options(verb, timing);
    return this.#failed ? null : options;
  }

  #fail(path: Path, text: string): void {
    this.#failed = true;
    const shown = path.filter((step) => typeof step === 'string').join('.');
    const where = shown === '' ? '' : `.${shown}`;
    const colon = /^(is|has|needs|belongs|makes|says) /.test(text) ? ' ' : ': ';
    this.#context.fail(['faults', this.#index, ...path], `faults[${this.#index}]${where}${colon}${text}`);
  }

  // ------------------------------------------------------------------------------------------------------- what goes with it

  #checkOptions(verb: Verb): void {
    for (const [option, owners] of Object.entries(optionsOf) as [keyof typeof optionsOf, readonly Verb[]][]) {
      if (this.#fault[option] === undefined || owners.includes(verb)) continue;
      this.#fail([option], this.#noOption(option, owners, verb));
    }
    if (verb === 'reconnectAgents' && this.#fault.pause !== undefined && this.#fault.chunk === undefined) {
      this.#fail(['pause'], 'needs chunk, the number of agents between two pauses.');
    }
    if (verb === 'slow' && this.#fault.to === undefined) {
      this.#fail(['to'], 'is missing; expected the share of its capacity that is left, such as to: 30%.');
    }
    if (this.#fault.only !== undefined && this.#fault.hang?.some((name) => this.#isBalancer(name)) === true) {
      this.#fail(['only'], 'belongs to nodes: a balancer has neither remoted nor authd.');
    }
  }

  #noOption(option: keyof typeof optionsOf, owners: readonly Verb[], verb: Verb): string {
    if (option === 'for') {
      if (verb === 'restart' || verb === 'rolling') return `a ${verb} is over when its down is. Write down instead.`;
      if (verb === 'enroll') return 'an enroll takes as long as its over says. Remove for.';
      return `${quote(verb)} happens at an instant. Remove for.`;
    }
    if (option === 'random') return `${quote(verb)} has no length that could be drawn. Write at, every and times.`;
    if (option === 'acceptsFor') return `belongs to a kill: in a ${verb} nothing accepts.`;
    return `belongs to ${enumerate(owners)}. Remove it.`;
  }

  // ------------------------------------------------------------------------------------------------------------------- names

  #checkNames(verb: Verb): void {
    const { data, nodesOfAnyMode } = this.#context;
    const groups = Object.keys(data.fleet);
    const names = namesIn(this.#fault, verb);
    const seen = new Set<string>();
    for (const { path, name } of names) {
      const resolved = this.#resolved(name);
      if (seen.has(resolved)) this.#fail(this.#isLink(verb) ? [verb] : [path[0]!], this.#twice(verb, name));
      seen.add(resolved);
    }
    const master = this.#resolved('master') === 'master' ? [] : ['master'];
    const places = [...nodesOfAnyMode, ...master];
    const balancers = [...new Set([balancerPlace, ...this.#context.balancersOfAnyMode])];
    const known = this.#isLink(verb)
      ? [...groups, ...places, ...balancers, agentsPlace]
      : this.#isCommand(verb)
        ? [...groups, ...(groups.includes(agentsPlace) || verb === 'enroll' ? [] : [agentsPlace])]
        : verb === 'reload'
          ? balancers
          : atNodes.includes(verb)
            ? places
            : [...places, ...balancers];
    for (const { path, name } of names) {
      if (known.includes(name)) continue;
      if (verb === 'reload') {
        const own = this.#context.balancersOfAnyMode;
        const names = own.length === 0 ? balancerPlace : enumerate(own, 'or');
        this.#fail(path, `it is the balancer that reloads, not ${quote(name)}. Write reload: ${names}.`);
        continue;
      }
      if (balancers.includes(name)) {
        this.#fail(path, `${quote(verb)} is for nodes: a balancer analyses nothing and has no upstream of its own.`);
        continue;
      }
      const what = this.#isLink(verb) ? 'neither a group nor a node' : this.#isCommand(verb) ? 'no group' : 'no node';
      const meant = nearest(name, known);
      this.#fail(
        path,
        `${what} is called ${quote(name)}. ${meant ? `Did you mean ${meant}? ` : ''}Known: ${listNames(known)}.`,
      );
    }
    for (const { path, name } of names) {
      const { balancers: here } = this.#context;
      const vip = here.find((each) => each.name === name)?.product;
      if (vip?.kind !== 'vip') continue;
      const members = vip.vip.of.map((index) => here[index]!.name);
      this.#fail(
        path,
        `${name} is an address that moves, and nothing happens to it. Name ${enumerate(members, 'or')}.`,
      );
    }
    const all =
      this.#isCommand(verb) && !groups.includes(agentsPlace) && names.some(({ name }) => name === agentsPlace);
    if (all && names.length > 1) {
      this.#fail([names[0]!.path[0]!], `${agentsPlace} are all groups. Name them, or some of the groups.`);
    }
    checkOrder(this.#reading, verb, names);
    if (verb === 'slow') {
      for (const { path, name } of names) {
        const node = this.#context.nodes.find((each) => each.name === this.#resolved(name));
        if (node?.eventsPerSecond !== null) continue;
        this.#fail(
          path,
          `${node.name} has no eventsPerSecond, so a share of it means nothing. Give it one in cluster.nodes.${node.name}.`,
        );
      }
    }
    if (this.#isLink(verb) && !this.#failed) {
      const agentEnds = names.filter(({ name }) => groups.includes(name) || name === agentsPlace);
      if (agentEnds.length === 2) {
        this.#fail([verb], 'agents do not talk to each other. Name a node or the balancer at one end.');
      }
    }
  }

  #twice(verb: Verb, name: string): string {
    return this.#isLink(verb)
      ? `from and to are the same place, ${name}. There is no path between them.`
      : `${name} is named twice.`;
  }

  #isBalancer(name: string): boolean {
    return name === balancerPlace || this.#context.balancersOfAnyMode.includes(name);
  }

  #isLink(verb: Verb): verb is 'partition' | 'dropFlows' {
    return verb === 'partition' || verb === 'dropFlows';
  }

  #isCommand(verb: Verb): boolean {
    return verb === 'restartAgents' || verb === 'pushConfig' || verb === 'reconnectAgents' || verb === 'enroll';
  }

  /** `master` is the node of that role where no node is called so. */
  #resolved(name: string): string {
    const { nodes, data } = this.#context;
    if (name !== 'master' || ownValue(data.fleet, name) !== undefined) return name;
    if (nodes.some((node) => node.name === name)) return name;
    return nodes.find(({ role }) => role === 'master')?.name ?? name;
  }

  #groups(names: readonly string[]): string[] {
    const groups = Object.keys(this.#context.data.fleet);
    return names.flatMap((name) => (name === agentsPlace && !groups.includes(name) ? groups : [name]));
  }

  // ------------------------------------------------------------------------------------------------------------------ timing

  #timing(verb: Verb): Pick<FaultOptions, 'atUs' | 'forUs' | 'everyUs' | 'times' | 'random'> {
    const { data } = this.#context;
    const durationUs = typeof data.duration === 'number' ? data.duration : data.duration.atMost;
    const { at, every, times, random } = this.#fault;
    const forUs = lasting.includes(verb) ? (this.#fault.for ?? null) : 0;
    const once = { forUs, everyUs: null, times: 1 };
    if (random !== undefined) {
      for (const option of ['at', 'for', 'every', 'times'] as const) {
        if (this.#fault[option] === undefined) continue;
        this.#fail(
          [option],
          'has no place beside random, which draws when a fault begins and ends. Remove one of them.',
        );
      }
      if (durationUs / (random.mtbf + random.mttr) > 100_000) {
        this.#fail(['random'], 'makes more than 100000 repetitions. Make mtbf longer.');
      }
      return { ...once, atUs: { fromUs: 0, toUs: 0 }, random: { mtbfUs: random.mtbf, mttrUs: random.mttr } };
    }
    if (at === undefined) {
      this.#fail(['at'], 'is missing; expected an instant such as 10m, a range such as 10m..11m, or start.');
      return { ...once, atUs: null };
    }
    if (at === null && !lasting.includes(verb)) {
      this.#fail(['at'], `${quote(verb)} needs an instant such as 10m: nothing is there yet at the start.`);
    }
    if (at !== null && at.toUs >= durationUs) {
      const before = at.fromUs < durationUs ? 'perhaps before' : 'before';
      this.#fail(
        ['at'],
        `the run ends after ${durationText(durationUs)}, ${before} this fault. Make the duration longer, or the fault earlier.`,
      );
      return { ...once, atUs: at };
    }
    if (times !== undefined && every === undefined) {
      this.#fail(['times'], 'needs every, the distance between the repetitions.');
    }
    if (every !== undefined && at === null) {
      this.#fail(['every'], 'needs an instant in at; "start" happens once.');
      return { ...once, atUs: at };
    }
    const most = every === undefined ? 1 : Math.floor((durationUs - 1 - at!.fromUs) / every) + 1;
    const count = Math.min(times ?? most, most);
    if (count > 100_000) this.#fail(['every'], `makes ${count} repetitions; at most 100000.`);
    return { atUs: at, forUs, everyUs: every ?? null, times: count };
  }

  // ------------------------------------------------------------------------------------------------------------- by its verb

  /** All nodes of a rolling restart have their turn within the run. */
  #checkLast(places: readonly string[], atUs: number, stepUs: number): void {
    const { duration } = this.#context.data;
    const durationUs = typeof duration === 'number' ? duration : duration.atMost;
    const late = places.findIndex((_, turn) => atUs + turn * stepUs >= durationUs);
    if (late <= 0) return;
    this.#fail(
      ['rolling'],
      `the run ends after ${durationText(durationUs)}, before ${places[late]!} is restarted at ${durationText(atUs + late * stepUs)}. ` +
        'Make the duration longer, or pause shorter.',
    );
  }

  /** `drain` beside `rolling` is a length. */
  #drainUs(): number {
    const { drain } = this.#fault;
    if (drain === undefined) return 0;
    const parsed = drainSchema.safeParse(drain);
    if (parsed.success) return parsed.data;
    this.#fail(['drain'], parsed.error.issues[0]!.message);
    return 0;
  }

  #options(verb: Verb, timing: Pick<FaultOptions, 'atUs' | 'forUs' | 'everyUs' | 'times' | 'random'>): FaultOptions {
    const fault = this.#fault;
    const places = namesIn(fault, verb).map(({ name }) => this.#resolved(name));
    const told = fault.balancer === undefined ? {} : { balancers: fault.balancer };
    switch (verb) {
      case 'kill':
        return { kind: verb, places, ...timing, acceptsForUs: fault.acceptsFor ?? killDefaults.acceptsForUs };
      case 'hang':
        return { kind: verb, places, ...timing, only: fault.only };
      case 'restart':
        return { kind: verb, places, ...timing, forUs: fault.down ?? restartDefaults.downUs };
      case 'rolling': {
        const downUs = fault.down ?? restartDefaults.downUs;
        const pauseUs = fault.pause ?? 0;
        const drainUs = this.#drainUs();
        this.#checkLast(places, (timing.atUs?.toUs ?? 0) + drainUs, drainUs + downUs + pauseUs);
        return { kind: verb, places, ...told, ...timing, downUs, pauseUs, drainUs };
      }
      case 'slow':
        return { kind: verb, places, ...timing, toShare: fault.to ?? 1 };
      case 'partition':
        return { kind: verb, from: places[0]!, to: places[1]!, oneWay: fault.partition!.oneWay, ...timing };
      case 'dropFlows':
        return { kind: verb, from: places[0]!, to: places[1]!, answer: fault.dropFlows!.answer, ...timing };
      case 'restartAgents':
        return { kind: verb, groups: this.#groups(places), ...timing, overUs: fault.over ?? 0 };
      case 'reconnectAgents': {
        const { chunk = null, pause } = fault;
        return { kind: verb, groups: this.#groups(places), ...timing, chunk, pauseUs: pause ?? reconnectPauseUs };
      }
      case 'pushConfig': {
        const given = fault.pushConfig!;
        const restarts = Array.isArray(given) || given.restarts;
        return { kind: verb, groups: this.#groups(places), ...timing, restarts };
      }
      case 'enroll': {
        const { group, count, over } = fault.enroll!;
        const agents = ownValue(this.#context.data.fleet, group)?.count ?? count;
        if (count > agents) {
          this.#fail([verb, 'count'], `${group} has ${agents} agents, so no ${count} of them can enroll.`);
        }
        return { kind: verb, group, count, overUs: over, ...timing, forUs: over };
      }
      case 'reload': {
        const { balancers, product } = readReload(this.#reading);
        if (typeof fault.reload === 'object' && product === null) {
          // What is wrong with the file has been reported at it.
          this.#failed ||= this.#context.balancers.some(({ name }) => balancers.includes(name));
        }
        return { kind: verb, balancers, product, ...timing };
      }
      case 'powerOff':
      case 'stop':
      case 'zombie':
        return { kind: verb, places, ...timing };
      case 'drain':
      case 'addNode':
      case 'removeNode':
        return { kind: verb, places, ...told, ...timing };
      default:
        return verb satisfies never;
    }
  }
}
