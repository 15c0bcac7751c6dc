import { childId, paymentId } from "../domain/ids.ts";
import type { PaymentEvent } from "../domain/payment/events.ts";
import { isoTime, present, presentRefund } from "../domain/payment/present.ts";
import type { PaymentState } from "../domain/payment/state.ts";
import { PING_TYPE } from "./event-types.ts";

/** A transition as it was committed: what happened, and the payment after it. */
export interface CommittedEvent {
  event: PaymentEvent;
  type: string;
  state: PaymentState;
}

/**
 * The event's text, final but for the payment's client secret, which no table holds: whoever sends or shows the text
 * puts it in with `withClientSecret`, so that a webhook, an answer and a redelivery are equal byte for byte.
 */
export function writeEvent({ event, type, state }: CommittedEvent): string {
  const refund = "refundId" in event ? state.refunds.find(({ id }) => id === event.refundId) : undefined;
  return JSON.stringify({
    id: childId("evt", state.id, state.version),
    type,
    created: isoTime(state.updated),
    sequence: state.version,
    data: { payment: present(state, ""), ...(refund !== undefined && { refund: presentRefund(state, refund) }) },
  });
}

/**
 * What stands before a payment's `clientSecret`. Texts of the merchant's come before it only in `metadata`, whose
 * values are strings, so the first match is the payment's own.
 */
const BEFORE_SECRET = /"livemode":(?:true|false),"clientSecret":"/;

export function withClientSecret(text: string, clientSecret: string): string {
  const place = BEFORE_SECRET.exec(text);
  if (place === null) return text;
  const at = place.index + place[0].length;
  return text.slice(0, at) + clientSecret + text.slice(at);
}

/** `identity`: 15 random bytes. The id's ordinal is 0, which no event of a payment has. */
export function writePing(identity: Uint8Array, at: number): { id: string; text: string } {
  const id = childId("evt", paymentId(0, identity), 0);
  return {
    id,
    text: JSON.stringify({ id, type: PING_TYPE, created: isoTime(at), sequence: 0, data: { payment: {} } }),
  };
}
