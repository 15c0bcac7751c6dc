/** A merchant's servers: many payments at once, every request under a key, repeated until it is answered. */
import type { Random } from "../sim/random.ts";
import { ADMIN_TOKEN, type Server } from "./server.ts";

export interface Request {
  method: "POST";
  path: string;
  body: string;
  key: string;
}

/** A request and its answer, once there was one. */
export interface Acknowledged extends Request {
  status: number;
  text: string;
}

const CARDS: readonly (readonly [weight: number, number: string])[] = [
  [10, "4242424242424242"],
  [2, "4000000000000259"],
  [2, "4000000000000267"],
  [1, "4000000000009995"],
  [1, "4000000000000119"],
  [1, "4000000000000341"],
  [1, "4000000000005126"],
  [1, "4000000000007726"],
  [1, "4000000000009235"],
];
const METHODS = ["automatic", "manual", "manual_multiple"] as const;

/** Then the client goes on with another payment; this one is left to the alarms. */
const MAX_TRIES = 6;

export interface Counts {
  sent: number;
  unanswered: number;
  acknowledged: number;
}

export class Shop {
  readonly acknowledged: Acknowledged[] = [];
  /** Sent, and not answered yet: whether it was executed only the payment says. */
  readonly open = new Map<string, Request>();
  readonly counts: Counts = { sent: 0, unanswered: 0, acknowledged: 0 };
  readonly wrong: string[] = [];
  readonly #server: Server;
  readonly #random: Random;
  #secret = "";
  #isOver = false;
  #keys = 0;

  constructor(server: Server, random: Random) {
    this.#server = server;
    this.#random = random;
  }

  get authorization(): string {
    return `Bearer ${this.#secret}`;
  }

