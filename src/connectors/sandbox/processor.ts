/** A payment processor in miniature, one object a merchant: HTTP in its own format, its own books, its own webhooks. */
import { DurableObject } from "cloudflare:workers";
import { encodeBase32 } from "../../domain/ids.ts";
import { Books, type ChallengeView } from "./books.ts";
import { CommitQueue } from "./commit-queue.ts";
import { answerOf, faultOf, type Reply } from "./entry.ts";
import type { Fresh } from "./execute.ts";
import { type DueHook, HookQueue } from "./hook-queue.ts";
import { type LedgerPage, ledgerPage } from "./ledger.ts";
import { readInquiry, readRequest } from "./read-request.ts";
import { signHook } from "./sign.ts";
import type { WireHook } from "./wire.ts";

/** Past our own limit for an answer: by then nobody listens, though the platform does not tell us so. */
const SILENCE_MS = 5_000;
const HOOK_TIMEOUT_MS = 5_000;

export class SandboxProcessor extends DurableObject<Env> {
  /** ms since 1970. Replaced by tests that let days pass. */
  clock: () => number = Date.now;
  /** Where webhooks leave. Replaced by tests that receive them. */
  post: (request: Request) => Promise<Response> = (request) => fetch(request);

  readonly #queue = new CommitQueue();
  readonly #hooks: HookQueue;
  readonly #books: Books;
  #alarmAt: number | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#hooks = new HookQueue(ctx.storage.sql, (at) => this.#wakeAt(at));
    this.#books = new Books(ctx.storage.sql, ctx.id.toString(), this.#hooks);
  }

  override fetch(request: Request): Promise<Response> {
    return this.#queue.serve(() => this.#answer(request));
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const body: unknown = request.method === "POST" ? await request.json().catch(() => null) : null;
    if (pathname === "/v1/inquiry") {
      const inquiry = readInquiry(body);
      if (inquiry === null) return respond(faultOf(400, "malformed"));
      return respond(await this.#queue.run(() => this.#books.inquire(inquiry, this.#fresh())));
    }
    if (pathname !== "/v1/txn") return respond(faultOf(404, "no_such_path"));
    const txn = readRequest(body);
    if (txn === null) return respond(faultOf(400, "malformed"));
    if (txn.profile.latency_ms > 0) await scheduler.wait(txn.profile.latency_ms);
    const reply = await this.#queue.run(() => this.#books.perform(txn, this.#fresh()));
    if (reply !== null) return respond(reply);
    await scheduler.wait(SILENCE_MS);
    return new Response(null, { status: 504 });
  }

  /** Null where the cursor is not one of ours. */
  async readLedger(paymentId: string, limit: number, cursor: string | null): Promise<LedgerPage | null> {
    return ledgerPage(this.#books.load(paymentId, this.clock()), limit, cursor);
  }

  async readChallenge(token: string): Promise<ChallengeView | null> {
    return this.#books.readChallenge(token, this.clock());
  }

  /** Answers where the shopper goes next; null for an unknown challenge. */
  async decideChallenge(token: string, approves: boolean): Promise<string | null> {
    this.#books.decideChallenge(token, approves, this.clock());
    return this.#books.readChallenge(token, this.clock())?.back ?? null;
  }

  override async alarm(): Promise<void> {
    this.#alarmAt = null;
    await Promise.all(this.#hooks.due(this.clock()).map((hook) => this.#deliver(hook)));
    const next = this.#hooks.nextAt();
    if (next !== null) this.#wakeAt(next);
  }

  async #deliver(hook: DueHook): Promise<void> {
    const now = this.clock();
    const entry = this.#books.load(hook.order_ref, now).find((line) => line.seq === hook.seq);
    if (entry === undefined) return this.#hooks.done(hook);
    const message: WireHook = { msg: hook.msg, ...answerOf(entry, null).body };
    const body = JSON.stringify(message);
    const headers = {
      "content-type": "application/json",
      "sandbox-signature": await signHook(hook.secret, body, Math.floor(now / 1000)),
    };
    const signal = AbortSignal.timeout(HOOK_TIMEOUT_MS);
    const request = new Request(hook.url, { method: "POST", headers, body, redirect: "manual", signal });
    const status = await this.post(request).then(
      async (response) => {
        await response.body?.cancel();
        return response.status;
      },
      () => 0,
    );
    if (status >= 200 && status < 300) this.#hooks.done(hook);
    else this.#hooks.failed(hook, this.clock());
  }

  #wakeAt(at: number): void {
    if (this.#alarmAt !== null && this.#alarmAt <= at) return;
    this.#alarmAt = at;
    this.ctx.waitUntil(this.ctx.storage.setAlarm(at));
  }

  #fresh(): Fresh {
    const random = crypto.getRandomValues(new Uint8Array(25));
    return {
      now: this.clock(),
      id: `sx_${encodeBase32(random.subarray(0, 10))}`,
      token: encodeBase32(random.subarray(10)),
    };
  }
}

function respond(reply: Reply): Response {
  return new Response(JSON.stringify(reply.body), {
    status: reply.status,
    headers: { "content-type": "application/json" },
  });
}
