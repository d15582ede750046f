// What stands in the logs when the simulation says that agents and balancers notice: short messages with where they were seen.
// A message is told only of instants at which this mode's agents or balancers write it for certain; what cannot be told apart is left out.
import type { FaultOccurrence } from '../models/ledger.ts';
import type { ModeResult, ReconnectRow, Replay } from '../metrics/comparison.ts';
import type { Setting, SettingValue } from '../metrics/settings.ts';
import { pathText } from '../scenario/wording.ts';

/** Beginnings of log lines, after date, program and level; what differs from case to case is left off. */
export const messages = {
  lost: {
    text: '(1137): Lost connection with manager. Setting lock.',
    source:
      'ossec.log of the agent; LOST_ERROR, logged lines of Wazuh 4.4.2 (wazuh/wazuh issue 16940); src/client-agent/agentd.c writes it when the socket is closed',
  },
  unavailable: {
    text: 'Server unavailable. Setting lock.',
    source:
      'ossec.log of the agent; SERVER_UNAV, logged lines of Wazuh 4.10.0 (wazuh/wazuh issue 26416); src/client-agent/notify.c, run_notify(), writes it when no acknowledgement came for time-reconnect',
  },
  trying: {
    text: 'Trying to connect to server',
    source:
      'ossec.log of the agent; logged lines of Wazuh 4.4.2 (wazuh/wazuh issue 16940), src/client-agent/start_agent.c, connect_server()',
  },
  unable: {
    text: '(1216): Unable to connect to',
    source:
      "ossec.log of the agent; CONNS_ERROR, logged lines of Wazuh 4.4.2 (wazuh/wazuh issue 16940); the reason behind it differs: 'Connection refused' there, 'Transport endpoint is not connected' in newer ones (pull request 28339)",
  },
  waiting: {
    text: '(4101): Waiting for server reply (not started). Tried:',
    source:
      'ossec.log of the agent; AG_WAIT_SERVER, Wazuh 4.x, src/error_messages/error_messages.h; src/client-agent/start_agent.c, start_agent(), before it turns to another server',
  },
  connected: {
    text: '(4102): Connected to the server',
    source: 'ossec.log of the agent; AG_CONNECTED, logged lines of Wazuh 4.4.2 (wazuh/wazuh issue 16940)',
  },
  released: {
    text: 'Server responded. Releasing lock.',
    source: 'ossec.log of the agent; SERVER_UP, logged lines of Wazuh 4.4.2 (wazuh/wazuh issue 16940)',
  },
  nginxRefused: {
    text: 'connect() failed (111: Connection refused) while connecting to upstream',
    source: 'error.log of nginx; nginx 1.22.1, src/stream/ngx_stream_proxy_module.c, ngx_stream_proxy_test_connect()',
  },
  nginxNoRoute: {
    text: 'connect() failed (113: No route to host) while connecting to upstream',
    source: 'error.log of nginx; nginx 1.22.1, src/stream/ngx_stream_proxy_module.c, ngx_stream_proxy_test_connect()',
  },
  nginxTimedOut: {
    text: 'upstream timed out (110: Connection timed out) while connecting to upstream',
    source:
      'error.log of nginx; nginx 1.22.1, src/stream/ngx_stream_proxy_module.c, ngx_stream_proxy_connect_handler()',
  },
  nginxDisabled: {
    text: 'upstream server temporarily disabled while connecting to upstream',
    source:
      'error.log of nginx, when error_log has level warn or lower (its default is error); nginx 1.22.1, src/stream/ngx_stream_upstream_round_robin.c, ngx_stream_upstream_free_round_robin_peer()',
  },
  haproxyDown: {
    text: 'is DOWN',
    source:
      'log of HAProxy, after Server <backend>/<server>, then the reason: of a TCP check Layer4 connection problem or Layer4 timeout (src/check.c); HAProxy 2.0.0 to 3.0.0, src/server.c',
  },
  haproxyUp: {
    text: 'is UP',
    source: 'log of HAProxy, after Server <backend>/<server>; HAProxy 2.0.0 to 3.0.0, src/server.c',
  },
  active: {
    text: 'active',
    source: 'dashboard; with a capital also agent_control -l: Wazuh documentation, user manual, agent_control',
  },
  disconnected: {
    text: 'disconnected',
    source: 'dashboard; with a capital also agent_control -l: Wazuh documentation, user manual, agent_control',
  },
} as const satisfies Readonly<Record<string, { readonly text: string; readonly source: string }>>;

