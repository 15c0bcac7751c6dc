/** The base class as the shard uses it. */
export class DurableObject<E = unknown> {
  readonly ctx: unknown;
  readonly env: E;

  constructor(ctx: unknown, env: E) {
    this.ctx = ctx;
    this.env = env;
  }
}
