/** PayPal as its documentation describes it (orders v2, payments v2), with books, so that a test can count what moved. */
import type { CallContext, ProcessorRequest } from "../../../src/connectors/connector.ts";

type Body = Record<string, unknown>;
type Money = { currency_code: string; value: string };
type Answer = { status: number; body: unknown };
type Move = { key: string; operation: "authorize" | "charge" | "capture" | "void" | "refund"; value: string };

interface Payment {
  id: string;
  status: string;
  amount: Money;
  custom_id: string;
  invoice_id?: string;
  final_capture?: boolean;
  expiration_time?: string;
  processor_response?: { response_code: string };
}

interface Order {
  id: string;
  intent: "CAPTURE" | "AUTHORIZE";
  status: string;
  unit: Body & { amount: Money; custom_id: string };
  isCard: boolean;
  liabilityShift: string | null;
  authorizations: Payment[];
  captures: Payment[];
}

/** Card numbers that the simulator knows; everything else is approved. */
export const PAYPAL_CARDS = {
  approved: "4111111111111111",
  declined: "4000000000000002",
  refused: "4000000000000010",
  challenged: "4000000000001091",
};

const SIGNING_KEY = "the key of paypal's certificate";

export class PayPalSimulator {
  readonly moves: Move[] = [];
  readonly requests: ProcessorRequest[] = [];
  readonly #replays = new Map<string, () => Answer>();
  readonly #orders = new Map<string, Order>();
  readonly #payments = new Map<string, Payment>();
  #token = 0;
  #sequence = 0;

  readonly send: CallContext["send"] = async (request) => {
    await null;
    this.requests.push(request);
    const { status, body } = await this.#answer(request, new Headers(request.headers));
    return { kind: "answer", status, headers: new Headers(), body: body === null ? "" : JSON.stringify(body) };
  };

  /** Ends every token that was given out. */
  revokeTokens(): void {
    this.#token += 1;
  }

  /** What the payer does on PayPal's page, or the issuer on its own: with a card, whether the liability shifts. */
  approve(orderId: string, liabilityShift: string | null = null): void {
    const order = this.#order(orderId);
    if (order.isCard) order.liabilityShift = liabilityShift ?? "POSSIBLE";
    else order.status = "APPROVED";
  }