export type MessageId = keyof typeof messages;

/** A message and the instants after the beginning of the fault, one for each that writes it, µs. */
export interface LogLine {
  readonly id: MessageId;
  readonly atUs: readonly number[];
}

const second = 1_000_000;
/** Faults in which the agent itself, or its host, ends the session: other lines, not modelled here. */
const atAgents: readonly string[] = ['restartAgents', 'pushConfig', 'reconnectAgents', 'enroll'];
/** Faults after which the node's kernel refuses connects. */
const refusing: readonly string[] = ['kill', 'stop', 'restart', 'rolling'];

type Settings = ReadonlyMap<string, SettingValue>;

const settingsMap = (settings: readonly Setting[]): Settings =>
  new Map(settings.map(({ path, value }) => [path, value]));

interface GroupFacts {
  /** Written over TCP only, by an agent of 3.13.1 to 4.x: the ones whose lines are known. */
  readonly known: boolean;
  readonly tcp: boolean;
  /** Every server in its list is a node, no balancer. */
  readonly direct: boolean;
  /** No acknowledgement came since a keepalive before the break: the shortest and longest time until that is noticed, µs. */
  readonly silentUs: readonly [number, number];
}

function factsOf(group: string, settings: Settings): GroupFacts {
  const prefix = pathText(['groups', group]);
  const version = String(settings.get(`${prefix}.agent.version`) ?? '');
  const of = (end: string): SettingValue[] =>
    [...settings]
      .filter(([path]) => path.startsWith(`${prefix}.servers`) && path.endsWith(end))
      .map(([, value]) => value);
  const protocols = of('.protocol');
  const endpoints = of('.endpoint.kind');
  const reconnectUs = Number(settings.get(`${prefix}.agent.timeReconnectSeconds`)) * second;
  const notifyUs = Number(settings.get(`${prefix}.agent.notifyTimeSeconds`)) * second;
  return {
    known: /^[34]\./.test(version) && settings.get(`${prefix}.agent.search`) === 'retries' && protocols.length > 0,
    tcp: protocols.every((protocol) => protocol === 'tcp'),
    direct: endpoints.length > 0 && endpoints.every((kind) => kind === 'node'),
    // Whole seconds are compared once a second: two more on either side.
    silentUs: [reconnectUs - notifyUs - 2 * second, reconnectUs + 2 * second],
  };
}

/** What the agents that lost their session to this fault write into their ossec.log, in the order in which it is written. */
export function agentLog(fault: FaultOccurrence, rows: readonly ReconnectRow[], mode: ModeResult): LogLine[] {
  if (atAgents.includes(fault.kind)) return [];
  const settings = settingsMap(mode.settings);
  // Of a fault that repeats, what follows on this time.
  const nextUs = mode.replay.faults.reduce(
    (next, { faultIndex, startUs }) =>
      faultIndex === fault.faultIndex && startUs > fault.startUs ? Math.min(next, startUs) : next,
    Infinity,
  );
  // A kernel that goes on accepting for a while refuses later than the agent notices.
  const acceptsForUs = Number(settings.get(`faults[${fault.faultIndex}].acceptsForUs`) ?? 0);
  const refuses = refusing.includes(fault.kind) && acceptsForUs < second;
  const facts = new Map<string, GroupFacts>();
  const at: Partial<Record<MessageId, number[]>> = {};
  const tell = (id: MessageId, us: number): void => void (at[id] ??= []).push(us);
  for (const row of rows) {
    if (row.brokenAtUs < fault.startUs || row.brokenAtUs >= nextUs) continue;
    let group = facts.get(row.group);
    if (group === undefined) facts.set(row.group, (group = factsOf(row.group, settings)));
    if (!group.known || row.froze || row.detectUs === null || row.end === 'healed') continue;
    const brokenUs = row.brokenAtUs - fault.startUs;
    const noticedUs = brokenUs + row.detectUs;
    const [shortUs, longUs] = group.silentUs;
    const closed = group.tcp && row.detectUs < shortUs;
    const silent = row.detectUs >= Math.max(shortUs, 2 * second) && row.detectUs <= longUs;
    if (!closed && !silent) continue;
    tell(closed ? 'lost' : 'unavailable', noticedUs);
    tell('trying', noticedUs);
    if (row.end !== 'reconnected' || row.totalUs === null) continue;
    if (group.direct && group.tcp && closed && refuses && (row.retryUs ?? 0) > second) {
      tell('unable', noticedUs);
      if (row.from !== null && row.to !== null && row.from !== row.to) tell('waiting', noticedUs + row.retryUs!);
    }
    tell('connected', brokenUs + row.totalUs);
    tell('released', brokenUs + row.totalUs);
  }
  const order: readonly MessageId[] = ['lost', 'unavailable', 'trying', 'unable', 'waiting', 'connected', 'released'];
  return order.flatMap((id) => (at[id] === undefined ? [] : [{ id, atUs: at[id] }]));
}

