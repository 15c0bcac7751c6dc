/** Interleaved slices: every stage once a round, in an order of its own, so that the machine's moods meet all alike. */
import { shuffle } from "./statistics.ts";

export interface Slice {
  /** Accepted answers. */
  done: number;
  perSecond: number;
  /** On-CPU time of the server's processes for each, what it deferred included. */
  cpuUs: number;
  /** ms */
  p50: number;
  p99: number;
}

export interface Stage {
  name: string;
  run(): Promise<Slice>;
}

export type Slices = Map<string, Slice[]>;

export interface RoundOptions {
  rounds: number;
  random: () => number;
  report: (line: string) => void;
}

export async function runRounds(stages: readonly Stage[], { rounds, random, report }: RoundOptions): Promise<Slices> {
  const slices: Slices = new Map(stages.map(({ name }) => [name, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const stage of shuffle(stages, random)) {
      const slice = await stage.run();
      const { name } = stage;
      slices.get(name)?.push(slice);
      const { perSecond, cpuUs, p50, p99 } = slice;
      report(
        `round ${round} ${name.padEnd(34)} ${perSecond.toFixed(0).padStart(6)}/s ${cpuUs.toFixed(0).padStart(6)} µs ` +
          `p50 ${p50.toFixed(2)} p99 ${p99.toFixed(2)} ms`,
      );
    }
  }
  return slices;
}
