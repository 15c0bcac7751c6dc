import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { currentPrefix, unseal } from "../../src/vault/seal.ts";
import { card, newPaymentId } from "../support/shard.ts";
import { makeToken, methodRow, newTokenId, passTime, setClock, tokenRow, vaultOf } from "../support/vault.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const NUMBER = "4242424242424242";

const take = (token: string, payment: string) => vaultOf(token).takeToken(token, payment);

test("a card and its CVC stand in two envelopes, sealed for the token's id and no other", async () => {
  const token = await makeToken();
  const row = await tokenRow(token);
  expect(JSON.stringify(row)).not.toContain(NUMBER);
  expect(JSON.parse(await unseal(env.MASTER_KEY, row?.card ?? "", `card:${token}`))).toMatchObject({ number: NUMBER });
  expect(await unseal(env.MASTER_KEY, row?.cvc ?? "", `cvc:${token}`)).toBe("123");
  await expect(unseal(env.MASTER_KEY, row?.card ?? "", `card:${newTokenId()}`)).rejects.toThrow();
});

test("a token is one payment's from the first taking on, and that payment may take it again", async () => {
  const token = await makeToken();
  const [mine, theirs] = [newPaymentId(), newPaymentId()];
  const { card: revealed } = card();
  expect(await take(token, mine)).toMatchObject({ card: revealed, view: { card: { last4: "4242" } } });
  expect(await take(token, theirs)).toBe(null);
  expect(await take(token, mine)).toMatchObject({ card: revealed });
});

test("of many payments at once, one takes it", async () => {
  const token = await makeToken();
  const taken = await Promise.all(Array.from({ length: 20 }, () => take(token, newPaymentId())));
  expect(taken.filter((card) => card !== null)).toHaveLength(1);
});

test("a token that was spent is gone, and nobody takes it, not the same payment either", async () => {
  const token = await makeToken();
  const payment = newPaymentId();
  await take(token, payment);
  await vaultOf(token).spendToken(token, newPaymentId());
  expect(await tokenRow(token)).toMatchObject({ payment });
  await vaultOf(token).spendToken(token, payment);
  expect(await tokenRow(token)).toBe(undefined);
  await vaultOf(token).releaseToken(token, payment);
  expect(await take(token, payment)).toBe(null);
  expect(await vaultOf(token).peekToken(token)).toBe(null);
});

test("a token that is given back is free again when all twins of its request have given it back", async () => {
  const token = await makeToken();
  const [mine, theirs] = [newPaymentId(), newPaymentId()];
  await take(token, mine);
  await take(token, mine);
  await vaultOf(token).releaseToken(token, mine);
  expect(await take(token, theirs)).toBe(null);
  await vaultOf(token).releaseToken(token, theirs);
  expect(await take(token, theirs)).toBe(null);
  await vaultOf(token).releaseToken(token, mine);
  expect(await take(token, theirs)).toMatchObject({ card: { cvc: "123" } });
});

test("the CVC goes 15 minutes after it came, also where the alarm is late, and the card still pays", async () => {
  const token = await makeToken();
  await passTime(token, 14 * MINUTE_MS);
  expect((await tokenRow(token))?.cvc).not.toBe(null);
  await setClock(token, 15 * MINUTE_MS + 1);
  expect(await take(token, newPaymentId())).toMatchObject({ card: { number: NUMBER, cvc: null } });
  await passTime(token, 15 * MINUTE_MS + 1);
  expect(await tokenRow(token)).toMatchObject({ cvc: null, card: expect.stringMatching(/^v\d\./) });
});

test("a CVC that was handed out goes within a minute, whatever becomes of the payment that took it", async () => {
  const token = await makeToken();
  const payment = newPaymentId();
  await take(token, payment);
  await passTime(token, 30_000);
  expect((await tokenRow(token))?.cvc).not.toBe(null);
  await passTime(token, MINUTE_MS + 1_000);
  expect((await tokenRow(token))?.cvc).toBe(null);
  expect(await take(token, payment)).toMatchObject({ card: { number: NUMBER, cvc: null } });
});

test("a token that is given back keeps its CVC for the rest of its 15 minutes", async () => {
  const token = await makeToken();
  await take(token, "pay_a");
  await vaultOf(token).releaseToken(token, "pay_a");
  await passTime(token, 5 * MINUTE_MS);
  expect((await tokenRow(token))?.cvc).not.toBe(null);
  await passTime(token, 16 * MINUTE_MS);
  expect((await tokenRow(token))?.cvc).toBe(null);
});

