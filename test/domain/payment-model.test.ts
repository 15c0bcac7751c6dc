/** The small sizes of `npm run prove`, in processes of their own: they change globals that the test runner needs. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkPatches } from "../../bench/prove/mutants/run-mutants.ts";

const ROOT = join(import.meta.dirname, "../..");
const OWN_NODE = join(ROOT, "node_modules/.bin/node");
const NODE = existsSync(OWN_NODE) ? OWN_NODE : process.execPath;

interface Proof {
  runs: number;
  violations: string[];
  exhausted?: number;
  acknowledged?: number;
}

function prove(...args: string[]): Promise<Proof> {
  const argv = ["--disable-warning=ExperimentalWarning", "bench/prove/main.ts", ...args];
  return new Promise((resolve, reject) => {
    execFile(NODE, argv, { cwd: ROOT, maxBuffer: 2 ** 26 }, (_, stdout, stderr) => {
      const line = stdout.split("\n").findLast((each) => each.startsWith("{"));
      if (line === undefined) reject(new Error(stderr));
      else {
        // A failure's trace and how to repeat it.
        if (stderr !== "") console.error(stderr.slice(-8_000));
        resolve(JSON.parse(line) as Proof);
      }
    });
  });
}

test("300 drawn sequences, and every one that ever failed, end as the model says", { timeout: 60_000 }, async () => {
  const { runs, violations } = await prove("model", "--cycles", "300", "--seed", "1");
  expect(violations).toEqual([]);
  expect(runs).toBe(300);
});

test(
  "operations at the same time on an authorised payment keep the invariants in whatever order",
  { timeout: 60_000 },
  async () => {
    const { runs, violations } = await prove(
      "interleave",
      "--cycles",
      "1",
      "--seed",
      "1",
      "--only",
      "authorised: capture + c",
    );
    expect(violations).toEqual([]);
    expect(runs).toBeGreaterThan(100);
  },
);

test(
  "workerd killed under load loses nothing, does nothing twice, and finishes by its alarms",
  { timeout: 120_000 },
  async () => {
    const { runs, violations, acknowledged } = await prove("kill", "--cycles", "6", "--seed", "1");
    expect(violations).toEqual([]);
    expect(runs).toBe(6);
    expect(acknowledged).toBeGreaterThan(0);
  },
);

test("every seeded bug still applies to the source as it is", () => {
  expect(() => checkPatches()).not.toThrow();
});
