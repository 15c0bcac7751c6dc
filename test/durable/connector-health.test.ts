import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { Observation } from "../../src/domain/routing/memory.ts";
import { type HealthNews, healthName } from "../../src/durable/health-api.ts";
import { ADDRESS, bodyOf, createInput, type PaymentBody, seedAccounts, shard } from "../support/shard.ts";

function health() {
  return env.CONNECTOR_HEALTH.getByName(healthName(ADDRESS));
}

async function report(observations: Observation[], since: number): Promise<HealthNews> {
  return JSON.parse(await health().report(observations, since)) as HealthNews;
}

function seen(account: string, change: Partial<Observation> = {}): Observation {
  const credit = { segments: ["*", "card|visa"], approved: true };
  return { account, region: "local", at: Date.now(), answer: "approved", latencyMs: 12, credit, ...change };
}

async function payFrom(region: string): Promise<PaymentBody> {
  return bodyOf(await shard().create(ADDRESS, { ...createInput(), region }));
}

test("an account that is sick in one region goes on in the others", async () => {
  await seedAccounts({ label: "sandbox", settings: { errorRate: 1 } }, { label: "b" });
  await Promise.all(Array.from({ length: 10 }, () => payFrom("eu")));
  expect((await payFrom("eu")).attempts.map(({ connector }) => connector)).toEqual(["b"]);
  expect((await payFrom("na")).attempts.map(({ connector }) => connector)).toEqual(["sandbox", "b"]);
});

test("a shard hears what changed since its last report, and no more", async () => {
  const first = await report([seen("ca_a"), seen("ca_b")], 0);
  expect(first.circuits.map(([key]) => key).sort((a, b) => a.localeCompare(b))).toEqual(["ca_a|local", "ca_b|local"]);
  expect(first.learned).toHaveLength(4);
  const second = await report([seen("ca_a")], first.reports);
  expect(second.circuits.map(([key]) => key)).toEqual(["ca_a|local"]);
  const third = await report([], second.reports);
  expect([third.circuits, third.learned]).toEqual([[], []]);
});

test("what shards have learned survives the object that holds it, and is told anew", async () => {
  const before = await report([seen("ca_a", { answer: "error" }), seen("ca_a")], 0);
  await runInDurableObject(health(), (_, state) => state.abort("crash")).catch(() => undefined);
  const after = await report([], 0);
  expect(after).toEqual(before);
  expect(JSON.parse(await health().read({ id: "ca_a", label: "a" }))).toMatchObject({
    calls: 2,
    errors: 1,
    successRate: 0.5,
  });
});

test("a segment that nobody pays in any more makes room, account by account", async () => {
  const old = seen("ca_a", { at: 1, credit: { segments: ["oldest"], approved: true } });
  const others = Array.from({ length: 400 }, (_, n) =>
    seen("ca_a", { at: 2 + n, credit: { segments: [`segment ${n}`], approved: true } }),
  );
  const { learned } = await report([old, seen("ca_b"), ...others], 0);
  const keys = learned.map(([key]) => key);
  expect(keys).not.toContain("ca_a|oldest");
  expect(keys).toContain("ca_a|segment 0");
  expect(keys).toContain("ca_b|*");
});

test("payments go on where what shards have learned cannot be reached", async () => {
  await seedAccounts({ label: "sandbox" }, { label: "b" });
  await runInDurableObject(health(), (instance) => {
    instance.report = () => Promise.reject(new Error("out of reach"));
  });
  expect((await payFrom("eu")).status).toBe("succeeded");
});

test("latencies are told within a tenth, and silence is not counted as a slow answer", async () => {
  const answers = Array.from({ length: 100 }, (_, n) => seen("ca_a", { latencyMs: n < 90 ? 40 : 400 }));
  await report([...answers, seen("ca_a", { answer: "timeout", latencyMs: 3000 })], 0);
  const { latency, timeouts } = JSON.parse(await health().read({ id: "ca_a", label: "a" }));
  expect(Math.abs(latency.p50 / 40 - 1)).toBeLessThan(0.1);
  expect(Math.abs(latency.p95 / 400 - 1)).toBeLessThan(0.1);
  expect(timeouts).toBe(1);
});
