// How agents notice that their node is gone, and who cannot because it is frozen.
import { formatCount, formatDuration } from '../kernel/units.ts';
import type { FaultKind } from '../models/fault.ts';
import type { GroupOptions } from '../models/worldOptions.ts';
import type { Story } from './story.ts';
import { counted, listed } from './wording.ts';

/** How the agents notice, and how soon. */
export function noticing(stories: readonly Story[], groupCount: number): string[] {
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
  if (story.product?.kind === 'vip') {
    return 'The address moves to another balancer, which does not know the old connections and resets them';
  }
  if (detectUs! < 1e6) {
    const passesOn = story.product && ['nginx', 'haproxy', 'envoy', 'f5'].includes(story.product.kind);
    return behind && passesOn
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

export function freezing({ group, kind, where, behind, froze, outages, wokenUs, room, udp, product }: Story): string[] {
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
      `and ${size(room)} fit before it stops (the agent's send buffer, ${product?.kind === 'nginx' ? 'proxy_buffer_size' : "the balancer's buffer"} and the balancer's own send buffer).`,
  ];
}

/** What a connection without a balancer would take. */
function firstRoom({ agent }: GroupOptions, kind: FaultKind): number {
  const { silentBytes, hungBytes } = agent.kernel.sendBuffer;
  return kind === 'powerOff' ? silentBytes : hungBytes;
}

function size(bytes: number): string {
  return bytes < 1e6
    ? `${formatCount(Math.round(bytes / 1e3))} kB`
    : `${formatCount(Number((bytes / 1e6).toFixed(2)))} MB`;
}
