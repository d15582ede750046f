// local_internal_options.conf: lines `daemon.option=value`. Source: Wazuh 4.14.7, src/shared/validate_op.c (_read_file,
// getDefine_Int): the first line that names an option counts; a value outside of its limits ends the daemon.
import type { AgentOptions } from '../../models/agentOptions.ts';
import { agentDefaults, atLeast } from '../../models/agentVersions.ts';
import type { Settings } from '../../models/agentVersions.ts';
import { nearest, ScenarioError } from '../problem.ts';
import type { Problem } from '../problem.ts';
import type { Warning } from '../scenario.ts';
import { enumerate, quote } from '../wording.ts';
import { positions, whyUnreadable } from './ossecXml.ts';

export interface InternalOptions {
  /** Options written in the file that agents of a simulation have. */
  readonly internal: Settings<AgentOptions['internal']>;
  /** `agent.remote_conf`: whether the agent takes an agent.conf; `undefined`: not written. */
  readonly remoteConf: boolean | undefined;
  readonly warnings: readonly Warning[];
}

interface Limits {
  readonly from: number;
  readonly to: number;
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

/** Lines of more characters the product reads in pieces: OS_SIZE_1024. */
const maxLine = 1022;

/**
 * Options of other daemons and parts are passed over: they have no agent or manager of a simulation to act on.
 * @throws ScenarioError with every mistake in it.
 */
export function readInternalOptions(source: {
  readonly file: string;
  readonly text: string;
  readonly version: string;
}): InternalOptions {
  const { file, text, version } = source;
  const position = positions(file, text);
  const unreadable = whyUnreadable(text);
  if (unreadable !== null) {
    throw new ScenarioError(file, [{ position: position(unreadable.offset), text: unreadable.text }]);
  }
  const problems: Problem[] = [];
  const warnings: Warning[] = [];
  const found = new Map<string, { readonly value: number; readonly offset: number }>();
  const withoutEffect: { readonly name: string; readonly offset: number }[] = [];
  let offset = 0;

  const problem = (at: number, what: string): void => {
    problems.push({ position: position(at), text: what });
  };
  for (const line of text.split('\n')) {
    const start = offset;
    offset += line.length + 1;
    if (line === '' || line === '\r' || line.startsWith('#')) continue;
    if (line.length > maxLine) {
      problem(start, `this line is longer than ${maxLine} characters: the product would tear it apart. Shorten it.`);
      continue;
    }
    const equals = line.indexOf('=');
    const name = line.slice(0, Math.max(equals, 0)).replace(/ +$/, '');
    if (/^\s/.test(line)) {
      if (limitsOf(name.trim(), version) !== null) {
        const what = `${name.trim()} is not seen by the product, because white space stands before it. Remove that.`;
        warnings.push({ position: position(start), text: what });
      }
      continue;
    }
    if (!/^[^.]*\../.test(name)) {
      const what = `expected a line such as agent.recv_timeout=60, got ${quote(line.trim())}`;
      problem(start, `${what}. Mend it, or start it with "#".`);
      continue;
    }
    const behind = line.slice(equals + 1);
    const value = behind.replace(/^ +/, '').replace(/\r$/, '');
    const valueOffset = start + equals + 1 + behind.length - behind.replace(/^ +/, '').length;
    const limits = limitsOf(name, version);
    if (limits === null) {
      if (idle.includes(name) || Object.hasOwn(later, name)) {
        withoutEffect.push({ name, offset: start });
      } else if (name.startsWith('agent.')) {
        const meant = nearest(name, agentNames);
        const hint = meant === undefined ? 'Remove it.' : `Did you mean ${meant}?`;
        const what = `no agent of ${version} knows ${quote(name)}, and passes over it. ${hint}`;
        warnings.push({ position: position(start), text: what });
      }
      continue;
    }
    if (!/^\d+$/.test(value) || Number(value) < limits.from || Number(value) > limits.to) {
      const hint = /^\d+\s+$/.test(value) ? ' Remove the white space behind it.' : '';
      const expected = `a whole number from ${limits.from} to ${limits.to}`;
      problem(
        valueOffset,
        `${name}: expected ${expected}, got ${quote(value)}: the daemon refuses to start with it.${hint}`,
      );
      continue;
    }
    const first = found.get(name);
    if (first === undefined) {
      found.set(name, { value: Number(value), offset: valueOffset });
    } else {
      const at = position(first.offset);
      const what = `${name} is given twice; the product uses the first, ${first.value} in line ${at.line}.`;
      warnings.push({ position: position(start), text: what });
    }
  }

  const defaults = agentDefaults(version).internal;
  const warn = found.get('agent.warn_level')?.value ?? defaults.warnLevelPercent;
  const normal = found.get('agent.normal_level')?.value ?? defaults.normalLevelPercent;
  if (normal >= warn) {
    const at = found.get('agent.normal_level') ?? found.get('agent.warn_level');
    const what = `agent.normal_level (${normal}) must be below agent.warn_level (${warn}): the daemon refuses to start.`;
    if (at !== undefined) problem(at.offset, what);
  }
  if (problems.length > 0) throw new ScenarioError(file, problems);

  const [first] = withoutEffect;
  if (first !== undefined) {
    const names = [...new Set(withoutEffect.map(({ name }) => name))];
    const verb = names.length === 1 ? 'decides' : 'decide';
    const what = `${enumerate(names)} ${verb} nothing for agents of ${version} in a simulation.`;
    warnings.push({ position: position(first.offset), text: what });
  }
  const internal = Object.entries(optionsOf(version)).flatMap(([name, { key }]) => {
    const value = found.get(name)?.value;
    return value === undefined ? [] : [[key, value] as const];
  });
  const remoteConf = found.get(remoteConfName)?.value;
  return {
    internal: Object.fromEntries(internal),
    remoteConf: remoteConf === undefined ? undefined : remoteConf === 1,
    warnings: warnings.toSorted((a, b) => (a.position?.line ?? 0) - (b.position?.line ?? 0)),
  };
}

function limitsOf(name: string, version: string): Limits | null {
  if (name === remoteConfName) return { from: 0, to: 1 };
  const options = optionsOf(version);
  return Object.hasOwn(options, name) ? options[name]! : null;
}
