import { describe, expect, test } from "vitest";
import { followingCall, openingCall, sandboxAccount } from "./calls.ts";
import { ledgerOf, letPass, lookup, moves, perform } from "./sandbox-talk.ts";

const GOOD = "4242424242424242";
const SEVEN_DAYS_MS = 7 * 24 * 3_600_000;

async function authorized(card = GOOD, amount = 1000) {
  const opening = openingCall("authorize", card, { amount });
  const outcome = await perform(opening);
  if (outcome.kind !== "approved") throw new Error(`not approved: ${JSON.stringify(outcome)}`);
  return { opening, attemptReference: outcome.reference };
}

async function charged(card = GOOD, amount = 1000) {
  const opening = openingCall("charge", card, { amount });
  const outcome = await perform(opening);
  if (outcome.kind !== "approved") throw new Error(`not approved: ${JSON.stringify(outcome)}`);
  return { opening, attemptReference: outcome.reference };
}

describe("the table of cards", () => {
  test.each([
    "4242424242424242",
    "5555555555554444",
    "378282246310005",
    "4111111111111111",
    "4000056655665556",
    "4000000000009235",
    "4000000000003220",
  ])("%s is approved and charged once", async (card) => {
    const call = openingCall("charge", card);
    expect(await perform(call)).toMatchObject({ kind: "approved", amount: 1000, currency: "gbp" });
    expect(await moves(call.paymentId)).toEqual(["charge 1000"]);
  });

  test.each([
    ["4000000000000002", "do_not_honor", "do_not_honor"],
    ["4000000000009995", "insufficient_funds", "insufficient_funds"],
    ["4000000000009987", "lost_card", "lost_or_stolen"],
    ["4000000000009979", "stolen_card", "lost_or_stolen"],
    ["4000000000000069", "expired_card", "expired_card"],
    ["4000000000000127", "incorrect_cvc", "incorrect_cvc"],
  ])("%s is declined with %s and leaves the ledger empty", async (card, declineCode, category) => {
    const call = openingCall("charge", card);
    expect(await perform(call)).toMatchObject({
      kind: "declined",
      error: { code: "card_declined", declineCode, category },
    });
    expect(await lookup(call)).toMatchObject({ kind: "declined", error: { declineCode } });
    expect(await moves(call.paymentId)).toEqual([]);
  });

  test("9995 is approved on any account but the first", async () => {
    const b = sandboxAccount({ id: "ca_000000000000000000000002", label: "b" });
    const call = openingCall("charge", "4000000000009995");
    expect(await perform(call, b)).toMatchObject({ kind: "approved" });
    expect(await ledgerOf(call.paymentId)).toMatchObject([
      { account: b.id, idempotencyKey: call.key, operation: "charge" },
    ]);
  });

  test("0119 is a definite error with nothing charged, and a look-up agrees", async () => {
    const call = openingCall("charge", "4000000000000119");
    expect(await perform(call)).toMatchObject({
      kind: "failed",
      error: { category: "processor_unavailable", retryable: true },
    });
    expect(await lookup(call)).toEqual({ kind: "not_found", conclusive: true });
    expect(await moves(call.paymentId)).toEqual([]);
  });

  test("0259 gives no answer and is charged: the look-up says so", async () => {
    const call = openingCall("charge", "4000000000000259");
    expect(await perform(call)).toEqual({ kind: "unknown", reason: "timed out after 3000 ms" });
    expect(await lookup(call)).toMatchObject({ kind: "approved", amount: 1000 });
    expect(await moves(call.paymentId)).toEqual(["charge 1000"]);
  });

  test("0267 gives no answer and is not charged: the look-up says so", async () => {
    const call = openingCall("authorize", "4000000000000267");
    expect(await perform(call)).toMatchObject({ kind: "unknown" });
    expect(await lookup(call)).toEqual({ kind: "not_found", conclusive: true });
    expect(await moves(call.paymentId)).toEqual([]);
  });

  test("0341 authorises, and the void is refused", async () => {
    const { opening, attemptReference } = await authorized("4000000000000341");
    const call = followingCall(opening, "void", { attemptReference });
    expect(await perform(call)).toMatchObject({ kind: "declined", error: { code: "void_refused" } });
    expect(await lookup(call)).toMatchObject({ kind: "declined", error: { code: "void_refused" } });
    expect(await moves(opening.paymentId)).toEqual(["authorize 1000"]);
  });

  test("5126 leaves a refund pending until it is asked about", async () => {
    const { opening, attemptReference } = await charged("4000000000005126");
    const call = followingCall(opening, "refund", { attemptReference, amount: 400 });
    expect(await perform(call)).toMatchObject({ kind: "pending" });
    expect(await moves(opening.paymentId)).toEqual(["charge 1000"]);
    expect(await lookup(call)).toMatchObject({ kind: "approved", amount: 400 });
    expect(await moves(opening.paymentId)).toEqual(["charge 1000", "refund 400"]);
  });

  test("5126 settles a refund by itself after three seconds", async () => {
    const { opening, attemptReference } = await charged("4000000000005126");
    await perform(followingCall(opening, "refund", { attemptReference, amount: 400 }));
    await letPass(2_500);
    expect(await moves(opening.paymentId)).toEqual(["charge 1000"]);
    await letPass(500);
    expect(await moves(opening.paymentId)).toEqual(["charge 1000", "refund 400"]);
  });

  test("7726 fails every refund", async () => {
    const { opening, attemptReference } = await charged("4000000000007726");
    const call = followingCall(opening, "refund", { attemptReference, amount: 400 });
    expect(await perform(call)).toMatchObject({ kind: "declined", error: { code: "refund_failed" } });
    expect(await moves(opening.paymentId)).toEqual(["charge 1000"]);
  });
});

