// Wazuh's HAProxy helper at work: what it sees of HAProxy and of the cluster, and what comes of what it says. It lives in the master's
// clusterd: gone with its processes, still while they stand still.
import { uniform } from '../../kernel/random.ts';
import { poolOf, withServer, withoutServer } from '../balancer/haproxy/dataplane.ts';
import type { HaproxyOptions } from '../balancer/haproxy/options.ts';
import type { BalancerProduct } from '../balancer/options.ts';
import {
  runHelper,
  startHelper,
  type HelperOptions,
  type HelperReach,
  type HelperServer,
  type HelperTask,
} from '../cluster/haproxyHelper.ts';
import { lastFirst, type HelperAgent } from '../cluster/helperRules.ts';
import { AgentTable } from '../cluster/status.ts';
import type { HelperBooks } from '../ledger.ts';
import { PlaceState } from '../place.ts';
import { Purpose, namedKey } from '../workload.ts';
import { wakeChecks } from './checks.ts';
import type { BalancerHost } from './host.ts';
import { hearNews } from './news.ts';
import { Deed, hears, order } from './orders.ts';
import { reloadHost } from './reload.ts';
import { EventKind } from './kinds.ts';
import { addPlaceEvent, nodeLatencyUs, type WorldState } from './state.ts';

// httpx gives a request 5 s to connect, and 5 s for the answer.
const requestTimeoutUs = 5_000_000;
// `reload_delay` of the Data Plane API as Wazuh documents it: what does not force a reload waits for the next of its rounds.
const reloadDelayUs = 5_000_000;

/** What an event of the helper is about. */
const Due = { Wakes: 0, Reload: 1 } as const;

export interface Helper {
  readonly options: HelperOptions;
  readonly host: BalancerHost;
  readonly reach: HelperReach;
  /** `null`: no clusterd runs, or its task has ended. */
  task: HelperTask | null;
  /** Life of the master's processes that the task belongs to; -1: none yet. */
  life: number;
  wakesAtUs: number;
  handle: number;
  /** The last look that found nothing to do. */
  balancedAtUs: number;
  nowUs: number;
  /** Where the rounds of the Data Plane API stand. */
  readonly roundUs: number;
  readonly books: { -readonly [K in keyof HelperBooks]: HelperBooks[K] };
  /** Agents that are away because of it: what they had written until then, and where they were. */
  readonly away: Map<number, { readonly written: number; readonly node: number }>;
}

/** The helper of this world, which has been at work before the run; `null`: there is none. */
export function newHelper(world: WorldState): Helper | null {
  const { helper: given } = world.options;
  const host = given && world.hosts[given.balancerIndex];
  if (!given || host?.product.kind !== 'haproxy') return null;
  const { links, root } = world;
  const key = namedKey(root, Purpose.HelperPhase, host.options.name);
  const reach = reachOf(world, () => helper);
  const helper: Helper = {
    options: given.options,
    host,
    reach,
    task: runHelper(given.options, reach),
    life: links.master < 0 ? -1 : world.places[links.master]!.life,
    wakesAtUs: -world.options.warmupUs + Math.floor(uniform(key, 0, 0) * given.options.frequencyUs),
    handle: -1,
    balancedAtUs: -Infinity,
    nowUs: -world.options.warmupUs,
    roundUs: Math.floor(uniform(key, 0, 1) * reloadDelayUs),
    books: { looks: 0, told: 0, reconnects: 0, moved: 0, cut: 0, passedOver: 0, reloads: 0, delayed: 0, products: [] },
    away: new Map(),
  };
  return helper;
}

/** The run begins. */
export function scheduleHelper(world: WorldState): void {
  const { helper } = world;
  if (helper !== null) sleepUntil(world, helper, helper.wakesAtUs);
}

function sleepUntil(world: WorldState, helper: Helper, atUs: number): void {
  helper.wakesAtUs = atUs;
  helper.handle =
    atUs < world.options.durationUs ? addPlaceEvent(world, EventKind.Helper, Due.Wakes, Math.ceil(atUs)) : -1;
}

export function helperDue(world: WorldState, due: number, nowUs: number): void {
  const helper = world.helper!;
  helper.nowUs = nowUs;
  if (due === Due.Reload) {
    reload(world, helper, nowUs);
    return;
  }
  helper.handle = -1;
  if (helper.task === null || !clusterdRuns(world)) return;
  const { value, done } = helper.task.next();
  if (done === true) helper.task = null;
  else sleepUntil(world, helper, nowUs + value);
}

