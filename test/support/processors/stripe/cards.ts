/** Stripe's published test cards, as far as the simulator knows them (docs.stripe.com/testing). */
export interface Behaviour {
  /** `code`, `decline_code` of the refusal. */
  decline?: readonly [code: string, declineCode: string | null];
  challenge?: true;
  /** A refund is pending first, and then ends so. */
  refund?: "succeeded" | "failed";
}

const CARDS: Readonly<Record<string, Behaviour>> = {
  "4000000000000002": { decline: ["card_declined", "generic_decline"] },
  "4000000000009995": { decline: ["card_declined", "insufficient_funds"] },
  "4000000000009987": { decline: ["card_declined", "lost_card"] },
  "4000000000009979": { decline: ["card_declined", "stolen_card"] },
  "4000000000000069": { decline: ["expired_card", null] },
  "4000000000000127": { decline: ["incorrect_cvc", null] },
  "4000000000000119": { decline: ["processing_error", null] },
  "4000002760003184": { challenge: true },
  "4000003800000446": { challenge: true },
  "4000000000005126": { refund: "succeeded" },
  "4000000000007726": { refund: "failed" },
};

export function behaviourOf(number: string): Behaviour {
  return CARDS[number] ?? {};
}

export function passesLuhn(number: string): boolean {
  let sum = 0;
  [...number].toReversed().forEach((digit, index) => {
    const value = Number(digit) * (index % 2 === 1 ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  });
  return /^\d{12,19}$/.test(number) && sum % 10 === 0;
}
