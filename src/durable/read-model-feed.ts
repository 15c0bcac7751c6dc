import { childId } from "../domain/ids.ts";
import { present } from "../domain/payment/present.ts";
import { insertEvents } from "../projection/events.ts";
import { project } from "../projection/project.ts";
import { ownerOf, type PaymentRecord } from "../projection/record.ts";
import { type ActiveEndpoint, activeEndpoints, readActiveEndpoints } from "../projection/webhook-endpoints.ts";
import type { AddressBook } from "./address-book.ts";
import type { OutboxRow } from "./outbox-rows.ts";
import type { PaymentLog } from "./payment-log.ts";

interface ReadModelPorts {
  env: Env;
  log: PaymentLog;
  address: AddressBook;
}

/**
 * Payments and events in one batch of D1's, which also says whom webhooks are owed to: safe to repeat, because
 * payments compare versions and an event stands once. Returns the endpoints.
 */
export async function sendToReadModel(ports: ReadModelPorts, rows: readonly OutboxRow[]): Promise<ActiveEndpoint[]> {
  const { merchantId, merchantNumber, mode } = ports.address.get();
  const owner = ownerOf(merchantNumber, mode);
  const since = new Map<number, number>();
  for (const { payment, sequence } of rows) since.set(payment, Math.min(since.get(payment) ?? sequence, sequence));
  const records = [...since].flatMap(([payment, version]) => recordOf(ports, payment, version) ?? []);
  const events = rows.flatMap(({ paymentId, sequence, created, type, body }) =>
    body === null ? [] : [{ id: childId("evt", paymentId, sequence), owner, created, type, body }],
  );
  const inserts = events.length === 0 ? [] : [insertEvents(events)];
  const results = await project(ports.env.DB, records, [...inserts, activeEndpoints(merchantId, mode)]);
  return readActiveEndpoints(results.at(-1));
}

/** `since`: the oldest version that D1 may lack. */
function recordOf({ log, address }: ReadModelPorts, payment: number, since: number): PaymentRecord | null {
  const held = log.byNumber(payment);
  if (held === null) return null;
  const { merchantNumber, mode } = address.get();
  const { state } = held;
  const { clientSecret: _, ...body } = present(state, "");
  const { details } = state;
  return {
    id: state.id,
    owner: ownerOf(merchantNumber, mode),
    version: state.version,
    created: state.created,
    status: body.status,
    currency: details.currency,
    amount: details.amount,
    connector: body.connector,
    customerId: details.customer?.id ?? null,
    merchantReference: details.merchantReference ?? null,
    metadata: state.metadataVersion >= since ? (details.metadata ?? {}) : null,
    body: JSON.stringify(body),
  };
}
