// The path between a sender (the agents of a group, or the balancer) and a host: which way it is cut, and when.
import type { Occurrence } from './plan.ts';

interface Span {
  readonly occurrence: Occurrence;
  /** Of what happens at its first instant some comes before it. */
  hasBegun: boolean;
}

function holds({ occurrence: { startUs, endUs }, hasBegun }: Span, atUs: number): boolean {
  return startUs <= atUs && atUs < endUs && (hasBegun || startUs < atUs);
}

/** A cut lies right in front of the host: packets are judged there, when they arrive and when they leave. */
export class Leg {
  readonly #there: Span[] = [];
  readonly #back: Span[] = [];

  plan(towards: boolean, back: boolean, occurrence: Occurrence): void {
    const span = { occurrence, hasBegun: false };
    if (towards) this.#there.push(span);
    if (back) this.#back.push(span);
  }

  begin(occurrence: Occurrence): void {
    for (const span of [...this.#there, ...this.#back]) if (span.occurrence === occurrence) span.hasBegun = true;
  }

  /** A packet arrives at the host. */
  passesThere(atUs: number): boolean {
    return !this.#there.some((span) => holds(span, atUs));
  }

  /** A packet leaves the host. */
  passesBack(atUs: number): boolean {
    return !this.#back.some((span) => holds(span, atUs));
  }

  isOpen(atUs: number): boolean {
    return this.passesThere(atUs) && this.passesBack(atUs);
  }

  /** It is cut now, and will never be open again. */
  isCutForGood(atUs: number): boolean {
    const never = (spans: readonly Span[]): boolean =>
      spans.some((span) => holds(span, atUs) && span.occurrence.endUs === Infinity);
    return never(this.#there) || never(this.#back);
  }
}

/** One end of a path, as a scenario names it. */
export type End = { readonly kind: 'agents' } | { readonly kind: 'group' | 'place'; readonly index: number };

/** All legs of a world. A sender is a group by its index, or -1: the balancer. */
export class Legs {
  readonly #legs = new Map<string, Leg>();
  readonly #balancer: number;

  /** @param balancer its index among the hosts, behind the nodes. */
  constructor(occurrences: readonly Occurrence[], groups: number, balancer: number) {
    this.#balancer = balancer;
    for (const occurrence of occurrences) {
      if (occurrence.fault.kind !== 'partition') continue;
      const { oneWay } = occurrence.fault;
      for (const { leg, isTowards } of this.hitBy(occurrence, groups)) {
        leg.plan(!oneWay || isTowards, !oneWay || !isTowards, occurrence);
      }
    }
  }

  of(sender: number, host: number): Leg {
    const name = `${sender} ${host}`;
    const leg = this.#legs.get(name) ?? new Leg();
    this.#legs.set(name, leg);
    return leg;
  }

  /** Which legs a fault of a path is about; `isTowards`: it is named from the sender to the host. */
  hitBy({ link }: Occurrence, groups: number): { leg: Leg; isTowards: boolean }[] {
    if (link === null) return [];
    const ways = [
      { near: link.from, far: link.to, isTowards: true },
      { near: link.to, far: link.from, isTowards: false },
    ];
    return ways.flatMap(({ near, far, isTowards }) => {
      if (far.kind !== 'place') return [];
      return this.#senders(near, far.index, groups).map((sender) => ({ leg: this.of(sender, far.index), isTowards }));
    });
  }

  #senders(near: End, host: number, groups: number): number[] {
    switch (near.kind) {
      case 'agents':
        return Array.from({ length: groups }, (_, group) => group);
      case 'group':
        return [near.index];
      case 'place':
        return near.index === this.#balancer && host !== this.#balancer ? [-1] : [];
      default:
        return near satisfies never;
    }
  }
}
