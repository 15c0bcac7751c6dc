/** A payment's stream as a publishable key sees it: the same events, with the payment's public fields only. */
import { writePublicPayment } from "./public-payment.ts";

const DATA = "data: ";

/** From the bytes of server-sent events to those of the public ones; chunks may end anywhere. */
export function toPublicEvents(): TransformStream<Uint8Array, Uint8Array> {
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  let rest = "";
  return new TransformStream({
    transform(chunk, controller) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      if (lines.length > 0) controller.enqueue(encoder.encode(`${lines.map(toPublicLine).join("\n")}\n`));
    },
  });
}

function toPublicLine(line: string): string {
  if (!line.startsWith(DATA)) return line;
  const { id, type, created, sequence, data } = JSON.parse(line.slice(DATA.length)) as {
    [member: string]: unknown;
    data: { payment: unknown };
  };
  const head = JSON.stringify({ id, type, created, sequence }).slice(0, -1);
  return `${DATA}${head},"data":{"payment":${writePublicPayment(JSON.stringify(data.payment))}}}`;
}
