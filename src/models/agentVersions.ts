// What an agent and a manager do when nothing is configured, by Wazuh release, and how settings are laid over it.
import type { AgentOptions } from './agentOptions.ts';
import { connectTimeoutUs, kernelDefaults } from './network.ts';
import type { KernelOptions } from './network.ts';
import { nodeDefaults } from './node.ts';
import type { NodeOptions } from './node.ts';

/** What a `<server>` block says when it says nothing. */
export interface ServerEntryDefaults {
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
  readonly maxRetries: number;
  readonly retryIntervalSeconds: number;
}

export interface AgentDefaults extends AgentOptions {
  readonly server: ServerEntryDefaults;
}

/** Settings somebody wrote down; what is absent or `undefined` was not written. */
export interface AgentSettings {
  readonly notifyTimeSeconds?: number | undefined;
  readonly timeReconnectSeconds?: number | undefined;
  readonly forceReconnectIntervalSeconds?: number | undefined;
  /** For `<server>` blocks that do not say. */
  readonly maxRetries?: number | undefined;
  readonly retryIntervalSeconds?: number | undefined;
  readonly enrollment?: Settings<Omit<AgentOptions['enrollment'], 'pingsFirst'>> | undefined;
  readonly clientBuffer?: Settings<AgentOptions['clientBuffer']> | undefined;
  readonly internal?: Settings<AgentOptions['internal']> | undefined;
  readonly kernel?:
    | (Settings<Omit<KernelOptions, 'sendBuffer'>> & { readonly sendBuffer?: Settings<KernelOptions['sendBuffer']> })
    | undefined;
}

export type Settings<T> = { readonly [K in keyof T]?: T[K] | undefined };

const oldest = '4.0.0';
const newest = '4.14.7';

/** @returns `null` when agents of this release are modelled, else what is wrong and how to mend it. */
export function knownAgentVersion(version: string): string | null {
  const range = `Agents of ${oldest} to ${newest} are modelled`;
  const parts = versionParts(version);
  if (parts === null) {
    const without = version.trim().replace(/^v/i, '');
    const hint = versionParts(without) === null ? `Write a release such as ${newest}.` : `Write ${without}.`;
    return `${JSON.stringify(version.slice(0, 40))} is no Wazuh release. ${hint}`;
  }
  if (!atLeast(version, oldest)) {
    return `Agents before ${oldest} connect by other rules (no retry counts, UDP by default). ${range}: write one of these.`;
  }
  if (parts[0] > 4) {
    return `Agents of ${parts[0]}.x connect by other rules (send time-out, other configuration). ${range}: write one of these.`;
  }
  if (!atLeast(newest, version)) {
    return `Agents after ${newest} notice a dead path by other rules (send time-out, TCP keepalive). ${range}: write one of these.`;
  }
  return null;
}

/** True when release `version` is `release` or later; both are three numbers. */
export function atLeast(version: string, release: string): boolean {
  const a = versionParts(version);
  const b = versionParts(release);
  if (a === null || b === null) throw new Error(`not a release: ${a === null ? version : release}`);
  for (let i = 0; i < 3; i++) if (a[i]! !== b[i]!) return a[i]! > b[i]!;
  return true;
}

function versionParts(version: string): readonly [number, number, number] | null {
  const match = /^(\d{1,4})\.(\d{1,4})\.(\d{1,4})$/.exec(version);
  return match === null ? null : [Number(match[1]), Number(match[2]), Number(match[3])];
}

/** @param version a release for which `knownAgentVersion` says `null`; throws otherwise. */
export function agentDefaults(version: string): AgentDefaults {
  const wrong = knownAgentVersion(version);
  if (wrong !== null) throw new Error(wrong);
  // Wazuh 4.14.7, etc/internal_options.conf, agent.recv_timeout; the same file since 4.0.0.
  const recvTimeoutSeconds = 60;
  return {
    version,
    // src/headers/defs.h, NOTIFY_TIME: 10 up to 4.12.0, 20 from 4.13.0.
    notifyTimeSeconds: atLeast(version, '4.13.0') ? 20 : 10,
    // src/headers/defs.h, RECONNECT_TIME: 60 in every 4.x.
    timeReconnectSeconds: 60,
    // src/client-agent/config.c, ClientConf(): off. The option exists from 4.3.0.
    forceReconnectIntervalSeconds: 0,
    enrollment: {
      // src/shared/enrollment_op.c, w_enrollment_init(): enabled, and 20 s; w_enrollment_target_init(): 1515.
      enabled: true,
      port: 1515,
      delayAfterEnrollmentSeconds: 20,
      timeoutSeconds: enrollmentTimeoutSeconds(version, recvTimeoutSeconds),
      // src/client-agent/start_agent.c, agent_ping_to_server(): gone in 4.2.2.
      pingsFirst: !atLeast(version, '4.2.2'),
    },
    // src/client-agent/config.c, ClientConf().
    clientBuffer: { disabled: false, queueSize: 5000, eventsPerSecond: 500 },
    // etc/internal_options.conf, agent.* and logcollector.queue_size; the same from 4.0.0 to 4.14.7.
    internal: {
      recvTimeoutSeconds,
      minEventsPerSecond: 50,
      toleranceSeconds: 15,
      warnLevelPercent: 90,
      normalLevelPercent: 70,
      logcollectorQueueSize: 1024,
    },
    // src/client-agent/notify.c, run_notify(): 4.14.7 starts its monotonic clock with the process.
    firstKeepalive: atLeast(version, '4.14.7') ? 'afterNotifyTime' : 'atOnce',
    // src/os_net/os_net.c, OS_CloseSocket(): from 4.11.1.
    shutdownBeforeClose: atLeast(version, '4.11.1'),
    kernel: kernelDefaults,
    // src/headers/defs.h, DEFAULT_SECURE; src/config/client-config.c, Read_Client_Server(); client-config.h, DEFAULT_MAX_RETRIES
    // and DEFAULT_RETRY_INTERVAL: the same from 4.0.0 to 4.14.7.
    server: { port: 1514, protocol: 'tcp', maxRetries: 5, retryIntervalSeconds: 10 },
  };
}

