// What happened to enrolments, agent by agent.
import type { EnrolmentBooks } from '../ledger.ts';

export class EnrolmentLog implements EnrolmentBooks {
  readonly startedUs: Float64Array;
  readonly keyUs: Float64Array;
  readonly reportedUs: Float64Array;
  readonly keyUnknown: Int32Array;
  readonly failed: Int32Array;
  readonly duplicates: Int32Array;

  constructor(agents: number) {
    this.startedUs = new Float64Array(agents).fill(NaN);
    this.keyUs = new Float64Array(agents).fill(Infinity);
    this.reportedUs = new Float64Array(agents).fill(Infinity);
    this.keyUnknown = new Int32Array(agents);
    this.failed = new Int32Array(agents);
    this.duplicates = new Int32Array(agents);
  }
}
