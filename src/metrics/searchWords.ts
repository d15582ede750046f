// Where agents look for a node that works, and what each attempt costs them.
import { formatCount, formatDuration } from '../kernel/units.ts';
import { killDefaults, type FaultKind } from '../models/fault.ts';
import type { WorldOptions } from '../models/worldOptions.ts';
import { searchBehind } from './balancerWords.ts';
import type { Story } from './story.ts';
import { counted } from './wording.ts';

/** Where the window of the dying process is longer than usual: who meets it fails, behind a balancer without another node. */
export function stillAccepting({ faults }: WorldOptions, hit: readonly Story[]): string[] {
  const longest = Math.max(0, ...faults.map((fault) => (fault.kind === 'kill' ? fault.acceptsForUs : 0)));
  if (longest <= killDefaults.acceptsForUs || hit.length === 0) return [];
  return [
    `For ${formatDuration(longest)} the dying process still takes connections (acceptsFor): an attempt that meets it is reset, and fails.`,
  ];
}

export function searching(story: Story): string[] {
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
