import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { ConnectorAccount, ProcessorCall } from "../../src/connectors/connector.ts";
import { openDoor } from "../../src/connectors/registry.ts";
import { sandbox } from "../../src/connectors/sandbox/index.ts";
import type { LedgerLine } from "../../src/connectors/sandbox/ledger.ts";
import type { SandboxProcessor } from "../../src/connectors/sandbox/processor.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import { sandboxAccount } from "./calls.ts";

export function processorOf(account: ConnectorAccount = sandboxAccount()): DurableObjectStub<SandboxProcessor> {
  return env.SANDBOX_PROCESSOR.getByName(account.merchantId);
}

export function perform(call: ProcessorCall, account = sandboxAccount()): Promise<Outcome> {
  return sandbox.perform(call, { account, send: openDoor(sandbox, account, env), now: Date.now() });
}

export function lookup(call: ProcessorCall, account = sandboxAccount(), conclude = true): Promise<Outcome> {
  return sandbox.lookup(call, { account, send: openDoor(sandbox, account, env), now: Date.now() }, { conclude });
}

/** Oldest first, without what differs from run to run. */
export async function ledgerOf(paymentId: string, account = sandboxAccount()): Promise<LedgerLine[]> {
  const page = await processorOf(account).readLedger(paymentId, 100, null);
  return (page?.data ?? []).toReversed();
}

export async function moves(paymentId: string, account = sandboxAccount()): Promise<string[]> {
  return (await ledgerOf(paymentId, account)).map(({ operation, amount }) => `${operation} ${amount}`);
}

/** Sets the processor's clock forward. */
export async function letPass(ms: number, account = sandboxAccount()): Promise<void> {
  await runInDurableObject(processorOf(account), (processor: SandboxProcessor) => {
    const before = processor.clock;
    processor.clock = () => before() + ms;
  });
}
