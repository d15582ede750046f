// What is wrong with a scenario whose parts are right, whatever its modes do: names and addresses given twice, nobody to look.
import { balancerPlace } from '../models/fault.ts';
import { overlap, parseRange, type HostRange } from './addresses.ts';
import { namesIn, verbsIn } from './build/faults.ts';
import type { ScenarioData } from './schema.ts';
import { quote, type Path } from './wording.ts';

export type Report = (path: Path, text: string) => void;

/** Balancers of all modes, each once. */
export function balancerNames(data: ScenarioData): string[] {
  const names = Object.values(data.modes).flatMap(
    ({ nginx, haproxy, nlb, kubernetes, envoy, f5, dns, vip, balancers = {} }) => [
      ...([nginx, haproxy, nlb, kubernetes, envoy, f5, dns, vip].every((product) => product === undefined)
        ? []
        : [balancerPlace]),
      ...Object.keys(balancers),
    ],
  );
  return [...new Set(names)];
}

/** Faults that need a process or a host of the balancer's own. */
const endings: ReadonlySet<string> = new Set([
  'kill',
  'powerOff',
  'hang',
  'stop',
  'restart',
  'rolling',
  'zombie',
  'slow',
]);

/** What takes two places of the file to see, and does not depend on a mode's routing. */
export function checkWhole(data: ScenarioData, problem: Report, warn: Report): void {
  const nodes = Object.entries(data.cluster.nodes);
  nodes.forEach(([name, node], index) => {
    const path = ['cluster', 'nodes', name];
    if (name === balancerPlace)
      problem(path, `a node cannot be called ${balancerPlace}: that is the balancer's place.`);
    for (const [other, { address, names }] of nodes.slice(0, index)) {
      if (address === node.address) {
        problem(
          [...path, 'address'],
          `cluster.nodes.${name}.address: ${node.address} is the address of ${other} already.`,
        );
      }
      const twice = [name, ...node.names].find((text) => text === other || names.includes(text));
      if (twice !== undefined) problem(path, `cluster.nodes.${name}: ${quote(twice)} is a name of ${other} already.`);
    }
  });
  const balanced = balancerNames(data).length > 0;
  const ranges: { name: string; range: HostRange }[] = [];
  for (const [name, group] of Object.entries(data.fleet)) {
    if (group.nat !== undefined && !balanced) {
      const text = `fleet.${name}.nat: no mode has a balancer, so nobody looks at these addresses.`;
      warn(['fleet', name, 'nat'], text);
    }
    const text = typeof group.addresses === 'object' ? group.addresses.range : group.addresses;
    const range = text === undefined ? null : parseRange(text);
    if (range === null || typeof range === 'string' || group.count === undefined) continue;
    const used = { firstHost: range.firstHost, hostCount: group.count };
    for (const other of ranges) {
      if (balanced && overlap(used, other.range)) {
        warn(
          ['fleet', name, 'addresses'],
          `agents of ${name} have the same addresses as agents of ${other.name}; a hash of the address sends them to the same node.`,
        );
      }
    }
    ranges.push({ name, range: used });
  }
  const masters = nodes.filter(([, { role }]) => role === 'master').map(([name]) => name);
  for (const name of masters.slice(1)) {
    problem(
      ['cluster', 'nodes', name, 'role'],
      `cluster.nodes.${name}.role: ${masters[0]!} is the master already; a cluster has one.`,
    );
  }
  const mortal = Object.values(data.modes).some(
    ({ nginx, haproxy, envoy, f5 }) => (nginx ?? haproxy ?? envoy ?? f5) !== undefined,
  );
  data.faults.forEach((fault, index) => {
    for (const verb of mortal || !balanced ? [] : verbsIn(fault).filter((own) => endings.has(own))) {
      if (namesIn(fault, verb).some(({ name }) => name === balancerPlace)) {
        problem(
          ['faults', index, verb],
          `faults[${index}].${verb}: no mode has a balancer with processes that could end: NLB, Kubernetes and DNS have none here. Remove it, or name a node.`,
        );
      }
    }
    for (const verb of balanced ? [] : verbsIn(fault)) {
      if (namesIn(fault, verb).some(({ name }) => name === balancerPlace)) {
        problem(['faults', index, verb], `faults[${index}].${verb}: no mode has a balancer.`);
      }
    }
  });
}
