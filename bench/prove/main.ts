/** `npm run prove -- [model|interleave|kill|mutants|connectors|all] --cycles N --seed S [--path P]` */
import "./sim/loader.ts";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { cycles: { type: "string" }, seed: { type: "string" }, path: { type: "string" }, only: { type: "string" } },
});
const what = positionals[0] ?? "all";
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const cycles = (usual: number) => Number(values.cycles ?? usual);

if (what === "model") {
  const { proveModel } = await import("./model/main.ts");
  const result = await proveModel({ cycles: cycles(10_000), seed, path: values.path });
  if (result.failure !== null) {
    const { failure } = result;
    console.error(failure.trace.join("\n"));
    console.error(JSON.stringify(failure.sequence));
    console.error(failure.violations.join("\n"));
    console.error(`again with: npm run prove -- model --seed ${failure.seed} --path ${failure.path}`);
    process.exitCode = 1;
  }
  const { failure: _, ...counts } = result;
  console.log(JSON.stringify({ ...counts, seed, perSecond: Math.round(result.sequences / result.seconds) }));
}

if (what === "interleave") {
  const { proveInterleavings } = await import("./interleave/main.ts");
  const draws = cycles(20);
  const result = await proveInterleavings({ draws, orders: draws * 10, seed, only: values.only });
  const { failure, ...counts } = result;
  if (failure !== null) {
    console.error(failure.trace.join("\n"));
    console.error(`${failure.scenario}\n${failure.violations.join("\n")}`);
    console.error(`again with: npm run prove -- interleave --only "${failure.scenario}" --seed ${failure.seed ?? seed}`);
    process.exitCode = 1;
  }
  console.log(JSON.stringify({ ...counts, seed }));
}

if (what === "kill") {
  const { proveKill } = await import("./kill/main.ts");
  const { violations, ...counts } = await proveKill({ cycles: cycles(100), seed });
  for (const violation of violations.slice(0, 50)) console.error(violation);
  console.log(JSON.stringify({ ...counts, violations: violations.length, seed }));
  if (violations.length > 0) process.exitCode = 1;
}

if (what === "connectors") {
  const { proveConnectors } = await import("./connectors/main.ts");
  console.log(JSON.stringify({ ...(await proveConnectors({ cycles: cycles(100_000), seed })), seed }));
}
