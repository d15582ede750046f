// A client whose datagrams pass nginx, one every half second, and servers that answer each of them or do not.
import { createNginxBalancer, createUpstream } from '../../src/models/balancer/nginx/nginx.ts';
import type { DatagramOptions } from '../../src/models/balancer/nginx/options.ts';
import { peerDefaults } from '../../src/models/balancer/nginx/options.ts';
import type { NginxSession } from '../../src/models/balancer/nginx/session.ts';
import {
  SessionEnd,
  answerCame,
  datagramSent,
  errorCame,
  newUdpSession,
  takesNoMore,
  timedOut,
  type UdpSession,
} from '../../src/models/balancer/nginx/udpSession.ts';
import { aClient } from './clients.ts';
import { aListener } from './nginxMethods.ts';

interface Open {
  readonly choice: NginxSession;
  readonly rules: UdpSession;
  readonly peer: number;
  movedUs: number;
  isOver: boolean;
}

export interface DatagramStory {
  readonly options?: Partial<DatagramOptions>;
  /** What a server does with a datagram at an instant. */
  readonly server: (peer: number, atSeconds: number) => 'answers' | 'closed' | 'silent';
  /** When the client sends; absent: every half second. */
  readonly sends?: (atSeconds: number) => boolean;
  readonly untilSeconds: number;
  readonly timeoutSeconds?: number;
  /** Where in its second nginx's clock stands at 0. */
  readonly phaseSeconds?: number;
}

export interface DatagramFate {
  readonly atSeconds: number;
  /** The server it went to, -1: none. */
  readonly peer: number;
  readonly isAnswered: boolean;
}

const roundTripUs = 300;

/** Two servers, the first of which the client's hash leads to. */
export function playDatagrams(story: DatagramStory): { readonly fates: DatagramFate[]; readonly failures: number[] } {
  const options: DatagramOptions = { requests: 0, responses: null, passesErrors: true, ...story.options };
  const peers = ['a', 'b'].map((serverText) => ({ ...peerDefaults, serverText, address: serverText, port: 1 }));
  const upstream = createUpstream({ name: 'u', method: { kind: 'hash', key: 'k' }, zone: false, peers }, 1);
  const balancer = createNginxBalancer(upstream, { ...aListener, protocol: 'udp' });
  const phaseUs = (story.phaseSeconds ?? 0) * 1e6;
  const timeoutUs = (story.timeoutSeconds ?? 5) * 1e6;
  const fates: DatagramFate[] = [];
  const failures: number[] = [];
  const sessions: Open[] = [];
  let current: Open | null = null;
  let first = -1;
  const end = (open: Open, how: SessionEnd, nowUs: number): void => {
    if (how === SessionEnd.None || open.isOver) return;
    open.isOver = true;
    if (current === open) current = null;
    if (how === SessionEnd.Failed) {
      balancer.failed(open.choice, nowUs + phaseUs, 0, false);
      failures.push(nowUs / 1e6);
    } else balancer.closed(open.choice, nowUs + phaseUs);
  };
  for (let nowUs = 0; nowUs <= story.untilSeconds * 1e6; nowUs += 500_000) {
    for (const open of sessions) {
      if (!open.isOver && open.movedUs + timeoutUs <= nowUs)
        end(open, timedOut(open.rules, options), open.movedUs + timeoutUs);
    }
    const atSeconds = nowUs / 1e6;
    if (story.sends && !story.sends(atSeconds)) continue;
    if (current && takesNoMore(current.rules, options)) current = null;
    let open: Open | null = current;
    if (open === null) {
      const choice = balancer.open(aClient(), 0);
      const peer = balancer.next(choice, nowUs + phaseUs);
      if (first < 0) first = peer;
      open = { choice, rules: newUdpSession(), peer, movedUs: nowUs, isOver: false };
      sessions.push(open);
      current = open;
    }
    open.movedUs = nowUs;
    const how = datagramSent(open.rules, options);
    end(open, how, nowUs);
    const number = open.peer === first ? 0 : 1;
    if (how === SessionEnd.Failed) {
      fates.push({ atSeconds, peer: -1, isAnswered: false });
      continue;
    }
    const does = story.server(number, atSeconds);
    const isAnswered = does === 'answers' && !open.rules.isDeaf && !open.isOver;
    fates.push({ atSeconds, peer: number, isAnswered });
    if (open.isOver || does === 'silent') continue;
    open.movedUs = nowUs + roundTripUs;
    end(
      open,
      does === 'answers' ? answerCame(open.rules, options) : errorCame(open.rules, options),
      nowUs + roundTripUs,
    );
  }
  return { fates, failures };
}
