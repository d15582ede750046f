import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readManagerConf } from '../../../src/scenario/import/managerConf.ts';
import { readAgentConf, readOssecConf } from '../../../src/scenario/import/ossecConf.ts';
import { conf, file, mistakes } from '../../support/confTexts.ts';

function mistakesIn(text: string, version?: string): string[] {
  return mistakes(() => readOssecConf(conf(text, version)));
}

function client(inside: string): string {
  return `<ossec_config><client><server><address>10.0.0.1</address></server>${inside}</client></ossec_config>`;
}

function servers(text: string, version?: string): string[] {
  return readOssecConf(conf(text, version)).servers.map((one) => `${one.text}:${one.port}/${one.protocol}`);
}

// The block of the documentation, "Pointing agents to the cluster (Failover mode)".
const documented = `
<client>
    <server>
        <address>172.0.0.4</address>
        <port>1514</port>
        <protocol>udp</protocol>
    </server>
    <server>
        <address>172.0.0.5</address>
        <port>1514</port>
        <protocol>udp</protocol>
    </server>
    <config-profile>ubuntu, ubuntu18, ubuntu18.04</config-profile>
    <notify_time>10</notify_time>
    <time-reconnect>60</time-reconnect>
    <auto_restart>yes</auto_restart>
    <crypto_method>aes</crypto_method>
</client>`;

