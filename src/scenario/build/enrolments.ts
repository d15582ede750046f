// What an enrolment needs of the fleet and of the cluster, and what is taken for granted about it.
import { atLeast } from '../../models/agentVersions.ts';
import type { NodeOptions } from '../../models/node.ts';
import type { GroupOptions } from '../../models/worldOptions.ts';
import type { ScenarioData } from '../schema.ts';
import { listNames, type Path } from '../wording.ts';

/** Reports what keeps the agents of an enrolment from ever getting a key. */
export function checkEnrolments(
  { faults, fleet }: ScenarioData,
  groups: readonly GroupOptions[],
  nodes: readonly NodeOptions[],
  fail: (path: Path, text: string) => void,
): void {
  const taken = new Map<string, number>();
  faults.forEach(({ enroll }, index) => {
    if (enroll === undefined) return;
    const { group: name, count } = enroll;
    const refuse = (key: string, text: string): void =>
      fail(['faults', index, 'enroll', key], `faults[${index}].enroll: ${text}`);
    const group = groups.find((each) => each.name === name);
    const own = fleet[name];
    if (own === undefined) return; // that has been said
    if (own.count === undefined) {
      refuse(
        'group',
        `the agents of ${name} are listed in an inventory, so they have keys. Give the new ones a group of their own.`,
      );
      return;
    }
    if (group === undefined) return;
    const before = taken.get(name) ?? 0;
    taken.set(name, before + count);
    if (before > 0 && before + count > own.count) {
      refuse(
        'count',
        `${name} has ${own.count} agents, of which ${before} have enrolled before: no ${count} are left.`,
      );
    }
    const { version, enrollment } = group.agent;
    if (!atLeast(version, '3.13.1')) {
      refuse(
        'group',
        `agents of ${version} do not enroll by themselves (agent-auth does it by hand): they would end at their start. Use 3.13.1 or later.`,
      );
    } else if (!enrollment.enabled) {
      refuse(
        'group',
        `enrollment is off for ${name}: an agent without a key would end at its start. Write agent: { enrollment: { enabled: yes } }.`,
      );
    } else if (!group.enrolsAt?.listens && group.servers.every(({ registration }) => registration === null)) {
      const worker = group.servers
        .map(({ endpoint }) => (endpoint.kind === 'node' ? nodes[endpoint.nodeIndex] : undefined))
        .find((node) => node?.role === 'worker' && !atLeast(node.version, '4.0.0'));
      if (worker !== undefined) {
        refuse(
          'group',
          `the agents of ${name} ask ${worker.name} for a key, and workers of 3.x run no authd; agents can only enrol at the master. Put it in their list, or give them <manager_address> in <enrollment>.`,
        );
        return;
      }
      refuse(
        'group',
        `nobody listens for registrations on port ${enrollment.port} where ${name} asks. Give a node ports: { registration: ${enrollment.port} }, or the balancer a listener.`,
      );
    }
  });
}

/** Sentences for the verdict. */
export function enrolmentAssumptions({ faults }: ScenarioData, nodes: readonly NodeOptions[]): string[] {
  if (!faults.some(({ enroll }) => enroll !== undefined)) return [];
  const serving = nodes.filter(({ registrationPort }) => registrationPort !== null);
  const unjudged = serving.filter(({ registration }) => registration.serviceUs === null).map(({ name }) => name);
  const times = [...new Set(serving.flatMap(({ registration }) => registration.serviceUs ?? []))];
  return [
    ...(unjudged.length > 0
      ? [
          `How many enrolments ${listNames(unjudged)} can serve a second is not judged: no registration.serviceTime is given.`,
        ]
      : []),
    ...times.map(
      (us) => `An enrolment is taken to need ${us / 1000} ms of the registration service (registration.serviceTime).`,
    ),
  ];
}
