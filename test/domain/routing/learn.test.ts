import { expect, test } from "vitest";
import { answerOf, creditOf } from "../../../src/domain/routing/blame.ts";
import type { DeclineCategory, Outcome, ProcessorError } from "../../../src/domain/outcome.ts";
import { expectedRate, segmentsFrom, segmentsOf } from "../../../src/domain/routing/segment.ts";
import { readField } from "../../../src/domain/routing/fields.ts";
import { countsOf, EMPTY_WINDOW, observeOutcome, type OutcomeWindow } from "../../../src/domain/routing/window.ts";
import { CARD, details, stream } from "./builders.ts";

function watch(window: OutcomeWindow, rate: number, outcomes: number, seed: number): OutcomeWindow {
  const next = stream(seed);
  let now = window;
  for (let n = 0; n < outcomes; n++) now = observeOutcome(now, next() < rate, now.at + 1000);
  return now;
}

function rateOf(window: OutcomeWindow): number {
  const [approved, outcomes] = countsOf(window);
  return approved / outcomes;
}

test("a window holds the last few hundred outcomes", () => {
  const window = watch(EMPTY_WINDOW, 0.9, 5000, 1);
  expect(countsOf(window)[1]).toBeLessThanOrEqual(400);
  expect(Math.abs(rateOf(window) - 0.9)).toBeLessThan(0.05);
});

test("a steady rate is seldom cut off: the window stays long", () => {
  const lengths = Array.from({ length: 50 }, (_, seed) => countsOf(watch(EMPTY_WINDOW, 0.85, 1000, seed))[1]);
  expect(lengths.filter((length) => length > 300).length).toBeGreaterThanOrEqual(45);
});

test("an outage is believed after tens of outcomes, and so is the recovery", () => {
  const good = watch(EMPTY_WINDOW, 0.93, 1000, 2);
  const down = watch(good, 0.2, 60, 3);
  expect(rateOf(down)).toBeLessThan(0.5);
  expect(rateOf(watch(down, 0.93, 60, 4))).toBeGreaterThan(0.8);
});

test("what was a week ago says nothing about today", () => {
  const old = watch(EMPTY_WINDOW, 0.2, 100, 5);
  const today = observeOutcome(old, true, old.at + 8 * 24 * 60 * 60 * 1000);
  expect(countsOf(today)).toEqual([1, 1]);
});

test("segments go from everything to what this payment is", () => {
  expect(segmentsOf(details({ amount: 25_000, billing: { country: "GB" } }), CARD)).toEqual([
    "*",
    "card|visa",
    "card|visa|gbp",
    "card|visa|gbp|GB|5",
  ]);
});

test("a back-test finds the same segments from fields as a payment has", () => {
  for (const said of [details(), details({ amount: 5, billing: { country: "DE" } })]) {
    expect(segmentsFrom((name) => readField(name, said, CARD))).toEqual(segmentsOf(said, CARD));
  }
});

test("a thin segment is judged by the wider ones, a thick one by itself", () => {
  const wide = [900, 1000] as const;
  expect(expectedRate([wide, [0, 0], [0, 0], [0, 0]])).toBeCloseTo(0.9, 2);
  expect(expectedRate([wide, [9, 10], [0, 2], [0, 2]])).toBeGreaterThan(0.7);
  expect(expectedRate([wide, [0, 0], [0, 0], [40, 400]])).toBeLessThan(0.15);
});

test("an account that nobody knows is expected to be good, so that it is tried", () => {
  expect(expectedRate([])).toBe(0.95);
});

function error(category: DeclineCategory): ProcessorError {
  return {
    code: "x",
    message: "",
    declineCode: null,
    category,
    retryable: true,
    connectorCode: null,
    connectorMessage: null,
  };
}
const declined = (category: DeclineCategory): Outcome => ({ kind: "declined", error: error(category) });

test("only what the processor caused counts for or against it", () => {
  const credit = (outcome: Outcome) => creditOf(outcome);
  expect(credit({ kind: "approved", reference: "r", amount: 1, currency: "gbp" })).toBe(true);
  expect(credit(declined("do_not_honor"))).toBe(false);
  expect(credit({ kind: "failed", error: error("processor_unavailable") })).toBe(false);
  expect(credit({ kind: "unknown", reason: "no answer" })).toBe(false);
  const nobodys: DeclineCategory[] = [
    "lost_or_stolen",
    "expired_card",
    "incorrect_cvc",
    "invalid_card",
    "fraud",
    "insufficient_funds",
    "authentication_failed",
  ];
  expect(nobodys.map((category) => credit(declined(category)))).toEqual(nobodys.map(() => null));
  expect(credit({ kind: "challenge", reference: "r", url: "https://example.com" })).toBeNull();
});

test("silence and errors are bad answers, declines are not", () => {
  expect(answerOf({ kind: "unknown", reason: "" })).toBe("timeout");
  expect(answerOf({ kind: "failed", error: error("processor_unavailable") })).toBe("error");
  expect(answerOf(declined("do_not_honor"))).toBe("declined");
  expect(answerOf(declined("fraud"))).toBe("declined");
});
