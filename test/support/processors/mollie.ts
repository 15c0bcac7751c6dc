/** Mollie as its documentation describes it, with books, so that a test can count what moved. */
import type { CallContext } from "../../../src/connectors/connector.ts";

type Body = Record<string, unknown>;
type Amount = { currency: string; value: string };
type Answer = { status: number; body: unknown };
type Move = { key: string; operation: "authorize" | "charge" | "capture" | "void" | "refund"; value: string };

interface Part {
  id: string;
  status: string;
  amount: Amount;
  metadata: Body;
}

interface Payment {
  id: string;
  status: string;
  amount: Amount;
  metadata: { key: string };
  captureMode: string;
  details: Body | null;
  captures: Part[];
  refunds: Part[];
}

const KEY = "test_dHar4XY7LxsDOtmnkVtjNVWXLSlXsM";
/** Methods that can be held and captured later. */
const HOLDING = ["klarna", "billie", "riverty", "vipps", "mobilepay", "creditcard"];

export class MollieSimulator {
  readonly moves: Move[] = [];
  readonly bodies: Body[] = [];
  /** What becomes of a refund at first; `settleRefunds` ends it. */
  refundStatus = "pending";
  readonly #answers = new Map<string, Answer>();
  readonly #payments = new Map<string, Payment>();
  #sequence = 0;

  readonly send: CallContext["send"] = async ({ method, path, headers, body }) => {
    await null;
    const { status, body: said } = this.#answer(method, path, new Headers(headers), body);
    return { kind: "answer", status, headers: new Headers(), body: said === null ? "" : JSON.stringify(said) };
  };

  /** What the shopper does on Mollie's page, or fails to do. */
  decide(
    id: string,
    status: "paid" | "authorized" | "failed" | "canceled" | "expired" | "pending",
    reason?: string,
  ): void {
    const payment = this.#payment(id);
    if (payment.status !== "open" && payment.status !== "pending") throw new Error(`${id} is ${payment.status}`);
    payment.status = status;
    if (reason !== undefined) payment.details = { failureReason: reason };
    if (status === "paid") this.#book(payment.metadata.key, "charge", payment.amount);
    if (status === "authorized") this.#book(payment.metadata.key, "authorize", payment.amount);
  }

  settleRefunds(id: string, status: string): void {
    for (const refund of this.#payment(id).refunds) refund.status = status;
  }

  #payment(id: string): Payment {
    const payment = this.#payments.get(id);
    if (payment === undefined) throw new Error(`no payment ${id}`);
    return payment;
  }

