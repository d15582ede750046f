// The stable machine-readable verdict. A change that breaks readers needs a new number in `format`.
import { z } from 'zod';
import type { Comparison, Estimate, Unit, Verdict } from '../metrics/comparison.ts';
import { lossCauses } from '../models/ledger.ts';
import { printableJson } from './escape.ts';

/** Infinity has no number in JSON; `Number("Infinity")` and Python's `float("Infinity")` read the word. */
const amount = z
  .union([z.number(), z.enum(['Infinity', '-Infinity'])])
  .describe('A number; "Infinity" where something never ended within the run.');
const verdict = z.enum(['pass', 'breached', 'inconclusive', 'vacuous']);
const units = ['seconds', 'share', 'events', 'agents', 'ratio', 'perSecond', 'count'] as const;

export const estimateSchema = z.strictObject({
  unit: z.enum(units).describe('Shares are of 1, ratios are largest over mean.'),
  mean: amount.nullable().describe('Over the replications that say something; null: none does.'),
  halfWidth95: z.number().nullable().describe('Half of the 95 % t interval; null with fewer than two finite values.'),
  min: amount.nullable(),
  max: amount.nullable(),
  values: z.array(amount.nullable()).describe('One a replication, in order.'),
});
const around = z.strictObject({
  before: z.number().describe('Time mean from 0 to the first fault.'),
  during: z.number().describe('Time mean from the first fault to the last end.'),
  after: z.number().describe('At the end.'),
});

export const summarySchema = z
  .strictObject({
    format: z.literal('fleetfall-summary/1'),
    engine: z.string().describe('Version of fleetfall.'),
    scenario: z.strictObject({
      name: z.string(),
      title: z.string(),
      seed: z.string(),
      inputHash: z.string().describe('SHA-256 over the scenario and every configuration text.'),
    }),
    replications: z.int(),
    warmupSeconds: z.number(),
    durationSeconds: z.number(),
    agents: z.int(),
    nodes: z.array(z.string()),
    faults: z.array(
      z.strictObject({
        number: z.int().describe('As in a selector: from 1.'),
        text: z.string(),
        startSeconds: z.number().describe('Since the end of the warm-up; earliest of the replications.'),
        endSeconds: amount.describe('Latest of the replications; "Infinity": never ends.'),
      }),
    ),
    outcome: verdict.or(z.literal('none')).describe('Worst verdict of the expectations; "none": there are none.'),
    verdict: z.string().describe('One sentence.'),
    expectations: z.array(
      z.strictObject({ text: z.string(), line: z.int(), column: z.int(), verdict, detail: z.string() }),
    ),
    modes: z.array(
      z.strictObject({
        name: z.string(),
        description: z.string(),
        assumptions: z.array(z.string()),
        explanations: z.array(z.string()),
        metrics: z.record(z.string(), estimateSchema).describe('By name, as in an expectation without the mode.'),
        lossByCause: z.partialRecord(z.enum(lossCauses), estimateSchema),
        nodes: z.array(
          z.strictObject({
            node: z.string(),
            agents: around,
            eventsPerSecond: around,
            delivered: z.number(),
            connectsPeakPerSecond: z.number(),
            refused: z.number(),
            acceptQueueOverflow: z.number(),
            keysRefused: z.number().describe('Connections closed because the key of the agent was in use.'),
            controlWaitPeakUs: z.number().describe('Longest work of startups and keepalives that waited, in µs.'),
            firstDropAtUs: z
              .number()
              .nullable()
              .describe('When events were first too many for it, in µs; null: never.'),
            shownActive: around
              .nullable()
              .describe('Agents the dashboard shows as active there; null: no node is the master.'),
          }),
        ),
        placement: z
          .array(
            z.strictObject({
              seenOn: z.string(),
              predicted: z
                .record(z.string(), z.number())
                .describe('Agents by the node on which they have a session at time 0.'),
              withoutSession: z.number(),
            }),
          )
          .optional()
          .describe('Agents by the node the inventory saw them on, means over the replications; absent: it says none.'),
        backtest: z
          .array(
            z.strictObject({
              node: z.string(),
              points: z.int().describe('Instants compared.'),
              errorAgents: z.number().describe('Mean of |simulated - observed|.'),
              errorShare: z.number().nullable().describe('Sum of |simulated - observed| over the sum of the observed.'),
            }),
          )
          .optional()
          .describe('Distance from what was observed, by node, means over the replications; absent: nothing was.'),
        kernelEvents: z.number(),
      }),
    ),
    differences: z.array(
      z.strictObject({ mode: z.string(), baseline: z.string(), metric: z.string(), difference: estimateSchema }),
    ),
    warnings: z.array(z.string()),
    remarks: z
      .array(
        z.strictObject({
          rule: z.string(),
          modes: z.array(z.string()),
          file: z.string().nullable(),
          line: z.number().nullable(),
          column: z.number().nullable(),
          text: z.string(),
        }),
      )
      .describe('What the lint says of the configurations.'),
  })
  .describe('What a fleetfall run found out.');