/**
 * Read time-out of the enrollment connection: `agent.recv_timeout` from 4.11.1, none before (`null`).
 * Wazuh 4.11.1, src/client-agent/config.c, ClientConf(), and src/shared/enrollment_op.c, w_enrollment_connect().
 */
export function enrollmentTimeoutSeconds(version: string, recvTimeoutSeconds: number): number | null {
  return atLeast(version, '4.11.1') ? recvTimeoutSeconds : null;
}

/** Wazuh 4.14.7, src/client-agent/main.c, main(): a time-reconnect not above notify_time becomes three times notify_time. */
export function effectiveTimeReconnectSeconds(notifyTimeSeconds: number, timeReconnectSeconds: number): number {
  return timeReconnectSeconds <= notifyTimeSeconds ? 3 * notifyTimeSeconds : timeReconnectSeconds;
}

/**
 * The release's defaults with settings laid over them, a later layer over an earlier one, and the product's own corrections:
 * time-reconnect as above, events_per_second raised to agent.min_eps (src/client-agent/config.c, ClientConf()), the read
 * time-out of enrollment following agent.recv_timeout unless it is set itself. So does the kernel's connect time-out its linear
 * SYN time-outs.
 */
export function agentWithSettings(version: string, layers: readonly (AgentSettings | undefined)[]): AgentDefaults {
  let agent = agentDefaults(version);
  let timeoutIsSet = false;
  let connectTimeoutIsSet = false;
  for (const layer of layers) {
    if (layer === undefined) continue;
    const { notifyTimeSeconds, timeReconnectSeconds, forceReconnectIntervalSeconds } = layer;
    const { maxRetries, retryIntervalSeconds, enrollment, clientBuffer, internal, kernel } = layer;
    if (enrollment?.timeoutSeconds !== undefined) timeoutIsSet = true;
    if (kernel?.connectTimeoutUs !== undefined) connectTimeoutIsSet = true;
    agent = {
      ...written(agent, { notifyTimeSeconds, timeReconnectSeconds, forceReconnectIntervalSeconds }),
      enrollment: written(agent.enrollment, enrollment),
      clientBuffer: written(agent.clientBuffer, clientBuffer),
      internal: written(agent.internal, internal),
      kernel: {
        ...written(agent.kernel, kernel && { ...kernel, sendBuffer: undefined }),
        sendBuffer: written(agent.kernel.sendBuffer, kernel?.sendBuffer),
      },
      server: written(agent.server, { maxRetries, retryIntervalSeconds }),
    };
  }
  return {
    ...agent,
    kernel: connectTimeoutIsSet
      ? agent.kernel
      : { ...agent.kernel, connectTimeoutUs: connectTimeoutUs(agent.kernel.synLinearTimeouts) },
    timeReconnectSeconds: effectiveTimeReconnectSeconds(agent.notifyTimeSeconds, agent.timeReconnectSeconds),
    enrollment: timeoutIsSet
      ? agent.enrollment
      : {
          ...agent.enrollment,
          timeoutSeconds: enrollmentTimeoutSeconds(version, agent.internal.recvTimeoutSeconds),
        },
    clientBuffer: {
      ...agent.clientBuffer,
      eventsPerSecond:
        agent.clientBuffer.eventsPerSecond < agent.internal.minEventsPerSecond
          ? agent.internal.minEventsPerSecond
          : agent.clientBuffer.eventsPerSecond,
    },
  };
}

function written<T extends object>(base: T, settings: Settings<NoInfer<T>> | undefined): T {
  if (settings === undefined) return base;
  const given = Object.entries(settings).filter(([, value]) => value !== undefined);
  return { ...base, ...Object.fromEntries(given) };
}

/** What a manager does when its ossec.conf says nothing about it. */
export interface ServerDefaults extends Pick<
  NodeOptions,
  'eventsPort' | 'registrationPort' | 'queueSize' | 'acceptQueue'
> {
  readonly protocols: readonly ('tcp' | 'udp')[];
}

/** @param version a release of the managers, within the same range as the agents'. */
export function serverDefaults(version: string): ServerDefaults {
  const wrong = knownAgentVersion(version);
  if (wrong !== null) throw new Error(wrong.replaceAll('Agents', 'Managers'));
  const { eventsPort, registrationPort, queueSize, acceptQueue } = nodeDefaults;
  // Wazuh 4.0.0 to 4.14.7, src/config/remote-config.c, Read_Remote(): TCP.
  return { eventsPort, registrationPort, queueSize, acceptQueue, protocols: ['tcp'] };
}
