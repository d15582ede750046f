// One colour per mode and one per node, the same in every chart, told apart by colour-blind readers.

// Okabe and Ito, "Color Universal Design" (2008); its yellow is left out (too faint a line on white).
const modePalette = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000'];
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

/** Behind the last colour of a palette come the same ones, lighter each time round. */
function colourOf(palette: readonly string[], index: number): string {
  const colour = palette[index % palette.length]!;
  const rounds = Math.floor(index / palette.length);
  return rounds === 0 ? colour : lighter(colour, rounds / (rounds + 1));
}

function lighter(colour: string, share: number): string {
  const parts = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
  return `#${parts
    .map((part) =>
      Math.round(part + (255 - part) * share * 0.8)
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`;
}
