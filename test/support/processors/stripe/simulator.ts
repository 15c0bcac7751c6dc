/**
 * Stripe as far as we use it, with books: a peer to test against, written from docs.stripe.com/api and never shipped.
 * Strict where Stripe is (unknown parameters, states, keys used twice), so that a request which it takes is one that
 * Stripe could take. Runs in Node and in workerd.
 */
import { behaviourOf, type Behaviour, passesLuhn } from "./cards.ts";
import { type Form, formOf, parseForm, textOf } from "./form.ts";

/** What moved, in Stripe's units. `key` is the request's idempotency key. */
export interface BookLine {
  operation: "hold" | "charge" | "capture" | "release" | "refund";
  key: string | null;
  intent: string;
  amount: number;
}

// oxlint-disable-next-line typescript/no-explicit-any -- Stripe's objects, as loose as their wire format
type Thing = Record<string, any>;

interface Answer {
  status: number;
  body: Thing;
  /** Whether Stripe keeps it for a repeat of the key: not where it refused before execution began. */
  isKept: boolean;
}

class Refusal extends Error {
  readonly status: number;
  readonly error: Thing;
  readonly isKept: boolean;
  constructor(status: number, error: Thing, isKept = false) {
    super(String(error["message"]));
    this.status = status;
    this.error = error;
    this.isKept = isKept;
  }
}

const PARAMETERS: Record<string, readonly string[]> = {
  payment_methods: ["type", "card", "billing_details"],
  payment_intents: [
    ...[
      "amount",
      "currency",
      "confirm",
      "capture_method",
      "payment_method_types",
      "payment_method",
      "payment_method_data",
    ],
    ...["payment_method_options", "return_url", "metadata", "description", "statement_descriptor", "expand"],
    ...["statement_descriptor_suffix", "shipping", "off_session", "setup_future_usage"],
  ],
  setup_intents: [
    ...["confirm", "usage", "payment_method_types", "payment_method", "payment_method_data", "return_url", "metadata"],
    ...["description"],
  ],
  capture: ["amount_to_capture", "metadata", "final_capture"],
  cancel: ["cancellation_reason"],
  refunds: ["payment_intent", "amount", "metadata"],
};

export class StripeSimulator {
  readonly books: BookLine[] = [];
  /** Events that Stripe would post, oldest first. */
  readonly events: Thing[] = [];
  /** Form bodies that arrived, oldest first. */
  readonly requests: { path: string; body: string }[] = [];
  readonly #version: string;
  readonly #objects = new Map<string, Thing>();
  readonly #behaviours = new Map<string, Behaviour>();
  readonly #keys = new Map<string, { fingerprint: string; answer: Answer | null }>();
  #made = 0;

  constructor(version: string) {
    this.#version = version;
  }

  /** As a `fetch`. `base` is stripped from the path. */
  async handle(request: Request, base = ""): Promise<Response> {
    const url = new URL(request.url);
    const path = url.pathname.slice(base.length);
    const text = request.method === "POST" ? new TextDecoder().decode(await request.arrayBuffer()) : "";
    if (path.startsWith("/_simulator/")) return this.#control(path.slice(12), text);
    if (request.method === "POST") this.requests.push({ path, body: text });
    const { status, body, replayed } = this.#answer(request, { path, text, query: url.searchParams });
    const headers: Record<string, string> = { "content-type": "application/json", "request-id": `req_${++this.#made}` };
    if (replayed) headers["idempotent-replayed"] = "true";
    return new Response(JSON.stringify(body), { status, headers });
  }

  /** The customer at the bank's page. */
  decideChallenge(intentId: string, passes: boolean): void {
    const intent = this.#object(intentId, "payment_intent", "setup_intent");
    if (intent["status"] !== "requires_action") throw new Error(`${intentId} is ${intent["status"]}`);
    intent["next_action"] = null;
    if (passes) return this.#approve(intent, null);
    const isSetup = intent["object"] === "setup_intent";
    const code = isSetup ? "setup_intent_authentication_failure" : "payment_intent_authentication_failure";
    intent[isSetup ? "last_setup_error" : "last_payment_error"] = cardError(code, null);
    intent["status"] = "requires_payment_method";
    this.#emit(isSetup ? "setup_intent.setup_failed" : "payment_intent.payment_failed", intent);
  }

  /** Pending refunds end as their card says. */
  settleRefunds(): void {
    for (const refund of this.#all("refund")) {
      if (refund["status"] !== "pending") continue;
      const intent = this.#object(refund["payment_intent"], "payment_intent");
      refund["status"] = this.#behaviours.get(intent["payment_method"])?.refund ?? "succeeded";
      if (refund["status"] === "failed") {
        refund["failure_reason"] = "expired_or_canceled_card";
        this.books.push({ operation: "refund", key: null, intent: intent["id"], amount: -refund["amount"] });
      }
      this.#emit(refund["status"] === "failed" ? "refund.failed" : "refund.updated", refund);
    }
  }

