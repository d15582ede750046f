// The manager nodes.
import { z } from 'zod';
import { nodeDefaults } from '../../models/node.ts';
import {
  type Issue,
  address,
  bytes,
  choice,
  duration,
  latency,
  listOf,
  mapping,
  mismatch,
  port,
  release,
  second,
  text,
  unreachable,
  whole,
  wholeSeconds,
} from './values.ts';

const positive = (what: string, description: string) =>
  z
    .number({ error: ({ input }: Issue) => mismatch(`a number of ${what} per second above 0`, input) })
    .positive({ error: ({ input }: Issue) => mismatch(`a number of ${what} per second above 0`, input) })
    .max(1e6, { error: ({ input }: Issue) => mismatch(`a number of ${what} per second up to 1000000`, input) })
    .meta({ description });

/** How much a manager can take. Ranges: Wazuh 4.14.7, etc/internal_options.conf, src/config/{global,remote}-config.c. */
const capacity = {
  eventsPerSecond: z
    .number({ error: ({ input }: Issue) => mismatch('a number of events per second above 0', input) })
    .positive({ error: ({ input }: Issue) => mismatch('a number of events per second above 0', input) })
    .max(1e9, { error: ({ input }: Issue) => mismatch('a number of events per second up to 1000000000', input) })
    .optional()
    .meta({ description: 'Events per second the node can analyse. Without it capacity is not judged.' }),
  epsLimit: z
    .strictObject(
      {
        maximum: whole('Events per second over the time frame; 0: no limit.', 0, 100_000),
        timeframe: wholeSeconds('Length of the moving window.', 1, 3600, 'from 1s to 3600s').prefault('10s'),
      },
      mapping('a mapping such as { maximum: 5000, timeframe: 10s }'),
    )
    .optional()
    .meta({ description: 'Limit of analysisd (<global><limits><eps>), from 4.4.0.' }),
  queueSize: whole('remoted’s queue, in messages.', 1, 100_000_000).optional(),
  analysisQueueSize: whole('analysisd’s ring for events (analysisd.decode_event_queue_size).', 128, 2_000_000).optional(),
  acceptsPerSecond: positive(
    'connections',
    'Connections that remoted takes a second. Without it this is not judged; nothing is published or measured.',
  ).optional(),
  control: z
    .strictObject(
      {
        cost: duration('Work of one control message (startup or keepalive) for the database.', {
          from: 1,
          to: second,
          text: 'from 0.001ms to 1s',
        }),
        workers: whole('remoted.worker_pool: the threads that handle messages.', 1, 16).optional(),
        queueSize: whole('remoted.control_msg_queue_size, from 4.13.0.', 4096, 1_048_576).optional(),
      },
      mapping('a mapping such as { cost: 2ms, workers: 4 }'),
    )
    .optional()
    .meta({ description: 'What startups and keepalives cost the manager. Without it this is not judged.' }),
  // src/config/global-config.c, Read_Global(): from 1 second.
  agentsDisconnectionTime: wholeSeconds(
    'The master shows an agent as disconnected when its last keepalive is older: <agents_disconnection_time>.',
    1,
    31_536_000,
    'from 1s to 365d',
  ).optional(),
  agentsDisconnectionAlertTime: wholeSeconds(
    'The alert comes so much later: <agents_disconnection_alert_time>.',
    0,
    31_536_000,
    'from 0s to 365d',
  ).optional(),
  registration: z
    .strictObject(
      {
        serviceTime: duration(
          'What one enrolment takes of authd’s thread. Without it nobody waits for others, and the verdict says so.',
          { from: 1, to: 60_000_000, text: 'above 0s, and up to 60s' },
        ).optional(),
      },
      mapping('a mapping such as { serviceTime: 20ms }'),
    )
    .optional()
    .meta({ description: 'authd, the registration service.' }),
  receiveChunk: bytes('remoted.receive_chunk: what remoted reads of a connection at once.', 1024, 16_384, 'from 1024B to 16384B').optional(),
  tcpKeepalive: z
    .strictObject(
      {
        idle: wholeSeconds('remoted.tcp_keepidle: silence until the first probe.', 1, 7200, 'from 1s to 7200s').optional(),
        interval: wholeSeconds('remoted.tcp_keepintvl: between two probes.', 1, 100, 'from 1s to 100s').optional(),
        count: whole('remoted.tcp_keepcnt: probes without an answer that end the connection.', 1, 50).optional(),
      },
      mapping('a mapping such as { idle: 30s, interval: 10s, count: 3 }'),
    )
    .optional()
    .meta({ description: 'TCP keepalive of the manager’s connections.' }),
  keyUpdateInterval: wholeSeconds(
    'remoted.keyupdate_interval: how often remoted looks for new keys.',
    1,
    3600,
    'from 1s to 3600s',
  ).optional(),
  connectionOvertakeTime: wholeSeconds(
    'From 4.5.2: an agent may come back on a second connection when it has been silent for longer; 0s: never.',
    0,
    3600,
    'from 0s to 3600s',
  ).optional(),
};

/** What holds for every node that says nothing itself. */
export const clusterDefaults = z
  .strictObject(capacity, mapping('a mapping such as { eventsPerSecond: 8000 }'))
  .prefault({})
  .meta({ description: 'What holds for every node that says nothing itself.' });

export const node = z.strictObject(
  {
    address: address('Address of the node.'),
    names: z
      .array(text('a host name', 'A host name.'), listOf('a list of host names'))
      .prefault([])
      .meta({ description: 'Other names of the node in configuration files.' }),
    role: choice(['master', 'worker'], 'Role in the Wazuh cluster.').prefault(nodeDefaults.role),
    version: release('Managers').optional(),
    ...capacity,
    startup: duration('From the start of the processes until agents are accepted.').optional(),
    ossec: z
      .union(
        [
          text(
            'a path or the text of a manager’s ossec.conf',
            'Path of the manager’s ossec.conf, or its text; what stands here beside it wins.',
          ),
          z.strictObject({
            file: text('a path or the text of an ossec.conf', 'Path of the manager’s ossec.conf, or its text.').optional(),
            internalOptions: text(
              'a path',
              'Path of the manager’s local_internal_options.conf, or its text.',
            ).optional(),
          }),
        ],
        { error: ({ input }: Issue) => mismatch('a path, the text of an ossec.conf, or { file: … }', input) },
      )
      .optional(),
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
