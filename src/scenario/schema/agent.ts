// Settings of agents and of the operating system they run on.
import { z } from 'zod';
import { kernelDefaults } from '../../models/network.ts';
import { type Issue, bytes, day, duration, mapping, mismatch, port, second, whole, wholeSeconds, yesNo } from './values.ts';

export const kernel = z
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
      localSendBuffer: bytes(
        'net.core.wmem_default: what the sender of the local socket may have in it. Default 212992B.',
        1,
        1e9,
        'up to 1GB',
      ).optional(),
    },
    mapping('a mapping of kernel values'),
  )
  .meta({ description: 'What the operating system adds to a connection.' });

/** Settings of agents, as they stand under `fleet.<group>.agent` and `modes.<mode>.agent`. Ranges: Wazuh 4.14.7. */
export const agentSettings = z
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
      autoRestart: yesNo('Whether the agent acts on a shared configuration that has changed. Default yes.').optional(),
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
            logcollectorLoopTimeout: wholeSeconds('logcollector.loop_timeout.', 1, 120, 'from 1s to 120s').optional(),
            logcollectorMaxLines: whole('logcollector.max_lines; 0: no limit.', 0, 1_000_000).optional(),
            sendTimeout: wholeSeconds('agent.send_timeout, from 4.14.9.', 1, 600, 'from 1s to 600s').optional(),
            tcpKeepIdle: wholeSeconds('agent.tcp_keepidle, from 4.14.9.', 1, 7200, 'from 1s to 2h').optional(),
            tcpKeepInterval: wholeSeconds('agent.tcp_keepintvl, from 4.14.9.', 1, 100, 'from 1s to 100s').optional(),
            tcpKeepCount: whole('agent.tcp_keepcnt, from 4.14.9.', 1, 50).optional(),
          },
          mapping('a mapping of internal options'),
        )
        .optional(),
      restartTime: duration('From the stop of the agent’s service to its start. Default 15s.', {
        from: 0,
        to: day,
        text: 'from 0s to 1d',
      }).optional(),
      onlyFutureEvents: yesNo('Whether logcollector skips lines that were written while it did not run. Default yes.').optional(),
      kernel: kernel.optional(),
    },
    mapping('a mapping of agent settings'),
  )
  .meta({ description: 'Settings of agents; they win over the version’s defaults and over ossec.conf.' });
