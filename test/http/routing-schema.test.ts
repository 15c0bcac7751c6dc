import { expect, test } from "vitest";
import { readConfig } from "../../src/domain/routing/read-config.ts";
import { routingConfig } from "../../src/http/schemas/routing.ts";

const WELL_FORMED: unknown[] = [
  {},
  { rules: [], default: { priority: ["a"] }, retry: { maxAttempts: 3 } },
  { rules: [{ use: { split: [{ connector: "a", weight: 0.5 }] } }] },
  {
    rules: [
      {
        name: "n",
        when: { not: { any: [{}, { all: [{ field: "amount", op: "gt", value: 1 }] }] } },
        use: { priority: ["a"] },
      },
    ],
  },
  {
    rules: [
      { when: { field: "currency", op: "in", value: ["gbp", "usd"] }, use: { bestRate: { connectors: ["a", "b"] } } },
    ],
  },
];

const MALFORMED: unknown[] = [
  null,
  [],
  { rule: [] },
  { rules: {} },
  { rules: [{}] },
  { rules: [{ use: {} }] },
  { rules: [{ use: { priority: ["a"], split: [{ connector: "a", weight: 1 }] } }] },
  { rules: [{ use: { priority: [] } }] },
  { rules: [{ name: "", use: { priority: ["a"] } }] },
  { rules: [{ when: { all: [] }, use: { priority: ["a"] } }] },
  { rules: [{ when: { all: [{}], any: [{}] }, use: { priority: ["a"] } }] },
  { rules: [{ when: { field: "amount", op: "gt" }, use: { priority: ["a"] } }] },
  { rules: [{ when: { field: "amount", op: "over", value: 1 }, use: { priority: ["a"] } }] },
  { default: { split: [{ connector: "a", weight: -1 }] } },
  { default: { bestRate: { connectors: ["a"], explore: 1.5 } } },
  { retry: { maxAttempts: 0 } },
  { retry: { maxAttempts: 11 } },
];

test("the published schema and the reader that judges agree on what is well formed", () => {
  for (const config of WELL_FORMED) {
    expect([config, readConfig(config).issues, routingConfig.safeParse(config).success]).toEqual([config, [], true]);
  }
  for (const config of MALFORMED) {
    const isRefused = readConfig(config).issues.length > 0;
    expect([config, isRefused, routingConfig.safeParse(config).success]).toEqual([config, true, false]);
  }
});
