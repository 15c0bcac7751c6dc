import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Comparison, Condition, RoutingConfig } from "../../../src/domain/routing/config.ts";
import type { FieldValue } from "../../../src/domain/routing/fields.ts";
import { lintRouting } from "../../../src/domain/routing/lint.ts";
import { holds } from "../../../src/domain/routing/match.ts";
import { account } from "./builders.ts";

const ACCOUNTS = [
  account("a"),
  account("b"),
  account("euros", { currencies: ["eur"] }),
  account("off", { enabled: false }),
];

function problems(config: unknown): string[] {
  return lintRouting(config, ACCOUNTS).issues.map(({ path, message }) => `${path} ${message}`);
}

function paths(config: unknown): string[] {
  return lintRouting(config, ACCOUNTS).issues.map(({ path }) => path);
}

const EXAMPLE = {
  rules: [
    {
      name: "US cards",
      when: {
        all: [
          { field: "currency", op: "eq", value: "usd" },
          { field: "amount", op: "lt", value: 100000 },
        ],
      },
      use: { priority: ["a", "b"] },
    },
    {
      name: "half and half",
      when: {},
      use: {
        split: [
          { connector: "a", weight: 50 },
          { connector: "b", weight: 50 },
        ],
      },
    },
  ],
  default: { bestRate: { connectors: ["a", "b"], explore: 0.05 } },
  retry: { maxAttempts: 3 },
};

test("the documented example is clean, and is kept as it was written", () => {
  const { issues, config } = lintRouting(EXAMPLE, ACCOUNTS);
  expect(issues).toEqual([]);
  expect(config).toBe(EXAMPLE);
  expect(problems({})).toEqual([]);
});

test("every problem is told, each with its path", () => {
  const found = paths({
    rules: [
      { when: { all: [{}, { field: "currency", op: "like", value: "usd" }] }, use: { priority: ["a"] } },
      { when: { field: "card.colour", op: "eq", value: "red" }, use: {} },
      { when: { field: "amount", op: "lt", value: "10" }, use: { priority: [] } },
      { when: { field: "currency", op: "lt", value: "usd" }, use: { split: [{ connector: "a", weight: -1 }] } },
      { when: { field: "currency", op: "eq", value: "xxy" }, use: { priority: ["a"], split: [] }, colour: 1 },
      { when: { any: [] } },
    ],
    retry: { maxAttempts: 0 },
    default: { bestRate: { connectors: ["a"], explore: 2 } },
    extra: true,
  });
  expect(found).toEqual([
    "extra",
    "rules[0].when.all[1].op",
    "rules[1].when.field",
    "rules[1].use",
    "rules[2].when.value",
    "rules[2].use.priority",
    "rules[3].when.op",
    "rules[3].use.split[0].weight",
    "rules[4].colour",
    "rules[4].when.value",
    "rules[4].use",
    "rules[4].use.split",
    "rules[5].when.any",
    "rules[5].use",
    "default.bestRate.explore",
    "retry.maxAttempts",
  ]);
});

test("connectors that are unknown, disabled, named twice or without the capability are told", () => {
  const when = { field: "currency", op: "in", value: ["GBP", "usd"] };
  expect(problems({ rules: [{ when, use: { priority: ["gone", "off", "a", "ca_a", "euros"] } }] })).toEqual([
    "rules[0].use.priority[0] is no connector account of this merchant and mode",
    "rules[0].use.priority[1] is disabled",
    "rules[0].use.priority[3] is named twice",
    "rules[0].use.priority[4] cannot take any payment of this rule: its processor has no currency gbp, usd",
  ]);
});

test("weights that give nobody anything are told", () => {
  expect(
    paths({
      default: {
        split: [
          { connector: "a", weight: 0 },
          { connector: "b", weight: 0 },
        ],
      },
    }),
  ).toEqual(["default.split"]);
});

test("a rule behind one that always matches, or that covers it, is never reached", () => {
  const use = { priority: ["a"] };
  const below = (value: number) => ({ field: "amount", op: "lt", value });
  expect(
    paths({
      rules: [
        { when: {}, use },
        { when: below(10), use },
      ],
    }),
  ).toEqual(["rules[1].when"]);
  expect(
    problems({
      rules: [
        { when: below(100), use },
        { when: { all: [below(50)] }, use },
      ],
    })[0],
  ).toContain("rules[0]");
  expect(
    paths({
      rules: [
        { when: below(50), use },
        { when: below(100), use },
      ],
    }),
  ).toEqual([]);
});

test("a rule that those before it cover only together is never reached", () => {
  const use = { priority: ["a"] };
  const rules = [
    { when: { field: "amount", op: "lt", value: 100 }, use },
    { when: { not: { field: "amount", op: "lt", value: 100 } }, use },
    { when: { field: "currency", op: "eq", value: "gbp" }, use },
  ];
  expect(problems({ rules })[0]).toContain("the rules before it");
});

