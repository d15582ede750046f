// Random balancers of a mode: one of any product, two beside each other, one behind the other, a moving address, a name.
import type { Dice } from './dice.ts';
import { randomKernel } from './fleet.ts';
import { haproxyConf, haproxyReleases, randomHelper } from './haproxyConf.ts';
import { nginxConf, type Behind } from './nginxConf.ts';
import { described, dnsName, type Described } from './products.ts';

export type ProductName = 'nginx' | 'haproxy' | Described;
export const productNames: readonly ProductName[] = ['nginx', 'haproxy', 'nlb', 'kubernetes', 'envoy', 'f5', 'dns'];

export interface BalancerGround {
  readonly nodeNames: readonly string[];
  /** Nodes on which somebody listens for registrations. */
  readonly registering: readonly string[];
  /** What this scenario has. */
  readonly products: readonly ProductName[];
  readonly has: (feature: string) => boolean;
}

export interface RandomBalancer {
  readonly name: string;
  /** What an ossec.conf calls it. */
  readonly address: string;
  readonly product: ProductName | 'vip';
  /** Agents may connect to it. */
  readonly isEntrance: boolean;
  /** What it reads at a reload. */
  readonly reread: (() => Record<string, string>) | null;
}

export interface Balancing {
  /** Keys of the mode. */
  readonly mode: Record<string, unknown>;
  readonly balancers: readonly RandomBalancer[];
}

/** Balancers whose own connections lead on: those may stand behind another one. */
const connecting: ReadonlySet<string> = new Set(['nginx', 'haproxy', 'envoy']);
const addresses: Readonly<Record<string, string>> = {
  balancer: '172.0.0.2',
  lb1: '172.0.9.11',
  lb2: '172.0.9.12',
  lb3: '172.0.9.13',
  front: '172.0.9.10',
};

export function randomBalancing(dice: Dice, ground: BalancerGround): Balancing {
  const arrangement = ground.has('severalBalancers')
    ? dice.one(['alone', 'pair', 'withAlone', 'vip', 'vip', 'chain', 'chain', 'name', 'vipChain'] as const)
    : 'alone';
  return new Arrangement(dice, ground).of(arrangement);
}

class Arrangement {
  readonly #dice: Dice;
  readonly #ground: BalancerGround;
  /** Whoever takes over an address listens where the other one did. */
  readonly #registers: boolean;
  #helpers = 0;

  constructor(dice: Dice, ground: BalancerGround) {
    this.#dice = dice;
    this.#ground = ground;
    this.#registers = !dice.once(4);
  }

