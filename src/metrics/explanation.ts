// Why a mode's numbers are what they are, in words: who notices how, who freezes, where the search goes, what is lost where.
import { formatCount, formatDuration } from '../kernel/units.ts';
import { listenersOf } from '../models/balancer/products.ts';
import { agentsPlace, killDefaults, struckPlaces, type FaultKind, type FaultOptions } from '../models/fault.ts';
import { lossCauses, type LossCause } from '../models/ledger.ts';
import { unreachableBetween } from '../models/network.ts';
import type { GroupOptions, WorldOptions } from '../models/worldOptions.ts';
import { clusterSentences } from './clusterWords.ts';
import { isCalled, isTold, toldSentences } from './commandWords.ts';
import { reachableNodes } from './imbalance.ts';
import type { ReplicationNumbers } from './numbers.ts';
import { percentile } from './statistics.ts';
import { counted, listed } from './wording.ts';

/** @param world of the mode that was run. */
export function explain(world: WorldOptions, runs: readonly ReplicationNumbers[]): string[] {
  const { groups } = world;
  const stories = groups.map((group, index) => storyOf(world, group, index, runs));
  const hit = stories.filter(({ outages }) => outages > 0);
  const told = (of: (story: Story) => readonly string[]): string[] =>
    byGroup(
      hit.map((story) => ({ name: story.group.name, sentences: of(story) })),
      groups.length,
    );
  return [
    ...passedBy(world),
    ...pathsUnused(world),
    ...unnoticed(world, runs),
    ...byGroup(
      groups.map((group) => ({ name: group.name, sentences: toldSentences(world, group) })),
      groups.length,
    ),
    ...noticing(hit, groups.length),
    ...told(freezing),
    ...stillAccepting(world, hit),
    ...told(searching),
    ...searchTime(runs, hit.length > 0 && world.faults.every(({ kind }) => isTold(kind))),
    ...told(returning),
    ...clusterSentences(runs),
    ...losses(world, runs),
    ...staying(world, runs),
    ...notes(runs),
  ];
}

/** Nodes that are hit where no agent of this mode can be. */
function passedBy(world: WorldOptions): string[] {
  const first = world.balancers.map(({ product }) => product);
  const later = world.faults.flatMap((fault) => {
    if (fault.kind !== 'reload' || fault.product === null) return [];
    const { balancers, product } = fault;
    return [first.map((own, index) => (balancers.includes(world.balancers[index]!.name) ? product : own))];
  });
  const reached = [first, ...later].flatMap((products) => {
    const { usual, backup } = reachableNodes(world, products);
    return [...usual, ...backup];
  });
  const added = world.faults.flatMap((fault) => (fault.kind === 'addNode' ? fault.places : []));
  const names = world.nodes
    .filter(
      ({ name }, node) =>
        !reached.includes(node) &&
        !added.includes(name) &&
        world.faults.some((fault) => struckPlaces(fault).includes(name)),
    )
    .map(({ name }) => name);
  return names.length === 0 ? [] : [`No agent of this mode connects to ${listed(names)}.`];
}

/** Paths straight from agents to a node that are cut where all agents go through a balancer. */
function pathsUnused({ groups, nodes, faults }: WorldOptions): string[] {
  const said = faults.flatMap((fault) => {
    if (fault.kind !== 'partition' && fault.kind !== 'dropFlows') return [];
    const { from, to } = fault;
    const node = nodes.findIndex(({ name }) => name === from || name === to);
    const other = nodes[node]?.name === from ? to : from;
    const agents = groups.filter((group) => isCalled(group, other));
    if (node < 0 || agents.length === 0) return [];
    const uses = agents.some(({ servers, enrolsAt }) =>
      [...servers.flatMap(({ endpoint, registration }) => [endpoint, registration]), enrolsAt?.endpoint].some(
        (end) => end?.kind === 'node' && end.nodeIndex === node,
      ),
    );
    if (uses) return [];
    const who = other === agentsPlace ? 'No agent' : `No agent of ${other}`;
    return [`${who} goes straight to ${nodes[node]!.name} in this mode: this path carries nothing.`];
  });
  return [...new Set(said)];
}