export type Summary = z.infer<typeof summarySchema>;

/** JSON Schema (draft-07) of summary.json. */
export function summaryJsonSchema(): unknown {
  return z.toJSONSchema(summarySchema, { target: 'draft-7' });
}

const unitNames = {
  us: 'seconds',
  share: 'share',
  events: 'events',
  agents: 'agents',
  ratio: 'ratio',
  perSecond: 'perSecond',
  count: 'count',
} satisfies Record<Unit, (typeof units)[number]>;

function amountOf(value: number, unit: Unit): number | 'Infinity' | '-Infinity' {
  if (value === Infinity) return 'Infinity';
  if (value === -Infinity) return '-Infinity';
  return tidy(unit === 'us' ? value / 1_000_000 : value);
}

/** Without the noise of binary fractions behind the twelfth figure. */
function tidy(value: number): number {
  return Number(value.toPrecision(12)) + 0;
}

/** An estimate in the unit that files have: seconds for µs. */
export function estimateData(
  { mean, halfWidth, min, max, values }: Estimate,
  unit: Unit,
): z.infer<typeof estimateSchema> {
  const orNull = (value: number | null) => (value === null || Number.isNaN(value) ? null : amountOf(value, unit));
  const half = orNull(halfWidth);
  return {
    unit: unitNames[unit],
    mean: orNull(mean),
    halfWidth95: typeof half === 'number' ? half : null,
    min: orNull(min),
    max: orNull(max),
    values: values.map(orNull),
  };
}

const worstFirst = ['breached', 'inconclusive', 'vacuous', 'pass'] as const satisfies readonly Verdict[];

/** The worst verdict of the expectations, `none` without any. */
export function outcomeOf({ expectations }: Comparison): Verdict | 'none' {
  return worstFirst.find((each) => expectations.some((expectation) => expectation.verdict === each)) ?? 'none';
}

