// Over UDP nobody tells an agent that its manager is gone: it goes on sending until its keepalives stay unanswered for time-reconnect.
// Wazuh, notify.c, run_notify(); issues 573, 1638.
import { formatCount } from '../../kernel/units.ts';
import { eventRates } from '../../models/eventRates.ts';
import { rootKey } from '../../kernel/random.ts';
import type { Rule } from './rule.ts';
import { countAgents } from './ways.ts';

export const udp: Rule = {
  name: 'udp',
  find({ groups, placeOfServer }) {
    const sending = groups.filter(({ servers }) => servers.some(({ protocol }) => protocol === 'udp'));
    const [first] = sending;
    if (first === undefined) return [];
    const agents = countAgents(sending);
    const seconds = Math.max(...sending.map(({ agent }) => agent.timeReconnectSeconds));
    const lost = sending.reduce((sum, group) => {
      const rate = eventRates(group, rootKey('lint', 0)).reduce((total, each) => total + each, 0);
      return sum + rate * group.agent.timeReconnectSeconds;
    }, 0);
    return [
      {
        position: placeOfServer(first.servers.find(({ protocol }) => protocol === 'udp')!),
        text:
          `${formatCount(agents)} agents send over UDP: when their node is gone they notice after ${seconds} s without an answer (time-reconnect), and what they have sent until then is lost, ` +
          `${formatCount(lost / agents)} events an agent. Over TCP they hear of a dead process at once. Write <protocol>tcp.`,
      },
    ];
  },
};