/** What happened to a group, means over the replications. */
interface Story {
  readonly group: GroupOptions;
  /** The kind of all faults that hit a place; `null`: of several kinds. */
  readonly kind: FaultKind | null;
  /** As what the faults cut agents off. */
  readonly kinds: ReadonlySet<FaultKind>;
  /** Some fault is still there when its first agents notice that the ACKs stay away. */
  readonly outlastsNoticing: boolean;
  /** What has forgotten connections says so. */
  readonly answersRst: boolean;
  /** All of them lie on the way between the agents and their balancer. */
  readonly inFront: boolean;
  /** The place that is hit; `the place` where there are several. */
  readonly where: string;
  /** Agents reach the nodes through a balancer, and the place that is hit is behind it. */
  readonly behind: boolean;
  /** Connections the node that is hit takes while nobody accepts them. */
  readonly acceptQueue: number;
  /** For how long the balancer passes a node over that has failed; 0: it does not. */
  readonly failTimeoutSeconds: number;
  readonly udp: boolean;
  readonly outages: number;
  readonly froze: number;
  readonly healed: number;
  readonly unfinished: number;
  /** Half of those who notice without having frozen need this; `null`: nobody did. */
  readonly detectUs: number | null;
  /** The same of those who froze and woke. */
  readonly wokenUs: number | null;
  /** What keeps a connect to a host that is gone. */
  readonly connect: { readonly us: number; readonly how: string };
  /** Bytes a connection takes before its sender blocks; Infinity where a path takes all that is written. */
  readonly room: number;
}

function storyOf(world: WorldOptions, group: GroupOptions, index: number, runs: readonly ReplicationNumbers[]): Story {
  const kinds = new Set(world.faults.flatMap(cutting));
  const [kind] = kinds;
  const places = new Set(world.faults.flatMap(struckPlaces));
  const [place] = places;
  const endpoint = group.servers.map((server) => server.endpoint).find(({ kind }) => kind === 'balancer');
  const front = endpoint?.kind === 'balancer' ? world.balancers[endpoint.balancerIndex] : undefined;
  const behind = front !== undefined && !world.faults.some((fault) => struckPlaces(fault).includes(front.name));
  const { network } = world;
  const balancer = behind ? front : undefined;
  const { kernel } = balancer ?? group.agent;
  const facts =
    balancer && endpoint?.kind === 'balancer' ? listenersOf(balancer.product)[endpoint.listenerIndex] : undefined;
  const listener = facts?.options;
  const hit = world.nodes.find(({ name }) => world.faults.some((fault) => struckPlaces(fault).includes(name)));
  const far = unreachableBetween(
    behind ? network.unreachable.balancer : network.unreachable.agents,
    behind ? balancer?.unreachable : group.unreachable,
    hit?.unreachable,
  );
  // A host that hangs is there: who finds its accept queue full repeats his SYN.
  const repeats = far === 'routed' || kinds.has('hang') || kinds.has('partition');
  const longest = repeats ? kernel.connectTimeoutUs : kernel.arpTimeoutUs;
  const limited = listener !== undefined && listener.connectTimeoutUs < longest;
  const { silentBytes, hungBytes } = kernel.sendBuffer;
  const direct = kind === 'powerOff' ? silentBytes : hungBytes;
  return {
    group,
    kind: kinds.size === 1 ? kind! : null,
    kinds,
    outlastsNoticing: world.faults.some(
      ({ forUs }) => forUs === null || forUs / 1e6 > group.agent.timeReconnectSeconds - group.agent.notifyTimeSeconds,
    ),
    answersRst: world.faults.every((fault) => fault.kind === 'dropFlows' && fault.answer === 'rst'),
    inFront: endpoint !== undefined && world.faults.every((fault) => isInFront(world, fault)),
    where: places.size === 1 ? place! : 'the place',
    behind,
    acceptQueue: (hit?.acceptQueue ?? 0) + 1,
    failTimeoutSeconds: facts?.failTimeoutSeconds ?? 0,
    udp: group.servers.every(({ protocol }) => protocol === 'udp'),
    outages: mean(runs, (run) => run.groups[index]!.outages),
    froze: mean(runs, (run) => run.groups[index]!.froze),
    healed: mean(runs, (run) => run.groups[index]!.healed),
    unfinished: mean(runs, (run) => run.groups[index]!.unfinished),
    detectUs: half(runs, (run) => run.groups[index]!.awakeDetectUs),
    wokenUs: half(runs, (run) => run.groups[index]!.frozenDetectUs),
    connect: {
      us: limited ? listener.connectTimeoutUs : longest,
      how: limited ? 'proxy_connect_timeout' : repeats ? 'the SYN time-out' : 'no answer to ARP',
    },
    room: behind ? group.agent.kernel.sendBuffer.hungBytes + (listener?.proxyBufferBytes ?? 0) + direct : direct,
  };
}

