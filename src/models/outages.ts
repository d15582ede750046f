// One row for every outage of an agent, kept in columns.
import { OutageEnd, type Outages } from './ledger.ts';

/** The outage an agent is in: what is known so far. */
export interface OpenOutages {
  /** Occurrence that broke the session, -1: no outage. */
  readonly fault: Int32Array;
  readonly fromNode: Int16Array;
  readonly brokenAtUs: Float64Array;
  /** -Infinity: not noticed. */
  readonly noticedAtUs: Float64Array;
  readonly attempts: Int32Array;
  readonly froze: Uint8Array;
}

export function newOpenOutages(agents: number): OpenOutages {
  return {
    fault: new Int32Array(agents).fill(-1),
    fromNode: new Int16Array(agents),
    brokenAtUs: new Float64Array(agents),
    noticedAtUs: new Float64Array(agents),
    attempts: new Int32Array(agents),
    froze: new Uint8Array(agents),
  };
}

export function openOutage(open: OpenOutages, agent: number, fault: number, fromNode: number, atUs: number): void {
  open.fault[agent] = fault;
  open.fromNode[agent] = fromNode;
  open.brokenAtUs[agent] = atUs;
  open.noticedAtUs[agent] = -Infinity;
  open.attempts[agent] = 0;
  open.froze[agent] = 0;
}

interface Row {
  readonly agent: number;
  readonly fault: number;
  readonly end: number;
  readonly fromNode: number;
  readonly toNode: number;
  readonly brokenAtUs: number;
  readonly detectUs: number;
  readonly retryUs: number;
  readonly handshakeUs: number;
  readonly attempts: number;
  readonly froze: number;
}

export class OutageBook {
  readonly #rows: Row[] = [];

  /** The agent is back: by a handshake (`attemptUs` is when the attempt began) or because the old session lives again. */
  close(
    open: OpenOutages,
    agent: number,
    end: 'reconnected' | 'healed',
    toNode: number,
    attemptUs: number,
    atUs: number,
  ): void {
    const noticed = open.noticedAtUs[agent]!;
    const broken = open.brokenAtUs[agent]!;
    const reconnected = end === 'reconnected';
    this.#rows.push({
      agent,
      fault: open.fault[agent]!,
      end: reconnected ? OutageEnd.Reconnected : OutageEnd.Healed,
      fromNode: open.fromNode[agent]!,
      toNode,
      brokenAtUs: broken,
      detectUs: reconnected ? noticed - broken : -1,
      retryUs: reconnected ? attemptUs - noticed : -1,
      handshakeUs: reconnected ? atUs - attemptUs : atUs - broken,
      attempts: open.attempts[agent]!,
      froze: open.froze[agent]!,
    });
    open.fault[agent] = -1;
  }

  /** Agents that are not back when the run ends get their rows, in the order of the fleet. */
  finish(open: OpenOutages): Outages {
    for (let agent = 0; agent < open.fault.length; agent++) {
      if (open.fault[agent]! < 0) continue;
      const noticed = open.noticedAtUs[agent]!;
      this.#rows.push({
        agent,
        fault: open.fault[agent]!,
        end: OutageEnd.Unfinished,
        fromNode: open.fromNode[agent]!,
        toNode: -1,
        brokenAtUs: open.brokenAtUs[agent]!,
        detectUs: noticed === -Infinity ? -1 : noticed - open.brokenAtUs[agent]!,
        retryUs: -1,
        handshakeUs: -1,
        attempts: open.attempts[agent]!,
        froze: open.froze[agent]!,
      });
    }
    const rows = this.#rows;
    return {
      count: rows.length,
      agent: Int32Array.from(rows, (row) => row.agent),
      fault: Int32Array.from(rows, (row) => row.fault),
      end: Uint8Array.from(rows, (row) => row.end),
      fromNode: Int16Array.from(rows, (row) => row.fromNode),
      toNode: Int16Array.from(rows, (row) => row.toNode),
      brokenAtUs: Float64Array.from(rows, (row) => row.brokenAtUs),
      detectUs: Float64Array.from(rows, (row) => row.detectUs),
      retryUs: Float64Array.from(rows, (row) => row.retryUs),
      handshakeUs: Float64Array.from(rows, (row) => row.handshakeUs),
      attempts: Int32Array.from(rows, (row) => row.attempts),
      froze: Uint8Array.from(rows, (row) => row.froze),
    };
  }
}
