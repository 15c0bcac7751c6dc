/** Draws sequences until one fails or the budget is used up. Run by `npm run prove -- model`. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { runSequence } from "./run-sequence.ts";
import { type Sequence, sequences } from "./sequence.ts";

export interface ModelOptions {
  cycles: number;
  seed: number;
  /** fast-check's own path to a counterexample, to run it again. */
  path?: string | undefined;
  /** Without the sequences that failed once, and without looking for the smallest that fails. */
  isFresh?: boolean;
}

export interface ModelResult {
  sequences: number;
  turns: number;
  crashes: number;
  seconds: number;
  failure: { seed: number; path: string; violations: string[]; trace: string[] } | null;
}

/** Sequences that once failed: each must pass for ever. Violations, by file. */
export async function replayFound(): Promise<Record<string, string[]>> {
  const directory = join(import.meta.dirname, "found");
  const failed: Record<string, string[]> = {};
  for (const file of readdirSync(directory)) {
    const { sequence } = JSON.parse(readFileSync(join(directory, file), "utf8")) as { sequence: Sequence };
    const { violations } = await runSequence(sequence);
    if (violations.length > 0) failed[file] = violations;
  }
  return failed;
}

export async function proveModel({ cycles, seed, path, isFresh = false }: ModelOptions): Promise<ModelResult> {
  const started = performance.now();
  const [old] = isFresh ? [] : Object.entries(await replayFound());
  if (old !== undefined) {
    const failure = { seed, path: "", violations: old[1].map((violation) => `${old[0]}: ${violation}`), trace: [] };
    return { sequences: 1, turns: 0, crashes: 0, seconds: 0, failure };
  }
  const count = { sequences: 0, turns: 0, crashes: 0 };
  const property = fc.asyncProperty(sequences, async (sequence) => {
    const { violations, steps, crashes } = await runSequence(sequence);
    count.sequences++;
    count.turns += steps;
    count.crashes += crashes;
    if (count.sequences % 20_000 === 0) console.error(`${count.sequences} sequences`);
    if (violations.length > 0) throw new Error(violations.join("\n"));
  });
  const parameters = { seed, numRuns: cycles, endOnFailure: isFresh, ...(path === undefined ? {} : { path }) };
  const details = await fc.check(property, parameters);
  const seconds = (performance.now() - started) / 1000;
  if (!details.failed) return { ...count, seconds, failure: null };
  const [sequence] = details.counterexample as [Sequence];
  const { violations, trace } = await runSequence(sequence, { traced: true });
  return {
    ...count,
    seconds,
    failure: {
      seed: details.seed,
      path: details.counterexamplePath ?? "",
      violations,
      trace: [...trace, JSON.stringify(sequence)],
    },
  };
}
