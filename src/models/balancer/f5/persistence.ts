// Source-address persistence: connections of an address, or of its network, go where the last one went, until none has come for the
// time-out. What open connections do to it is not modelled: their traffic may keep the entry for longer.
// Source: F5, persistence profiles (source address affinity: time-out 180 s, mask none).
import { bytesOf } from '../haproxy/key.ts';
import type { Target } from '../targets.ts';

export interface Persistence {
  find(address: string, nowUs: number): Target | null;
  use(address: string, target: Target, nowUs: number): void;
}

export function newPersistence(timeoutUs: number, maskBits: number): Persistence {
  const entries = new Map<string, { readonly target: Target; readonly usedUs: number }>();
  const keyOf = (address: string): string => {
    const bytes = bytesOf(address);
    if (maskBits >= 32 || bytes.length !== 4) return address;
    return bytes.map((byte, at) => byte & (0xff00 >>> Math.min(8, Math.max(0, maskBits - 8 * at)))).join('.');
  };
  return {
    find(address, nowUs) {
      const entry = entries.get(keyOf(address));
      return entry && nowUs - entry.usedUs <= timeoutUs ? entry.target : null;
    },
    use(address, target, nowUs) {
      entries.set(keyOf(address), { target, usedUs: nowUs });
    },
  };
}
