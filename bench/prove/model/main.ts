/** Draws sequences until one fails or the budget is used up. Run by `npm run prove -- model`. */
import fc from "fast-check";
import { runSequence } from "./run-sequence.ts";
import { type Sequence, sequences } from "./sequence.ts";

export interface ModelOptions {
  cycles: number;
  seed: number;
  /** fast-check's own path to a counterexample, to run it again. */
  path?: string | undefined;
}

export interface ModelResult {
  sequences: number;
  turns: number;
  crashes: number;
  seconds: number;
  failure: { seed: number; path: string; violations: string[]; sequence: Sequence; trace: string[] } | null;
}

export async function proveModel({ cycles, seed, path }: ModelOptions): Promise<ModelResult> {
  const started = performance.now();
  const count = { sequences: 0, turns: 0, crashes: 0 };
  const property = fc.asyncProperty(sequences, async (sequence) => {
    const { violations, steps, crashes } = await runSequence(sequence);
    count.sequences++;
    count.turns += steps;
    count.crashes += crashes;
    if (count.sequences % 20_000 === 0) console.log(`${count.sequences} sequences`);
    if (violations.length > 0) throw new Error(violations.join("\n"));
  });
  const parameters = { seed, numRuns: cycles, ...(path === undefined ? {} : { path }) };
  const details = await fc.check(property, parameters);
  const seconds = (performance.now() - started) / 1000;
  if (!details.failed) return { ...count, seconds, failure: null };
  const [sequence] = details.counterexample as [Sequence];
  const { violations, trace } = await runSequence(sequence, { traced: true });
  return { ...count, seconds, failure: { seed: details.seed, path: details.counterexamplePath ?? "", violations, sequence, trace } };
}
