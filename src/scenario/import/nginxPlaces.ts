// Where in an nginx.conf something stands that decides for a listener: for who has to say which line to mend.
import type { SourcePosition } from '../scenario.ts';
import type { Directive } from './nginxSyntax.ts';

/**
 * @param listenAt where the `listen` of a server stands.
 * @param upstreams names of the upstreams behind it.
 * @param name of a directive of its server block, of these upstreams, of `stream`, `events` or the main level: the innermost counts.
 * @returns `null`: it is not written.
 */
export function nginxPlace(
  top: readonly Directive[],
  listenAt: SourcePosition | null,
  upstreams: readonly string[],
  name: string,
): SourcePosition | null {
  const stream = blockOf(top, 'stream');
  const server = stream.find(
    (each) => each.name === 'server' && blockOf([each], 'server').some((line) => isAt(line, listenAt)),
  );
  const behind = stream.filter((each) => each.name === 'upstream' && upstreams.includes(each.args[0]?.text ?? ''));
  const blocks = [server?.block ?? [], ...behind.map(({ block }) => block ?? []), stream, blockOf(top, 'events'), top];
  for (const block of blocks) {
    const found = block.find((each) => each.name === name && each.block === null);
    if (found) return found.position;
  }
  return null;
}

function isAt({ name, args }: Directive, at: SourcePosition | null): boolean {
  const position = name === 'listen' ? args[0]?.position : undefined;
  return (
    position !== undefined && position.file === at?.file && position.line === at.line && position.column === at.column
  );
}

function blockOf(directives: readonly Directive[], name: string): readonly Directive[] {
  return directives.find((each) => each.name === name)?.block ?? [];
}
