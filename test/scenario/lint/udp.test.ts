import { expect, test } from 'vitest';
import { remarksOf } from '../../support/lint.ts';

const fleet = '{ a: { count: 30, events: { rate: 2/s } }, b: { count: 10, events: { rate: 10/s } } }';
const said = (modes: string): string[] => remarksOf('udp', { fleet, modes });
const udp = '{ address: 172.0.0.4, protocol: udp }';

test('agents that send over UDP are told what is lost before they notice', () => {
  expect(said(`{ list: { servers: [${udp}] } }`)).toEqual([
    'list: 40 agents send over UDP: when their node is gone they notice after 60 s without an answer (time-reconnect), and what they have sent until then is lost, ' +
      '240 events an agent. Over TCP they hear of a dead process at once. Write <protocol>tcp.',
  ]);
  expect(said(`{ list: { servers: [worker02], groups: { b: { servers: [${udp}] } } } }`)[0]).toMatch(
    /^list: 10 agents .* 600 events an agent/,
  );
});

test('nothing is told of agents that use TCP', () => {
  expect(said('{ list: { servers: [worker01, worker02] } }')).toEqual([]);
});
