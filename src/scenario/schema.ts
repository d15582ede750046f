// The scenario file: one zod schema gives the checks, the types and the JSON Schema editors read.
// What needs two places of the file at once (a name and the list of names) is checked in load.ts.
import { z } from 'zod';
import { parseBytes, parseDuration, parseRate } from '../kernel/units.ts';
import { knownAgentVersion } from '../models/agentVersions.ts';
import { kernelDefaults, networkDefaults } from '../models/network.ts';
import { nodeDefaults } from '../models/node.ts';
import { workloadDefaults } from '../models/workload.ts';
import { parseAddress, parseRange } from './addresses.ts';
import { parsePath } from './overlay.ts';
import { isMapping } from './yamlSource.ts';
import { quote, show } from './wording.ts';

/** The message of a value that is not what its place wants. `undefined` means the place is empty. */
function mismatch(expected: string, value: unknown, hint = ''): string {
  if (value === undefined) return `is missing; expected ${expected}.`;
  return `expected ${expected}, got ${show(value)}.${hint === '' ? '' : ` ${hint}`}`;
}

interface Issue {
  readonly input?: unknown;
}

interface UnitKind {
  /** `a duration such as 10s`. */
  readonly expected: string;
  /** Unit of a bare number in the hint `Write 10s.` */
  readonly bareUnit: string;
  /** As listed behind a unit that is none of them. */
  readonly units: string;
  readonly pattern: string;
  readonly example: string;
  readonly parse: (text: string) => number;
}

const durationKind: UnitKind = {
  expected: 'a duration such as 10s',
  bareUnit: 's',
  units: 'us, ms, s, m, h and d',
  pattern: '^\\s*\\d+(\\.\\d+)?\\s*(us|µs|ms|s|m|h|d)\\s*$',
  example: '10s',
  parse: parseDuration,
};
const rateKind: UnitKind = {
  expected: 'a rate such as 2/s',
  bareUnit: '/s',
  units: '/s, /m, /h and /d',
  pattern: '^\\s*\\d+(\\.\\d+)?\\s*/\\s*(s|m|h|d)\\s*$',
  example: '2/s',
  parse: parseRate,
};
const bytesKind: UnitKind = {
  expected: 'a size such as 300B',
  bareUnit: 'B',
  units: 'B, kB, MB, GB, KiB, MiB and GiB',
  pattern: '^\\s*\\d+(\\.\\d+)?\\s*(B|kB|KB|MB|GB|KiB|MiB|GiB)\\s*$',
  example: '300B',
  parse: parseBytes,
};

interface Bounds {
  readonly from: number;
  readonly to: number;
  /** As written: `1s to 30d`. */
  readonly text: string;
  readonly expected?: string;
}

