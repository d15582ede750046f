// What the local_internal_options.conf of a manager decides for a simulation.
import { atLeast } from '../../models/agentVersions.ts';
import { nearest } from '../problem.ts';
import { quote } from '../wording.ts';
import { readOptionLines, type Limits, type OptionText } from './optionLines.ts';
import type { Remarks } from './ossecReader.ts';
import { table } from './table.ts';

/** What the file says explicitly, in the units of the file. */
export interface ManagerOptions {
  readonly workerPool?: number | undefined;
  readonly controlQueueSize?: number | undefined;
  readonly receiveChunkBytes?: number | undefined;
  readonly keepIdleSeconds?: number | undefined;
  readonly keepIntervalSeconds?: number | undefined;
  readonly keepCount?: number | undefined;
  readonly keyUpdateSeconds?: number | undefined;
  readonly analysisQueueSize?: number | undefined;
}

interface Modelled extends Limits {
  readonly key: keyof ManagerOptions;
  /** First release that reads it. */
  readonly since?: string;
  /** First release that no longer does. */
  readonly until?: string;
}

// Wazuh 4.14.7, src/remoted/config.c, RemotedConfig(); src/analysisd/analysisd.c, w_init_queues(). The control queue: 4.13.0. 5.0
// has an engine in the place of analysisd.
const modelled: Readonly<Record<string, Modelled>> = table({
  'remoted.worker_pool': { key: 'workerPool', from: 1, to: 16 },
  'remoted.control_msg_queue_size': { key: 'controlQueueSize', from: 4096, to: 1_048_576, since: '4.13.0' },
  'remoted.receive_chunk': { key: 'receiveChunkBytes', from: 1024, to: 16_384 },
  'remoted.tcp_keepidle': { key: 'keepIdleSeconds', from: 1, to: 7200 },
  'remoted.tcp_keepintvl': { key: 'keepIntervalSeconds', from: 1, to: 100 },
  'remoted.tcp_keepcnt': { key: 'keepCount', from: 1, to: 50 },
  'remoted.keyupdate_interval': { key: 'keyUpdateSeconds', from: 1, to: 3600 },
  'analysisd.decode_event_queue_size': { key: 'analysisQueueSize', from: 128, to: 2_000_000, until: '5.0.0' },
});

/** Options that are modelled as they are shipped only, and what they would do. */
const shippedOnly: Readonly<Record<string, Limits & { readonly shipped: number; readonly what: string }>> = table({
  // src/remoted/secure.c, ReadSecMSG(): a message counter below the last one is refused.
  'remoted.verify_msg_id': { from: 0, to: 1, shipped: 0, what: 'refuses agents whose message counters went back' },
  // src/monitord/monitord.c, Monitord().
  'monitord.monitor_agents': { from: 0, to: 1, shipped: 1, what: 'stops all looking for disconnected agents' },
  'monitord.delete_old_agents': { from: 0, to: 9600, shipped: 0, what: 'takes their keys from disconnected agents' },
});

// The same source: time-outs of sockets that are never waited for, sending to agents, shared files, requests, state files, logs.
const idleWithLimits: Readonly<Record<string, Limits>> = table({
  'remoted.recv_timeout': { from: 1, to: 60 },
  'remoted.send_chunk': { from: 512, to: 16_384 },
  'remoted.send_buffer_size': { from: 65_536, to: 1_048_576 },
  'remoted.send_timeout_to_retry': { from: 1, to: 60 },
  'remoted.buffer_relax': { from: 0, to: 2 },
  'remoted.sender_pool': { from: 1, to: 64 },
  'remoted.rlimit_nofile': { from: 1024, to: 1_048_576 },
  'remoted.request_pool': { from: 1, to: 4096 },
  'remoted.request_timeout': { from: 1, to: 600 },
  'remoted.response_timeout': { from: 1, to: 3600 },
  'remoted.request_rto_sec': { from: 0, to: 60 },
  'remoted.request_rto_msec': { from: 0, to: 999 },
  'remoted.max_attempts': { from: 1, to: 16 },
  'remoted.shared_reload': { from: 1, to: 18_000 },
  'remoted.merge_shared': { from: 0, to: 1 },
  'remoted.guess_agent_group': { from: 0, to: 1 },
  'remoted.pass_empty_keyfile': { from: 0, to: 1 },
});

