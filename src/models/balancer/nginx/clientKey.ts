// The value of a `hash` expression for one client. nginx 1.22.1, src/stream/ngx_stream_variables.c and ngx_stream_script.c.

export interface KeyClient {
  /** Text form of the address, as nginx has it in `$remote_addr`. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly serverPort: number;
  readonly protocol: 'TCP' | 'UDP';
}

/** Variables whose values the simulation knows. */
export const keyVariables = ['remote_addr', 'binary_remote_addr', 'remote_port', 'server_port', 'protocol'] as const;
type KeyVariable = (typeof keyVariables)[number];

export type KeyPart =
  { readonly kind: 'text'; readonly text: string } | { readonly kind: 'variable'; readonly name: KeyVariable };

/** @returns the parts of an expression, or the name of a variable that is not known. */
export function parseKey(expression: string): readonly KeyPart[] | string {
  const parts: KeyPart[] = [];
  const pattern = /\$(?:\{(\w+)\}|(\w+))|[^$]+|\$/g;
  for (const [text, braced, bare] of expression.matchAll(pattern)) {
    const name = braced ?? bare;
    if (name === undefined) parts.push({ kind: 'text', text });
    else if (isKeyVariable(name)) parts.push({ kind: 'variable', name });
    else return name;
  }
  return parts;
}

function isKeyVariable(name: string): name is KeyVariable {
  return (keyVariables as readonly string[]).includes(name);
}

/** Bytes of the key, one character each (Latin-1). */
export function clientKey(parts: readonly KeyPart[], client: KeyClient): string {
  let key = '';
  for (const part of parts) key += part.kind === 'text' ? part.text : valueOf(part.name, client);
  return key;
}

function valueOf(name: KeyVariable, client: KeyClient): string {
  switch (name) {
    case 'remote_addr':
      return client.remoteAddress;
    case 'binary_remote_addr':
      return binaryAddress(client.remoteAddress);
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

/** 4 or 16 bytes of an address. */
function binaryAddress(address: string): string {
  if (!address.includes(':')) return String.fromCharCode(...address.split('.').map(Number));
  const [head = '', tail] = address.split('::');
  const words = (text: string): number[] =>
    text === ''
      ? []
      : text.split(':').flatMap((word) => {
          if (!word.includes('.')) return [Number.parseInt(word, 16)];
          const [a = 0, b = 0, c = 0, d = 0] = word.split('.').map(Number);
          return [a * 256 + b, c * 256 + d];
        });
  const before = words(head);
  const after = tail === undefined ? [] : words(tail);
  const all = [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after];
  return String.fromCharCode(...all.flatMap((word) => [word >> 8, word & 255]));
}