  #order(id: string): Order {
    const order = this.#orders.get(id);
    if (order === undefined) throw new Error(`no order ${id}`);
    return order;
  }

  async #answer(request: ProcessorRequest, headers: Headers): Promise<Answer> {
    const { method, path, body: text } = request;
    if (path === "/v1/oauth2/token") return this.#authenticate(headers, text);
    if (headers.get("authorization") !== `Bearer A21AA-${this.#token}`) {
      return {
        status: 401,
        body: { error: "invalid_token", error_description: "Token signature verification failed" },
      };
    }
    if (path === "/v1/notifications/verify-webhook-signature") return verify(text ?? "");
    if (method === "GET") return this.#get(path);
    const key = headers.get("paypal-request-id") ?? `none-${this.#next()}`;
    const replay = this.#replays.get(`${path} ${key}`);
    if (replay !== undefined) return replay();
    const { answer, again } = this.#post(path, text === undefined ? {} : (JSON.parse(text) as Body));
    // PayPal answers a repeated request with the latest state of what it made.
    if (answer.status < 300) this.#replays.set(`${path} ${key}`, again ?? (() => answer));
    return answer;
  }

  #authenticate(headers: Headers, text: string | undefined): Answer {
    const expected = `Basic ${Buffer.from("AeA-client:EC-secret").toString("base64")}`;
    if (headers.get("authorization") !== expected || text !== "grant_type=client_credentials") {
      return { status: 401, body: { error: "invalid_client", error_description: "Client Authentication failed" } };
    }
    return { status: 200, body: { access_token: `A21AA-${this.#token}`, token_type: "Bearer", expires_in: 32_400 } };
  }

  #get(path: string): Answer {
    const [, kind, id = ""] =
      /^\/v2\/(checkout\/orders|payments\/(?:refunds|captures|authorizations))\/([^/]+)$/.exec(path) ?? [];
    const order = this.#orders.get(id);
    if (kind === "checkout/orders" && order !== undefined) return { status: 200, body: show(order) };
    const payment = this.#payments.get(id);
    if (payment !== undefined && kind !== "checkout/orders") return { status: 200, body: payment };
    return issue(404, "RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID");
  }

  #post(path: string, body: Body): { answer: Answer; again?: () => Answer } {
    if (path === "/v2/checkout/orders") return this.#create(body);
    const [, orderId = "", verb] = /^\/v2\/checkout\/orders\/([^/]+)\/(capture|authorize)$/.exec(path) ?? [];
    const order = this.#orders.get(orderId);
    if (verb !== undefined)
      return {
        answer:
          order === undefined ? issue(404, "RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID") : this.#finish(order, verb),
      };
    const [, kind, id = "", what = ""] =
      /^\/v2\/payments\/(authorizations|captures)\/([^/]+)\/(capture|void|refund)$/.exec(path) ?? [];
    const payment = this.#payments.get(id);
    if (kind === undefined || payment === undefined)
      return { answer: issue(404, "RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID") };
    return { answer: this.#follow(payment, what, body) };
  }

  #create(body: Body): { answer: Answer; again?: () => Answer } {
    const [unit] = body["purchase_units"] as Order["unit"][];
    const source = body["payment_source"] as Record<string, Body | undefined>;
    if (unit === undefined) return { answer: issue(400, "INVALID_REQUEST", "MISSING_REQUIRED_PARAMETER") };
    const number = source["card"]?.["number"];
    if (number === PAYPAL_CARDS.refused) return { answer: issue(422, "UNPROCESSABLE_ENTITY", "CARD_EXPIRED") };
    const intent = body["intent"] as Order["intent"];
    const id = this.#next();
    const order: Order = {
      id,
      intent,
      status: "CREATED",
      unit,
      isCard: number !== undefined,
      liabilityShift: null,
      authorizations: [],
      captures: [],
    };
    this.#orders.set(id, order);
    if (number === undefined || number === PAYPAL_CARDS.challenged) order.status = "PAYER_ACTION_REQUIRED";
    else this.#pay(order, number === PAYPAL_CARDS.declined ? "5120" : null);
    return { answer: { status: 201, body: show(order) }, again: () => ({ status: 200, body: show(order) }) };
  }

  #finish(order: Order, verb: string): Answer {
    if ((verb === "capture") !== (order.intent === "CAPTURE"))
      return issue(422, "UNPROCESSABLE_ENTITY", "ACTION_DOES_NOT_MATCH_INTENT");
    if (order.status === "COMPLETED") {
      return issue(
        422,
        "UNPROCESSABLE_ENTITY",
        verb === "capture" ? "ORDER_ALREADY_CAPTURED" : "ORDER_ALREADY_AUTHORIZED",
      );
    }
    if (order.status !== "APPROVED" && order.liabilityShift === null)
      return issue(422, "UNPROCESSABLE_ENTITY", "ORDER_NOT_APPROVED");
    this.#pay(order, null);
    return { status: 201, body: show(order) };
  }

  #pay(order: Order, decline: string | null): void {
    const { intent, unit } = order;
    const { amount, custom_id } = unit;
    const isSale = intent === "CAPTURE";
    const [good, bad] = isSale ? ["COMPLETED", "DECLINED"] : ["CREATED", "DENIED"];
    const payment: Payment = { id: this.#next(), status: decline === null ? good : bad, amount, custom_id };
    if (order.isCard) payment.processor_response = { response_code: decline ?? "0000" };
    if (isSale) payment.final_capture = true;
    else payment.expiration_time = "2026-12-24T10:00:00Z";
    (isSale ? order.captures : order.authorizations).push(payment);
    this.#payments.set(payment.id, payment);
    order.status = "COMPLETED";
    if (decline === null) this.#book(custom_id, isSale ? "charge" : "authorize", amount);
  }

  #follow(payment: Payment, what: string, body: Body): Answer {
    const amount = (body["amount"] as Money | undefined) ?? payment.amount;
    const id = this.#next();
    if (what === "void") {
      if (payment.status === "VOIDED") return issue(422, "UNPROCESSABLE_ENTITY", "PREVIOUSLY_VOIDED");
      if (payment.status === "CAPTURED") return issue(422, "UNPROCESSABLE_ENTITY", "PREVIOUSLY_CAPTURED");
      payment.status = "VOIDED";
      this.#book(`void of ${payment.custom_id}`, "void", amount);
      return { status: 200, body: payment };
    }
    if (what === "refund") {
      const custom_id = String(body["custom_id"]);
      const refund: Payment = { id, status: "COMPLETED", amount, custom_id };
      this.#payments.set(id, refund);
      this.#book(custom_id, "refund", amount);
      return { status: 201, body: refund };
    }
    if (payment.status === "VOIDED") return issue(422, "UNPROCESSABLE_ENTITY", "AUTHORIZATION_VOIDED");
    const { custom_id } = payment;
    const invoice_id = String(body["invoice_id"]);
    const capture: Payment = {
      id,
      status: "COMPLETED",
      amount,
      custom_id,
      invoice_id,
      final_capture: body["final_capture"] === true,
    };
    payment.status = capture.final_capture === true ? "CAPTURED" : "PARTIALLY_CAPTURED";
    this.#payments.set(id, capture);
    this.#book(invoice_id, "capture", amount);
    return { status: 201, body: capture };
  }

  #book(key: string, operation: Move["operation"], { value }: Money): void {
    this.moves.push({ key, operation, value });
  }

  #next(): string {
    this.#sequence += 1;
    return `SIM${String(this.#sequence).padStart(14, "0")}`;
  }
}

