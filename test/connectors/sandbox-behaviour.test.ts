import { runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { CommitQueue } from "../../src/connectors/sandbox/commit-queue.ts";
import { draw } from "../../src/connectors/sandbox/draw.ts";
import type { SandboxProcessor } from "../../src/connectors/sandbox/processor.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import { followingCall, openingCall, sandboxAccount } from "./calls.ts";
import { ledgerOf, lookup, moves, perform, processorOf } from "./sandbox-talk.ts";

const GOOD = "4242424242424242";

function accountWith(settings: Record<string, unknown>) {
  return sandboxAccount({ label: "b", settings });
}

async function outcomesOf(settings: Record<string, unknown>, count: number): Promise<Outcome[]> {
  const account = accountWith(settings);
  return Promise.all(Array.from({ length: count }, () => perform(openingCall("charge", GOOD), account)));
}

function countOf(outcomes: readonly Outcome[], kind: Outcome["kind"]): number {
  return outcomes.filter((outcome) => outcome.kind === kind).length;
}

describe("an account's settings", () => {
  test("a decline rate declines about that share, and leaves the rest", async () => {
    const outcomes = await outcomesOf({ declineRate: 0.3, seed: 7 }, 300);
    expect(countOf(outcomes, "declined")).toBeGreaterThan(60);
    expect(countOf(outcomes, "declined")).toBeLessThan(120);
    expect(countOf(outcomes, "approved")).toBe(300 - countOf(outcomes, "declined"));
  });

  test("an error rate of one executes nothing, whatever is asked", async () => {
    const account = accountWith({ errorRate: 1 });
    const opening = openingCall("authorize", GOOD);
    expect(await perform(opening, account)).toMatchObject({
      kind: "failed",
      error: { category: "processor_unavailable" },
    });
    expect(await moves(opening.paymentId)).toEqual([]);
    const well = accountWith({});
    await perform(opening, well);
    expect(await perform(followingCall(opening, "capture", { attemptReference: null }), account)).toMatchObject({
      kind: "failed",
    });
    expect(await moves(opening.paymentId)).toEqual(["authorize 1000"]);
  });

  test("a time-out rate of one never answers: some are executed, and the look-up says which", async () => {
    const account = accountWith({ timeoutRate: 1, seed: 3 });
    const calls = Array.from({ length: 24 }, () => openingCall("charge", GOOD));
    const outcomes = await Promise.all(calls.map((call) => perform(call, account)));
    expect(countOf(outcomes, "unknown")).toBe(24);
    const found = await Promise.all(calls.map((call) => lookup(call, account)));
    const executed = calls.filter((_, index) => found[index]?.kind === "approved");
    expect(executed.length).toBeGreaterThan(4);
    expect(countOf(found, "not_found")).toBe(24 - executed.length);
    expect(countOf(found, "not_found")).toBeGreaterThan(4);
    for (const call of calls)
      expect(await moves(call.paymentId)).toEqual(executed.includes(call) ? ["charge 1000"] : []);
  });

  test("the same seed, account and key draw the same, another of them draws anew", () => {
    const one = draw({ seed: 1 }, "ca_a", "att_1", "decline");
    expect(draw({ seed: 1 }, "ca_a", "att_1", "decline")).toBe(one);
    const others = [
      draw({ seed: 2 }, "ca_a", "att_1", "decline"),
      draw({ seed: 1 }, "ca_b", "att_1", "decline"),
      draw({ seed: 1 }, "ca_a", "att_2", "decline"),
      draw({ seed: 1 }, "ca_a", "att_1", "error"),
    ];
    expect(new Set([one, ...others]).size).toBe(5);
  });

  test("draws over similar keys are spread evenly", () => {
    const buckets = Array.from({ length: 10 }, () => 0);
    for (let n = 0; n < 10_000; n++) {
      const bucket = Math.floor(draw({ seed: 1 }, "ca_a", `att_${String(n).padStart(8, "0")}`, "decline") * 10);
      buckets[bucket] = (buckets[bucket] ?? 0) + 1;
    }
    for (const count of buckets) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  test("latency delays the answer, and a look-up is not delayed by it", async () => {
    const account = accountWith({ latencyMs: 120 });
    const call = openingCall("charge", GOOD);
    const started = Date.now();
    expect(await perform(call, account)).toMatchObject({ kind: "approved" });
    expect(Date.now() - started).toBeGreaterThanOrEqual(115);
    const asked = Date.now();
    await lookup(call, account);
    expect(Date.now() - asked).toBeLessThan(100);
  });

  test("without idempotency a repeated call has a second effect", async () => {
    const account = accountWith({ idempotency: false });
    const call = openingCall("charge", GOOD);
    await perform(call, account);
    await perform(call, account);
    expect((await ledgerOf(call.paymentId)).map((line) => line.idempotencyKey)).toEqual([call.key, call.key]);
    expect(await lookup(call, account)).toMatchObject({ kind: "approved", amount: 1000 });
  });

  test("of two operations under one key, the processor's id names the one that is meant", async () => {
    const account = accountWith({ idempotency: false });
    const opening = openingCall("authorize", GOOD);
    const first = await perform(opening, account);
    const second = await perform(opening, account);
    for (const made of [second, first]) {
      const attemptReference = made.kind === "approved" ? made.reference : null;
      const outcome = await perform(followingCall(opening, "void", { attemptReference }), account);
      expect(outcome).toMatchObject({ kind: "approved", amount: 1000 });
    }
    expect(await moves(opening.paymentId)).toEqual(["authorize 1000", "authorize 1000", "void 1000", "void 1000"]);
  });

  test("a key that comes again for another amount is a conflict, and has no second effect", async () => {
    const call = openingCall("charge", GOOD);
    await perform(call);
    expect(await perform({ ...call, amount: 2000 })).toMatchObject({
      kind: "conflicted",
      reason: "the processor knows the key for a different operation",
    });
    expect(await moves(call.paymentId)).toEqual(["charge 1000"]);
  });

  test("one key on two accounts is two operations", async () => {
    const call = openingCall("charge", GOOD);
    const other = sandboxAccount({ id: "ca_000000000000000000000009", label: "b" });
    await perform(call);
    await perform(call, other);
    expect((await ledgerOf(call.paymentId)).map((line) => line.account)).toEqual([sandboxAccount().id, other.id]);
  });
});

describe("absence stays true", () => {
  test("a call that is still on its way when the processor is asked is refused when it arrives", async () => {
    const account = accountWith({ latencyMs: 150 });
    const call = openingCall("charge", GOOD);
    const late = perform(call, account);
    await scheduler.wait(20);
    expect(await lookup(call, account)).toEqual({ kind: "not_found", conclusive: true });
    expect(await late).toMatchObject({ kind: "failed", error: { retryable: true } });
    expect(await moves(call.paymentId)).toEqual([]);
    expect(await lookup(call, account)).toEqual({ kind: "not_found", conclusive: true });
  });

  test("also where the account does not recognise keys", async () => {
    const account = accountWith({ idempotency: false });
    const call = openingCall("charge", GOOD);
    await lookup(call, account);
    expect(await perform(call, account)).toMatchObject({ kind: "failed" });
    expect(await moves(call.paymentId)).toEqual([]);
  });

  test("a card that was erased before a repeat proves nothing", async () => {
    const call = { ...openingCall("charge", GOOD), card: null };
    expect(await perform(call)).toMatchObject({ kind: "unknown" });
  });
});

describe("the books", () => {
  test("hold no card number and no security code", async () => {
    const canary = "4929000000006123";
    for (const kind of ["charge", "authorize", "verify"] as const) await perform(openingCall(kind, canary));
    await perform(openingCall("charge", "4000003800000446"), accountWith({ webhookSecret: "s", webhooks: true }));
    const stored = await runInDurableObject(processorOf(), (_: SandboxProcessor, state) => {
      const tables = state.storage.sql
        .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'")
        .toArray();
      const names = tables.map(({ name }) => name).filter((name) => !name.startsWith("_cf"));
      return JSON.stringify(names.map((name) => state.storage.sql.exec(`SELECT * FROM "${name}"`).toArray()));
    });
    expect(stored).toContain("6123");
    for (const secret of [canary, "492900", "4000003800000446", '"123"']) expect(stored).not.toContain(secret);
  });

  test("show one merchant nothing of another", async () => {
    const call = openingCall("charge", GOOD);
    await perform(call);
    expect(await ledgerOf(call.paymentId, sandboxAccount({ merchantId: "mer_00000000000000000000000b" }))).toEqual([]);
  });

  test("are paged newest first without a gap or a repeat", async () => {
    const opening = openingCall("authorize", GOOD);
    await perform(opening);
    for (let n = 1; n <= 6; n++)
      await perform(followingCall(opening, "capture", { attemptReference: null, amount: n }));
    const amounts: number[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<SandboxProcessor["readLedger"]>> = await processorOf().readLedger(
        opening.paymentId,
        3,
        cursor,
      );
      amounts.push(...(page?.data ?? []).map(({ amount }) => amount));
      cursor = page?.nextCursor ?? null;
    } while (cursor !== null);
    expect(amounts).toEqual([6, 5, 4, 3, 2, 1, 1000]);
    expect(await processorOf().readLedger(opening.paymentId, 3, "nonsense")).toBeNull();
  });

  test("refuse a currency that the attempt was not made in", async () => {
    const opening = openingCall("authorize", GOOD);
    await perform(opening);
    const call = followingCall(opening, "capture", { attemptReference: null, currency: "usd" });
    expect(await perform(call)).toMatchObject({ kind: "failed" });
    expect(await moves(opening.paymentId)).toEqual(["authorize 1000"]);
  });
});

describe("the commit queue", () => {
  test("does what waits together in one turn, in order, and a throw is its caller's alone", async () => {
    const queue = new CommitQueue();
    const turns: string[] = [];
    const run = (name: string) =>
      queue.run(() => {
        turns.push(name);
        void Promise.resolve().then(() => turns.push(`after ${name}`));
        if (name === "b") throw new Error("b fails");
        return name;
      });
    const settled = await Promise.allSettled([run("a"), run("b"), run("c")]);
    expect(settled.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(turns.slice(0, 3)).toEqual(["a", "b", "c"]);
    expect(await queue.run(() => "later")).toBe("later");
  });
});
