/** Each mutant in a copy of its own, put before one harness after the other until one of them objects. */
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Mutant, mutants } from "./mutants.ts";

const ROOT = join(import.meta.dirname, "../../..");

export interface Verdict {
  name: string;
  why: string;
  /** Null: it survived. */
  caughtBy: "model" | "interleave" | "kill" | null;
  /** Runs of that harness until it objected. */
  after: number;
  violation: string;
}

/** In the order of their price. */
const HARNESSES = [
  { name: "model", cycles: 6_000 },
  { name: "interleave", cycles: 3 },
  { name: "kill", cycles: 12 },
] as const;

export async function proveMutants(seed: number, only = ""): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const mutant of mutants.filter(({ name }) => name.includes(only))) {
    const verdict = await judge(mutant, seed);
    console.log(
      `${verdict.caughtBy ?? "SURVIVED"}\t${mutant.name}\tafter ${verdict.after}\t${verdict.violation.slice(0, 140)}`,
    );
    verdicts.push(verdict);
  }
  return verdicts;
}

async function judge(mutant: Mutant, seed: number): Promise<Verdict> {
  const directory = makeCopy(mutant);
  try {
    for (const { name, cycles } of HARNESSES) {
      const { runs, violations } = await run(directory, [name, "--cycles", String(cycles), "--seed", String(seed)]);
      const [violation] = violations;
      if (violation !== undefined)
        return { name: mutant.name, why: mutant.why, caughtBy: name, after: runs, violation };
    }
    return { name: mutant.name, why: mutant.why, caughtBy: null, after: 0, violation: "" };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Throws where a patch does not apply to exactly one place: such a mutant would prove nothing. */
function makeCopy({ name, patches }: Mutant): string {
  const directory = mkdtempSync(join(tmpdir(), "switchyard-mutant-"));
  for (const part of ["src", "migrations", "bench/prove", "wrangler.toml", "package.json"]) {
    mkdirSync(join(directory, part, ".."), { recursive: true });
    cpSync(join(ROOT, part), join(directory, part), { recursive: true });
  }
  symlinkSync(join(ROOT, "node_modules"), join(directory, "node_modules"));
  for (const { file, find, replace } of patches) {
    const path = join(directory, file);
    const parts = readFileSync(path, "utf8").split(find);
    if (parts.length !== 2) throw new Error(`${name}: its patch of ${file} applies to ${parts.length - 1} places`);
    writeFileSync(path, parts.join(replace));
  }
  return directory;
}

/** Every patch applies to the source as it is: cheap, for every test run. */
export function checkPatches(): void {
  for (const { name, patches } of mutants) {
    for (const { file, find } of patches) {
      const count = readFileSync(join(ROOT, file), "utf8").split(find).length - 1;
      if (count !== 1) throw new Error(`${name}: its patch of ${file} applies to ${count} places`);
    }
  }
}

function run(directory: string, args: string[]): Promise<{ runs: number; violations: string[] }> {
  const argv = ["--disable-warning=ExperimentalWarning", "bench/prove/main.ts", ...args, "--quiet", "--fresh"];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, argv, { cwd: directory, timeout: 600_000, maxBuffer: 2 ** 26 }, (_, stdout, stderr) => {
      const line = stdout.split("\n").findLast((each) => each.startsWith("{"));
      // A harness that does not run at all has caught nothing.
      if (line === undefined) reject(new Error(`${args.join(" ")} did not run:\n${stderr.slice(-2_000)}`));
      else resolve(JSON.parse(line) as { runs: number; violations: string[] });
    });
  });
}
