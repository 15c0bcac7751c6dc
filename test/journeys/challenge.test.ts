import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { beforeEach, expect, test } from "vitest";
import { makeClient, makeMerchant, type Send, type TestMerchant } from "../support/http.ts";

let send: Send;
let merchant: TestMerchant;

beforeEach(async () => {
  send = makeClient();
  merchant = await makeMerchant(send);
});

const CHALLENGED = {
  amount: 1000,
  currency: "gbp",
  returnUrl: "https://shop.example/thanks?order=7",
  paymentMethod: {
    type: "card",
    card: { number: "4000003800000446", expiryMonth: "12", expiryYear: "2030", cvc: "123" },
  },
};

async function challenge(body: Record<string, unknown> = {}) {
  const created = await send("POST", "/api/payments", { key: merchant.secret.test, body: { ...CHALLENGED, ...body } });
  expect(created.json).toMatchObject({ status: "requires_customer_action", nextAction: { type: "redirect" } });
  const page = new URL(created.json.nextAction.url);
  return { id: created.json.id as string, page: page.pathname };
}

async function decide(page: string, decision: "approve" | "reject") {
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const decided = await send("POST", page, { headers, body: `${decision}=1` });
  expect(decided.status).toBe(303);
  const back = new URL(decided.headers.get("location") ?? "");
  return `${back.pathname}${back.search}`;
}

const read = async (id: string) => (await send("GET", `/api/payments/${id}`, { key: merchant.secret.test })).json;

test("a shopper who approves comes back to the merchant's page with the payment's id and status", async () => {
  const { id, page } = await challenge();
  const shown = await send("GET", page);
  expect(shown.text).toContain('name="approve"');
  const back = await send("GET", await decide(page, "approve"));
  expect(back.status).toBe(303);
  expect(back.headers.get("location")).toBe(`https://shop.example/thanks?order=7&paymentId=${id}&status=succeeded`);
  expect(await read(id)).toMatchObject({ status: "succeeded", amountReceived: 1000, nextAction: {} });
});

test("a shopper who rejects comes back to a failed payment", async () => {
  const { id, page } = await challenge();
  const back = await send("GET", await decide(page, "reject"));
  expect(new URL(back.headers.get("location") ?? "").searchParams.get("status")).toBe("failed");
  expect(await read(id)).toMatchObject({ status: "failed", lastError: { category: "authentication_failed" } });
});

test("with manual capture, an approved challenge holds the money", async () => {
  const { id, page } = await challenge({ captureMethod: "manual" });
  await send("GET", await decide(page, "approve"));
  expect(await read(id)).toMatchObject({ status: "requires_capture", amountCapturable: 1000, amountReceived: 0 });
});

test("coming back again, or before the challenge is decided, moves nothing", async () => {
  const { id, page } = await challenge();
  const returnPath = new URL((await ticketOf(id)) ?? "").pathname;
  const early = await send("GET", returnPath);
  expect(new URL(early.headers.get("location") ?? "").searchParams.get("status")).toBe("requires_customer_action");
  const back = await decide(page, "approve");
  await send("GET", back);
  const settled = await read(id);
  await Promise.all([1, 2, 3].map(() => send("GET", back)));
  expect(await read(id)).toEqual(settled);
  const ledger = await send("GET", `/api/sandbox/ledger?paymentId=${id}`, { key: merchant.secret.test });
  expect(ledger.json.data).toHaveLength(1);
});

test("a forged ticket is not known", async () => {
  const { id } = await challenge();
  const url = (await ticketOf(id)) ?? "";
  const forged = new URL(url).pathname.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
  expect((await send("GET", forged)).status).toBe(404);
  expect((await send("GET", "/return/nonsense")).status).toBe(404);
  expect(await read(id)).toMatchObject({ status: "requires_customer_action" });
});

test("where the merchant gave no page, the shopper sees ours", async () => {
  const { page } = await challenge({ returnUrl: undefined });
  const back = await send("GET", await decide(page, "approve"));
  expect(back.status).toBe(200);
  expect(back.text).toContain("Payment confirmed");
});

test("cancelling while the shopper is away closes the challenge at the processor", async () => {
  const { id, page } = await challenge();
  const cancelled = await send("POST", `/api/payments/${id}/cancel`, { key: merchant.secret.test, body: {} });
  expect(cancelled.json).toMatchObject({ status: "cancelled" });
  await send("GET", await decideLate(page));
  expect(await read(id)).toMatchObject({ status: "cancelled", amountReceived: 0 });
  const ledger = await send("GET", `/api/sandbox/ledger?paymentId=${id}`, { key: merchant.secret.test });
  expect(ledger.json.data).toEqual([]);
});

async function decideLate(page: string): Promise<string> {
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const decided = await send("POST", page, { headers, body: "approve=1" });
  const back = new URL(decided.headers.get("location") ?? "http://localhost/return/none");
  return `${back.pathname}${back.search}`;
}

/** Where the processor was told to send the shopper: the sandbox keeps it with its challenge. */
async function ticketOf(id: string): Promise<string | undefined> {
  const processor = env.SANDBOX_PROCESSOR.getByName(merchant.id);
  return runInDurableObject(processor, (_, state) => {
    return state.storage.sql.exec<{ back: string }>("SELECT back FROM challenge WHERE order_ref = ?", id).one().back;
  });
}
