import { expect, test } from 'vitest';
import { remarksOf } from '../../support/lint.ts';

const cluster =
  '{ nodes: { master: { address: 172.0.0.3, role: master, ossec: master.conf }, worker01: { address: 172.0.0.4 }, worker02: { address: 172.0.0.5 } } }';
const said = (useSourceIp: string, modes?: string): string[] =>
  remarksOf('source-address', {
    cluster,
    ...(modes === undefined ? {} : { modes }),
    files: {
      'master.conf': `<ossec_config><remote><connection>secure</connection></remote>\n<auth>\n${useSourceIp}\n</auth></ossec_config>\n`,
    },
  });

test('keys that are good from one address only are told behind a proxy, which hides all addresses', () => {
  expect(said('<use_source_ip>yes</use_source_ip>')).toEqual([
    expect.stringMatching(
      /^master\.conf:3 <use_source_ip>yes: master .* it sees 172\.0\.0\.2, the balancer’s, for all 10 agents\. .*\(100 %\)/,
    ),
  ]);
});

test.each([
  ['switched off', '<use_source_ip>no</use_source_ip>', undefined],
  ['not written', '', undefined],
  ['agents that come themselves', '<use_source_ip>yes</use_source_ip>', '{ list: { servers: [worker01, worker02] } }'],
])('nothing is told of keys: %s', (_, text, modes) => {
  expect(said(text, modes)).toEqual([]);
});
