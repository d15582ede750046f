// What an agent and a manager do when nothing is configured, by Wazuh release, and how settings are laid over it.
import type { AgentOptions, Platform } from './agentOptions.ts';
import { connectTimeoutUs, kernelDefaults } from './network.ts';
import type { KernelOptions } from './network.ts';
import { nodeDefaults } from './node.ts';
import type { NodeOptions, NodeRole } from './node.ts';
import { releaseParts, whyUnknownRelease } from './releases.ts';

/** From the stop of an agent's service to its start. Assumed: reports speak of 10 to 20 s (wazuh issue 12032). */
export const defaultRestartUs = 15_000_000;

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
  readonly autoRestart?: boolean | undefined;
  /** For `<server>` blocks that do not say. */
  readonly maxRetries?: number | undefined;
  readonly retryIntervalSeconds?: number | undefined;
  readonly enrollment?: Settings<Omit<AgentOptions['enrollment'], 'pingsFirst' | 'behindPause'>> | undefined;
  readonly clientBuffer?: Settings<AgentOptions['clientBuffer']> | undefined;
  readonly internal?: Settings<AgentOptions['internal']> | undefined;
  readonly life?: Settings<AgentOptions['life']> | undefined;
  readonly kernel?:
    | (Settings<Omit<KernelOptions, 'sendBuffer'>> & { readonly sendBuffer?: Settings<KernelOptions['sendBuffer']> })
    | undefined;
}

export type Settings<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** @returns `null` when agents of this release are modelled, else what is wrong and how to mend it. */
export function knownAgentVersion(version: string): string | null {
  return whyUnknownRelease(version, 'Agents');
}

/** True when release `version` is `release` or later; a preview counts as the release it leads to. */
export function atLeast(version: string, release: string): boolean {
  const a = releaseParts(version);
  const b = releaseParts(release);
  if (a === null || b === null) throw new Error(`not a release: ${a === null ? version : release}`);
  for (let i = 0; i < 3; i++) if (a[i]! !== b[i]!) return a[i]! > b[i]!;
  return true;
}

