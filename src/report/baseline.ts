// A baseline on disk: what a scenario came to, and what happened in it, so that a later run can be held against it.
import { deflateSync, inflateSync } from 'node:zlib';
import type { Comparison, TimelineSeries } from '../metrics/comparison.ts';
import type { Recording, StreamRecord } from '../run/recording.ts';
import { storedRows } from './storedRows.ts';
import { decoded, encoded, opened, readBytes, ResultError, sealed, type SealedKind } from './sealed.ts';
import { withoutFolders, type StoredComparison } from './stored.ts';

export interface Baseline {
  /** Without outages and without its lines over time. */
  readonly comparison: Comparison;
  /** By mode and replication. Rows that found no room are missing. */
  readonly recordings: readonly (readonly Recording[])[];
}

const kind: SealedKind = {
  format: 'fleetfall-baseline/1',
  name: 'baseline',
  mend: 'Save it again with `fleetfall baseline save`.',
};

/** Rows of all replications together, as text of base64; the first replications have theirs first. */
const mostRowText = 1024 * 1024;

const noTimeline: TimelineSeries = {
  stepUs: 1,
  connectedByNode: [],
  disconnected: [],
  unaware: [],
  produced: [],
  delivered: [],
  lost: [],
  waiting: [],
  shown: null,
};

interface StoredStream {
  readonly rows: number;
  readonly chain: string;
  /** Links kept, and their texts together: JSON, deflated, base64. `null`: none. */
  readonly kept: string | null;
}

/** The text of a baseline. What is compressed may differ in its bytes between systems; nothing compares them. */
export function* baselinePieces(comparison: Comparison, recordings: Baseline['recordings']): Generator<string> {
  yield* sealed(kind, comparison.engine, lines(comparison, recordings));
}

function* lines(comparison: Comparison, recordings: Baseline['recordings']): Generator<string> {
  const lean: Comparison = {
    ...comparison,
    modes: comparison.modes.map((mode) => ({
      ...mode,
      timeline: noTimeline,
      replay: { timeline: noTimeline, faults: [], marks: [] },
    })),
  };
  yield `"comparison":${encoded(withoutFolders(lean))},\n`;
  let room = mostRowText;
  const stored = recordings.map((runs) => runs.map((): Record<keyof Recording, StoredStream> | null => null));
  const streamOf = ({ rows, chain, kept }: StreamRecord): StoredStream => {
    const text = kept.length === 0 ? '' : deflateSync(JSON.stringify(kept), { level: 9 }).toString('base64');
    if (text === '' || text.length > room) return { rows, chain, kept: null };
    room -= text.length;
    return { rows, chain, kept: text };
  };
  const most = Math.max(0, ...recordings.map((runs) => runs.length));
  for (let replication = 0; replication < most; replication++) {
    recordings.forEach((runs, mode) => {
      const recording = runs[replication];
      if (recording === undefined) return;
      const { connections, counts } = recording;
      stored[mode]![replication] = { connections: streamOf(connections), counts: streamOf(counts) };
    });
  }
  yield `"recordings":${JSON.stringify(stored)},\n`;
}

/** @throws ResultError when there is none, or it is cut off, edited, of another format or of another version of fleetfall. */
export function readBaseline(file: string): Baseline {
  return parseBaseline(readBytes(file), file);
}

export function parseBaseline(bytes: Buffer, file: string): Baseline {
  let stored: StoredComparison | undefined;
  let recordings: readonly (readonly Readonly<Record<keyof Recording, StoredStream>>[])[] | undefined;
  // The digest has said that this is what lines() has written.
  for (const line of opened(bytes, file, kind)) {
    if (line.startsWith('"comparison":')) stored = decoded(line.slice(13, -1)) as StoredComparison;
    else if (line.startsWith('"recordings":')) recordings = JSON.parse(line.slice(13, -1)) as typeof recordings;
  }
  if (stored === undefined || recordings === undefined) throw new ResultError(file, `holds no baseline. ${kind.mend}`);
  return {
    comparison: { ...stored, modes: stored.modes.map((mode) => ({ ...mode, reconnects: storedRows([]) })) },
    recordings: recordings.map((runs) =>
      runs.map(({ connections, counts }) => ({ connections: streamFrom(connections), counts: streamFrom(counts) })),
    ),
  };
}

function streamFrom({ rows, chain, kept }: StoredStream): StreamRecord {
  if (kept === null) return { rows, chain, kept: [] };
  const text = inflateSync(Buffer.from(kept, 'base64')).toString('utf8');
  return { rows, chain, kept: JSON.parse(text) as StreamRecord['kept'] };
}
