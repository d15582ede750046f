import { describe, expect, test } from 'vitest';
import { readManagerConf } from '../../../src/scenario/import/managerConf.ts';
import { conf, file, mistakes } from '../../support/confTexts.ts';

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

  test('defaults to 1514 over TCP and 1515, and says nothing of the rest', () => {
    expect(manager(`${secure}<auth/>`)).toEqual({
      connectionOvertakeSeconds: null,
      epsLimit: undefined,
      allowsHigherVersions: false,
      eventsPort: 1514,
      protocols: ['tcp'],
      protocolsPosition: { file, line: 1, column: 15 },
      queueSize: null,
      disconnectionSeconds: null,
      disconnectionAlertSeconds: null,
      useSourceIp: null,
      cluster: null,
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

  test('warns of a queue of more than 262144 messages, as remoted does', () => {
    const queue = (size: number) =>
      manager(`<remote><connection>secure</connection><queue_size>${size}</queue_size></remote><auth/>`);

    expect(queue(262_144).warnings).toEqual([]);
    expect(queue(262_145)).toMatchObject({
      queueSize: 262_145,
      warnings: [{ position: { line: 1, column: 54 }, text: expect.stringContaining('above 262144') as string }],
    });
  });

  describe('says when agents are called disconnected', () => {
    const times = (inside: string, version?: string) =>
      manager(`<global><logall>no</logall>${inside}</global>${secure}<auth/>`, version);
    const time = (text: string): string => `<agents_disconnection_time>${text}</agents_disconnection_time>`;
    const alert = (text: string): string =>
      `<agents_disconnection_alert_time>${text}</agents_disconnection_alert_time>`;

    test.each([
      ['900', 900],
      ['90s', 90],
      ['15m', 900],
      ['1h', 3600],
      ['2d', 172_800],
      ['1w', 604_800],
      [' 20s and more', 20],
    ])('%j is %d s', (text, seconds) => {
      expect(times(time(text)).disconnectionSeconds?.value).toBe(seconds);
      expect(times(alert(text)).disconnectionAlertSeconds?.value).toBe(seconds);
    });

    test('an alert may come at once, a disconnection not', () => {
      expect(times(alert('0'))).toMatchObject({
        disconnectionSeconds: null,
        disconnectionAlertSeconds: { value: 0, position: { line: 1, column: 42 } },
      });
      for (const text of ['0', '', '-5', '10 m', 'x15', 'never', '9999999w']) {
        const refused = managerMistakes(`<global>${time(text)}</global>${secure}<auth/>`);
        expect(refused, text).toEqual([
          expect.stringMatching(
            /^1:23 {2}<agents_disconnection_time>: expected a time such as 30s, 15m or 1h, at least 1/,
          ),
        ]);
      }
    });

    test('the last word counts; managers before 4.1.0 refuse it, and nobody knows it misspelt', () => {
      expect(times(time('5m') + time('6m')).disconnectionSeconds?.value).toBe(360);
      expect(managerMistakes(`<global>${time('5m')}</global>${secure}<auth/>`, '4.0.4')).toEqual([
        expect.stringContaining('<agents_disconnection_time> came with Wazuh 4.1.0; 4.0.4 refuses to start with it.'),
      ]);
      expect(managerMistakes(`<global>${time('5m').replaceAll('disc', 'dis')}</global>${secure}<auth/>`)).toEqual([
        expect.stringMatching(/has no option <agents_disonnection_time>.* Did you mean <agents_disconnection_time>\?$/),
      ]);
    });
  });

  describe('says where in the cluster it is', () => {
    const cluster = (inside: string): string => `<cluster>${inside}</cluster>${secure}<auth/>`;

    test('by role, name and the cluster’s name; the rest decides nothing', () => {
      const shipped = `<name>wazuh</name><node_name>node01</node_name><node_type>client</node_type><key>k</key><port>1516</port>
        <bind_addr>0.0.0.0</bind_addr><nodes><node>172.0.0.3</node></nodes><hidden>no</hidden><disabled>no</disabled>`;
      const read = manager(cluster(shipped));

      expect(read.cluster).toMatchObject({
        disabled: { value: false },
        role: { value: 'worker', position: { file, line: 1 } },
        nodeName: { value: 'node01' },
        clusterName: { value: 'wazuh' },
      });
      expect(read.warnings.map(({ text }) => text)).toEqual([
        '<key>, <port>, <bind_addr>, <nodes> and <hidden> decide nothing in a simulation.',
      ]);
    });

    test.each([
      ['<node_type>agent</node_type>', '<node_type>: expected master, worker or client, got "agent".'],
      ['<disabled>true</disabled>', '<disabled>: expected yes or no, got "true".'],
      ['<node_name></node_name>', '<node_name> is empty: the manager refuses to start with it. Write a name.'],
      ['<name>my cluster</name>', '<name>: " " is not allowed in "my cluster": the manager refuses to start with it.'],
      ['<name>a;b</name>', '<name>: ";" is not allowed in "a;b": the manager refuses to start with it.'],
    ])('%s is refused', (inside, text) => {
      expect(managerMistakes(cluster(inside))).toEqual([expect.stringContaining(text)]);
    });

    test('refuses what it does not know', () => {
      expect(managerMistakes(cluster('<node_typ>master</node_typ>'))).toEqual([
        expect.stringMatching(/^1:24 {2}<cluster> has no option <node_typ>.*Did you mean <node_type>\?$/),
      ]);
    });

    test('has a HAProxy helper, unless it is off, on a worker, or assumed away', () => {
      const access =
        '<haproxy_address>10.0.0.9</haproxy_address><haproxy_user>u</haproxy_user><haproxy_password>p</haproxy_password>';
      const helper = (inside: string, beside = ''): string =>
        cluster(`${beside}<haproxy_helper>${access}${inside}</haproxy_helper>`);
      const master = '<node_type>master</node_type>';

      expect(managerMistakes(helper('', master))).toEqual([]);
      expect(managerMistakes(helper('<haproxy_disabled>yes</haproxy_disabled>', master))).toEqual([]);
      expect(managerMistakes(helper('', '<node_type>worker</node_type>'))).toEqual([]);
      expect(managerMistakes(helper('', `${master}<disabled>yes</disabled>`))).toEqual([]);
      expect(managerMistakes(helper('<frequenzy>1</frequenzy>')).join()).toMatch(
        /<frequenzy>.*Did you mean <frequency>/,
      );
      expect(managerMistakes(helper('', master), '4.8.2')).toEqual([expect.stringMatching(/came with Wazuh 4\.9\.0/)]);
      const assumed = { ...conf(`<ossec_config>${helper('', master)}</ossec_config>`), assume: ['haproxy_helper'] };
      expect(readManagerConf(assumed).assumed).toEqual(['haproxy_helper']);
    });
  });
});
