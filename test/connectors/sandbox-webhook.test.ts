import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { challengeId, parseChallengeId } from "../../src/connectors/sandbox/challenge-id.ts";
import type { SandboxProcessor } from "../../src/connectors/sandbox/processor.ts";
import { signHook } from "../../src/connectors/sandbox/sign.ts";
import { readHook, verifyHook } from "../../src/connectors/sandbox/webhook.ts";
import { followingCall, openingCall, sandboxAccount } from "./calls.ts";
import { letPass, lookup, perform, processorOf } from "./sandbox-talk.ts";

const SECRET = "hook-secret-of-this-account";
const account = sandboxAccount({ settings: { webhookSecret: SECRET, webhooks: true } });
const quiet = sandboxAccount({ settings: { webhookSecret: SECRET } });

interface Received {
  url: string;
  headers: Headers;
  raw: Uint8Array;
}

/** From now on webhooks come here; `status` is asked at each. */
async function receive(status: () => number = () => 200): Promise<Received[]> {
  const received: Received[] = [];
  await runInDurableObject(processorOf(), (processor: SandboxProcessor) => {
    processor.post = async (request) => {
      received.push({ url: request.url, headers: request.headers, raw: new Uint8Array(await request.arrayBuffer()) });
      return new Response(null, { status: status() });
    };
  });
  return received;
}

/** Until the alarm has nothing more to do, the clock of the processor standing still. */
async function deliverDue(): Promise<void> {
  await scheduler.wait(30);
  await runDurableObjectAlarm(processorOf());
}

function facts(received: readonly Received[]) {
  return received.flatMap(({ raw }) => readHook(raw));
}

describe("webhooks of the sandbox", () => {
  test("tell of an operation, signed for the account, at our own origin", async () => {
    const received = await receive();
    const call = openingCall("charge", "4242424242424242");
    await perform(call, account);
    await deliverDue();
    expect(received.map(({ url }) => url)).toEqual([`https://pay.example/webhooks/${account.id}`]);
    const [message] = received;
    if (message === undefined) throw new Error("nothing received");
    expect(await verifyHook(message.raw, message.headers, { account, now: Date.now() })).toBe(true);
    expect(facts(received)).toMatchObject([
      { paymentId: call.paymentId, key: call.key, outcome: { kind: "approved", amount: 1000, currency: "gbp" } },
    ]);
    expect(new TextDecoder().decode(message.raw)).not.toContain("4242");
  });

  test("are sent for ordinary operations only where the account asks for them", async () => {
    const received = await receive();
    await perform(openingCall("charge", "4242424242424242"), quiet);
    await deliverDue();
    expect(received).toEqual([]);
  });

  test("always tell that a pending refund has settled, once it has", async () => {
    const received = await receive();
    const opening = openingCall("charge", "4000000000005126");
    await perform(opening, quiet);
    const refund = followingCall(opening, "refund", { attemptReference: null, amount: 300 });
    expect(await perform(refund, quiet)).toMatchObject({ kind: "pending" });
    await deliverDue();
    expect(received).toEqual([]);
    await letPass(3_000);
    await deliverDue();
    expect(facts(received)).toMatchObject([{ key: refund.key, outcome: { kind: "approved", amount: 300 } }]);
    expect(await lookup(refund, quiet)).toMatchObject({ kind: "approved" });
  });

  test("always tell that a challenge was answered", async () => {
    const received = await receive();
    const call = openingCall("charge", "4000003800000446");
    const outcome = await perform(call, quiet);
    const id = outcome.kind === "challenge" ? (new URL(outcome.url).pathname.split("/").at(-1) ?? "") : "";
    const parsed = parseChallengeId(id);
    expect(challengeId(parsed?.objectId ?? "", parsed?.token ?? "")).toBe(id);
    await processorOf().decideChallenge(parsed?.token ?? "", false);
    await deliverDue();
    expect(facts(received)).toMatchObject([
      { key: call.key, outcome: { kind: "declined", error: { category: "authentication_failed" } } },
    ]);
  });

  test("are repeated by the duplicate rate under one message id", async () => {
    const received = await receive();
    const doubling = sandboxAccount({ settings: { ...account.settings, duplicateWebhookRate: 1 } });
    await perform(openingCall("charge", "4242424242424242"), doubling);
    await deliverDue();
    expect(received).toHaveLength(2);
    expect(new Set(facts(received).map(({ messageId }) => messageId)).size).toBe(1);
  });

  test("are tried again a few times, then given up", async () => {
    const received = await receive(() => 404);
    await perform(openingCall("charge", "4242424242424242"), account);
    await deliverDue();
    expect(received).toHaveLength(1);
    for (const waitMs of [2_000, 10_000, 60_000, 600_000]) {
      await letPass(waitMs);
      await deliverDue();
    }
    expect(received).toHaveLength(4);
    expect(new Set(facts(received).map(({ messageId }) => messageId)).size).toBe(1);
  });

  test("of an account without a secret are not sent at all", async () => {
    const received = await receive();
    await perform(openingCall("charge", "4242424242424242"), sandboxAccount({ settings: { webhooks: true } }));
    await deliverDue();
    expect(received).toEqual([]);
  });
});

