import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { decideChallenge } from "../../src/connectors/registry.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import type { ProcessorMessage } from "../../src/durable/shard-api.ts";
import { create, newPaymentId, read, ringUntil, sandboxLedger, seedAccounts, shard } from "../support/shard.ts";

beforeEach(() => seedAccounts());

const APPROVED: Outcome = { kind: "approved", reference: "tx_told", amount: 1000, currency: "gbp" };

function message(payment: { id: string }, changes: Partial<ProcessorMessage> = {}): ProcessorMessage {
  const key = `att_${payment.id.slice(4)}01`;
  return { accountId: "ca_sandbox", messageId: "msg_1", paymentId: payment.id, key, outcome: APPROVED, ...changes };
}

function rows(sql: string): Promise<Record<string, unknown>[]> {
  return runInDurableObject(shard(), (_, state) => state.storage.sql.exec(sql).toArray());
}

function challenged() {
  return create({ number: "4000003800000446", details: { returnUrl: "https://shop.example" } });
}

describe("a message of a processor", () => {
  test("that comes before our own answer settles the call, and that answer then changes nothing", async () => {
    await env.DB.prepare("UPDATE connector_accounts SET settings = ?")
      .bind(JSON.stringify({ latencyMs: 400 }))
      .run();
    const id = newPaymentId();
    const created = create({ id });
    for (let tries = 0; tries < 50; tries++) {
      if ((await shard().hear(message({ id }))) !== "unknown") break;
      await scheduler.wait(5);
    }
    expect(await read(id)).toMatchObject({ status: "succeeded", amountReceived: 1000 });
    expect(await created).toMatchObject({ status: "succeeded" });
    const { version } = await read(id);
    await scheduler.wait(500);
    expect((await read(id)).version).toBe(version);
    expect(await sandboxLedger(id)).toHaveLength(1);
  });

  test("is noted once, and again for another operation or account", async () => {
    const payment = await create();
    expect(await shard().hear(message(payment))).toBe("heard");
    expect(await shard().hear(message(payment))).toBe("duplicate");
    expect(await shard().hear(message(payment, { messageId: "msg_2" }))).toBe("heard");
    expect(await shard().hear(message(payment, { accountId: "ca_other" }))).toBe("unknown");
    expect(await shard().hear(message(payment, { key: "att_nonsense" }))).toBe("unknown");
    expect(await rows("SELECT count(*) AS n FROM inbox")).toEqual([{ n: 2 }]);
  });

  test("whose effect cannot be written is not noted either, and is heard when it comes again", async () => {
    const payment = await challenged();
    const fails = await runInDurableObject(shard(), async (instance, { storage }) => {
      storage.sql.exec("CREATE TRIGGER full BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'no room'); END");
      const told = await instance.hear(message(payment)).catch((error: unknown) => String(error));
      storage.sql.exec("DROP TRIGGER full");
      return told;
    });
    expect(fails).toContain("no room");
    expect(await rows("SELECT count(*) AS n FROM inbox")).toEqual([{ n: 0 }]);
    expect((await read(payment.id)).status).toBe("requires_customer_action");
    expect(await shard().hear(message(payment))).toBe("heard");
    expect((await read(payment.id)).status).toBe("succeeded");
  });

  test("that only hints asks nobody where nothing is open any more", async () => {
    const payment = await create();
    const calls = await rows("SELECT count(*) AS n FROM calls");
    expect(await shard().hear(message(payment, { key: null, outcome: null }))).toBe("heard");
    expect(await rows("SELECT count(*) AS n FROM calls")).toEqual(calls);
    expect(await rows("SELECT * FROM due WHERE job = 'confirm'")).toEqual([]);
  });

  test("that only hints is asked about until somebody answers", async () => {
    const payment = await challenged();
    const challenge = new URL(payment.nextAction.url ?? "").pathname.split("/").at(-1) ?? "";
    await env.DB.prepare("UPDATE connector_accounts SET id = 'ca_away'").run();
    await shard().forgetConfiguration();
    expect(await shard().hear(message(payment, { key: null, outcome: null }))).toBe("asked");
    expect(await rows("SELECT job FROM due WHERE job = 'confirm'")).toEqual([{ job: "confirm" }]);
    await ring();
    expect(await rows("SELECT tries FROM due WHERE job = 'confirm'")).toEqual([{ tries: 1 }]);
    expect((await read(payment.id)).status).toBe("requires_customer_action");

    await env.DB.prepare("UPDATE connector_accounts SET id = 'ca_sandbox'").run();
    await shard().forgetConfiguration();
    await decideChallenge(env, challenge, true);
    await ringUntil(payment.id, ({ status }) => status === "succeeded");
    expect(await rows("SELECT * FROM due WHERE job = 'confirm'")).toEqual([]);
  });
});

async function ring(): Promise<void> {
  await runInDurableObject(shard(), (instance) => {
    instance.clock = () => Date.now() + 60_000;
  });
  await runDurableObjectAlarm(shard());
}
