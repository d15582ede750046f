import { describe, expect, test } from 'vitest';
import {
  agentDefaults,
  agentWithSettings,
  atLeast,
  effectiveTimeReconnectSeconds,
  knownAgentVersion,
  possibleProtocols,
  serverDefaults,
} from '../../src/models/agentVersions.ts';

describe('the defaults of an agent', () => {
  // src/models/agentVersions.ts names file and symbol of each.
  test.each([
    // version     search      notify transport interval enrols  its time-out shutdown first keepalive   push      send time-out
    ['3.12.0', 'listWalk', 10, 'udp', 5, false, null, false, 'atOnce', 'restart', null],
    ['3.13.0', 'listWalk', 10, 'udp', 5, false, null, false, 'atOnce', 'restart', null],
    ['3.13.1', 'retries', 10, 'udp', 5, false, null, false, 'atOnce', 'restart', null],
    ['3.13.6', 'retries', 10, 'udp', 5, false, null, false, 'atOnce', 'restart', null],
    ['4.0.0', 'retries', 10, 'tcp', 10, true, null, false, 'atOnce', 'restart', null],
    ['4.9.2', 'retries', 10, 'tcp', 10, true, null, false, 'atOnce', 'restart', null],
    ['4.11.0', 'retries', 10, 'tcp', 10, true, null, false, 'atOnce', 'restart', null],
    ['4.11.1', 'retries', 10, 'tcp', 10, true, 60, true, 'atOnce', 'restart', null],
    ['4.12.0', 'retries', 10, 'tcp', 10, true, 60, true, 'atOnce', 'restart', null],
    ['4.13.0', 'retries', 20, 'tcp', 10, true, 60, true, 'atOnce', 'restart', null],
    ['4.14.0', 'retries', 20, 'tcp', 10, true, 60, true, 'atOnce', 'reload', null],
    ['4.14.6', 'retries', 20, 'tcp', 10, true, 60, true, 'atOnce', 'reload', null],
    ['4.14.7', 'retries', 20, 'tcp', 10, true, 60, true, 'afterNotifyTime', 'reload', null],
    ['4.14.9', 'retries', 20, 'tcp', 10, true, 60, true, 'afterNotifyTime', 'reload', 30],
    ['5.0.0-beta4', 'retries', 20, 'tcp', 10, true, 60, true, 'afterNotifyTime', 'reload', 30],
  ])(
    'move with the release: %s',
    (version, search, notify, protocol, interval, enrols, timeout, shutdown, firstKeepalive, push, sendTimeout) => {
      const agent = agentDefaults(version);

      expect({
        search: agent.search,
        notify: agent.notifyTimeSeconds,
        protocol: agent.server.protocol,
        interval: agent.server.retryIntervalSeconds,
        enrols: agent.enrollment.enabled,
        timeout: agent.enrollment.timeoutSeconds,
        shutdown: agent.shutdownBeforeClose,
        firstKeepalive: agent.firstKeepalive,
        push: agent.configPush,
        sendTimeout: agent.internal.sendTimeoutSeconds,
      }).toEqual({ search, notify, protocol, interval, enrols, timeout, shutdown, firstKeepalive, push, sendTimeout });
    },
  );

  test('move with the release where a manager or an operator speaks to it', () => {
    const of = (version: string): boolean[] => {
      const { saysShutdown, obeysReconnect, sleepsAfterSendError, enrollment } = agentDefaults(version);
      return [saysShutdown, obeysReconnect, sleepsAfterSendError, enrollment.pingsFirst, enrollment.behindPause];
    };
    expect(Object.fromEntries(['3.13.6', '4.1.5', '4.2.1', '4.2.2', '4.3.0', '5.0.0'].map((v) => [v, of(v)]))).toEqual({
      // says shutdown, reconnects when told, sleeps after a failed send, pings before it enrols, enrols behind the pause
      '3.13.6': [false, false, true, false, true],
      '4.1.5': [false, false, true, true, false],
      '4.2.1': [true, false, true, true, false],
      '4.2.2': [true, false, true, false, false],
      '4.3.0': [true, true, true, false, false],
      '5.0.0': [true, true, false, false, false],
    });
  });

  test('differ on Windows and macOS in how long a connect lasts, and on Windows in what a new configuration does', () => {
    const seconds = (platform: 'linux' | 'windows' | 'macos'): number =>
      agentWithSettings('4.14.7', [], platform).kernel.connectTimeoutUs / 1e6;
    expect([seconds('linux'), seconds('windows'), seconds('macos')]).toEqual([133.36, 21, 75]);
    expect(agentDefaults('4.14.7', 'windows').configPush).toBe('restart');
    expect(agentDefaults('4.14.7', 'macos').configPush).toBe('reload');
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

  test('of a 3.x manager: UDP, and nobody for registrations on a worker', () => {
    expect(serverDefaults('3.13.6', 'worker')).toMatchObject({ protocols: ['udp'], registrationPort: null });
    expect(serverDefaults('3.13.6', 'master')).toMatchObject({ protocols: ['udp'], registrationPort: 1515 });
    expect(serverDefaults('4.0.0', 'worker')).toMatchObject({ protocols: ['tcp'], registrationPort: 1515 });
  });

  test('leave a 5.0 manager no UDP', () => {
    expect(possibleProtocols('5.0.0')).toEqual(['tcp']);
    expect(possibleProtocols('4.14.9')).toEqual(['tcp', 'udp']);
  });
});

describe('a release', () => {
  test.each(['3.12.0', '3.13.6', '4.0.0', '4.3.11', '4.10.1', '4.14.0', '4.14.7', '4.14.9', '5.0.0', '5.0.0-beta4'])(
    'that was read is known: %s',
    (version) => expect(knownAgentVersion(version)).toBeNull(),
  );

  test.each([
    ['3.11.4', /too old/],
    ['3.12.4', /There is no Wazuh 3\.12\.4.*\.0 \.1 \.2 \.3/],
    ['3.12.9', /There is no Wazuh 3\.12\.9/],
    ['3.14.0', /There is no Wazuh 3\.14\.0/],
    ['4.12.1', /There is no Wazuh 4\.12\.1/],
    ['4.14.8', /There is no Wazuh 4\.14\.8: it was never tagged, and its branch went on as 4\.14\.9/],
    ['4.15.0', /There is no Wazuh 4\.15\.0/],
    ['4.99.0', /There is no Wazuh 4\.99\.0\. Agents of 3\.12\.0 to 3\.13\.6, 4\.0\.0 to 4\.14\.7/],
    ['5.0.1', /There is no Wazuh 5\.0\.1/],
    ['5.7.0', /There is no Wazuh 5\.7\.0/],
    ['5.0.0-beta1', /5\.0\.0-beta1 was not read/],
    ['4.14.7-rc1', /4\.14\.7-rc1 was not read/],
    ['v4.14.7', /Write 4\.14\.7\./],
    ['4.14', /such as 4\.14\.7/],
    ['', /such as 4\.14\.7/],
    ['latest', /such as 4\.14\.7/],
  ])('that was not is refused with the reason: %j', (version, reason) => {
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
    const settings = { notifyTimeSeconds: 15, somethingElse: true };
    expect(agentWithSettings('4.14.7', [settings])).not.toHaveProperty('somethingElse');
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