describe("the verification of a webhook", () => {
  const raw = new TextEncoder().encode('{"msg":"hk_1","res":"OK"}');
  const now = 1_800_000_000_000;
  const body = new TextDecoder().decode(raw);

  async function verifies(header: string | null, bytes = raw, at = now, by = account): Promise<boolean> {
    const headers = new Headers(header === null ? {} : { "sandbox-signature": header });
    return verifyHook(bytes, headers, { account: by, now: at });
  }

  test("accepts the account's signature within 300 s either way", async () => {
    const header = await signHook(SECRET, body, now / 1000);
    for (const shift of [-300_000, 0, 300_000]) expect(await verifies(header, raw, now + shift)).toBe(true);
    for (const shift of [-301_000, 301_000]) expect(await verifies(header, raw, now + shift)).toBe(false);
  });

  test("accepts one good signature among several, as during a rotation", async () => {
    const [time, good] = (await signHook(SECRET, body, now / 1000)).split(",");
    const [, other] = (await signHook("another", body, now / 1000)).split(",");
    expect(await verifies(`${time},${other},${good}`)).toBe(true);
  });

  test("refuses every flipped bit of body and signature", async () => {
    const header = await signHook(SECRET, body, now / 1000);
    for (let at = 0; at < raw.length; at++) {
      const changed = raw.slice();
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      expect(await verifies(header, changed)).toBe(false);
    }
    const start = header.indexOf("v1=") + 3;
    for (let at = start; at < header.length; at++) {
      const digit = (Number.parseInt(header.charAt(at), 16) ^ 1).toString(16);
      expect(await verifies(header.slice(0, at) + digit + header.slice(at + 1))).toBe(false);
    }
  });

  test("refuses what is missing, malformed, or signed by or for somebody else", async () => {
    const header = await signHook(SECRET, body, now / 1000);
    const [time, signature] = header.split(",");
    const wrong = [
      null,
      "",
      "t=,v1=",
      `${time}`,
      `${signature}`,
      `${time},${signature?.slice(0, -2)}`,
      `${time},v0=${signature?.slice(3)}`,
      `t=1e9,${signature}`,
      `${time},${time},${signature}`,
    ];
    for (const bad of wrong) expect(await verifies(bad)).toBe(false);
    expect(await verifies(await signHook("another", body, now / 1000))).toBe(false);
    for (const settings of [{}, { webhookSecret: "" }, { webhookSecret: 7 }]) {
      const by = sandboxAccount({ settings });
      expect(await verifies(await signHook("", body, now / 1000).catch(() => header), raw, now, by)).toBe(false);
    }
  });

  test.each(["", "null", "[]", '"x"', "{}", '{"msg":7,"res":"OK"}', '{"msg":"","res":"OK"}', "\u0000"])(
    "unreadable bytes become no fact: %j",
    (text) => {
      expect(readHook(new TextEncoder().encode(text))).toEqual([]);
    },
  );

  test("what is not certain becomes a hint, and a foreign reference no payment", () => {
    const read = (message: unknown) => readHook(new TextEncoder().encode(JSON.stringify(message)));
    expect(read({ msg: "m", res: "MAYBE", key: "k", order: "pay_x" })).toEqual([
      { messageId: "m", paymentId: null, key: "k", outcome: null },
    ]);
  });
});
