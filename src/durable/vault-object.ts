import { DurableObject } from "cloudflare:workers";
import type { PaymentMethodView } from "../domain/payment/details.ts";
import { reseal } from "../vault/seal.ts";
import { CommitQueue } from "./commit-queue.ts";
import { migrate } from "./migrate.ts";
import { SavedMethods } from "./saved-methods.ts";
import { openCard, sealCard } from "./secrets.ts";
import { TOKEN_LIFETIME_MS, Tokens } from "./tokens.ts";
import type { NewToken, SavedMethod, TokenReply, VaultApi, VaultedCard } from "./vault-api.ts";
import { VAULT_STEPS } from "./vault-tables.ts";

/** A rotation of the master key waits for eight days: by then every vault has looked several times. */
const REWRAP_EVERY_MS = 24 * 60 * 60 * 1000;

/** Cards that wait for a payment: tokens for one, saved methods for many (docs/design/vault.md). A shell. */
export class VaultObject extends DurableObject<Env> implements VaultApi {
  readonly #tokens: Tokens;
  readonly #methods: SavedMethods;
  readonly #commits: CommitQueue;
  #armedAt: number | null = null;
  #rewrapAt: number | null;
  /** Of this instance alone, for tests: a virtual clock. */
  clock: () => number = () => Date.now();

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    migrate(ctx.storage, VAULT_STEPS);
    this.#tokens = new Tokens(ctx.storage.sql);
    this.#methods = new SavedMethods(ctx.storage.sql);
    this.#commits = new CommitQueue(ctx.storage, () => this.#arm());
    // A new instance may have a new master key.
    this.#rewrapAt = this.#methods.isEmpty() ? null : Date.now();
    void ctx.blockConcurrencyWhile(async () => {
      this.#armedAt = await ctx.storage.getAlarm();
      this.#arm();
    });
  }

  async makeToken({ id, view, card, fingerprint }: NewToken): Promise<TokenReply> {
    const sealed = await sealCard(this.env.MASTER_KEY, id, card);
    return this.#commits.run((): TokenReply => {
      const made = this.#tokens.recall(id);
      if (made !== null && made.fingerprint !== fingerprint) return { ok: false, rejection: keyReused() };
      const created = made?.created ?? this.clock();
      if (made === null) this.#tokens.add(id, { view, sealed, created }, fingerprint);
      return {
        ok: true,
        view: made?.view ?? view,
        expires: created + TOKEN_LIFETIME_MS,
        replayed: made !== null && fingerprint !== null,
      };
    });
  }

  async peekToken(id: string): Promise<PaymentMethodView | null> {
    return this.#tokens.find(id, null, this.clock())?.view ?? null;
  }

  async takeToken(id: string, paymentId: string): Promise<VaultedCard | null> {
    const taken = await this.#commits.run(() => this.#tokens.take(id, paymentId, this.clock()));
    if (taken === null) return null;
    const { view, sealed, created } = taken;
    return { view, card: await openCard(this.env.MASTER_KEY, id, sealed), created };
  }

  spendToken(id: string, paymentId: string): Promise<void> {
    return this.#commits.run(() => this.#tokens.spend(id, paymentId));
  }

  releaseToken(id: string, paymentId: string): Promise<void> {
    return this.#commits.run(() => this.#tokens.release(id, paymentId));
  }

  async saveMethod({ id, customerId, usage, paymentId, view, card }: SavedMethod): Promise<void> {
    const sealed = await sealCard(this.env.MASTER_KEY, id, { ...card, cvc: null });
    const created = this.clock();
    await this.#commits.run(() => {
      this.#methods.add({ id, customer: customerId, usage, payment: paymentId, view, card: sealed.card, created });
      this.#rewrapAt ??= created + REWRAP_EVERY_MS;
    });
  }

  async readMethod(id: string, customerId: string): Promise<VaultedCard | null> {
    const method = this.#methods.find(id, customerId);
    if (method === null) return null;
    const card = await openCard(this.env.MASTER_KEY, id, { card: method.card, cvc: null });
    return { view: { ...method.view, id }, card, created: method.created };
  }

  override async alarm(): Promise<void> {
    this.#armedAt = null;
    const now = this.clock();
    while (await this.#commits.run(() => this.#tokens.clean(now)));
    await this.#rewrap(now);
    this.#arm();
  }

  /** Under the newest master key, long before an older one is dropped. */
  async #rewrap(now: number): Promise<void> {
    if (this.#rewrapAt === null || this.#rewrapAt > now) return;
    for (let after = ""; ;) {
      const batch = this.#methods.outdated(this.env.MASTER_KEY, after);
      const last = batch.at(-1);
      if (last === undefined) break;
      after = last.id;
      const cards = await Promise.all(batch.map((row) => this.#reseal(row)));
      await this.#commits.run(() =>
        batch.forEach(({ id, card }, index) => this.#methods.replace(id, card, cards[index] ?? card)),
      );
    }
    this.#rewrapAt = now + REWRAP_EVERY_MS;
  }

  /** Null, and a line in the log, where no key opens it: that must not keep the others from being re-wrapped. */
  async #reseal({ id, card }: { id: string; card: string }): Promise<string | null> {
    return reseal(this.env.MASTER_KEY, card, `card:${id}`).catch((error: unknown) => {
      console.error(JSON.stringify({ event: "rewrap_failed", method: id, reason: String(error) }));
      return null;
    });
  }

  /** Only where it has to ring earlier: setting an alarm costs a flush to disk. */
  #arm(): void {
    const times = [this.#tokens.nextAt(), this.#rewrapAt].filter((at) => at !== null);
    if (times.length === 0) return;
    const next = Math.max(Math.min(...times), Date.now());
    if (this.#armedAt !== null && this.#armedAt <= next) return;
    this.#armedAt = next;
    void this.ctx.storage.setAlarm(next);
  }
}

function keyReused() {
  return {
    code: "idempotency_key_reused" as const,
    message: "This Idempotency-Key was used before with a different request.",
    param: "Idempotency-Key",
  };
}