/** A number with its unit, converted to the unit the models use. */
function measured(kind: UnitKind, bounds: Bounds, description: string) {
  const expected = bounds.expected ?? kind.expected;
  return z
    .string({
      error: ({ input }: Issue) =>
        mismatch(expected, input, typeof input === 'number' && input >= 0 ? `Write ${input}${kind.bareUnit}.` : ''),
    })
    .meta({ pattern: kind.pattern, examples: [kind.example], description: `${description} ${capital(bounds.text)}.` })
    .transform((text, context) => {
      const fail = (hint: string): never => {
        context.issues.push({ code: 'custom', message: mismatch(expected, text, hint), input: text });
        return z.NEVER;
      };
      if (/^\s*-/.test(text)) return fail('It cannot be negative.');
      if (/^\s*[\d.]+\s*$/.test(text)) return fail(`Write ${text.trim()}${kind.bareUnit}.`);
      let value;
      try {
        value = kind.parse(text);
      } catch {
        return fail(/^\s*\d+(\.\d+)?\s*[^\d.]+$/.test(text) ? `Units are ${kind.units}.` : '');
      }
      if (value < bounds.from || value > bounds.to) return fail(`It must be ${bounds.text}.`);
      return value;
    });
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const second = 1_000_000;
const day = 86_400 * second;

const duration = (description: string, bounds: Bounds = { from: 0, to: 366 * day, text: 'from 0s to 366d' }) =>
  measured(durationKind, bounds, description);

/** A duration that the product keeps in whole seconds. */
const wholeSeconds = (description: string, from: number, to: number, text: string) =>
  duration(description, { from: from * second, to: to * second, text }).transform((us, context) => {
    if (us % second !== 0) {
      context.issues.push({
        code: 'custom',
        message: `expected whole seconds such as 10s, got ${us / second}s. The product counts whole seconds here.`,
        input: us,
      });
      return z.NEVER;
    }
    return us / second;
  });

const rate = (description: string, to = 100_000) =>
  measured(rateKind, { from: 0, to, text: `from 0/s to ${to}/s` }, description);

const bytes = (description: string, from: number, to: number, text: string) =>
  measured(bytesKind, { from, to, text }, description);

function whole(description: string, from: number, to: number) {
  const expected = `a whole number from ${from} to ${to}`;
  const error = ({ input }: Issue): string => mismatch(expected, input);
  return z.int({ error }).min(from, { error }).max(to, { error }).meta({ description });
}

function text(expected: string, description: string) {
  const error = ({ input }: Issue): string => mismatch(expected, input);
  return z.string({ error }).min(1, { error }).max(200_000, { error }).meta({ description });
}

/** A string that must pass `check`, which returns how to mend it or `null`; `refuse` may say more about what is no string. */
function checked(
  expected: string,
  description: string,
  check: (value: string) => string | null,
  refuse?: (value: unknown) => string | undefined,
) {
  return z
    .string({ error: ({ input }: Issue) => refuse?.(input) ?? mismatch(expected, input) })
    .meta({ description })
    .superRefine((value, context) => {
      const hint = check(value);
      if (hint !== null) context.addIssue({ code: 'custom', message: mismatch(expected, value, hint) });
    });
}

function choice<const T extends readonly [string, ...string[]]>(options: T, description: string) {
  const expected = `${options.slice(0, -1).join(', ')} or ${options.at(-1)!}`;
  return z.enum(options, { error: ({ input }: Issue) => mismatch(expected, input) }).meta({ description });
}

const yesNo = (description: string) =>
  z
    .union([z.boolean(), z.literal('yes'), z.literal('no')], {
      error: ({ input }: Issue) => mismatch('yes or no', input),
    })
    .meta({ description })
    .transform((value) => value === true || value === 'yes');

const mapping = (expected: string) => ({ error: ({ input }: Issue) => mismatch(expected, input) });
const listOf = mapping;

const release = (who: 'Agents' | 'Managers') =>
  checked(
    'a Wazuh release such as 4.14.7',
    `Wazuh release of these ${who.toLowerCase()}; it sets their defaults.`,
    (value) => knownAgentVersion(value)?.replaceAll('Agents', who) ?? null,
    (value) =>
      typeof value === 'number'
        ? mismatch('a Wazuh release such as 4.14.7', value, 'Write all three parts.')
        : undefined,
  );

const address = (description: string) =>
  checked('an IPv4 address such as 172.0.0.4', description, (value) => {
    if (parseAddress(value) !== null) return null;
    return value.includes(':') ? 'IPv6 is not modelled yet.' : '';
  });

function rangeHint(value: string): string | null {
  const parsed = parseRange(value);
  return typeof parsed === 'string' ? parsed : null;
}

const range = (description: string) => checked('an IPv4 range such as 10.1.0.0/16', description, rangeHint);

const port = (description: string) => whole(description, 1, 65_535);

/** Bounds of the kernel's ip_local_port_range, as a number of ports. */
const portRange = checked(
  'a range such as 32768-60999',
  'Local ports towards one node and port, as a range.',
  (value) => {
    const [, from, to] = /^(\d{1,5})-(\d{1,5})$/.exec(value) ?? [];
    return Number(from) >= 1024 && Number(to) <= 65_535 && Number(from) <= Number(to) ? null : '';
  },
).transform((value) => {
  const [from = 0, to = 0] = value.split('-').map(Number);
  return to - from + 1;
});

// Names are keys: digits alone would change their order, and what every object has is no name of ours.
const noName =
  '(?!(?:\\d+|constructor|hasOwnProperty|isPrototypeOf|propertyIsEnumerable|toLocaleString|toString|valueOf)$)';
const namePattern = `^${noName}[A-Za-z0-9][A-Za-z0-9_-]*$`;
/** Names of nodes may be addresses or host names. */
const nodeNamePattern = `^${noName}[A-Za-z0-9][A-Za-z0-9._-]*$`;

const name = (pattern: string) =>
  z.string().regex(new RegExp(pattern), {
    error: ({ input }: Issue) =>
      `${quote(String(input))} cannot be a name here. ${
        new RegExp(`^${noName}`).test(String(input))
          ? 'Use letters, digits, "-" and "_", beginning with a letter or digit.'
          : `Put something before it, such as x-${String(input)}.`
      }`,
  });

const latency = (of: string) => duration(`One way, ${of}.`, { from: 0, to: 10 * second, text: 'from 0s to 10s' });

const unreachable = (description: string) => choice(['routed', 'sameSegment'], description);

const kernel = z
  .strictObject(
    {
      connectTimeout: duration(
        `connect() to a host that never answers. Default ${kernelDefaults.connectTimeoutUs / second}s, with other synLinearTimeouts accordingly.`,
        { from: 1, to: 3600 * second, text: 'up to 1h' },
      ).optional(),
      synLinearTimeouts: whole(
        'SYNs repeated a second apart before the waits double (0 before Linux 6.5).',
        0,
        127,
      ).optional(),
      arpTimeout: duration(
        `connect() on the own segment to a host that answers no ARP request. Default ${kernelDefaults.arpTimeoutUs / second}s.`,
        { from: 1, to: 3600 * second, text: 'up to 1h' },
      ).optional(),
      sendBuffer: z
        .strictObject(
          {
            silent: bytes(
              'What a connection takes while its peer is silent. Default 75kB.',
              1,
              1e9,
              'up to 1GB',
            ).optional(),
            hung: bytes(
              'What a connection takes while its peer acknowledges and nobody reads. Default 2MB.',
              1,
              1e9,
              'up to 1GB',
            ).optional(),
          },
          mapping('a mapping with silent and hung'),
        )
        .optional(),
      tcpGiveUp: duration(
        `From the first lost segment until TCP gives the connection up. Default ${kernelDefaults.tcpGiveUpUs / second}s.`,
        { from: second, to: day, text: 'from 1s to 1d' },
      ).optional(),
      maxDgramQlen: whole('net.unix.max_dgram_qlen.', 0, 1_000_000).optional(),
    },
    mapping('a mapping of kernel values'),
  )
  .meta({ description: 'What the operating system adds to a connection.' });

/** Settings of agents, as they stand under `fleet.<group>.agent` and `modes.<mode>.agent`. Ranges: Wazuh 4.14.7. */
const agentSettings = z
  .strictObject(
    {
      notifyTime: wholeSeconds('Between two keepalives.', 1, 86_400, 'from 1s to 1d').optional(),
      timeReconnect: wholeSeconds(
        'Silence of the manager that counts as a lost connection.',
        1,
        86_400,
        'from 1s to 1d',
      ).optional(),
      forceReconnectInterval: wholeSeconds(
        'Reconnect this often anyway; 0s: never.',
        0,
        31_536_000,
        'from 0s to 365d',
      ).optional(),
      maxRetries: whole('Attempts per server, where the list does not say.', 1, 1_000_000_000).optional(),
      retryInterval: wholeSeconds(
        'Wait after an attempt, where the list does not say.',
        1,
        86_400,
        'from 1s to 1d',
      ).optional(),
      enrollment: z
        .strictObject(
          {
            enabled: yesNo('Whether an agent tries to enrol after the last attempt at a server.').optional(),
            port: port('Port of the registration service.').optional(),
            delayAfterEnrollment: wholeSeconds(
              'Wait after a successful enrolment.',
              1,
              86_400,
              'from 1s to 1d',
            ).optional(),
            timeout: z
              .union([wholeSeconds('Read time-out.', 1, 3600, 'from 1s to 1h'), z.literal('none')], {
                error: ({ input }: Issue) => mismatch('a duration such as 60s, or none', input),
              })
              .optional(),
          },
          mapping('a mapping of enrolment settings'),
        )
        .optional(),
      buffer: z
        .strictObject(
          {
            disabled: yesNo('Send without client buffer.').optional(),
            queueSize: whole('Events the buffer holds.', 1, 100_000).optional(),
            eventsPerSecond: whole('Events per second the buffer lets pass.', 1, 1000).optional(),
          },
          mapping('a mapping of buffer settings'),
        )
        .optional(),
      internal: z
        .strictObject(
          {
            recvTimeout: wholeSeconds('agent.recv_timeout.', 1, 600, 'from 1s to 600s').optional(),
            minEventsPerSecond: whole('agent.min_eps.', 1, 1000).optional(),
            tolerance: wholeSeconds('agent.tolerance.', 0, 600, 'from 0s to 600s').optional(),
            warnLevel: whole('agent.warn_level, percent.', 1, 100).optional(),
            normalLevel: whole('agent.normal_level, percent.', 0, 99).optional(),
            logcollectorQueueSize: whole('logcollector.queue_size.', 128, 220_000).optional(),
          },
          mapping('a mapping of internal options'),
        )
        .optional(),
      kernel: kernel.optional(),
    },
    mapping('a mapping of agent settings'),
  )
  .meta({ description: 'Settings of agents; they win over the version’s defaults and over ossec.conf.' });

const node = z.strictObject(
  {
    address: address('Address of the node.'),
    names: z
      .array(text('a host name', 'A host name.'), listOf('a list of host names'))
      .prefault([])
      .meta({ description: 'Other names of the node in configuration files.' }),
    role: choice(['master', 'worker'], 'Role in the Wazuh cluster.').prefault(nodeDefaults.role),
    version: release('Managers').optional(),
    eventsPerSecond: z
      .number({ error: ({ input }: Issue) => mismatch('a number of events per second above 0', input) })
      .positive({ error: ({ input }: Issue) => mismatch('a number of events per second above 0', input) })
      .max(1e9, { error: ({ input }: Issue) => mismatch('a number of events per second up to 1000000000', input) })
      .optional()
      .meta({ description: 'Events per second the node can analyse. Without it capacity is not judged.' }),
    queueSize: whole('remoted’s queue, in messages.', 1, 100_000_000).optional(),
    startup: duration('From the start of the processes until agents are accepted.').optional(),
    ossec: text(
      'a path or the text of a manager’s ossec.conf',
      'Path of the manager’s ossec.conf, or its text; what stands here beside it wins.',
    ).optional(),
    ports: z
      .strictObject(
        {
          events: port(`Port of remoted. Default ${nodeDefaults.eventsPort}.`).optional(),
          registration: z
            .union(
              [port(`Port of authd. Default ${nodeDefaults.registrationPort}.`), z.literal(false), z.literal('no')],
              {
                error: ({ input }: Issue) => mismatch('a port such as 1515, or no', input),
              },
            )
            .transform((value) => (value === false || value === 'no' ? null : value))
            .optional(),
        },
        mapping('a mapping with events and registration'),
      )
      .prefault({}),
    acceptQueue: whole('Established connections that wait to be accepted.', 1, 65_535).optional(),
    latency: latency('instead of the network’s').optional(),
    unreachable: unreachable('What others see of this host when it is gone, instead of the network’s.').optional(),
  },
  mapping('a mapping such as { address: 172.0.0.4 }'),
);

const natMapping = (value: unknown): string | undefined =>
  isMapping(value) && 'from' in value
    ? 'mapping ranges with { from, to } is not modelled yet. List the addresses the balancer sees.'
    : undefined;

const natEntry = checked(
  'an IPv4 address such as 203.0.113.7',
  'An address or range the balancer sees.',
  rangeHint,
  natMapping,
);

const order = choice(
  ['listed', 'shuffled', 'rotated'],
  'Order of an agent’s list: as listed, drawn per agent, or begun at entry i mod n.',
);

const group = z.strictObject(
  {
    count: whole('Number of agents.', 1, 5_000_000),
    version: release('Agents').prefault(nodeDefaults.version),
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
          natEntry.transform((entry) => [entry]),
          z.array(natEntry).min(1, { error: () => mismatch('at least one address', []) }),
        ],
        {
          error: ({ input }: Issue) =>
            natMapping(input) ?? mismatch('a list of addresses such as [203.0.113.7]', input),
        },
      )
      .optional()
      .meta({ description: 'Addresses the balancer sees instead of the agents’ own, used in turn.' }),
    events: z.strictObject(
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
            return Number(match[1]) > 1 && Number(match[1]) <= 100
              ? null
              : 'The exponent must be above 1 and at most 100.';
          },
        ).optional(),
        arrival: choice(['poisson', 'regular'], 'How events follow each other.').prefault(workloadDefaults.arrival),
        size: bytes('Bytes of one event on the wire.', 1, 65_536, 'from 1B to 64KiB').prefault('300B'),
        source: choice(
          ['logcollector', 'socket'],
          'logcollector keeps reading and drops when its queue is full; socket blocks the writer.',
        ).prefault(workloadDefaults.source),
      },
      mapping('a mapping such as { rate: 2/s, size: 300B }'),
    ),
    agent: agentSettings.optional(),
    order: order.optional(),
    latency: latency('instead of the network’s').optional(),
    unreachable: unreachable('What these agents see of a host that is gone, instead of the network’s.').optional(),
  },
  mapping('a mapping such as { count: 2000, events: { rate: 2/s } }'),
);