/** As what a fault cuts agents off; nothing where it cuts off nobody by itself. */
function cutting({ kind }: FaultOptions): FaultKind[] {
  switch (kind) {
    case 'stop':
    case 'restart':
    case 'rolling':
      return ['kill']; // processes end, and their connections with them
    case 'slow':
    case 'reload':
    case 'drain':
    case 'addNode':
    case 'removeNode':
    case 'pushConfig':
    case 'enroll':
    case 'restartAgents':
    case 'reconnectAgents':
      return []; // agents that are told to leave notice nothing
    default:
      return [kind];
  }
}

/** A path between agents and the balancer, with no node at either end. */
function isInFront({ nodes }: WorldOptions, fault: FaultOptions): boolean {
  if (fault.kind !== 'partition' && fault.kind !== 'dropFlows') return false;
  return !nodes.some(({ name }) => name === fault.from || name === fault.to);
}

/** What a fault does that nobody is cut off by. */
function unnoticed(world: WorldOptions, runs: readonly ReplicationNumbers[]): string[] {
  const names = (of: FaultKind): string => {
    const hit = runs.flatMap(({ faults }) => faults.filter(({ kind }) => kind === of).flatMap(({ places }) => places));
    return listed([...new Set(hit)]);
  };
  const zombies = names('zombie');
  const slow = names('slow');
  const reloads =
    world.balancers.length > 0 && (['reload', 'addNode', 'removeNode'] as const).some((kind) => names(kind) !== '');
  return [
    ...(zombies === ''
      ? []
      : [`No agent notices that ${zombies} throws its events away: remoted goes on answering the keepalives.`]),
    ...(slow === ''
      ? []
      : [`No agent notices that ${slow} is slow: what comes on top of what its ring takes is lost there.`]),
    ...(reloads
      ? ['A reload closes no session: the old worker processes keep theirs, the new ones begin with an empty memory.']
      : []),
  ];
}

/** How the agents notice, and how soon. */
function noticing(stories: readonly Story[], groupCount: number): string[] {
  const noticed = stories.filter(({ detectUs, kinds }) => detectUs !== null && kinds.size > 0);
  const ways = new Map<string, Story[]>();
  for (const story of noticed) {
    const way = wayOfNoticing(story);
    ways.set(way, [...(ways.get(way) ?? []), story]);
  }
  return [...ways].map(([way, same]) => {
    const times = new Map<string, string[]>();
    for (const { detectUs, group } of same) {
      const text = formatDuration(detectUs!); // those without one were left out above
      times.set(text, [...(times.get(text) ?? []), group.name]);
    }
    const everybody = times.size === 1 && same.length === groupCount;
    const texts = [...times].map(([text, names]) => (everybody ? text : `${text} (${listed(names)})`));
    return `${way}: half of those who notice do within ${listed(texts)}.`;
  });
}

/** Whether a send that gets stuck fails before the ACKs have stayed away for long enough. */
function sendTimesOutFirst({ kind, udp, behind, group }: Story): boolean {
  const { agent, events } = group;
  const { sendTimeoutSeconds } = agent.internal;
  if (sendTimeoutSeconds === null || udp || behind || kind === 'kill') return false;
  const { silentBytes, hungBytes } = agent.kernel.sendBuffer;
  const room = kind === null ? Math.min(silentBytes, hungBytes) : firstRoom(group, kind);
  return room / (events.ratePerSecond * events.sizeBytes) + sendTimeoutSeconds < agent.timeReconnectSeconds;
}

