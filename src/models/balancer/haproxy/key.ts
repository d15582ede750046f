// What HAProxy hashes of a client. Source: HAProxy 2.6.0, src/backend.c, get_server_sh() and get_server_expr(); src/sample.c,
// c_int2bin() and sample_conv_ipmask().
import type { BalancerClient } from '../contract.ts';
import { addressBytes } from '../nginx/clientKey.ts';
import { avalanche, hashBytes } from './hashes.ts';
import type { HaproxyBackendOptions, HaproxyBindOptions, HaproxyHashSample } from './options.ts';

/** @returns where on the ring, or in the table, the client belongs; 0 where the method hashes nothing. */
export function clientHash(
  { balance, hashType }: HaproxyBackendOptions,
  client: BalancerClient,
  bind: BindSeen,
): number {
  switch (balance.kind) {
    case 'source': {
      const { address } = client;
      const isShort = !bind.mappedAddresses && !address.includes(':');
      const key = isShort ? addressNumber(address) : sourceKey(bytesSeen(address, bind));
      return hashType.avalanche ? avalanche(key) : key;
    }
    case 'hash': {
      const hash = hashBytes(hashType.function, sampleBytes(balance.sample, client, bind));
      return hashType.avalanche ? avalanche(hash) : hash;
    }
    case 'roundrobin':
    case 'static-rr':
    case 'leastconn':
    case 'first':
    case 'random':
      return 0;
    default:
      return balance satisfies never;
  }
}

/** The bytes that are hashed; `null`: the method hashes nothing. */
export function clientKeyBytes(
  { balance }: HaproxyBackendOptions,
  client: BalancerClient,
  bind: BindSeen,
): Uint8Array | null {
  if (balance.kind === 'source') return bytesSeen(client.address, bind);
  return balance.kind === 'hash' ? sampleBytes(balance.sample, client, bind) : null;
}

/** What a key may hold of the listening socket. */
export type BindSeen = Pick<HaproxyBindOptions, 'port' | 'mappedAddresses'>;

/** `balance source`: the words of the address, first byte first, in one; no hash function, whatever `hash-type` names. */
export function sourceKey(bytes: Uint8Array): number {
  let key = 0;
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    key ^= (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
  }
  return key >>> 0;
}

/** Bytes of a `balance hash` sample. */
export function sampleBytes({ fetch, mask }: HaproxyHashSample, client: BalancerClient, bind: BindSeen): Uint8Array {
  switch (fetch) {
    case 'src': {
      const bytes = bytesSeen(client.address, bind);
      return mask === null ? bytes : masked(bytes, mask);
    }
    case 'src_port':
      return numberBytes(client.port);
    case 'dst_port':
      return numberBytes(bind.port);
    default:
      return fetch satisfies never;
  }
}

/** A number becomes eight bytes, the greatest first. */
function numberBytes(value: number): Uint8Array {
  return Uint8Array.of(0, 0, 0, 0, value >>> 24, value >>> 16, value >>> 8, value);
}

function bytesSeen(address: string, { mappedAddresses }: BindSeen): Uint8Array {
  const bytes = bytesOf(address);
  if (!mappedAddresses || bytes.length !== 4) return bytes;
  return Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, ...bytes);
}

/** 4 or 16 bytes of a valid address. */
export function bytesOf(address: string): Uint8Array {
  if (address.includes(':')) return Uint8Array.from(addressBytes(address));
  const number = addressNumber(address);
  return Uint8Array.of(number >>> 24, number >>> 16, number >>> 8, number);
}

/** A valid IPv4 address, its first byte the greatest. */
function addressNumber(address: string): number {
  let number = 0;
  let byte = 0;
  for (let index = 0; index < address.length; index++) {
    const code = address.charCodeAt(index);
    if (code === 46) {
      number = (number << 8) | byte;
      byte = 0;
    } else byte = 10 * byte + code - 48;
  }
  return ((number << 8) | byte) >>> 0;
}

/** IPv6 that stands for IPv4 is masked, and hashed, as IPv4. */
function masked(bytes: Uint8Array, mask: { readonly v4Bits: number; readonly v6Bits: number }): Uint8Array {
  const isMapped =
    bytes.length === 16 && bytes[10] === 255 && bytes[11] === 255 && bytes.subarray(0, 10).every((b) => b === 0);
  const kept = isMapped ? bytes.slice(12) : bytes.slice();
  const bits = kept.length === 4 ? mask.v4Bits : mask.v6Bits;
  for (let at = 0; at < kept.length; at++) {
    const left = Math.min(8, Math.max(0, bits - 8 * at));
    kept[at]! &= 0xff00 >>> left;
  }
  return kept;
}
