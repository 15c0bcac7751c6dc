import { expect, test } from "vitest";
import type { RoutingConfig } from "../../../src/domain/routing/config.ts";
import { draw } from "../../../src/domain/routing/draw.ts";
import { account, labels, NOTHING_KNOWN, plan } from "./builders.ts";

const CONFIG: RoutingConfig = {
  rules: [
    {
      name: "US cards",
      when: {
        all: [
          { field: "currency", op: "eq", value: "USD" },
          { field: "amount", op: "lt", value: 100_000 },
        ],
      },
      use: { priority: ["b", "ca_c"] },
    },
  ],
  default: { priority: ["a"] },
  retry: { maxAttempts: 2 },
};

test("without a configuration, accounts are tried in the order of their creation", () => {
  const chosen = plan(null);
  expect(labels(chosen)).toEqual(["a", "b", "c"]);
  expect(chosen.trace).toBeUndefined();
});

test("a plan without a configuration is no larger than before there were any", () => {
  const { rule, candidates, excluded, maxAttempts } = plan(null);
  expect(JSON.stringify(plan(null))).toBe(JSON.stringify({ rule, candidates, excluded, maxAttempts }));
});

test("the first matching rule is used, by label or id and in any letter case, and the default's accounts follow", () => {
  const chosen = plan(CONFIG, { said: { currency: "usd" } });
  expect(labels(chosen)).toEqual(["b", "c", "a"]);
  expect(chosen).toMatchObject({ rule: "US cards", maxAttempts: 2, trace: { version: "rt_1", rule: 0 } });
  expect(chosen.trace?.fields).toEqual({ currency: "usd", amount: 1000 });
});

test("where no rule matches, the default is used", () => {
  expect(labels(plan(CONFIG))).toEqual(["a"]);
  expect(labels(plan(CONFIG, { said: { currency: "usd", amount: 100_000 } }))).toEqual(["a"]);
});

test("an account that cannot take the payment is left out, with the reason", () => {
  const accounts = [
    account("a", { currencies: ["eur"] }),
    account("b", { enabled: false }),
    account("c", { captureMethods: ["automatic"] }),
    account("d", { methods: ["wallet"] }),
    account("e", { zeroAmount: false, threeDs: false }),
    account("f"),
  ];
  const chosen = plan(null, { accounts, said: { captureMethod: "manual", authentication: { threeDs: "force" } } });
  expect(labels(chosen)).toEqual(["f"]);
  expect(chosen.excluded.map(({ label, reason }) => `${label}: ${reason}`)).toEqual([
    "a: no gbp",
    "b: disabled",
    "c: no manual capture",
    "d: no card",
    "e: no 3DS",
  ]);
});

test("a connector that a rule names and that is gone is left out by its name", () => {
  const chosen = plan({ default: { priority: ["gone", "a"] } });
  expect(labels(chosen)).toEqual(["a"]);
  expect(chosen.excluded).toEqual([{ label: "gone", reason: "unknown connector" }]);
});

test("a request that names its connector skips the rules, not eligibility", () => {
  expect(labels(plan(CONFIG, { said: { currency: "usd", connector: "a" } }))).toEqual(["a"]);
  const refused = plan(CONFIG, { said: { connector: "a" }, accounts: [account("a", { enabled: false })] });
  expect([labels(refused), refused.excluded[0]?.reason]).toEqual([[], "disabled"]);
});

test("a split shares payments by weight, and the same payment always draws the same", () => {
  const config: RoutingConfig = {
    default: {
      split: [
        { connector: "a", weight: 3 },
        { connector: "b", weight: 1 },
        { connector: "c", weight: 0 },
      ],
    },
  };
  const firsts = { a: 0, b: 0, c: 0 };
  for (let n = 0; n < 20_000; n++) firsts[labels(plan(config, { id: `pay_${n}` }))[0] as "a"] += 1;
  expect(firsts.c).toBe(0);
  expect(Math.abs(firsts.a / 20_000 - 0.75)).toBeLessThan(0.01);
  expect(plan(config, { id: "pay_7" })).toEqual(plan(config, { id: "pay_7" }));
  expect(plan(config).trace?.accounts.map(({ share }) => share)).toEqual([0.75, 0.25, undefined]);
});