  /** Two accounts: the built-in one, and one of a processor that does not remove duplicates. Both are silent at times. */
  async setUp(): Promise<void> {
    const merchant = await this.#make("/api/admin/merchants", { name: "prove" }, `Bearer ${ADMIN_TOKEN}`);
    const keys = merchant["keys"] as { type: string; mode: string; key: string }[];
    this.#secret = keys.find(({ type, mode }) => type === "secret" && mode === "test")?.key ?? "";
    const settings = { latencyMs: 5, timeoutRate: 0.04, errorRate: 0.04, seed: 7 };
    await this.#make(
      "/api/connectors",
      { connector: "sandbox", label: "plain", credentials: {}, settings: { ...settings, idempotency: false } },
      this.authorization,
    );
    await this.#make(
      "/api/connectors",
      { connector: "sandbox", label: "careful", credentials: {}, settings },
      this.authorization,
    );
  }

  async #make(path: string, body: unknown, authorization: string): Promise<Record<string, unknown>> {
    const headers = { authorization, "content-type": "application/json" };
    const response = await fetch(this.#server.url + path, { method: "POST", headers, body: JSON.stringify(body) });
    if (response.status !== 201) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  /** Until `close`. */
  async sell(): Promise<void> {
    while (!this.#isOver) {
      try {
        await this.#sellOnce();
      } catch (error) {
        if (!(error instanceof GivenUp)) this.wrong.push(`the client failed: ${String(error)}`);
      }
    }
  }

  close(): void {
    this.#isOver = true;
  }

  async #sellOnce(): Promise<void> {
    const random = this.#random;
    const captureMethod = METHODS[random.below(METHODS.length)] ?? "automatic";
    const payment = await this.#ask("/api/payments", {
      amount: 1000,
      currency: "gbp",
      captureMethod,
      connector: ["sandbox", "plain", "careful"][random.below(3)],
      metadata: { order: String(this.#keys) },
      paymentMethod: { type: "card", card: { number: this.#card(), expiryMonth: 12, expiryYear: 2030, cvc: "123" } },
    });
    const id = payment?.["id"];
    if (typeof id !== "string") return;
    const status = await this.#settled(id, String(payment?.["status"]));
    if (status === "requires_merchant_action")
      await this.#ask(`/api/payments/${id}/${random.chance(0.7) ? "approve" : "reject"}`, {});
    if (status === "requires_capture") await this.#take(id, captureMethod);
    const after = await this.#settled(id, "processing");
    if (after !== "succeeded" && after !== "partially_captured") return;
    // Together more than there is: at most one of the larger two can be granted.
    const refunds = [200, 600, 600].filter(() => random.chance(0.5));
    await Promise.all(refunds.map((amount) => this.#ask("/api/refunds", { paymentId: id, amount })));
  }

  async #take(id: string, captureMethod: string): Promise<void> {
    const capture = (body: unknown) => this.#ask(`/api/payments/${id}/capture`, body);
    const draw = this.#random.next();
    if (draw < 0.2) await this.#ask(`/api/payments/${id}/cancel`, {});
    else if (draw < 0.4) await Promise.all([capture({ amount: 700 }), this.#ask(`/api/payments/${id}/cancel`, {})]);
    else if (captureMethod === "manual") await capture(draw < 0.7 ? {} : { amount: 400 });
    else {
      await capture({ amount: 300 });
      await capture({ amount: 300, final: draw < 0.7 });
    }
  }

  /** What the payment is once its outcome is known, or after a while. */
  async #settled(id: string, status: string): Promise<string> {
    let now = status;
    for (let tries = 0; now === "processing" && tries < 8 && !this.#isOver; tries++) {
      await sleep(60 * (tries + 1));
      if (this.#random.chance(0.3)) await this.#ask(`/api/payments/${id}/sync`, {});
      const response = await this.#fetch(`/api/payments/${id}`, {}).catch(() => null);
      if (response?.status === 200) now = String((JSON.parse(response.text) as { status: string }).status);
    }
    return now;
  }

  #card(): string {
    const total = CARDS.reduce((sum, [weight]) => sum + weight, 0);
    let draw = this.#random.below(total);
    for (const [weight, number] of CARDS) if ((draw -= weight) < 0) return number;
    return "4242424242424242";
  }

  /** Sends until it is answered, always under the same key; now and then twice at once. */
  async #ask(path: string, body: unknown): Promise<Record<string, unknown> | null> {
    const request: Request = { method: "POST", path, body: JSON.stringify(body), key: `prove-${++this.#keys}` };
    this.open.set(request.key, request);
    const answers = await Promise.all(
      this.#random.chance(0.15) ? [this.#repeat(request), this.#repeat(request)] : [this.#repeat(request)],
    );
    this.open.delete(request.key);
    const [first, second] = answers;
    // Twins get one answer. A refusal is none: it stores nothing, and what it refused may be possible a moment later.
    if (
      first !== undefined &&
      second !== undefined &&
      isAccepted(first) &&
      isAccepted(second) &&
      first.text !== second.text
    ) {
      this.wrong.push(`I3: twins of ${path} under ${request.key} were answered differently`);
    }
    const accepted = answers.find(isAccepted);
    if (accepted !== undefined) this.acknowledged.push({ ...request, ...accepted });
    this.counts.acknowledged++;
    return accepted === undefined ? null : (JSON.parse(accepted.text) as Record<string, unknown>);
  }

  async #repeat(request: Request): Promise<{ status: number; text: string }> {
    for (let tries = 0; ; tries++) {
      // What a silent processor takes three seconds for cannot end while the process lives for less.
      if (this.#isOver || tries >= MAX_TRIES) throw new GivenUp();
      this.counts.sent++;
      const answer = await this.#fetch(request.path, request).catch(() => null);
      if (answer !== null && answer.status < 500) return answer;
      if (answer !== null && answer.status === 500)
        this.wrong.push(`I14: ${request.path} was answered 500: ${answer.text}`);
      this.counts.unanswered++;
      await sleep(20 + this.#random.below(60));
    }
  }

  #fetch(path: string, request: Partial<Request>): Promise<{ status: number; text: string; replayed: boolean }> {
    return send(this.#server.url + path, this.authorization, request);
  }
}

class GivenUp extends Error {}

export async function send(url: string, authorization: string, { method, body, key }: Partial<Request>) {
  const headers: Record<string, string> = { authorization };
  if (key !== undefined) headers["idempotency-key"] = key;
  const init: RequestInit = { method: method ?? "GET", headers };
  if (body !== undefined) {
    init.body = body;
    headers["content-type"] = "application/json";
  }
  let response = await fetch(url, init);
  let text = await response.text();
  // The shield against floods is not what is tried here.
  while (response.status === 429) {
    await sleep(200);
    response = await fetch(url, init);
    text = await response.text();
  }
  return { status: response.status, text, replayed: response.headers.get("idempotent-replayed") === "true" };
}

function isAccepted(answer: { status: number }): boolean {
  return answer.status === 200 || answer.status === 201;
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
