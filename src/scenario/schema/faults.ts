// What happens to places, and when.
import { z } from 'zod';
import { type Issue, day, duration, mapping, mismatch, second, text, whole } from './values.ts';

const places = z.union(
  [
    text('a node', 'A node, or "balancer".').transform((place) => [place]),
    z.array(text('a node', 'A node, or "balancer".')).min(1, { error: () => mismatch('at least one place', []) }),
  ],
  { error: ({ input }: Issue) => mismatch('a node such as worker01, or a list of nodes', input) },
);

export const fault = z
  .strictObject(
    {
      at: z
        .string({
          error: ({ input }: Issue) =>
            mismatch(
              'an instant such as 10m, a range such as 10m..11m, or start',
              input,
              typeof input === 'number' && input >= 0 ? `Write ${input}s.` : '',
            ),
        })
        .meta({
          description:
            'Instant of the counted time, two to draw between (10m..11m), or start: down from the beginning.',
          examples: ['10m', '10m..11m', 'start'],
        })
        .transform((value, context) => {
          if (value.trim() === 'start') return null;
          const [from, to, ...rest] = value.split('..');
          const read = (part: string): number => {
            const parsed = duration('').safeParse(part.trim());
            if (parsed.success) return parsed.data;
            const expected = 'an instant such as 10m, a range such as 10m..11m, or start';
            const hint = /^\s*-/.test(part)
              ? 'It cannot be negative.'
              : /^\s*\d+\s*$/.test(part)
                ? `Write ${part.trim()}s.`
                : '';
            context.issues.push({ code: 'custom', message: mismatch(expected, value, hint), input: value });
            return z.NEVER;
          };
          const fromUs = read(from ?? '');
          const toUs = to === undefined && rest.length === 0 ? fromUs : read([to, ...rest].join('..'));
          if (toUs < fromUs) {
            context.issues.push({
              code: 'custom',
              message: mismatch('a range from early to late', value),
              input: value,
            });
            return z.NEVER;
          }
          return { fromUs, toUs };
        }),
      kill: places.optional(),
      powerOff: places.optional(),
      hang: places.optional(),
      for: duration('Length; without it the fault lasts to the end.', {
        from: 1,
        to: 366 * day,
        text: 'above 0s, and up to 366d',
      }).optional(),
      every: duration('Distance between repetitions.', {
        from: second,
        to: 366 * day,
        text: 'from 1s to 366d',
      }).optional(),
      times: whole('Number of repetitions; default: as many as begin within the run.', 1, 100_000).optional(),
      acceptsFor: duration('kill: how long the dying process still takes connections. Default 1ms.', {
        from: 0,
        to: 60 * second,
        text: 'from 0s to 60s',
      }).optional(),
    },
    mapping('a mapping such as { at: 10m, kill: worker01, for: 10m }'),
  )
  .meta({ oneOf: [{ required: ['kill'] }, { required: ['powerOff'] }, { required: ['hang'] }] });
