// The nodes of a mode with what is known of them, and which node a text in a configuration means.
import { possibleProtocols } from '../../models/agentVersions.ts';
import type { NodeOptions } from '../../models/node.ts';
import { isNewerThan } from '../../models/releases.ts';
import type { ManagerConf } from '../import/managerConf.ts';
import type { ScenarioData } from '../schema.ts';
import { listNames } from '../wording.ts';
import { ownValue } from '../yamlSource.ts';

export class Cluster {
  readonly nodes: readonly NodeOptions[];
  /** What each node's own ossec.conf says; `null`: none is given. */
  readonly managers: readonly (ManagerConf | null)[];
  readonly #hosts: ScenarioData['hosts'];

  constructor(nodes: readonly NodeOptions[], managers: readonly (ManagerConf | null)[], hosts: ScenarioData['hosts']) {
    this.nodes = nodes;
    this.managers = managers;
    this.#hosts = hosts;
  }

  /** Node behind a host of a configuration: by address, name, another name, or `hosts:`. -1: none. */
  nodeOf(host: string): number {
    const called = this.nodeCalled(host);
    if (called >= 0) return called;
    const addresses = this.addressesOf(host) ?? [];
    return this.nodes.findIndex(({ address }) => addresses.includes(address));
  }

  nodeCalled(host: string): number {
    return this.nodes.findIndex(
      ({ name, address, names }) => name === host || address === host || names.includes(host),
    );
  }

  /** What `hosts:` says of a name; `null`: nothing. */
  addressesOf(host: string): readonly string[] | null {
    return ownValue(this.#hosts, host) ?? null;
  }

  /** Where a name in a balancer's configuration leads to; `null`: nobody says. */
  addressesBehind(host: string): readonly string[] | null {
    const node = this.nodeCalled(host);
    if (node >= 0) return [this.nodes[node]!.address];
    const addresses = this.addressesOf(host);
    return addresses?.length === 0 ? null : addresses;
  }

  knownHosts(): string {
    return listNames([
      ...this.nodes.flatMap(({ name, address, names }) => [name, address, ...names]),
      ...Object.keys(this.#hosts),
    ]);
  }

  /** Whether a node takes events over a protocol; without its own ossec.conf this is not known. */
  listens(node: NodeOptions, protocol: 'tcp' | 'udp'): boolean {
    if (!possibleProtocols(node.version).includes(protocol)) return false;
    return this.managers[this.nodes.indexOf(node)]?.protocols.includes(protocol) ?? true;
  }

  /** Whether the node is known to answer the startup message of such an agent with an error. */
  refusesNewer(nodeIndex: number, agentVersion: string): boolean {
    const { version } = this.nodes[nodeIndex]!;
    const manager = this.managers[nodeIndex];
    return !!manager && !manager.allowsHigherVersions && isNewerThan(agentVersion, version);
  }
}
