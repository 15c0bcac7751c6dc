import type { PaymentMethodView } from "../payment/details.ts";
import type { Mode } from "../mode.ts";

export interface Screening {
  decision: "allow" | "review";
  reasons: string[];
}

/** Test mode's card for trying reviews, by what we may know of it. */
const REVIEW_CARD = { first6: "400000", last4: "9235" };

/**
 * Screens a payment before it is routed. Test mode screens with the sandbox's rule; live mode has no provider yet and
 * lets everything pass, as its reason says.
 */
export function assess(mode: Mode, method: PaymentMethodView | null): Screening {
  if (mode === "live") return { decision: "allow", reasons: ["no fraud provider is configured"] };
  const card = method?.card;
  if (card?.first6 === REVIEW_CARD.first6 && card.last4 === REVIEW_CARD.last4) {
    return { decision: "review", reasons: ["sandbox rule: this test card is always reviewed"] };
  }
  return { decision: "allow", reasons: [] };
}