  of(arrangement: 'alone' | 'pair' | 'withAlone' | 'vip' | 'chain' | 'name' | 'vipChain'): Balancing {
    const dice = this.#dice;
    const product = (): ProductName => dice.one(this.#ground.products);
    const leading = (): ProductName => {
      const fit = this.#ground.products.filter((each) => connecting.has(each));
      return fit.length > 0 ? dice.one(fit) : dice.one(['nginx', 'haproxy']);
    };
    const standing = (): ProductName => {
      const fit = this.#ground.products.filter((each) => each !== 'dns');
      return fit.length > 0 ? dice.one(fit) : leading();
    };
    switch (arrangement) {
      case 'alone': {
        const one = this.#balancer('balancer', product(), null, true);
        return { mode: one.data, balancers: [one.balancer] };
      }
      case 'withAlone': {
        const one = this.#balancer('balancer', standing(), null, true);
        const other = this.#balancer('lb1', standing(), null, true);
        return { mode: { ...one.data, balancers: { lb1: other.data } }, balancers: [one.balancer, other.balancer] };
      }
      case 'pair':
        return named([this.#balancer('lb1', product(), null, true), this.#balancer('lb2', standing(), null, true)]);
      case 'vip':
        return named([
          this.#balancer('lb1', standing(), null, dice.once(3)),
          this.#balancer('lb2', standing(), null, dice.once(3)),
          this.#vip(['lb1', 'lb2']),
        ]);
      case 'chain': {
        const last = dice.once(3) ? ['lb1'] : ['lb1', 'lb2'];
        return named([
          ...last.map((name) => this.#balancer(name, leading(), null, dice.once(3))),
          this.#balancer('front', standing(), last, true),
        ]);
      }
      case 'name': {
        const last = ['lb1', 'lb2'];
        return named([
          ...last.map((name) => this.#balancer(name, standing(), null, dice.once(3))),
          this.#balancer('front', 'dns', dice.once(3) ? [...last, this.#ground.nodeNames[0]!] : last, true),
        ]);
      }
      case 'vipChain':
        return named([
          this.#balancer('lb1', standing(), ['lb3'], false),
          this.#balancer('lb2', standing(), ['lb3'], dice.once(3)),
          this.#balancer('lb3', leading(), null, false),
          this.#vip(['lb1', 'lb2']),
        ]);
      default:
        return arrangement satisfies never;
    }
  }

  #vip(of: readonly string[]): Made {
    const dice = this.#dice;
    const data = {
      vip: {
        of: dice.once(4) ? [...of].reverse() : of,
        ...(dice.once(2) && { takeover: dice.one(['0s', '3s', '40s']) }),
        ...(dice.once(2) && { returns: dice.once(2) }),
        ...(dice.once(2) && { follows: dice.one(['host', 'process']) }),
      },
      addresses: [addresses.front!],
    };
    return {
      data,
      balancer: { name: 'front', address: addresses.front!, product: 'vip', isEntrance: true, reread: null },
    };
  }

  /** @param next the balancers behind it; `null`: the nodes. */
  #balancer(name: string, product: ProductName, next: readonly string[] | null, isEntrance: boolean): Made {
    const dice = this.#dice;
    const { nodeNames, registering, has } = this.#ground;
    const addressOf = (each: string): string => addresses[each] ?? `172.0.0.${nodeNames.indexOf(each) + 3}`;
    const inService = has('spareNode') ? nodeNames.slice(0, Math.max(1, nodeNames.length - 1)) : nodeNames;
    const events = next ?? (dice.once(6) ? dice.some(inService) : inService);
    const to = next ?? (dice.once(2) ? registering.slice(0, 1) : registering);
    const behind: Behind = { events, registration: this.#registers && to.length > 0 ? to : null, addressOf, has };
    const address = product === 'dns' ? dnsName : addresses[name]!;
    const release = dice.one(haproxyReleases);
    const made = (data: unknown, reread: RandomBalancer['reread'], latencyOnly = false): Made => ({
      data: { [product]: { ...(data as object), ...this.#host(name, product, latencyOnly) } },
      balancer: { name, address, product, isEntrance, reread },
    });
    if (product === 'nginx') {
      const text = (): string => nginxConf(dice, behind, next === null);
      return made({ file: text() }, () => ({ nginx: text() }));
    }
    if (product === 'haproxy') {
      const helped = has('helper') && next === null && this.#helpers++ === 0;
      const text = (): string => haproxyConf(dice, behind, release, helped);
      const helper = helped && !dice.once(6) ? { helper: randomHelper(dice, nodeNames) } : {};
      return made({ file: text(), version: release, ...helper }, () => ({ haproxy: text() }));
    }
    return made(described[product](dice, behind), null, product === 'dns');
  }

  #host(name: string, product: ProductName, latencyOnly: boolean): Record<string, unknown> {
    const dice = this.#dice;
    const { has } = this.#ground;
    const latency = has('latency') && dice.once(3) && { latency: dice.one(['0s', '200us', '90ms']) };
    if (latencyOnly) return { ...latency };
    return {
      addresses: [addresses[name]],
      ...(connecting.has(product) && dice.once(6) && { ports: dice.one([1, 3, 100]) }),
      ...(has('kernel') && dice.once(2) && { kernel: randomKernel(dice) }),
      ...latency,
      ...(has('unreachable') && dice.once(3) && { unreachable: dice.one(['routed', 'sameSegment']) }),
    };
  }
}

interface Made {
  readonly data: Record<string, unknown>;
  readonly balancer: RandomBalancer;
}

function named(made: readonly Made[]): Balancing {
  return {
    mode: { balancers: Object.fromEntries(made.map(({ data, balancer }) => [balancer.name, data])) },
    balancers: made.map(({ balancer }) => balancer),
  };
}
