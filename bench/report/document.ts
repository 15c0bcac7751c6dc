/** `docs/benchmarks.md`, from the figures of one run. Pure. */
import { spreadOf } from "../harness/statistics.ts";
import type { Figures } from "./figures.ts";
import { numberText, sliceTable, spreadText, table, targetTable } from "./table.ts";
import { isBroken, type Target, verdictOf } from "./target.ts";
import { OPEN } from "../stages/open-loop.ts";

/** Where and of what the figures are. */
export interface Setting {
  command: string;
  commit: string;
  date: string;
  machine: string;
  versions: string;
  /** One-minute load average as the run began, other work on the machine included. */
  load: number;
  seconds: number;
}

export function writeDocument(figures: Figures, targets: readonly Target[], setting: Setting): string {
  return `${[head(setting), summary(targets), targetTable(targets), restatements(targets), ...sections(figures), HOW]
    .filter((part) => part !== "")
    .join("\n\n")}\n`;
}

function head({ command, commit, date, machine, versions, load, seconds }: Setting): string {
  return `# Benchmarks

Written by \`${command}\`: do not edit. One run of ${Math.round(seconds)} s on ${date}, commit ${commit}; ${machine}; ${versions}; load
average ${numberText(load)} as it began. Rates are worth nothing on another machine, and little on this one an hour later: read the
ratios. \`median [least–most]\` of the rounds. What the figures mean, and why some goals are missed:
[design/performance.md](design/performance.md).

## Targets

"Create" is the whole of \`POST /api/payments\`, authorisation included: key, validation, idempotency, two commits with
the log's hash chain, the projection into D1; with a processor that answers at once and from no books, unless the
sandbox is named. F1 is a bare Worker that writes two rows in one shared Durable Object, F2 one that writes to a new
object for each payment.`;
}

function summary(targets: readonly Target[]): string {
  const count = (verdict: string) => targets.filter((one) => verdictOf(one) === verdict).length;
  return `${count("stretch") + count("held")} held (${count("stretch")} of them at the stretch goal), ${count("missed")} missed, ${count("not measured")} not measured.`;
}

/** What a check holds the missed goals to, and why: in the open, next to them. */
function restatements(targets: readonly Target[]): string {
  const restated = targets.filter(({ restated, ...one }) => restated !== undefined && verdictOf(one) === "missed");
  if (restated.length === 0) return "";
  const lines = restated.map(
    (one) =>
      `- ${one.number}: held to ${numberText(one.restated?.limit ?? 0)}${one.unit === "" ? "" : ` ${one.unit}`} instead of ${numberText(one.set)}${isBroken(one) ? ", and missed that" : ""}: ${one.restated?.why}.`,
  );
  return `Goals that \`npm run bench:gates\` does not hold us to as they were set, and what it does:\n\n${lines.join("\n")}`;
}

function sections({ rates, open, lists, startUp, soak, exact }: Figures): string[] {
  return [
    rates === null
      ? ""
      : `## Side by side\n\n${rates.rounds} rounds, 16 connections; "alone" is one.\n\n${sliceTable(rates.slices)}`,
    open === null
      ? ""
      : `## Latency against load\n\nArrivals at random, whether or not earlier ones were answered; latency from the intended arrival. The generator itself was late by at most ${numberText(Math.max(...open.points.map(({ lagMs }) => lagMs)))} ms (99th percentile of the worst point).\n\n![Latency against load](benchmarks/latency.svg)\n\n${openTable(open.points)}`,
    soak === null || lists === null
      ? ""
      : "## Cost against payments stored\n\n![Cost against payments stored](benchmarks/cost.svg)",
    soak === null ? "" : soakTable(soak.points),
    lists === null ? "" : `### Pages of the list\n\n4 connections, pages of 20.\n\n${sliceTable(lists.slices)}`,
    startUp === null ? "" : `## Start of a new isolate\n\nTo its first answer.\n\n${sliceTable(startUp)}`,
    exact === null && rates === null && soak === null ? "" : auditTable({ rates, soak, exact }),
  ];
}

function openTable(points: readonly { name: string; perSecond: number; p50: number; p99: number }[]): string {
  const loads = [...new Set(points.map(({ perSecond }) => perSecond))].toSorted((a, b) => a - b);
  const rows = loads.map((load) => [
    String(load),
    ...Object.values(OPEN).map((name) => {
      const own = points.filter((point) => point.name === name && point.perSecond === load);
      const [p50, p99] = [spreadOf(own.map((point) => point.p50)), spreadOf(own.map((point) => point.p99))];
      return p50 === null || p99 === null ? "" : `${spreadText(p50)} / ${spreadText(p99)}`;
    }),
  ]);
  return table(["arrivals a second; p50 / p99, ms", ...Object.values(OPEN)], rows);
}

function soakTable(
  points: readonly { payments: number; rssBytes: number; descriptors: number; cpuUs: number }[],
): string {
  const rows = points
    .filter((_, n) => n % 2 === 1 || n === 0)
    .map(({ payments, rssBytes, descriptors, cpuUs }) => [
      String(payments),
      numberText(rssBytes / 2 ** 20),
      String(descriptors),
      numberText(cpuUs),
    ]);
  return `### One process, sandbox and all\n\n${table(["payments", "memory, MiB", "descriptors", "CPU a create, µs"], rows)}`;
}

function auditTable({ rates, soak, exact }: Pick<Figures, "rates" | "soak" | "exact">): string {
  const audits = [
    ...(rates?.audits.map(
      (audit, n) => [n === 0 ? "side by side, instant" : "side by side, sandbox", audit] as const,
    ) ?? []),
    ...(exact === null
      ? []
      : ([
          ["traced, instant", exact.audits.instant],
          ["traced, sandbox", exact.audits.sandbox],
        ] as const)),
    ...(soak === null ? [] : ([["soak, sandbox", soak.audit]] as const)),
  ];
  const rows = audits.map(([name, audit]) => [
    name,
    ...[audit.accepted, audit.lost, audit.doubled, audit.bytes.shard, audit.bytes.readModel, audit.bytes.events].map(
      numberText,
    ),
  ]);
  return `## What the stores hold

After each run the databases are read from outside and compared, id by id, with what was answered: the shard, D1, and
with the sandbox its own books. Bytes are for each payment, indexes included.

${table(["run", "answered", "lost", "doubled", "shard", "D1, payment", "D1, events"], rows)}`;
}

const HOW = `## How it is measured

workerd alone serves the bundle that would be deployed; \`wrangler dev\` would cost more than the product does. Slices
take turns in a new random order each round, so that the machine's moods meet all alike, and ratios are of one round.
CPU is what the kernel counts for the server's processes, and what an answer deferred is waited for and counted. A slice
with one wrong answer ends the run. Flushes are counted by strace, also of the calls that D1 makes on the same disk.

\`npm run bench -- --rounds N --soak N --rows N\` for longer ones, \`--only STAGE,STAGE\` to look at a few
(\`exact rates open lists start-up soak\`; writes nothing). \`npm run bench:gates\` measures what no other load moves and
fails where a goal is missed.`;
