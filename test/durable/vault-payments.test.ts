/** Tokens and saved methods in the hands of a payment's shard: who has the card when, and what a crash leaves. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import type { FaultPoint } from "../../src/durable/fault-points.ts";
import type { CreateInput } from "../../src/durable/shard-api.ts";
import { savedMethodIdOf } from "../../src/vault/saved-method-id.ts";
import {
  act,
  ADDRESS,
  bodyOf,
  create,
  createInput,
  newPaymentId,
  read,
  ringUntil,
  sandboxLedger,
  seedAccounts,
  shard,
} from "../support/shard.ts";
import { makeToken, methodRow, setClock, tokenRow, vaultOf } from "../support/vault.ts";

beforeEach(() => seedAccounts());

const CUSTOMER = { id: "cus_a", email: "a@b.example", firstName: "A", lastName: "B" };
const OTHER = { ...CUSTOMER, id: "cus_b", email: "b@b.example" };

function tokenInput(token: string, options: Parameters<typeof createInput>[0] = {}): CreateInput {
  return { ...createInput(options), method: { vaulted: token } };
}

function sealedInShard(): Promise<{ card: string; cvc: string | null; created: number }[]> {
  return runInDurableObject(shard(), (_, { storage }) =>
    storage.sql.exec<{ card: string; cvc: string | null; created: number }>("SELECT * FROM secrets").toArray(),
  );
}

/** Ends the shard's instance, as a crash would, the first time that it comes to `point`. The next one does not know. */
async function crashAt(point: FaultPoint): Promise<void> {
  await runInDurableObject(shard(), (instance, state) => {
    instance.observer = async (reached) => {
      if (reached !== point) return;
      await state.storage.sync();
      state.abort(`crash ${point}`);
    };
  });
}

/** What the shard and the vault hold at a step of the protocol. */
async function watch<T>(point: FaultPoint, look: () => Promise<T>): Promise<{ seen: () => T | undefined }> {
  let seen: T | undefined;
  await runInDurableObject(shard(), (instance) => {
    instance.observer = async (reached) => {
      if (reached === point) seen ??= await look();
    };
  });
  return { seen: () => seen };
}

describe("a token", () => {
  test("leaves the vault before the call leaves for the processor, and the shard when the outcome is known", async () => {
    const token = await makeToken();
    const atIntent = await watch("after_call", async () => ({
      row: await tokenRow(token),
      shard: await sealedInShard(),
    }));
    expect(bodyOf(await shard().create(ADDRESS, tokenInput(token)))).toMatchObject({ status: "succeeded" });
    expect(atIntent.seen()?.row).toBe(undefined);
    expect(atIntent.seen()?.shard).toMatchObject([{ cvc: expect.stringMatching(/^v\d\./) }]);
    expect(await sealedInShard()).toEqual([]);
  });

  test("brings its CVC's age along: 15 minutes run from when it was given to us", async () => {
    const token = await makeToken();
    const made = (await tokenRow(token))?.["created"];
    await setClock(token, 10 * 60_000);
    await shard().create(ADDRESS, tokenInput(token, { confirm: false }));
    expect(await sealedInShard()).toMatchObject([{ created: made, cvc: expect.stringMatching(/^v\d\./) }]);
    expect(await tokenRow(token)).toBe(undefined);
  });

  test.each<FaultPoint>(["before_intent", "after_intent", "after_call", "after_outcome"])(
    "pays once with its CVC when the shard dies %s, and the merchant repeats the request",
    async (point) => {
      const token = await makeToken();
      const input = tokenInput(token, { key: `token-${point}` });
      await crashAt(point);
      await expect(shard().create(ADDRESS, input)).rejects.toThrow();
      const atCall = await watch("after_intent", sealedInShard);
      const reply = await shard().create(ADDRESS, input);
      expect(bodyOf(reply)).toMatchObject({ status: "succeeded", amountReceived: 1000 });
      if (point === "before_intent") expect(atCall.seen()).toMatchObject([{ cvc: expect.any(String) }]);
      expect(await sandboxLedger(input.paymentId)).toHaveLength(1);
      const other = await shard().create(ADDRESS, tokenInput(token));
      expect(other).toMatchObject({ ok: false, rejection: { param: "paymentMethod.token" } });
    },
  );

  test("stays the payment's own when an update replaces it, and cannot come back", async () => {
    const [first, second] = [await makeToken(), await makeToken("5555555555554444")];
    const { id } = await create({ method: null, confirm: false });
    const update = (token: string) => act(id, { type: "update", changes: {}, method: { vaulted: token } });
    expect((await update(first)).ok).toBe(true);
    expect((await update(second)).ok).toBe(true);
    expect(await update(first)).toMatchObject({ ok: false, rejection: { param: "paymentMethod.token" } });
  });

  test("that the vault cannot be asked about stores nothing and may be tried again", async () => {
    const token = await makeToken();
    await breakVault(token, "takeToken");
    const input = tokenInput(token, { key: "again" });
    expect(await shard().create(ADDRESS, input)).toMatchObject({ ok: false, rejection: { code: "unavailable" } });
    await repairVault(token);
    expect(bodyOf(await shard().create(ADDRESS, input))).toMatchObject({ status: "succeeded" });
  });

  test("that the vault cannot destroy at once still pays, once, and its CVC goes by itself", async () => {
    const token = await makeToken();
    await breakVault(token, "spendToken");
    expect(bodyOf(await shard().create(ADDRESS, tokenInput(token)))).toMatchObject({ status: "succeeded" });
    await repairVault(token);
    expect(await shard().create(ADDRESS, tokenInput(token))).toMatchObject({ ok: false });
    const row = await tokenRow(token);
    expect(Number(row?.["due"])).toBeLessThanOrEqual(Date.now() + 60_000);
  });
});

