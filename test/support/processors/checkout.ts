/** Checkout.com as its documentation describes it, with books, so that a test can count what moved. */
import type { CallContext } from "../../../src/connectors/connector.ts";

type Body = Record<string, unknown>;
type Move = { key: string; operation: "authorize" | "charge" | "capture" | "void" | "refund"; amount: number };
type ActionType = "Authorization" | "Card Verification" | "Capture" | "Void" | "Refund";

interface Action {
  id: string;
  type: ActionType;
  amount: number;
  approved?: boolean;
  response_code: string;
  response_summary: string;
  reference: string;
  processed_on: string;
}

interface Payment {
  id: string;
  reference: string;
  amount: number;
  currency: string;
  status: string;
  isSale: boolean;
  actions: Action[];
}

/** Card numbers that the simulator knows; everything else is authorised. */
export const CHECKOUT_CARDS = {
  approved: "4242424242424242",
  declined: "4000000000000002",
  challenged: "4000003800000446",
};

const AT = "2026-01-01T00:00:00Z";

export class CheckoutSimulator {
  readonly moves: Move[] = [];
  readonly #answers = new Map<string, { status: number; body: unknown }>();
  readonly #payments = new Map<string, Payment>();
  /** What was accepted and not done yet, while `isSlow`. */
  readonly #waiting: (() => void)[] = [];
  #sequence = 0;

  readonly #isSlow: boolean;

  /** A slow one accepts captures, voids and refunds, and does them only when it is told to. */
  constructor({ isSlow } = { isSlow: false }) {
    this.#isSlow = isSlow;
  }

  readonly send: CallContext["send"] = async ({ method, path, headers, body }) => {
    const asked = new Headers(headers);
    await null;
    const { status, body: said } = this.#answer(method, path, asked, body);
    const text = said === null ? "" : JSON.stringify(said);
    return { kind: "answer", status, headers: new Headers(), body: text };
  };

  /** Does what was accepted. */
  catchUp(): void {
    for (const work of this.#waiting.splice(0)) work();
  }

  /** What the shopper does on the page that they were sent to. */
  decide(id: string, isApproved: boolean): void {
    const payment = this.#payments.get(id);
    if (payment?.status !== "Pending") throw new Error(`${id} waits for nobody`);
    if (isApproved) return void this.#authorise(payment);
    this.#decline(payment, "20151", "Cardholder failed 3DS authentication");
  }

  payment(id: string): Payment | undefined {
    return this.#payments.get(id);
  }

  #answer(method: string, path: string, headers: Headers, text?: string): { status: number; body: unknown } {
    if (headers.get("authorization") !== "Bearer sk_sbox_test") return { status: 401, body: null };
    if (method === "GET") return this.#get(path);
    const key = headers.get("cko-idempotency-key") ?? "";
    const known = this.#answers.get(key);
    if (known !== undefined) return known;
    const answer = this.#post(path, JSON.parse(text ?? "") as Body);
    // Only what succeeded is remembered.
    if (answer.status < 300) this.#answers.set(key, answer);
    return answer;
  }

  #get(path: string): { status: number; body: unknown } {
    const search = /^\/payments\?limit=10&skip=0&reference=(.+)$/.exec(path)?.[1];
    if (search !== undefined) {
      const found = [...this.#payments.values()].filter(({ reference }) => reference === decodeURIComponent(search));
      return { status: 200, body: { limit: 10, skip: 0, total_count: found.length, data: found.map(detailsOf) } };
    }
    const [, id = "", actions] = /^\/payments\/([^/?]+)(\/actions)?$/.exec(path) ?? [];
    const payment = this.#payments.get(id);
    if (payment === undefined) return { status: 404, body: null };
    return { status: 200, body: actions === undefined ? detailsOf(payment) : payment.actions.toReversed() };
  }

