// What of an AWS Network Load Balancer matters for agents: its target group's attributes and its listener.
// Sources: docs.aws.amazon.com/elasticloadbalancing/latest/network/: edit-target-group-attributes.html, target-group-health-checks.html,
// update-idle-timeout.html, and the API reference (CreateTargetGroup, TargetGroupAttribute); read in 2026.
import type { ThresholdCheckOptions } from '../thresholds.ts';
import type { TargetOptions } from '../targets.ts';

export interface NlbTargetOptions extends TargetOptions {
  /** Into `NlbOptions.zones`. */
  readonly zoneIndex: number;
}

export interface NlbOptions {
  readonly listeners: readonly NlbListenerOptions[];
  /** Names of the availability zones in which it has a node. */
  readonly zones: readonly string[];
  /** `load_balancing.cross_zone.enabled`: a node sends to targets of all zones. */
  readonly crossZone: boolean;
  /** `preserve_client_ip.enabled`: on for targets by instance, off for targets by address over TCP; always on for UDP. */
  readonly keepsClientAddress: boolean;
}

export interface NlbListenerOptions {
  readonly port: number;
  readonly targets: readonly NlbTargetOptions[];
  /** `stickiness.enabled` with `stickiness.type` `source_ip`. */
  readonly stickiness: 'none' | 'sourceIp';
  /** `tcp.idle_timeout.seconds`. */
  readonly idleTimeoutUs: number;
  readonly check: ThresholdCheckOptions;
  /** `target_health_state.unhealthy.connection_termination.enabled`. */
  readonly connectionTermination: boolean;
  /** `deregistration_delay.timeout_seconds`. */
  readonly deregistrationDelayUs: number;
  /** `deregistration_delay.connection_termination.enabled`: flows end with the delay. */
  readonly deregistrationTermination: boolean;
}

// CreateTargetGroup: HealthCheckIntervalSeconds 30, HealthCheckTimeoutSeconds 10 (TCP), UnhealthyThresholdCount 2,
// HealthyThresholdCount 5. TargetGroupAttribute and LoadBalancerAttribute: the rest.
export const nlbDefaults = {
  stickiness: 'none',
  idleTimeoutUs: 350_000_000,
  check: { intervalUs: 30_000_000, timeoutUs: 10_000_000, unhealthyAfter: 2, healthyAfter: 5, asks: 'kernel' },
  connectionTermination: true,
  deregistrationDelayUs: 300_000_000,
  deregistrationTermination: false,
} satisfies Omit<NlbListenerOptions, 'port' | 'targets'>;

// https://aws.amazon.com/blogs/networking-and-content-delivery/introducing-nlb-tcp-configurable-idle-timeout/: UDP 120 s, not to be changed.
export const datagramTimeoutUs = 120_000_000;
