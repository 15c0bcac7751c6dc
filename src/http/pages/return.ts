/** What a shopper sees who comes back where the merchant gave no page of its own. */
import { html } from "hono/html";
import type { PaymentStatus } from "../../domain/rejection.ts";
import { shopperPage } from "./layout.ts";

const GOOD: readonly PaymentStatus[] = ["succeeded", "requires_capture", "partially_captured"];
const BAD: readonly PaymentStatus[] = ["failed", "cancelled", "expired"];

export function returnedPage(status: PaymentStatus) {
  const title = GOOD.includes(status)
    ? "Payment confirmed"
    : BAD.includes(status)
      ? "Payment not made"
      : "Payment in progress";
  return shopperPage(
    title,
    html`<h1>${title}</h1>
      <p class="note">You can close this page and go back to the shop.</p>`,
  );
}

export function unknownReturnPage() {
  return shopperPage(
    "Nothing to confirm",
    html`<h1>Nothing to confirm</h1>
      <p class="note">This link is not valid.</p>`,
  );
}