function wayOfNoticing(story: Story): string {
  const { kind, kinds, behind, udp, detectUs, group } = story;
  if (kinds.has('zombie'))
    return 'An agent leaves a node that throws its events away only when something else makes it';
  if (kind === 'dropFlows' && !udp && (detectUs! < 1e6 || story.answersRst)) {
    return 'What has forgotten the connections answers the next packet with RST';
  }
  if (detectUs! < 1e6) {
    return behind
      ? 'The balancer closes the connections to a node that dies'
      : 'A process that dies closes its connections';
  }
  if (sendTimesOutFirst(story)) {
    return `The send buffer is full before an ACK is missed; a send that lasts ${group.agent.internal.sendTimeoutSeconds!} s fails and closes the connection`;
  }
  const closes = behind ? 'closes nothing, and neither does the balancer' : 'closes nothing';
  const why = udp
    ? 'UDP closes nothing'
    : kind === 'powerOff'
      ? `A host without power ${closes}`
      : kind === 'hang'
        ? `A host that hangs still acknowledges what it is sent and ${closes}`
        : 'Nothing is closed';
  return `${why}; only the ACKs of the keepalives stay away (time-reconnect is ${group.agent.timeReconnectSeconds} s)`;
}

function freezing({ group, kind, where, behind, froze, outages, wokenUs, room, udp }: Story): string[] {
  const written = group.events.ratePerSecond * group.events.sizeBytes;
  const rate = `${formatCount(Number((written / 1_000).toPrecision(2)))} kB/s`;
  const wakes =
    kind === 'hang'
      ? `until ${where} goes on`
      : `until TCP gives up after ${formatDuration(group.agent.kernel.tcpGiveUpUs)} or the host is back`;
  if (froze > 0) {
    const woken = wokenUs === null ? '' : ` Half of those who wake notice ${formatDuration(wokenUs)} after the break.`;
    return [
      `${formatCount(froze)} of ${counted(outages, 'agent freezes', 'agents freeze')}: at ${rate} the ${size(room)} that a connection takes ` +
        `${kind === 'powerOff' ? 'in front of a silent host' : 'in front of a host that hangs'} (send buffer) are full before the agent notices. ` +
        `The next keepalive waits behind them, and with it the thread that would notice, ${wakes}.${woken}`,
    ];
  }
  // Only where it could have happened: what an agent writes until it notices, next to the room it has.
  const untilNoticed = written * group.agent.timeReconnectSeconds;
  if (udp || !behind || kind === 'kill' || kind === null || untilNoticed < firstRoom(group, kind)) return [];
  return [
    `Nobody freezes at ${rate}: the balancer's host goes on taking what the agent writes, ` +
      `and ${size(room)} fit before it stops (the agent's send buffer, proxy_buffer_size and the balancer's own send buffer).`,
  ];
}

/** What a connection without a balancer would take. */
function firstRoom({ agent }: GroupOptions, kind: FaultKind): number {
  const { silentBytes, hungBytes } = agent.kernel.sendBuffer;
  return kind === 'powerOff' ? silentBytes : hungBytes;
}

/** Where the window of the dying process is longer than usual: who meets it fails, behind a balancer without another node. */
function stillAccepting({ faults }: WorldOptions, hit: readonly Story[]): string[] {
  const longest = Math.max(0, ...faults.map((fault) => (fault.kind === 'kill' ? fault.acceptsForUs : 0)));
  if (longest <= killDefaults.acceptsForUs || hit.length === 0) return [];
  return [
    `For ${formatDuration(longest)} the dying process still takes connections (acceptsFor): an attempt that meets it is reset, and fails.`,
  ];
}

function searching(story: Story): string[] {
  const { group, kind, behind, udp, connect } = story;
  if (kind === null || story.outages <= story.froze + story.unfinished) return [];
  if (kind === 'partition' && !story.outlastsNoticing) return [];
  if (behind) return searchBehind(story);
  const [server] = group.servers;
  if (!server) return [];
  if (group.agent.search === 'listWalk') return kind === 'dropFlows' || kind === 'zombie' ? [] : [walking(story)];
  const { recvTimeoutSeconds } = group.agent.internal;
  const refused = `${connect.how} after ${formatDuration(connect.us)}`;
  const waits = `each without an answer for ${recvTimeoutSeconds} s`;
  const ways: Partial<Record<FaultKind, string>> = {
    kill: 'each refused at once',
    powerOff: udp ? waits : `each failing with ${refused}`,
    partition: `while the path is cut ${udp ? waits : `each failing with ${refused}`}`,
    hang: udp
      ? waits
      : `${waits}, or, behind the ${formatCount(story.acceptQueue)} connections that its kernel accepts, failing with ${refused}`,
  };
  const each = ways[kind];
  if (each === undefined) return [];
  const attempts = `${counted(server.maxRetries, 'attempt', 'attempts')}, ${each}, with ${server.retryIntervalSeconds} s after each${enrollment(story)}`;
  return [
    group.servers.length === 1
      ? `The list has one server. An agent makes ${attempts}, and begins again.`
      : `An agent first makes ${attempts}. Only then it takes the next server of its list.`,
  ];
}

