// The oracle: a second, deliberately simple simulation of the same world. It plays every event, every turn of an agent's main
// loop, every keepalive and every packet one by one. Only plain data, draws, arrivals and nginx's choice are shared with src.
import type { ClientLuck } from '../../../src/models/balancer/contract.ts';
import { below, deriveKey, rootKey, shuffle, uniform } from '../../../src/kernel/random.ts';
import { groupAddresses } from '../../../src/models/addresses.ts';
import { atLeast } from '../../../src/models/agentVersions.ts';
import type { ServerOptions } from '../../../src/models/agentOptions.ts';
import { listenBacklog } from '../../../src/models/balancer/nginx/product.ts';
import { groupArrivals } from '../../../src/models/eventRates.ts';
import { startInstants } from '../../../src/models/starts.ts';
import { OutageEnd, type EventCounts } from '../../../src/models/ledger.ts';
import { unreachableBetween } from '../../../src/models/network.ts';
import type { NodeOptions } from '../../../src/models/node.ts';
import { stepsOf } from '../../../src/models/timelines.ts';
import { drawIndex, groupKey, namedKey, Purpose } from '../../../src/models/workload.ts';
import type { GroupOptions, Luck, WorldOptions } from '../../../src/models/worldOptions.ts';
import { Agent, type Channel, type Surroundings } from './agent.ts';
import type { NodeLosses } from './analysisd.ts';
import { Authd } from './authd.ts';
import { Calendar, Rank } from './calendar.ts';
import { Cluster } from './cluster.ts';
import { Commands } from './commands.ts';
import { Dashboard, type Counts, type DashboardBooks } from './dashboard.ts';
import { countEvents, Event } from './event.ts';
import { Host, type Service } from './host.ts';
import { Legs } from './leg.ts';
import { control, Manager } from './manager.ts';
import { Nginx } from './nginx.ts';
import { isCommand, isOfPath, isOrder, occurrencesOf, type Occurrence } from './plan.ts';
import { open, stuckKind, type Connection, type Way } from './tcp.ts';
import { Datagrams } from './udp.ts';
import { BalancedDatagrams } from './udpNginx.ts';

export interface OutageRow {
  readonly agent: number;
  readonly fault: number;
  readonly end: number;
  readonly fromNode: number;
  readonly toNode: number;
  readonly brokenAtUs: number;
  readonly detectUs: number;
  readonly retryUs: number;
  readonly handshakeUs: number;
  readonly attempts: number;
  readonly froze: number;
}

/** What an agent's main thread did: `tried`, `noticed …`, `connected`, with the entry of its list and the node. */
export interface Deed {
  readonly agent: number;
  readonly atUs: number;
  readonly what: string;
}

export interface OracleBooks {
  readonly groups: readonly EventCounts[];
  readonly deeds: readonly Deed[];
  readonly outages: readonly OutageRow[];
  readonly nodeAtStart: readonly number[];
  readonly nodeAtEnd: readonly number[];
  readonly attemptsFailed: number;
  /** The fleet at whole steps of the time line. */
  readonly looks: readonly Look[];
  readonly nodes: readonly NodeCounts[];
  /** From writing to a node that processes, of every delivered event of each agent, µs. */
  readonly delaysUs: readonly (readonly number[])[];
  /** All events of each agent, in the order in which they were written. */
  readonly events: readonly (readonly Event[])[];
  /** By agent, of those who came without a key. */
  readonly enrolments: readonly EnrolmentRow[];
  /** Since when nothing is left to happen, seen at whole seconds; `null`: something still is when the run ends. */
  readonly settledUs: number | null;
  /** `null`: no node is the master. */
  readonly dashboard: DashboardBooks | null;
}

export interface EnrolmentRow {
  startedUs: number;
  keyUs: number;
  reportedUs: number;
  keyUnknown: number;
  failed: number;
  duplicates: number;
}

