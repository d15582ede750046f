// Settings of agents and of kernels as a scenario writes them, in the words of the models.
import type { AgentSettings } from '../../models/agentVersions.ts';
import { connectTimeoutUs, kernelDefaults, type KernelOptions } from '../../models/network.ts';
import type { AgentSettings as AgentData, KernelSettings } from '../schema.ts';

/** The balancer's. */
export function kernelOf(given: KernelSettings | undefined): KernelOptions {
  const synLinearTimeouts = given?.synLinearTimeouts ?? kernelDefaults.synLinearTimeouts;
  return {
    connectTimeoutUs: given?.connectTimeout ?? connectTimeoutUs(synLinearTimeouts),
    synLinearTimeouts,
    arpTimeoutUs: given?.arpTimeout ?? kernelDefaults.arpTimeoutUs,
    sendBuffer: {
      silentBytes: given?.sendBuffer?.silent ?? kernelDefaults.sendBuffer.silentBytes,
      hungBytes: given?.sendBuffer?.hung ?? kernelDefaults.sendBuffer.hungBytes,
    },
    tcpGiveUpUs: given?.tcpGiveUp ?? kernelDefaults.tcpGiveUpUs,
    maxDgramQlen: given?.maxDgramQlen ?? kernelDefaults.maxDgramQlen,
    localSendBufferBytes: given?.localSendBuffer ?? kernelDefaults.localSendBufferBytes,
  };
}

/** Settings as they stand in a scenario, in the words of the models. */
export function settingsOf(given: AgentData | undefined): AgentSettings | undefined {
  if (given === undefined) return undefined;
  const { enrollment, buffer, internal, kernel, restartTime, onlyFutureEvents } = given;
  return {
    notifyTimeSeconds: given.notifyTime,
    timeReconnectSeconds: given.timeReconnect,
    forceReconnectIntervalSeconds: given.forceReconnectInterval,
    autoRestart: given.autoRestart,
    maxRetries: given.maxRetries,
    retryIntervalSeconds: given.retryInterval,
    enrollment: enrollment && {
      enabled: enrollment.enabled,
      port: enrollment.port,
      delayAfterEnrollmentSeconds: enrollment.delayAfterEnrollment,
      timeoutSeconds: enrollment.timeout === 'none' ? null : enrollment.timeout,
    },
    clientBuffer: buffer && {
      disabled: buffer.disabled,
      queueSize: buffer.queueSize,
      eventsPerSecond: buffer.eventsPerSecond,
    },
    internal: internal && {
      recvTimeoutSeconds: internal.recvTimeout,
      minEventsPerSecond: internal.minEventsPerSecond,
      toleranceSeconds: internal.tolerance,
      warnLevelPercent: internal.warnLevel,
      normalLevelPercent: internal.normalLevel,
      logcollectorQueueSize: internal.logcollectorQueueSize,
      logcollectorLoopTimeoutSeconds: internal.logcollectorLoopTimeout,
      logcollectorMaxLines: internal.logcollectorMaxLines,
      sendTimeoutSeconds: internal.sendTimeout,
      tcpKeepIdleSeconds: internal.tcpKeepIdle,
      tcpKeepIntervalSeconds: internal.tcpKeepInterval,
      tcpKeepCount: internal.tcpKeepCount,
    },
    life: { restartUs: restartTime, onlyFutureEvents },
    kernel: kernel && {
      connectTimeoutUs: kernel.connectTimeout,
      synLinearTimeouts: kernel.synLinearTimeouts,
      arpTimeoutUs: kernel.arpTimeout,
      sendBuffer: kernel.sendBuffer && {
        silentBytes: kernel.sendBuffer.silent,
        hungBytes: kernel.sendBuffer.hung,
      },
      tcpGiveUpUs: kernel.tcpGiveUp,
      maxDgramQlen: kernel.maxDgramQlen,
      localSendBufferBytes: kernel.localSendBuffer,
    },
  };
}
