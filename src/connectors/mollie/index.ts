/** Mollie, API v2. Each payment is made on a page of Mollie's; no card number ever passes through here. */
import type { Outcome } from "../../domain/outcome.ts";
import type { CallContext, Connector, ConnectorAccount, ProcessorCall } from "../connector.ts";
import { unsupported } from "../declines.ts";
import { MOLLIE_CURRENCIES } from "./amount.ts";
import { listRequest, paymentRequest, performRequest, recentRequest, releaseRequest } from "./request.ts";
import { paymentOutcome, readList, readMove, readPayment, readQuestion, readRefusal, voidOutcome } from "./response.ts";
import { readNotice, verifyNotice } from "./webhook.ts";

/** The key alone decides whether money is real: one of the other mode must not be used by mistake. */
function isOfMode({ mode, credentials }: ConnectorAccount): boolean {
  return (credentials["apiKey"] ?? "").startsWith(`${mode}_`);
}

async function perform(call: ProcessorCall, context: CallContext): Promise<Outcome> {
  const { account } = context;
  if (call.kind === "authenticate") return lookup(call, context);
  if (!isOfMode(account)) return unsupported(`The account's API key is not one of ${account.mode} mode.`);
  const request = performRequest(call, account);
  if (request === null) return unsupported("The processor cannot express this operation or method.");
  const answer = await context.send(request);
  if (call.kind === "void") return afterVoid(await readVoid(call, context, answer));
  if (call.kind !== "capture") return call.kind === "refund" ? readMove(answer, call) : readPayment(answer, call);
  const captured = readMove(answer, call);
  const isRestLeft = call.final && call.amount < call.details.amount;
  // Best effort: what is not given back now lapses by itself, and several captures may have left nothing.
  if (isRestLeft && captured.kind === "approved") await context.send(releaseRequest(call, account));
  return captured;
}

async function readVoid(
  call: ProcessorCall,
  context: CallContext,
  answer: Awaited<ReturnType<CallContext["send"]>>,
): Promise<Outcome> {
  if (answer.kind === "no_answer") return { kind: "unknown", reason: answer.reason };
  const isAccepted = answer.status === 200 || answer.status === 202 || answer.status === 204;
  if (!isAccepted) return readRefusal(answer, call);
  return lookup(call, context);
}

/** Accepted, and not done yet. */
function afterVoid(outcome: Outcome): Outcome {
  return outcome.kind === "not_found" ? { kind: "unknown", reason: "the void is accepted and not done yet" } : outcome;
}

async function lookup(call: ProcessorCall, context: CallContext): Promise<Outcome> {
  const { account } = context;
  const { kind, attemptReference } = call;
  if (kind === "capture") return readList(await context.send(listRequest(call, account)), "captures", call);
  if (kind === "refund") return readList(await context.send(listRequest(call, account)), "refunds", call);
  if (attemptReference === null) return readList(await context.send(recentRequest(account)), "payments", call);
  const read = readQuestion(await context.send(paymentRequest(attemptReference, account)));
  if ("outcome" in read) return read.outcome;
  return kind === "void" ? voidOutcome(read.body, call) : paymentOutcome(read.body, call);
}

export const mollie: Connector = {
  name: "mollie",
  baseUrl: () => "https://api.mollie.com",
  capabilities: {
    currencies: MOLLIE_CURRENCIES,
    methods: ["wallet", "bank_redirect", "pay_later", "bank_transfer"],
    captureMethods: ["automatic", "manual", "manual_multiple"],
    multipleCapture: true,
    partialCapture: true,
    // By a release that follows the last capture at once.
    releasesRest: true,
    void: true,
    refund: true,
    partialRefund: true,
    threeDs: true,
    zeroAmount: false,
    recovery: { lookup: "eventual", replayWindowHours: 1, cancelByKey: false, webhook: true },
  },
  timeoutMs: 20_000,
  credentials: { required: ["apiKey"], optional: [] },
  perform,
  lookup,
  webhook: { verify: verifyNotice, read: readNotice },
};
