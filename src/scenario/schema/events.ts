// What the applications of a group of agents write, and when.
import { z } from 'zod';
import { workloadDefaults } from '../../models/workload.ts';
import { secondOfDay } from '../timestamps.ts';
import { isMapping } from '../yamlSource.ts';
import { type Issue, bytes, checked, choice, duration, day, mapping, mismatch, rate, second, share, whole } from './values.ts';

const burst = z
  .strictObject(
    {
      every: duration('From the beginning of one burst to that of the next.', {
        from: second,
        to: day,
        text: 'from 1s to 1d',
      }),
      length: duration('Length of a burst; shorter than every.', { from: 1000, to: day, text: 'from 1ms to 1d' }),
      share: share('Share of all events that is written in bursts.'),
    },
    mapping('a mapping such as { every: 60s, length: 5s, share: 80% }'),
  )
  .superRefine(({ every, length }, context) => {
    if (length < every) return;
    context.addIssue({ code: 'custom', path: ['length'], message: 'must be shorter than every.', input: length });
  })
  .meta({
    description: 'Part of the events comes in bursts, again and again; rate stays the mean, and each agent has its own phase.',
  });

const ofRate = share('Of the rate.', 100);

const neverWrites = 'at least one part of the day must be above 0%.';

/** Parts of the day and what the rate is multiplied with in each: µs of the day, ascending from 0. */
const profile = z
  .union(
    [
      z.array(ofRate, mapping('a list of shares such as [20%, 100%]')).min(2).max(1_440).transform((factors, context) => {
        if (factors.every((factor) => factor === 0)) {
          context.issues.push({ code: 'custom', message: neverWrites, input: factors });
        }
        return { fromUs: factors.map((_, at) => Math.round((at * day) / factors.length)), factors };
      }),
      z.record(z.string(), ofRate, mapping('a mapping such as { 00:00: 20%, 09:00: 100% }')).transform((given, context) => {
        const points = Object.entries(given).flatMap(([text, factor]) => {
          const at = secondOfDay(text);
          if (at !== null) return [{ at: at * second, factor }];
          context.issues.push({
            code: 'custom',
            path: [text],
            message: mismatch('a time of day such as 09:00', text),
            input: text,
          });
          return [];
        });
        points.sort((a, b) => a.at - b.at);
        if (points.length > 0 && points.every(({ factor }) => factor === 0)) {
          context.issues.push({ code: 'custom', message: neverWrites, input: given });
        }
        if (Object.keys(given).length === 0) {
          context.issues.push({ code: 'custom', message: mismatch('at least one time of day', {}), input: given });
          return { fromUs: [0], factors: [1] };
        }
        if (points.length === 0) return { fromUs: [0], factors: [1] }; // what was no time of day has been said
        // Before the first point of the day the last one of the day before still holds.
        if (points[0]!.at > 0) points.unshift({ at: 0, factor: points.at(-1)!.factor });
        return { fromUs: points.map(({ at }) => at), factors: points.map(({ factor }) => factor) };
      }),
    ],
    {
      error: ({ input }: Issue) =>
        mismatch(
          'equal parts of a day such as [20%, 100%], or times of day such as { 00:00: 20%, 09:00: 100% }',
          input,
          isMapping(input) ? 'Shares are percentages.' : '',
        ),
    },
  )
  .meta({ description: 'The rate in the course of a day, in shares of rate; startsAt says where in it time 0 is.' });

const hitters = z.strictObject(
  {
    count: whole('Number of them, drawn in every replication.', 1, 1_000_000),
    rate: rate('Events per second of each.').optional(),
    share: share('What they write together, of all events of the group.').optional(),
  },
  mapping('a mapping such as { count: 3, rate: 400/s } or { count: 3, share: 60% }'),
);

export const events = z.strictObject(
  {
    rate: rate('Events per second of one agent.').optional(),
    total: rate('Events per second of the whole group, divided among its agents.', 1e9).optional(),
    spread: checked(
      'equal or pareto with its exponent such as pareto 1.2',
      'Who gets how much of the total.',
      (value) => {
        const match = /^(?:equal|pareto\s+(\d+(?:\.\d+)?))$/.exec(value);
        if (match === null) return '';
        if (match[1] === undefined) return null;
        return Number(match[1]) > 1 && Number(match[1]) <= 100 ? null : 'The exponent must be above 1 and at most 100.';
      },
    ).optional(),
    hitters: hitters.optional(),
    arrival: choice(['poisson', 'regular'], 'How events follow each other.').prefault(workloadDefaults.arrival),
    burst: burst.optional(),
    profile: profile.optional(),
    size: bytes('Bytes of one event on the wire.', 1, 65_536, 'from 1B to 64KiB').prefault('300B'),
    source: choice(
      ['logcollector', 'socket', 'eventChannel'],
      'logcollector keeps reading and drops when its queue is full; socket blocks the writer; eventChannel (Windows) keeps its records until they are taken.',
    ).prefault(workloadDefaults.source),
    files: whole(
      'The lines are in so many files, into which logcollector looks every loop_timeout. Default: each is read when it is written.',
      1,
      10_000,
    ).optional(),
  },
  mapping('a mapping such as { rate: 2/s, size: 300B }'),
);
