// Paths into the configuration of a balancer: `nginx.server[1514].proxy_connect_timeout`, `haproxy.backend[b].server[*].weight`.
import type { ConfStep } from './import/confSetting.ts';
import { quote } from './wording.ts';

export interface ConfPath {
  /** `modes.<mode>.` in front; `null`: every mode that has such a balancer. */
  readonly mode: string | null;
  /** `balancers.<name>.` in front; `null`: every one. */
  readonly balancer: string | null;
  readonly product: 'nginx' | 'haproxy';
  readonly steps: readonly ConfStep[];
}

// What a scenario says about a balancer beside its configuration: schema/balancers.ts.
const aboutTheHost: ReadonlySet<string> = new Set([
  ...['file', 'version', 'cpus', 'env', 'ports', 'addresses', 'kernel', 'latency', 'unreachable'],
]);

const name = String.raw`(?:\.([A-Za-z0-9_-]+)|\["([^"\\]+)"\])`;
const front = new RegExp(String.raw`^(?:modes${name}\.)?(?:balancers${name}\.)?(nginx|haproxy)(?=[.[])`);
const step = /\.([A-Za-z0-9_-]+)(?:\[(?:"([^"]*)"|([^\]"]+))\])?/y;

/** @returns `null` when it is a path of the scenario itself, a text when it is none at all. */
export function parseConfPath(text: string): ConfPath | string | null {
  const match = front.exec(text);
  if (match === null) return null;
  const [whole, mode, quotedMode, balancer, quotedBalancer, product] = match;
  const steps: ConfStep[] = [];
  let at = whole.length;
  while (at < text.length) {
    step.lastIndex = at;
    const found = step.exec(text);
    if (found === null) {
      const example = product === 'nginx' ? 'nginx.server[1514].proxy_timeout' : 'haproxy.backend[b].server[w1].weight';
      return `${quote(text)} is no path into a configuration. Write it like ${example}.`;
    }
    steps.push({ name: found[1]!, selector: found[2] ?? found[3] ?? null });
    at = step.lastIndex;
  }
  const [first] = steps;
  if (first !== undefined && first.selector === null && aboutTheHost.has(first.name)) return null;
  return {
    mode: mode ?? quotedMode ?? null,
    balancer: balancer ?? quotedBalancer ?? null,
    product: product === 'nginx' ? 'nginx' : 'haproxy',
    steps,
  };
}

/** A value of a setting; `undefined`: it is none. */
export function confValue(value: unknown): string | boolean | null | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  return typeof value === 'number' ? String(value) : undefined;
}
