// The value of a `hash` expression for one client. nginx 1.22.1, src/stream/ngx_stream_variables.c and
// ngx_stream_script.c, ngx_stream_script_compile.

export interface KeyClient {
  /** Text form of the address, as nginx has it in `$remote_addr`. */
  readonly remoteAddress: string;
  /** Empty on a unix socket, as is `$server_port`. */
  readonly remotePort: number | '';
  readonly serverPort: number | '';
  readonly protocol: 'TCP' | 'UDP';
}

/** `$remote_addr` and `$binary_remote_addr` of whoever comes over a unix socket. Measured (1.22.1). */
export const unixClient = 'unix:';

/** Variables whose values the simulation knows. */
export const keyVariables = ['remote_addr', 'binary_remote_addr', 'remote_port', 'server_port', 'protocol'] as const;
export type KeyVariable = (typeof keyVariables)[number];

export type KeyPart =
  | { readonly kind: 'text'; readonly bytes: string }
  | { readonly kind: 'variable'; readonly name: KeyVariable }
  /** One that the configuration makes (variables.ts). */
  | { readonly kind: 'own'; readonly name: string };

/**
 * @param isOwn true for the names of variables that the configuration makes, in lower case.
 * @returns the parts of an expression, or what is wrong with it.
 */
export function parseKey(
  expression: string,
  isOwn: (name: string) => boolean = () => false,
): readonly KeyPart[] | string {
  const parts: KeyPart[] = [];
  const pattern = /\$(?:\{(\w*)(\}?)|([1-9])|(\w*))|[^$]+/g;
  for (const [text, braced, end, capture, bare] of expression.matchAll(pattern)) {
    if (!text.startsWith('$')) {
      parts.push({ kind: 'text', bytes: Buffer.from(text).toString('latin1') });
      continue;
    }
    const written = braced ?? capture ?? bare ?? '';
    if (braced !== undefined && end === '') return `the closing bracket of \${${braced} is missing`;
    if (written === '') return 'there is no name behind "$"';
    const name = written.toLowerCase();
    if (isOwn(name)) {
      parts.push({ kind: 'own', name });
      continue;
    }
    if (!isKeyVariable(name)) {
      return `the value of $${written} is not modelled. Known: ${keyVariables.map((known) => `$${known}`).join(', ')}`;
    }
    parts.push({ kind: 'variable', name });
  }
  return parts;
}

function isKeyVariable(name: string): name is KeyVariable {
  return (keyVariables as readonly string[]).includes(name);
}

/** Bytes of the key, one character each (Latin-1). @param parts none of the configuration's own. */
export function clientKey(parts: readonly KeyPart[], client: KeyClient): string {
  let key = '';
  for (const part of parts) {
    if (part.kind === 'own') throw new Error(`$${part.name} is not of the client`);
    key += part.kind === 'text' ? part.bytes : valueOf(part.name, client);
  }
  return key;
}

export function keyBytes(key: string): Buffer {
  return Buffer.from(key, 'latin1');
}

/** Of one of the variables that every client has. */
export function valueOf(name: KeyVariable, client: KeyClient): string {
  switch (name) {
    case 'remote_addr':
      return client.remoteAddress;
    case 'binary_remote_addr':
      if (client.remoteAddress === unixClient) return unixClient;
      return String.fromCharCode(...addressBytes(client.remoteAddress));
    case 'remote_port':
      return String(client.remotePort);
    case 'server_port':
      return String(client.serverPort);
    case 'protocol':
      return client.protocol;
    default:
      return name satisfies never;
  }
}

/** 4 or 16 bytes of a valid address. */
export function addressBytes(address: string): number[] {
  if (!address.includes(':')) return address.split('.').map(Number);
  const [head = '', tail] = address.split('::');
  const bytes = (text: string): number[] =>
    text === ''
      ? []
      : text.split(':').flatMap((word) => {
          if (word.includes('.')) return word.split('.').map(Number);
          const value = Number.parseInt(word, 16);
          return [value >> 8, value & 255];
        });
  const before = bytes(head);
  const after = tail === undefined ? [] : bytes(tail);
  return [...before, ...new Array<number>(16 - before.length - after.length).fill(0), ...after];
}

/** An address as nginx writes it in `$remote_addr`. nginx 1.22.1, src/core/ngx_inet.c, ngx_inet6_ntop. */
export function addressText(bytes: readonly number[]): string {
  if (bytes.length === 4) return bytes.join('.');
  const words = Array.from({ length: 8 }, (_, index) => bytes[2 * index]! * 256 + bytes[2 * index + 1]!);
  // The first of the longest runs of zeros is left out; a single zero is not.
  let start = -1;
  let longest = 1;
  for (let from = 0; from < 8; from++) {
    let length = 0;
    while (from + length < 8 && words[from + length] === 0) length += 1;
    if (length > longest) {
      start = from;
      longest = length;
    }
  }
  const last = words[7]!;
  const dotted =
    start === 0 &&
    ((longest === 5 && words[5] === 0xffff) || longest === 6 || (longest === 7 && last > 255 && (last & 255) !== 1));
  const hex = (from: number, to: number): string =>
    words
      .slice(from, to)
      .map((word) => word.toString(16))
      .join(':');
  const end = dotted ? 6 : 8;
  const quad = dotted ? bytes.slice(12).join('.') : '';
  if (start < 0) return hex(0, 8);
  const behind = [hex(start + longest, end), quad].filter((text) => text !== '').join(':');
  return `${hex(0, start)}::${behind}`;
}
