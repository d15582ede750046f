// An address that moves between balancers of the same mode.
import { listensOn } from '../../models/balancer/options.ts';
import { vipDefaults, type VipListenerOptions } from '../../models/balancer/vip/options.ts';
import type { BalancerData } from '../schema.ts';
import { listNames, pathText, quote, type Path } from '../wording.ts';
import type { Balancer, BalancerFile } from './balancers.ts';
import type { Build } from './context.ts';

/** @param others the balancers of the mode that are no such addresses. @returns `null` where there were problems; they have been reported. */
export function readVip(
  build: Build,
  data: NonNullable<BalancerData['vip']>,
  others: readonly Balancer[],
  path: Path,
): BalancerFile | null {
  const before = build.problemCount;
  const members = data.of.flatMap((name, index) => {
    const member = others.find(({ options }) => options.name === name);
    if (data.of.indexOf(name) < index) build.fail([...path, 'of', index], `${name} is in the list twice.`);
    if (member) return [member];
    const known = listNames(others.map(({ options }) => options.name));
    build.fail([...path, 'of', index], `no balancer of this mode is called ${quote(name)}. Known: ${known}.`);
    return [];
  });
  const [first] = members;
  if (!first || build.problemCount > before) return null;
  const listeners = first.listeners.flatMap((facts): VipListenerOptions[] => {
    const { port, datagrams } = facts.options;
    if (datagrams) return []; // not modelled

    const listenerOf = members.map((member) => member.listeners.findIndex(({ options }) => listensOn(options, port)));
    const lacks = members.find((_, index) => listenerOf[index]! < 0);
    if (!lacks) return [{ facts, listenerOf }];
    build.fail(
      [...path, 'of'],
      `${lacks.options.name} does not listen on port ${port}, and ${first.options.name} does. Let both listen there.`,
    );
    return [];
  });
  if (build.problemCount > before) return null;
  const { takeover = vipDefaults.takeoverUs, returns = vipDefaults.returns, follows = vipDefaults.follows } = data;
  const product = {
    kind: 'vip',
    vip: { of: members.map(({ index }) => index), listeners, takeoverUs: takeover, returns, follows },
  } as const;
  return {
    product,
    choosesByAddress: members.some(({ file }) => file.choosesByAddress),
    idleDirective: first.file.idleDirective,
    listenPosition: (index) => first.file.listenPosition(index),
    peerPosition: (index, text) => first.file.peerPosition(index, text),
    problemsOf: () => [],
    remarksOf: () => [
      ...(data.takeover === undefined ? ['A moving address is taken over after 3.6 s (takeover).'] : []),
      ...(data.follows === undefined
        ? ['A moving address leaves a balancer whose processes are gone, as with track_process (follows).']
        : []),
    ],
    describe: (index) => `${first.file.describe(index)} behind a moving address`,
    reread(_text, at) {
      build.fail(at, `${pathText(at)}: a moving address has no file to read anew.`);
      return null;
    },
    arranged: () => product,
  };
}
