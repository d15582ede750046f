// How wide a text is in a picture, without a canvas to measure it.

// Widths in DejaVu Sans, one of the widest sans-serif faces, in thousandths of the font size: what fits in it fits in others.
const widths: readonly (readonly [RegExp, number])[] = [
  [/[ijlI|'.,:;!\u202f]/, 340],
  [/[ frt()[\]{}/\\"-]/, 410],
  [/[mwMW@%—…]/, 980],
  [/[A-Z&=+<>~_#±−–]/, 780],
  [/[\u0020-\u024f]/, 625],
];

/** Estimated width of a text in pixels; never less than what common sans-serif fonts take, by more than a hair. */
export function textWidth(
  item: { readonly fontSize?: number; readonly fontWeight?: unknown },
  text: string | number | null,
): number {
  if (text === null) return 0;
  let thousandths = 0;
  for (const character of String(text)) {
    thousandths += widths.find(([pattern]) => pattern.test(character))?.[1] ?? 1_050;
  }
  const bold = item.fontWeight === 'bold' || Number(item.fontWeight) >= 600 ? 1.1 : 1;
  return Math.ceil((thousandths / 1_000) * (item.fontSize ?? 11) * bold);
}