/** Up to 3.13.0. Wazuh 3.12.3, start_agent.c; measured. */
function walking({ group, kind, udp }: Story): string {
  const { notifyTimeSeconds, internal } = group.agent;
  const next = group.servers.length === 1 ? 'connects anew' : 'turns to the next server of its list';
  if (udp) return `An agent of ${group.agent.version} asks its server for 21 s, then ${next}.`;
  const first =
    kind === 'kill'
      ? 'sends on the closed connection and sleeps, 9 s in all'
      : `waits three times ${internal.recvTimeoutSeconds} s on the connection it has`;
  return (
    `An agent of ${group.agent.version} first ${first}. Then it connects anew and goes down its list, a server that refuses costing nothing; ` +
    `behind the last one it sleeps up to ${notifyTimeSeconds} s (notify_time).`
  );
}

/** What the enrollment attempt after the last of a server's attempts adds. */
function enrollment({ group, kind, connect }: Story): string {
  const { enabled, timeoutSeconds } = group.agent.enrollment;
  if (!enabled) return '';
  if (kind === 'powerOff' || kind === 'partition')
    return ` and an enrollment attempt with the last (${formatDuration(connect.us)} more)`;
  if (kind !== 'hang' || group.servers[0]?.registration == null) return '';
  return timeoutSeconds === null
    ? ' and an enrollment attempt with the last, which waits as long as the node hangs'
    : ` and an enrollment attempt with the last (${timeoutSeconds} s more)`;
}

function searchBehind({ kind, connect, group, failTimeoutSeconds, inFront }: Story): string[] {
  const ban = failTimeoutSeconds === 0 ? '' : `, and passes the node over for ${failTimeoutSeconds} s (fail_timeout)`;
  const fails = `fails after ${formatDuration(connect.us)} (${connect.how})`;
  switch (kind) {
    case 'kill':
      return [`A node that is down refuses the balancer, which passes the same attempt on to another one${ban}.`];
    case 'powerOff':
      return [
        `The balancer's connect to the host that is gone ${fails}; then it takes another node for the same attempt${ban}.`,
      ];
    case 'partition':
      if (inFront) return [];
      return [
        `The balancer's connect over the path that is cut ${fails}; then it takes another node for the same attempt${ban}.`,
      ];
    case 'hang':
      return [
        `The kernel of the node that hangs accepts what the balancer sends it, until its accept queue is full: such an attempt of an agent ends ` +
          `after ${group.agent.internal.recvTimeoutSeconds} s without an answer. Later connects fail after ${formatDuration(connect.us)} (${connect.how}), and the balancer takes another node.`,
      ];
    default:
      return []; // new connections are let through
  }
}

function returning({ kind, where, healed, unfinished }: Story): string[] {
  return [
    ...(healed > 0
      ? [
          `${counted(healed, 'agent goes', 'agents go')} on over the old connection when ${where} ${kind === 'hang' ? 'goes on' : 'works again'}.`,
        ]
      : []),
    ...(unfinished > 0 ? [`${counted(unfinished, 'agent is', 'agents are')} not back when the run ends.`] : []),
  ];
}

/** @param told all faults are words to agents, which notice nothing. */
function searchTime(runs: readonly ReplicationNumbers[], told: boolean): string[] {
  const retry = half(runs, (run) => run.metrics['reconnect.retry.p50'] ?? null) ?? 0;
  const handshake = half(runs, (run) => run.metrics['reconnect.handshake.p50'] ?? null) ?? 0;
  return [
    ...(retry < 1e6
      ? []
      : [
          told
            ? `Half of the agents need ${formatDuration(retry)} from leaving to the attempt that works.`
            : `Half of the agents search for ${formatDuration(retry)} from noticing to the attempt that works.`,
        ]),
    ...(handshake < 1e6
      ? []
      : [`Half of the attempts that work take ${formatDuration(handshake)}: they wait in front of a node first.`]),
  ];
}

