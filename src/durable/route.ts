import type { PaymentDetails, PaymentMethodView } from "../domain/payment/details.ts";
import { choose } from "../domain/routing/choose.ts";
import type { RoutingConfig } from "../domain/routing/config.ts";
import type { RoutePlan } from "../domain/routing/plan.ts";
import type { ShardContext } from "./commands.ts";
import type { ShardAddress } from "./shard-api.ts";

export interface RouteQuestion {
  paymentId: string;
  details: PaymentDetails;
  view: PaymentMethodView;
  /** Where the payment came in. */
  region: string | undefined;
}

/** Where a payment would go, and by which configuration. Waits for nothing that this shard holds in memory already. */
export async function route(
  { configuration, memory }: Pick<ShardContext, "configuration" | "memory">,
  address: ShardAddress,
  { paymentId, details, view, region }: RouteQuestion,
): Promise<{ plan: RoutePlan; config: RoutingConfig | null }> {
  const heard = memory.prepare(address);
  const accounts = await configuration.candidates(address);
  // With one account there is nothing to choose.
  if (accounts.length > 1) await heard;
  const routing = await configuration.routing(address);
  const knowledge = memory.knowledge(region);
  const plan = choose({ paymentId, details, method: view, accounts, routing, knowledge });
  return { plan, config: routing?.config ?? null };
}
