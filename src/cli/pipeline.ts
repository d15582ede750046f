// What a run says to the pipeline it runs in: annotations and a job's summary on GitHub, JUnit XML anywhere.
import { appendFileSync, statSync } from 'node:fs';
import { relative, resolve, sep } from 'node:path';
import type { Comparison } from '../metrics/comparison.ts';
import { annotations, jobSummary, problemAnnotations } from '../report/github.ts';
import type { Strictness } from '../report/judgement.ts';
import { printable } from '../report/escape.ts';
import type { ScenarioError } from '../scenario/problem.ts';
import type { Io } from './io.ts';

/** GitHub takes no more than this a step, and shows nothing of a summary that is larger (docs.github.com, "Adding a job summary"). */
const mostSummaryBytes = 1_048_576;

/** Where `GITHUB_ACTIONS` is true, a command for each expectation that does not pass. @param say stdout, unless a document goes there. */
export function annotate(comparison: Comparison, strictness: Strictness, say: (text: string) => void, io: Io): void {
  if (io.env.GITHUB_ACTIONS !== 'true') return;
  for (const line of annotations(comparison, strictness, placeOf(io))) say(`${line}\n`);
}

export function annotateProblems({ source, problems }: ScenarioError, say: (text: string) => void, io: Io): void {
  if (io.env.GITHUB_ACTIONS !== 'true') return;
  for (const line of problemAnnotations(source, problems, placeOf(io))) say(`${line}\n`);
}

/** Adds to the file `GITHUB_STEP_SUMMARY` names, if it does. One that cannot be written is said, and is no reason to fail. */
export function summarize(comparison: Comparison, io: Io): void {
  const file = io.env.GITHUB_STEP_SUMMARY;
  if (file === undefined || file === '') return;
  try {
    const there = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    const text = jobSummary(comparison, mostSummaryBytes - there);
    if (text === null)
      io.err(`warning: the job's summary is full: ${printable(comparison.scenario.name)} is left out.\n`);
    else appendFileSync(file, text);
  } catch (error) {
    io.err(`warning: GITHUB_STEP_SUMMARY: ${(error as Error).message}\n`);
  }
}

/** A file as the repository knows it: from the top of the checkout, with `/`. */
function placeOf({ env }: Io): (file: string) => string {
  return (file) => {
    const top = env.GITHUB_WORKSPACE;
    const path = top === undefined || top === '' ? file : relative(top, resolve(file));
    return path.startsWith('..') ? file : path.split(sep).join('/');
  };
}
