/**
 * The simulators behind one HTTP server on the loopback interface, in Vitest's own process: what the Worker under test
 * sends to a processor leaves it, and comes back, over the network. `http://127.0.0.1:<port>/<processor>`.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { STRIPE_VERSION } from "../../../src/connectors/stripe/request.ts";
import { StripeSimulator } from "./stripe/simulator.ts";

interface Simulator {
  /** `base`: what of the path is the simulator's name. */
  handle(request: Request, base: string): Promise<Response>;
}

const SIMULATORS: Readonly<Record<string, Simulator>> = { stripe: new StripeSimulator(STRIPE_VERSION) };

/** The value of `CONNECTOR_BASE_URLS`. The server does not keep the process alive. */
export async function serveSimulators(): Promise<{ origin: string; baseUrls: string }> {
  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  server.unref();
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const urls = Object.keys(SIMULATORS).map((name) => [name, `${origin}/${name}`]);
  return { origin, baseUrls: JSON.stringify(Object.fromEntries(urls)) };
}

async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const url = new URL(incoming.url ?? "/", "http://127.0.0.1");
  const [, name = ""] = url.pathname.split("/");
  const simulator = SIMULATORS[name];
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const headers = new Headers();
  for (const [header, value] of Object.entries(incoming.headers))
    if (typeof value === "string") headers.set(header, value);
  const method = incoming.method ?? "GET";
  const init = method === "GET" ? { method, headers } : { method, headers, body: Buffer.concat(chunks) };
  const answer =
    simulator === undefined
      ? new Response("no such simulator", { status: 404 })
      : await simulator.handle(new Request(url, init), `/${name}`);
  outgoing.writeHead(answer.status, Object.fromEntries(answer.headers));
  outgoing.end(await answer.text());
}
