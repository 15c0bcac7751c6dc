import { assess } from "../domain/fraud/assess.ts";
import { decideAction } from "../domain/payment/decide/action.ts";
import { noEligibleConnector, type Preparation } from "../domain/payment/decide/confirm.ts";
import { decideCreate } from "../domain/payment/decide/create.ts";
import { type Decision, refuse, refuseUnlessAllowed } from "../domain/payment/decide/decision.ts";
import { mergeChanges } from "../domain/payment/decide/update.ts";
import type { PaymentDetails, PaymentMethodView } from "../domain/payment/details.ts";
import { isToBeSaved, strandsSavedMethod } from "../domain/payment/saved-method.ts";
import type { Rejection } from "../domain/rejection.ts";
import { writeSimulation } from "../domain/routing/receipt.ts";
import { savedMethodIdOf } from "../vault/saved-method-id.ts";
import type { AddressBook } from "./address-book.ts";
import { type Answer, isRejection } from "./answers.ts";
import type { CommitQueue } from "./commit-queue.ts";
import type { Configuration } from "./configuration.ts";
import type { Driver } from "./driver.ts";
import type { FaultPoint } from "./fault-points.ts";
import type { HeldPayment } from "./payment-log.ts";
import { NOT_FOUND, renderPayment, renderRefund } from "./reads.ts";
import { route } from "./route.ts";
import type { RouteMemory } from "./route-memory.ts";
import { type SealedCard, sealCard } from "./secrets.ts";
import type { ActInput, CreateInput, IdempotencyClaim, MethodInput, Reply, ShardAddress } from "./shard-api.ts";
import { type ShardTables, transition } from "./transition.ts";
import { previewMethod, resolveMethod, type TakenToken } from "./vaulted-method.ts";

export interface ShardContext {
  env: Env;
  address: AddressBook;
  tables: ShardTables;
  commits: CommitQueue;
  configuration: Configuration;
  driver: Driver;
  memory: RouteMemory;
  now: () => number;
  reach: (point: FaultPoint, paymentId: string) => void | Promise<void>;
}

/** A request that may change a payment, in the steps that all of them share. */
interface Execution {
  paymentId: string;
  claim: IdempotencyClaim | null;
  status: 200 | 201;
  card: SealedCard | null;
  /** Where the card came by one. */
  token: TakenToken | null;
  decide: (held: HeldPayment | null) => Decision;
}

export async function executeCreate(context: ShardContext, input: CreateInput): Promise<Reply> {
  const { paymentId, details, confirm, idempotency: claim } = input;
  const earlier = await replay(context, paymentId, claim);
  if (earlier !== null) return earlier;
  if (context.tables.log.find(paymentId) !== null) return repeatCreate(context, paymentId);
  const { merchantId, mode } = context.address.get();
  const customerId = details.customer?.id ?? null;
  const resolved = await resolveMethod(context, input.method, { paymentId, customerId });
  if (!resolved.ok) return resolved;
  const { method, token } = resolved;
  const view = method?.view ?? null;
  const preparation = confirm && view !== null ? await prepare(context, input, { details, view }) : null;
  return execute(context, {
    paymentId,
    claim,
    status: 201,
    card: await sealIfAny(context, paymentId, method),
    token,
    decide: (held) => {
      if (held !== null) return { ok: true, events: [] };
      return decideCreate({ id: paymentId, owner: { merchantId, mode }, details, method: view, preparation });
    },
  });
}

/** The Worker repeats a create that it got no answer to, with the id it had drawn: without a key, that id is the key. */
async function repeatCreate(context: ShardContext, id: string): Promise<Reply> {
  await context.driver.recover(id);
  const held = context.tables.log.find(id);
  if (held === null) return NOT_FOUND;
  return { ok: true, status: 201, body: renderPayment(context.env, held.state), replayed: false };
}