/** The summary as data: names as the user wrote them, no path (where the scenario lay is no part of a result). */
export function summaryOf(comparison: Comparison): Summary {
  const { scenario } = comparison;
  const loads = ({ before, during, after }: { before: number; during: number; after: number }) => ({
    before: tidy(before),
    during: tidy(during),
    after: tidy(after),
  });
  return {
    format: 'fleetfall-summary/1',
    engine: comparison.engine,
    scenario: {
      name: scenario.name,
      title: scenario.title,
      seed: scenario.seed,
      inputHash: scenario.inputHash,
    },
    replications: comparison.replications,
    warmupSeconds: tidy(comparison.warmupUs / 1_000_000),
    durationSeconds: tidy(comparison.durationUs / 1_000_000),
    agents: comparison.agents,
    nodes: [...comparison.nodeNames],
    faults: comparison.faults.map(({ index, text, startUs, endUs }) => ({
      number: index + 1,
      text,
      startSeconds: tidy(startUs / 1_000_000),
      endSeconds: amountOf(endUs, 'us'),
    })),
    outcome: outcomeOf(comparison),
    verdict: comparison.verdict,
    expectations: comparison.expectations.map(({ expectation, verdict: found, detail }) => ({
      text: expectation.text,
      line: expectation.position.line,
      column: expectation.position.column,
      verdict: found,
      detail,
    })),
    modes: comparison.modes.map((mode) => ({
      name: mode.name,
      description: mode.description,
      assumptions: [...mode.assumptions],
      explanations: [...mode.explanations],
      metrics: Object.fromEntries(
        mode.metrics.map((result) => [result.metric, estimateData(result.estimate, result.unit)]),
      ),
      lossByCause: Object.fromEntries(
        mode.lossByCause.map(({ cause, estimate: lost }) => [cause, estimateData(lost, 'events')]),
      ),
      nodes: mode.nodes.map((node) => ({
        node: node.node,
        agents: loads(node.agents),
        eventsPerSecond: loads(node.eventsPerSecond),
        delivered: tidy(node.delivered),
        connectsPeakPerSecond: tidy(node.connectsPeakPerSecond),
        refused: tidy(node.refused),
        acceptQueueOverflow: tidy(node.acceptQueueOverflow),
        keysRefused: tidy(node.keysRefused),
        controlWaitPeakUs: tidy(node.controlWaitPeakUs),
        firstDropAtUs: node.firstDropAtUs === null ? null : tidy(node.firstDropAtUs),
        shownActive: node.shownActive && loads(node.shownActive),
      })),
      ...(mode.placement === null
        ? {}
        : {
            placement: mode.placement.map(({ node, predicted, withoutSession }) => ({
              seenOn: node,
              predicted: Object.fromEntries(predicted.map((each) => [each.node, tidy(each.agents)])),
              withoutSession: tidy(withoutSession),
            })),
          }),
      ...(mode.backtest.length === 0
        ? {}
        : {
            backtest: mode.backtest.map(({ node, points, agents, share }) => ({
              node,
              points,
              errorAgents: tidy(agents),
              errorShare: share === null ? null : tidy(share),
            })),
          }),
      kernelEvents: mode.kernelEvents,
    })),
    differences: comparison.differences.map(({ mode, baseline, metric, unit, estimate: paired }) => ({
      mode,
      baseline,
      metric,
      difference: estimateData(paired, unit),
    })),
    warnings: warningLines(comparison),
    remarks: comparison.scenario.remarks.map(({ rule, modes, position, text }) => ({
      rule,
      modes: [...modes],
      file: position && fileName(position.file),
      line: position?.line ?? null,
      column: position?.column ?? null,
      text,
    })),
  };
}

/** `nginx.conf:12:5: text`: a file by its name only. */
export function warningLines({ scenario }: Pick<Comparison, 'scenario'>): string[] {
  return scenario.warnings.map(({ position, text }) => {
    if (position === null) return text;
    return `${fileName(position.file)}:${position.line}:${position.column}: ${text}`;
  });
}

/** What the lint says: `nginx.conf:12:5: text`, or `mode: text` where it is not about a place in a file. */
export function remarkLines({ scenario }: Pick<Comparison, 'scenario'>): string[] {
  return scenario.remarks.map(({ position, modes, text }) => {
    const place = position ? `${fileName(position.file)}:${position.line}:${position.column}` : modes.join(', ');
    return `${place}: ${text}`;
  });
}

function fileName(path: string): string {
  return path.split(/[\\/]/).at(-1)!;
}

/** summary.json, one document with a line feed at its end; values of the replications on one line each. */
export function summaryJson(comparison: Comparison): string {
  const indented = printableJson(JSON.stringify(summaryOf(comparison), null, 2));
  return `${indented.replace(/"values": \[[^[\]]*\]/g, (list) => list.replace(/\s*\n\s*/g, ' '))}\n`;
}
