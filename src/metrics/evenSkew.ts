// How uneven the load is where a perfect hash spreads it: not even, since chance puts more agents on one node than on another.

/**
 * Up to so many agents a node, on so many nodes, the exact distribution is summed up; beyond that the normal one is taken, which is
 * off by less than a hundredth where the nodes are few (where they are many it errs towards too even).
 */
const exactUpTo = { agentsPerNode: 40, nodes: 12 };

/**
 * Expected largest number of agents on a node over the mean, for agents that are each put on one of the nodes, every node as likely.
 * A number of nodes between two whole ones (a mean over time) lies between theirs. `null` without an agent or a node.
 */
export function evenSkew(agents: number, nodes: number): number | null {
  const whole = Math.round(agents);
  if (whole < 1 || nodes < 1) return null;
  const low = Math.floor(nodes);
  const at = (count: number): number =>
    count === 1 ? 1 : isSmall(whole, count) ? exactSkew(whole, count) : normalSkew(whole, count);
  return nodes === low ? at(low) : at(low) + (nodes - low) * (at(low + 1) - at(low));
}

function isSmall(agents: number, nodes: number): boolean {
  return nodes <= exactUpTo.nodes && agents <= exactUpTo.agentsPerNode * nodes;
}

/**
 * P(all nodes ≤ k) is the chance that Poisson numbers which are cut off at k add up to all agents, over the chance that whole ones do:
 * B. Levin, "A Representation for Multinomial Cumulative Distribution Functions", Annals of Statistics 9 (1981).
 */
export function exactSkew(agents: number, nodes: number): number {
  const mean = agents / nodes;
  const poisson = new Float64Array(agents + 1);
  poisson[0] = Math.exp(-mean);
  for (let count = 1; count <= agents; count++) poisson[count] = (poisson[count - 1]! * mean) / count;
  const sumUpTo = (most: number): number => {
    let sums = new Float64Array(agents + 1);
    sums[0] = 1;
    for (let node = 0; node < nodes; node++) {
      const next = new Float64Array(agents + 1);
      for (let sum = 0; sum <= agents; sum++) {
        if (sums[sum] === 0) continue;
        const end = Math.min(most, agents - sum);
        for (let count = 0; count <= end; count++) next[sum + count]! += sums[sum]! * poisson[count]!;
      }
      sums = next;
    }
    return sums[agents]!;
  };
  const all = sumUpTo(agents);
  // The mean of a whole number is the sum of the chances that it is above 0, 1, 2 …
  let expected = 0;
  for (let most = 0; most < agents; most++) {
    const above = most * nodes < agents ? 1 : 1 - sumUpTo(most) / all;
    expected += above;
    if (above < 1e-9) break;
  }
  return expected / mean;
}

/**
 * For many agents a node: their numbers are as normal ones that are drawn alone and lose their common mean, with a variance of
 * agents ÷ nodes; the mean has no part in which of them is largest.
 */
export function normalSkew(agents: number, nodes: number): number {
  return 1 + Math.sqrt(nodes / agents) * largestOfNormals(nodes);
}

/**
 * Expected largest of so many standard normal numbers (H. L. Harter, "Expected Values of Normal Order Statistics", Biometrika 48,
 * 1961), by Simpson's rule.
 */
export function largestOfNormals(count: number): number {
  const [end, parts] = [9, 900];
  const width = end / parts;
  const at = (x: number): number => 1 - below(x) ** count - (1 - below(x)) ** count;
  let sum = at(0) + at(end);
  for (let part = 1; part < parts; part++) sum += (part % 2 === 1 ? 4 : 2) * at(part * width);
  return (sum * width) / 3;
}

/** Chance of a standard normal number to be below x ≥ 0: the series of G. Marsaglia, "Evaluating the Normal Distribution", 2004. */
function below(x: number): number {
  if (x > 8) return 1;
  let term = x;
  let sum = x;
  for (let odd = 3; term > sum * 1e-17; odd += 2) {
    term *= (x * x) / odd;
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
}
