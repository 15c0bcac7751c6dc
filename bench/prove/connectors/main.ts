/** Spoilt answers of every processor that has scenarios, by the hundred thousand. */
import { type MutationSuite, proveMutations } from "../../../test/connectors/mutation-proof.ts";
import { stripeScenarios } from "../../../test/connectors/stripe-scenarios.ts";

const SUITES: readonly MutationSuite[] = [stripeScenarios];

/** Throws with the counterexample. `cycles`: mutations in all, of each processor. */
export async function proveConnectors({
  cycles,
  seed,
}: {
  cycles: number;
  seed: number;
}): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const suite of SUITES) counts[suite.connector.name] = await proveMutations(suite, { numRuns: cycles, seed });
  return counts;
}
