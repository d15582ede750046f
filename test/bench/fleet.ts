// The main job at full size: a fleet, both modes, one simulated hour, a worker killed and back.
import { agentDefaults } from '../../src/models/agentVersions.ts';
import type { ServerOptions } from '../../src/models/agentOptions.ts';
import { killDefaults, type FaultOptions } from '../../src/models/fault.ts';
import { kernelDefaults, networkDefaults } from '../../src/models/network.ts';
import { nodeDefaults } from '../../src/models/node.ts';
import { workloadDefaults } from '../../src/models/workload.ts';
import type { BalancerOptions } from '../../src/models/balancer/options.ts';
import type { WorldOptions } from '../../src/models/worldOptions.ts';

export interface FleetSize {
  readonly agents: number;
  readonly eventsPerSecond: number;
  readonly fault: boolean;
}

const minute = 60_000_000;
const nodeNames = ['master', 'worker01', 'worker02'];
const address = (index: number): string => `172.0.0.${index + 3}`;

/** A cluster of three nodes sized for the fleet: `worker_connections`, balancer addresses and node capacity follow its size. */
export function fleetWorld(mode: 'load-balancer' | 'failover', size: FleetSize): WorldOptions {
  const { server, ...agent } = agentDefaults('4.14.7');
  const { agents, eventsPerSecond } = size;
  const balanced = mode === 'load-balancer';
  const entry = (nodeIndex: number): ServerOptions => ({
    ...server,
    text: balanced ? '172.0.0.1' : address(nodeIndex),
    endpoint: balanced ? { kind: 'balancer', balancerIndex: 0, listenerIndex: 0 } : { kind: 'node', nodeIndex },
    registration: null,
  });
  const killed: FaultOptions = {
    kind: 'kill',
    places: ['worker01'],
    atUs: { fromUs: 20 * minute, toUs: 20 * minute },
    forUs: 10 * minute,
    everyUs: null,
    times: 1,
    ...killDefaults,
  };
  return {
    warmupUs: 2 * minute,
    durationUs: 60 * minute,
    untilSettled: false,
    nodes: nodeNames.map((name, index) => ({
      ...nodeDefaults,
      name,
      address: address(index),
      role: index === 0 ? 'master' : 'worker',
      eventsPerSecond: Math.ceil(agents * eventsPerSecond * 1.5),
      registrationPort: index === 0 ? 1515 : null,
    })),
    network: networkDefaults,
    balancers: balanced ? [balancerFor(agents)] : [],
    groups: [
      {
        name: 'servers',
        count: agents,
        addresses: { kind: 'range', firstHost: 0x0a000001, hostCount: 16_777_214 },
        nat: [],
        events: { ...workloadDefaults, ratePerSecond: eventsPerSecond },
        agent,
        servers: balanced ? [entry(0)] : [entry(1), entry(2)],
        order: 'listed',
        latencyUs: null,
      },
    ],
    faults: size.fault ? [killed] : [],
  };
}

function balancerFor(agents: number): BalancerOptions {
  const workers = 4;
  return {
    name: 'balancer',
    product: {
      kind: 'nginx',
      nginx: {
        workers,
        // Two slots a session; a third of them again, because connections do not spread evenly.
        workerConnections: Math.ceil((2 * agents * 1.34) / workers) + 1024,
        listeningSockets: 1,
        listeners: [
          {
            port: 1514,
            protocol: 'tcp',
            mappedAddresses: false,
            upstreamIndex: 0,
            connectTimeoutUs: minute,
            sessionTimeoutUs: 10 * minute,
            nextUpstream: true,
            nextUpstreamTries: 0,
            nextUpstreamTimeoutUs: 0,
            proxyBufferBytes: 16_384,
          },
        ],
        upstreams: [
          {
            name: 'cluster',
            method: { kind: 'hashConsistent', key: '$remote_addr' },
            zone: false,
            peers: nodeNames.map((_, index) => ({
              serverText: `${address(index)}:1514`,
              address: address(index),
              port: 1514,
              weight: 1,
              maxFails: 1,
              failTimeoutSeconds: 10,
              maxConns: 0,
              down: false,
              backup: false,
            })),
          },
        ],
      },
    },
    addresses: Array.from({ length: Math.ceil(agents / 25_000) + 1 }, (_, index) => `172.0.1.${index + 1}`),
    sourcePorts: 28_232,
    latencyUs: null,
    kernel: kernelDefaults,
  };
}