function losses(world: WorldOptions, runs: readonly ReplicationNumbers[]): string[] {
  const sizes = [...new Set(world.groups.map(({ agent }) => agent.internal.logcollectorQueueSize))];
  const buffers = [...new Set(world.groups.map(({ agent }) => agent.clientBuffer.queueSize))];
  const only = (list: readonly number[], unit: string): string =>
    list.length === 1 ? ` (${formatCount(list[0]!)} ${unit})` : '';
  const how: Readonly<Record<LossCause, string>> = {
    path: 'written into dead connections before their agent noticed; nobody sends them again',
    sendError: 'in the hand of a sender whose send failed',
    ring: `the client buffer${only(buffers, 'events')} was full`,
    logcollector: `logcollector's queue${only(sizes, 'lines')} was full: nobody reads it while an agent looks for a node or is frozen`,
    agentRestart: 'in an agent that was restarted',
    nodeQueue: "remoted's queue was full",
    analysis: 'more than the node can analyse',
    nodeMemory: 'they had reached the node and died with it, which writes what it analyses once a second',
    zombie: 'thrown away by a node that only seemed to work',
    keyInUse: 'refused, because the agent had come back over a new connection first',
  };
  const lost = mean(runs, (run) => run.metrics['events.lost'] ?? 0);
  return (
    lossCauses
      .map((cause) => ({ cause, own: mean(runs, (run) => run.lossByCause[cause]) }))
      // Below a hundredth of all losses a cause explains nothing.
      .filter(({ own }) => own > 0 && own >= lost / 100)
      .sort((a, b) => b.own - a.own)
      .map(({ cause, own }) => `${counted(own, 'event', 'events')} lost: ${how[cause]}.`)
  );
}

/** Nodes that are back and stay empty: an agent moves only when its connection breaks. */
function staying(world: WorldOptions, runs: readonly ReplicationNumbers[]): string[] {
  return world.nodes.flatMap(({ name }, node) => {
    const endUs = Math.max(
      ...runs.flatMap(({ faults }) =>
        faults.filter(({ outOfService, places }) => outOfService && places.includes(name)).map((fault) => fault.endUs),
      ),
    );
    const before = mean(runs, ({ nodes }) => nodes[node]!.agents[0]);
    const after = mean(runs, ({ nodes }) => nodes[node]!.agents[2]);
    if (!(endUs < world.durationUs) || before === 0 || after >= before / 100) return [];
    return [
      `Nobody goes back to ${name} by itself: at the end it has ${formatCount(Math.round(after))} agents, before the fault it had ${formatCount(Math.round(before))}.`,
    ];
  });
}

/** Notes of the runs once each; a number at their beginning is the mean over the replications. */
function notes(runs: readonly ReplicationNumbers[]): string[] {
  const all = runs.flatMap((run) => run.notes);
  return [...new Set(all.map(withoutNumber))].map((note) => {
    const same = all.filter((text) => withoutNumber(text) === note);
    const total = same.reduce((sum, text) => sum + Number(/^\d+/.exec(text)?.[0] ?? 0), 0);
    return total === 0 ? same[0]! : `${formatCount(total / runs.length)} ${note}`;
  });
}

function withoutNumber(note: string): string {
  return note.replace(/^\d+ /, '');
}

/** What groups share is said once; with several groups a sentence names those it is about, unless it is about all of them. */
function byGroup(
  spoken: readonly { readonly name: string; readonly sentences: readonly string[] }[],
  groupCount: number,
): string[] {
  const who = new Map<string, string[]>();
  for (const { name, sentences } of spoken) {
    for (const sentence of sentences) who.set(sentence, [...(who.get(sentence) ?? []), name]);
  }
  return [...who].map(([sentence, names]) =>
    names.length === groupCount ? sentence : `${listed(names)}: ${sentence}`,
  );
}

function mean(runs: readonly ReplicationNumbers[], of: (run: ReplicationNumbers) => number): number {
  return runs.reduce((sum, run) => sum + of(run), 0) / runs.length;
}

/** Median over the replications that say something finite; `null`: none does. */
function half(runs: readonly ReplicationNumbers[], of: (run: ReplicationNumbers) => number | null): number | null {
  const found = runs.flatMap((run) => of(run) ?? []).filter(Number.isFinite);
  return percentile(Float64Array.from(found).sort(), 0.5);
}

function size(bytes: number): string {
  return bytes < 1e6
    ? `${formatCount(Math.round(bytes / 1e3))} kB`
    : `${formatCount(Number((bytes / 1e6).toFixed(2)))} MB`;
}