/** @param version a release for which `knownAgentVersion` says `null`; throws otherwise. */
export function agentDefaults(version: string, platform: Platform = 'linux'): AgentDefaults {
  const wrong = knownAgentVersion(version);
  if (wrong !== null) throw new Error(wrong);
  const since = (release: string): boolean => atLeast(version, release);
  // PR #38401 on the branch 4.14.9; 5.0.0-beta3 and later: src/client-agent/sendmsg.c, send_msg(), and os_net.c.
  const timesOut = hasSendTimeout(version);
  // Wazuh 4.14.7, etc/internal_options.conf, agent.recv_timeout; the same since 3.12.0.
  const recvTimeoutSeconds = 60;
  return {
    version,
    platform,
    // src/client-agent/start_agent.c, start_agent(): rewritten for 3.13.1, with max_retries.
    search: since('3.13.1') ? 'retries' : 'listWalk',
    // src/headers/defs.h, NOTIFY_TIME: 10 up to 4.12.0, 20 from 4.13.0; 5.0.0-beta4: 20.
    notifyTimeSeconds: since('4.13.0') ? 20 : 10,
    // src/headers/defs.h, RECONNECT_TIME: 60 from 3.12.0 to 5.0.0-beta4.
    timeReconnectSeconds: 60,
    // src/client-agent/config.c, ClientConf(): off. The option exists from 4.3.0 to 4.14.9.
    forceReconnectIntervalSeconds: 0,
    // src/client-agent/config.c, ClientConf(): yes, in every release.
    autoRestart: true,
    enrollment: {
      // shared/enrollment_op.c, w_enrollment_init(): enabled from 4.0.0, disabled in 3.13.1 to 3.13.6 (<auto_enrollment>);
      // before 3.13.1 an agent does not enrol itself. 20 s; w_enrollment_target_init(): 1515.
      enabled: since('4.0.0'),
      port: 1515,
      delayAfterEnrollmentSeconds: 20,
      managerAddress: null,
      timeoutSeconds: enrollmentTimeoutSeconds(version, recvTimeoutSeconds),
      // src/client-agent/start_agent.c, agent_ping_to_server(): only from 4.0.0 to 4.2.1.
      pingsFirst: since('4.0.0') && !since('4.2.2'),
      // start_agent(): 3.13.1 to 3.13.6 enrol behind the pause of the last attempt, 4.x before it.
      behindPause: !since('4.0.0'),
    },
    // src/client-agent/config.c, ClientConf().
    clientBuffer: { disabled: false, queueSize: 5000, eventsPerSecond: 500 },
    // etc/internal_options.conf, agent.* and logcollector.queue_size; the same from 3.12.0 to 4.14.7.
    internal: {
      recvTimeoutSeconds,
      minEventsPerSecond: 50,
      toleranceSeconds: 15,
      warnLevelPercent: 90,
      normalLevelPercent: 70,
      logcollectorQueueSize: 1024,
      logcollectorLoopTimeoutSeconds: 2,
      logcollectorMaxLines: 10_000,
      // etc/internal_options.conf, agent.send_timeout and agent.tcp_keepidle/intvl/cnt: 4.14.9 and 5.0.0-beta3 on.
      sendTimeoutSeconds: timesOut ? 30 : null,
      tcpKeepIdleSeconds: timesOut ? 60 : null,
      tcpKeepIntervalSeconds: timesOut ? 15 : null,
      tcpKeepCount: timesOut ? 4 : null,
    },
    // src/client-agent/notify.c, run_notify(): 4.14.7 starts its monotonic clock with the process.
    firstKeepalive: since('4.14.7') ? 'afterNotifyTime' : 'atOnce',
    // src/os_net/os_net.c, OS_CloseSocket(): from 4.11.1.
    shutdownBeforeClose: since('4.11.1'),
    // src/client-agent/sendmsg.c, send_msg(): the sender sleeps 1 s, in 5.0.0-beta4 it does not.
    sleepsAfterSendError: !since('5.0.0'),
    // src/client-agent/receiver.c, receive_msg(): from 4.3.0.
    obeysReconnect: since('4.3.0'),
    // src/client-agent/agentd.c: from 4.2.0, at process exit.
    saysShutdown: since('4.2.0'),
    // src/client-agent/receiver.c and src/init/wazuh-client.sh: reload from 4.14.0; Windows still restarts in 4.14.7.
    // logcollector.c, handle_file(): it seeks to the end.
    life: { restartUs: defaultRestartUs, onlyFutureEvents: true },
    configPush: since('4.14.0') && platform !== 'windows' ? 'reload' : 'restart',
    // src/os_net/os_net.c, OS_GetHost(): tries a second apart, 6 of them in 3.x and 4 from 4.0.0.
    unresolvedUs: since('4.0.0') ? 4_000_000 : 6_000_000,
    kernel: kernelOf(platform),
    // src/headers/defs.h, DEFAULT_SECURE; src/config/client-config.c, Read_Client_Server(): UDP up to 3.13.6, TCP from 4.0.0;
    // client-config.h, DEFAULT_MAX_RETRIES and DEFAULT_RETRY_INTERVAL: 5 and 5 s in 3.13.1 to 3.13.6 (measured), 10 s from 4.0.0.
    server: {
      port: 1514,
      protocol: since('4.0.0') ? 'tcp' : 'udp',
      maxRetries: 5,
      retryIntervalSeconds: since('4.0.0') ? 10 : 5,
    },
  };
}

/** connect() to a host that never answers: assumed 21 s on Windows and 75 s on macOS, where SYNs are sent less often. */
function kernelOf(platform: Platform): KernelOptions {
  switch (platform) {
    case 'linux':
      return kernelDefaults;
    case 'windows':
      return { ...kernelDefaults, synLinearTimeouts: 0, connectTimeoutUs: 21_000_000 };
    case 'macos':
      return { ...kernelDefaults, synLinearTimeouts: 0, connectTimeoutUs: 75_000_000 };
    default:
      return platform satisfies never;
  }
}

