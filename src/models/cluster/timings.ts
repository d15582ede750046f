// The periods of a Wazuh cluster, and when the master takes an agent for disconnected, by release.
import { atLeast } from '../agentVersions.ts';

/** Wazuh 4.14.7, framework/wazuh/core/cluster/cluster.json; the same values in 3.12 and in 5.0.0-beta4. All in µs. */
export const clusterTimings = {
  /** `worker.keep_alive`: a worker's echo to the master. */
  keepAliveUs: 60_000_000,
  /** `worker.max_failed_keepalive_attempts`. */
  failedKeepalives: 2,
  /** `communication.timeout_cluster_request`: what a worker waits for the answer to its echo. */
  requestTimeoutUs: 20_000_000,
  /** `worker.connection_retry`. */
  connectionRetryUs: 10_000_000,
  /** `master.check_worker_lastkeepalive`. */
  checkWorkersUs: 60_000_000,
  /** `master.max_allowed_time_without_keepalive`. */
  silenceAllowedUs: 120_000_000,
  /** `master.recalculate_integrity`: the master hashes its files, client.keys among them. */
  hashUs: 8_000_000,
  /** `worker.sync_integrity`: a worker compares its files with those hashes. */
  integrityUs: 9_000_000,
  /** `worker.sync_agent_info` (`sync_files` in 3.x): a worker sends the status of its agents up. */
  agentInfoUs: 10_000_000,
} as const;

/** When the master shows an agent as disconnected, and tells of it. */
export interface DisconnectionOptions {
  /** A keepalive older than this: `<global><agents_disconnection_time>`. */
  readonly thresholdSeconds: number;
  /** Distance of the looks at the ages. From 4.1 it is the threshold itself, so an agent is marked between T and 2T. */
  readonly sweepSeconds: number;
  /** `<global><agents_disconnection_alert_time>`: the alert comes this much later. */
  readonly alertSeconds: number;
}

/** @param version a release of the managers. Source: src/headers/defs.h, src/monitord/monitord.c, etc/ossec-server.conf by tag. */
export function disconnectionDefaults(version: string): DisconnectionOptions {
  // DISCON_TIME, and monitord compares its lists every 120 s.
  if (!atLeast(version, '4.1.0')) return { thresholdSeconds: 1800, sweepSeconds: 120, alertSeconds: 0 };
  if (!atLeast(version, '4.1.2')) return withThreshold(20, 100);
  // PR #7744, and 4.13.0.
  return withThreshold(atLeast(version, '4.13.0') ? 900 : 600, 0);
}

/** From 4.1 monitord counts to the threshold between two looks. src/monitord/monitord.c. */
export function withThreshold(thresholdSeconds: number, alertSeconds: number): DisconnectionOptions {
  return { thresholdSeconds, sweepSeconds: thresholdSeconds, alertSeconds };
}
