import { describe, expect, test } from 'vitest';
import { readManagerConf } from '../../../src/scenario/import/managerConf.ts';
import type { ConfText } from '../../../src/scenario/import/ossecReader.ts';
import { ScenarioError } from '../../../src/scenario/problem.ts';

const file = 'ossec.conf';

function conf(text: string, version = '4.14.7'): ConfText {
  return { file, text, version };
}

/** `line:column  text` of every mistake. */
function mistakes(read: () => unknown): string[] {
  try {
    read();
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return error.problems.map(({ position, text }) =>
      position === null ? text : `${position.line}:${position.column}  ${text}`,
    );
  }
  return [];
}

describe('a manager’s ossec.conf', () => {
  const secure = '<remote><connection>secure</connection></remote>';
  const manager = (inside: string, version?: string): ReturnType<typeof readManagerConf> =>
    readManagerConf(conf(`<ossec_config>${inside}</ossec_config>`, version));
  const managerMistakes = (inside: string, version?: string): string[] => mistakes(() => manager(inside, version));

  test('names ports, protocols and the queue', () => {
    const text = `
      <remote><connection>syslog</connection><port>514</port><allowed-ips>10.0.0.0/8</allowed-ips></remote>
      <remote>
        <Connection>secure</Connection><port>2514</port><protocol>tcp, UDP</protocol><queue_size>262144</queue_size>
      </remote>
      <auth><disabled>no</disabled><port>2515</port><force><enabled>yes</enabled></force></auth>
      <cluster><name>wazuh</name></cluster>`;
    expect(manager(text)).toMatchObject({
      eventsPort: 2514,
      protocols: ['tcp', 'udp'],
      queueSize: 262_144,
      registrationPort: 2515,
    });
  });

  test('defaults to 1514 over TCP with 131072 messages, and 1515', () => {
    expect(manager(`${secure}<auth/>`)).toEqual({
      connectionOvertakeSeconds: null,
      epsLimit: undefined,
      allowsHigherVersions: false,
      eventsPort: 1514,
      protocols: ['tcp'],
      queueSize: 131_072,
      registrationPort: 1515,
      warnings: [],
      assumed: [],
    });
  });

  test('has no registration when authd is absent, disabled or local', () => {
    expect(manager(secure).registrationPort).toBeNull();
    expect(manager(secure).warnings[0]!.text).toMatch(/nobody listens for registrations/);
    expect(manager(`${secure}<auth><disabled>yes</disabled></auth>`).registrationPort).toBeNull();
    expect(manager(`${secure}<auth><remote_enrollment>no</remote_enrollment></auth>`).registrationPort).toBeNull();
  });

  test('passes over unknown protocols, from 4.2.0', () => {
    const text = `<remote><connection>secure</connection><protocol>sctp</protocol></remote><auth/>`;
    expect(manager(text).protocols).toEqual(['tcp']);
    expect(manager(text).warnings[0]!.text).toBe('<protocol>: the manager passes over "sctp" and uses tcp.');
    expect(managerMistakes(text, '4.1.5')).toEqual([expect.stringMatching(/expected tcp or udp, got "sctp"/)]);
    expect(managerMistakes(text.replace('sctp', 'tcp,udp'), '4.1.5')).toEqual([
      expect.stringMatching(/came with 4\.2\.0/),
    ]);
    expect(manager(text.replace('sctp', 'UDP'), '4.1.5').protocols).toEqual(['udp']);
  });

  test.each([
    ['<auth/>', /has no <remote> with <connection>secure/],
    ['<remote><port>1</port></remote><auth/>', /<remote> has no <connection>/],
    [`${secure}${secure}<auth/>`, /a second <remote> has <connection>secure/],
    ['<remote><connection>tls</connection></remote><auth/>', /expected secure or syslog, got "tls"/],
    [
      `${secure}<remote><connection>syslog</connection><queue_size>5</queue_size></remote><auth/>`,
      /<queue_size> is for/,
    ],
    [`${secure}<auth><prot>1515</prot></auth>`, /<auth> has no option <prot>.*Did you mean <port>/],
  ])('%s is refused', (text, message) => {
    expect(managerMistakes(text)).toEqual([expect.stringMatching(message)]);
  });

  test('says when a second connection of an agent may take over, from 4.5.2', () => {
    const text = `<ossec_config><remote><connection>secure</connection><connection_overtake_time>0</connection_overtake_time></remote><auth/></ossec_config>`;
    expect(readManagerConf(conf(text)).connectionOvertakeSeconds).toBe(0);
    expect(readManagerConf(conf(text.replace('>0<', '>3600<'))).connectionOvertakeSeconds).toBe(3600);
    expect(mistakes(() => readManagerConf(conf(text.replace('>0<', '>3601<'))))).toEqual([
      expect.stringMatching(/^1:54 {2}<connection_overtake_time>: expected a whole number from 0 to 3600/),
    ]);
  });

  test('limits the events of a second, from 4.4.0; 0 switches the limit off', () => {
    const text = (eps: string): string =>
      `<ossec_config><global><logall>no</logall><limits><eps>${eps}</eps></limits></global><remote><connection>secure</connection></remote><auth/></ossec_config>`;
    const limit = (eps: string) => readManagerConf(conf(text(eps))).epsLimit;

    expect(limit('<maximum>500</maximum>')).toEqual({ maximum: 500, timeframeSeconds: 10 });
    expect(limit('<maximum>500</maximum><timeframe>5</timeframe>')).toEqual({ maximum: 500, timeframeSeconds: 5 });
    expect(limit('<maximum>0</maximum>')).toBeNull();
    expect(mistakes(() => readManagerConf(conf(text('<maximum>100001</maximum>'))))).toEqual([
      expect.stringMatching(/<maximum>: expected a whole number from 0 to 100000/),
    ]);
    expect(mistakes(() => readManagerConf({ ...conf(text('<maximum>1</maximum>')), version: '4.3.0' }))).toEqual([
      expect.stringMatching(/<limits> came with Wazuh 4.4.0/),
    ]);
  });
});
