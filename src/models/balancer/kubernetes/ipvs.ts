// kube-proxy in IPVS mode: the kernel's schedulers. All weights are 1; endpoints that come are put in front of the kernel's list.
// Sources: kubernetes, pkg/proxy/ipvs/proxier.go, syncEndpoint(): endpoints are added in the order of their texts; Linux,
// net/netfilter/ipvs/ip_vs_ctl.c, __ip_vs_update_dest(): list_add_rcu(); ip_vs_core.c, ip_vs_sched_persist().
import type { Target, TargetSession } from '../targets.ts';
import { createBuckets } from './ipvsHash.ts';
import { createLeast } from './ipvsLeast.ts';
import { createTurns } from './ipvsTurns.ts';
import type { Method } from './method.ts';
import type { IpvsScheduler, KubernetesOptions } from './options.ts';

/** What the kernel knows of a destination. */
export interface Destination {
  readonly target: Target;
  /** `activeconns`: established connections that this node forwards. */
  active: number;
}

export interface Scheduler {
  /** @param list the kernel's, not empty. */
  choose(list: readonly Destination[], session: TargetSession): Destination;
}

function schedulerOf(name: IpvsScheduler, options: KubernetesOptions): Scheduler {
  switch (name) {
    case 'rr':
    case 'wrr':
      return createTurns();
    case 'lc':
    case 'wlc':
    case 'sed':
    case 'nq':
      return createLeast();
    case 'sh':
      return createBuckets(({ client }) => client.address);
    case 'dh':
      return createBuckets(() => options.serviceAddress);
    default:
      return name satisfies never;
  }
}

export function createIpvs(options: KubernetesOptions): Method {
  const { affinityUs, scheduler: name } = options;
  const scheduler = schedulerOf(name, options);
  const templates = new Map<string, { destination: Destination; usedUs: number }>();
  let known: readonly Target[] = [];
  let list: Destination[] = [];
  const gone = new Map<Target, Destination>();
  const destinationOf = (target: Target): Destination | undefined =>
    list.find((each) => each.target === target) ?? gone.get(target);
  const update = (endpoints: readonly Target[]): void => {
    for (const each of list) if (!endpoints.includes(each.target)) gone.set(each.target, each);
    list = list.filter(({ target }) => endpoints.includes(target));
    const come = endpoints.filter((target) => !list.some((each) => each.target === target));
    for (const target of come.sort(byText)) list.unshift(gone.get(target) ?? { target, active: 0 });
    for (const target of come) gone.delete(target);
    known = endpoints;
  };
  return {
    choose(endpoints, session, nowUs) {
      if (known !== endpoints) update(endpoints);
      const { address } = session.client;
      const template = affinityUs === null ? undefined : templates.get(address);
      const isValid =
        template !== undefined &&
        nowUs - template.usedUs <= affinityUs! &&
        endpoints.includes(template.destination.target);
      const destination = isValid ? template.destination : scheduler.choose(list, session);
      if (affinityUs !== null) templates.set(address, { destination, usedUs: nowUs });
      destination.active += 1;
      return destination.target;
    },
    closed(target) {
      const destination = destinationOf(target);
      if (destination) destination.active -= 1;
    },
  };
}

function byText({ options: a }: Target, { options: b }: Target): number {
  const [one, other] = [`${a.address}:${a.port}`, `${b.address}:${b.port}`];
  return one < other ? -1 : one > other ? 1 : 0;
}
