import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { PaymentShardApi } from "../../src/durable/shard-api.ts";
import { type TestMerchant, makeClient, makeMerchant } from "../support/http.ts";

const send = makeClient();

async function create(merchant: TestMerchant, fields: Record<string, unknown> = {}) {
  const body = { amount: 1000, currency: "gbp", paymentMethod: {}, ...fields };
  const answer = await send("POST", "/api/payments", { key: merchant.secret.test, body });
  expect(answer.status, answer.text).toBe(201);
  return answer.json;
}

async function list(merchant: TestMerchant, query = "") {
  const answer = await send("GET", `/api/payments${query}`, { key: merchant.secret.test });
  expect(answer.status, answer.text).toBe(200);
  return answer.json;
}

const ids = (page: { data: { id: string }[] }) => page.data.map(({ id }) => id);
const customer = (email: string) => ({ email, firstName: "John", lastName: "Doe" });

test("a payment stands in the list as soon as its create was answered, exactly as it was answered", async () => {
  const merchant = await makeMerchant(send);
  const payment = await create(merchant, { metadata: { order: "A-1" }, customer: customer("john.doe@example.com") });
  expect(await list(merchant)).toEqual({ data: [payment], hasMore: false, nextCursor: null });
});

test("a merchant without payments has an empty list", async () => {
  expect(await list(await makeMerchant(send))).toEqual({ data: [], hasMore: false, nextCursor: null });
});

test("the default page is ten payments, newest first, and cursors lead through all of them", async () => {
  const merchant = await makeMerchant(send);
  const made: { id: string; created: string }[] = [];
  for (let n = 0; n < 12; n += 1) made.push(await create(merchant));
  const newestFirst = made
    .sort((a, b) => (a.created === b.created ? (a.id < b.id ? 1 : -1) : a.created < b.created ? 1 : -1))
    .map(({ id }) => id);
  const first = await list(merchant);
  expect(first.hasMore).toBe(true);
  const second = await list(merchant, `?cursor=${first.nextCursor}`);
  expect(second).toMatchObject({ hasMore: false, nextCursor: null });
  expect([...ids(first), ...ids(second)]).toEqual(newestFirst);
  expect(ids(first)).toHaveLength(10);
  expect(ids(await list(merchant, "?limit=100"))).toEqual(newestFirst);
});

test("each filter finds the payment that fits and leaves out the one that does not", async () => {
  const merchant = await makeMerchant(send);
  const wanted = await create(merchant, {
    amount: 2500,
    currency: "eur",
    merchantReference: "order 7",
    metadata: { "shop.floor": "3 & up", colour: "red" },
    customer: customer("Jane.Roe@example.com"),
  });
  const other = await create(merchant, { confirm: false, customer: customer("john.doe@example.com") });
  const filters = [
    "status=succeeded",
    "status=SUCCEEDED",
    "currency=EUR",
    "connector=sandbox",
    `customerId=${wanted.customer.id}`,
    "email=jane.roe%40EXAMPLE.com",
    "merchantReference=order%207",
    "amountMin=1001",
    "metadata[colour]=red",
    "metadata%5Bshop.floor%5D=3%20%26%20up",
    "metadata[colour]=red&metadata[shop.floor]=3+%26+up&status=succeeded&currency=eur&amountMax=2500",
  ];
  for (const filter of filters) expect(ids(await list(merchant, `?${filter}`)), filter).toEqual([wanted.id]);
  for (const filter of ["amountMax=1000", "status=requires_confirmation"]) {
    expect(ids(await list(merchant, `?${filter}`)), filter).toEqual([other.id]);
  }
  for (const filter of [
    "metadata[colour]=blue",
    "metadata[size]=red",
    `customerId=${other.customer.id}&email=jane.roe@example.com`,
  ]) {
    expect(ids(await list(merchant, `?${filter}`)), filter).toEqual([]);
  }
});

test("createdFrom and createdTo take times with any offset and whole days, ends included", async () => {
  const merchant = await makeMerchant(send);
  const { id, created } = await create(merchant);
  const at = Date.parse(created);
  const day = created.slice(0, 10);
  const inOffset = new Date(at + 2 * 3_600_000).toISOString().replace("Z", "%2B02:00");
  for (const filter of [
    `createdFrom=${created}&createdTo=${created}`,
    `createdFrom=${inOffset}&createdTo=${inOffset}`,
    `createdFrom=${day}&createdTo=${day}`,
  ]) {
    expect(ids(await list(merchant, `?${filter}`)), filter).toEqual([id]);
  }
  for (const filter of [
    `createdFrom=${new Date(at + 1).toISOString()}`,
    `createdTo=${new Date(at - 1).toISOString()}`,
    `createdTo=${new Date(at - 86_400_000).toISOString().slice(0, 10)}`,
  ]) {
    expect(ids(await list(merchant, `?${filter}`)), filter).toEqual([]);
  }
});