export interface Look {
  readonly atUs: number;
  /** Node of each agent's session, -1: none. */
  readonly node: readonly number[];
  /** Agents that do not exist yet. */
  readonly absent: number;
  /** Agents that believe themselves connected while nobody processes what they send. */
  readonly unaware: number;
  /** Events written so far. */
  readonly produced: number;
}

export interface NodeCounts {
  readonly connectsPeakPerSecond: number;
  readonly refused: number;
  readonly overflowed: number;
  /** Where control messages cost something: the longest work of them that waited, and how many found no room. */
  readonly control: { readonly peakUs: number; readonly dropped: number } | null;
  /** Events; `null`: it has none. */
  readonly losses: NodeLosses | null;
}

interface OpenOutage {
  fault: number;
  fromNode: number;
  brokenAtUs: number;
  noticedAtUs: number | null;
  attempts: number;
  froze: number;
}

/** One agent and what the oracle remembers about it. */
interface Member {
  readonly index: number;
  readonly group: number;
  readonly inGroup: number;
  readonly agent: Agent;
  outage: OpenOutage | null;
  /** The path of its session worked when somebody last looked. */
  worked: boolean;
  /** … took what it sent, whatever became of it there. */
  took: boolean;
  balancerConnections: number;
  /** It does not exist yet. */
  isAbsent: boolean;
  readonly enrolment: EnrolmentRow;
}

/** @param endUs the run ends here, within the duration. */
export function playOracle(
  options: WorldOptions,
  luck: Luck,
  endUs = options.durationUs,
  counts: Counts = 'due',
): OracleBooks {
  const world = new Oracle(options, luck);
  return world.play(endUs, counts);
}

class Oracle {
  readonly options: WorldOptions;
  readonly root;
  readonly calendar = new Calendar();
  readonly hosts: Host[];
  readonly nginx: Nginx | null = null;
  readonly members: Member[] = [];
  readonly faults: readonly Occurrence[];
  readonly legs: Legs;
  readonly deeds: Deed[] = [];
  readonly rows: OutageRow[] = [];
  readonly addresses: Uint32Array[];
  readonly cluster: Cluster;
  readonly dashboard: Dashboard;
  attemptsFailed = 0;
  #nodeAtStart: number[] = [];
  readonly #looks: Look[] = [];
  #settledUs: number | null = null;
  readonly #commands: Commands;

