// Where in a haproxy.cfg something stands that decides for a frontend and its backend: for who has to say which line to mend.
import type { SourcePosition } from '../scenario.ts';
import type { HaproxySection } from './haproxySyntax.ts';

/** What a frontend decides; all else is the backend's. */
const ofFrontend: readonly string[] = ['bind', 'maxconn', 'backlog', 'timeout client', 'timeout client-fin'];

/**
 * @param name words a line begins with (`timeout client`, `option redispatch`): looked for in the section that decides it and in the
 * `defaults` it inherits from; with `global` in front in that section.
 * @returns `null`: it is not written.
 */
export function haproxyPlace(
  sections: readonly HaproxySection[],
  frontend: string,
  backend: string | null,
  name: string,
): SourcePosition | null {
  const isGlobal = name.startsWith('global ');
  const [keyword, ...words] = (isGlobal ? name.slice('global '.length) : name).split(' ');
  const own = ofFrontend.includes(name)
    ? find(sections, ['frontend', 'listen'], frontend)
    : find(sections, ['backend', 'listen'], backend);
  const asked = isGlobal
    ? sections.filter((section) => section.keyword === 'global')
    : [own, own && defaultsOf(sections, own)];
  for (const section of asked) {
    // Of several the last one counts.
    const line = section?.lines.findLast(
      (each) =>
        each.modifier === null &&
        each.keyword === keyword &&
        words.every((word, index) => each.args[index]?.text === word),
    );
    if (line) return line.position;
  }
  return null;
}

function find(
  sections: readonly HaproxySection[],
  kinds: readonly string[],
  name: string | null,
): HaproxySection | undefined {
  return sections.find(({ keyword, args }) => kinds.includes(keyword) && args[0]?.text === name);
}

/** `from NAME`, else the `defaults` section above. */
function defaultsOf(sections: readonly HaproxySection[], section: HaproxySection): HaproxySection | undefined {
  const named = section.args[1]?.text === 'from' ? section.args[2]?.text : undefined;
  const above = sections.slice(0, sections.indexOf(section)).filter(({ keyword }) => keyword === 'defaults');
  return named === undefined ? above.at(-1) : above.find(({ args }) => args[0]?.text === named);
}