test("a split among those who are left shares anew", () => {
  const config: RoutingConfig = {
    default: {
      split: [
        { connector: "a", weight: 90 },
        { connector: "b", weight: 5 },
        { connector: "c", weight: 5 },
      ],
    },
  };
  const accounts = [account("a", { enabled: false }), account("b"), account("c")];
  const firsts = Array.from({ length: 4000 }, (_, n) => labels(plan(config, { id: `pay_${n}`, accounts }))[0]);
  expect(Math.abs(firsts.filter((label) => label === "b").length / 4000 - 0.5)).toBeLessThan(0.03);
});

test("bestRate sends payments to the one that is expected to be best, and explores its share", () => {
  const config: RoutingConfig = { default: { bestRate: { connectors: ["a", "b", "c"], explore: 0.3 } } };
  const rates: Record<string, readonly [number, number]> = { ca_a: [70, 100], ca_b: [95, 100], ca_c: [85, 100] };
  const knowledge = {
    ...NOTHING_KNOWN,
    counts: (id: string, segments: readonly string[]) => segments.map(() => rates[id] ?? ([0, 0] as const)),
  };
  const firsts: Record<string, number> = {};
  for (let n = 0; n < 20_000; n++) {
    const [first = ""] = labels(plan(config, { id: `pay_${n}`, knowledge }));
    firsts[first] = (firsts[first] ?? 0) + 1;
  }
  expect(Math.abs((firsts["b"] ?? 0) / 20_000 - 0.8)).toBeLessThan(0.01);
  expect(Math.abs((firsts["a"] ?? 0) / 20_000 - 0.1)).toBeLessThan(0.01);
  expect(plan(config, { knowledge }).trace?.accounts.map(({ share }) => share)).toEqual([0.1, 0.8, 0.1]);
});

test("an open circuit is passed over; where all are open, money is not refused", () => {
  const open = (...ids: string[]) => ({
    ...NOTHING_KNOWN,
    circuit: (id: string) => (ids.includes(id) ? ("open" as const) : null),
  });
  const chosen = plan(null, { knowledge: open("ca_a") });
  expect(labels(chosen)).toEqual(["b", "c"]);
  expect(chosen.excluded).toEqual([{ id: "ca_a", label: "a", reason: "circuit open" }]);
  expect(labels(plan(null, { knowledge: open("ca_a", "ca_b", "ca_c") }))).toEqual(["a", "b", "c"]);
});

test("a half-open account gets its canaries and no more, and the recorded shares say so", () => {
  const knowledge = { ...NOTHING_KNOWN, circuit: (id: string) => (id === "ca_a" ? { canary: 0.2 } : null) };
  const firsts = Array.from({ length: 10_000 }, (_, n) => labels(plan(null, { id: `pay_${n}`, knowledge }))[0]);
  expect(Math.abs(firsts.filter((label) => label === "a").length / 10_000 - 0.2)).toBeLessThan(0.015);
  expect(plan(null, { knowledge }).trace?.accounts.map(({ share }) => share)).toEqual([0.2, 0.8, undefined]);
});

test("draws are spread evenly, and those of one payment for two purposes are independent", () => {
  const cells = Array.from({ length: 16 }, () => 0);
  for (let n = 0; n < 32_000; n++) {
    const [a, b] = [draw(`pay_${n} split`), draw(`pay_${n} explore`)];
    cells[Math.floor(a * 4) * 4 + Math.floor(b * 4)]! += 1;
  }
  const chiSquare = cells.reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0);
  // 15 degrees of freedom: above 37.7 once in a thousand.
  expect(chiSquare).toBeLessThan(37.7);
});
