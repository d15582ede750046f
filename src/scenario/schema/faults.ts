// What happens to places, paths and agents, and when.
import { z } from 'zod';
import {
  type Issue,
  checked,
  choice,
  day,
  duration,
  mapping,
  mismatch,
  second,
  text,
  whole,
  yesNo,
} from './values.ts';

const exampleOf = { place: 'worker01', group: 'servers', balancer: 'lb1' };
const namesOf = (one: string, many: keyof typeof exampleOf, description: string) =>
  z.union(
    [
      text(one, description).transform((name) => [name]),
      z.array(text(one, description)).min(1, { error: () => mismatch(`at least one ${many}`, []) }),
    ],
    { error: ({ input }: Issue) => mismatch(`${one} such as ${exampleOf[many]}, or a list of ${many === 'place' ? 'node' : many}s`, input) },
  );

const places = namesOf('a node', 'place', 'A node, "master", or "balancer".');
const balancersNamed = namesOf('a balancer', 'balancer', 'A balancer by its name.');
const groups = namesOf('a group', 'group', 'A group of the fleet, or "agents" for all of them.');
const end = text('a group, a node, agents, master or balancer', 'A group, a node, "agents", "master" or "balancer".');

const instant = z
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
  });

const share = checked('a share such as 30%', 'Share of its capacity that is left.', (value) => {
  const [, percent] = /^(\d+(?:\.\d+)?)\s*%$/.exec(value.trim()) ?? [];
  if (percent === undefined) return '';
  return Number(percent) > 0 && Number(percent) <= 100 ? null : 'It must be above 0%, and up to 100%.';
}).transform((value) => Number.parseFloat(value) / 100);

const length = { from: 1, to: 366 * day, text: 'above 0s, and up to 366d' };

/** `drain` beside `rolling`. */
export const drainSchema = duration('How long before each stop.', { from: 0, to: day, text: 'from 0s to 1d' });

/** What can happen, each under its own key; a fault has exactly one of them. */
export const verbSchemas = {
  kill: places.optional().meta({ description: 'The processes die, the host lives.' }),
  powerOff: places.optional().meta({ description: 'Host or cable gone.' }),
  hang: places.optional().meta({ description: 'Processes stand still, the kernel accepts and acknowledges.' }),
  stop: places.optional().meta({ description: 'Orderly, as wazuh-control stop does.' }),
  restart: places.optional().meta({ description: 'A stop, and a start after down.' }),
  rolling: places.optional().meta({ description: 'Restarts one after the other, with down, pause and drain.' }),
  zombie: places.optional().meta({ description: 'Accepts and acknowledges, and throws events away.' }),
  slow: places.optional().meta({ description: 'Analyses only a share of its capacity: { slow: worker02, to: 30% }.' }),
  partition: z
    .strictObject(
      { from: end, to: end, oneWay: yesNo('Only packets from the first to the second are lost.').prefault('no') },
      mapping('a mapping such as { from: branch, to: worker01, oneWay: yes }'),
    )
    .optional()
    .meta({ description: 'No packet passes between two places.' }),
  dropFlows: z
    .strictObject(
      {
        from: end,
        to: end,
        answer: choice(['rst', 'silence'], 'What the middlebox does with packets of connections it has forgotten.'),
      },
      mapping('a mapping such as { from: branch, to: worker01, answer: rst }'),
    )
    .optional()
    .meta({ description: 'A middlebox forgets the connections between two places.' }),
  restartAgents: groups.optional().meta({ description: 'Agents restart.' }),
  pushConfig: z
    .union(
      [
        groups,
        z.strictObject({
          groups,
          restarts: yesNo('Whether agents act on it: 4.14 reloads, earlier ones restart.').prefault('yes'),
        }),
      ],
      {
        error: ({ input }: Issue) =>
          mismatch('a group such as servers, or { groups: [servers], restarts: yes }', input),
      },
    )
    .optional()
    .meta({ description: 'A new shared configuration.' }),
  reconnectAgents: groups.optional().meta({ description: 'Agents are told to reconnect (PUT /agents/reconnect).' }),
  enroll: z
    .strictObject(
      {
        group: text('a group', 'A group of the fleet.'),
        count: whole('How many of its agents.', 1, 5_000_000),
        over: duration('They begin spread evenly over this time.', { from: 0, to: 31 * day, text: 'from 0s to 31d' }),
      },
      mapping('a mapping such as { group: new, count: 500, over: 10m }'),
    )
    .optional()
    .meta({ description: 'Agents without a key enrol.' }),
  reload: z
    .union(
      [
        text('balancer', 'The balancer.'),
        z.strictObject({
          nginx: text('a path or the text of an nginx.conf', 'What it reads then.').optional(),
          haproxy: text('a path or the text of a haproxy.cfg', 'What it reads then.').optional(),
          balancer: text('the name of a balancer', 'Which one, where there are several.').optional(),
        }),
      ],
      { error: ({ input }: Issue) => mismatch('balancer, or { nginx: new.conf }', input) },
    )
    .optional()
    .meta({ description: 'nginx -s reload, haproxy -sf: new processes, the old ones keep their sessions.' }),
  addNode: places.optional().meta({ description: 'The balancer gets another server.' }),
  removeNode: places.optional().meta({ description: 'The balancer loses a server; sessions on it go on.' }),
};

