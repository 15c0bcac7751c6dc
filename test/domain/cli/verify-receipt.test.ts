import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { writeSimulation } from "../../../src/domain/routing/receipt.ts";
import { plan } from "../routing/builders.ts";

const CONFIG = {
  default: {
    split: [
      { connector: "a", weight: 1 },
      { connector: "b", weight: 2 },
    ],
  },
};
const RECEIPT = writeSimulation({ id: "pay_1", connector: null }, plan(CONFIG), CONFIG);

function verify(input: string) {
  return spawnSync(process.execPath, ["src/cli/verify-receipt.ts", "-"], { input, encoding: "utf8" });
}

test("a receipt that was not touched comes out equal", () => {
  const { status, stdout } = verify(JSON.stringify(RECEIPT));
  expect([status, stdout]).toEqual([0, "equal: pay_1, 1 attempt(s)\n"]);
});

test("a receipt with another order does not, and it says where", () => {
  const moved = structuredClone(RECEIPT);
  moved.attempts[0]?.candidates.reverse();
  const { status, stdout } = verify(JSON.stringify(moved));
  expect(status).toBe(1);
  expect(stdout).toContain("not equal: attempts[0].candidates");
});

test("a receipt under another configuration does not", () => {
  const other = { ...structuredClone(RECEIPT), config: { default: { priority: ["c"] } } };
  expect(verify(JSON.stringify(other)).status).toBe(1);
});

test("what is no receipt is told apart from one that differs", () => {
  expect([verify("{}").status, verify("nonsense").status]).toEqual([2, 2]);
});
