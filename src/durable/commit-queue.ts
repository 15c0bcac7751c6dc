/**
 * Group commit. While several requests are being served, writers wait one tick and are applied together in one
 * synchronous turn: one transaction, one fsync, however many payments change. A tick is a millisecond, so a request that
 * is alone does not wait for company. The output gate holds every answer and every outgoing call until it is durable.
 */
export class CommitQueue {
  #waiting: { apply: () => void; fail: (reason: unknown) => void }[] = [];
  readonly #storage: DurableObjectStorage;
  /** Runs in the same turn, after all writers: what it writes commits with them. */
  readonly #afterTurn: () => void;
  #served = 0;

  constructor(storage: DurableObjectStorage, afterTurn: () => void) {
    this.#storage = storage;
    this.#afterTurn = afterTurn;
  }

  /** A request that may write, from its arrival to its answer. */
  async serve<T>(request: () => Promise<T>): Promise<T> {
    this.#served++;
    try {
      return await request();
    } finally {
      this.#served--;
    }
  }

  /** `write` must be synchronous. One that throws is rolled back alone and rejects alone. */
  run<T>(write: () => T): Promise<T> {
    return new Promise<T>((resolve, fail) => {
      const apply = () => resolve(this.#storage.transactionSync(write));
      if (this.#waiting.push({ apply, fail }) === 1) void this.#flush();
    });
  }

  async #flush(): Promise<void> {
    await (this.#served > 1 ? scheduler.wait(0) : null);
    const turn = this.#waiting;
    this.#waiting = [];
    for (const { apply, fail } of turn) {
      try {
        apply();
      } catch (error) {
        fail(error);
      }
    }
    this.#afterTurn();
  }
}
