/** What every stage is given: bundles, a directory that ends with the run, and everything started ends with it too. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Builds, type Contender, type Floors, startFloors, startPeer, type VARIANTS } from "./harness/lineup.ts";
import { ROOT } from "./harness/paths.ts";
import { type Product, type StartOptions, startProduct } from "./harness/product.ts";
import type { Server } from "./harness/server.ts";
import { makeRandom } from "./harness/statistics.ts";

export interface LabOptions {
  /** Of the paired measurements. */
  rounds: number;
  seed: number;
}

export class Lab {
  readonly directory: string;
  readonly builds: Builds;
  readonly rounds: number;
  readonly random: () => number;
  readonly #servers: Server[] = [];
  readonly #began = performance.now();
  #runs = 0;

  constructor({ rounds, seed }: LabOptions) {
    // Beside the sources: a temporary directory may be in memory, where a flush to disk costs nothing.
    const scratch = join(ROOT, ".wrangler");
    mkdirSync(scratch, { recursive: true });
    this.directory = mkdtempSync(join(scratch, "bench-"));
    process.once("exit", () => rmSync(this.directory, { recursive: true, force: true }));
    this.builds = new Builds(join(this.directory, "bundles"));
    this.rounds = rounds;
    this.random = makeRandom(seed);
  }

  async startProduct(
    variant: "product" | keyof typeof VARIANTS,
    options: Pick<StartOptions, "wrap"> = {},
  ): Promise<Product> {
    const { project } = this.builds;
    const code = this.builds.code(variant);
    return this.#keep(await startProduct({ ...options, directory: this.newDirectory(variant), code, project }));
  }

  async startFloors(): Promise<Floors> {
    return this.#keep(await startFloors(this.newDirectory("floors"), this.builds.project));
  }

  async startPeer(isDurable = true): Promise<Contender> {
    return this.#keep(await startPeer(this.newDirectory("peer"), isDurable));
  }

  /** To be ended with the run at the latest. */
  #keep<T extends { server: Server }>(started: T): T {
    this.#servers.push(started.server);
    return started;
  }

  newDirectory(name: string): string {
    return join(this.directory, `${++this.#runs}-${name}`);
  }

  /** To the standard error: the figures alone go to the standard output. */
  readonly report = (line: string): void => {
    console.error(`${((performance.now() - this.#began) / 1000).toFixed(0).padStart(4)} s  ${line}`);
  };

  get seconds(): number {
    return (performance.now() - this.#began) / 1000;
  }

  async close(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.stop()));
  }
}