export async function executeAction(context: ShardContext, input: ActInput): Promise<Reply> {
  const { paymentId, action, idempotency: claim } = input;
  const earlier = await replay(context, paymentId, claim);
  if (earlier !== null) return earlier;
  const before = context.tables.log.find(paymentId)?.state;
  if (before === undefined) return NOT_FOUND;
  if (action.type === "sync") return executeSync(context, input);
  const { changes } = "changes" in action ? mergeChanges(before.details, action.changes) : { changes: {} };
  const details = { ...before.details, ...changes };
  const wanted = "method" in action ? action.method : null;
  const isVaulted = wanted !== null && "vaulted" in wanted;
  if (isVaulted && (action.type === "confirm" || action.type === "update")) {
    // What the status forbids needs no card: a token stays good for another payment.
    const refused = refuseUnlessAllowed(before, action.type);
    if (refused !== null && !refused.ok) return refused;
  }
  const resolved = await resolveMethod(context, wanted, { paymentId, customerId: details.customer?.id ?? null });
  if (!resolved.ok) return resolved;
  const { method, token } = resolved;
  const view = method?.view ?? before.method;
  const isRouted = action.type === "confirm" && view !== null;
  const preparation = isRouted ? await prepare(context, input, { details, view }) : null;
  return execute(context, {
    paymentId,
    claim,
    status: action.type === "refund" ? 201 : 200,
    card: await sealIfAny(context, paymentId, method),
    token,
    decide: (held) => {
      const state = held?.state ?? before;
      if (method === null && strandsSavedMethod(state, changes)) return refuse(anothersMethod());
      const command = action.type === "confirm" || action.type === "update" ? { ...action, method } : action;
      const decision = decideAction(state, command, { preparation });
      // Routed, or a saved method's owner compared, for what the payment said then; if that has changed meanwhile, the
      // merchant asks again.
      const isStale = (isRouted || isVaulted) && state.version !== before.version;
      return decision.ok && isStale ? refuse(changedMeanwhile()) : decision;
    },
  });
}

/** What `create` would decide. Reads nothing but the configuration, writes nothing, calls nobody. */
export async function rehearseCreate(context: ShardContext, address: ShardAddress, input: CreateInput): Promise<Reply> {
  const { details } = input;
  const resolved = await previewMethod(context, address, input.method, details.customer?.id ?? null);
  if (!resolved.ok) return resolved;
  const { method } = resolved;
  const fraud = assess(address.mode, method?.view ?? null);
  const routing = method === null ? null : await rehearseRoute(context, address, input, method.view);
  if (routing?.ok === false) return { ok: false, rejection: routing.rejection };
  return {
    ok: true,
    status: 200,
    body: JSON.stringify({ dryRun: true, routing: routing?.receipt ?? null, fraud }),
    replayed: false,
  };
}

/** The receipt that a payment would get. */
async function rehearseRoute(
  context: ShardContext,
  address: ShardAddress,
  { paymentId, details, region }: CreateInput,
  view: PaymentMethodView,
) {
  const { plan, config } = await route(context, address, { paymentId, details, view, region });
  if (plan.candidates.length === 0) return { ok: false as const, rejection: noEligibleConnector(plan) };
  const payment = { id: paymentId, connector: details.connector ?? null };
  return { ok: true as const, receipt: writeSimulation(payment, plan, config) };
}

/** As `rehearseCreate`, its routing alone. */
export async function simulateCreate(context: ShardContext, address: ShardAddress, input: CreateInput): Promise<Reply> {
  const resolved = await previewMethod(context, address, input.method, input.details.customer?.id ?? null);
  if (!resolved.ok) return resolved;
  if (resolved.method === null) {
    const message = "Without a payment method there is nothing to route.";
    return { ok: false, rejection: { code: "parameter_missing", message, param: "paymentMethod" } };
  }
  const routing = await rehearseRoute(context, address, input, resolved.method.view);
  if (!routing.ok) return routing;
  return { ok: true, status: 200, body: JSON.stringify(routing.receipt), replayed: false };
}

/** Answers with what the payment is once the processor has been asked; that is not an operation of its own. */
async function executeSync(context: ShardContext, { paymentId, idempotency: claim }: ActInput): Promise<Reply> {
  await context.driver.ask(paymentId);
  return execute(context, {
    paymentId,
    claim,
    status: 200,
    card: null,
    token: null,
    decide: () => ({ ok: true, events: [] }),
  });
}

async function prepare(
  context: ShardContext,
  { paymentId, origin, region }: CreateInput | ActInput,
  { details, view }: { details: PaymentDetails; view: PaymentMethodView },
): Promise<Preparation> {
  const at = context.address.get();
  const { plan } = await route(context, at, { paymentId, details, view, region });
  if (region !== undefined) context.memory.noteRegion(paymentId, region);
  const saving = isToBeSaved(details, view) ? { saveAs: savedMethodIdOf(context.env.MASTER_KEY, paymentId) } : {};
  return { plan, screening: assess(at.mode, view), origin, ...saving };
}

