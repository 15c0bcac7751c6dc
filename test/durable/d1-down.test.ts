import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { listPayments } from "../../src/projection/queries.ts";
import { ADDRESS, act, bodyOf, create, read, seedAccounts, shard } from "../support/shard.ts";

beforeEach(() => seedAccounts());
afterEach(() => vi.restoreAllMocks());

/**
 * D1 refuses what would change it, or everything; the shard runs in this isolate, so its binding can be shadowed. The
 * shard writes to D1 in batches only; it reads its configuration in one too, so it must have done that before.
 */
async function breakD1(refuses: "writes" | "everything"): Promise<void> {
  const refuse = () => Promise.reject(new Error("D1_ERROR: D1 DB is overloaded"));
  await runInDurableObject(shard(), (instance) => {
    const { DB } = (instance as unknown as { env: Env }).env;
    vi.spyOn(DB, "batch").mockImplementation(refuse);
    if (refuses === "everything") {
      vi.spyOn(DB, "prepare").mockImplementation(() => {
        throw new Error("D1_ERROR: Network connection lost");
      });
    }
  });
}

async function listed(): Promise<string[]> {
  const { results } = await env.DB.prepare("SELECT id, version FROM payments ORDER BY id").all<{
    id: string;
    version: number;
  }>();
  return results.map(({ id, version }) => `${id} ${version}`);
}

test("with D1 refusing every write, payments succeed, and the list catches up afterwards", async () => {
  const before = await create();
  await shard().flush(1000);
  await breakD1("writes");
  const payments = await Promise.all([create(), create(), create({ details: { captureMethod: "manual" } })]);
  expect(payments.map(({ status }) => status)).toEqual(["succeeded", "succeeded", "requires_capture"]);
  const last = payments[2]?.id ?? "";
  const captured = bodyOf(await act(last, { type: "capture", amount: null, final: null }));
  expect(captured.status).toBe("succeeded");
  expect(await shard().flush(200)).toBe(false);
  expect(await listed()).toEqual([`${before.id} ${before.version}`]);

  vi.restoreAllMocks();
  await runDurableObjectAlarm(shard());
  const versions = await Promise.all([before, ...payments].map(async ({ id }) => `${id} ${(await read(id)).version}`));
  expect(await listed()).toEqual(versions.toSorted());
});

test("with D1 away altogether, a shard that knows its accounts goes on", async () => {
  await create();
  await breakD1("everything");
  await runInDurableObject(shard(), (instance) => instance.forgetConfiguration());
  expect(await create()).toMatchObject({ status: "succeeded" });
});

test("an instance that starts while D1 is away takes the accounts that its shard last saw", async () => {
  await create();
  await shard().flush(1000);
  await runInDurableObject(shard(), (_, state) => state.abort("crash for a new instance")).catch(() => undefined);
  await breakD1("everything");
  expect(await create()).toMatchObject({ status: "succeeded" });
});

test("what a later write of the same payment overtakes does not take the list back", async () => {
  const { id } = await create({ details: { captureMethod: "manual" } });
  await shard().flush(1000);
  await act(id, { type: "cancel", reason: null });
  await shard().flush(1000);
  const owner = ADDRESS.merchantNumber * 2;
  const page = await listPayments(env.DB, owner, {}, { limit: 10, cursor: null });
  expect(JSON.stringify(page)).toContain("cancelled");
});
