// Recorded answers inside pages that people write: what stands between two marks is taken from a report.

const mark = /<!-- answer: ([\w-]+)(?: ([\w-]+))? -->\n[^]*?<!-- end of answer -->/g;

/**
 * Fills the marks `<!-- answer: scenario chart -->` … `<!-- end of answer -->` of a Markdown page: the verdict and the modes side by side as the
 * recorded summary tells them, and the chart below if one is named.
 * @param summaryOf the text of `reports/<scenario>/summary.md`. @param reports path from the page to reports/.
 * @throws Error for a summary that has no verdict or no table.
 */
export function withAnswers(page: string, reports: string, summaryOf: (scenario: string) => string): string {
  return page.replace(mark, (_, scenario: string, chart: string | undefined) => {
    const summary = summaryOf(scenario);
    const verdict = /^\*\*(.+)\*\*$/m.exec(summary)?.[1];
    const table = /## The modes side by side\n\n((?:\|.*\n)+)/.exec(summary)?.[1];
    if (verdict === undefined || table === undefined) throw new Error(`the summary of ${scenario} has no verdict`);
    const caption = chart === undefined ? undefined : captionOf(summary, chart);
    return [
      `<!-- answer: ${scenario}${chart === undefined ? '' : ` ${chart}`} -->`,
      '',
      `> ${verdict}`,
      '',
      table.trimEnd(),
      '',
      ...(caption === undefined ? [] : [`![${caption}](${reports}/${scenario}/charts/${chart}.svg)`, '']),
      `([the whole summary](${reports}/${scenario}/summary.md))`,
      '',
      '<!-- end of answer -->',
    ].join('\n');
  });
}

/** Scenarios whose answers a page shows. */
export function answersOf(page: string): string[] {
  return [...page.matchAll(mark)].map(([, scenario]) => scenario!);
}

function captionOf(summary: string, chart: string): string {
  const caption = new RegExp(`!\\[([^\\]]+)\\]\\(charts/${chart}\\.svg\\)`).exec(summary)?.[1];
  if (caption === undefined) throw new Error(`there is no chart ${chart}`);
  return caption;
}