  #post(path: string, body: Body): { status: number; body: unknown } {
    if (path === "/payments") return this.#pay(body);
    const [, id = "", what = ""] = /^\/payments\/([^/]+)\/(captures|voids|refunds)$/.exec(path) ?? [];
    const payment = this.#payments.get(id);
    if (payment === undefined) return { status: 404, body: null };
    if (payment.status === "Pending" || payment.status === "Declined") return { status: 403, body: null };
    return this.#follow(payment, what, body);
  }

  #pay(body: Body): { status: number; body: unknown } {
    const { amount, currency, reference, capture } = body as {
      amount: number;
      currency: string;
      reference: string;
      capture?: boolean;
    };
    if (!/^[A-Z]{3}$/.test(currency)) return invalid("currency_invalid");
    const source = body["source"] as Body;
    const id = this.#next("pay");
    const payment: Payment = {
      id,
      reference,
      amount,
      currency,
      status: "Pending",
      isSale: capture === true,
      actions: [],
    };
    this.#payments.set(id, payment);
    if (source["number"] === CHECKOUT_CARDS.declined) {
      this.#decline(payment, "20051", "Insufficient Funds");
      return { status: 201, body: responseOf(payment) };
    }
    if (source["number"] === CHECKOUT_CARDS.challenged || source["type"] !== "card") {
      const redirect = { href: `https://authentication-devices.sandbox.checkout.com/sessions/${id}/acs` };
      return {
        status: 202,
        body: { id, status: "Pending", reference, "3ds": { downgraded: false }, _links: { ...links(id), redirect } },
      };
    }
    this.#authorise(payment);
    return { status: 201, body: { ...responseOf(payment), status: amount === 0 ? "Card Verified" : "Authorized" } };
  }

  #authorise(payment: Payment): void {
    const { amount, reference, isSale } = payment;
    payment.status = amount === 0 ? "Card Verified" : "Authorized";
    this.#act(payment, amount === 0 ? "Card Verification" : "Authorization", { amount, reference });
    if (amount === 0) return;
    this.moves.push({ key: reference, operation: isSale ? "charge" : "authorize", amount });
    if (!isSale) return;
    this.#later(() => {
      this.#act(payment, "Capture", { amount, reference });
      payment.status = "Captured";
    });
  }

  #decline(payment: Payment, response_code: string, response_summary: string): void {
    payment.status = "Declined";
    const { amount, reference } = payment;
    this.#act(payment, "Authorization", { amount, reference, approved: false, response_code, response_summary });
  }

  #follow(payment: Payment, what: string, body: Body): { status: number; body: unknown } {
    const { reference } = body as { reference: string };
    const amount = (body["amount"] as number | undefined) ?? payment.amount;
    const [type, operation, status] = FOLLOWING[what] ?? ["Capture", "capture", "Captured"];
    if (amount > payment.amount) return invalid("amount_exceeds_balance");
    const action = this.#act(payment, type, { amount, reference });
    delete action.approved;
    this.#later(() => {
      action.approved = true;
      payment.status = type !== "Void" && amount < payment.amount ? `Partially ${status}` : status;
      this.moves.push({ key: reference, operation, amount });
    });
    return {
      status: 202,
      body: { action_id: action.id, reference, _links: { payment: { href: `https://x/payments/${payment.id}` } } },
    };
  }

  #act(payment: Payment, type: ActionType, about: Partial<Action> & { amount: number; reference: string }): Action {
    const approval = { approved: true, response_code: "10000", response_summary: "Approved" };
    const action = { id: this.#next("act"), type, ...approval, processed_on: AT, ...about };
    payment.actions.push(action);
    return action;
  }

  #later(work: () => void): void {
    if (this.#isSlow) this.#waiting.push(work);
    else work();
  }

  #next(prefix: string): string {
    this.#sequence += 1;
    return `${prefix}_${String(this.#sequence).padStart(26, "a")}`;
  }
}

const FOLLOWING: Record<string, [ActionType, Move["operation"], string]> = {
  captures: ["Capture", "capture", "Captured"],
  voids: ["Void", "void", "Voided"],
  refunds: ["Refund", "refund", "Refunded"],
};

function links(id: string): Body {
  const href = `https://api.sandbox.checkout.com/payments/${id}`;
  return { self: { href }, actions: { href: `${href}/actions` } };
}

function responseOf({ id, reference, amount, currency, status, actions }: Payment): Body {
  const [first] = actions;
  const { id: action_id, approved, response_code, response_summary } = first ?? {};
  const said = { action_id, approved, response_code, response_summary, processed_on: AT };
  return { id, ...said, amount, currency, status, reference, _links: links(id) };
}

function detailsOf({ id, reference, amount, currency, status }: Payment): Body {
  const approved = !["Pending", "Declined", "Canceled", "Expired"].includes(status);
  const redirect =
    status === "Pending"
      ? { redirect: { href: `https://authentication-devices.sandbox.checkout.com/sessions/${id}/acs` } }
      : {};
  return {
    id,
    requested_on: AT,
    amount,
    currency,
    payment_type: "Regular",
    reference,
    status,
    approved,
    _links: { ...links(id), ...redirect },
  };
}

function invalid(code: string): { status: number; body: unknown } {
  return { status: 422, body: { request_id: "0HL80RJLS76I7", error_type: "request_invalid", error_codes: [code] } };
}

/** The header of an event, as the account's signature key makes it. */
export async function signEvent(body: string, secret: string): Promise<Headers> {
  const bytes = new TextEncoder().encode(secret);
  const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const signature = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(body));
  return new Headers({ "cko-signature": Buffer.from(signature).toString("hex") });
}