function clusterdRuns({ places, links }: WorldState): boolean {
  const place = places[links.master];
  // remoted or authd alone may stand still.
  return place?.state === PlaceState.Up || (place?.state === PlaceState.Hung && place.hung === 0);
}

/** The master's place has changed. */
export function masterChanged(world: WorldState, nowUs: number): void {
  const { helper } = world;
  if (helper === null) return;
  const { life } = world.places[world.links.master]!;
  if (life !== helper.life) helper.task = null;
  const runs = clusterdRuns(world);
  if (!runs || life !== helper.life) {
    if (helper.handle >= 0) world.queue.remove(helper.handle);
    helper.handle = -1;
  }
  if (!runs) return;
  if (life !== helper.life) {
    helper.life = life;
    helper.task = startHelper(helper.options, helper.reach);
    sleepUntil(world, helper, nowUs);
  } else if (helper.task !== null && helper.handle < 0) {
    sleepUntil(world, helper, Math.max(nowUs, helper.wakesAtUs));
  }
}

/** True while nothing that has happened is still to be answered by the helper. */
export function helperIsContent({ helper, lastChangeUs }: WorldState): boolean {
  return helper === null || helper.task === null || (helper.balancedAtUs > lastChangeUs && helper.away.size === 0);
}

/** The message to reconnect comes to an agent, or a process that keeps its session is about to end: it is away for the helper's sake. */
export function leavesForHelper(world: WorldState, agent: number, isCut: boolean, nowUs: number): void {
  const { helper } = world;
  if (helper === null || helper.away.has(agent)) return;
  helper.away.set(agent, { written: world.books.pipelines.written(agent, nowUs), node: world.node[agent]! });
  if (nowUs < 0) return;
  if (isCut) helper.books.cut += 1;
  else helper.books.reconnects += 1;
}

/** An agent has its session. */
export function cameBack(world: WorldState, agent: number, node: number, nowUs: number): void {
  const { helper } = world;
  const before = helper?.away.get(agent);
  if (!helper || before === undefined) return;
  helper.away.delete(agent);
  if (nowUs < 0) return;
  helper.books.delayed += world.books.pipelines.written(agent, nowUs) - before.written;
  if (node !== before.node) helper.books.moved += 1;
}

/** What of its work decided the run. */
export function helperNotes({ helper }: WorldState): string[] {
  const notes: string[] = [];
  if (helper === null) return notes;
  if (helper.books.passedOver > 0) {
    const who =
      'agents that do not understand the request to reconnect (before 4.3) or are taken for such (5.0 to 5.2)';
    notes.push(`The HAProxy helper passes over ${who}: they stay where they are.`);
  }
  if (helper.books.cut > 0) {
    const what = 'sessions that an old HAProxy process still had at its hard-stop-after were closed';
    notes.push(`${helper.books.cut} ${what}, before or after their agents were told to reconnect.`);
  }
  return notes;
}

function reload(world: WorldState, helper: Helper, nowUs: number): void {
  if (reloadHost(world, helper.host, -1, nowUs) && nowUs >= 0) helper.books.reloads += 1;
}

