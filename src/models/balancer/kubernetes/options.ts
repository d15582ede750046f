// What of a Kubernetes Service matters for agents: how kube-proxy spreads connections, and when an endpoint is taken out.
// Sources: kubernetes.io, "Virtual IPs and Service Proxies", "Configure Liveness, Readiness and Startup Probes", "Nodes"; API reference,
// ClientIPConfig and Probe; kube-proxy and kube-controller-manager command line references.
import type { HealthChecks } from '../contract.ts';
import type { TargetOptions } from '../targets.ts';

export interface KubernetesEndpointOptions extends TargetOptions {
  /** Node of Kubernetes on which the pod runs, into `KubernetesOptions.entryNodes`; -1: one to which nobody connects from outside. */
  readonly nodeIndex: number;
}

export const ipvsSchedulers = ['rr', 'wrr', 'lc', 'wlc', 'sh', 'dh', 'sed', 'nq'] as const;
export type IpvsScheduler = (typeof ipvsSchedulers)[number];

export interface KubernetesProbeOptions {
  readonly periodUs: number;
  readonly timeoutUs: number;
  readonly failures: number;
  readonly successes: number;
  /** `kernel`: `tcpSocket`; `process`: a command or a request that only a working process answers. */
  readonly asks: HealthChecks['asks'];
}

export interface KubernetesOptions {
  readonly listeners: readonly { readonly port: number; readonly endpoints: readonly KubernetesEndpointOptions[] }[];
  readonly proxy: 'iptables' | 'ipvs';
  /** Of `ipvs`. */
  readonly scheduler: IpvsScheduler;
  /** Address by which agents know the Service: what `dh` hashes. */
  readonly serviceAddress: string;
  /** `sessionAffinityConfig.clientIP.timeoutSeconds`; `null`: no affinity. */
  readonly affinityUs: number | null;
  /** Addresses that an `iptables` affinity remembers for each endpoint. */
  readonly affinityEntries: number;
  /** Nodes of Kubernetes that connections come in by, each with memory of its own; which one a connection takes is drawn. */
  readonly entryNodes: number;
  readonly externalTrafficPolicy: 'Cluster' | 'Local';
  /** `null`: a pod is ready while its container runs. */
  readonly readiness: KubernetesProbeOptions | null;
  /** From the change of an endpoint to the rules of kube-proxy. */
  readonly syncUs: number;
  /** `--node-monitor-grace-period`. */
  readonly nodeGraceUs: number;
  /** Of conntrack, or of IPVS: a flow without a packet for so long is forgotten. */
  readonly idleTimeoutUs: number;
}

// Probe v1 core: periodSeconds 10, timeoutSeconds 1, failureThreshold 3, successThreshold 1.
export const probeDefaults = {
  periodUs: 10_000_000,
  timeoutUs: 1_000_000,
  failures: 3,
  successes: 1,
  asks: 'kernel',
} satisfies KubernetesProbeOptions;

export const kubernetesDefaults = {
  proxy: 'iptables',
  scheduler: 'rr',
  affinityUs: null,
  // Linux, net/netfilter/xt_recent.c, ip_list_tot: 100; kube-proxy leaves it.
  affinityEntries: 100,
  entryNodes: 1,
  externalTrafficPolicy: 'Cluster',
  readiness: null,
  // kube-proxy, iptables.minSyncPeriod 1s.
  syncUs: 1_000_000,
  // kube-controller-manager: 40s up to 1.31, 50s from 1.32.
  nodeGraceUs: 50_000_000,
} satisfies Partial<KubernetesOptions>;

// ClientIPConfig: timeoutSeconds 10800.
export const affinityDefaultUs = 10_800_000_000;

/**
 * kube-proxy, `--conntrack-tcp-timeout-established` 24h (kubernetes.io/docs/reference/command-line-tools-reference/kube-proxy/); IPVS,
 * `ipvsadm -l --timeout`: 900 120 300 (tcp, tcpfin, udp), of which kube-proxy changes none unless it is told to (`--ipvs-tcp-timeout`).
 */
export const flowTimeoutUs = { iptables: 86_400_000_000, ipvs: 900_000_000 } as const;

/** Linux, Documentation/networking/nf_conntrack-sysctl.rst: nf_conntrack_udp_timeout_stream 120; IPVS as above. */
export const datagramTimeoutUs = { iptables: 120_000_000, ipvs: 300_000_000 } as const;