function show({ id, intent, status, unit, isCard, liabilityShift, authorizations, captures }: Order): Body {
  const payments = {
    ...(authorizations.length > 0 ? { authorizations } : {}),
    ...(captures.length > 0 ? { captures } : {}),
  };
  const { reference_id, amount, custom_id } = unit;
  const isOpen = status === "PAYER_ACTION_REQUIRED";
  const authentication_result = {
    liability_shift: liabilityShift,
    three_d_secure: { enrollment_status: "Y", authentication_status: liabilityShift === "NO" ? "N" : "Y" },
  };
  const card = {
    last_digits: "1111",
    brand: "VISA",
    type: "CREDIT",
    ...(liabilityShift === null ? {} : { authentication_result }),
  };
  const page = isCard
    ? `https://www.sandbox.paypal.com/webapps/helios?action=verify&flow=3ds&cart_id=${id}`
    : `https://www.sandbox.paypal.com/checkoutnow?token=${id}`;
  return {
    id,
    intent,
    status,
    ...(isCard ? { payment_source: { card } } : { payment_source: { paypal: {} } }),
    purchase_units: [{ reference_id, amount, custom_id, ...(Object.keys(payments).length > 0 ? { payments } : {}) }],
    create_time: "2026-01-01T00:00:00Z",
    links: [
      { href: `https://api-m.sandbox.paypal.com/v2/checkout/orders/${id}`, rel: "self", method: "GET" },
      ...(isOpen ? [{ href: page, rel: "payer-action", method: "GET" }] : []),
    ],
  };
}

function issue(status: number, name: string, code: string): Answer {
  const details = [{ issue: code, description: `The documentation explains ${code}.` }];
  return { status, body: { name, message: "The request was not accepted.", debug_id: "b1d1f06c7246c", details } };
}

async function signature(text: string): Promise<string> {
  const key = await crypto.subtle.importKey(
    "raw",
    new TextEncoder().encode(SIGNING_KEY),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );
  return Buffer.from(await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(text))).toString("base64");
}

/** The headers with which PayPal posts an event. */
export async function signEvent(body: string, webhookId = "1JE4291016473214C"): Promise<Headers> {
  const [id, time] = ["69cd13f0-d67a-11e5-baa3-778b53f4ae55", "2026-01-01T00:00:00Z"];
  return new Headers({
    "paypal-auth-algo": "SHA256withRSA",
    "paypal-cert-url": "https://api.sandbox.paypal.com/v1/notifications/certs/CERT-360caa42",
    "paypal-transmission-id": id,
    "paypal-transmission-time": time,
    "paypal-transmission-sig": await signature([id, time, webhookId, body].join("|")),
  });
}

/** The event is taken out of the request as it stands there, since the signature is over its bytes. */
async function verify(text: string): Promise<Answer> {
  const { transmission_id, transmission_time, transmission_sig, webhook_id } = JSON.parse(text) as Record<
    string,
    string
  >;
  const mark = '"webhook_event":';
  const event = text.slice(text.indexOf(mark) + mark.length, -1);
  const isGood =
    (await signature([transmission_id, transmission_time, webhook_id, event].join("|"))) === transmission_sig;
  return { status: 200, body: { verification_status: isGood ? "SUCCESS" : "FAILURE" } };
}
