// What happens in a scenario, to whom, when, and for how long: to places, to the paths between them, to agents, at the balancer.
import type { BalancerProduct } from './balancer/options.ts';

/** A node or a balancer, by name. The place of a lone balancer, and of none, is called `balancer`. */
export const balancerPlace = 'balancer';
/** Every agent of the fleet, as one end of a path. */
export const agentsPlace = 'agents';

interface FaultTiming {
  /** First instant in µs since the end of the warm-up, drawn uniformly in [from, to]; `null`: down from the start of the warm-up. */
  readonly atUs: { readonly fromUs: number; readonly toUs: number } | null;
  /** Length in µs; `null`: to the end of the run and beyond. What has no length (a command, dropped flows) says 0. */
  readonly forUs: number | null;
  /** Distance between repetitions; `null`: once. */
  readonly everyUs: number | null;
  /** Number of repetitions; 1 without `everyUs`. */
  readonly times: number;
  /** Instead of all that: exponential times between the end of one and the start of the next, and of its length. */
  readonly random?: { readonly mtbfUs: number; readonly mttrUs: number } | undefined;
}

interface AtPlaces extends FaultTiming {
  /** Places hit together. A place that a mode does not have is left out there. */
  readonly places: readonly string[];
}

/** What happens to hosts and the processes on them. */
export type PlaceFault =
  /** The processes die, the host lives. */
  | (AtPlaces & {
      readonly kind: 'kill';
      /** How long the dying process' listening socket still takes connections, µs. */
      readonly acceptsForUs: number;
    })
  /** Host or cable gone. */
  | (AtPlaces & { readonly kind: 'powerOff' })
  /** Processes stand still, the kernel accepts and acknowledges. `only`: the other one of the two goes on. */
  | (AtPlaces & { readonly kind: 'hang'; readonly only?: 'remoted' | 'authd' | undefined })
  /** Orderly: `wazuh-control stop`. */
  | (AtPlaces & { readonly kind: 'stop' })
  /** A stop, and a start `forUs` later. */
  | (AtPlaces & { readonly kind: 'restart' })
  /** Restarts of the places one after the other. */
  | (AtPlaces & {
      readonly kind: 'rolling';
      /** Each is stopped this long. */
      readonly downUs: number;
      /** From the start of one to whatever happens to the next. */
      readonly pauseUs: number;
      /** Each is taken out of service this long before it stops, where the balancer can do that. */
      readonly drainUs: number;
      /** Who is told to drain; absent: all there are. */
      readonly balancers?: readonly string[] | undefined;
    })
  /** Accepts, acknowledges, and throws the events away. */
  | (AtPlaces & { readonly kind: 'zombie' })
  /** Analyses only this share of its capacity. */
  | (AtPlaces & { readonly kind: 'slow'; readonly toShare: number });

/** What happens to the paths between two places: names of groups, nodes, `balancer`, or `agents` for all of them. */
export type LinkFault =
  /** No packet from `from` arrives at `to`; nor the other way, unless it is `oneWay`. */
  | (FaultTiming & {
      readonly kind: 'partition';
      readonly from: string;
      readonly to: string;
      readonly oneWay: boolean;
    })
  /** A middlebox forgets the connections from `from` to `to`; it answers what still comes with RST, or drops it. */
  | (FaultTiming & {
      readonly kind: 'dropFlows';
      readonly from: string;
      readonly to: string;
      readonly answer: 'rst' | 'silence';
    });

interface ToGroups extends FaultTiming {
  /** Groups told together, by name. */
  readonly groups: readonly string[];
}

/** What agents are told to do. */
export type AgentCommand =
  | (ToGroups & {
      readonly kind: 'restartAgents';
      /** They restart one after the other, spread evenly over this time, µs. */
      readonly overUs: number;
    })
  /** A new shared configuration. */
  | (ToGroups & {
      readonly kind: 'pushConfig';
      /** Whether agents act on it (`agent.remote_conf`, `agent.auto_restart`): 4.14 reloads, earlier ones restart. */
      readonly restarts: boolean;
    })
  | (ToGroups & {
      readonly kind: 'reconnectAgents';
      /** So many are asked at once, then comes a pause; `null`: all at once. */
      readonly chunk: number | null;
      readonly pauseUs: number;
    })
  /** The first `count` agents of a group, which have no key until then, enrol. */
  | (FaultTiming & {
      readonly kind: 'enroll';
      readonly group: string;
      readonly count: number;
      /** They begin spread evenly over this time, µs. */
      readonly overUs: number;
    });

/** What an operator does at the balancer. */
export type BalancerFault =
  /** New worker processes, of another configuration where one is given; the old ones keep their sessions. */
  | (FaultTiming & {
      readonly kind: 'reload';
      readonly balancers: readonly string[];
      /** `null`: the same as before. */
      readonly product: BalancerProduct | null;
    })
  /** A change of the servers it passes connections to. */
  | (AtPlaces & {
      readonly kind: 'drain' | 'addNode' | 'removeNode';
      /** Absent: all there are. */
      readonly balancers?: readonly string[] | undefined;
    });

export type FaultOptions = PlaceFault | LinkFault | AgentCommand | BalancerFault;
export type FaultKind = FaultOptions['kind'];

// Measured on loopback, where an agent is back within about a millisecond: one reconnect of three still met the dying
// process' listening socket, two of three did not.
export const killDefaults = { acceptsForUs: 1_000 };

// Assumed, and printed: nothing measured or published says how long a manager is away in a restart.
export const restartDefaults = { downUs: 10_000_000 };

/** Names of what is touched, in the words of the scenario. */
export function touched(fault: FaultOptions): readonly string[] {
  switch (fault.kind) {
    case 'partition':
    case 'dropFlows':
      return [fault.from, fault.to];
    case 'restartAgents':
    case 'pushConfig':
    case 'reconnectAgents':
      return fault.groups;
    case 'enroll':
      return [fault.group];
    case 'reload':
      return fault.balancers;
    default:
      return fault.places;
  }
}

/** Places where processes or hosts are hit; none of a fault that is about paths, agents or the balancer's servers. */
export function struckPlaces(fault: FaultOptions): readonly string[] {
  return takesNodeDown(fault.kind) || fault.kind === 'slow' ? touched(fault) : [];
}

/** True for what takes a node out of service: it carries no load until the end of the fault. */
export function takesNodeDown(kind: FaultKind): boolean {
  switch (kind) {
    case 'kill':
    case 'powerOff':
    case 'hang':
    case 'stop':
    case 'restart':
    case 'rolling':
    case 'zombie':
      return true;
    case 'slow':
    case 'partition':
    case 'dropFlows':
    case 'restartAgents':
    case 'pushConfig':
    case 'reconnectAgents':
    case 'enroll':
    case 'reload':
    case 'drain':
    case 'addNode':
    case 'removeNode':
      return false;
    default:
      return kind satisfies never;
  }
}

/** True where the processes are gone in between: they need the node's start-up before they accept. */
export function endsInStartup(kind: FaultKind): boolean {
  return kind === 'kill' || kind === 'powerOff' || kind === 'stop' || kind === 'restart' || kind === 'rolling';
}

/** True for what an operator does at the balancer. */
export function isBalancerFault(fault: FaultOptions): fault is BalancerFault {
  const { kind } = fault;
  return kind === 'reload' || kind === 'drain' || kind === 'addNode' || kind === 'removeNode';
}

/** What one of several balancers says about an order has its name in front. */
export function orderNote(balancer: string, note: string): string {
  return balancer === balancerPlace ? note : `${balancer}: ${note}`;
}
