/** Spoilt answers of every processor that has a simulator, by the hundred thousand. */
import { proveMutations } from "../../../test/connectors/mutation-proof.ts";
import { mutationSuites } from "../../../test/connectors/mutation-suites.ts";

/** Throws with the counterexample. `cycles`: mutations in all, of each processor. */
export async function proveConnectors({
  cycles,
  seed,
}: {
  cycles: number;
  seed: number;
}): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const suite of mutationSuites)
    counts[suite.connector.name] = await proveMutations(suite, { numRuns: cycles, seed });
  return counts;
}
