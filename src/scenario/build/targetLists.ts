// Lists of nodes behind a balancer that a scenario describes itself: which addresses and ports they mean.
import type { TargetOptions } from '../../models/balancer/targets.ts';
import { nodeDefaults } from '../../models/node.ts';
import { nearest } from '../problem.ts';
import { listNames, quote, type Path } from '../wording.ts';
import { balancersGiven } from './balancers.ts';
import type { Cluster } from './cluster.ts';
import type { Build } from './context.ts';
import type { ListenerUse } from './listeners.ts';

/** An entry of such a list. */
export type TargetData =
  | string
  | {
      readonly node: string;
      readonly port?: number | undefined;
      readonly weight?: number | undefined;
      readonly maxConnections?: number | undefined;
      readonly zone?: string | undefined;
      readonly on?: string | undefined;
    };

export interface Listening {
  readonly port?: number | undefined;
  readonly registration?: { readonly port?: number | undefined; readonly to: readonly TargetData[] } | undefined;
}

/** One port on which such a balancer takes connections. */
export interface ListenerData<T> {
  readonly port: number;
  readonly use: ListenerUse;
  readonly targets: readonly T[];
}

/**
 * The listeners of a balancer: for events, and where agents register through it for that, too.
 * @param more what a target is beside its address. @returns `null` when there were problems; they have been reported.
 */
export function readListeners<T extends TargetOptions>(
  build: Build,
  cluster: Cluster,
  key: string,
  events: readonly TargetData[],
  { port, registration }: Listening,
  path: Path,
  more: (target: TargetOptions, data: Exclude<TargetData, string>, path: Path) => T,
): readonly ListenerData<T>[] | null {
  const before = build.problemCount;
  const given = [
    { port: port ?? nodeDefaults.eventsPort, use: 'events' as const, list: events, at: [...path, key] },
    ...(registration
      ? [
          {
            port: registration.port ?? nodeDefaults.registrationPort,
            use: 'registration' as const,
            list: registration.to,
            at: [...path, 'registration', 'to'],
          },
        ]
      : []),
  ];
  if (given.length === 2 && given[0]!.port === given[1]!.port) {
    build.fail([...path, 'registration'], `port ${given[0]!.port} is that of events. Give registration another port.`);
  }
  const listeners = given.map(({ port: own, use, list, at }) => ({
    port: own,
    use,
    targets: list.flatMap((each, index) => {
      const data = typeof each === 'string' ? { node: each } : each;
      const target = readTarget(build, cluster, data, use, own, [...at, index]);
      return target ? [more(target, data, [...at, index])] : [];
    }),
  }));
  for (const [index, { targets }] of listeners.entries()) {
    targets.forEach((target, nth) => {
      const is = ({ address, port: own }: T): boolean => address === target.address && own === target.port;
      if (targets.findIndex(is) < nth) {
        build.fail(
          [...given[index]!.at, nth],
          `${target.serverText} is in the list twice. Give it more weight instead.`,
        );
      }
    });
  }
  return build.problemCount > before ? null : listeners;
}

function readTarget(
  build: Build,
  cluster: Cluster,
  { node: name, port, weight = 1, maxConnections = 0 }: Exclude<TargetData, string>,
  use: ListenerUse,
  listenPort: number,
  path: Path,
): TargetOptions | null {
  const rest = { serverText: name, weight, maxSessions: maxConnections, disabled: false };
  const index = cluster.nodeOf(name);
  if (index >= 0) {
    const { address, eventsPort, registrationPort } = cluster.nodes[index]!;
    const own = use === 'events' ? eventsPort : (registrationPort ?? nodeDefaults.registrationPort);
    return { ...rest, address, port: port ?? own };
  }
  const others = balancersGiven(build);
  const balancer = others.find((each) => each.name === name);
  if (balancer) {
    const [address] = balancer.addresses;
    if (address !== undefined) return { ...rest, address, port: port ?? listenPort };
    build.fail(path, `${name} has no address to be reached at. Give it addresses.`);
    return null;
  }
  const names = [...cluster.nodes.map((node) => node.name), ...others.map((each) => each.name)];
  const meant = nearest(name, names);
  build.fail(
    path,
    `${quote(name)} is neither a node nor a balancer of this mode.${meant ? ` Did you mean ${meant}?` : ''} Known: ${listNames(names)}.`,
  );
  return null;
}