export type Verb = keyof typeof verbSchemas | 'drain';
export const verbs = [...(Object.keys(verbSchemas) as (keyof typeof verbSchemas)[]), 'drain'] as const satisfies readonly Verb[];

export const fault = z
  .strictObject(
    {
      at: instant.optional(),
      random: z
        .strictObject(
          {
            mtbf: duration('Mean time from the end of one to the next.', {
              from: second,
              to: 36_600 * day,
              text: 'from 1s to 36600d',
            }),
            mttr: duration('Mean length.', { from: second, to: 366 * day, text: 'from 1s to 366d' }),
          },
          mapping('a mapping such as { mtbf: 30d, mttr: 2h }'),
        )
        .optional()
        .meta({ description: 'Instead of at and for: exponential times.' }),
      ...verbSchemas,
      // A verb, and with rolling a length.
      drain: z
        .union([text('a node', 'A node; with rolling: how long before each stop.'), z.array(text('a node', 'A node.')).min(1, { error: () => mismatch('at least one node', []) })], {
          error: ({ input }: Issue) => mismatch('a node such as worker01, a list of nodes, or with rolling a duration', input),
        })
        .optional()
        .meta({ description: 'The balancer gives a node no new sessions; with rolling: how long before each stop.' }),
      balancer: balancersNamed
        .optional()
        .meta({ description: 'drain, addNode, removeNode, rolling with drain, reload: which balancers are told. Default: all.' }),
      for: duration('Length; without it the fault lasts to the end.', length).optional(),
      every: duration('Distance between repetitions.', { from: second, to: 366 * day, text: 'from 1s to 366d' }).optional(),
      times: whole('Number of repetitions; default: as many as begin within the run.', 1, 100_000).optional(),
      acceptsFor: duration('kill: how long the dying process still takes connections. Default 1ms.', {
        from: 0,
        to: 60 * second,
        text: 'from 0s to 60s',
      }).optional(),
      only: choice(['remoted', 'authd'], 'hang: the process that stands still; the other goes on.').optional(),
      to: share.optional(),
      down: duration('restart and rolling: from stop to start.', length).optional(),
      over: duration('restartAgents: one after the other, spread evenly over this time. Default: all at once.', {
        from: 0,
        to: 31 * day,
        text: 'from 0s to 31d',
      }).optional(),
      chunk: whole('reconnectAgents: so many are told at once, then comes a pause. Default: all.', 1, 5_000_000).optional(),
      pause: duration('rolling: from the start of one to the next; reconnectAgents: between two chunks, default 5s.', { from: 0, to: 31 * day, text: 'from 0s to 31d' }).optional(),
    },
    mapping('a mapping such as { at: 10m, kill: worker01, for: 10m }'),
  )
  .meta({
    oneOf: verbs.map((verb) =>
      verb === 'drain' ? { required: [verb], not: { required: ['rolling'] } } : { required: [verb] },
    ),
    anyOf: [{ required: ['at'] }, { required: ['random'] }],
  });