describe('an agent’s ossec.conf', () => {
  test('as documented gives two servers over UDP, and names once what decides nothing', () => {
    const result = readOssecConf(conf(`<ossec_config>${documented}\n</ossec_config>`));

    expect(result.servers).toEqual([
      {
        text: '172.0.0.4',
        port: 1514,
        protocol: 'udp',
        maxRetries: null,
        retryIntervalSeconds: null,
        position: { file, line: 4, column: 9 },
      },
      {
        text: '172.0.0.5',
        port: 1514,
        protocol: 'udp',
        maxRetries: null,
        retryIntervalSeconds: null,
        position: { file, line: 9, column: 9 },
      },
    ]);
    expect(result.client).toEqual({ notifyTimeSeconds: 10, timeReconnectSeconds: 60, autoRestart: true });
    expect(result.warnings).toEqual([
      {
        position: { file, line: 13, column: 5 },
        text: '<config-profile> and <crypto_method> decide nothing in a simulation.',
        idle: ['<config-profile>', '<crypto_method>'],
      },
    ]);
  });

  test('may be pasted from the documentation without its root, with a warning', () => {
    const result = readOssecConf(conf(documented));

    expect(result.servers.map(({ text }) => text)).toEqual(['172.0.0.4', '172.0.0.5']);
    expect(result.warnings[0]).toEqual({
      position: { file, line: 2, column: 1 },
      text: 'no <ossec_config> stands around <client>; the product refuses a file without it. Read as if it were there.',
    });
  });

  test('may set everything', () => {
    const text = `<ossec_config>
      <client>
        <server>
          <address>worker01</address>
          <port>11514</port>
          <protocol>tcp</protocol>
          <max_retries>3</max_retries>
          <retry_interval>7</retry_interval>
        </server>
        <notify_time>15</notify_time>
        <time-reconnect>50</time-reconnect>
        <force_reconnect_interval>2h</force_reconnect_interval>
        <enrollment>
          <enabled>no</enabled>
          <port>11515</port>
          <delay_after_enrollment>30</delay_after_enrollment>
          <manager_address>master</manager_address>
          <groups>a,b</groups>
        </enrollment>
      </client>
      <client_buffer>
        <disabled>no</disabled>
        <queue_size>20000</queue_size>
        <events_per_second>1000</events_per_second>
      </client_buffer>
      <localfile><location>C:\\\\logs\\\\a.log</location></localfile>
    </ossec_config>`;

    const { servers: list, client: settings, warnings } = readOssecConf(conf(text));

    expect(list).toMatchObject([{ text: 'worker01', port: 11514, maxRetries: 3, retryIntervalSeconds: 7 }]);
    expect(settings).toEqual({
      notifyTimeSeconds: 15,
      timeReconnectSeconds: 50,
      forceReconnectIntervalSeconds: 7200,
      enrollment: { enabled: false, port: 11515, managerAddress: 'master', delayAfterEnrollmentSeconds: 30 },
      clientBuffer: { disabled: false, queueSize: 20_000, eventsPerSecond: 1000 },
    });
    expect(warnings.map((warning) => warning.text)).toEqual([
      '<delay_after_enrollment>, <manager_address> and <groups> decide nothing in a simulation.',
    ]);
  });

  test('defaults a server to port 1514 over TCP', () => {
    expect(servers(client(''))).toEqual(['10.0.0.1:1514/tcp']);
  });

  test('may have several roots and several <client>: servers are appended, later values win', () => {
    const result = readOssecConf(
      conf(`
        <ossec_config>
          <client><server><address>a</address></server><notify_time>10</notify_time></client>
          <client_buffer><queue_size>100</queue_size><events_per_second>100</events_per_second></client_buffer>
        </ossec_config>
        <!-- a second root -->
        <ossec_config>
          <client><server><address>b</address></server><notify_time>30</notify_time></client>
          <client_buffer><queue_size>200</queue_size></client_buffer>
        </ossec_config>`),
    );

    expect(result.servers.map(({ text }) => text)).toEqual(['a', 'b']);
    expect(result.client).toEqual({
      notifyTimeSeconds: 30,
      clientBuffer: { queueSize: 200, eventsPerSecond: 100 },
    });
  });

  test('zero stands for the default notify_time, also after another value', () => {
    const { client: settings } = readOssecConf(
      conf(client('<notify_time>30</notify_time><notify_time>0</notify_time>')),
    );
    expect(settings.notifyTimeSeconds).toBeUndefined();
  });

  test('takes port and protocol of the block for old-style servers, wherever they stand', () => {
    const text = `<ossec_config><client>
      <server-ip>10.0.0.1</server-ip>
      <server><address>10.0.0.2</address></server>
      <port>2514</port>
      <server-hostname>manager.corp</server-hostname>
      <protocol>udp</protocol>
    </client></ossec_config>`;
    expect(servers(text)).toEqual(['10.0.0.1:2514/udp', '10.0.0.2:1514/tcp', 'manager.corp:2514/udp']);
  });

  test('warns that a port directly in <client> does not reach <server>', () => {
    const { servers: list, warnings } = readOssecConf(conf(client('<port>2514</port>')));
    expect(list[0]!.port).toBe(1514);
    expect(warnings[0]!.text).toMatch(/^<port> directly in <client> is for <server-ip> and <server-hostname> only/);
  });

  test('warns when time-reconnect is not above notify_time', () => {
    const { warnings } = readOssecConf(conf(client('<notify_time>60</notify_time>')));
    expect(warnings.map(({ text }) => text)).toEqual([
      'time-reconnect (60 s) is not above notify_time (60 s): the agent uses 180 s.',
    ]);
  });

  // Wazuh 4.14.7, shared/string_op.c, w_parse_time().
  test.each([
    ['90', 90],
    ['90s', 90],
    ['5m', 300],
    ['1h', 3600],
    ['2d', 172_800],
    ['1w', 604_800],
    ['10min', 600],
    ['', 0],
  ])('reads the time %j as the agent does', (written, seconds) => {
    const text = client(`<force_reconnect_interval>${written}</force_reconnect_interval>`);
    expect(readOssecConf(conf(text)).client.forceReconnectIntervalSeconds).toBe(seconds);
  });

  test.each(['never', '-5', '5x', '5 m'])('passes over the time %j with a warning, as the agent does', (written) => {
    const { client: settings, warnings } = readOssecConf(
      conf(client(`<force_reconnect_interval>${written}</force_reconnect_interval>`)),
    );
    expect(settings.forceReconnectIntervalSeconds).toBeUndefined();
    expect(warnings[0]!.text).toMatch(/is no time such as 30s/);
  });
});

