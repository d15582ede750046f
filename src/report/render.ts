// From a specification to text: the specification itself, and its picture.
import { parse, resetSVGDefIds, SVGStringRenderer, textMetrics, View } from 'vega';
import type { Scene } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { Json, Spec } from './charts/shared.ts';
import { textWidth } from './textWidth.ts';

/**
 * SVG of a specification: the same bytes every time. Text is measured by `textWidth`, also where a canvas is installed, and
 * coordinates are rounded to hundredths of a pixel, so that the last bit of an engine's logarithm does not show.
 */
export function renderSvg(spec: Spec): string {
  // The libraries' only door to measuring: a property of theirs.
  textMetrics.width = textWidth;
  resetSVGDefIds();
  const problems: string[] = [];
  const logger = collectingLogger((text) => problems.push(text));
  // Plain JSON by construction; the compiler's own type is too large to be written by hand here.
  const compiled = compile(spec as unknown as TopLevelSpec, { logger });
  const view = new View(parse(compiled.spec), { renderer: 'none', logger }) as HeadlessView;
  try {
    // Nothing is loaded, so the data flow is through when `run` returns.
    const { left, right, top, bottom } = view.run().padding() as Record<'left' | 'right' | 'top' | 'bottom', number>;
    const [x, y] = view.origin();
    const svg = new SVGStringRenderer(view.loader())
      .initialize(null, view._viewWidth + left + right, view._viewHeight + top + bottom, [left + x, top + y])
      .background(view.background())
      .render((view.scenegraph() as unknown as Scenegraph).root)
      .svg();
    if (problems.length > 0) throw new Error(`a chart is wrong: ${problems.join('; ')}`);
    return `${svg.replace(/(?<![\w#])-?\d+\.\d{3,}(?:e-\d+)?/g, (number) => String(Number(Number(number).toFixed(2)) + 0))}\n`;
  } finally {
    view.finalize();
  }
}

/** What `View.toSVG` reads, too; it is no different but for waiting. */
interface Scenegraph {
  readonly root: Scene;
}
type HeadlessView = View & { readonly _viewWidth: number; readonly _viewHeight: number };

type Logger = NonNullable<NonNullable<Parameters<typeof compile>[1]>['logger']>;

/** Warnings of the libraries are mistakes of ours: they must not reach a user's terminal, and not stay unseen either. */
function collectingLogger(report: (text: string) => void): Logger {
  const logger = {
    level: () => logger,
    error: (...parts: readonly unknown[]) => (report(parts.join(' ')), logger),
    warn: (...parts: readonly unknown[]) => (report(parts.join(' ')), logger),
    info: () => logger,
    debug: () => logger,
  };
  return logger;
}

/** Indented JSON in which a row of data takes one line. */
export function specText(spec: Spec): string {
  return `${print(spec, '')}\n`;
}

function print(value: Json, indent: string): string {
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const list = value as readonly Json[];
    if (list.every(isFlat)) {
      const line = JSON.stringify(list);
      if (line.length <= 100) return line;
    }
    return `[\n${list.map((item) => inner + (isRow(item) ? JSON.stringify(item) : print(item, inner))).join(',\n')}\n${indent}]`;
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value as Readonly<Record<string, Json>>);
  if (isRow(value)) {
    const line = JSON.stringify(value);
    if (line.length <= 100) return line;
  }
  return `{\n${entries.map(([key, item]) => `${inner}${JSON.stringify(key)}: ${print(item, inner)}`).join(',\n')}\n${indent}}`;
}

function isFlat(value: Json): boolean {
  return typeof value !== 'object' || value === null;
}

function isRow(value: Json): boolean {
  return (
    !isFlat(value) && !Array.isArray(value) && Object.values(value as object).every((item) => isFlat(item as Json))
  );
}
