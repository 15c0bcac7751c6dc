import { describe, expect, test } from "vitest";
import type { CallContext } from "../../src/connectors/connector.ts";
import { mollie } from "../../src/connectors/mollie/index.ts";
import { MollieSimulator } from "../support/processors/mollie.ts";
import { mollieAccount } from "./accounts.ts";
import { openingCall } from "./calls.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** A processor with one payment, and how often it was asked. */
async function known() {
  const processor = new MollieSimulator();
  const call = openingCall("charge", null);
  let asked = 0;
  const context: CallContext = {
    account: mollieAccount(),
    now: 1_000,
    send: (request) => {
      asked += 1;
      return processor.send(request);
    },
  };
  const outcome = await mollie.perform(call, context);
  const id = outcome.kind === "challenge" ? outcome.reference : "";
  return { processor, call, context, id, asked: () => asked };
}

describe("Mollie's notices", () => {
  test("are hints about the payment that Mollie itself says they are about", async () => {
    const { call, context, id, asked } = await known();
    const raw = bytes(`id=${id}`);
    const before = asked();
    expect(await mollie.webhook?.verify(raw, new Headers(), context)).toBe(true);
    expect(await mollie.webhook?.read(raw, context)).toEqual([
      { messageId: `${id}:1000`, paymentId: call.paymentId, key: null, outcome: null },
    ]);
    expect(asked() - before).toBe(1);
  });

  test("say nothing of the outcome, also where the payment is paid", async () => {
    const { processor, context, id } = await known();
    processor.decide(id, "paid");
    expect(await mollie.webhook?.read(bytes(`id=${id}`), context)).toMatchObject([{ key: null, outcome: null }]);
  });

  test("about a payment that is not ours, or unreadable, are from nobody", async () => {
    const { context, id, asked } = await known();
    expect(await mollie.webhook?.verify(bytes("id=tr_Unknown123"), new Headers(), context)).toBe(false);
    const before = asked();
    for (const text of [
      "",
      "id=",
      "id=../../v2/payments",
      `id=${id}/captures`,
      `{"id":"${id}"}`,
      "id=pay_1",
      `id=${id}&x=${"y".repeat(300)}`,
      "\u0000",
    ]) {
      expect(await mollie.webhook?.verify(bytes(text), new Headers(), context)).toBe(false);
      expect(await mollie.webhook?.read(bytes(text), context)).toEqual([]);
    }
    expect(asked()).toBe(before);
  });

  test("are not believed where Mollie cannot be asked, or answers for another payment", async () => {
    const { context, id } = await known();
    const answers = [{ id: "tr_Another123" }, {}, []].map((body) => ({
      kind: "answer" as const,
      status: 200,
      headers: new Headers(),
      body: JSON.stringify(body),
    }));
    for (const got of [{ kind: "no_answer" as const, reason: "lost" }, ...answers]) {
      expect(
        await mollie.webhook?.verify(bytes(`id=${id}`), new Headers(), { ...context, send: async () => got }),
      ).toBe(false);
    }
  });

  test("about a payment that somebody else made with the same key are no facts", async () => {
    const { context } = await known();
    const body = JSON.stringify({ id: "tr_Foreign123", metadata: { order: 7 } });
    const send: CallContext["send"] = async () => ({ kind: "answer", status: 200, headers: new Headers(), body });
    expect(await mollie.webhook?.read(bytes("id=tr_Foreign123"), { ...context, send })).toEqual([]);
  });
});