/** A method of the vault fails, as it would where the object cannot be reached. Until the instance is replaced. */
async function breakVault(id: string, method: "takeToken" | "spendToken" | "saveMethod"): Promise<void> {
  await runInDurableObject(vaultOf(id), (instance) => {
    Object.assign(instance, { [method]: () => Promise.reject(new Error("the vault is away")) });
  });
}

async function repairVault(id: string): Promise<void> {
  await evictDurableObject(vaultOf(id));
}

const methodOf = (payment: string) => savedMethodIdOf(env.MASTER_KEY, payment);
const saving = (details: object = {}) => ({
  details: { customer: CUSTOMER, setupFutureUsage: "off_session" as const, ...details },
});

describe("a method to be saved", () => {
  test("stands in the vault when the answer names it, and nowhere else", async () => {
    const paid = await create(saving());
    const method = String(paid["paymentMethodId"]);
    expect(paid.status).toBe("succeeded");
    expect(method).toBe(methodOf(paid.id));
    expect(await methodRow(method)).toMatchObject({ customer: "cus_a", usage: "off_session", payment: paid.id });
    expect(await sealedInShard()).toEqual([]);
    expect((await read(paid.id))["paymentMethodId"]).toBe(method);
  });

  test("is saved when its authorisation succeeds: not before, and not when it does not", async () => {
    const stored = await create({ ...saving(), confirm: false });
    expect(stored["paymentMethodId"]).toBe(undefined);
    const declined = await create({ ...saving(), number: "4000000000000002" });
    expect([declined.status, declined["paymentMethodId"]]).toEqual(["failed", undefined]);
    expect(await methodRow(methodOf(declined.id))).toBe(undefined);
    const held = await create(saving({ captureMethod: "manual" }));
    expect([held.status, held["paymentMethodId"]]).toEqual(["requires_capture", methodOf(held.id)]);
    expect(await methodRow(String(held["paymentMethodId"]))).toBeDefined();
    const verified = await create(saving({ amount: 0 }));
    expect(await methodRow(String(verified["paymentMethodId"]))).toBeDefined();
  });

  test("is saved by whichever attempt is approved, and after a challenge", async () => {
    await seedAccounts({ label: "z" });
    await runInDurableObject(shard(), (instance) => instance.forgetConfiguration());
    const cascaded = await create({ ...saving(), number: "4000000000009995" });
    expect([cascaded.status, cascaded.attempts.length]).toEqual(["succeeded", 2]);
    expect(await methodRow(methodOf(cascaded.id))).toMatchObject({ customer: "cus_a" });

    const asked = await create({ ...saving(), number: "4000003800000446" });
    expect([asked.status, asked["paymentMethodId"]]).toEqual(["requires_customer_action", undefined]);
    expect(await methodRow(methodOf(asked.id))).toBe(undefined);
    const [attempt] = asked.attempts;
    await shard().hear({
      accountId: "ca_sandbox",
      messageId: "m1",
      paymentId: asked.id,
      key: attempt?.id ?? "",
      outcome: { kind: "approved", reference: "r", amount: 1000, currency: "gbp" },
    });
    expect((await read(asked.id))["paymentMethodId"]).toBe(methodOf(asked.id));
    expect(await methodRow(methodOf(asked.id))).toMatchObject({ customer: "cus_a" });
    expect(await sealedInShard()).toEqual([]);
  });

  test("is saved for a customer only, and only where that was asked for", async () => {
    expect((await create({ details: { setupFutureUsage: "off_session" } }))["paymentMethodId"]).toBe(undefined);
    expect((await create({ details: { customer: CUSTOMER } }))["paymentMethodId"]).toBe(undefined);
  });

  test("that the vault cannot take is owed: the payment is answered, and the alarm saves it", async () => {
    const id = newPaymentId();
    const method = methodOf(id);
    await breakVault(method, "saveMethod");
    const paid = await create({ ...saving(), id });
    expect([paid.status, paid["paymentMethodId"]]).toEqual(["succeeded", method]);
    expect(await sealedInShard()).toMatchObject([{ card: expect.stringMatching(/^v\d\./), cvc: null }]);
    await repairVault(method);
    expect(await methodRow(method)).toBe(undefined);
    await ringUntil(id, () => true);
    expect(await methodRow(method)).toMatchObject({ customer: "cus_a" });
    expect(await sealedInShard()).toEqual([]);
  });

  test("is saved by the alarm alone when the shard dies right after the outcome", async () => {
    const input = createInput(saving());
    const method = methodOf(input.paymentId);
    await crashAt("after_outcome");
    await expect(shard().create(ADDRESS, input)).rejects.toThrow();
    await ringUntil(input.paymentId, ({ status }) => status === "succeeded");
    expect(await methodRow(method)).toMatchObject({ customer: "cus_a" });
    expect(await sealedInShard()).toEqual([]);
  });

  test("comes from a token as from a card", async () => {
    const reply = await shard().create(ADDRESS, tokenInput(await makeToken("5555555555554444"), saving()));
    const method = String(bodyOf(reply)["paymentMethodId"]);
    expect(await vaultOf(method).readMethod(method, "cus_a")).toMatchObject({ card: { number: "5555555555554444" } });
  });
});

