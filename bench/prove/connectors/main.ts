/** Spoilt answers of every processor that has a simulator, by the hundred thousand. */
import { proveMutations } from "../../../test/connectors/mutation-proof.ts";
import { mutationSuites } from "../../../test/connectors/mutation-suites.ts";

/** `cycles`: spoilt answers of each processor. A violation names its seed and the answer. */
export async function proveConnectors({ cycles, seed }: { cycles: number; seed: number }) {
  const counts: Record<string, number> = {};
  const violations: string[] = [];
  for (const suite of mutationSuites) {
    const { name } = suite.connector;
    try {
      counts[name] = await proveMutations(suite, { numRuns: cycles, seed });
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : "";
      violations.push(`${name}: ${cause}\n${String(error)}`);
    }
  }
  return { runs: Object.values(counts).reduce((sum, count) => sum + count, 0), counts, violations };
}