test("conditions that exclude each other can never match", () => {
  const when = {
    all: [
      { field: "currency", op: "eq", value: "gbp" },
      { field: "currency", op: "eq", value: "usd" },
    ],
  };
  expect(problems({ rules: [{ when, use: { priority: ["a"] } }] })[0]).toContain("can never match");
});

test("what is beyond the limits is told", () => {
  let when: object = { field: "amount", op: "gt", value: 1 };
  for (let depth = 0; depth < 8; depth++) when = { not: when };
  expect(problems({ rules: [{ when, use: { priority: ["a"] } }] })[0]).toContain("at most 8 deep");
  const rules = Array.from({ length: 101 }, () => ({ use: { priority: ["a"] } }));
  expect(paths({ rules })[0]).toBe("rules");
  expect(
    paths({ rules: [{ when: { field: "card.bin", op: "prefix", value: "42424242" }, use: { priority: ["a"] } }] }),
  ).toEqual(["rules[0].when.value"]);
});

test("a rule on a card's country is warned of, and refused for nothing", () => {
  const rules = [{ when: { field: "card.country", op: "eq", value: "US" }, use: { priority: ["a"] } }];
  const report = lintRouting({ rules }, ACCOUNTS);
  expect([report.issues, report.warnings.map(({ path }) => path)]).toEqual([[], ["rules[0].when"]]);
});

test("a document at every limit is judged in a moment", () => {
  const list = (field: string, n: number) => ({
    field,
    op: "in",
    value: Array.from({ length: 20 }, (_, m) => `${field}-${n}-${m}`),
  });
  const rules = Array.from({ length: 100 }, (_, n) => ({
    when: { all: [list("metadata.a", n), list("metadata.b", n), { field: "amount", op: "gt", value: n }] },
    use: { priority: ["a"] },
  }));
  const started = performance.now();
  expect(paths({ rules })).toEqual([]);
  expect(performance.now() - started).toBeLessThan(2_000);
});

/** Few values, so that conditions meet. */
const values: Record<string, readonly FieldValue[]> = {
  amount: [0, 9, 10, 11, 20],
  currency: ["gbp", "usd", "eur"],
  "card.brand": ["visa", "visa electron", "mastercard", undefined],
  "cart.type": [["TANGIBLE"], ["NON_TANGIBLE"], ["TANGIBLE", "NON_TANGIBLE"], undefined],
};
const comparison: fc.Arbitrary<Comparison> = fc.oneof(
  fc.record({
    field: fc.constant("amount"),
    op: fc.constantFrom("eq", "ne", "lt", "lte", "gt", "gte"),
    value: fc.constantFrom(9, 10, 20),
  }),
  fc.record({ field: fc.constant("currency"), op: fc.constantFrom("eq", "ne"), value: fc.constantFrom("gbp", "usd") }),
  fc.record({
    field: fc.constant("card.brand"),
    op: fc.constantFrom("eq", "ne", "prefix"),
    value: fc.constantFrom("visa", "Visa", "mastercard"),
  }),
  fc.record({
    field: fc.constant("cart.type"),
    op: fc.constantFrom("eq", "ne"),
    value: fc.constantFrom("TANGIBLE", "NON_TANGIBLE"),
  }),
) as fc.Arbitrary<Comparison>;
const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3 },
    comparison,
    fc.record({ all: fc.array(tie("condition"), { minLength: 1, maxLength: 3 }) }),
    fc.record({ any: fc.array(tie("condition"), { minLength: 1, maxLength: 3 }) }),
    fc.record({ not: tie("condition") }),
  ) as fc.Arbitrary<Condition>,
}));

test("no rule that a payment reaches is called unreachable, whatever the conditions", () => {
  const payment = fc.record(
    Object.fromEntries(Object.entries(values).map(([name, all]) => [name, fc.constantFrom(...all)])),
  ) as fc.Arbitrary<Record<string, FieldValue>>;
  fc.assert(
    fc.property(
      fc.array(condition, { minLength: 1, maxLength: 4 }),
      fc.array(payment, { minLength: 20, maxLength: 20 }),
      (whens, payments) => {
        const config: RoutingConfig = { rules: whens.map((when) => ({ when, use: { priority: ["a"] } })) };
        const flagged = new Set(paths(config));
        for (const said of payments) {
          const reached = whens.findIndex((when) => holds(when, (name) => said[name]));
          if (reached >= 0) expect(flagged).not.toContain(`rules[${reached}].when`);
        }
      },
    ),
    { numRuns: 300, seed: 1 },
  );
});
