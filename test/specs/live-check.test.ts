/** The check for people with an account, tried on a processor whose behaviour is known: ours. */
import { spawn } from "node:child_process";
import { describe, expect, test } from "vitest";
import { runLiveCheck, type Trial } from "../../src/cli/live-check.ts";
import type { Connector } from "../../src/connectors/connector.ts";
import { check } from "../../src/connectors/stripe/check.ts";
import { stripe } from "../../src/connectors/stripe/index.ts";
import { doorTo, makeSimulator, stripeAccount } from "../connectors/stripe-calls.ts";
import { serveSimulators } from "../support/processors/server.ts";

function trial(connector: Connector = stripe): Trial {
  return {
    connector,
    account: stripeAccount,
    check,
    send: doorTo(makeSimulator()),
    patience: { tries: 1, everyMs: 0 },
  };
}

function run(name: string, environment: Record<string, string>): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const env = { PATH: process.env["PATH"], ...environment } as unknown as NodeJS.ProcessEnv;
    const child = spawn(process.execPath, ["src/cli/check-connector.ts", name], { env });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.once("close", (code) => resolve({ code, output }));
  });
}

describe("npm run connectors:check", () => {
  test("finds every path of a good connector as it should be", async () => {
    const steps = await runLiveCheck(trial());
    expect(steps.filter(({ isOk }) => !isOk)).toEqual([]);
    expect(steps).toHaveLength(13);
  });

  test.each<[string, Partial<Connector>]>([
    [
      "approves everything",
      { perform: async (call) => ({ kind: "approved", reference: "x", amount: call.amount, currency: call.currency }) },
    ],
    ["never finds anything", { lookup: async () => ({ kind: "not_found", conclusive: false }) }],
    [
      "charges twice",
      { perform: async (call, context) => stripe.perform({ ...call, key: `${call.key}${Math.random()}` }, context) },
    ],
  ])("tells of a connector that %s", async (_, changes) => {
    const steps = await runLiveCheck(trial({ ...stripe, ...changes }));
    expect(steps.some(({ isOk }) => !isOk)).toBe(true);
  });

  test("says which keys it needs, and sends nothing without them", async () => {
    expect(await run("stripe", {})).toMatchObject({
      code: 1,
      output: expect.stringMatching(/^Set STRIPE_API_KEY, and where you have it STRIPE_WEBHOOK_SECRET/),
    });
  });

  test("refuses a key that moves money, and a connector that is none", async () => {
    expect(await run("stripe", { STRIPE_API_KEY: "sk_live_0123456789" })).toMatchObject({
      code: 1,
      output: expect.stringContaining("Refused"),
    });
    expect(await run("../stripe", {})).toMatchObject({ code: 1, output: expect.stringContaining("Usage") });
  });

  test("prints a report, over the network", async () => {
    const { baseUrls } = await serveSimulators();
    const { code, output } = await run("stripe", {
      STRIPE_API_KEY: "sk_test_simulated",
      CONNECTOR_BASE_URLS: baseUrls,
    });
    expect(output).toContain("13 of 13 as they should be.");
    expect(code).toBe(0);
    expect(output).not.toContain("sk_test_simulated");
  });
});