/**
 * Read time-out of the enrollment connection: `agent.recv_timeout` from 4.11.1, none before (`null`).
 * Wazuh 4.11.1, src/client-agent/config.c, ClientConf(), and shared/enrollment_op.c, w_enrollment_connect().
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
export function agentWithSettings(
  version: string,
  layers: readonly (AgentSettings | undefined)[],
  platform: Platform = 'linux',
): AgentDefaults {
  let agent = agentDefaults(version, platform);
  let timeoutIsSet = false;
  let connectTimeoutIsSet = platform !== 'linux';
  for (const given of layers) {
    if (given === undefined) continue;
    const layer = knownSettings(version, given);
    const { notifyTimeSeconds, timeReconnectSeconds, forceReconnectIntervalSeconds, autoRestart } = layer;
    const { maxRetries, retryIntervalSeconds, enrollment, clientBuffer, internal, life, kernel } = layer;
    if (enrollment?.timeoutSeconds !== undefined) timeoutIsSet = true;
    if (kernel?.connectTimeoutUs !== undefined) connectTimeoutIsSet = true;
    agent = {
      ...written(agent, { notifyTimeSeconds, timeReconnectSeconds, forceReconnectIntervalSeconds, autoRestart }),
      enrollment: written(agent.enrollment, enrollment),
      clientBuffer: written(agent.clientBuffer, clientBuffer),
      internal: written(agent.internal, internal),
      life: written(agent.life, life),
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

/** What settings say of options that agents of this release do not have; each as it stands in a scenario. */
export function unknownSettings(version: string, settings: AgentSettings): string[] {
  const { internal, enrollment } = settings;
  const given = (values: Readonly<Record<string, unknown>>): string[] =>
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  return [
    ...(hasRetries(version)
      ? []
      : given({ maxRetries: settings.maxRetries, retryInterval: settings.retryIntervalSeconds })),
    ...(hasRetries(version) ? [] : given({ enrollment })),
    ...(hasForcedReconnect(version) ? [] : given({ forceReconnectInterval: settings.forceReconnectIntervalSeconds })),
    ...(hasSendTimeout(version)
      ? []
      : given({
          sendTimeout: internal?.sendTimeoutSeconds,
          tcpKeepIdle: internal?.tcpKeepIdleSeconds,
          tcpKeepInterval: internal?.tcpKeepIntervalSeconds,
          tcpKeepCount: internal?.tcpKeepCount,
        })),
  ];
}

function knownSettings(version: string, settings: AgentSettings): AgentSettings {
  const { internal } = settings;
  return {
    ...settings,
    ...(hasRetries(version) ? {} : { maxRetries: undefined, retryIntervalSeconds: undefined, enrollment: undefined }),
    ...(hasForcedReconnect(version) ? {} : { forceReconnectIntervalSeconds: undefined }),
    internal:
      internal === undefined || hasSendTimeout(version)
        ? internal
        : {
            ...internal,
            sendTimeoutSeconds: undefined,
            tcpKeepIdleSeconds: undefined,
            tcpKeepIntervalSeconds: undefined,
            tcpKeepCount: undefined,
          },
  };
}

/** max_retries, retry_interval and enrolment by the agent itself. */
function hasRetries(version: string): boolean {
  return atLeast(version, '3.13.1');
}

/** <force_reconnect_interval>. Wazuh 5.0.0-beta4, src/config/client-config.c: it is gone, with a warning. */
function hasForcedReconnect(version: string): boolean {
  return atLeast(version, '4.3.0') && !atLeast(version, '5.0.0');
}

function hasSendTimeout(version: string): boolean {
  return atLeast(version, '4.14.9');
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

/**
 * @param version a release of the managers, within the same ranges as the agents'.
 * @param role workers of 3.x run no authd (src/os_auth/main-server.c, main()); from 4.0.0 they pass requests on to the master.
 */
export function serverDefaults(version: string, role: NodeRole = 'master'): ServerDefaults {
  const wrong = whyUnknownRelease(version, 'Managers');
  if (wrong !== null) throw new Error(wrong);
  const { eventsPort, registrationPort, queueSize, acceptQueue } = nodeDefaults;
  return {
    eventsPort,
    registrationPort: role === 'worker' && !atLeast(version, '4.0.0') ? null : registrationPort,
    queueSize,
    acceptQueue,
    // src/config/remote-config.c, Read_Remote(): UDP up to 3.13.6, TCP from 4.0.0.
    protocols: atLeast(version, '4.0.0') ? ['tcp'] : ['udp'],
  };
}

/** Transports a manager of this release can be made to take: 5.0 has no UDP listener. */
export function possibleProtocols(version: string): readonly ('tcp' | 'udp')[] {
  return atLeast(version, '5.0.0') ? ['tcp'] : ['tcp', 'udp'];
}
