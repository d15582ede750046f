// By what a balancer has chosen, where that is no hash of its client: what of it is published, and what is a distribution here.
import type { ChoiceBasis } from '../models/balancer/trace.ts';

const ipvs: Readonly<Record<string, string>> = {
  rr: 'in turn',
  wrr: 'in turn by weight',
  lc: 'the one with the fewest connections',
  wlc: 'the one with the fewest connections for its weight',
  sh: 'the bucket of the client’s address',
  dh: 'the bucket of the Service’s address, the same for all agents',
  sed: 'the shortest expected delay',
  nq: 'an idle one first, else the shortest expected delay',
};

const f5 = {
  turns: 'the next in turn (documented; the code is not published)',
  ratio: 'the next in turn by ratio (documented); the order among equals is not published and is assumed',
  leastConnections:
    'the one with the fewest connections (documented); the order among equals is not published and is assumed',
};

export function basisText(basis: ChoiceBasis): string {
  switch (basis.product) {
    case 'nlb':
      return basis.rule === 'flowHash'
        ? 'by a flow hash that AWS does not publish and that is new for each connection: here an even draw among the targets of its zone. Shares are right, this one agent’s target is an example'
        : 'by source-address stickiness: the first target is an even draw, since AWS publishes no function, and stays while it gets flows';
    case 'iptables':
      return basis.rule === 'draw'
        ? 'by the rules of kube-proxy, each taken with probability 1/n of those left (published): an even draw. Shares are right, this one agent’s endpoint is an example'
        : 'by ClientIP affinity (published): the endpoint that had this address lately, else an even draw';
    case 'ipvs':
      return `by the scheduler ${basis.rule} of IPVS (published): ${ipvs[basis.rule] ?? basis.rule}. By which node the connection comes in is drawn`;
    case 'envoy':
      return {
        hash: 'by the hash of the address Envoy sees (published): to the last client',
        drawnHash: 'by a hash policy without hash_policy (published): a number is drawn for each choice',
        turns: 'in turn by weight (published); where the turn begins is drawn',
        random: 'by an even draw (published): shares are right, this one agent’s host is an example',
        leastRequest: 'by the fewest connections of some hosts drawn (published): the draw is an example',
      }[basis.rule];
    case 'f5':
      return `${basis.persists ? 'the member that this address had lately, else ' : ''}${f5[basis.rule]}`;
    case 'dns':
      return {
        rotated: 'the first address of an answer that is turned by one for each question; who asked before is luck',
        random:
          'the first address of an answer in drawn order: shares are right, this one agent’s address is an example',
        fixed: 'the first address of an answer that is always the same',
      }[basis.rule];
    default:
      return basis satisfies never;
  }
}
