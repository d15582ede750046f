export interface ClientOfKey {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly serverPort: number;
}
export function clientKey(expression: string, client: ClientOfKey): string {
  return expression.replace('$remote_addr', client.remoteAddress);
}
