import type { CardView } from "../domain/payment/details.ts";

/** What a card says, as it crosses a Durable Object call or goes into the seal. */
export interface RevealedCard {
  /** Digits only. */
  number: string;
  expiryMonth: number;
  expiryYear: number;
  cvc: string | null;
  holderName: string | null;
}

/**
 * The only type that holds a card number. Printing, logging or serialising it gives its mask: reading the number
 * takes the one method that says so.
 */
export class CardSecret {
  readonly #revealed: RevealedCard;
  readonly view: Omit<CardView, "fingerprint">;

  constructor(revealed: RevealedCard, view: Omit<CardView, "fingerprint">) {
    this.#revealed = revealed;
    this.view = view;
  }

  reveal(): RevealedCard {
    return this.#revealed;
  }

  toString(): string {
    return `${this.view.brand} •••• ${this.view.last4}`;
  }

  toJSON(): string {
    return this.toString();
  }
}