test.each([
  ["limit=0", "parameter_invalid", "limit"],
  ["limit=101", "parameter_invalid", "limit"],
  ["limit=1.0", "parameter_invalid", "limit"],
  ["limit=", "parameter_invalid", "limit"],
  ["cursor=abc", "parameter_invalid", "cursor"],
  ["cursor=", "parameter_invalid", "cursor"],
  ["status=paid", "parameter_invalid", "status"],
  ["status=failed&status=succeeded", "parameter_invalid", "status"],
  ["currency=xxq", "parameter_invalid", "currency"],
  ["createdFrom=yesterday", "parameter_invalid", "createdFrom"],
  ["createdFrom=2025-02-30", "parameter_invalid", "createdFrom"],
  ["createdTo=2025-07-14T12:00:00", "parameter_invalid", "createdTo"],
  ["amountMin=1e3", "parameter_invalid", "amountMin"],
  ["amountMax=-1", "parameter_invalid", "amountMax"],
  ["metadata=red", "parameter_invalid", "metadata"],
  ["metadata[a]=1&metadata[a]=2", "parameter_invalid", "metadata.a"],
  ["offset=10", "parameter_unknown", "offset"],
  ["Status=failed", "parameter_unknown", "Status"],
])("%s answers 400 %s at %s", async (query, code, param) => {
  const { secret } = await makeMerchant(send);
  const answer = await send("GET", `/api/payments?${query}`, { key: secret.test });
  expect(answer.status).toBe(400);
  expect(answer.json.error).toMatchObject({ type: "invalid_request", code, param });
});

test("every problem of a query is named at once", async () => {
  const { secret } = await makeMerchant(send);
  const answer = await send("GET", "/api/payments?limit=x&status=paid&offset=1&metadata[a]=1&metadata[a]=2", {
    key: secret.test,
  });
  const paths = answer.json.error.issues.map(({ path }: { path: string }) => path);
  expect(paths.sort()).toEqual(["limit", "metadata.a", "offset", "status"]);
});

test("a list shows nothing of another merchant or of the other mode", async () => {
  const [mine, others] = [await makeMerchant(send), await makeMerchant(send)];
  const payment = await create(mine, { customer: customer("john.doe@example.com") });
  expect(ids(await list(others))).toEqual([]);
  expect(ids(await list(others, `?customerId=${payment.customer.id}`))).toEqual([]);
  const live = await send("GET", "/api/payments", { key: mine.secret.live });
  expect(live.json.data).toEqual([]);
});

test("with D1 away the list answers 503 unavailable, and afterwards it is whole", async () => {
  const merchant = await makeMerchant(send);
  await create(merchant);
  await env.DB.exec("ALTER TABLE payments RENAME TO away");
  const payment = await create(merchant);
  const answer = await send("GET", "/api/payments", { key: merchant.secret.test });
  expect(answer.status).toBe(503);
  expect(answer.json.error).toMatchObject({ type: "api", code: "unavailable" });
  expect(answer.headers.get("retry-after")).toMatch(/^\d+$/);
  await env.DB.exec("ALTER TABLE away RENAME TO payments");
  await expect.poll(async () => ids(await list(merchant)), { timeout: 5000 }).toContain(payment.id);
  expect(ids(await list(merchant))).toHaveLength(2);
});

test("a shard that does not answer keeps nobody from what has reached D1", async () => {
  const merchant = await makeMerchant(send);
  const payment = await create(merchant);
  await list(merchant);
  const silent = { flush: () => new Promise<boolean>(() => {}) } as Partial<PaymentShardApi> as PaymentShardApi;
  const broken = { flush: () => Promise.reject(new Error("reset")) } as Partial<PaymentShardApi> as PaymentShardApi;
  for (const shard of [silent, broken]) {
    const answer = await makeClient({ shard: () => shard })("GET", "/api/payments", { key: merchant.secret.test });
    expect(answer.status).toBe(200);
    expect(ids(answer.json)).toEqual([payment.id]);
  }
});
