/**
 * `npm run prove -- [model|interleave|kill|mutants|connectors|all] --cycles N --seed S`
 *
 * Each prints its numbers as one line of JSON, and of a failure the seed and path that replay it: `--path P` for the
 * model, `--only NAME` for interleavings and mutants. `--fresh` leaves out what failed before. `--record` keeps the result for docs/reliability.md.
 */
import "./sim/loader.ts";
import { parseArgs } from "node:util";
import type { Outcome } from "./report.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    cycles: { type: "string" },
    seed: { type: "string" },
    path: { type: "string" },
    only: { type: "string" },
    quiet: { type: "boolean" },
    fresh: { type: "boolean" },
    record: { type: "boolean" },
  },
});
// So that what was started is ended, too.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));

const proofs: Record<string, (cycles: number | undefined) => Promise<Outcome>> = {
  async model(cycles = 10_000) {
    const { proveModel } = await import("./model/main.ts");
    const { failure, ...counts } = await proveModel({
      cycles,
      seed,
      path: values.path,
      isFresh: values.fresh === true,
    });
    explain(failure?.trace, `npm run prove -- model --seed ${seed} --path ${failure?.path}`);
    return { runs: counts.sequences, counts, violations: failure?.violations ?? [] };
  },
  async interleave(cycles = 20) {
    const { proveInterleavings } = await import("./interleave/main.ts");
    const { failure, ...counts } = await proveInterleavings({
      draws: cycles,
      orders: cycles * 10,
      seed,
      only: values.only,
    });
    explain(failure?.trace, `npm run prove -- interleave --seed ${seed} --only "${failure?.scenario}"`);
    return { runs: counts.schedules, counts, violations: failure?.violations ?? [] };
  },
  async kill(cycles = 100) {
    const { proveKill } = await import("./kill/main.ts");
    const { violations, ...counts } = await proveKill({ cycles, seed });
    return { runs: counts.kills, counts, violations };
  },
  async connectors(cycles = 100_000) {
    const { proveConnectors } = await import("./connectors/main.ts");
    return proveConnectors({ cycles, seed });
  },
  async mutants() {
    const { proveMutants } = await import("./mutants/run-mutants.ts");
    const verdicts = await proveMutants(seed, values.only);
    const survivors = verdicts.filter(({ caughtBy }) => caughtBy === null);
    const violations = survivors.map(({ name }) => `the mutant ${name} survived`);
    return {
      runs: verdicts.length,
      counts: { mutants: verdicts.length, caught: verdicts.length - survivors.length },
      violations,
      verdicts,
    };
  },
};

function explain(trace: readonly string[] | undefined, again: string): void {
  if (trace === undefined || values.quiet === true) return;
  console.error(trace.join("\n"));
  console.error(`again with: ${again}`);
}

const wanted = positionals[0] ?? "all";
if (wanted === "report") {
  const { writeReportFile } = await import("./report.ts");
  writeReportFile();
  process.exit();
}
const names = wanted === "all" ? Object.keys(proofs) : [wanted];
for (const name of names) {
  const prove = proofs[name];
  if (prove === undefined) throw new Error(`there is no proof called ${name}`);
  const cycles = values.cycles === undefined ? undefined : Number(values.cycles);
  const outcome = await prove(cycles);
  for (const violation of outcome.violations.slice(0, 20)) console.error(violation);
  console.log(
    JSON.stringify({
      proof: name,
      seed,
      runs: outcome.runs,
      ...outcome.counts,
      violations: outcome.violations.slice(0, 20),
    }),
  );
  if (outcome.violations.length > 0) process.exitCode = 1;
  if (values.record === true) {
    const { record } = await import("./report.ts");
    record(name, { seed, cycles }, outcome);
  }
}
// A killed server's sockets may keep the process waiting.
process.exit();
