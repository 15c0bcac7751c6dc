/** A merchant's receiver, in place of the network: tests say how it answers and see what it got. */
import { vi } from "vitest";

export interface Received {
  url: string;
  headers: Headers;
  body: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- judged by the assertions
  event: any;
}

export type Behaviour = (received: Received, n: number) => Response | Promise<Response>;

export interface Receiver {
  url: string;
  received: Received[];
  /** Ids in the order in which they were answered with 2xx. */
  accepted: string[];
  behave(behaviour: Behaviour): void;
}

/** Takes every call that leaves for `https://<name>.example.com`; call `vi.restoreAllMocks` afterwards. */
export function openReceiver(name = "shop", behaviour: Behaviour = () => new Response("thank you")): Receiver {
  const url = `https://${name}.example.com/webhooks`;
  let behave = behaviour;
  const receiver: Receiver = { url, received: [], accepted: [], behave: (next) => (behave = next) };
  const real = globalThis.fetch;
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const request = new Request(input, init);
    if (!request.url.startsWith(url)) return real(input, init);
    const body = await request.text();
    const received = { url: request.url, headers: request.headers, body, event: JSON.parse(body) };
    receiver.received.push(received);
    const response = await behave(received, receiver.received.length);
    if (response.ok) receiver.accepted.push(received.event.id);
    return response;
  });
  return receiver;
}

/** Until `isDone`, at most three seconds. */
export async function waitUntil(isDone: () => boolean | Promise<boolean>, what = "it"): Promise<void> {
  for (const deadline = Date.now() + 3_000; Date.now() < deadline; await scheduler.wait(10)) {
    if (await isDone()) return;
  }
  throw new Error(`${what} did not come about`);
}
