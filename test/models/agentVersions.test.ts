import { describe, expect, test } from 'vitest';
import {
  agentDefaults,
  agentWithSettings,
  atLeast,
  effectiveTimeReconnectSeconds,
  knownAgentVersion,
  serverDefaults,
} from '../../src/models/agentVersions.ts';

describe('the defaults of an agent', () => {
  // Wazuh 4.2.1, 4.2.2, 4.11.0, 4.11.1, 4.12.0, 4.13.0, 4.14.6, 4.14.7: see src/models/agentVersions.ts for files and symbols.
  test.each([
    // version  notify  enrollment time-out  shutdown  first keepalive     ping before enrollment
    ['4.0.0', 10, null, false, 'atOnce', true],
    ['4.2.1', 10, null, false, 'atOnce', true],
    ['4.2.2', 10, null, false, 'atOnce', false],
    ['4.9.2', 10, null, false, 'atOnce', false],
    ['4.11.0', 10, null, false, 'atOnce', false],
    ['4.11.1', 10, 60, true, 'atOnce', false],
    ['4.12.0', 10, 60, true, 'atOnce', false],
    ['4.13.0', 20, 60, true, 'atOnce', false],
    ['4.14.6', 20, 60, true, 'atOnce', false],
    ['4.14.7', 20, 60, true, 'afterNotifyTime', false],
  ])('move with the release: %s', (version, notify, timeout, shutdown, firstKeepalive, pingsFirst) => {
    const agent = agentDefaults(version);

    expect({
      notify: agent.notifyTimeSeconds,
      timeout: agent.enrollment.timeoutSeconds,
      shutdown: agent.shutdownBeforeClose,
      firstKeepalive: agent.firstKeepalive,
      pingsFirst: agent.enrollment.pingsFirst,
    }).toEqual({ notify, timeout, shutdown, firstKeepalive, pingsFirst });
  });

  test('are otherwise the same through all of 4.x', () => {
    for (const version of ['4.0.0', '4.14.7']) {
      expect(agentDefaults(version)).toMatchObject({
        timeReconnectSeconds: 60,
        forceReconnectIntervalSeconds: 0,
        enrollment: { enabled: true, port: 1515, delayAfterEnrollmentSeconds: 20 },
        clientBuffer: { disabled: false, queueSize: 5000, eventsPerSecond: 500 },
        internal: { recvTimeoutSeconds: 60, minEventsPerSecond: 50, toleranceSeconds: 15, logcollectorQueueSize: 1024 },
        server: { port: 1514, protocol: 'tcp', maxRetries: 5, retryIntervalSeconds: 10 },
      });
    }
  });

  test('of a manager: 131072 messages, ports 1514 and 1515, TCP', () => {
    expect(serverDefaults('4.14.7')).toEqual({
      eventsPort: 1514,
      registrationPort: 1515,
      queueSize: 131_072,
      acceptQueue: 128,
      protocols: ['tcp'],
    });
  });
});

describe('a release', () => {
  test('from 4.0.0 to 4.14.7 is known', () => {
    for (const version of ['4.0.0', '4.3.11', '4.10.1', '4.14.0', '4.14.7']) {
      expect(knownAgentVersion(version), version).toBeNull();
    }
  });

  test.each([
    ['3.13.6', /before 4\.0\.0/],
    ['4.14.8', /after 4\.14\.7.*send time-out/],
    ['4.15.0', /after 4\.14\.7/],
    ['5.0.0', /Agents of 5\.x/],
    ['v4.14.7', /Write 4\.14\.7\./],
    ['4.14', /such as 4\.14\.7/],
    ['4.14.7-rc1', /such as 4\.14\.7/],
    ['', /such as 4\.14\.7/],
    ['latest', /such as 4\.14\.7/],
  ])('outside is refused with the reason: %j', (version, reason) => {
    expect(knownAgentVersion(version)).toMatch(reason);
    expect(() => agentDefaults(version)).toThrow(reason);
  });

  test('is compared number by number, not letter by letter', () => {
    expect(atLeast('4.9.2', '4.14.7')).toBe(false);
    expect(atLeast('4.14.7', '4.9.2')).toBe(true);
    expect(atLeast('4.11.1', '4.11.1')).toBe(true);
  });
});

describe('settings laid over the defaults', () => {
  test('win layer by layer, and leave alone what they do not name', () => {
    const agent = agentWithSettings('4.14.7', [
      { notifyTimeSeconds: 10, clientBuffer: { queueSize: 20_000 }, maxRetries: 2 },
      undefined,
      { notifyTimeSeconds: 15, timeReconnectSeconds: undefined, kernel: { sendBuffer: { hungBytes: 4_100_000 } } },
    ]);

    expect(agent).toMatchObject({
      notifyTimeSeconds: 15,
      timeReconnectSeconds: 60,
      clientBuffer: { disabled: false, queueSize: 20_000, eventsPerSecond: 500 },
      server: { maxRetries: 2, retryIntervalSeconds: 10 },
      kernel: { connectTimeoutUs: 133_360_000, sendBuffer: { silentBytes: 75_000, hungBytes: 4_100_000 } },
    });
  });

  test('bring nothing into the agent that is no setting of it', () => {
    const settings = { notifyTimeSeconds: 15, autoRestart: true };
    expect(agentWithSettings('4.14.7', [settings])).not.toHaveProperty('autoRestart');
  });

  test('cannot hold time-reconnect at or below notify_time: it becomes three times notify_time', () => {
    expect(effectiveTimeReconnectSeconds(20, 60)).toBe(60);
    expect(effectiveTimeReconnectSeconds(60, 60)).toBe(180);
    expect(agentWithSettings('4.14.7', [{ notifyTimeSeconds: 90 }]).timeReconnectSeconds).toBe(270);
  });

  test('cannot hold the buffer below agent.min_eps', () => {
    expect(agentWithSettings('4.14.7', [{ clientBuffer: { eventsPerSecond: 10 } }]).clientBuffer.eventsPerSecond).toBe(
      50,
    );
    const layers = [{ clientBuffer: { eventsPerSecond: 10 } }, { internal: { minEventsPerSecond: 5 } }];
    expect(agentWithSettings('4.14.7', layers).clientBuffer.eventsPerSecond).toBe(10);
  });

  test('carry the linear SYN time-outs over to the connect time-out, unless that is set itself', () => {
    // Measured: 133.36 s with four of them, 129 to 131 s without.
    const seconds = (...layers: Parameters<typeof agentWithSettings>[1]): number =>
      agentWithSettings('4.9.2', layers).kernel.connectTimeoutUs / 1e6;
    expect([seconds(), seconds({ kernel: { synLinearTimeouts: 0 } })]).toEqual([133.36, 130]);
    expect(seconds({ kernel: { connectTimeoutUs: 21e6 } }, { kernel: { synLinearTimeouts: 0 } })).toBe(21);
  });

  test('carry agent.recv_timeout over to the enrollment, unless that is set itself', () => {
    const internal = { recvTimeoutSeconds: 15 };
    expect(agentWithSettings('4.14.7', [{ internal }]).enrollment.timeoutSeconds).toBe(15);
    expect(agentWithSettings('4.9.2', [{ internal }]).enrollment.timeoutSeconds).toBeNull();
    const never = { enrollment: { timeoutSeconds: null } };
    expect(agentWithSettings('4.14.7', [{ internal }, never]).enrollment.timeoutSeconds).toBeNull();
  });
});
