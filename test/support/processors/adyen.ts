/** Adyen as its documentation describes it: Checkout API v72 with books, so that a test can count what moved. */
import type { CallContext, ProcessorCall } from "../../../src/connectors/connector.ts";

type Body = Record<string, unknown>;
type Move = { key: string; operation: "authorize" | "charge" | "capture" | "cancel" | "refund"; amount: number };

interface Payment {
  pspReference: string;
  reference: string;
  amount: { value: number; currency: string };
  isCaptured: boolean;
  state: "open" | "redirected" | "refused";
}

/** Card numbers that the simulator knows; everything else is authorised. */
export const ADYEN_CARDS = {
  approved: "4111111111111111",
  refused: "4000000000000002",
  challenged: "4212345678910006",
  erring: "4000000000000119",
};

export const ADYEN_HMAC_KEY = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056";

export class AdyenSimulator {
  readonly moves: Move[] = [];
  readonly requests: { path: string; key: string | null; body: Body }[] = [];
  readonly #answers = new Map<string, { status: number; body: Body }>();
  readonly #inProgress = new Set<string>();
  readonly #payments = new Map<string, Payment>();
  readonly #receipts = new Map<string, { eventCode: string; pspReference: string; payment: Payment; value: number }>();
  #sequence = 0;

  readonly send: CallContext["send"] = async ({ method, path, headers, body }) => {
    const asked = new Headers(headers);
    const { status, body: said } = await this.#answer(method, path, asked, body ?? "");
    const transient = status === 422 && said["errorCode"] === "704" ? { "transient-error": "true" } : {};
    return { kind: "answer", status, headers: new Headers(transient), body: JSON.stringify(said) };
  };

  async #answer(method: string, path: string, headers: Headers, text: string): Promise<{ status: number; body: Body }> {
    if (headers.get("x-api-key") !== "AQE-test-key") return refusal(401, "000", "HTTP Status Response - Unauthorized");
    if (method !== "POST") return refusal(405, "000", "Method not allowed");
    const key = headers.get("idempotency-key");
    const body = JSON.parse(text) as Body;
    this.requests.push({ path, key, body });
    if (key === null) return this.#execute(path, body);
    const known = this.#answers.get(key);
    if (known !== undefined) return known;
    if (this.#inProgress.has(key)) return refusal(422, "704", "request already processed or in progress");
    this.#inProgress.add(key);
    await new Promise((resolve) => setTimeout(resolve, 1));
    const answer = this.#execute(path, body);
    this.#inProgress.delete(key);
    this.#answers.set(key, answer);
    return answer;
  }

