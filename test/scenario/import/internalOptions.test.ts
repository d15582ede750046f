import { describe, expect, test } from 'vitest';
import { readInternalOptions } from '../../../src/scenario/import/internalOptions.ts';
import { ScenarioError } from '../../../src/scenario/problem.ts';

const file = 'local_internal_options.conf';

function read(text: string, version = '4.14.7'): ReturnType<typeof readInternalOptions> {
  return readInternalOptions({ file, text, version });
}

function mistakes(text: string): string[] {
  try {
    read(text);
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return error.problems.map((problem) => `${problem.position!.line}:${problem.position!.column}  ${problem.text}`);
  }
  return [];
}

describe('a local_internal_options.conf', () => {
  test('sets the agent’s internal options; other daemons’ lines are passed over', () => {
    const text = `# local changes
agent.recv_timeout=15
agent.min_eps = 10
agent.tolerance=0
agent.warn_level=80\r
agent.normal_level=60
logcollector.queue_size=200000
remoted.worker_pool=8

windows.debug=2
`;
    expect(read(text)).toEqual({
      internal: {
        recvTimeoutSeconds: 15,
        minEventsPerSecond: 10,
        toleranceSeconds: 0,
        warnLevelPercent: 80,
        normalLevelPercent: 60,
        logcollectorQueueSize: 200_000,
      },
      remoteConf: undefined,
      warnings: [],
    });
  });

  test('that is empty sets nothing', () => {
    expect(read('')).toEqual({ internal: {}, remoteConf: undefined, warnings: [] });
  });

  test('may forbid the agent.conf', () => {
    expect(read('agent.remote_conf=0').remoteConf).toBe(false);
    expect(read('agent.remote_conf=1').remoteConf).toBe(true);
  });

  // Wazuh 4.14.7, shared/validate_op.c, _read_file(): the first line that fits is returned.
  test('counts the first of two lines for the same option, with a warning', () => {
    const { internal, warnings } = read('agent.min_eps=10\nagent.min_eps=20\n');
    expect(internal).toEqual({ minEventsPerSecond: 10 });
    expect(warnings).toEqual([
      {
        position: { file, line: 2, column: 1 },
        text: 'agent.min_eps is given twice; the product uses the first, 10 in line 1.',
      },
    ]);
  });

  test('warns of lines that do nothing: indented, mistyped, without influence, of later releases', () => {
    const text = ' agent.tolerance=1\nagent.recv_timout=5\nagent.debug=2\nagent.send_timeout=30\n';
    expect(read(text)).toMatchObject({ internal: {} });
    expect(read(text).warnings.map((warning) => `${warning.position!.line} ${warning.text}`)).toEqual([
      '1 agent.tolerance is not seen by the product, because white space stands before it. Remove that.',
      '2 no agent of 4.14.7 knows "agent.recv_timout", and passes over it. Did you mean agent.recv_timeout?',
      '3 agent.debug and agent.send_timeout decide nothing for agents of 4.14.7 in a simulation.',
    ]);
  });

  test('is refused with all its mistakes and their places', () => {
    const text = `agent.recv_timeout=0
agent.min_eps= 1001
logcollector.queue_size=127
agent.tolerance=-1
agent.warn_level=101
agent.remote_conf=yes
agent.normal_level=70 # percent
no option here
agent
agent.recv_timeout
`;
    const refuses = 'the daemon refuses to start with it.';
    const line = (written: string): string =>
      `expected a line such as agent.recv_timeout=60, got "${written}". Mend it, or start it with "#".`;
    expect(mistakes(text)).toEqual([
      `1:20  agent.recv_timeout: expected a whole number from 1 to 600, got "0": ${refuses}`,
      `2:16  agent.min_eps: expected a whole number from 1 to 1000, got "1001": ${refuses}`,
      `3:25  logcollector.queue_size: expected a whole number from 128 to 220000, got "127": ${refuses}`,
      `4:17  agent.tolerance: expected a whole number from 0 to 600, got "-1": ${refuses}`,
      `5:18  agent.warn_level: expected a whole number from 1 to 100, got "101": ${refuses}`,
      `6:19  agent.remote_conf: expected a whole number from 0 to 1, got "yes": ${refuses}`,
      `7:20  agent.normal_level: expected a whole number from 0 to 99, got "70 # percent": ${refuses}`,
      `8:1  ${line('no option here')}`,
      `9:1  ${line('agent')}`,
      `10:1  ${line('agent.recv_timeout')}`,
    ]);
  });

  test('holds the normal level below the warning level', () => {
    expect(mistakes('agent.normal_level=90\n')).toEqual([
      '1:20  agent.normal_level (90) must be below agent.warn_level (90): the daemon refuses to start.',
    ]);
    expect(mistakes('agent.warn_level=70\n')).toHaveLength(1);
    expect(mistakes('agent.warn_level=71\n')).toEqual([]);
  });

  test('has a send time-out and TCP keepalive from 4.14.9', () => {
    const text =
      'agent.send_timeout=5\nagent.tcp_keepidle=10\nagent.tcp_keepintvl=3\nagent.tcp_keepcnt=2\nagent.send_timeout=7\n';
    expect(read(text, '4.14.9').internal).toEqual({
      sendTimeoutSeconds: 5,
      tcpKeepIdleSeconds: 10,
      tcpKeepIntervalSeconds: 3,
      tcpKeepCount: 2,
    });
    expect(read(text, '4.14.7').internal).toEqual({});
    expect(() => read('agent.tcp_keepcnt=51\n', '5.0.0')).toThrow(
      /agent\.tcp_keepcnt: expected a whole number from 1 to 50/,
    );
  });

  test('that is no text is refused', () => {
    expect(mistakes('agent.min_eps=\u0000')).toEqual([
      '1:15  is no text: character U+0000 stands here. Name the right file.',
    ]);
    expect(mistakes(`agent.min_eps=${'1'.repeat(2000)}`)).toEqual([
      expect.stringMatching(/longer than 1022 characters/),
    ]);
  });
});
