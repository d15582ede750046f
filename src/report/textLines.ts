// Sentences broken into lines of a terminal.

/** A paragraph behind a mark, two spaces from the left; its other lines stand under the first. */
export function hanging(mark: string, text: string, width: number): string[] {
  return wrap(text, width - mark.length - 2).map(
    (line, index) => `  ${index === 0 ? mark : ' '.repeat(mark.length)}${line}`,
  );
}

/** A space between two words, but not between a number and its unit. */
const breakable = /(?<!\d) | (?!(?:%|µs|ms|s|min|h|d|kB|MB)(?!\w))/;

export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (let word of text.split(breakable)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = '';
    }
    while (word.length > width) {
      lines.push(word.slice(0, width));
      word = word.slice(width);
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