describe("a saved method", () => {
  async function saved(): Promise<string> {
    return String((await create(saving()))["paymentMethodId"]);
  }
  const payWith = (id: string, details: object = {}) =>
    shard().create(ADDRESS, {
      ...createInput({ details: { customer: CUSTOMER, ...details } }),
      method: { vaulted: id },
    });
  const UNKNOWN = { ok: false, rejection: { code: "parameter_invalid", param: "paymentMethod.id" } };

  test("pays again and again for its customer, with the customer there or not", async () => {
    const id = await saved();
    for (const details of [{}, { offSession: true }, { setupFutureUsage: "off_session" }]) {
      const paid = bodyOf(await payWith(id, details));
      expect(paid).toMatchObject({
        status: "succeeded",
        paymentMethodId: id,
        paymentMethodDetails: { card: { last4: "4242" } },
      });
    }
    expect(await sealedInShard()).toEqual([]);
  });

  test("is nobody else's, and nobody's without a customer", async () => {
    const id = await saved();
    const refusals = await Promise.all([
      payWith(id, { customer: OTHER }),
      payWith("pm_0123456789abcdefghjkmnpq"),
      shard().create(ADDRESS, { ...createInput(), method: { vaulted: id } }),
      shard().rehearse(ADDRESS, { ...createInput({ details: { customer: OTHER } }), method: { vaulted: id } }),
    ]);
    for (const refusal of refusals) expect(refusal).toMatchObject(UNKNOWN);
    expect(new Set(refusals.map((refusal) => JSON.stringify(refusal))).size).toBe(1);
  });

  test("confirms a payment of its customer", async () => {
    const id = await saved();
    const confirm = (payment: string) => act(payment, { type: "confirm", changes: {}, method: { vaulted: id } });
    const theirs = await create({ method: null, details: { customer: OTHER } });
    expect(await confirm(theirs.id)).toMatchObject(UNKNOWN);
    const own = await create({ method: null, details: { customer: CUSTOMER } });
    expect(bodyOf(await confirm(own.id))).toMatchObject({ status: "succeeded", paymentMethodId: id });
  });

  test("does not stay with a payment that is given to another customer", async () => {
    const id = await saved();
    const input = createInput({ confirm: false, details: { customer: CUSTOMER } });
    const { id: payment } = bodyOf(await shard().create(ADDRESS, { ...input, method: { vaulted: id } }));
    for (const type of ["update", "confirm"] as const) {
      const refused = await act(payment, { type, changes: { customer: OTHER }, method: null });
      expect(refused).toMatchObject({ ok: false, rejection: { code: "parameter_invalid", param: "customer" } });
    }
    expect((await act(payment, { type: "confirm", changes: { customer: CUSTOMER }, method: null })).ok).toBe(true);
  });
});
