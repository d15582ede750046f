// An AWS NLB chooses a target per connection by a flow hash over protocol, addresses, ports and TCP sequence number. The function is not
// published, and the sequence number makes it new for each connection: here each connection draws evenly among the targets.
// Source: docs.aws.amazon.com/elasticloadbalancing/latest/network/: introduction.html (flow hash; that of UDP has no sequence number),
// edit-target-group-attributes.html (stickiness), target-group-health-checks.html (zones, fail open).
import { drawBelow } from '../contract.ts';
import { inService, type Target, type TargetSession, type Targets } from '../targets.ts';
import type { NlbListenerOptions, NlbOptions } from './options.ts';

/** Targets that get flows, by the zone whose node has the flow: healthy ones, and all when nobody is (fail open). */
function candidates({ all }: Targets, { zones, crossZone }: NlbOptions, listener: NlbListenerOptions): Target[][] {
  const registered = all.filter(inService);
  const healthy = registered.filter((target) => target.healthy);
  const usable = healthy.length > 0 ? healthy : registered;
  return zones.map((_, zone) =>
    crossZone ? usable : usable.filter(({ index }) => listener.targets[index]!.zoneIndex === zone),
  );
}

/** @returns the choice of one listener. */
export function flowHash(
  targets: Targets,
  options: NlbOptions,
  listener: NlbListenerOptions,
): (session: TargetSession) => Target | null {
  let known = -1;
  let byZone: Target[][] = [];
  const isSticky = listener.stickiness === 'sourceIp';
  const sticky = options.zones.map(() => new Map<string, Target>());
  return (session) => {
    if (known !== targets.changes) byZone = candidates(targets, options, listener);
    known = targets.changes;
    const { worker, client } = session;
    const draw = (n: number): number => drawBelow(n, client.luck, session.draws++);
    // The name of the balancer does not resolve to a node whose zone has nobody: its clients come to another.
    const serving = byZone.flatMap(({ length }, zone) => (length > 0 ? [zone] : []));
    if (serving.length === 0) return null;
    const zone = byZone[worker]!.length > 0 ? worker : serving[draw(serving.length)]!;
    const among = byZone[zone]!;
    const before = isSticky ? sticky[zone]!.get(client.address) : undefined;
    if (before && among.includes(before)) return before;
    const target = among[draw(among.length)]!;
    if (isSticky) sticky[zone]!.set(client.address, target);
    return target;
  };
}