  constructor(options: WorldOptions, { seed, replication }: Luck) {
    this.options = options;
    const root = rootKey(seed, replication);
    this.root = root;
    const { nodes } = options;
    const [balancer] = options.balancers;
    this.hosts = nodes.map((node, index) => {
      const services: Service[] = node.registrationPort === null ? ['events'] : ['events', 'registration'];
      const host = new Host(this.calendar, { ...node, index, services, passUs: passUsOf(node) });
      const flushPhaseUs = Math.floor(uniform(namedKey(root, Purpose.FlushPhase, node.name), 0, 0) * 1e6);
      host.processes = new Manager(
        host,
        flushPhaseUs,
        Math.floor(uniform(namedKey(root, Purpose.NodeClock, node.name), 0, 0) * 1e6),
        node,
      );
      return host;
    });
    this.addresses = options.groups.map((group) => groupAddresses(group, groupKey(root, Purpose.Address, group)));
    if (balancer) {
      const host = new Host(this.calendar, {
        name: 'balancer',
        index: nodes.length,
        startupUs: 0,
        acceptQueue: listenBacklog,
        keepalive: null,
        services: ['events', 'registration'],
        passUs: null,
      });
      const clockPhaseUs = Math.floor(uniform(deriveKey(root, Purpose.BalancerClock, 0), 0, 0) * 1e6);
      this.nginx = new Nginx(host, balancer, nodes, this, clockPhaseUs);
      host.processes = this.nginx;
      this.hosts.push(host);
    }
    for (const host of this.hosts) {
      host.changed = (changed, fault) => {
        this.#placeChanged(fault);
        this.cluster.placeChanged(changed);
      };
    }
    this.faults = occurrencesOf(options, root);
    this.legs = new Legs(this.faults, options.groups.length, nodes.length);
    this.dashboard = new Dashboard(options, root, this.calendar);
    this.cluster = new Cluster(options, this.hosts, root, this.faults, this.dashboard);
    this.#enrolments();
    options.groups.forEach((group, index) => this.#addGroup(group, index));
    this.#commands = new Commands(this.calendar, options, root, this.members, {
      leaves: (agent, fault) => this.#leaves(agent, fault),
      latencyUs: (agent) => this.#toNode(this.members[agent]!),
      passesOn: (agent) => this.cluster.passesOn(this.members[agent]!.agent.channel!.node()),
      stopped: (agent) => {
        this.deeds.push({ agent, atUs: this.calendar.nowUs, what: 'stopped' });
        this.#stopped(this.members[agent]!);
      },
    });
    for (const host of this.hosts) {
      host.owes = (agent) => this.#commands.owes(agent);
      host.keepaliveRead = (agent) => this.dashboard.keepaliveRead(agent, host.index);
    }
  }

  get #enrols(): boolean {
    return this.options.faults.some(({ kind }) => kind === 'enroll');
  }

  #enrolments(): void {
    const { cluster } = this;
    this.options.nodes.forEach((node, index) => {
      const host = this.hosts[index]!;
      if (!(host.processes instanceof Manager)) return;
      host.processes.enrolment = {
        authd: new Authd(host, node, cluster, control),
        cluster,
        unknownKey: (agent) => {
          this.members[agent]!.enrolment.keyUnknown += 1;
        },
      };
    });
  }

  #addGroup(group: GroupOptions, index: number): void {
    const { root, options } = this;
    const starts = startInstants(group, root, options.warmupUs);
    const phaseKey = groupKey(root, Purpose.ClockPhase, group);
    const orderKey = groupKey(root, Purpose.ServerOrder, group);
    const arrivals = groupArrivals(group, root);
    const pollKey = groupKey(root, Purpose.PollPhase, group);
    const pollUs = (own: number): number =>
      Math.floor(uniform(pollKey, own, 0) * group.agent.internal.logcollectorLoopTimeoutSeconds * 1e6);
    const withoutKey = this.#newcomersOf(group);
    for (let inGroup = 0; inGroup < group.count; inGroup++) {
      const own = drawIndex(group, inGroup);
      const order = group.servers.map((_, at) => (group.order === 'rotated' ? (at + own) % group.servers.length : at));
      if (group.order === 'shuffled') shuffle(order, orderKey, own);
      const clockUs = Math.floor(uniform(phaseKey, own, 0) * 1e6);
      const later = group.agent.firstKeepalive === 'afterNotifyTime';
      const keepaliveUs = later ? Math.floor(uniform(phaseKey, own, 1) * 1e6) : clockUs;
      const number = this.members.length;
      const agent = new Agent(
        this.calendar,
        group,
        order.map((at) => group.servers[at]!),
        this.#surroundings(number),
        { clockUs, keepaliveUs, pollUs: pollUs(own) },
      );
      const startUs = withoutKey[inGroup];
      this.members.push({
        index: number,
        group: index,
        inGroup,
        agent,
        outage: null,
        worked: false,
        took: false,
        balancerConnections: 0,
        isAbsent: startUs !== undefined,
        enrolment: { startedUs: NaN, keyUs: Infinity, reportedUs: Infinity, keyUnknown: 0, failed: 0, duplicates: 0 },
      });
      if (startUs === undefined) this.calendar.at(starts[inGroup]!, Rank.control, () => agent.start());
      else this.#comesWithoutKey(number, startUs);
      const write = (ordinal: number): void => {
        const atUs = arrivals.timeOf(inGroup, ordinal);
        if (atUs >= options.durationUs) return;
        this.calendar.at(atUs, Rank.event, () => {
          if (!this.members[number]!.isAbsent) agent.pipeline.write(new Event(atUs));
          write(ordinal + 1);
        });
      };
      write(1);
    }
  }

  /** When those of a group begin who come without a key: the first ones, in their order. */
  #newcomersOf({ name, count }: GroupOptions): number[] {
    return this.faults
      .flatMap(({ fault, startUs }) =>
        fault.kind === 'enroll' && fault.group === name
          ? Array.from({ length: fault.count }, (_, i) => startUs + Math.floor((i * fault.overUs) / fault.count))
          : [],
      )
      .slice(0, count);
  }

  #comesWithoutKey(number: number, startUs: number): void {
    this.cluster.newcomers.add(number);
    this.calendar.at(startUs, Rank.control, () => {
      const member = this.members[number]!;
      member.isAbsent = false;
      member.enrolment.startedUs = startUs;
      member.agent.startWithoutKey();
    });
  }

  play(endedUs: number, counts: Counts): OracleBooks {
    const { calendar, options, hosts } = this;
    for (const occurrence of this.faults) {
      const { fault, index, places, startUs } = occurrence;
      if (fault.kind === 'enroll') continue;
      if (isCommand(fault)) {
        calendar.at(startUs, Rank.place, () => this.#commands.begin(fault, index, places));
        continue;
      }
      if (isOfPath(fault)) {
        calendar.at(startUs, Rank.place, () => this.#pathChanges(occurrence));
        continue;
      }
      if (isOrder(fault)) {
        calendar.at(startUs, Rank.place, () => this.nginx!.order(fault, index));
        continue;
      }
      for (const place of places) calendar.at(startUs, Rank.place, () => hosts[place]!.begin(fault, index));
    }
    for (const { fault, index, places, endUs } of this.faults) {
      if (endUs === Infinity || isCommand(fault) || isOrder(fault) || fault.kind === 'enroll') continue;
      if (isOfPath(fault)) {
        if (fault.kind === 'partition') {
          calendar.at(endUs, Rank.place, () => {
            this.#placeChanged(index);
            this.cluster.pathsChanged();
          });
        }
        continue;
      }
      for (const place of places) calendar.at(endUs, Rank.place, () => hosts[place]!.end(fault, index));
    }
    this.#commands.churn();
    calendar.at(0, Rank.place, () => {
      this.#nodeAtStart = this.members.map((member) => this.#nodeOf(member));
    });
    const stepUs = stepsOf(options.durationUs).stepUs;
    for (let atUs = 0; atUs <= options.durationUs; atUs += stepUs) {
      calendar.at(atUs, Rank.look, () => this.#look(atUs));
    }
    calendar.run(endedUs);
    if (!this.#isSettled(endedUs)) this.#settledUs = null;
    else this.#settledUs ??= endedUs;
    for (const host of hosts) {
      const forEver = this.faults.filter(
        ({ fault, places, startUs, endUs }) =>
          fault.kind === 'hang' && places.includes(host.index) && startUs < endedUs && endUs === Infinity,
      );
      const stuck = forEver.map(({ fault }) => (fault.kind === 'hang' ? fault.only : undefined));
      host.settle(
        stuck.every((only) => only === 'authd'),
        stuck.every((only) => only !== undefined),
      );
    }
    this.#finishOutages();
    const dashboard = this.dashboard.play(counts, endedUs, this.rows);
    return {
      dashboard,
      groups: options.groups.map((_, group) =>
        countEvents(
          this.members.filter((member) => member.group === group).flatMap(({ agent }) => agent.pipeline.written),
        ),
      ),
      deeds: this.deeds,
      outages: this.rows,
      nodeAtStart: this.#nodeAtStart,
      nodeAtEnd: this.members.map((member) => this.#nodeOf(member)),
      attemptsFailed: this.attemptsFailed,
      looks: this.#looks,
      nodes: options.nodes.map((_, index) => countsOf(hosts[index]!)),
      delaysUs: this.members.map(({ agent }) =>
        agent.pipeline.written
          .filter(({ fate }) => fate === 'delivered')
          .map(({ arrivedUs, writtenUs }) => arrivedUs - writtenUs),
      ),
      events: this.members.map(({ agent }) => agent.pipeline.written),
      settledUs: this.#settledUs,
      enrolments: this.members.map(({ enrolment }) => enrolment),
    };
  }

  #look(atUs: number): void {
    this.#looks.push({
      atUs,
      node: this.members.map((member) => this.#nodeOf(member)),
      absent: this.members.filter(({ isAbsent }) => isAbsent).length,
      unaware: this.members.filter(({ agent }) => agent.hasSession && !agent.channel!.isHeard()).length,
      produced: this.members.reduce((sum, { agent }) => sum + agent.pipeline.written.length, 0),
    });
    if (!this.#isSettled(atUs)) this.#settledUs = null;
    else this.#settledUs ??= atUs;
  }

  /** Every fault has ended or never ends, every agent is back, and nothing waits in agents. */
  #isSettled(atUs: number): boolean {
    return (
      this.faults.every(({ startUs, endUs }) => startUs <= atUs && (endUs <= atUs || endUs === Infinity)) &&
      !this.#commands.areUnderWay &&
      this.nginx?.isIdle !== false &&
      this.members.every(
        ({ agent, isAbsent }) => isAbsent || (agent.hasSession && agent.channel!.works() && agent.pipeline.isEmpty),
      )
    );
  }

  #nodeOf({ agent }: Member): number {
    return agent.hasSession ? agent.channel!.node() : -1;
  }

  // --------------------------------------------------------------------------------------------------------------- the ways

  #latency(group: GroupOptions, place: { readonly latencyUs: number | null } | null = null): number {
    const own = [group.latencyUs, place?.latencyUs].filter((one) => typeof one === 'number');
    return own.length > 0 ? Math.max(...own) : this.options.network.latencyUs;
  }

  /** One way from an agent to the node its session ends at. */
  #toNode({ agent, group, index }: Member): number {
    const { nodes } = this.options;
    const [balancer] = this.options.balancers;
    const node = agent.channel!.node();
    if (agent.viaNode) return this.#latency(this.options.groups[group]!, nodes[node]);
    return this.#latency(this.options.groups[group]!, balancer) + this.wayToNode(index, node, false).latencyUs;
  }

  #way(member: Member, server: ServerOptions, service: Service): Way {
    const group = this.options.groups[member.group]!;
    const endpoint = service === 'events' ? server.endpoint : server.registration;
    const host = endpoint ?? server.endpoint;
    const { network, nodes } = this.options;
    const [balancer] = this.options.balancers;
    const common = {
      service,
      unreachable: network.unreachable.agents,
      kernel: group.agent.kernel,
      owner: member.index,
    };
    if (host.kind === 'node') {
      return {
        ...common,
        host: this.hosts[host.nodeIndex]!,
        unreachable: unreachableBetween(
          network.unreachable.agents,
          group.unreachable,
          nodes[host.nodeIndex]!.unreachable,
        ),
        latencyUs: this.#latency(group, nodes[host.nodeIndex]),
        leg: this.legs.of(member.group, host.nodeIndex),
        listener: -1,
      };
    }
    return {
      ...common,
      host: this.hosts[nodes.length]!,
      unreachable: unreachableBetween(network.unreachable.agents, group.unreachable),
      latencyUs: this.#latency(group, balancer),
      leg: this.legs.of(member.group, nodes.length),
      listener: host.listenerIndex,
    };
  }

  // The balancer asks about its clients.

  draw(owner: number): { worker: number; remotePort: number; luck: ClientLuck } {
    const member = this.members[owner]!;
    const group = this.options.groups[member.group]!;
    const key = groupKey(this.root, Purpose.BalancerWorker, group);
    const index = drawIndex(group, member.inGroup);
    const connection = member.balancerConnections++;
    return {
      worker: below(this.nginx!.workers, key, index, connection),
      remotePort: 32_768 + below(28_232, key, index, -1 - connection),
      luck: { key: groupKey(this.root, Purpose.BalancerChoice, group), index, connect: connection },
    };
  }

  addressOf(owner: number): number {
    const { group, inGroup } = this.members[owner]!;
    return this.addresses[group]![inGroup]!;
  }

  wayToNode(owner: number, nodeIndex: number, registration: boolean): Way {
    const { nodes, network } = this.options;
    const [balancer] = this.options.balancers;
    const own = [nodes[nodeIndex]!.latencyUs, balancer!.latencyUs].filter((one) => typeof one === 'number');
    return {
      host: this.hosts[nodeIndex]!,
      service: registration ? 'registration' : 'events',
      latencyUs: own.length > 0 ? Math.max(...own) : network.latencyUs,
      unreachable: unreachableBetween(
        network.unreachable.balancer,
        balancer!.unreachable,
        nodes[nodeIndex]!.unreachable,
      ),
      kernel: balancer!.kernel,
      leg: this.legs.of(-1, nodeIndex),
      owner,
      listener: -1,
      behindUs: this.#latency(this.options.groups[this.members[owner]!.group]!, balancer),
    };
  }

  #surroundings(number: number): Surroundings {
    const member = (): Member => this.members[number]!;
    const tell = (what: string): void => {
      this.deeds.push({ agent: number, atUs: this.calendar.nowUs, what });
    };
    return {
      open: (server, service, client, done) => {
        const way = this.#way(member(), server, service);
        return open(way, Infinity, client, {
          established: (connection) => done.established(this.#channel(connection)),
          failed: () => done.failed(),
        });
      },
      datagrams: (server, client) => {
        if (server.endpoint.kind === 'balancer') {
          const balanced = new BalancedDatagrams(this.#way(member(), server, 'events'), client, this.nginx!.datagrams);
          return {
            send: (message) => balanced.send(message),
            close: () => balanced.close(),
            hasRoom: () => true,
            node: () => balanced.node(),
            takes: () => balanced.takes(),
            isRead: () => balanced.isRead(),
            isHeard: () => balanced.isRead() && !balanced.isZombie,
            works: () => balanced.takes() && !balanced.isZombie,
          };
        }
        const datagrams = new Datagrams(this.#way(member(), server, 'events'), client);
        const { host } = datagrams.way;
        return {
          send: (message) => datagrams.send(message),
          close: () => datagrams.close(),
          hasRoom: () => true,
          node: () => host.index,
          takes: () => host.works && datagrams.way.leg.isOpen(this.calendar.nowUs),
          isRead: () => host.works && datagrams.way.leg.passesThere(this.calendar.nowUs),
          isHeard: () => host.works && datagrams.way.leg.passesThere(this.calendar.nowUs) && !host.isZombie,
          works: () => host.works && datagrams.way.leg.isOpen(this.calendar.nowUs) && !host.isZombie,
        };
      },
      tried: (server) => {
        tell(`tried ${server}`);
        const { outage } = member();
        if (outage) outage.attempts += 1;
      },
      noticed: (why) => {
        tell(`noticed ${why}`);
        this.#hearing(member());
        const { outage } = member();
        if (outage && outage.noticedAtUs === null) outage.noticedAtUs = this.calendar.nowUs;
      },
      connected: (server, node, attemptUs) => {
        tell(`connected ${server} ${node}`);
        const { agent } = member();
        this.dashboard.startup(number, node);
        this.#hearing(member());
        member().worked = agent.channel!.works();
        const { enrolment } = member();
        if (enrolment.reportedUs === Infinity) enrolment.reportedUs = this.calendar.nowUs;
        member().took = agent.channel!.takes();
        if (member().worked) this.#closeOutage(member(), OutageEnd.Reconnected, attemptUs);
        else if (member().took) this.#openOutage(member(), this.hosts[node]!.zombieFault);
      },
      attemptFailed: () => {
        this.attemptsFailed += 1;
      },
      askedForKey: (answer) => this.#askedForKey(member(), answer),
      froze: () => {
        const { outage } = member();
        if (outage) outage.froze = 1;
      },
      configured: () => this.#commands.configured(number),
      keepaliveSent: () => this.dashboard.keepaliveNow(number),
      keepaliveDue: (atUs) => this.dashboard.keepaliveDue(number, atUs, !this.#overUdp(member())),
    };
  }

  #overUdp({ agent }: Member): boolean {
    return agent.viaNode && agent.protocol === 'udp';
  }

  /** Somebody may hear an agent now whom nobody has heard before, or nobody any more. */
  #hearing(member: Member): void {
    const { agent, index } = member;
    const isHeard = agent.hasSession && agent.channel!.isRead();
    this.dashboard.hears(index, isHeard ? agent.channel!.node() : -1, !this.#overUdp(member));
    if (!agent.hasSession) this.dashboard.left(index);
  }

  /** Its process ends, and says so if somebody reads it. Wazuh 4.2.0, src/client-agent/agentd.c. */
  #stopped(member: Member): void {
    const node = this.dashboard.heardBy(member.index);
    this.#hearing(member);
    const { version } = this.options.groups[member.group]!.agent;
    if (node >= 0 && atLeast(version, '4.2.0')) this.dashboard.goodbye(member.index, node);
  }

  #askedForKey({ index, enrolment }: Member, answer: 'key' | 'refused' | 'none'): void {
    const { cluster } = this;
    const { nowUs } = this.calendar;
    if (!this.#enrols) return;
    const isSeeking = cluster.isNewcomer(index) && !cluster.hasNewKey(index);
    if (!isSeeking && answer !== 'none' && nowUs >= 0) enrolment.duplicates += 1;
    if (isSeeking && answer === 'none') enrolment.failed += 1;
    if (answer !== 'key') return;
    if (isSeeking) enrolment.keyUs = nowUs;
    cluster.keyGiven(index);
  }

  #channel(connection: Connection): Channel {
    const { nginx, options } = this;
    const { host, kernel } = connection.way;
    const isBalancer = host.index === options.nodes.length;
    const back = (): Connection | null => (isBalancer ? nginx!.backOf(connection) : connection);
    let lastNode = -1;
    const takes = (): boolean => {
      const last = back();
      const alive = (one: Connection): boolean => one.serverLives && one.way.host.works && one.isWhole;
      return last !== null && alive(connection) && alive(last);
    };
    const isRead = (): boolean => {
      const last = back();
      const reads = (one: Connection): boolean => one.serverLives && one.way.host.works && !one.isDark;
      return last !== null && reads(connection) && reads(last);
    };
    return {
      send: (message) => connection.send(message),
      close: () => connection.closeByClient(),
      hasRoom: (bytes) => {
        const kind = stuckKind(connection);
        const room =
          kind === null && isBalancer
            ? nginx!.roomTo(connection) + kernel.sendBuffer.hungBytes
            : kind === null
              ? Infinity
              : kernel.sendBuffer[kind];
        if (connection.outstanding + bytes <= room) return true;
        const full = back();
        if (full) full.isFull = true;
        return false;
      },
      node: () => {
        lastNode = back()?.way.host.index ?? lastNode;
        return lastNode;
      },
      takes,
      works: () => takes() && !back()!.way.host.isZombie,
      isRead,
      isHeard: () => isRead() && !back()!.way.host.isZombie,
    };
  }

  // ------------------------------------------------------------------------------------------------------------ the outages

  #pathChanges(occurrence: Occurrence): void {
    const { fault, index } = occurrence;
    const legs = this.legs.hitBy(occurrence, this.options.groups.length).map(({ leg }) => leg);
    for (const leg of legs) leg.begin(occurrence);
    if (fault.kind === 'dropFlows') {
      for (const { everOpened } of this.hosts) {
        for (const connection of everOpened) if (legs.includes(connection.way.leg)) connection.forget(fault.answer);
      }
    }
    this.#placeChanged(index);
    this.cluster.pathsChanged();
    this.cluster.forget(occurrence);
  }

  #placeChanged(fault: number): void {
    for (const member of this.members) {
      this.#hearing(member);
      const { agent } = member;
      const takes = agent.channel?.takes() ?? false;
      const works = agent.channel?.works() ?? false;
      if (works && !member.worked && agent.hasSession) this.#closeOutage(member, OutageEnd.Healed, 0);
      if (takes && !member.took) this.#healed(member);
      if (!works && member.worked && agent.hasSession) this.#openOutage(member, fault);
      member.worked = works;
      member.took = takes;
    }
  }

  /** @param noticedAtUs `null`: the agent does not know of it. */
  #openOutage(member: Member, fault: number, noticedAtUs: number | null = null): void {
    member.outage ??= {
      fault,
      fromNode: member.agent.channel!.node(),
      brokenAtUs: this.calendar.nowUs,
      noticedAtUs,
      attempts: 0,
      froze: 0,
    };
  }

  #healed({ agent, group }: Member): void {
    const { channel } = agent;
    const latencyUs = this.#latency(this.options.groups[group]!, null);
    this.calendar.at(this.calendar.nowUs + latencyUs, Rank.control, () => {
      if (agent.channel === channel) agent.pathHealed();
    });
  }

  #closeOutage(member: Member, end: number, attemptUs: number): void {
    const { outage } = member;
    member.outage = null;
    if (!outage) return;
    const { nowUs } = this.calendar;
    const { fault, fromNode, brokenAtUs, attempts, froze } = outage;
    const noticedUs = outage.noticedAtUs ?? NaN;
    const back = end === OutageEnd.Reconnected;
    this.rows.push({
      agent: member.index,
      fault,
      end,
      fromNode,
      toNode: member.agent.channel!.node(),
      brokenAtUs,
      detectUs: back ? noticedUs - brokenAtUs : -1,
      retryUs: back ? attemptUs - noticedUs : -1,
      handshakeUs: back ? nowUs - attemptUs : nowUs - brokenAtUs,
      attempts,
      froze,
    });
  }

  /** It leaves a session that works, by command or by itself (-1: no outage), or what it was in the middle of. */
  #leaves(number: number, fault: number): void {
    const member = this.members[number]!;
    const { agent, outage } = member;
    const { nowUs } = this.calendar;
    if (outage) outage.noticedAtUs ??= nowUs;
    else if (fault >= 0 && agent.hasSession && agent.channel!.works()) this.#openOutage(member, fault, nowUs);
    member.worked = false;
    member.took = false;
  }

  #finishOutages(): void {
    for (const { index, outage } of this.members) {
      if (!outage) continue;
      const { fault, fromNode, brokenAtUs, noticedAtUs, attempts, froze } = outage;
      this.rows.push({
        agent: index,
        fault,
        end: OutageEnd.Unfinished,
        fromNode,
        toNode: -1,
        brokenAtUs,
        detectUs: noticedAtUs === null ? -1 : noticedAtUs - brokenAtUs,
        retryUs: -1,
        handshakeUs: -1,
        attempts,
        froze,
      });
    }
  }
}

/** What a pass of remoted's loop takes; `null` where a node is not judged by what it takes. */
function passUsOf({ acceptsPerSecond, controlCostUs }: NodeOptions): number | null {
  if (acceptsPerSecond !== null) return Math.max(1, Math.round(1e6 / acceptsPerSecond));
  return controlCostUs === null ? null : 0;
}

function countsOf({ counted: { accepted, refused, overflowed }, processes }: Host): NodeCounts {
  const bySecond = new Map<number, number>();
  for (const atUs of accepted) {
    const second = Math.floor(atUs / 1e6);
    bySecond.set(second, (bySecond.get(second) ?? 0) + 1);
  }
  const control = processes instanceof Manager ? processes.controlCounts : null;
  const losses = processes instanceof Manager ? processes.losses : null;
  const connectsPeakPerSecond = Math.max(0, ...bySecond.values());
  return { connectsPeakPerSecond, refused, overflowed, control, losses };
}