test("a token ends after 24 hours, also where the alarm is late", async () => {
  const token = await makeToken();
  await passTime(token, 23 * HOUR_MS);
  expect(await vaultOf(token).peekToken(token)).toMatchObject({ type: "card" });
  await setClock(token, 24 * HOUR_MS + 1_000);
  expect(await take(token, newPaymentId())).toBe(null);
  expect(await vaultOf(token).peekToken(token)).toBe(null);
  await passTime(token, 24 * HOUR_MS + 1_000);
  expect(await tokenRow(token)).toBe(undefined);
});

test("the answer of a keyed request outlives the card, masked, for 30 days", async () => {
  const token = await makeToken(NUMBER, "f");
  const { view, card: revealed } = card();
  if (revealed === null) throw new Error("no card");
  const again = (fingerprint: string | null) =>
    vaultOf(token).makeToken({ id: token, view, card: revealed, fingerprint });
  const first = await again("f");
  expect(first).toMatchObject({ ok: true, replayed: true });
  await passTime(token, 25 * HOUR_MS);
  expect(await tokenRow(token)).toMatchObject({ card: null, cvc: null });
  expect(await again("f")).toEqual(first);
  expect(await again("other")).toMatchObject({ ok: false, rejection: { code: "idempotency_key_reused" } });
  await passTime(token, 29 * 24 * HOUR_MS);
  expect(await tokenRow(token)).toBeDefined();
  await passTime(token, 30 * 24 * HOUR_MS + MINUTE_MS);
  expect(await tokenRow(token)).toBe(undefined);
});

const METHOD = "pm_0123456789abcdefghjkmnpq";

async function save(id = METHOD, customerId = "cus_a", number = NUMBER): Promise<void> {
  const { view, card: revealed } = card(number);
  if (revealed === null) throw new Error("no card");
  await vaultOf(id).saveMethod({ id, customerId, usage: "off_session", paymentId: "pay_a", view, card: revealed });
}

test("a saved method is its customer's, without a CVC, and the first to be saved stays", async () => {
  await save();
  await save(METHOD, "cus_b", "5555555555554444");
  const read = (customer: string, id = METHOD) => vaultOf(id).readMethod(id, customer);
  expect(await read("cus_a")).toMatchObject({
    view: { id: METHOD, type: "card", card: { last4: "4242" } },
    card: { number: NUMBER, cvc: null },
  });
  expect(await read("cus_b")).toBe(null);
  expect(await read("cus_a", "pm_1123456789abcdefghjkmnpq")).toBe(null);
  const row = await methodRow(METHOD);
  expect(JSON.stringify(row)).not.toContain(NUMBER);
  expect(await unseal(env.MASTER_KEY, row?.card ?? "", `card:${METHOD}`)).not.toContain("cvc");
});

test("saved cards are sealed again under the newest master key, within a day; one that does not open stops no other", async () => {
  await save();
  await save("pm_4123456789abcdefghjkmnpq");
  expect(vaultOf(METHOD).id.equals(vaultOf("pm_4123456789abcdefghjkmnpq").id)).toBe(true);
  const before = await methodRow(METHOD);
  const [newer, root] = [Buffer.alloc(32, 7).toString("base64"), Buffer.alloc(32, 8).toString("base64")];
  const ring = `${newer},${env.MASTER_KEY},root:${root}`;
  await runInDurableObject(vaultOf(METHOD), (instance, { storage }) => {
    storage.sql.exec("UPDATE saved_methods SET card = 'v2.00000000.AAAA' WHERE id <> ?", METHOD);
    // As the deployment after a rotation brings it.
    Object.defineProperty(instance, "env", { value: { ...env, MASTER_KEY: ring } });
  });
  await passTime(METHOD, 23 * HOUR_MS);
  expect(await methodRow(METHOD)).toEqual(before);
  await passTime(METHOD, 25 * HOUR_MS);
  const after = await methodRow(METHOD);
  expect(after?.card.startsWith(currentPrefix(ring))).toBe(true);
  expect(await unseal(newer, after?.card ?? "", `card:${METHOD}`)).toBe(
    await unseal(env.MASTER_KEY, before?.card ?? "", `card:${METHOD}`),
  );
  expect((await methodRow("pm_4123456789abcdefghjkmnpq"))?.card).toBe("v2.00000000.AAAA");
});