const nginx = z.union(
  [
    text('a path or the text of an nginx.conf', 'Path of an nginx.conf, or its text.'),
    z.strictObject({
      file: text('a path or the text of an nginx.conf', 'Path of an nginx.conf, or its text.'),
      version: checked(
        'an nginx release such as 1.22.1',
        'nginx release; 1.22.1 to 1.31 behave as modelled.',
        (value) => {
          const match = /^1\.(\d+)\.(\d+)$/.exec(value);
          if (match === null) return '';
          const [minor, patch] = [Number(match[1]), Number(match[2])];
          return (minor === 22 ? patch >= 1 : minor > 22) && minor <= 31
            ? null
            : 'Releases 1.22.1 to 1.31 are modelled.';
        },
      ).optional(),
      cpus: whole('Processors of the balancer, for worker_processes auto.', 1, 1024).optional(),
      ports: z
        .union([whole('Local ports towards one node and port.', 1, 64_511), portRange], {
          error: ({ input }: Issue) => mismatch('a number of ports or a range such as 32768-60999', input),
        })
        .optional(),
      addresses: z
        .array(
          text('an address or host name', 'An address or name the agents may be given.'),
          listOf('a list of addresses'),
        )
        .min(1, { error: () => mismatch('at least one address', []) })
        .optional(),
      kernel: kernel.optional(),
      latency: latency('instead of the network’s').optional(),
      unreachable: unreachable('What the balancer sees of a host that is gone, instead of the network’s.').optional(),
    }),
  ],
  { error: ({ input }: Issue) => mismatch('a path, the text of an nginx.conf, or { file: … }', input) },
);

