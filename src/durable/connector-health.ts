import { DurableObject } from "cloudflare:workers";
import { type Circuit, circuitAt, CLOSED } from "../domain/routing/circuit.ts";
import { type CircuitChange, countAnswer, type Minute, presentHealth } from "../domain/routing/health.ts";
import { applyObservation, circuitKey, emptyMemory, type Observation } from "../domain/routing/memory.ts";
import type { OutcomeWindow } from "../domain/routing/window.ts";
import type { ConnectorHealthApi, HealthNews } from "./health-api.ts";

const KEPT_CHANGES = 50;
/** Of one account; those without an outcome for the longest time go first. */
const KEPT_SEGMENTS = 400;

/**
 * What all shards of a merchant and mode have seen of its accounts. Shards report in batches and hear what changed; none
 * of them waits for it to decide. Lost, it would fill again from the next outcomes.
 */
export class ConnectorHealth extends DurableObject<Env> implements ConnectorHealthApi {
  readonly #memory = emptyMemory();
  /** The number of the last report that changed a key. */
  readonly #changedIn = new Map<string, number>();
  #reports: number;
  /** Of earlier instances. */
  readonly #reportsBefore: number;
  clock: () => number = () => Date.now();

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const { kv } = ctx.storage;
    this.#reportsBefore = kv.get<number>("reports") ?? 0;
    this.#reports = this.#reportsBefore;
    for (const [key, circuit] of kv.list<Circuit>({ prefix: "circuit:" })) {
      this.#memory.circuits.set(key.slice("circuit:".length), circuit);
    }
    for (const [key, window] of kv.list<OutcomeWindow>({ prefix: "learned:" })) {
      this.#memory.learned.set(key.slice("learned:".length), window);
    }
  }

  async report(observations: readonly Observation[], since: number): Promise<string> {
    if (observations.length > 0) this.ctx.storage.transactionSync(() => this.#take(observations));
    const isNew = (key: string) => (this.#changedIn.get(key) ?? 0) > since;
    // A number from before this instance: what changed since is not known, so everything is told.
    const isAll = since > this.#reports || since < this.#reportsBefore;
    const news: HealthNews = {
      reports: this.#reports,
      circuits: [...this.#memory.circuits].filter(([key]) => isAll || isNew(`circuit:${key}`)),
      learned: [...this.#memory.learned].filter(([key]) => isAll || isNew(`learned:${key}`)),
    };
    return JSON.stringify(news);
  }

  async read(account: { id: string; label: string }): Promise<string> {
    const { kv } = this.ctx.storage;
    const prefix = `minutes:${account.id}|`;
    const regions = [...kv.list<Minute[]>({ prefix })].map(([key, minutes]) => {
      const region = key.slice(prefix.length);
      return { region, minutes, circuit: this.#memory.circuits.get(circuitKey(account.id, region)) ?? CLOSED };
    });
    const changes = kv.get<CircuitChange[]>(`changes:${account.id}`) ?? [];
    return JSON.stringify(presentHealth(account, { regions, changes, at: this.clock() }));
  }

  #take(observations: readonly Observation[]): void {
    const { kv } = this.ctx.storage;
    this.#reports += 1;
    kv.put("reports", this.#reports);
    const minutes = new Map<string, Minute[]>();
    const changed = new Set<string>();
    for (const observation of observations) {
      const { account, region, answer, latencyMs, at } = observation;
      const key = circuitKey(account, region);
      const before = circuitAt(this.#memory.circuits.get(key) ?? CLOSED, at).state;
      const touched = applyObservation(this.#memory, observation);
      changed.add(`circuit:${touched.circuit}`);
      for (const learned of touched.learned) changed.add(`learned:${learned}`);
      const after = this.#memory.circuits.get(key)?.state ?? "closed";
      if (after !== before) this.#noteChange(account, { at, region, from: before, to: after });
      const known = minutes.get(key) ?? kv.get<Minute[]>(`minutes:${key}`) ?? [];
      minutes.set(key, countAnswer(known, answer, latencyMs, at));
    }
    for (const [key, counted] of minutes) kv.put(`minutes:${key}`, counted);
    for (const key of changed) this.#keep(key);
    this.#forgetStale();
  }

  #keep(key: string): void {
    this.#changedIn.set(key, this.#reports);
    const [kind] = key.split(":", 1);
    const name = key.slice(`${kind}:`.length);
    this.ctx.storage.kv.put(key, (kind === "circuit" ? this.#memory.circuits : this.#memory.learned).get(name));
  }

  #noteChange(account: string, change: CircuitChange): void {
    const { kv } = this.ctx.storage;
    const key = `changes:${account}`;
    kv.put(key, [...(kv.get<CircuitChange[]>(key) ?? []), change].slice(-KEPT_CHANGES));
  }

  #forgetStale(): void {
    const byAccount = Map.groupBy(this.#memory.learned.entries(), ([key]) => key.slice(0, key.indexOf("|")));
    for (const windows of byAccount.values()) {
      if (windows.length <= KEPT_SEGMENTS) continue;
      const oldest = windows.toSorted(([, a], [, b]) => a.at - b.at).slice(0, windows.length - KEPT_SEGMENTS);
      for (const [key] of oldest) {
        this.#memory.learned.delete(key);
        this.#changedIn.delete(`learned:${key}`);
        this.ctx.storage.kv.delete(`learned:${key}`);
      }
    }
  }
}
