/** The sandbox bank's pages: plain forms. */
import { html } from "hono/html";
import type { ChallengeView } from "../../connectors/registry.ts";
import { currencyExponent } from "../../domain/money/currencies.ts";
import { type Page, shopperPage } from "./layout.ts";

/** `action`: where the forms post to. */
export function challengePage(view: ChallengeView, action: string): Page {
  const isCard = view.last4 !== "";
  return shopperPage(
    "Confirm your payment",
    html`<p class="bank">Sandbox bank</p>
      <h1>Confirm your payment</h1>
      <p class="amount">${formatMoney(view.amount, view.currency)}</p>
      <p class="method">${isCard ? `Card ending in ${view.last4}` : "Paid from your account"}</p>
      <div class="choices">
        <form method="post" action="${action}?decision=reject"><button name="reject" value="1">Reject</button></form>
        <form method="post" action="${action}?decision=approve"><button name="approve" value="1">Approve</button></form>
      </div>
      <p class="note">
        This is a test: no money moves.
        ${isCard ? "Your bank would ask for a code here." : "Your bank would ask you to log in here."}
      </p>`,
  );
}

export function unknownChallengePage(): Page {
  return shopperPage(
    "Nothing to confirm",
    html`<p class="bank">Sandbox bank</p>
      <h1>Nothing to confirm</h1>
      <p class="note">This link is not valid, or not any more. Go back to the shop and try again.</p>`,
  );
}

/** `amount` in minor units: 1000 gbp is `10.00 GBP`. */
function formatMoney(amount: number, currency: string): string {
  const exponent = currencyExponent(currency.toLowerCase()) ?? 0;
  const digits = String(amount).padStart(exponent + 1, "0");
  const whole = digits.slice(0, digits.length - exponent).replace(/\B(?=(\d{3})+$)/g, ",");
  const fraction = exponent === 0 ? "" : `.${digits.slice(-exponent)}`;
  return `${whole}${fraction} ${currency}`;
}
