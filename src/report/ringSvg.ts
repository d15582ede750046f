// The ring of a consistent hash as a picture: whose hashes are where, where a key falls, and which point it gets. It is read on white and
// on black: what is no server has the colour of the text around it, and brings both of its own.
import { formatShare } from '../kernel/units.ts';
import type { ToldRing } from '../run/explain.ts';
import { printable, uniqueLabels } from './escape.ts';
import { hex } from './explainText.ts';
import { nodeColour } from './palette.ts';
import type { Hash } from '../models/balancer/trace.ts';
import { arcsOf, sharesOf, turn, type Arc } from './ringShares.ts';

const size = { width: 760, height: 460, cx: 230, cy: 250, inner: 140, outer: 180 };
const hashes = 2 ** 32;
/** Legends longer than this end in a line that says how many more there are. */
const mostNamed = 16;

/** The angle of a hash: 0 is at the top, and they grow clockwise. */
function at(hash: Hash, radius: number): readonly [number, number] {
  const angle = (turn(hash) / hashes) * 2 * Math.PI;
  return [size.cx + radius * Math.sin(angle), size.cy - radius * Math.cos(angle)];
}

export function ringSvg(ring: ToldRing, who: string): string {
  const shares = sharesOf(ring);
  const labels = uniqueLabels(ring.peers, 30);
  const { choice } = ring;
  const hash = choice?.hash ?? null;
  const taken = choice?.story.steps.findLast((step) => step.kind === 'took') ?? null;
  const takenAt = taken?.kind === 'took' ? taken.at : null;
  const takenBy = taken?.kind === 'took' ? labels[taken.peerIndex]! : null;
  const passed =
    choice?.story.steps.flatMap((step) => (step.kind === 'looked' && step.at !== null ? [step] : [])) ?? [];
  const parts: string[] = [];
  const is64 = ring.positions instanceof BigUint64Array;
  for (const { peer, from, to } of visible(arcsOf(ring))) parts.push(arc(from, to, nodeColour(peer)));
  const spoke = (position: Hash, from: number, to: number, kind: string): string => {
    const [x1, y1] = at(position, from);
    const [x2, y2] = at(position, to);
    return `<line class="${kind}" x1="${n(x1)}" y1="${n(y1)}" x2="${n(x2)}" y2="${n(y2)}"/>`;
  };
  for (const radius of [size.inner, size.outer]) {
    parts.push(`<circle class="edge" cx="${size.cx}" cy="${size.cy}" r="${radius}"/>`);
  }
  for (const quarter of [0, 1, 2, 3]) {
    const position = (quarter * hashes) / 4;
    parts.push(spoke(position, size.inner - 7, size.inner - 2, 'tick'));
    const [x, y] = at(position, size.inner - 12);
    const anchor = quarter === 1 ? 'end' : quarter === 3 ? 'start' : 'middle';
    const mark = is64 ? `${hex(position).slice(0, 4)}…` : hex(position);
    parts.push(text(x, y + [9, 4, 0, 4][quarter]!, mark, 'small', anchor));
  }
  for (const { at: position } of passed) parts.push(spoke(position!, size.inner - 1, size.outer + 7, 'passed'));
  if (hash !== null) {
    parts.push(spoke(hash, size.inner - 6, size.outer + 14, 'key'));
    const [x, y] = at(hash, size.outer + 14);
    parts.push(`<circle class="keydot" cx="${n(x)}" cy="${n(y)}" r="4.5"/>`);
  }
  if (takenAt !== null) {
    const [x, y] = at(takenAt, (size.inner + size.outer) / 2);
    parts.push(spoke(takenAt, size.inner - 4, size.outer + 4, 'chosen'));
    parts.push(`<circle class="chosendot" cx="${n(x)}" cy="${n(y)}" r="6"/>`);
  }
  const lines = [
    ...(hash === null ? [] : [['key', hex(hash)]]),
    ...(takenAt === null ? [] : [['point', hex(takenAt)]]),
    ...(takenBy === null ? [] : [['server', takenBy]]),
  ];
  lines.forEach(([what, value], index) => {
    const y = size.cy - 19 * lines.length + 38 * index + 17;
    parts.push(text(size.cx, y - 7, what!, 'small', 'middle'), text(size.cx, y + 10, value!, 'strong', 'middle'));
  });

  const left = 476;
  let y = 106;
  const shown = shares.length > mostNamed ? shares.slice(0, mostNamed - 1) : shares;
  parts.push(
    text(left, y - 22, 'server', 'small', 'start'),
    text(size.width - 24, y - 22, 'of all hashes', 'small', 'end'),
  );
  shown.forEach(({ share }, index) => {
    parts.push(
      `<rect class="swatch" x="${left}" y="${y - 10}" width="13" height="13" rx="2" fill="${nodeColour(index)}"/>`,
    );
    const isTaken = taken?.kind === 'took' && taken.peerIndex === index;
    parts.push(text(left + 22, y + 1, labels[index]!, isTaken ? 'strong' : 'label', 'start'));
    parts.push(text(size.width - 24, y + 1, formatShare(share), isTaken ? 'strong' : 'label', 'end'));
    y += 21;
  });
  if (shown.length < shares.length) {
    const rest = shares.slice(shown.length);
    parts.push(text(left + 22, y + 1, `and ${rest.length} more`, 'label', 'start'));
    parts.push(
      text(size.width - 24, y + 1, formatShare(rest.reduce((sum, { share }) => sum + share, 0)), 'label', 'end'),
    );
    y += 21;
  }
  y += 14;
  const legend = (mark: string, words: string): void => {
    parts.push(mark, text(left + 22, y + 1, words, 'label', 'start'));
    y += 21;
  };
  if (hash !== null) legend(`<circle class="keydot" cx="${left + 6.5}" cy="${y - 3}" r="4.5"/>`, 'its key');
  if (takenAt !== null)
    legend(
      `<circle class="chosendot" cx="${left + 6.5}" cy="${y - 3}" r="6"/>`,
      ring.rule === 'next' ? 'its point: the next usable one' : 'its point: the nearest usable one',
    );
  if (passed.length > 0) {
    const mark = `<line class="passed" x1="${left + 1}" y1="${y - 3}" x2="${left + 12}" y2="${y - 3}"/>`;
    legend(mark, `${passed.length} ${passed.length === 1 ? 'point' : 'points'} passed over`);
  }
  const title = `${printable(who)} on the ring of ${printable(ring.balancer)}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}" viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="${escaped(title)}">
<title>${escaped(title)}</title>
<style>
  svg { font: 13px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; --ink: #222222; --soft: #666666; --paper: #ffffff; }
  @media (prefers-color-scheme: dark) { svg { --ink: #eeeeee; --soft: #aaaaaa; --paper: #161616; } }
  .paper { fill: #ffffff; fill: var(--paper); }
  text { fill: #222222; fill: var(--ink); }
  .small { font-size: 11px; fill: #666666; fill: var(--soft); }
  .strong, .title { font-weight: 600; }
  .title { font-size: 16px; }
  .tick { stroke: #888888; stroke-width: 1; }
  .passed { stroke: #d55e00; stroke-width: 2.5; }
  .key { stroke: #222222; stroke: var(--ink); stroke-width: 1.5; stroke-dasharray: 4 3; }
  .keydot { fill: #222222; fill: var(--ink); }
  .chosen { stroke: #ffffff; stroke: var(--paper); stroke-width: 2; }
  .chosendot { fill: #ffffff; fill: var(--paper); stroke: #222222; stroke: var(--ink); stroke-width: 2.5; }
  .edge { fill: none; stroke: #888888; stroke-width: 1; }
  .swatch { stroke: #888888; stroke-width: 1; }
  .arc { stroke: #ffffff; stroke: var(--paper); stroke-width: 0.4; }
</style>
<rect class="paper" width="${size.width}" height="${size.height}"/>
${text(24, 30, shorten(title, 84), 'title', 'start')}
${parts.join('\n')}
</svg>
`;
}