  #answer(method: string, path: string, headers: Headers, text: string | undefined): Answer {
    if (headers.get("authorization") !== `Bearer ${KEY}`)
      return problem(401, "Unauthorized Request", "Missing authentication, or failed to authenticate");
    if (method === "GET") return this.#get(path);
    const key = `${method} ${path} ${headers.get("idempotency-key")}`;
    const known = this.#answers.get(key);
    if (known !== undefined) return known;
    const body = text === undefined ? {} : (JSON.parse(text) as Body);
    this.bodies.push(body);
    const answer = this.#write(method, path, body, headers.get("idempotency-key") ?? "");
    if (answer.status < 500) this.#answers.set(key, answer);
    return answer;
  }

  #get(path: string): Answer {
    if (path === "/v2/payments?limit=250") return list("payments", [...this.#payments.values()].toReversed().map(show));
    const [, id = "", name] = /^\/v2\/payments\/([^/?]+)(?:\/(captures|refunds)\?limit=250)?$/.exec(path) ?? [];
    const payment = this.#payments.get(id);
    if (payment === undefined) return problem(404, "Not Found", "No payment exists with token.");
    if (name === "captures" || name === "refunds") return list(name, payment[name]);
    return { status: 200, body: show(payment) };
  }

  #write(method: string, path: string, body: Body, key: string): Answer {
    if (path === "/v2/payments") return this.#create(body);
    const [, id = "", what] =
      /^\/v2\/payments\/([^/]+)(?:\/(captures|refunds|release-authorization))?$/.exec(path) ?? [];
    const payment = this.#payments.get(id);
    if (payment === undefined) return problem(404, "Not Found", "No payment exists with token.");
    if (method === "DELETE") return this.#cancel(payment);
    if (what === "release-authorization") return this.#release(payment, key);
    return what === "refunds" ? this.#refund(payment, body) : this.#capture(payment, body);
  }

  #create(body: Body): Answer {
    const { amount, method, captureMode, metadata } = body as {
      amount: Amount;
      method: string;
      captureMode: string;
      metadata: { key: string };
    };
    if (captureMode === "manual" && !HOLDING.includes(method)) {
      return problem(422, "Unprocessable Entity", "The payment method does not support manual captures", "captureMode");
    }
    const payment: Payment = {
      id: this.#next("tr"),
      status: "open",
      amount,
      metadata,
      captureMode,
      details: null,
      captures: [],
      refunds: [],
    };
    this.#payments.set(payment.id, payment);
    return { status: 201, body: show(payment) };
  }

  #cancel(payment: Payment): Answer {
    if (payment.status !== "open") return problem(422, "Unprocessable Entity", "The payment cannot be canceled");
    payment.status = "canceled";
    return { status: 200, body: show(payment) };
  }

  #release(payment: Payment, key: string): Answer {
    if (payment.status !== "authorized") return problem(422, "Unprocessable Entity", "The payment is not authorized");
    payment.status = payment.captures.length > 0 ? "paid" : "canceled";
    this.#book(key, "void", payment.amount);
    return { status: 202, body: null };
  }

  #capture(payment: Payment, body: Body): Answer {
    if (payment.status !== "authorized") return problem(422, "Unprocessable Entity", "The payment is not authorized");
    const capture = this.#part("cpt", "succeeded", body);
    payment.captures.push(capture);
    if (cents(...payment.captures.map(({ amount }) => amount)) === cents(payment.amount)) payment.status = "paid";
    this.#book(String(capture.metadata["key"]), "capture", capture.amount);
    return { status: 201, body: { resource: "capture", ...capture } };
  }

  #refund(payment: Payment, body: Body): Answer {
    const refund = this.#part("re", this.refundStatus, body);
    const captured =
      payment.captureMode === "automatic"
        ? cents(payment.amount)
        : cents(...payment.captures.map(({ amount }) => amount));
    if (cents(...payment.refunds.map(({ amount }) => amount), refund.amount) > captured) {
      return problem(422, "Unprocessable Entity", "The amount is higher than the maximum", "amount");
    }
    payment.refunds.push(refund);
    this.#book(String(refund.metadata["key"]), "refund", refund.amount);
    return { status: 201, body: { resource: "refund", ...refund } };
  }

  #part(prefix: string, status: string, { amount, metadata }: Body): Part {
    return { id: this.#next(prefix), status, amount: amount as Amount, metadata: metadata as Body };
  }

  #book(key: string, operation: Move["operation"], { value }: Amount): void {
    this.moves.push({ key, operation, value });
  }

  #next(prefix: string): string {
    this.#sequence += 1;
    return `${prefix}_${String(this.#sequence).padStart(10, "S")}`;
  }
}

function cents(...amounts: Amount[]): number {
  return amounts.reduce((sum, { value }) => sum + Number(value.replace(".", "")), 0);
}

function show({ id, status, amount, metadata, captureMode, details, captures }: Payment): Body {
  const checkout = { href: `https://www.mollie.com/checkout/select-method/${id.slice(3)}`, type: "text/html" };
  const value = (cents(...captures.map((capture) => capture.amount)) / 100).toFixed(2);
  return {
    resource: "payment",
    id,
    mode: "test",
    amount,
    ...(captures.length > 0 ? { amountCaptured: { ...amount, value } } : {}),
    status,
    isCancelable: status === "open",
    metadata,
    captureMode,
    ...(details === null ? {} : { details }),
    ...(status === "authorized" ? { captureBefore: "2026-12-24" } : {}),
    _links: {
      self: { href: `https://api.mollie.com/v2/payments/${id}`, type: "application/hal+json" },
      ...(status === "open" ? { checkout } : {}),
    },
  };
}

function list(name: string, items: readonly unknown[]): Answer {
  return { status: 200, body: { count: items.length, _embedded: { [name]: items }, _links: {} } };
}

function problem(status: number, title: string, detail: string, field?: string): Answer {
  return { status, body: { status, title, detail, ...(field === undefined ? {} : { field }), _links: {} } };
}
