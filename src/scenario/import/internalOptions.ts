// What the local_internal_options.conf of an agent decides for a simulation.
import type { AgentOptions } from '../../models/agentOptions.ts';
import { agentDefaults, atLeast } from '../../models/agentVersions.ts';
import type { Settings } from '../../models/agentVersions.ts';
import { nearest } from '../problem.ts';
import type { Warning } from '../scenario.ts';
import { quote } from '../wording.ts';
import { readOptionLines, type Limits, type OptionText } from './optionLines.ts';

export interface InternalOptions {
  /** Options written in the file that agents of a simulation have. */
  readonly internal: Settings<AgentOptions['internal']>;
  /** `agent.remote_conf`: whether the agent takes an agent.conf; `undefined`: not written. */
  readonly remoteConf: boolean | undefined;
  readonly warnings: readonly Warning[];
}

type InternalKey = keyof AgentOptions['internal'];

// Wazuh 4.0.0 to 4.14.7: src/client-agent/buffer.c, buffer_init(); start_agent.c, agentd.c; config.c, ClientConf();
// src/logcollector/logcollector.c, LogCollectorStart(), with OUTPUT_MIN_QUEUE_SIZE.
const modelled = {
  'agent.recv_timeout': { key: 'recvTimeoutSeconds', from: 1, to: 600 },
  'agent.min_eps': { key: 'minEventsPerSecond', from: 1, to: 1000 },
  'agent.tolerance': { key: 'toleranceSeconds', from: 0, to: 600 },
  'agent.warn_level': { key: 'warnLevelPercent', from: 1, to: 100 },
  'agent.normal_level': { key: 'normalLevelPercent', from: 0, to: 99 },
  'logcollector.queue_size': { key: 'logcollectorQueueSize', from: 128, to: 220_000 },
  'logcollector.loop_timeout': { key: 'logcollectorLoopTimeoutSeconds', from: 1, to: 120 },
  'logcollector.max_lines': { key: 'logcollectorMaxLines', from: 0, to: 1_000_000 },
} satisfies Record<string, Limits & { readonly key: InternalKey }>;

/** From 4.14.9: etc/internal_options.conf of its branch; src/client-agent/config.c, ClientConf(). Before, no agent reads them. */
const later = {
  'agent.send_timeout': { key: 'sendTimeoutSeconds', from: 1, to: 600 },
  'agent.tcp_keepidle': { key: 'tcpKeepIdleSeconds', from: 1, to: 7200 },
  'agent.tcp_keepintvl': { key: 'tcpKeepIntervalSeconds', from: 1, to: 100 },
  'agent.tcp_keepcnt': { key: 'tcpKeepCount', from: 1, to: 50 },
} satisfies Record<string, Limits & { readonly key: InternalKey }>;

function optionsOf(version: string): Readonly<Record<string, Limits & { readonly key: InternalKey }>> {
  return atLeast(version, '4.14.9') ? { ...modelled, ...later } : modelled;
}

/** src/config/config.c, ReadConfig(). */
const remoteConfName = 'agent.remote_conf';

// The state file, messages in the agent's own log, and how it shares its files among threads.
const idle: readonly string[] = [
  'agent.state_interval',
  'agent.debug',
  'logcollector.input_threads',
  'logcollector.vcheck_files',
];

const agentNames: readonly string[] = [...Object.keys(modelled), remoteConfName, ...idle, ...Object.keys(later)];

/**
 * Options of other daemons and parts are passed over: they have no agent of a simulation to act on.
 * @throws ScenarioError with every mistake in it.
 */
export function readInternalOptions(source: OptionText): InternalOptions {
  const { version } = source;
  const lines = readOptionLines(source, {
    readers: `agents of ${version}`,
    example: 'agent.recv_timeout=60',
    limitsOf: (name) => limitsOf(name, version),
    isIdle: (name) => idle.includes(name) || (Object.hasOwn(later, name) && limitsOf(name, version) === null),
    remarkOn: (name) => {
      if (!name.startsWith('agent.')) return null;
      const meant = nearest(name, agentNames);
      const hint = meant === undefined ? 'Remove it.' : `Did you mean ${meant}?`;
      return `no agent of ${version} knows ${quote(name)}, and passes over it. ${hint}`;
    },
  });
  const { found } = lines;
  const defaults = agentDefaults(version).internal;
  const warn = found.get('agent.warn_level')?.value ?? defaults.warnLevelPercent;
  const normal = found.get('agent.normal_level')?.value ?? defaults.normalLevelPercent;
  if (normal >= warn) {
    const at = found.get('agent.normal_level') ?? found.get('agent.warn_level');
    const what = `agent.normal_level (${normal}) must be below agent.warn_level (${warn}): the daemon refuses to start.`;
    if (at !== undefined) lines.problem(at.position, what);
  }
  const warnings = lines.finish();
  const internal = Object.entries(optionsOf(version)).flatMap(([name, { key }]) => {
    const value = found.get(name)?.value;
    return value === undefined ? [] : [[key, value] as const];
  });
  const remoteConf = found.get(remoteConfName)?.value;
  return {
    internal: Object.fromEntries(internal),
    remoteConf: remoteConf === undefined ? undefined : remoteConf === 1,
    warnings,
  };
}

function limitsOf(name: string, version: string): Limits | null {
  if (name === remoteConfName) return { from: 0, to: 1 };
  const options = optionsOf(version);
  return Object.hasOwn(options, name) ? options[name]! : null;
}
