// Compares a measured run of the agent with the engine's, instant by instant.
import { playRun, type MeasuredRun, type Played } from './agentTrace.ts';

export interface RunComparison {
  readonly kind: 'compared';
  /** Instants measured, or played if those are more. */
  readonly instants: number;
  /** Of these, the ones that agree. */
  readonly good: number;
  /** Largest difference in seconds; gaps behind a dropped connect are not in it. */
  readonly worst: number;
  readonly problems: readonly string[];
}

const tolerance = 0.25;
/** A SYN time-out differs by this much from run to run. */
const synTolerance = 2;

interface Moment {
  readonly what: string;
  readonly seconds: number;
  readonly node: string;
}

/**
 * Noticing, tries, give-ups and handshakes, in order. Behind each dropped connect gaps are compared, with ± 2 s. An ACK within
 * 70 ms of a whole second may be missed a second earlier: then the run is compared from there.
 */
export function compareRun(run: MeasuredRun): RunComparison | Exclude<Played, { readonly kind: 'played' }> {
  const played = playRun(run);
  if (played.kind !== 'played') return played;
  const { story } = played;
  const moments = (rows: readonly { seconds: number; node: string }[], what: string): Moment[] =>
    rows.map(({ seconds, node }) => ({ what, seconds, node }));
  const measured = (rows: readonly (readonly [number, string])[]): { seconds: number; node: string }[] =>
    rows.map(([seconds, node]) => ({ seconds, node }));
  const ours = [
    ...moments(story.noticed, 'noticed'),
    ...moments(story.tries, 'try'),
    ...moments(story.handshakes, 'handshake'),
    ...moments(story.gaveUp, 'gave up'),
  ];
  const real = [
    ...moments(
      run.noticed.map(([seconds]) => ({ seconds, node: '' })),
      'noticed',
    ),
    ...moments(measured(run.tries), 'try'),
    ...moments(measured(run.handshakes), 'handshake'),
    ...moments(measured(run.gaveUp), 'gave up'),
  ];
  const order = ['noticed', 'gave up', 'try', 'handshake'];
  const sort = (list: Moment[]): Moment[] =>
    list.sort(
      (a, b) =>
        Math.round(a.seconds * 50) - Math.round(b.seconds * 50) || order.indexOf(a.what) - order.indexOf(b.what),
    );
  sort(ours);
  sort(real);
  const problems: string[] = [];
  const drops = run.steps.some(([, what]) => what === 'drop');
  const nearSecond =
    run.lastAckUnixFraction !== null && (run.lastAckUnixFraction > 0.93 || run.lastAckUnixFraction < 0.01);
  let shift = 0;
  let worst = 0;
  let good = 0;
  const instants = Math.max(ours.length, real.length);
  for (let i = 0; i < instants; i++) {
    const a = ours[i];
    const b = real[i];
    if (!a || !b || a.what !== b.what || a.node !== b.node) {
      problems.push(`${i}: measured ${say(b)}, ours ${say(a)}`);
      break;
    }
    let difference = a.seconds - b.seconds - shift;
    if (i === 0 && nearSecond && Math.abs(Math.abs(difference) - 1) <= tolerance) {
      shift += difference > 0 ? 1 : -1;
      difference = a.seconds - b.seconds - shift;
    }
    if (drops && i > 0 && Math.abs(difference) > tolerance && Math.abs(difference) <= synTolerance) {
      const gap = real[i]!.seconds - real[i - 1]!.seconds;
      if (gap > 60) {
        shift += difference;
        difference = 0;
      }
    }
    worst = Math.max(worst, Math.abs(difference));
    if (Math.abs(difference) <= tolerance) good += 1;
    else problems.push(`${i}: measured ${say(b)}, ours ${say(a)} (${difference.toFixed(3)} s)`);
  }
  return { kind: 'compared', instants, good, worst, problems };
}

function say(moment: Moment | undefined): string {
  return moment ? `${moment.what} ${moment.node} at ${moment.seconds.toFixed(3)} s` : 'nothing';
}
