import { listDurableObjectIds, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { makeClient, makeMerchant, type Send, type TestMerchant } from "../support/http.ts";

/** Numbers that occur nowhere else. The second one stays in flight: its card stands in the shard, sealed. */
const APPROVED = "378282246310005";
const SILENT = "4000000000000259";
const CVC = "7391";

let send: Send;
let merchant: TestMerchant;
const logged: string[] = [];

beforeEach(async () => {
  send = makeClient();
  merchant = await makeMerchant(send);
  logged.length = 0;
  for (const level of ["debug", "log", "info", "warn", "error"] as const) {
    vi.spyOn(console, level).mockImplementation((...parts: unknown[]) => {
      logged.push(parts.map((part) => (part instanceof Error ? `${part.stack}` : JSON.stringify(part))).join(" "));
    });
  }
});
afterEach(() => vi.restoreAllMocks());

const BODY = {
  amount: 1000,
  currency: "gbp",
  captureMethod: "automatic",
  connectionInformation: { customerIp: "192.168.1.1", extra: "x" },
  browserInfo: { userAgent: "Mozilla/5.0", extra: "x" },
  cartItems: [{ name: "Mouse", price: 2999, quantity: 2, type: "tangible", extra: { deep: ["x"] } }],
  primaryDeliveryDetails: { deliveryMethod: "FedEx", deliveryType: "physical", extra: "x" },
  customer: { email: "john@example.com", firstName: "John", lastName: "Doe", phone: "+441234567890", extra: "x" },
  billing: { line1: "1 Road", line2: "x", city: "London", state: "x", postalCode: "N1", country: "GB" },
  shipping: { line1: "1 Road", country: "GB" },
  metadata: { order: "7" },
  description: "shoes",
  statementDescriptor: "SHOES",
  merchantReference: "ref-7",
  returnUrl: "https://shop.example/",
  connector: "sandbox",
  nonsense: "x",
};

/** The body once for each of its text members, with `text` in that member's place. */
function* planted(text: string): Generator {
  function* places(value: unknown): Generator<(replacement: string) => unknown> {
    if (typeof value === "string") yield (replacement) => replacement;
    else if (Array.isArray(value)) {
      for (const [index, item] of value.entries())
        for (const place of places(item)) yield (r) => value.with(index, place(r));
    } else if (typeof value === "object" && value !== null) {
      for (const [name, member] of Object.entries(value)) {
        for (const place of places(member)) yield (r) => ({ ...value, [name]: place(r) });
        yield (r) => ({ ...value, [r]: member });
      }
    }
  }
  for (const place of places(BODY)) yield place(text);
}

function card(number: string) {
  return { type: "card", card: { number, expiryMonth: "12", expiryYear: "2030", cvc: CVC, holderName: "John Doe" } };
}

async function everythingStored(): Promise<string> {
  const dumps: string[] = [];
  const { results: tables } = await env.DB.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all<{
    name: string;
  }>();
  for (const { name } of tables.filter((table) => !table.name.startsWith("_cf"))) {
    dumps.push(JSON.stringify((await env.DB.prepare(`SELECT * FROM "${name}"`).all()).results));
  }
  for (const namespace of [env.PAYMENT_SHARD, env.SANDBOX_PROCESSOR, env.VAULT] as DurableObjectNamespace[]) {
    for (const id of await listDurableObjectIds(namespace)) {
      dumps.push(await runInDurableObject(namespace.get(id), (_, state) => dumpSql(state.storage.sql)));
    }
  }
  return dumps.join("\n");
}

function dumpSql(sql: SqlStorage): string {
  const tables = sql.exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'").toArray();
  return tables
    .filter(({ name }) => !name.startsWith("_cf"))
    .map(({ name }) => JSON.stringify(sql.exec(`SELECT * FROM "${name}"`).toArray(), asText))
    .join("\n");
}

/** Blobs as text too: a number must not hide in one. */
function asText(_: string, value: unknown): unknown {
  return value instanceof ArrayBuffer ? new TextDecoder().decode(value) : value;
}

const digits = (text: string) => text.replaceAll(/(?<=\d)[ -](?=\d)/g, "");

function expectClean(where: string, text: string): void {
  for (const number of [APPROVED, SILENT]) expect(digits(text).includes(number), `card number in ${where}`).toBe(false);
  expect(new RegExp(`(?<![\\w.])${CVC}(?![\\w.])`).test(text), `CVC in ${where}`).toBe(false);
}

test("a card number and its CVC, posted anywhere, stand nowhere in the clear", { timeout: 60_000 }, async () => {
  const key = merchant.secret.test;
  const answers: string[] = [];
  const post = async (path: string, body: unknown, idempotencyKey?: string) => {
    const headers: Record<string, string> = idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey };
    const answer = await send("POST", path, { key, body, headers });
    answers.push(answer.text);
    return answer;
  };

  const { nonsense: _, ...good } = BODY;
  const sold = await post("/api/payments", { ...good, paymentMethod: card(APPROVED) }, "sold");
  expect(sold.json.status).toBe("succeeded");
  const silent = post("/api/payments", { ...good, paymentMethod: card(SILENT) }, "silent");
  const stored = await post("/api/payments", { ...good, confirm: false, paymentMethod: card(APPROVED) });
  expect(stored.json.status).toBe("requires_confirmation");
  for (const number of [APPROVED, "3782 822463 10005", "3782-822463-10005"]) {
    for (const body of planted(number)) await post("/api/payments", body);
  }
  await post("/api/payments", { ...good, paymentMethod: { ...card(APPROVED), wrong: APPROVED } });
  await post("/api/payments", `{"amount": ${APPROVED}, "paymentMethod": ${JSON.stringify(card(APPROVED))}`);
  await post("/api/payments", {
    ...good,
    paymentMethod: { type: "card", card: { ...card(APPROVED).card, number: `${APPROVED}1` } },
  });
  await post(`/api/payments/${stored.json.id}/confirm`, { paymentMethod: card(APPROVED) });
  for (const body of [{ card: card(APPROVED).card }, { card: card(SILENT).card }]) {
    const { json: token } = await post("/api/tokens", body);
    expect((await post("/api/tokens", { ...body, note: APPROVED })).status).toBe(400);
    if (body.card.number === SILENT) continue;
    const bought = await post("/api/payments", {
      ...good,
      setupFutureUsage: "off_session",
      paymentMethod: { type: "card", token: token.id },
    });
    expect(bought.json).toMatchObject({ status: "succeeded", paymentMethodId: expect.stringMatching(/^pm_/) });
    const again = await post("/api/payments", { ...good, paymentMethod: { id: bought.json.paymentMethodId } });
    expect(again.json.status).toBe("succeeded");
  }
  await post("/api/tokens", { card: { ...card(APPROVED).card, holderName: APPROVED } });
  await post("/api/refunds", { paymentId: sold.json.id, amount: 1, reason: APPROVED, metadata: { note: APPROVED } });
  await post(`/api/payments/${sold.json.id}/cancel`, { reason: APPROVED });
  await send("GET", `/api/payments?merchantReference=${APPROVED}`, { key });
  expect((await silent).json.status).toBe("processing");

  expectClean("answers", answers.join("\n"));
  expectClean("logs", logged.join("\n"));
  const storage = await everythingStored();
  expectClean("storage", storage);
  // The scan sees what it should: the masked card, in D1 and in both kinds of objects, and the sealed one.
  for (const visible of ["john@example.com", '"last4":"0005"', "v2."]) expect(storage).toContain(visible);
  expect(() => expectClean("a probe", `{"cvc":"${CVC}"}`)).toThrow();
  expect(() => expectClean("a probe", "3782 822463 10005")).toThrow();
  expect(logged.length).toBeGreaterThan(10);
});
