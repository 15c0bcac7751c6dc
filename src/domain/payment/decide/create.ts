import type { Owner, PaymentDetails, PaymentMethodView } from "../details.ts";
import type { PaymentEvent } from "../events.ts";
import { firstAttempt, noEligibleConnector, type Preparation } from "./confirm.ts";
import { accept, type Decision, refuse } from "./decision.ts";

export interface CreateCommand {
  id: string;
  owner: Owner;
  details: PaymentDetails;
  method: PaymentMethodView | null;
  /** Null where it is only stored: `confirm: false`, or no method to pay with. */
  preparation: Preparation | null;
}

/** A create that nobody can take stores nothing, so its idempotency key stays free. */
export function decideCreate({ id, owner, details, method, preparation }: CreateCommand): Decision {
  const created: PaymentEvent = { kind: "created", owner, details, method };
  if (preparation === null) return accept(created);
  const [account] = preparation.plan.candidates;
  if (account === undefined) return refuse(noEligibleConnector(preparation.plan));
  return accept(created, firstAttempt(id, details, account, preparation));
}