/** More than can be told apart: a sample of them, each as wide as a tenth of a pixel or so. */
const mostArcs = 8192;
function visible(arcs: readonly Arc[]): readonly Arc[] {
  if (arcs.length <= mostArcs) return arcs;
  const width = hashes / mostArcs;
  let index = 0;
  return Array.from({ length: mostArcs }, (_, bin) => {
    while (arcs[index]!.to <= (bin + 0.5) * width) index += 1;
    return { peer: arcs[index]!.peer, from: bin * width, to: (bin + 1) * width };
  });
}

function arc(from: number, to: number, colour: string): string {
  // A whole circle has no ends: as good as one.
  const end = to - from >= hashes ? from + hashes * 0.9999 : to;
  const large = end - from > hashes / 2 ? 1 : 0;
  const [[x1, y1], [x2, y2], [x3, y3], [x4, y4]] = [
    at(from, size.outer),
    at(end, size.outer),
    at(end, size.inner),
    at(from, size.inner),
  ] as const;
  const path = `M${n(x1)} ${n(y1)}A${size.outer} ${size.outer} 0 ${large} 1 ${n(x2)} ${n(y2)}L${n(x3)} ${n(y3)}A${size.inner} ${size.inner} 0 ${large} 0 ${n(x4)} ${n(y4)}Z`;
  return `<path class="arc" d="${path}" fill="${colour}"/>`;
}

function text(x: number, y: number, words: string, kind: string, anchor: 'start' | 'middle' | 'end'): string {
  return `<text class="${kind}" x="${n(x)}" y="${n(y)}" text-anchor="${anchor}">${escaped(words)}</text>`;
}

function n(value: number): string {
  return String(Number(value.toFixed(2)) + 0);
}

function shorten(words: string, length: number): string {
  const characters = Array.from(words);
  return characters.length <= length ? words : `${characters.slice(0, length - 1).join('')}…`;
}

function escaped(words: string): string {
  return words.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