  /** For tests that only reach it over HTTP. */
  #control(what: string, text: string): Response {
    const order = (text === "" ? {} : JSON.parse(text)) as Thing;
    if (what === "challenge") this.decideChallenge(order["intent"], order["passes"]);
    if (what === "settle-refunds") this.settleRefunds();
    return Response.json({ books: this.books, events: this.events, requests: this.requests });
  }

  #answer(
    request: Request,
    { path, text, query }: { path: string; text: string; query: URLSearchParams },
  ): { status: number; body: Thing; replayed: boolean } {
    const key = request.headers.get("idempotency-key");
    const known = key === null || request.method !== "POST" ? undefined : this.#keys.get(key);
    const fingerprint = `${path}\n${text}`;
    try {
      this.#authenticate(request);
      if (known !== undefined && known.fingerprint !== fingerprint) {
        throw new Refusal(400, {
          type: "idempotency_error",
          message: "Keys for idempotent requests can only be used with the same parameters.",
        });
      }
      if (known?.answer === null)
        throw new Refusal(409, { type: "idempotency_error", code: "idempotency_key_in_use", message: "in use" });
      if (known?.answer != null) return { ...known.answer, replayed: true };
      const body =
        request.method === "POST" ? this.#post(path, { form: parseForm(text), key }) : this.#get(path, query);
      // A copy: what is kept for a repeat is the first answer, not what the object has become.
      const answer = { status: 200, body: structuredClone(body), isKept: true };
      if (key !== null) this.#keys.set(key, { fingerprint, answer });
      return { ...answer, replayed: false };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const answer = { status: error.status, body: structuredClone({ error: error.error }), isKept: error.isKept };
      if (key !== null && error.isKept) this.#keys.set(key, { fingerprint, answer });
      return { ...answer, replayed: false };
    }
  }

  #authenticate(request: Request): void {
    if (!/^Bearer sk_test_\w+$/.test(request.headers.get("authorization") ?? "")) {
      throw new Refusal(401, { type: "invalid_request_error", message: "Invalid API Key provided" });
    }
    if (request.headers.get("stripe-version") !== this.#version)
      throw invalid("the version is not the pinned one", "Stripe-Version");
  }

  #post(path: string, request: { form: Form; key: string | null }): Thing {
    const [, version, resource = "", id, verb, ...rest] = path.split("/");
    if (version !== "v1" || rest.length > 0) throw notFound(path);
    checkParameters(verb ?? resource, request.form);
    if (textOf(request.form, "description") === "rate-limit me") {
      throw new Refusal(429, { type: "invalid_request_error", code: "rate_limit", message: "Too many requests" });
    }
    if (id !== undefined) {
      const intent = this.#object(id, resource.slice(0, -1));
      if (verb === "capture" && resource === "payment_intents") return this.#capture(intent, request);
      if (verb === "cancel") return this.#cancel(intent, request.key);
      throw notFound(path);
    }
    if (resource === "payment_methods") return this.#makeMethod(request.form);
    if (resource === "payment_intents") return this.#makePayment(request);
    if (resource === "setup_intents") return this.#makeSetup(request);
    if (resource === "refunds") return this.#makeRefund(request);
    throw notFound(path);
  }

  #get(path: string, query: URLSearchParams): Thing {
    const [, version, resource = "", id] = path.split("/");
    const type = resource.slice(0, -1);
    if (version !== "v1" || !["payment_intent", "setup_intent", "refund"].includes(type)) throw notFound(path);
    if (id === "search") {
      const [, name = "", value = ""] = /^metadata\["(\w+)"\]:"(\w+)"$/.exec(query.get("query") ?? "") ?? [];
      if (name === "") throw invalid("the query cannot be read", "query");
      return {
        object: "search_result",
        data: this.#all(type).filter((each) => each["metadata"][name] === value),
        has_more: false,
      };
    }
    if (id !== undefined) return this.#object(id, type);
    const of = query.get("payment_intent");
    const data = this.#all(type).filter((each) => of === null || each["payment_intent"] === of);
    return { object: "list", data: data.toReversed(), has_more: false };
  }

  #makeMethod(form: Form): Thing {
    const card = formOf(form, "card");
    const number = textOf(card, "number") ?? "";
    if (textOf(form, "type") !== "card") throw invalid("only cards are made here", "type");
    if (!passesLuhn(number)) throw new Refusal(402, cardError("incorrect_number", null), true);
    const method = this.#keep("payment_method", "pm", {
      type: "card",
      card: {
        brand: "visa",
        funding: "credit",
        last4: number.slice(-4),
        exp_month: Number(textOf(card, "exp_month")),
        exp_year: Number(textOf(card, "exp_year")),
      },
      billing_details: {},
      customer: null,
      livemode: false,
    });
    this.#behaviours.set(method["id"], behaviourOf(number));
    return method;
  }

  #makePayment({ form, key }: { form: Form; key: string | null }): Thing {
    const amount = Number(textOf(form, "amount"));
    if (!Number.isSafeInteger(amount) || amount < 1)
      throw invalid("Invalid integer", "amount", "parameter_invalid_integer");
    if (textOf(form, "confirm") !== "true") throw invalid("we always confirm", "confirm");
    if (!/^https?:/.test(textOf(form, "return_url") ?? ""))
      throw invalid("Not a valid URL", "return_url", "url_invalid");
    const method = this.#methodOf(form);
    const intent = this.#keep("payment_intent", "pi", {
      ...{ amount, amount_capturable: 0, amount_received: 0, currency: textOf(form, "currency"), livemode: false },
      ...{
        capture_method: textOf(form, "capture_method"),
        confirmation_method: "automatic",
        status: "requires_confirmation",
      },
      ...{ payment_method: method, payment_method_types: Object.values(formOf(form, "payment_method_types") ?? {}) },
      ...{ metadata: { ...formOf(form, "metadata") }, description: textOf(form, "description"), latest_charge: null },
      ...{ last_payment_error: null, next_action: null, cancellation_reason: null, canceled_at: null },
    });
    intent["client_secret"] = `${intent["id"]}_secret_simulated`;
    return this.#confirm(intent, { key, returnUrl: textOf(form, "return_url") ?? "" });
  }

  #makeSetup({ form, key }: { form: Form; key: string | null }): Thing {
    const method = this.#methodOf(form);
    const intent = this.#keep("setup_intent", "seti", {
      ...{ status: "requires_confirmation", usage: textOf(form, "usage"), payment_method: method, livemode: false },
      ...{
        metadata: { ...formOf(form, "metadata") },
        last_setup_error: null,
        next_action: null,
        cancellation_reason: null,
      },
      ...{
        payment_method_types: Object.values(formOf(form, "payment_method_types") ?? {}),
        client_secret: "seti_secret",
      },
    });
    return this.#confirm(intent, { key, returnUrl: textOf(form, "return_url") ?? "" });
  }

  /** A method that was made before, or one of those that redirect. */
  #methodOf(form: Form): string | null {
    const id = textOf(form, "payment_method");
    if (id !== null) return this.#object(id, "payment_method")["id"];
    const type = textOf(formOf(form, "payment_method_data"), "type");
    const [only, ...others] = Object.values(formOf(form, "payment_method_types") ?? {});
    if (type === null || type !== only || others.length > 0)
      throw invalid("the types do not fit the method", "payment_method_types");
    return null;
  }

  #confirm(intent: Thing, { key, returnUrl }: { key: string | null; returnUrl: string }): Thing {
    const { decline, challenge } = this.#behaviours.get(intent["payment_method"]) ?? {};
    if (decline !== undefined) {
      const isSetup = intent["object"] === "setup_intent";
      const error = cardError(...decline);
      intent["status"] = "requires_payment_method";
      intent[isSetup ? "last_setup_error" : "last_payment_error"] = error;
      this.#emit(isSetup ? "setup_intent.setup_failed" : "payment_intent.payment_failed", intent);
      throw new Refusal(402, { ...error, [intent["object"]]: structuredClone(intent) }, true);
    }
    if (challenge === true || intent["payment_method"] === null) {
      intent["status"] = "requires_action";
      const url = `https://hooks.stripe.example/redirect/${intent["id"]}`;
      intent["next_action"] = { type: "redirect_to_url", redirect_to_url: { url, return_url: returnUrl } };
      this.#emit(`${intent["object"]}.requires_action`, intent);
      return intent;
    }
    this.#approve(intent, key);
    return intent;
  }

  #approve(intent: Thing, key: string | null): void {
    const line = { key: key ?? intent["metadata"]["attempt"], intent: intent["id"], amount: intent["amount"] };
    if (intent["object"] === "setup_intent") {
      intent["status"] = "succeeded";
      return this.#emit("setup_intent.succeeded", intent);
    }
    intent["latest_charge"] = `ch_${++this.#made}`;
    if (intent["capture_method"] === "manual") {
      intent["status"] = "requires_capture";
      intent["amount_capturable"] = intent["amount"];
      this.books.push({ operation: "hold", ...line });
      return this.#emit("payment_intent.amount_capturable_updated", intent);
    }
    intent["status"] = "succeeded";
    intent["amount_received"] = intent["amount"];
    this.books.push({ operation: "charge", ...line });
    this.#emit("payment_intent.succeeded", intent);
  }

  #capture(intent: Thing, { form, key }: { form: Form; key: string | null }): Thing {
    if (intent["status"] !== "requires_capture") throw unexpectedState(intent);
    const amount = Number(textOf(form, "amount_to_capture") ?? intent["amount_capturable"]);
    if (!(amount > 0 && amount <= intent["amount_capturable"])) {
      throw invalid("The amount exceeds what can be captured", "amount_to_capture", "amount_too_large");
    }
    const staysOpen = textOf(form, "final_capture") === "false" && amount < intent["amount_capturable"];
    Object.assign(intent["metadata"], formOf(form, "metadata"));
    intent["amount_received"] += amount;
    intent["amount_capturable"] = staysOpen ? intent["amount_capturable"] - amount : 0;
    if (!staysOpen) intent["status"] = "succeeded";
    this.books.push({ operation: "capture", key, intent: intent["id"], amount });
    this.#emit(staysOpen ? "payment_intent.amount_capturable_updated" : "payment_intent.succeeded", intent);
    return intent;
  }

  #cancel(intent: Thing, key: string | null): Thing {
    if (["succeeded", "canceled", "processing"].includes(intent["status"])) throw unexpectedState(intent);
    if (intent["amount_capturable"] > 0) {
      this.books.push({ operation: "release", key, intent: intent["id"], amount: intent["amount_capturable"] });
    }
    intent["amount_capturable"] = 0;
    intent["status"] = intent["amount_received"] > 0 ? "succeeded" : "canceled";
    intent["cancellation_reason"] = "requested_by_customer";
    intent["next_action"] = null;
    this.#emit(`${intent["object"]}.canceled`, intent);
    return intent;
  }

  #makeRefund({ form, key }: { form: Form; key: string | null }): Thing {
    const intent = this.#object(textOf(form, "payment_intent") ?? "", "payment_intent");
    const amount = Number(textOf(form, "amount"));
    const given = this.#all("refund").filter(
      (each) => each["payment_intent"] === intent["id"] && each["status"] !== "failed",
    );
    const left = intent["amount_received"] - given.reduce((sum, each) => sum + Number(each["amount"]), 0);
    if (left === 0) throw invalid("Charge has already been refunded.", "payment_intent", "charge_already_refunded");
    if (!(amount > 0 && amount <= left))
      throw invalid("Refund amount is greater than unrefunded amount on charge", "amount");
    const isSlow = this.#behaviours.get(intent["payment_method"])?.refund !== undefined;
    const refund = this.#keep("refund", "re", {
      ...{ amount, currency: intent["currency"], payment_intent: intent["id"], charge: intent["latest_charge"] },
      ...{ metadata: { ...formOf(form, "metadata") }, status: isSlow ? "pending" : "succeeded", reason: null },
    });
    this.books.push({ operation: "refund", key, intent: intent["id"], amount });
    this.#emit("refund.created", refund);
    return refund;
  }

  #keep(object: string, prefix: string, members: Thing): Thing {
    const id = `${prefix}_${String(++this.#made).padStart(6, "0")}`;
    const made: Thing = { id, object, created: 1_780_000_000 + this.#made, ...members };
    this.#objects.set(id, made);
    return made;
  }

  #object(id: string, ...types: string[]): Thing {
    const found = this.#objects.get(id);
    if (found === undefined || !types.includes(found["object"])) throw notFound(id);
    return found;
  }

  #all(type: string): Thing[] {
    return [...this.#objects.values()].filter((each) => each["object"] === type);
  }

  #emit(type: string, object: Thing): void {
    const id = `evt_${++this.#made}`;
    this.events.push({
      id,
      object: "event",
      api_version: this.#version,
      type,
      livemode: false,
      data: { object: structuredClone(object) },
    });
  }
}

function checkParameters(operation: string, form: Form): void {
  const known = PARAMETERS[operation] ?? [];
  for (const name of Object.keys(form)) {
    if (!known.includes(name)) throw invalid(`Received unknown parameter: ${name}`, name, "parameter_unknown");
  }
}

function invalid(message: string, param: string, code = "parameter_invalid_empty"): Refusal {
  return new Refusal(400, { type: "invalid_request_error", code, param, message });
}

function unexpectedState(intent: Thing): Refusal {
  const message = `This PaymentIntent could not be changed because it has a status of ${intent["status"]}.`;
  const error = { type: "invalid_request_error", code: "payment_intent_unexpected_state", message };
  return new Refusal(400, { ...error, payment_intent: structuredClone(intent) });
}

function notFound(what: string): Refusal {
  return new Refusal(404, {
    type: "invalid_request_error",
    code: "resource_missing",
    message: `No such thing: ${what}`,
  });
}

function cardError(code: string, declineCode: string | null): Thing {
  return {
    type: "card_error",
    code,
    ...(declineCode === null ? {} : { decline_code: declineCode }),
    message: "Your card was declined.",
  };
}
