import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, expect, test } from "vitest";
import { createApp } from "../../src/http/app.ts";
import { shardName } from "../../src/durable/shard-api.ts";
import { makeClient, makeMerchant, type TestMerchant } from "../support/http.ts";

const send = makeClient();
const app = createApp();
let merchant: TestMerchant;
let key: string;

beforeEach(async () => {
  merchant = await makeMerchant(send);
  key = merchant.secret.test;
});

interface SentEvent {
  id: string;
  event: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- judged by the assertions
  data: any;
}

/** Reads a stream event by event. */
class Reader {
  readonly response: Response;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #text = "";

  constructor(response: Response) {
    if (response.body === null) throw new Error("no stream");
    this.response = response;
    this.#reader = response.body.getReader();
  }

  async next(): Promise<SentEvent> {
    for (;;) {
      const end = this.#text.indexOf("\n\n");
      if (end === -1) {
        const { done, value } = await Promise.race([
          this.#reader.read(),
          scheduler.wait(2_000).then(() => {
            throw new Error("nothing came");
          }),
        ]);
        if (done) throw new Error("the stream ended");
        this.#text += new TextDecoder().decode(value);
        continue;
      }
      const block = this.#text.slice(0, end);
      this.#text = this.#text.slice(end + 2);
      const fields = Object.fromEntries(
        block.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]),
      );
      if (fields["data"] !== undefined)
        return { id: fields["id"] ?? "", event: fields["event"] ?? "", data: JSON.parse(fields["data"]) };
    }
  }

  close(): Promise<void> {
    return this.#reader.cancel();
  }
}

async function open(path: string, headers: Record<string, string> = {}): Promise<Reader> {
  const request = new Request(`http://localhost${path}`, { headers });
  const response = await app.fetch(request, env, {
    waitUntil: () => {},
    passThroughOnException: () => {},
  } as unknown as ExecutionContext);
  return new Reader(response);
}

async function createPayment(body: Record<string, unknown> = {}) {
  const { json } = await send("POST", "/api/payments", {
    key,
    body: { amount: 1000, currency: "gbp", captureMethod: "manual", paymentMethod: {}, ...body },
  });
  return json as { id: string; version: number; status: string; clientSecret: string };
}

test("a stream tells what was committed before, in order, and then what is committed, as it is", async () => {
  const payment = await createPayment();
  const reader = await open(`/api/payments/${payment.id}/stream`, { authorization: `Bearer ${key}` });
  expect(reader.response.status).toBe(200);
  expect(reader.response.headers.get("content-type")).toContain("text/event-stream");
  const told = [await reader.next(), await reader.next(), await reader.next()];
  expect(told.map(({ id, event }) => [id, event])).toEqual([
    ["1", "payment.requires_confirmation"],
    ["2", "payment.processing"],
    ["3", "payment.requires_capture"],
  ]);
  expect(told[2]?.data.data.payment).toEqual(JSON.parse(JSON.stringify(payment)));
  const captured = await send("POST", `/api/payments/${payment.id}/capture`, { key, body: {} });
  expect((await reader.next()).event).toBe("payment.processing");
  const last = await reader.next();
  expect([last.id, last.event]).toEqual([String(captured.json.version), "payment.succeeded"]);
  const { json: list } = await send("GET", `/api/events?paymentId=${payment.id}&limit=1`, { key });
  expect(last.data).toEqual(list.data[0]);
  await reader.close();
});

test("Last-Event-ID resumes where a stream broke off", async () => {
  const payment = await createPayment();
  const byHeader = await open(`/api/payments/${payment.id}/stream`, {
    authorization: `Bearer ${key}`,
    "last-event-id": "2",
  });
  expect((await byHeader.next()).id).toBe("3");
  const byQuery = await open(`/api/payments/${payment.id}/stream?lastEventId=3`, { authorization: `Bearer ${key}` });
  await send("POST", `/api/payments/${payment.id}/cancel`, { key, body: {} });
  expect((await byQuery.next()).id).toBe("4");
  await Promise.all([byHeader.close(), byQuery.close()]);
});

test("a publishable key streams its own payment with the client secret, and sees its public fields only", async () => {
  const payment = await createPayment();
  const path = `/api/payments/${payment.id}/stream?clientSecret=${payment.clientSecret}`;
  const byHeader = await open(path, { authorization: `Bearer ${merchant.publishable.test}` });
  const byQuery = await open(`${path}&key=${merchant.publishable.test}`);
  for (const reader of [byHeader, byQuery]) {
    expect(reader.response.headers.get("access-control-allow-origin")).toBe("*");
    await reader.next();
    await reader.next();
    const { id, event, data } = await reader.next();
    expect([id, event, data.sequence, data.type]).toEqual([
      "3",
      "payment.requires_capture",
      3,
      "payment.requires_capture",
    ]);
    expect(data.data.payment).toMatchObject({ id: payment.id, status: "requires_capture", amount: 1000 });
    expect(Object.keys(data.data.payment)).not.toContain("customer");
    expect(Object.keys(data.data.payment)).not.toContain("attempts");
    await reader.close();
  }
});

test("whoever may not see the payment gets no stream", async () => {
  const payment = await createPayment();
  const other = await makeMerchant(send);
  const path = `/api/payments/${payment.id}/stream`;
  const refusals: [string, string | null, number][] = [
    [path, null, 401],
    [path, other.secret.test, 404],
    [path, merchant.secret.live, 404],
    [path, merchant.publishable.test, 403],
    [`${path}?clientSecret=${payment.clientSecret.slice(0, -1)}x`, merchant.publishable.test, 404],
    [`${path}?clientSecret=${payment.clientSecret}`, other.publishable.test, 404],
    [`${path}?key=${key}`, null, 401],
    [`/api/payments/pay_00zzzzzzzzzzzzzzzzzzzzzzzz/stream`, key, 404],
    [`/api/payments/pay_1/stream`, key, 404],
    [`${path}?lastEventId=x`, key, 400],
  ];
  for (const [where, by, status] of refusals) {
    expect([where, by, (await send("GET", where, { key: by })).status]).toEqual([where, by, status]);
  }
});

test("a client that goes away leaves nothing behind", async () => {
  const payment = await createPayment();
  const stub = env.PAYMENT_SHARD.getByName(shardName({ merchantId: merchant.id, mode: "test", shard: 0 }));
  const watching = () => runInDurableObject(stub, (instance) => instance.watching);
  const readers = [];
  for (let n = 0; n < 3; n++)
    readers.push(await open(`/api/payments/${payment.id}/stream`, { authorization: `Bearer ${key}` }));
  expect(await watching()).toBe(3);
  await readers[0]?.next();
  for (const reader of readers) await reader.close();
  await send("POST", `/api/payments/${payment.id}/cancel`, { key, body: {} });
  await scheduler.wait(50);
  expect(await watching()).toBe(0);
});
