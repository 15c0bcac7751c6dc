import type { RoutingConfig } from "../domain/routing/config.ts";
import { writeReceipt } from "../domain/routing/receipt.ts";
import { readRoutingVersion } from "../projection/routing.ts";
import type { ShardContext } from "./commands.ts";
import { NOT_FOUND } from "./reads.ts";
import type { Reply } from "./shard-api.ts";

/** A payment that was not routed yet has none. */
export async function readReceipt(context: ShardContext, id: string): Promise<Reply> {
  const state = context.tables.log.find(id)?.state;
  if (state === undefined) return NOT_FOUND;
  const version = state.plan?.trace?.version ?? null;
  const config = version === null ? null : await configOf(context, version);
  const receipt = writeReceipt(state, config);
  const empty = { paymentId: id, configVersion: null, attempts: [], facts: null, config: null };
  return { ok: true, status: 200, body: JSON.stringify(receipt ?? empty), replayed: false };
}

/** Versions never change, so the one that is active is at hand; an older one is read where they are kept. */
async function configOf({ env, address, configuration }: ShardContext, version: string): Promise<RoutingConfig | null> {
  const at = address.get();
  const active = await configuration.routing(at);
  if (active?.id === version) return active.config;
  return (await readRoutingVersion(env.DB, at, version))?.config ?? null;
}
