// A listener of Envoy with a `tcp_proxy` filter, and its cluster.
// Source: Envoy API v3, tcp_proxy.proto, cluster.proto, outlier_detection.proto, circuit_breaker.proto, ring_hash.proto, maglev.proto and
// least_request.proto; where these leave something to the code, the file is named.
import type { TargetOptions } from '../targets.ts';
import type { ThresholdCheckOptions } from '../thresholds.ts';

export type EnvoyPolicy =
  | { readonly kind: 'round_robin' }
  | { readonly kind: 'random' }
  | { readonly kind: 'least_request'; readonly choiceCount: number }
  | { readonly kind: 'ring_hash'; readonly minRingSize: number; readonly maxRingSize: number }
  | { readonly kind: 'maglev'; readonly tableSize: number };

export interface EnvoyOutlierOptions {
  /** `consecutive_5xx`: a failed connect counts as one. */
  readonly consecutiveFailures: number;
  readonly intervalUs: number;
  readonly baseEjectionUs: number;
  readonly maxEjectionUs: number;
  readonly maxEjectionPercent: number;
  /** One host may always be ejected, whatever `max_ejection_percent` says. */
  readonly alwaysEjectOneHost: boolean;
}

export interface EnvoyOptions {
  /** `--concurrency`: worker threads. */
  readonly workers: number;
  readonly listeners: readonly EnvoyListenerOptions[];
}

export interface EnvoyListenerOptions {
  readonly port: number;
  readonly hosts: readonly TargetOptions[];
  readonly policy: EnvoyPolicy;
  /** `hash_policy` of the filter; without one a hash policy of the cluster chooses at random. */
  readonly hashPolicy: 'source_ip' | null;
  readonly outlierDetection: EnvoyOutlierOptions | null;
  readonly healthCheck: ThresholdCheckOptions | null;
  /** `healthy_panic_threshold`, %: below it all hosts are chosen among. */
  readonly panicThreshold: number;
  readonly maxConnectAttempts: number;
  readonly connectTimeoutUs: number;
  readonly idleTimeoutUs: number;
  /** `close_connections_on_host_health_failure`. */
  readonly closeOnHealthFailure: boolean;
  /** `circuit_breakers.thresholds.max_connections` of the cluster. */
  readonly maxConnections: number;
}

export const ringDefaults = { minRingSize: 1024, maxRingSize: 8_388_608 };
export const maglevDefaults = { tableSize: 65_537 };
export const leastRequestDefaults = { choiceCount: 2 };

export const outlierDefaults = {
  consecutiveFailures: 5,
  intervalUs: 10_000_000,
  baseEjectionUs: 30_000_000,
  maxEjectionUs: 300_000_000,
  maxEjectionPercent: 10,
  alwaysEjectOneHost: false,
} satisfies EnvoyOutlierOptions;

export const envoyDefaults = {
  hashPolicy: null,
  outlierDetection: null,
  healthCheck: null,
  panicThreshold: 50,
  maxConnectAttempts: 1,
  connectTimeoutUs: 5_000_000,
  idleTimeoutUs: 3_600_000_000,
  closeOnHealthFailure: false,
  maxConnections: 1024,
} satisfies Omit<EnvoyListenerOptions, 'port' | 'hosts' | 'policy'>;
