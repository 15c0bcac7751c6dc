/** Work that waits together is done in one synchronous turn, and so shares one transaction and one flush to disk. */
export class CommitQueue {
  #waiting: (() => void)[] = [];
  #served = 0;

  /** A request that may write, from its arrival to its answer. */
  async serve<T>(request: () => Promise<T>): Promise<T> {
    this.#served++;
    try {
      return await request();
    } finally {
      this.#served--;
    }
  }

  /** `work` must not await anything. Its throw is its caller's alone. */
  run<T>(work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => {
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      });
      if (this.#waiting.length === 1) void this.#flush();
    });
  }

  async #flush(): Promise<void> {
    // One turn of the event loop: whatever has arrived by then joins. It takes a millisecond, so not for one alone.
    await (this.#served > 1 ? scheduler.wait(0) : null);
    const batch = this.#waiting;
    this.#waiting = [];
    for (const work of batch) work();
  }
}