/** What a balancer logs of one node, from what it marks. */
export interface BalancerLog {
  readonly balancer: string;
  readonly node: string;
  /** To within a step of the time line: no later than that. */
  readonly lines: readonly LogLine[];
}

export function balancerLog(fault: FaultOccurrence, mode: ModeResult): BalancerLog[] {
  const settings = settingsMap(mode.settings);
  const refuses = refusing.includes(fault.kind);
  if (!refuses && fault.kind !== 'powerOff') return [];
  return mode.replay.marks.flatMap(({ balancer, node, changes }) => {
    if (!fault.places.includes(node)) return [];
    const { stepUs } = mode.replay.timeline;
    const startStep = Math.floor(fault.startUs / stepUs);
    const after = (share: boolean): number | null => {
      const change = changes.find(({ step, share: is }) => step >= startStep && is > 0 === share);
      return change === undefined ? null : Math.max(0, change.step * stepUs - fault.startUs);
    };
    const downUs = after(true);
    if (downUs === null) return [];
    const prefix = pathText(['balancers', balancer]);
    const lines = linesOf(String(settings.get(`${prefix}.product.kind`)), {
      downUs,
      upUs: after(false),
      cause: refuses ? 'refused' : silentCause(settings, prefix),
      udp: [...settings].some(
        ([path, value]) => path.startsWith(prefix) && path.endsWith('.protocol') && value === 'udp',
      ),
      // Wazuh's HAProxy helper sets states of its own, which HAProxy words otherwise.
      helped: settings.has('helper.balancerIndex'),
    });
    return lines.length === 0 ? [] : [{ balancer, node, lines }];
  });
}

type Cause = 'refused' | 'noRoute' | 'timedOut' | null;

/** How a connect of this nginx to a host that is gone ends; `null`: its listeners differ in that. */
function silentCause(settings: Settings, prefix: string): Cause {
  const same = settings.get('network.unreachable.balancer') === 'sameSegment';
  const kernelUs = Number(settings.get(`${prefix}.kernel.${same ? 'arpTimeoutUs' : 'connectTimeoutUs'}`));
  const waits = [...settings].flatMap(([path, value]) =>
    path.startsWith(`${prefix}.product.nginx.listeners`) && path.endsWith('.connectTimeoutUs') ? [Number(value)] : [],
  );
  if (waits.length > 0 && waits.every((us) => us < kernelUs)) return 'timedOut';
  return same && waits.length > 0 && waits.every((us) => us > kernelUs) ? 'noRoute' : null;
}

interface Marked {
  readonly downUs: number;
  readonly upUs: number | null;
  readonly cause: Cause;
  readonly udp: boolean;
  readonly helped: boolean;
}

function linesOf(kind: string, { downUs, upUs, cause, udp, helped }: Marked): LogLine[] {
  if (kind === 'haproxy' && !helped) {
    return [
      { id: 'haproxyDown', atUs: [downUs] },
      ...(upUs === null || upUs < downUs ? [] : [{ id: 'haproxyUp' as const, atUs: [upUs] }]),
    ];
  }
  if (kind !== 'nginx' || udp || cause === null) return [];
  const failed = { refused: 'nginxRefused', noRoute: 'nginxNoRoute', timedOut: 'nginxTimedOut' } as const;
  return [
    { id: failed[cause], atUs: [downUs] },
    { id: 'nginxDisabled', atUs: [downUs] },
  ];
}

/** The words of the dashboard that this replay shows from the fault on. */
export function dashboardWords(fault: FaultOccurrence, { timeline }: Replay): MessageId[] {
  const { shown, stepUs } = timeline;
  if (shown === null) return [];
  const since = shown.disconnected.slice(Math.floor(fault.startUs / stepUs));
  return since.some((agents) => agents > since[0]!) ? ['active', 'disconnected'] : ['active'];
}