describe("captures, voids and refunds", () => {
  test("an authorisation is captured in parts, and the rest is voided", async () => {
    const { opening, attemptReference } = await authorized();
    for (const amount of [300, 200]) {
      expect(await perform(followingCall(opening, "capture", { attemptReference, amount }))).toMatchObject({
        kind: "approved",
        amount,
      });
    }
    expect(await perform(followingCall(opening, "void", { attemptReference, amount: 500 }))).toMatchObject({
      kind: "approved",
      amount: 500,
    });
    expect(await moves(opening.paymentId)).toEqual(["authorize 1000", "capture 300", "capture 200", "void 500"]);
  });

  test("a capture above what is held is refused", async () => {
    const { opening, attemptReference } = await authorized();
    await perform(followingCall(opening, "capture", { attemptReference, amount: 700 }));
    expect(await perform(followingCall(opening, "capture", { attemptReference, amount: 301 }))).toMatchObject({
      kind: "declined",
      error: { code: "capture_refused" },
    });
    expect(await moves(opening.paymentId)).toEqual(["authorize 1000", "capture 700"]);
  });

  test("refunds never exceed what was captured", async () => {
    const { opening, attemptReference } = await authorized();
    await perform(followingCall(opening, "capture", { attemptReference, amount: 500 }));
    await perform(followingCall(opening, "refund", { attemptReference, amount: 500 }));
    expect(await perform(followingCall(opening, "refund", { attemptReference, amount: 1 }))).toMatchObject({
      kind: "declined",
      error: { code: "refund_refused" },
    });
    expect(await moves(opening.paymentId)).toEqual(["authorize 1000", "capture 500", "refund 500"]);
  });

  test("a refund that is pending counts against what is left", async () => {
    const { opening, attemptReference } = await charged("4000000000005126");
    expect(await perform(followingCall(opening, "refund", { attemptReference, amount: 600 }))).toMatchObject({
      kind: "pending",
    });
    expect(await perform(followingCall(opening, "refund", { attemptReference, amount: 600 }))).toMatchObject({
      kind: "declined",
      error: { code: "refund_refused" },
    });
  });

  test("nothing can be captured or voided once the hold has lapsed after seven days", async () => {
    const { opening, attemptReference } = await authorized();
    const first = await lookup(opening);
    expect(first.kind === "approved" && first.expiresAt).toBeGreaterThan(Date.now() + SEVEN_DAYS_MS - 60_000);
    await letPass(SEVEN_DAYS_MS);
    expect(await perform(followingCall(opening, "capture", { attemptReference }))).toMatchObject({ kind: "declined" });
    expect(await perform(followingCall(opening, "void", { attemptReference }))).toMatchObject({ kind: "declined" });
    expect(await moves(opening.paymentId)).toEqual(["authorize 1000"]);
  });

  test("a hold is voided once", async () => {
    const { opening, attemptReference } = await authorized();
    await perform(followingCall(opening, "void", { attemptReference }));
    expect(await perform(followingCall(opening, "void", { attemptReference }))).toMatchObject({ kind: "declined" });
    expect(await perform(followingCall(opening, "capture", { attemptReference }))).toMatchObject({ kind: "declined" });
    expect(await moves(opening.paymentId)).toEqual(["authorize 1000", "void 1000"]);
  });

  test("a verification moves nothing", async () => {
    const call = openingCall("verify", GOOD);
    expect(await perform(call)).toMatchObject({ kind: "approved", amount: 0 });
    expect(await moves(call.paymentId)).toEqual([]);
  });

  test("a later operation finds its attempt by our key where the processor's id never reached us", async () => {
    const opening = openingCall("authorize", GOOD);
    await perform(opening);
    expect(await perform(followingCall(opening, "capture", { attemptReference: null }))).toMatchObject({
      kind: "approved",
    });
  });
});
