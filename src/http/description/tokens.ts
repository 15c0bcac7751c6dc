import { cardToken } from "../schemas/answers.ts";
import { createToken } from "../schemas/tokens.ts";
import { CARD_REQUEST, PAYMENT } from "./examples.ts";
import type { RouteDescriptions } from "./route.ts";

const { fingerprint: _fingerprint, ...CARD } = PAYMENT.paymentMethodDetails.card;

export const tokenRoutes: RouteDescriptions = {
  "POST /api/tokens": {
    tag: "Tokens",
    name: "createToken",
    summary: "Turn a card into a token",
    description:
      'For a shopper\'s browser: the merchant\'s server gets `tok_…` and pays with `{ "type": "card", "token": "tok_…" }`, once, within 24 hours. The verification code is kept for 15 minutes at most.',
    credential: "payments:write",
    isPublic: true,
    body: {
      schema: createToken,
      isRequired: true,
      examples: { card: { summary: "A card", value: { card: CARD_REQUEST.paymentMethod.card } } },
    },
    answers: {
      "201": {
        description: "The token.",
        schema: cardToken,
        example: { id: "tok_4gq81xk2v7m0c5hn9r3tw6ya", card: CARD, expires: "2025-07-15T12:34:56.789Z" },
      },
    },
    errors: ["raw_card_disabled"],
  },
};