  #execute(path: string, body: Body): { status: number; body: Body } {
    if (path === "/v72/payments/details") return this.#details(body);
    if (body["merchantAccount"] !== "SwitchyardECOM") return refusal(403, "901", "Invalid Merchant Account");
    if (path === "/v72/payments") return this.#pay(body);
    if (path === "/v72/cancels") return this.#cancelByReference(body);
    const [, reference = "", action = ""] = /^\/v72\/payments\/([^/]+)\/(captures|cancels|refunds)$/.exec(path) ?? [];
    const payment = this.#payments.get(reference);
    if (payment === undefined) return refusal(422, "167", "Original pspReference required for this operation");
    return this.#modify(payment, action, body);
  }

  #pay(body: Body): { status: number; body: Body } {
    const method = body["paymentMethod"] as Record<string, string>;
    const amount = body["amount"] as Payment["amount"];
    const reference = String(body["reference"]);
    const pspReference = this.#nextReference();
    const base = { pspReference, merchantReference: reference };
    const payment: Payment = { pspReference, reference, amount, isCaptured: false, state: "open" };
    const card = method["number"];
    if (card === ADYEN_CARDS.refused) {
      return {
        status: 200,
        body: { ...base, resultCode: "Refused", refusalReason: "CVC Declined", refusalReasonCode: "24" },
      };
    }
    if (card === ADYEN_CARDS.erring) {
      return {
        status: 200,
        body: { ...base, resultCode: "Error", refusalReason: "Acquirer Error", refusalReasonCode: "4" },
      };
    }
    this.#payments.set(pspReference, payment);
    payment.isCaptured = body["captureDelayHours"] === 0;
    if (card === ADYEN_CARDS.challenged || method["type"] !== "scheme") {
      payment.state = "redirected";
      const url = `https://checkoutshopper-test.adyen.com/checkoutshopper/threeDS/redirect?MD=${pspReference}`;
      const action = { type: "redirect", method: "GET", paymentMethodType: method["type"], url };
      return { status: 200, body: { ...base, resultCode: "RedirectShopper", action } };
    }
    return this.#authorise(payment);
  }

  #authorise(payment: Payment): { status: number; body: Body } {
    const { pspReference, reference: merchantReference, amount, isCaptured } = payment;
    payment.state = "open";
    if (amount.value > 0) this.#book(merchantReference, isCaptured ? "charge" : "authorize", amount.value);
    return { status: 200, body: { pspReference, resultCode: "Authorised", merchantReference, amount } };
  }

  /** The simulator's shopper writes what they did into the result: `<pspReference>-approve` or `-reject`. */
  #details(body: Body): { status: number; body: Body } {
    const { redirectResult = "" } = body["details"] as Record<string, string>;
    const [reference = "", decision] = redirectResult.split("-");
    const payment = this.#payments.get(reference);
    if (payment?.state !== "redirected") return refusal(422, "101", "Invalid redirectResult");
    if (decision === "approve") return this.#authorise(payment);
    payment.state = "refused";
    const refused = { refusalReason: "3D Not Authenticated", refusalReasonCode: "11" };
    const { pspReference, reference: merchantReference } = payment;
    return { status: 200, body: { pspReference, merchantReference, resultCode: "Refused", ...refused } };
  }

  #modify(payment: Payment, action: string, body: Body): { status: number; body: Body } {
    const reference = String(body["reference"]);
    const amount = (body["amount"] ?? payment.amount) as Payment["amount"];
    if (amount.currency !== payment.amount.currency) return refusal(422, "138", "Unsupported currency specified");
    const pspReference = this.#nextReference();
    const [operation, eventCode] = MODIFICATIONS[action] ?? ["capture", "CAPTURE"];
    this.#book(reference, operation, amount.value);
    this.#receipts.set(reference, { eventCode, pspReference, payment, value: amount.value });
    const { merchantAccount } = body;
    const receipt = {
      merchantAccount,
      reference,
      pspReference,
      status: "received",
      paymentPspReference: payment.pspReference,
    };
    return { status: 201, body: action === "cancels" ? receipt : { ...receipt, amount } };
  }

  #cancelByReference(body: Body): { status: number; body: Body } {
    const { merchantAccount, reference, paymentReference } = body;
    const pspReference = this.#nextReference();
    const payment = [...this.#payments.values()].find((candidate) => candidate.reference === paymentReference);
    if (payment !== undefined) {
      this.#receipts.set(String(reference), { eventCode: "TECHNICAL_CANCEL", pspReference, payment, value: 0 });
    }
    return { status: 201, body: { merchantAccount, paymentReference, pspReference, reference, status: "received" } };
  }

  #book(key: string, operation: Move["operation"], amount: number): void {
    this.moves.push({ key, operation, amount });
  }

  #nextReference(): string {
    this.#sequence += 1;
    return `SIM${String(this.#sequence).padStart(13, "0")}`;
  }

  /** The standard webhook about a modification that was received, signed. */
  async notification({ key }: Pick<ProcessorCall, "key">, changes: Body = {}): Promise<Uint8Array> {
    const { eventCode, pspReference, payment, value } =
      this.#receipts.get(key) ?? fail(`nothing received under ${key}`);
    return signedNotification({
      amount: { currency: payment.amount.currency, value },
      eventCode,
      eventDate: "2026-01-01T01:00:00+01:00",
      merchantAccountCode: "SwitchyardECOM",
      merchantReference: key,
      originalReference: payment.pspReference,
      paymentMethod: "visa",
      pspReference,
      reason: "",
      success: "true",
      ...changes,
    });
  }
}

const MODIFICATIONS: Record<string, [Move["operation"], string]> = {
  captures: ["capture", "CAPTURE"],
  cancels: ["cancel", "CANCELLATION"],
  refunds: ["refund", "REFUND"],
};

export async function signedNotification(item: Body, hmacKey = ADYEN_HMAC_KEY): Promise<Uint8Array> {
  const amount = item["amount"] as Body;
  const { pspReference, originalReference = "", merchantAccountCode, merchantReference, eventCode, success } = item;
  const fields = [pspReference, originalReference, merchantAccountCode, merchantReference];
  const text = [...fields, amount["value"], amount["currency"], eventCode, success].join(":");
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", Buffer.from(hmacKey, "hex"), algorithm, false, ["sign"]);
  const signature = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(text));
  const hmacSignature = Buffer.from(signature).toString("base64");
  const signed = { ...item, additionalData: { ...(item["additionalData"] as Body | undefined), hmacSignature } };
  const notification = { live: "false", notificationItems: [{ NotificationRequestItem: signed }] };
  return new TextEncoder().encode(JSON.stringify(notification));
}

function refusal(status: number, errorCode: string, message: string): { status: number; body: Body } {
  const errorType = status === 401 ? "security" : "validation";
  return { status, body: { status, errorCode, message, errorType } };
}

function fail(message: string): never {
  throw new Error(message);
}
