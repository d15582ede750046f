// Small charts made of characters, for terminals.

const heights = '▁▂▃▄▅▆▇█';
const parts = ' ▏▎▍▌▋▊▉█';

/**
 * One character a stretch of the line, as high as the lowest value in it: a short dip is what the eye looks for.
 * @param values any number, ≥ 0. @param top what a full block stands for, > 0. @param width characters, ≥ 1.
 */
export function sparkline(values: readonly number[], top: number, width: number): string {
  if (values.length === 0) return '';
  return Array.from({ length: width }, (_, column) => {
    const from = Math.floor((column * values.length) / width);
    const to = Math.max(from + 1, Math.floor(((column + 1) * values.length) / width));
    const least = Math.min(...values.slice(from, to));
    const height = Math.floor((least / top) * (heights.length - 1));
    return heights[Math.max(0, Math.min(heights.length - 1, height))]!;
  }).join('');
}

/** `value` of `top` as a bar of at most `width` characters, in eighths; what is not zero shows. */
export function bar(value: number, top: number, width: number): string {
  if (!(value > 0) || !(top > 0)) return '';
  const eighths = Math.max(1, Math.round((Math.min(value, top) / top) * width * 8));
  return '█'.repeat(Math.floor(eighths / 8)) + (eighths % 8 === 0 ? '' : parts[eighths % 8]!);
}
