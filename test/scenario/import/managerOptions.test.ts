import { describe, expect, test } from 'vitest';
import { readManagerOptions } from '../../../src/scenario/import/managerOptions.ts';
import { ScenarioError } from '../../../src/scenario/problem.ts';

const file = 'local_internal_options.conf';

function read(text: string, version = '4.14.7', assume: readonly string[] = []): ReturnType<typeof readManagerOptions> {
  return readManagerOptions({ file, text, version, assume });
}

function mistakes(text: string, version?: string): string[] {
  try {
    read(text, version);
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return error.problems.map(({ position, text: what }) => `${position!.line}:${position!.column}  ${what}`);
  }
  return [];
}

function remarks(text: string, version?: string): string[] {
  return read(text, version).warnings.map((warning) => `${warning.position!.line}  ${warning.text}`);
}

describe('a manager’s local_internal_options.conf', () => {
  test('sets what the models have; other daemons’ lines are passed over', () => {
    const text = `# ours
remoted.worker_pool=8
remoted.control_msg_queue_size=32768
remoted.receive_chunk=16384
remoted.tcp_keepidle=60
remoted.tcp_keepintvl=5
remoted.tcp_keepcnt=4
remoted.keyupdate_interval=30
analysisd.decode_event_queue_size=65536
agent.recv_timeout=1000
wazuh_modules.debug=2
`;
    expect(read(text)).toEqual({
      options: {
        workerPool: 8,
        controlQueueSize: 32_768,
        receiveChunkBytes: 16_384,
        keepIdleSeconds: 60,
        keepIntervalSeconds: 5,
        keepCount: 4,
        keyUpdateSeconds: 30,
        analysisQueueSize: 65_536,
      },
      warnings: [],
      assumed: [],
    });
    expect(read('')).toEqual({ options: {}, warnings: [], assumed: [] });
  });

  // Wazuh 4.14.7, src/remoted/config.c, RemotedConfig(); src/analysisd/analysisd.c.
  test.each([
    ['remoted.worker_pool', 1, 16],
    ['remoted.control_msg_queue_size', 4096, 1_048_576],
    ['remoted.receive_chunk', 1024, 16_384],
    ['remoted.tcp_keepidle', 1, 7200],
    ['remoted.tcp_keepintvl', 1, 100],
    ['remoted.tcp_keepcnt', 1, 50],
    ['remoted.keyupdate_interval', 1, 3600],
    ['analysisd.decode_event_queue_size', 128, 2_000_000],
    ['remoted.recv_timeout', 1, 60],
    ['remoted.sender_pool', 1, 64],
    ['remoted.rlimit_nofile', 1024, 1_048_576],
    ['monitord.delete_old_agents', 0, 9600],
  ])('%s is from %d to %d, or the daemon does not start', (name, from, to) => {
    const expected = `a whole number from ${from} to ${to}`;
    for (const value of [from - 1, to + 1, 'x']) {
      expect(mistakes(`\n${name}=${value}\n`)).toEqual([
        `2:${name.length + 2}  ${name}: expected ${expected}, got "${value}": the daemon refuses to start with it.`,
      ]);
    }
    for (const value of [from, to]) expect(mistakes(`${name}=${value}\n`).join()).not.toMatch(/expected/);
  });

  test('names in one warning what decides nothing', () => {
    const text =
      'remoted.debug=2\nremoted.recv_timeout=2\nanalysisd.alerts_queue_size=128\nanalysisd.event_threads=4\n';
    expect(remarks(text)).toEqual([
      '1  remoted.debug, remoted.recv_timeout, analysisd.alerts_queue_size and analysisd.event_threads decide nothing for managers of 4.14.7 in a simulation.',
    ]);
  });

  test('warns of what its release does not read, of misspelt lines and of those written twice', () => {
    expect(remarks('remoted.control_msg_queue_size=4096\n', '4.12.0')).toEqual([
      '1  remoted.control_msg_queue_size came with Wazuh 4.13.0: managers of 4.12.0 pass over it. Remove it.',
    ]);
    expect(read('remoted.control_msg_queue_size=4096\n', '4.12.0').options).toEqual({});
    expect(remarks('analysisd.decode_event_queue_size=4096\n', '5.0.0')).toEqual([
      '1  analysisd.decode_event_queue_size is not read by managers of 5.0.0. Remove it.',
    ]);
    expect(remarks('remoted.workerpool=4\n remoted.worker_pool=4\n')).toEqual([
      '1  no remoted of 4.14.7 is known to have "remoted.workerpool", and it is passed over. Did you mean remoted.worker_pool?',
      '2  remoted.worker_pool is not seen by the product, because white space stands before it. Remove that.',
    ]);
    const twice = read('remoted.worker_pool=2\nremoted.worker_pool=3\n');
    expect(twice.options).toEqual({ workerPool: 2 });
    expect(twice.warnings[0]!.text).toContain('the product uses the first, 2 in line 1');
  });

  test('refuses message counters with several handlers, as remoted does', () => {
    const what = 'remoted.verify_msg_id=1 goes with remoted.worker_pool=1 only: remoted refuses to start.';
    expect(mistakes('remoted.verify_msg_id=1\n')).toEqual([`1:23  ${what} Remove it, or write both.`]);
    expect(mistakes('remoted.worker_pool=2\nremoted.verify_msg_id=1\n')).toEqual([
      `2:23  ${what} Remove it, or write both.`,
    ]);
  });

  test.each([
    ['remoted.worker_pool=1\nremoted.verify_msg_id', 1, 0, 'refuses agents whose message counters went back'],
    ['monitord.monitor_agents', 0, 1, 'stops all looking for disconnected agents'],
    ['monitord.delete_old_agents', 10, 0, 'takes their keys from disconnected agents'],
  ])('%s=%d is not modelled, unless it is assumed away', (line, value, shipped, what) => {
    const name = line.split('\n').at(-1)!;
    const text = `${line}=${value}\n`;
    expect(mistakes(text)).toEqual([
      expect.stringContaining(`${name}=${value} ${what}; that is not modelled. Remove it, or list it under "assume".`),
    ]);
    expect(read(text, '4.14.7', [name]).assumed).toEqual([name]);
    expect(mistakes(`${line}=${shipped}\n`)).toEqual([]);
  });
});
