// Worlds into which agents without a key come.
import type { FaultOptions } from '../../src/models/fault.ts';
import type { NodeOptions } from '../../src/models/node.ts';
import type { WorldOptions } from '../../src/models/worldOptions.ts';
import { aWorld, second, type WorldRecipe } from './worlds.ts';

export interface Rollout extends WorldRecipe {
  /** Of the managers. */
  readonly managers?: string;
  /** Nodes that listen on the registration port; the master alone by default. */
  readonly registration?: readonly number[];
  readonly serviceMs?: number;
  readonly node?: Partial<NodeOptions>;
}

export function enroll(atSeconds: number, count: number, overSeconds = 0, group = 'group0'): FaultOptions {
  return {
    kind: 'enroll',
    group,
    count,
    overUs: overSeconds * second,
    atUs: { fromUs: atSeconds * second, toUs: atSeconds * second },
    forUs: overSeconds * second,
    everyUs: null,
    times: 1,
  };
}

export function aRollout(recipe: Rollout): WorldOptions {
  const { managers, registration = [0], serviceMs } = recipe;
  const world = aWorld(recipe);
  return {
    ...world,
    nodes: world.nodes.map((node, index) => ({
      ...node,
      registrationPort: registration.includes(index) ? 1515 : null,
      version: managers ?? node.version,
      registration: { serviceUs: serviceMs === undefined ? null : serviceMs * 1000 },
      ...recipe.node,
    })),
    groups: world.groups.map((group) => ({
      ...group,
      servers: group.servers.map((server) =>
        server.endpoint.kind === 'node'
          ? { ...server, registration: registration.includes(server.endpoint.nodeIndex) ? server.endpoint : null }
          : server,
      ),
    })),
  };
}