const ossec = z.union(
  [
    text('a path or the text of an ossec.conf', 'Path of an agent’s ossec.conf, or its text.'),
    z.strictObject({
      file: text('a path or the text of an ossec.conf', 'Path of an agent’s ossec.conf, or its text.'),
      agentConf: text('a path', 'Path of the agent.conf the agents get from their manager, or its text.').optional(),
      internalOptions: text('a path', 'Path of a local_internal_options.conf, or its text.').optional(),
    }),
  ],
  { error: ({ input }: Issue) => mismatch('a path, the text of an ossec.conf, or { file: … }', input) },
);

const server = z.union(
  [
    text('a node or "balancer"', 'A node, an address, or "balancer".'),
    z.strictObject({
      node: text('the name of a node', 'A node of the cluster.').optional(),
      address: text('an address or host name', 'Address or name, as in ossec.conf.').optional(),
      port: port('Default: the port the place listens on for events.').optional(),
      protocol: choice(['tcp', 'udp'], 'Default tcp.').prefault('tcp'),
      maxRetries: whole('Attempts before the next server.', 1, 1_000_000_000).optional(),
      retryInterval: wholeSeconds('Wait after an attempt.', 1, 86_400, 'from 1s to 1d').optional(),
    }),
  ],
  {
    error: ({ input }: Issue) =>
      mismatch('a node such as worker01, "balancer", or { node: worker01, port: 1514 }', input),
  },
);

