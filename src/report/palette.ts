// One colour per mode and one per node, the same in every chart, told apart by colour-blind readers.

// Okabe and Ito, "Color Universal Design" (2008); its yellow is left out (too faint a line on white).
// A dark purple makes eight.
const modePalette = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000', '#6a3d9a'];
// Paul Tol, "Colour Schemes" (SRON/EPS/TN/09-002, 2021), muted, with four of his twelve-colour scheme; neighbours contrast.
const nodePalette = [
  '#332288',
  '#ddcc77',
  '#44aa99',
  '#cc6677',
  '#88ccee',
  '#882255',
  '#999933',
  '#aa4499',
  '#117733',
  '#6699cc',
  '#661100',
  '#aa4466',
];

/** What belongs to no mode and no node. */
export const neutral = { ink: '#333333', grey: '#888888', pale: '#dddddd', grid: '#eeeeee' } as const;

export function modeColour(index: number): string {
  return colourOf(modePalette, index);
}

export function nodeColour(index: number): string {
  return colourOf(nodePalette, index);
}

/** The colour of a mode for text: as much darker as it takes to read it on white. */
export function modeInk(index: number): string {
  let colour = modeColour(index);
  for (let share = 0.95; contrastToWhite(colour) < enoughContrast; share -= 0.05) {
    colour = mapParts(modeColour(index), (part) => part * share);
  }
  return colour;
}

/**
 * A colour for dark paper: as much lighter as it takes to be seen there. @param contrast 3 is what WCAG 2.2 asks of graphics (success
 * criterion 1.4.11), 4.5 of text.
 */
export function onDark(colour: string, contrast = 3): string {
  let lit = colour;
  for (let share = 0.05; luminance(lit) + 0.05 < contrast * (luminance(darkPaper) + 0.05); share += 0.05) {
    lit = mapParts(colour, (part) => part + (255 - part) * share);
  }
  return lit;
}

/** The darkest and the lightest surface of a page that is dark lie below and at this one. */
export const darkPaper = '#1d222b';

// WCAG 2.2, success criterion 1.4.3, and its definition of relative luminance.
const enoughContrast = 4.5;

function contrastToWhite(colour: string): number {
  return 1.05 / (luminance(colour) + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = partsOf(colour).map((part) => {
    const value = part / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Behind the last colour of a palette come the same ones, lighter each time round. */
function colourOf(palette: readonly string[], index: number): string {
  const colour = palette[index % palette.length]!;
  const rounds = Math.floor(index / palette.length);
  return rounds === 0 ? colour : lighter(colour, rounds / (rounds + 1));
}

function lighter(colour: string, share: number): string {
  return mapParts(colour, (part) => part + (255 - part) * share * 0.8);
}

function partsOf(colour: string): number[] {
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
}

function mapParts(colour: string, change: (part: number) => number): string {
  return `#${partsOf(colour)
    .map((part) => Math.round(change(part)).toString(16).padStart(2, '0'))
    .join('')}`;
}