interface Measured {
  readonly servers: [address: string, port: number, udp: number, maxRetries: number, retryInterval: number][];
  readonly notifyTime: number;
  readonly timeReconnect: number;
  readonly forceReconnectInterval: number;
  readonly autoRestart: number;
  readonly enrollment: [enabled: number, port: number, delay: number];
  readonly buffer: [enabled: number, queueSize: number, eventsPerSecond: number];
}

test('a text is refused or understood exactly as the agent’s own reader does', () => {
  const fixture = new URL('../../fixtures/ossec/client.json', import.meta.url);
  const measured = JSON.parse(readFileSync(fixture, 'utf8')) as [text: string, result: Measured | null][];
  expect(measured).toHaveLength(140);

  for (const [text, result] of measured) {
    expect(mistakesIn(text).length > 0, text).toBe(result === null);
    if (result === null) continue;
    const { servers: list, client: settings } = readOssecConf(conf(text));
    const { enrollment, clientBuffer } = settings;
    expect(
      {
        servers: list.map((one) => [
          one.text,
          one.port,
          one.protocol === 'udp' ? 1 : 0,
          one.maxRetries ?? 5,
          one.retryIntervalSeconds ?? 10,
        ]),
        notifyTime: settings.notifyTimeSeconds ?? 0,
        timeReconnect: settings.timeReconnectSeconds ?? 0,
        forceReconnectInterval: settings.forceReconnectIntervalSeconds ?? 0,
        autoRestart: settings.autoRestart === false ? 0 : 1,
        enrollment: [
          enrollment?.enabled === false ? 0 : 1,
          enrollment?.port ?? 1515,
          enrollment?.delayAfterEnrollmentSeconds ?? 20,
        ],
        buffer: [
          clientBuffer?.disabled === true ? 0 : 1,
          clientBuffer?.queueSize ?? 5000,
          clientBuffer?.eventsPerSecond ?? 500,
        ],
      } satisfies Record<keyof Measured, unknown>,
      text,
    ).toEqual(result);
  }
});

test('is stricter than the agent where the agent would start and reach nobody, or count wrong', () => {
  const server = (address: string): string => `<server><address>${address}</address></server>`;
  const text = `<ossec_config><client>${server('10.0.0.1')}${server('')}${server('a b')}</client></ossec_config>`;
  expect(mistakesIn(text)).toEqual([
    '1:75  <address> is empty: write an address or a host name.',
    expect.stringMatching(/^1:111 {2}<address>: no host is called "a b"/),
  ]);
  expect(mistakesIn(client('<notify_time>4294967297</notify_time>'))).toEqual([
    '1:67  <notify_time>: expected a whole number from 0 to 2147483647, got "4294967297".',
  ]);
});

