// Groups of agents: how many, where, and what they write.
import { z } from 'zod';
import { nodeDefaults } from '../../models/node.ts';
import { quote } from '../wording.ts';
import { isMapping } from '../yamlSource.ts';
import { agentSettings } from './agent.ts';
import { events } from './events.ts';
import { type Issue, checked, choice, day, duration, latency, mapping, mismatch, range, rangeHint, release, second, text, unreachable, whole, yesNo } from './values.ts';

const natAddress = checked('an IPv4 address such as 203.0.113.7', 'An address or range the balancer sees.', rangeHint);

const natRule = z.strictObject(
  {
    from: checked(
      'an IPv4 range such as 10.1.0.0/16, or any',
      'Own addresses the rule is for; any: those of agents of an inventory whose address is "any".',
      (value) => (value === 'any' ? null : rangeHint(value)),
    ),
    to: z
      .union(
        [
          z.literal('same').transform(() => []),
          natAddress.transform((one) => [one]),
          z.array(natAddress).min(1, { error: () => mismatch('at least one address', []) }),
        ],
        { error: ({ input }: Issue) => mismatch('a list of addresses such as [203.0.113.7], or same', input) },
      )
      .meta({ description: 'What the balancer sees instead; same: it sees their own.' }),
  },
  mapping('a rule such as { from: 10.1.0.0/16, to: [203.0.113.7] }'),
);

const natEntry = z.union([natAddress, natRule], {
  error: ({ input }: Issue) =>
    mismatch('an IPv4 address such as 203.0.113.7, or a rule such as { from: 10.1.0.0/16, to: [203.0.113.7] }', input),
});

export const order = choice(
  ['listed', 'shuffled', 'rotated'],
  'Order of an agent’s list: as listed, drawn per agent, or begun at entry i mod n.',
);

const mostAgents = 5_000_000;
const count = whole('Number of agents; without an inventory.', 1, mostAgents);

/** µs between two restarts. */
function restartEvery(text: string): number | undefined {
  const match = /^once per\s+(\S+)$/.exec(text.trim());
  return match ? duration('').safeParse(match[1]).data : undefined;
}

export const group = z.strictObject(
  {
    count: count.optional(),
    inventory: text(
      'a path such as agents.csv',
      'Path of a CSV with id, ip, version and perhaps name, group, eps, node, or of the JSON of GET /agents.',
    ).optional(),
    version: release('Agents').optional(),
    addresses: z
      .union(
        [
          range('The i-th agent has the i-th host address of this range.'),
          z.strictObject({
            range: range('Range of addresses.'),
            draw: yesNo('Draw the addresses anew in every replication.').prefault('no'),
          }),
        ],
        {
          error: ({ input }: Issue) =>
            mismatch('a range such as 10.1.0.0/16 or { range: 10.1.0.0/16, draw: yes }', input),
        },
      )
      .optional(),
    nat: z
      .union(
        [
          natAddress.transform((entry) => [entry]),
          natRule.transform((entry) => [entry]),
          z.array(natEntry).min(1, { error: () => mismatch('at least one address', []) }),
        ],
        { error: ({ input }: Issue) => mismatch('a list of addresses such as [203.0.113.7]', input) },
      )
      .optional()
      .meta({
        description:
          'Addresses the balancer sees instead of the agents’ own, used in turn; or rules for ranges of their own addresses.',
      }),
    events: events.optional(),
    start: choice(
      ['spread', 'evenly', 'asListed'],
      'When agents first connect, in the first half of the warm-up: at drawn instants, at equal distances in a drawn order, or so in the order of the list.',
    ).prefault('spread'),
    platform: choice(
      ['linux', 'windows', 'macos'],
      'Operating system of the agents: how long a connect lasts, and what a new configuration does to them.',
    ).prefault('linux'),
    agent: agentSettings.optional(),
    order: order.optional(),
    latency: latency('instead of the network’s').optional(),
    unreachable: unreachable('What these agents see of a host that is gone, instead of the network’s.').optional(),
    restart: checked(
      'once per and a duration, such as once per 7d',
      'How often each of these agents restarts by itself, on average.',
      (value) => {
        const every = restartEvery(value);
        if (every === undefined) return '';
        return every >= 60 * second && every <= 3660 * day ? null : 'It must be from once per 1m to once per 3660d.';
      },
    )
      .transform((value) => restartEvery(value)!) // the check has read it
      .optional(),
  },
  mapping('a mapping such as { count: 2000, events: { rate: 2/s } }'),
).superRefine((given, context) => {
  const say = (key: string, message: string): void => {
    context.addIssue({ code: 'custom', path: [key], message, input: undefined });
  };
  if (given.events?.source === 'eventChannel' && given.platform !== 'windows') {
    const message = `eventChannel is for Windows agents, and these are of platform ${given.platform}. Write platform: windows.`;
    context.addIssue({ code: 'custom', path: ['events', 'source'], message, input: undefined });
  }
  if (given.inventory === undefined) {
    if (given.count === undefined) say('count', mismatch(`a whole number from 1 to ${mostAgents}`, undefined));
    if (given.events === undefined) say('events', mismatch('a mapping such as { rate: 2/s, size: 300B }', undefined));
    return;
  }
  for (const key of ['count', 'version', 'addresses'] as const) {
    if (given[key] !== undefined) say(key, `belongs to a group without an inventory: ${quote(given.inventory)} says it.`);
  }
}).transform(({ version, events: written, ...given }) => ({
  ...given,
  version: version ?? nodeDefaults.version,
  events: written ?? events.parse({}),
}));

/** A group may be no more than the path of its inventory: what it stands for. @param tree a whole scenario. */
export function withInventories(tree: unknown): unknown {
  if (!isMapping(tree) || !isMapping(tree.fleet)) return tree;
  const long = Object.entries(tree.fleet).map(([name, given]) => [
    name,
    typeof given === 'string' ? { inventory: given } : given,
  ]);
  return { ...tree, fleet: Object.fromEntries(long) as unknown };
}
