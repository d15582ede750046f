// What the charts have in common. Colours are variables of the style sheet; names are data, never part of an expression.

/** @typedef {import('../data.ts').PageData} PageData */
/** @typedef {Readonly<Record<string, unknown>>} Spec */
/** What a point says when it is pointed at. */
/** @typedef {{ readonly title: string, readonly rows: readonly (readonly [string, string])[] }} Told */
/** A chart over time is asked by the instant, others by the datum of a mark. */
/** @typedef {{ readonly spec: Spec, readonly tell?: (datum: Readonly<Record<string, unknown>>) => Told | null, readonly tellAt?: (step: number) => Told }} Chart */

export const ink = 'var(--ink)';

/** @param {number} height @param {readonly Spec[]} layer */
export function frame(height, layer) {
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    width: 'container',
    height,
    autosize: { type: 'fit', contains: 'padding' },
    padding: { left: 0, top: 4, right: 6, bottom: 4 },
    background: 'transparent',
    layer,
    config: {
      aria: false,
      font: 'system-ui, sans-serif',
      view: { stroke: 'var(--line)' },
      axis: {
        gridColor: 'var(--grid)',
        domainColor: 'var(--line)',
        tickColor: 'var(--line)',
        labelColor: 'var(--soft)',
        titleColor: 'var(--soft)',
        titleFontWeight: 'normal',
        labelFontSize: 12,
        titleFontSize: 12,
        labelLimit: 150,
      },
    },
  };
}

/** @param {PageData} data */
export function modeColour(data) {
  return {
    field: 'mode',
    type: 'nominal',
    scale: { domain: data.modes.map((_, index) => index), range: data.modes.map((_, index) => `var(--mode-${index})`) },
    legend: null,
  };
}
