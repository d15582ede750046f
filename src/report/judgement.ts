// What a verdict means to whoever asked for the run: some want certainty, some want an answer.
import type { Comparison, Verdict } from '../metrics/comparison.ts';

export interface Strictness {
  /** An expectation about which the run says nothing is a breach (`--strict`). */
  readonly strict: boolean;
  /** What an interval that straddles its limit counts as (`--inconclusive`); `open`: neither, exit code 3. */
  readonly inconclusive: 'pass' | 'fail' | 'open';
}

/** `open`: undecided, the run asks for more replications. `silent`: nothing was said, and nobody minds. */
export type Judgement = 'pass' | 'fail' | 'open' | 'silent';

export function judgementOf(verdict: Verdict, { strict, inconclusive }: Strictness): Judgement {
  switch (verdict) {
    case 'pass':
      return 'pass';
    case 'breached':
      return 'fail';
    case 'vacuous':
      return strict ? 'fail' : 'silent';
    case 'inconclusive':
      return inconclusive;
    default:
      return verdict satisfies never;
  }
}

/** Of all expectations together: `fail` before `open` before `pass`. */
export function judgementOfAll({ expectations }: Comparison, strictness: Strictness): 'pass' | 'fail' | 'open' {
  const found = expectations.map(({ verdict }) => judgementOf(verdict, strictness));
  if (found.includes('fail')) return 'fail';
  return found.includes('open') ? 'open' : 'pass';
}