const routing = {
  ossec: ossec.optional(),
  servers: z
    .array(server, listOf('a list of servers'))
    .min(1, { error: () => mismatch('at least one server', []) })
    .optional()
    .meta({ description: 'The agents’ server list; wins over the one of ossec.conf.' }),
  order: order.optional(),
  agent: agentSettings.optional(),
};

const mode = z.strictObject(
  {
    description: text('a text', 'What the mode is, in a few words.').optional(),
    nginx: nginx.optional(),
    ...routing,
    groups: z
      .record(
        name(namePattern),
        z.strictObject(routing, mapping('a mapping such as { servers: [worker01] }')),
        mapping('a mapping of groups'),
      )
      .optional()
      .meta({ description: 'Groups that are connected differently.' }),
    set: z
      .record(z.string(), z.unknown(), mapping('a mapping such as { cluster.version: 4.12.0 }'))
      .optional()
      .superRefine((overlay, context) => {
        for (const key of Object.keys(overlay ?? {})) {
          const path = parsePath(key);
          if (typeof path === 'string') context.addIssue({ code: 'custom', message: path, path: [key] });
        }
      })
      .meta({ description: 'Paths of the scenario this mode changes for itself.' }),
  },
  mapping('a mapping such as { nginx: nginx.conf }'),
);