/** The rings of analysisd for other things than events, and those behind its decoders: what decides is `eventsPerSecond`. */
const idleRings =
  /^analysisd\.(decode_(syscheck|syscollector|rootcheck|sca|hostinfo|winevt|output)|dbsync|upgrade|archives|statistical|alerts|firewall|fts)_queue_size$/;
const idleNames = /^(remoted\.(debug|state_interval|send_timeout|disk_storage)|analysisd\.(debug|\w+_threads))$/;

/**
 * Options of other daemons are passed over: they have nothing in a simulation to act on.
 * @param source `assume`: options that are not modelled and that the scenario assumes away.
 * @throws ScenarioError with every mistake in it.
 */
export function readManagerOptions(
  source: OptionText & { readonly assume?: readonly string[] },
): Remarks & { readonly options: ManagerOptions } {
  const { version, assume = [] } = source;
  const isRead = ({ since, until }: Modelled): boolean =>
    (since === undefined || atLeast(version, since)) && (until === undefined || !atLeast(version, until));
  const lines = readOptionLines(source, {
    readers: `managers of ${version}`,
    example: 'remoted.worker_pool=4',
    limitsOf: (name) => {
      const own = Object.hasOwn(modelled, name) ? modelled[name]! : null;
      if (own !== null) return isRead(own) ? own : null;
      if (Object.hasOwn(shippedOnly, name)) return shippedOnly[name]!;
      return Object.hasOwn(idleWithLimits, name) ? idleWithLimits[name]! : null;
    },
    isIdle: (name) => Object.hasOwn(idleWithLimits, name) || idleRings.test(name) || idleNames.test(name),
    remarkOn: (name) => {
      const daemon = /^(remoted|analysisd|monitord)\./.exec(name)?.[1];
      if (daemon === undefined) return null;
      const own = Object.hasOwn(modelled, name) ? modelled[name]! : null;
      if (own?.since !== undefined && !isRead(own) && own.until === undefined) {
        return `${name} came with Wazuh ${own.since}: managers of ${version} pass over it. Remove it.`;
      }
      if (own !== null) return `${name} is not read by managers of ${version}. Remove it.`;
      const meant = nearest(name, [
        ...Object.keys(modelled),
        ...Object.keys(shippedOnly),
        ...Object.keys(idleWithLimits),
      ]);
      if (meant === undefined && daemon !== 'remoted') return null;
      const hint = meant === undefined ? 'Remove it.' : `Did you mean ${meant}?`;
      return `no ${daemon} of ${version} is known to have ${quote(name)}, and it is passed over. ${hint}`;
    },
  });
  const { found } = lines;
  const pool = found.get('remoted.worker_pool');
  const counters = found.get('remoted.verify_msg_id');
  const assumed: string[] = [];
  // src/remoted/main.c, main().
  const clash = counters?.value === 1 && (pool?.value ?? 4) > 1;
  if (clash) {
    const what = `remoted.verify_msg_id=1 goes with remoted.worker_pool=1 only: remoted refuses to start.`;
    lines.problem(counters.position, `${what} Remove it, or write both.`);
  }
  for (const [name, { shipped, what }] of Object.entries(shippedOnly)) {
    const given = found.get(name);
    if (given === undefined || given.value === shipped || (clash && given === counters)) continue;
    if (assume.includes(name)) assumed.push(name);
    else {
      const text = `${name}=${given.value} ${what}; that is not modelled. Remove it, or list it under "assume".`;
      lines.problem(given.position, text);
    }
  }
  const warnings = lines.finish();
  const options = Object.entries(modelled).flatMap(([name, { key }]) => {
    const value = found.get(name)?.value;
    return value === undefined ? [] : [[key, value] as const];
  });
  return { options: Object.fromEntries(options), warnings, assumed };
}
