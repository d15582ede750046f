// What a page carries with it: the libraries that draw, our own script, its style. All of it is read from where the package lies, so
// that it is the same whether fleetfall runs from its sources or is built.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);

/** In the order in which they need each other. Licences: BSD-3-Clause, told at the foot of the page. */
const bundles = ['vega', 'vega-lite', 'vega-embed'] as const;

/** Modules of our own script, each behind those it imports from. */
const modules = [
  'dom',
  'format',
  'theme',
  'data',
  'tables',
  'frame',
  'timeSpecs',
  'specs',
  'charts',
  'cells',
  'replay',
  'main',
] as const;

export interface Library {
  readonly name: string;
  readonly version: string;
  readonly text: string;
}

let known: readonly Library[] | undefined;

/** Builds for browsers that the packages bring along. They make globals: `vega`, `vegaLite`, `vegaEmbed`. */
export function libraries(): readonly Library[] {
  known ??= bundles.map((name) => {
    const folder = dirname(require.resolve(name));
    const { version } = JSON.parse(readFileSync(join(folder, '..', 'package.json'), 'utf8')) as { version: string };
    const text = readFileSync(join(folder, `${name}.min.js`), 'utf8').replace(/\n?\/\/# sourceMappingURL=.*\s*$/, '');
    return { name, version, text: inScript(text) };
  });
  return known;
}

/**
 * Our own modules as one: a page from disk cannot import. Their names are checked not to collide by whoever parses them, since it is a
 * module.
 */
export function clientScript(): string {
  return modules
    .map((name) => readFileSync(beside(`client/${name}.js`), 'utf8'))
    .map((text) => text.replace(/^import [^;]*;\n/gm, '').replace(/^export (?=function|const|class|let)/gm, ''))
    .map(inScript)
    .join('');
}

export function styleSheet(): string {
  return readFileSync(beside('style.css'), 'utf8');
}

/** As a content security policy names a script or a style that stands in the page. */
export function hashSource(text: string): string {
  return `'sha256-${createHash('sha256').update(text, 'utf8').digest('base64')}'`;
}

function beside(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}

/** Nothing in it ends the script element that it stands in. */
function inScript(text: string): string {
  return text.replace(/<\/(?=script)/gi, '<\\/').replace(/<!--/g, '<\\!--');
}