const places = z.union(
  [
    text('a node', 'A node, or "balancer".').transform((place) => [place]),
    z.array(text('a node', 'A node, or "balancer".')).min(1, { error: () => mismatch('at least one place', []) }),
  ],
  { error: ({ input }: Issue) => mismatch('a node such as worker01, or a list of nodes', input) },
);

const fault = z
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

const rootObject = z.strictObject(
  {
    fleetfall: z
      .literal(1, {
        error: ({ input }: Issue) =>
          mismatch('1, the version of this format', input, input === undefined ? 'Write fleetfall: 1.' : ''),
      })
      .meta({ description: 'Version of this format.' }),
    title: text('a title', 'What the scenario asks.').optional(),
    seed: z
      .union([z.int().min(0), z.string().min(1).max(200)], {
        error: ({ input }: Issue) => mismatch('a whole number from 0 or a text', input),
      })
      .prefault(1)
      .transform(String)
      .meta({ description: 'Root of all chance.' }),
    replications: whole('Runs with luck drawn anew.', 1, 1000).prefault(10),
    warmup: duration('Before time 0; agents connect spread over its first half.', {
      from: 10 * second,
      to: 7 * day,
      text: 'from 10s to 7d',
    }).prefault('2m'),
    duration: z
      .union(
        [
          duration('Counted time.', { from: second, to: 31 * day, text: 'from 1s to 31d' }),
          z.strictObject({
            until: z.literal('settled', { error: ({ input }: Issue) => mismatch('settled', input) }),
            atMost: duration('Longest counted time.', { from: second, to: 31 * day, text: 'from 1s to 31d' }),
          }),
        ],
        {
          error: ({ input }: Issue) =>
            mismatch(
              'a duration such as 30m, or { until: settled, atMost: 4h }',
              input,
              typeof input === 'number' && input > 0 ? `Write ${input}s.` : '',
            ),
        },
      )
      .prefault('30m'),
    cluster: z.strictObject(
      {
        version: release('Managers').prefault(nodeDefaults.version),
        nodes: z
          .record(name(nodeNamePattern), node, mapping('a mapping of nodes'))
          .refine((nodes) => Object.keys(nodes).length > 0, { error: () => mismatch('at least one node', {}) })
          .meta({ description: 'The manager nodes, by name.' }),
      },
      mapping('a mapping with nodes'),
    ),
    hosts: z
      .record(
        z.string(),
        z.union([address('An address.').transform((one) => [one]), z.array(address('An address.')).min(1)], {
          error: ({ input }: Issue) => mismatch('an address such as 172.0.0.4, or a list of addresses', input),
        }),
        mapping('a mapping such as { wazuh.corp: 172.0.0.4 }'),
      )
      .prefault({})
      .meta({ description: 'Addresses of host names, instead of a name server.' }),
    network: z
      .strictObject(
        {
          latency: latency('between any two places').prefault(`${networkDefaults.latencyUs / 1000}ms`),
          unreachable: z
            .strictObject(
              {
                agents: unreachable('What agents see of a host that is gone.').prefault(
                  networkDefaults.unreachable.agents,
                ),
                balancer: unreachable('What the balancer sees of a host that is gone.').prefault(
                  networkDefaults.unreachable.balancer,
                ),
              },
              mapping('a mapping with agents and balancer'),
            )
            .prefault({}),
        },
        mapping('a mapping with latency and unreachable'),
      )
      .prefault({}),
    fleet: z
      .record(name(namePattern), group, mapping('a mapping of groups'))
      .refine((groups) => Object.keys(groups).length > 0, { error: () => mismatch('at least one group of agents', {}) })
      .meta({ description: 'Groups of agents, by name.' }),
    modes: z
      .record(name(namePattern), mode, mapping('a mapping of modes'))
      .refine((modes) => Object.keys(modes).length > 0, { error: () => mismatch('at least one mode', {}) })
      .meta({ description: 'Ways to connect the agents, by name; the first is what the others are compared with.' }),
    faults: z.array(fault, listOf('a list of faults')).prefault([]),
    expect: z
      .array(
        text('an expectation such as failover.loss.share < 1%', 'An expectation.'),
        listOf('a list of expectations'),
      )
      .prefault([])
      .meta({ description: 'What must come out: mode.metric{selector} op value, or another mode’s metric.' }),
    assume: z
      .array(
        z.strictObject(
          {
            directive: text('the name of a directive', 'A directive of a configuration that is not modelled.'),
            because: text('a reason', 'Why it does not matter; repeated with the verdict.'),
          },
          mapping('a mapping such as { directive: proxy_bind, because: … }'),
        ),
        listOf('a list such as [{ directive: proxy_bind, because: … }]'),
      )
      .prefault([]),
  },
  mapping('a scenario: a mapping that begins with fleetfall: 1'),
);

