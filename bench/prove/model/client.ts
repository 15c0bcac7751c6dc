/** A merchant's program: it sends commands, keeps what it was answered, and asks again with the same key. */
import { paymentId } from "../../../src/domain/ids.ts";
import type {
  CreateInput,
  IdempotencyClaim,
  MethodInput,
  PaymentAction,
  Reply,
} from "../../../src/durable/shard-api.ts";
import { CARDS, type CardName } from "../sim/cards.ts";
import { ADDRESS, type ClientCall, type World } from "../sim/world.ts";
import type { CaptureMethod } from "./payment-model.ts";

export type Wish =
  | { type: "create"; amount: number; capture: CaptureMethod; card: CardName | null; confirm: boolean }
  | { type: "update"; card: CardName | null; amount: number | null }
  | { type: "confirm"; card: CardName | null }
  | { type: "capture"; amount: number | null; final: boolean }
  | { type: "cancel" }
  | { type: "refund"; amount: number | null }
  | { type: "approve" }
  | { type: "reject" }
  | { type: "sync" };

/** Something that was asked for, under a key or without one, as often as it was sent. */
export interface Asked {
  wish: Wish;
  key: string | null;
  calls: ClientCall<Reply>[];
}

const ORIGIN = "https://api.example";

export class Client {
  readonly id = paymentId(0, new Uint8Array(20).fill(7));
  readonly asked: Asked[] = [];
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  ask(wish: Wish, isKeyed: boolean): ClientCall<Reply> {
    const asked: Asked = { wish, key: isKeyed ? `key-${this.asked.length}` : null, calls: [] };
    this.asked.push(asked);
    return this.send(asked);
  }

  /** Decides and routes; stores nothing but the configuration that it read. */
  rehearse(): ClientCall<Reply> {
    const input = createInput({ type: "create", amount: 1000, capture: "automatic", card: "ordinary", confirm: true });
    const base = { origin: ORIGIN, requestId: "req_sim", idempotency: null, paymentId: this.id };
    return this.#world.call("rehearse", (shard) => shard.rehearse(ADDRESS, { ...base, ...input }));
  }

  /** By somebody who was led to the wrong shard. */
  cancelAsStranger(): ClientCall<Reply> {
    const input = {
      origin: ORIGIN,
      requestId: "req_sim",
      idempotency: null,
      paymentId: this.id,
      action: { type: "cancel", reason: null } as const,
    };
    return this.#world.call("stranger", (shard) =>
      shard.act({ ...ADDRESS, merchantId: "mer_other", merchantNumber: 2 }, input),
    );
  }

  /** The same request once more. */
  send(asked: Asked, fingerprint = "f".repeat(64)): ClientCall<Reply> {
    const { wish, key } = asked;
    const idempotency: IdempotencyClaim | null = key === null ? null : { name: hexOf(key), fingerprint };
    const base = { origin: ORIGIN, requestId: "req_sim", idempotency, paymentId: this.id };
    const call =
      wish.type === "create"
        ? this.#world.call("create", (shard) => shard.create(ADDRESS, { ...base, ...createInput(wish) }))
        : this.#world.call(wish.type, (shard) => shard.act(ADDRESS, { ...base, action: actionOf(wish) }));
    asked.calls.push(call);
    return call;
  }
}

function hexOf(key: string): string {
  return Buffer.from(key.padEnd(16, "_")).toString("hex");
}

function methodOf(card: CardName): MethodInput {
  const number = CARDS[card];
  const known = {
    brand: "visa",
    last4: number.slice(-4),
    first6: number.slice(0, 6),
    expiryMonth: 12,
    expiryYear: 2030,
  };
  return {
    view: { type: "card", paymentMethodType: "credit", card: { ...known, funding: "credit", fingerprint: card } },
    card: { number, expiryMonth: 12, expiryYear: 2030, cvc: "123", holderName: null },
  };
}

function createInput(wish: Wish & { type: "create" }): Pick<CreateInput, "details" | "method" | "confirm"> {
  const { amount, capture: captureMethod, card, confirm } = wish;
  return {
    details: { amount, currency: "gbp", captureMethod, metadata: { order: "1" } },
    method: card === null ? null : methodOf(card),
    confirm,
  };
}

function actionOf(wish: Exclude<Wish, { type: "create" }>): PaymentAction {
  switch (wish.type) {
    case "update": {
      const changes = wish.amount === null ? { description: "said later" } : { amount: wish.amount };
      return { type: "update", changes, method: wish.card === null ? null : methodOf(wish.card) };
    }
    case "confirm":
      return { type: "confirm", changes: {}, method: wish.card === null ? null : methodOf(wish.card) };
    case "capture":
      return { type: "capture", amount: wish.amount, final: wish.final ? true : null };
    case "cancel":
      return { type: "cancel", reason: null };
    case "refund":
      return { type: "refund", amount: wish.amount, reason: null, metadata: {} };
    case "approve":
    case "reject":
    case "sync":
      return { type: wish.type };
  }
}
