/** Creates with ten rules, three accounts and bestRate against creates with one account and nothing to decide. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildWorker } from "../harness/build.ts";
import { drained, type Product, startProduct, warmUp } from "../harness/product.ts";
import { readProject } from "../harness/project.ts";
import { runRounds, type Slice } from "../harness/rounds.ts";
import { closedSlice } from "../harness/slice.ts";
import { makeRandom, quantile, ratios } from "../harness/statistics.ts";
import { tenRules } from "./decision-cost.ts";

const ROUNDS = 12;
const CONNECTIONS = 16;
/** The same number of creates in each slice, so that fixed costs weigh alike. */
const CREATES = 1_500;
/** What deciding may add to a create. */
const BUDGET = 0.1;

/** Prints the medians and their ratio, by round. Fails the process where the budget is exceeded. */
export async function measureCreates(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "switchyard-routing-"));
  const project = readProject();
  const code = buildWorker(join(directory, "build"));
  const products: Product[] = [];
  try {
    for (const name of ["one", "ten"])
      products.push(await startProduct({ directory: join(directory, name), code, project }));
    const [one, ten] = products;
    if (one === undefined || ten === undefined) return;
    await configure(ten);
    for (const product of products) {
      await warmUp(product.creates);
      await drained(product);
    }
    const slices = await runRounds([stage("one account", one), stage("ten rules, bestRate", ten)], {
      rounds: ROUNDS,
      random: makeRandom(1),
      report: console.log,
    });
    judge(slices.get("one account") ?? [], slices.get("ten rules, bestRate") ?? []);
  } finally {
    for (const { server } of products) await server.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

function stage(name: string, product: Product) {
  const { server, creates: target } = product;
  const settle = () => drained(product);
  return {
    name,
    run: () => closedSlice({ server, target, settle, connections: CONNECTIONS, forMs: 60_000, limit: CREATES }),
  };
}

async function configure({ server, keys }: Product): Promise<void> {
  const call = async (method: string, path: string, body: unknown) => {
    const headers = { authorization: `Bearer ${keys[0]}`, "content-type": "application/json" };
    const url = `http://127.0.0.1:${server.port}${path}`;
    const response = await fetch(url, { method, headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
  };
  for (const label of ["b", "c"]) await call("POST", "/api/connectors", { connector: "sandbox", label });
  await call("PUT", "/api/routing", tenRules(["sandbox", "b", "c"]));
}

function judge(one: readonly Slice[], ten: readonly Slice[]): void {
  const median = (values: number[]) =>
    quantile(
      values.toSorted((a, b) => a - b),
      0.5,
    );
  const of = (slices: readonly Slice[], figure: "cpuUs" | "p50") => slices.map((slice) => slice[figure]);
  const cpu = median(ratios(of(ten, "cpuUs"), of(one, "cpuUs")));
  const p50 = median(ratios(of(ten, "p50"), of(one, "p50")));
  const percent = (ratio: number) => `${((ratio - 1) * 100).toFixed(1)} %`;
  console.log(
    `create with ten rules, three accounts and bestRate: ${percent(cpu)} more CPU, ${percent(p50)} more latency`,
  );
  console.log(
    `(median of ${ROUNDS} paired rounds; CPU ${median(of(one, "cpuUs")).toFixed(0)} → ${median(of(ten, "cpuUs")).toFixed(0)} µs)`,
  );
  if (cpu > 1 + BUDGET) process.exitCode = 1;
}