/** The whole file. */
export const scenarioSchema = rootObject;

/** Parts, for checks that go on when another part has a mistake. */
export const partSchemas = {
  node,
  group,
  mode,
  fault,
  cluster: rootObject.shape.cluster,
  hosts: rootObject.shape.hosts,
  network: rootObject.shape.network,
  warmup: rootObject.shape.warmup,
  duration: rootObject.shape.duration,
  assume: rootObject.shape.assume,
};

export type ScenarioData = z.output<typeof scenarioSchema>;
export type NodeData = z.output<typeof node>;
export type GroupData = z.output<typeof group>;
export type ModeData = z.output<typeof mode>;
export type RoutingData = Pick<ModeData, 'ossec' | 'servers' | 'order' | 'agent'>;
export type FaultData = z.output<typeof fault>;
export type AgentSettings = z.output<typeof agentSettings>;
export type KernelSettings = z.output<typeof kernel>;

/** JSON Schema (draft-07) of a scenario file, as in schema/scenario.schema.json. */
export function scenarioJsonSchema(): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(scenarioSchema, { io: 'input', target: 'draft-7' });
  return {
    $schema,
    title: 'fleetfall scenario',
    description: 'A Wazuh fleet, the ways to connect it, and the faults it meets.',
    ...rest,
  };
}
