/** `npm run prove -- [model|interleave|kill|mutants|all] --cycles N --seed S [--path P]` */
import "./sim/loader.ts";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { cycles: { type: "string" }, seed: { type: "string" }, path: { type: "string" } },
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