function sealIfAny({ env }: ShardContext, paymentId: string, method: MethodInput | null) {
  const card = method?.card ?? null;
  return card === null ? null : sealCard(env.MASTER_KEY, paymentId, card);
}

/** Claim, decide and intend in one transaction; then do what is owed; then answer what came of it. */
async function execute(context: ShardContext, execution: Execution): Promise<Reply> {
  const { tables, commits, driver, reach } = context;
  const { paymentId, claim, token } = execution;
  await reach("before_intent", paymentId);
  const begun = await commits.run(() => {
    const isTwin = claim !== null && tables.answers.find(claim) !== null;
    return isTwin ? null : begin(context, execution);
  });
  if (begun === null || isRejection(begun)) await token?.release();
  if (begun === null) return (await replay(context, paymentId, claim)) ?? NOT_FOUND;
  if (isRejection(begun)) return { ok: false, rejection: begun };
  if (begun.version === null) await driver.live(paymentId);
  else await token?.spend();
  return answer(context, paymentId, { claim, begun, replayed: false });
}

/** Inside a commit. An answer whose version is null comes when the call that is now owed has come back. */
function begin(context: ShardContext, execution: Execution): Answer | Rejection {
  const { paymentId, claim, status, card, token, decide } = execution;
  const { tables, driver, now } = context;
  const held = tables.log.find(paymentId);
  const decision = decide(held);
  if (!decision.ok) return decision.rejection;
  const at = now();
  const { events } = decision;
  const next = events.length === 0 ? held : transition(tables, { id: paymentId, held }, events, at);
  if (next === null) throw new Error(`${paymentId} is not in this shard`);
  const isOwed = next.state.owed !== null && next.state.owed !== held?.state.owed;
  const refundId = events.find((event) => event.kind === "refundStarted")?.refundId ?? null;
  const begun: Answer = { payment: next.number, status, refundId, version: isOwed ? null : next.state.version };
  if (card !== null) tables.secrets.put(next.number, card, token?.created ?? at);
  if (claim !== null) tables.answers.claim(claim, begun, at);
  tables.log.keep(next);
  // Before the call leaves: once the authorisation is settled, no copy of its CVC may be left.
  if (isOwed) driver.begin(paymentId, token?.spend);
  return begun;
}

/** The first answer again, driven to its end where a crash left it open; null where the key is new. */
async function replay(context: ShardContext, id: string, claim: IdempotencyClaim | null): Promise<Reply | null> {
  const begun = claim === null ? null : context.tables.answers.find(claim);
  if (begun === null) return null;
  if (isRejection(begun)) return { ok: false, rejection: begun };
  if (begun.version === null) await context.driver.recover(id);
  return answer(context, id, { claim, begun, replayed: true });
}

async function answer(
  { env, tables, commits }: ShardContext,
  id: string,
  { claim, begun, replayed }: { claim: IdempotencyClaim | null; begun: Answer; replayed: boolean },
): Promise<Reply> {
  const held = tables.log.find(id);
  if (held === null) return NOT_FOUND;
  const pinned = claim === null ? null : tables.answers.find(claim);
  const known = pinned !== null && !isRejection(pinned) ? pinned.version : begun.version;
  const version = known ?? held.state.version;
  // The run ended without a word (our own fault on the way): what is answered now is what stays answered.
  if (claim !== null && known === null) await commits.run(() => tables.answers.pin(held.number, version));
  const state =
    version === held.state.version ? held.state : tables.log.foldWhile(id, (row) => row.sequence <= version);
  if (state === null) return NOT_FOUND;
  const body = begun.refundId === null ? renderPayment(env, state) : renderRefund(state, begun.refundId);
  return body === null ? NOT_FOUND : { ok: true, status: begun.status, body, replayed };
}

function anothersMethod(): Rejection {
  return {
    code: "parameter_invalid",
    message: "customer: the payment's saved method belongs to another customer.",
    param: "customer",
  };
}

function changedMeanwhile(): Rejection {
  return {
    code: "operation_in_progress",
    message: "The payment was changed while it was being confirmed.",
    retryAfterSeconds: 1,
  };
}