function reachOf(world: WorldState, me: () => Helper): HelperReach {
  const { links, nodeCount } = world;
  const configured = (): HaproxyOptions => haproxyOf(me().host.product);
  const pool = () => {
    const { host, options } = me();
    return host.proxies.at(-1)!.pools[poolOf(configured(), options.backend)];
  };
  const nodeName = (index: number): string => {
    const { name, names } = world.options.nodes[index]!;
    const servers = pool()?.balancer.peers.map(({ serverText }) => serverText) ?? [];
    return [name, ...names].find((one) => servers.includes(one)) ?? name;
  };
  const configure = (options: HaproxyOptions): void => {
    const { host, books, nowUs } = me();
    host.product = { kind: 'haproxy', haproxy: options };
    const balancerIndex = host.place - nodeCount;
    books.products = [...books.products, { atUs: nowUs, balancerIndex, product: host.product }];
  };
  return {
    failsAfterUs() {
      const { host } = me();
      const { ways } = world;
      const { state } = world.places[host.place]!;
      if (state === PlaceState.Refusing || state === PlaceState.Dying) return 0;
      const [master, haproxy] = [ways.endOfPlace(links.master), ways.endOfPlace(host.place)];
      const isCut = ways.isCut(master, haproxy) || ways.isCut(haproxy, master);
      if (state !== PlaceState.Up || isCut) return requestTimeoutUs;
      // A configuration without the backend: "404".
      return pool() === undefined ? 0 : null;
    },
    servers() {
      const { nowUs, host } = me();
      const { balancer } = pool()!;
      return balancer.peers.map(({ serverText: name, address }, peer): HelperServer => {
        const admin = balancer.admin!;
        return { name, address, sessions: admin.sessions(peer), ...admin.shown!(peer, nowUs + host.phaseUs) };
      });
    },
    setState(server, state) {
      const { nowUs, host } = me();
      const { balancer } = pool()!;
      const peer = balancer.peers.findIndex(({ serverText }) => serverText === server);
      balancer.admin!.setState(peer, state, nowUs + host.phaseUs);
      wakeChecks(world, host, nowUs);
      hearNews(world, host, nowUs);
    },
    addServer({ name, address }) {
      const helper = me();
      const { eventsPort } = world.options.nodes[links.master]!;
      configure(withServer(configured(), helper.options.backend, { name, address, port: eventsPort }));
      reload(world, helper, helper.nowUs);
    },
    removeServer(name) {
      const helper = me();
      configure(withoutServer(configured(), helper.options.backend, name));
      reload(world, helper, helper.nowUs);
    },
    hardStopAfterUs() {
      const { hardStopAfterUs: us } = configured();
      return us === Infinity ? null : us;
    },
    setHardStopAfter(us) {
      const { nowUs, roundUs } = me();
      configure({ ...configured(), hardStopAfterUs: us });
      const atUs = roundUs + (Math.floor((nowUs - roundUs) / reloadDelayUs) + 1) * reloadDelayUs;
      if (atUs < world.options.durationUs) addPlaceEvent(world, EventKind.Helper, Due.Reload, atUs);
    },
    nodes() {
      const { nowUs } = me();
      return world.options.nodes.flatMap(({ address }, index) =>
        links.linked[index]!.has(nowUs) ? [{ name: nodeName(index), address }] : [],
      );
    },
    activeAgents() {
      const table = tableOf(world, me().nowUs);
      const names = world.options.nodes.map((_, index) => nodeName(index));
      const agents: HelperAgent[] = [];
      for (let agent = 0; agent < world.agents; agent++) {
        const { version, notifyTimeSeconds } = world.options.groups[world.groupOf[agent]!]!.agent;
        const node = table.activeOn(agent, notifyTimeSeconds);
        if (node >= 0) agents.push({ agent, version, node: names[node]! });
      }
      return agents.sort(lastFirst);
    },
    reconnect(agents) {
      const { nowUs, books } = me();
      const table = tableOf(world, nowUs);
      for (const { agent } of agents) {
        const { notifyTimeSeconds } = world.options.groups[world.groupOf[agent]!]!.agent;
        const node = table.activeOn(agent, notifyTimeSeconds);
        // The node that the table names passes it on, if it is there and has the agent.
        if (node < 0 || !links.linked[node]!.has(nowUs)) continue;
        if (nowUs >= 0) books.told += 1;
        if (world.node[agent] === node && hears(world, agent)) {
          order(world, agent, Deed.Balance, -1, nowUs + nodeLatencyUs(world, agent));
        }
      }
    },
    passedOver(count) {
      if (me().nowUs >= 0) me().books.passedOver += count;
    },
    foundBalance() {
      const helper = me();
      if (hasFoundAll(world, helper)) helper.balancedAtUs = helper.nowUs;
      if (helper.nowUs >= 0) helper.books.looks += 1;
    },
  };
}

/** HAProxy has found every node up that is: the next look will find no more servers than this one. */
function hasFoundAll(world: WorldState, { reach }: Helper): boolean {
  return reach.servers().every(({ address, status }) => {
    const node = world.options.nodes.findIndex((one) => one.address === address);
    return status === 'UP' || status === 'no check' || world.places[node]?.state !== PlaceState.Up;
  });
}

function haproxyOf(product: BalancerProduct): HaproxyOptions {
  if (product.kind !== 'haproxy') throw new Error(`the helper's balancer is ${product.kind}`);
  return product.haproxy;
}

function tableOf(world: WorldState, nowUs: number): AgentTable {
  const { links, history } = world;
  const groups = world.options.groups.map(({ count, agent }) => ({
    count,
    notifyTimeSeconds: agent.notifyTimeSeconds,
  }));
  const { disconnection } = world.options.nodes[links.master]!;
  return new AgentTable({ links, history, disconnection, groups, endUs: nowUs + 1 }, world.agents);
}
