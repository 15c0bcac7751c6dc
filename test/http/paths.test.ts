import { expect, test } from "vitest";
import { writePath } from "../../src/http/paths.ts";

test("a place is named by members and positions, and a name that is no plain word is quoted", () => {
  const cases: [PropertyKey[], string][] = [
    [[], ""],
    [["amount"], "amount"],
    [["cartItems", 0, "quantity"], "cartItems[0].quantity"],
    [[0, "a"], "[0].a"],
    [["metadata", "order id"], 'metadata["order id"]'],
    [["metadata", "a.b"], 'metadata["a.b"]'],
    [["metadata", '"'], 'metadata["\\""]'],
    [["metadata", "größe-2"], "metadata.größe-2"],
    [["metadata", ""], 'metadata[""]'],
  ];
  for (const [segments, path] of cases) expect(writePath(segments)).toBe(path);
});

test("a name that holds a card number, is long, or cannot be printed is masked", () => {
  for (const name of [
    "4242424242424242",
    "c 4242-4242-4242-4242",
    "x".repeat(65),
    "a\u0000",
    "a\n",
    "\ud800",
    "a\u202eb",
  ]) {
    expect(writePath(["metadata", name])).toBe("metadata.[masked]");
    expect(writePath([name])).toBe("[masked]");
  }
});
