/** `npm run bench -- [--rounds N] [--soak N] [--rows N] [--seed N] [--only STAGE,STAGE]`: writes docs/benchmarks.md. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg, release, type } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ROOT, WORKERD } from "./harness/paths.ts";
import { Lab } from "./lab.ts";
import { type Setting, writeDocument } from "./report/document.ts";
import { exactTargets } from "./report/exact-targets.ts";
import type { Figures } from "./report/figures.ts";
import { pairedTargets } from "./report/paired-targets.ts";
import { costPlot, latencyPlot } from "./report/plots.ts";
import { targetTable } from "./report/table.ts";
import { measureExact } from "./stages/exact.ts";
import { measureLists } from "./stages/lists.ts";
import { measureOpenLoop } from "./stages/open-loop.ts";
import { measureRates } from "./stages/rates.ts";
import { measureSoak } from "./stages/soak.ts";
import { measureStartUp } from "./stages/start-up.ts";

const STAGES = ["exact", "rates", "open", "lists", "start-up", "soak"] as const;

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    soak: { type: "string", default: "10000" },
    rows: { type: "string", default: "100000" },
    seed: { type: "string", default: "1" },
    only: { type: "string" },
  },
});
const wanted = new Set(values.only?.split(",") ?? STAGES);
const unknown = [...wanted].filter((name) => !STAGES.some((stage) => stage === name));
if (unknown.length > 0) throw new Error(`no stage ${unknown.join(", ")}; there are ${STAGES.join(", ")}`);

const load = loadavg()[0] ?? 0;
const lab = new Lab({ rounds: count("rounds"), seed: count("seed") });
try {
  const figures = await measure();
  const targets = [...pairedTargets(figures), ...(figures.exact === null ? [] : exactTargets(figures.exact))];
  console.log(targetTable(targets));
  if (values.only === undefined) save(figures, writeDocument(figures, targets, setting()));
} finally {
  await lab.close();
}

function measure(): Promise<Figures> {
  const stage = async <T>(name: (typeof STAGES)[number], run: () => Promise<T>): Promise<T | null> => {
    if (!wanted.has(name)) return null;
    lab.report(`stage ${name}`);
    return run();
  };
  return inTurn({
    exact: () => stage("exact", () => measureExact(lab)),
    rates: () => stage("rates", () => measureRates(lab)),
    open: () => stage("open", () => measureOpenLoop(lab)),
    lists: () => stage("lists", () => measureLists(lab, count("rows"))),
    startUp: () => stage("start-up", () => measureStartUp(lab)),
    soak: () => stage("soak", () => measureSoak(lab, count("soak"))),
  });
}

/** One after the other: two at once would measure each other. */
async function inTurn(stages: { [Name in keyof Figures]: () => Promise<Figures[Name]> }): Promise<Figures> {
  return {
    exact: await stages.exact(),
    rates: await stages.rates(),
    open: await stages.open(),
    lists: await stages.lists(),
    startUp: await stages.startUp(),
    soak: await stages.soak(),
  };
}

function count(name: "rounds" | "soak" | "rows" | "seed"): number {
  const number = Number(values[name]);
  if (!Number.isSafeInteger(number) || number < 1) throw new Error(`--${name} is a whole number above 0`);
  return number;
}

function save({ open, soak, lists }: Figures, document: string): void {
  const plots = join(ROOT, "docs/benchmarks");
  mkdirSync(plots, { recursive: true });
  if (open !== null) writeFileSync(join(plots, "latency.svg"), latencyPlot(open));
  if (soak !== null && lists !== null) writeFileSync(join(plots, "cost.svg"), costPlot(soak, lists));
  writeFileSync(join(ROOT, "docs/benchmarks.md"), document);
}

function setting(): Setting {
  const git = (...args: string[]) => execFileSync("git", args, { cwd: ROOT, encoding: "utf8" }).trim();
  const isChanged =
    git("status", "--porcelain", "--untracked-files=no", "--", "src", "wrangler.toml", "package-lock.json") !== "";
  const runtime = execFileSync(WORKERD, ["--version"], { encoding: "utf8" }).trim();
  const { version } = JSON.parse(readFileSync(join(ROOT, "node_modules/wrangler/package.json"), "utf8")) as {
    version: string;
  };
  const flags = process.argv.slice(2).join(" ");
  return {
    command: `npm run bench${flags === "" ? "" : ` -- ${flags}`}`,
    commit: `${git("rev-parse", "--short", "HEAD")}${isChanged ? " with changes" : ""}`,
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus().length} x ${cpus()[0]?.model ?? "CPU"}, ${type()} ${release().split("-")[0]}`,
    versions: `${runtime}, wrangler ${version}, Node ${process.versions.node}`,
    load,
    seconds: lab.seconds,
  };
}