describe('the agent’s own kind of XML', () => {
  test('has comments of both kinds, also inside a value', () => {
    const comments = '<!-- <server> --><! old style !>';
    const text = `<ossec_config>${comments}<client><server><address>10.0.<!-- here -->0.1</address></server></client></ossec_config>`;
    expect(servers(text)).toEqual(['10.0.0.1:1514/tcp']);
  });

  test('lets a backslash keep "<" from opening a tag, and two backslashes not', () => {
    const section = (value: string): string =>
      `${client('').replace('</ossec_config>', '')}<localfile><a>${value}</a></localfile></ossec_config>`;
    expect(mistakesIn(section('x \\<b> y'))).toEqual([]);
    expect(mistakesIn(section('x \\\\<b> y'))).toEqual([expect.stringMatching(/<b> is not closed before <\/a>/)]);
  });

  test('knows no entities, attributes in both kinds of quotation marks, and elements closed at once', () => {
    const text = `<ossec_config><syscheck/><wodle name='x' b = "&lt;"/><wodle name="y" /></ossec_config>${client('')}`;
    expect(mistakesIn(text)).toEqual([
      expect.stringMatching(/^1:42 {2}attribute "b" of <wodle> is not followed by "=" at once/),
    ]);
    expect(mistakesIn(text.replace('b = ', 'b= '))).toEqual([]);
  });

  test('skips text that stands outside of values, with a warning inside the client’s sections', () => {
    const { warnings } = readOssecConf(conf(`before ${client('stray')} after`));
    expect(warnings.map(({ text }) => text)).toEqual([
      '<client> holds text outside of its options; the product skips it.',
    ]);
  });

  test('passes over variables, with a warning', () => {
    const text = client('<var name="x">5</var>').replace('<ossec_config>', '<var name="y">6</var><ossec_config><VAR/>');
    const { warnings } = readOssecConf(conf(text));
    expect(warnings).toEqual([
      {
        position: { file, line: 1, column: 1 },
        text: '<var> has no effect: the product uses variables in rules only.',
      },
    ]);
  });

  test('takes white space as part of a value', () => {
    expect(mistakesIn(client('<notify_time> 10 </notify_time>'))).toEqual([
      '1:67  <notify_time>: expected a whole number from 0 on, got " 10 ". ' +
        'Remove the white space: the product takes it as part of the value.',
    ]);
    expect(
      mistakesIn('<ossec_config><client><server><address>\n10.0.0.1</address></server></client></ossec_config>'),
    ).toEqual([
      '1:31  <address>: no host is called "\\n10.0.0.1": the product takes the white space as part of the name. Remove it.',
    ]);
  });

  test.each([
    ['<?xml version="1.0"?>', /^1:1 {2}the agent’s reader refuses an XML declaration/],
    ['</client>', /^1:1 {2}<\/client> closes nothing/],
    ['<!-- ', /^1:1 {2}the comment that starts here never ends/],
    ['<syscheck></syscheck >', /^1:11 {2}write <\/syscheck> without white space/],
    ['<syscheck></sysheck>', /^1:11 {2}<\/sysheck> does not close <syscheck> opened at 1:1/],
    ['<syscheck a=b></syscheck>', /^1:11 {2}attribute "a" of <syscheck> has a value without quotation marks/],
    ['<syscheck a="b></syscheck>', /^1:11 {2}attribute "a" of <syscheck> has a value that no " ends/],
    ['<syscheck a="b" a="c"></syscheck>', /^1:17 {2}attribute "a" of <syscheck> is given twice/],
    ['<syscheck a></syscheck>', /^1:11 {2}attribute "a" of <syscheck> has no value/],
  ])('refuses what the agent refuses: %s', (text, message) => {
    expect(mistakesIn(text + client(''))).toContainEqual(expect.stringMatching(message));
  });
});

test('a value may have 20479 characters, as the agent allows', () => {
  const section = (length: number): string => `<ossec_config><a>${'x'.repeat(length)}</a></ossec_config>${client('')}`;
  expect(mistakesIn(section(20_479))).toEqual([expect.stringContaining('no section is called <a>')]);
  expect(mistakesIn(section(20_480))).toContain(
    '1:15  <a> holds more than 20479 characters: the agent refuses to read that.',
  );
});

describe('a file cut in the middle', () => {
  const whole = `<ossec_config>
  <client>
    <server>
      <address>172.0.0.4</address>
    </server>
  </client>
</ossec_config>`;

  test('says which tag was opened where', () => {
    expect(mistakesIn(whole.slice(0, whole.indexOf('172') + 3))).toEqual([
      '4:7  <address> opened here is never closed: the file ends at 4:19. Is it cut off? ' +
        'Also open: <server> opened at 3:5, <client> opened at 2:3, <ossec_config> opened at 1:1.',
    ]);
  });

  test('inside a tag names that tag and the one around it', () => {
    expect(mistakesIn(whole.slice(0, whole.indexOf('</server>') + 4))).toEqual([
      '3:5  <server> opened here is never closed: the file ends at 5:9. Is it cut off? ' +
        'Also open: <client> opened at 2:3, <ossec_config> opened at 1:1.',
      '5:5  the tag that starts here has no ">". Is the file cut off?',
    ]);
  });

  test('is never taken for a whole one', () => {
    for (let length = 0; length < whole.length; length++) {
      expect(mistakesIn(whole.slice(0, length)), `first ${length} characters`).not.toEqual([]);
    }
    expect(mistakesIn(whole)).toEqual([]);
  });

  test('still shows the mistakes in front of the cut', () => {
    const cut = whole.replace('<server>', '<notify_tim>5</notify_tim><server>').slice(0, 80);
    expect(mistakesIn(cut)).toEqual([
      '3:5  <client> has no option <notify_tim>: the product refuses to start with it. Did you mean <notify_time>?',
      expect.stringMatching(/^4:7 {2}<address> opened here is never closed/),
    ]);
  });
});

describe('what the agent refuses to start with', () => {
  test('is all reported at once, with places and the way out', () => {
    const text = `<ossec_config>
  <client>
    <server>
      <address>10.0.0.0/8</address>
      <port>0</port>
      <protocol>TCP</protocol>
      <max_retries>0</max_retries>
      <retry_interval>-1</retry_interval>
    </server>
    <server><port>1514</port></server>
    <notify_time>ten</notify_time>
    <time-reconnect>99999999999</time-reconnect>
    <auto_restart>true</auto_restart>
    <crypto_method>des</crypto_method>
    <enrollment><enabled>1</enabled><auto>yes</auto></enrollment>
    <auto_enrollment>yes</auto_enrollment>
  </client>
  <client_buffer><queue_size>100001</queue_size><events_per_second>0</events_per_second></client_buffer>
  <clientbuffer></clientbuffer>
</ossec_config>
<agent_config/>`;
    const refuses = 'the product refuses to start with it.';

    expect(mistakesIn(text)).toEqual([
      '4:7  <address>: expected an address or a host name without "/", got "10.0.0.0/8".',
      '5:7  <port>: expected a whole number from 1 to 65535, got "0".',
      '6:7  <protocol>: expected tcp or udp, got "TCP". Write tcp.',
      '7:7  <max_retries>: expected a whole number from 1 on, got "0".',
      '8:7  <retry_interval>: expected a whole number from 1 on, got "-1".',
      '10:5  <server> has no <address>: the agent refuses to start with it. Add one.',
      '11:5  <notify_time>: expected a whole number from 0 on, got "ten".',
      '12:5  <time-reconnect>: expected a whole number from 0 to 2147483647, got "99999999999".',
      '13:5  <auto_restart>: expected yes or no, got "true".',
      '14:5  <crypto_method>: expected aes or blowfish, got "des".',
      '15:17  <enabled>: expected yes or no, got "1".',
      expect.stringMatching(/^15:37 {2}<enrollment> has no option <auto>/),
      `16:5  <client> has no option <auto_enrollment>: ${refuses} Since 4.0.0 it is called <enrollment>.`,
      '18:18  <queue_size>: expected a whole number from 1 to 100000, got "100001".',
      '18:49  <events_per_second>: expected a whole number from 1 to 1000, got "0".',
      `19:3  no section is called <clientbuffer>: ${refuses} Did you mean <client_buffer>?`,
      '21:1  <agent_config> stands where <ossec_config> is expected: it belongs into agent.conf. Move it there.',
    ]);
  });

  test.each([
    ['', '1:1  holds no <ossec_config> … </ossec_config>.'],
    ['no tags at all', '1:1  holds no <ossec_config> … </ossec_config>.'],
    [
      '<ossec_config></ossec_config>',
      '1:1  has no <client> with a <server>: the agent refuses to start. Add <client><server><address>.',
    ],
    [
      '<ossec_config><client></client></ossec_config>',
      '1:15  <client> is empty: the agent refuses to start with it. Fill or remove it.',
    ],
    [
      '<ossec_config><client><notify_time>5</notify_time></client></ossec_config>',
      '1:1  has no <client> with a <server>: the agent refuses to start. Add <client><server><address>.',
    ],
    [
      client('').replace('10.0.0.1', 'MANAGER_IP'),
      '1:31  no <address> leads anywhere: "MANAGER_IP" is a placeholder. Write a manager\'s address.',
    ],
    [
      '<ossec_config><client><server-ip>manager</server-ip></client></ossec_config>',
      '1:23  <server-ip>: expected an address, got "manager". For a name write <server><address>.',
    ],
  ])('a file without a server: %j', (text, message) => {
    expect(mistakesIn(text)).toEqual([message]);
  });

  // Releases: src/config/client-config.c of 4.1.5 and 4.2.0, 4.2.7 and 4.3.0, 4.3.11 and 4.4.0.
  test.each([
    ['ip_update_interval', '<ip_update_interval>5</ip_update_interval>', '4.1.5', '4.2.0'],
    ['force_reconnect_interval', '<force_reconnect_interval>5</force_reconnect_interval>', '4.2.7', '4.3.0'],
    ['interface_index', '<enrollment><interface_index>1</interface_index></enrollment>', '4.3.11', '4.4.0'],
    ['enrollment', '<enrollment><enabled>no</enabled></enrollment>', '3.13.6', '4.0.0'],
    ['auto_enrollment', '<auto_enrollment><enabled>yes</enabled></auto_enrollment>', '3.12.3', '3.13.1'],
  ])('an option younger than the agent: %s', (name, option, before, since) => {
    expect(mistakesIn(client(option), since)).toEqual([]);
    expect(mistakesIn(client(option), before)).toEqual([
      expect.stringContaining(`<${name}> came with Wazuh ${since}; ${before} refuses to start with it.`),
    ]);
  });
});

describe('an agent’s ossec.conf by release', () => {
  const server = (inside: string, tag = 'server'): string =>
    `<ossec_config><client><${tag}><address>10.0.0.1</address>${inside}</${tag}></client></ossec_config>`;

  test('3.12 and 3.13.0 refuse max_retries and retry_interval as they log it', () => {
    const text = server('<max_retries>3</max_retries><retry_interval>7</retry_interval>');
    expect(mistakesIn(text, '3.13.0')).toEqual(
      (['max_retries', 'retry_interval'] as const).map(
        (name, index) =>
          `1:${index === 0 ? 58 : 86}  <${name}> came with Wazuh 3.13.1; 3.13.0 refuses to start with it. It logs "(1230): Invalid element in the configuration: '${name}'." Remove it, or write a later version.`,
      ),
    );
    expect(readOssecConf(conf(text, '3.13.1')).servers[0]).toMatchObject({ maxRetries: 3, retryIntervalSeconds: 7 });
  });

  test('a server without a protocol is UDP up to 3.13.6, TCP from 4.0.0', () => {
    expect(servers(server(''), '3.12.0')).toEqual(['10.0.0.1:1514/udp']);
    expect(servers(server(''), '3.13.6')).toEqual(['10.0.0.1:1514/udp']);
    expect(servers(server(''), '4.0.0')).toEqual(['10.0.0.1:1514/tcp']);
  });

  test('3.13.1 to 3.13.6 enrol by <auto_enrollment>, which 4.x no longer knows', () => {
    const text = client('<auto_enrollment><enabled>yes</enabled><port>2515</port></auto_enrollment>');
    expect(readOssecConf(conf(text, '3.13.6')).client.enrollment).toEqual({ enabled: true, port: 2515 });
    expect(mistakesIn(text, '4.0.0')).toEqual([expect.stringContaining('Since 4.0.0 it is called <enrollment>.')]);
  });

  test('5.0 knows <manager>, uses TCP whatever is written, and has no forced reconnect', () => {
    expect(servers(server('', 'manager'), '5.0.0-beta4')).toEqual(['10.0.0.1:1514/tcp']);
    expect(mistakesIn(server('', 'manager'), '4.14.9')).toContainEqual(
      expect.stringContaining('<client> has no option <manager>'),
    );
    const udp = readOssecConf(conf(server('<protocol>udp</protocol>'), '5.0.0'));
    expect(udp.servers[0]!.protocol).toBe('tcp');
    expect(udp.warnings.map(({ text }) => text)).toEqual(['<protocol>: agents of 5.0.0 pass over "udp" and use TCP.']);
    const forced = readOssecConf(conf(client('<force_reconnect_interval>5m</force_reconnect_interval>'), '5.0.0'));
    expect(forced.client.forceReconnectIntervalSeconds).toBeUndefined();
    expect(forced.warnings.map(({ text }) => text)).toEqual([
      '<force_reconnect_interval> is gone: agents of 5.0.0 pass over it with a warning.',
    ]);
    expect(mistakesIn(server('<protocol>https</protocol>'), '5.0.0')).toEqual([
      '1:58  the HTTPS interface of 5.0 is not published yet, and not modelled. Remove <protocol>.',
    ]);
  });
});

describe('hostile text', () => {
  test('that is binary, far too long or far too deep is refused in one sentence', () => {
    expect(mistakesIn('\u007fELF\u0002\u0001\0\0')).toEqual([
      '1:5  is no text: character U+0002 stands here. Name the right file.',
    ]);
    expect(mistakesIn('x'.repeat(8_000_001))).toEqual([
      '1:1  has 8000001 characters: this is no configuration file. Name the right file.',
    ]);
    expect(mistakesIn('<ossec_config>'.repeat(500_000))).toContain(
      '1:14337  elements are nested more than 1024 deep: the agent refuses to read that.',
    );
  });

  test('costs time in proportion to its length, and ends in few mistakes', () => {
    const pieces = [
      '<',
      '</',
      '<a>',
      '</a>',
      '<!--',
      '<! !>',
      '\\',
      '<a b="c" ',
      '<a b=',
      "'",
      '<a/>',
      '\\<',
      '< ',
      '<a><b></a>',
    ];
    for (const piece of pieces) {
      const text = `<ossec_config><client>${piece.repeat(200_000)}`;
      const started = performance.now();
      const { length } = mistakesIn(text);
      expect(length, piece).toBeGreaterThan(0);
      expect(length, piece).toBeLessThan(150);
      expect(performance.now() - started, `ms for 200000 times ${piece}`).toBeLessThan(2000);
    }
  });

  test('never makes the reader fail in another way', () => {
    const piece = fc.constantFrom(
      ...[
        '<',
        '>',
        '/',
        '!',
        '-',
        '\\',
        '"',
        "'",
        '=',
        ' ',
        '\n',
        'a',
        'ossec_config',
        'client',
        'server',
        'port',
        '1',
      ],
      ...[
        '<ossec_config>',
        '</ossec_config>',
        '<client>',
        '</client>',
        '<server>',
        '<address>',
        '<!--',
        '-->',
        '<auth>',
        '<remote>',
      ],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const text = pieces.join('');
        for (const read of [readOssecConf, readAgentConf, readManagerConf]) {
          for (const mistake of mistakes(() => read(conf(text)))) {
            expect(mistake.length).toBeLessThan(900);
            expect(mistake).not.toContain('\n');
          }
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('an agent.conf', () => {
  const readMistakes = (text: string, version = '4.14.7'): string[] =>
    mistakes(() => readAgentConf(conf(text, version)));

  test('may set the buffer and the forced reconnect', () => {
    const text = `<agent_config>
      <client_buffer><events_per_second>250</events_per_second></client_buffer>
      <client><force_reconnect_interval>1h</force_reconnect_interval></client>
    </agent_config>
    <agent_config os="Linux"><localfile><location>/var/log/a</location></localfile></agent_config>`;
    expect(readAgentConf(conf(text))).toEqual({
      client: { forceReconnectIntervalSeconds: 3600, clientBuffer: { eventsPerSecond: 250 } },
      warnings: [],
      assumed: [],
    });
  });

  test('may set nothing else of the client, and no buffer for agents it picks by attribute', () => {
    expect(readMistakes('<agent_config><client><notify_time>5</notify_time></client></agent_config>')).toEqual([
      expect.stringMatching(/^1:23 {2}<client> in agent.conf has no option <notify_time>/),
    ]);
    const picked = '<agent_config name="a|b"><client_buffer><queue_size>5</queue_size></client_buffer></agent_config>';
    expect(readMistakes(picked)).toEqual([
      expect.stringMatching(/^1:26 {2}<client_buffer> stands in <agent_config name="a\|b">: which agents/),
    ]);
    expect(readMistakes('<ossec_config/>')).toEqual([expect.stringMatching(/this is no agent\.conf/)]);
  });
});
