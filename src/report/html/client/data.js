// The data of the page, and what every chart asks of it.
import { find } from './dom.js';

/** @typedef {import('../data.ts').PageData} PageData */
/** @typedef {import('../data.ts').PageMode} PageMode */

/** @returns {PageData} */
export function readData() {
  /** @type {unknown} */
  const parsed = JSON.parse(find('#data').textContent);
  return /** @type {PageData} */ (parsed);
}

/** The unit of a time axis. @param {PageData} data */
export function timeUnit({ steps, stepSeconds }) {
  const last = Math.max(1, (steps - 1) * stepSeconds);
  if (last <= 180) return { seconds: 1, name: 'seconds', last };
  if (last <= 6 * 3_600) return { seconds: 60, name: 'minutes', last: last / 60 };
  return { seconds: 3_600, name: 'hours', last: last / 3_600 };
}

/** Agents whose events reach a node that processes. @param {PageMode} mode @param {number} step */
export function reportingAt({ timeline: { connected, unaware } }, step) {
  return connected.reduce((sum, line) => sum + (line[step] ?? 0), -(unaware[step] ?? 0));
}

/**
 * Means over stretches of the time line, at most `most` of them.
 * @param {readonly number[]} cumulated
 * @param {number} most
 */
export function rates(cumulated, most) {
  const last = cumulated.length - 1;
  const stride = Math.max(1, Math.ceil(last / most));
  const found = [];
  for (let from = 0; from < last; from += stride) {
    const to = Math.min(last, from + stride);
    const rise = (cumulated[to] ?? 0) - (cumulated[from] ?? 0);
    // What a node dropped later is taken from what it had received.
    found.push({ from, to, perStep: Math.max(0, rise / (to - from)) });
  }
  return found;
}

/** Modes share a scale unless one would be a flat line on it. @param {readonly number[]} highest */
export function scales(highest) {
  const each = highest.map((value) => (value > 0 ? value : 10));
  const most = Math.max(...each);
  const own = most > 3 * Math.min(...each);
  return { own, each: own ? each : each.map(() => most) };
}

/** Without the last instant of a run that was not over: there the books are closed. @param {PageData} data */
export function eventSteps({ steps }) {
  return Math.max(1, steps - 1);
}

export const periods = ['before', 'during', 'after'];
