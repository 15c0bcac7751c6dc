/**
 * A receiver for Switchyard's webhooks, whole: `node docs/examples/webhook-receiver.ts` with `WEBHOOK_SECRET=whsec_…`
 * listens on port 4242. In your own project the import reads `@switchyard/client`.
 */
import { verifyWebhook, type WebhookEvent, WebhookVerificationError } from "../../src/client/index.ts";

export interface ReceiverOptions {
  /** Both of them during a rotation. */
  secrets: readonly string[];
  /** Where the ids of events that were handled are kept: a table with a unique key, in earnest. */
  handled: Set<string>;
  handle: (event: WebhookEvent) => Promise<void> | void;
}

/** Answers a webhook. Anything but 2xx brings it again, later. */
export async function receiveWebhook(
  request: Request,
  { secrets, handled, handle }: ReceiverOptions,
): Promise<Response> {
  // The raw text: parsed and written again it would have another signature.
  const body = await request.text();
  let event: WebhookEvent;
  try {
    event = await verifyWebhook(body, request.headers, secrets);
  } catch (error) {
    if (!(error instanceof WebhookVerificationError)) throw error;
    return new Response(error.message, { status: 400 });
  }
  // Webhooks come at least once: an answer of ours that got lost brings the same id again.
  if (handled.has(event.id)) return new Response("known");
  await handle(event);
  handled.add(event.id);
  return new Response("thank you");
}

/** One payment's events come in the order of `sequence`; different payments' may pass each other. */
export function describeEvent(event: WebhookEvent): string {
  switch (event.type) {
    case "payment.succeeded":
      return `${event.data.payment.id} is paid: ${event.data.payment.amountReceived} ${event.data.payment.currency}`;
    case "refund.succeeded":
    case "refund.failed":
      return `${event.data.refund.id} is ${event.data.refund.status}`;
    case "ping":
      return "the endpoint works";
    default:
      return `${event.type}, sequence ${event.sequence}`;
  }
}

async function listen(secret: string, port: number): Promise<void> {
  const { createServer } = await import("node:http");
  const options = {
    secrets: [secret],
    handled: new Set<string>(),
    handle: (event: WebhookEvent) => console.log(describeEvent(event)),
  };
  createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const headers = Object.entries(incoming.headers).flatMap(([name, value]): [string, string][] =>
      typeof value === "string" ? [[name, value]] : [],
    );
    const request = new Request(`http://localhost${incoming.url ?? "/"}`, {
      method: incoming.method ?? "POST",
      headers,
      ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
    });
    const response = await receiveWebhook(request, options);
    outgoing.writeHead(response.status).end(await response.text());
  }).listen(port, () => console.log(`Listening on http://localhost:${port}/`));
}

const isRunDirectly = (import.meta as { main?: boolean }).main === true;
if (isRunDirectly) await listen(process.env["WEBHOOK_SECRET"] ?? "", Number(process.env["PORT"] ?? 4242));
