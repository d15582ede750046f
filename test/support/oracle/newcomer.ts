// An agent without a key looks for one: at every place it knows, one after the other, then again. docs/MODEL.md, "Enrolment".
import { retrySleepUs } from '../../../src/models/agent.ts';
import type { ServerOptions } from '../../../src/models/agentOptions.ts';
import type { GroupOptions } from '../../../src/models/worldOptions.ts';

/** Where agents of a group ask for a key: the `manager_address`, then the registration ports of the list in the agent's order. */
export function askedForKeys({ enrolsAt }: GroupOptions, servers: readonly ServerOptions[]): readonly ServerOptions[] {
  if (!enrolsAt) return servers;
  const { endpoint, listens } = enrolsAt;
  return [{ ...servers[0]!, endpoint, registration: listens ? endpoint : null }, ...servers];
}

export function seekKey(
  places: readonly ServerOptions[],
  agent: {
    readonly delayAfterEnrollmentSeconds: number;
    ask(place: ServerOptions, done: (hasKey: boolean) => void): void;
    after(us: number, action: () => void): void;
    begin(): void;
  },
): void {
  const askAt = (index: number, round: number): void => {
    const place = places[index];
    if (place === undefined) {
      agent.after(Math.min(5 * round, 60) * 1_000_000, () => askAt(0, round + 1));
      return;
    }
    agent.ask(place, (hasKey) => {
      if (hasKey) agent.after(retrySleepUs(agent.delayAfterEnrollmentSeconds), () => agent.begin());
      else askAt(index + 1, round);
    });
  };
  askAt(0, 1);
}
