// One name with several addresses. Nobody checks them; agents that resolve at each connect take the first of the answer.
// Sources: RFC 1034, 4.3.2 (all records are given); RFC 1794 (rotation); for agents docs/MODEL.md, "Names".
import type { TargetOptions } from '../targets.ts';

export interface DnsOptions {
  readonly name: string;
  readonly listeners: readonly { readonly port: number; readonly addresses: readonly TargetOptions[] }[];
  /** Order of the addresses in an answer: turned by one for each question, drawn, or always the same. */
  readonly order: 'rotated' | 'random' | 'fixed';
  /** For how long an answer may be kept. */
  readonly ttlUs: number;
  /** Who keeps it: a resolver that orders each answer anew, or the agent's own host, which goes on giving the same order. */
  readonly cachedBy: 'resolver' | 'host';
}

// TTL: no default is published for all zones; 300 s is assumed.
export const dnsDefaults = { order: 'rotated', ttlUs: 300_000_000, cachedBy: 'resolver' } satisfies Partial<DnsOptions>;
