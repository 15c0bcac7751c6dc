/** Figures that no noise moves: flushes to disk, rows read, bytes, and what the stores hold. Seconds, not minutes. */
import { gzipSync } from "node:zlib";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { audit } from "../harness/audit.ts";
import { closedLoop, type Target } from "../harness/load.ts";
import { drained } from "../harness/product.ts";
import { canTrace, countSyncs, traceSyncs } from "../harness/syncs.ts";
import type { Lab } from "../lab.ts";
import type { Audit, ExactFigures, SyncFigures, SyncRate } from "../report/exact-figures.ts";
import { measurePage, seedPayments } from "../harness/pages.ts";

const LISTED_ROWS = 10_000;
const LIMIT = 20;

export async function measureExact(lab: Lab): Promise<ExactFigures> {
  const isTraced = canTrace();
  if (!isTraced) lab.report("no figures of flushes: strace is not here, or may not trace");
  const instant = await countVariant(lab, "instant", isTraced);
  lab.report(`instant processor: ${JSON.stringify(instant)}`);
  const sandbox = await countVariant(lab, "product", isTraced);
  lab.report(`sandbox: ${JSON.stringify(sandbox)}`);
  const code = Buffer.from(lab.builds.code("product"));
  return {
    instant: instant.syncs,
    sandbox: sandbox.syncs,
    audits: { instant: instant.audit, sandbox: sandbox.audit },
    page: await readPage(lab),
    bundle: { minified: code.length / 1024, gzipped: gzipSync(code, { level: 9 }).length / 1024 },
  };
}

async function countVariant(
  lab: Lab,
  variant: "instant" | "product",
  isTraced: boolean,
): Promise<{ syncs: SyncFigures | null; audit: Audit }> {
  const trace = join(lab.directory, `${variant}.trace`);
  const product = await lab.startProduct(variant, isTraced ? { wrap: traceSyncs(trace) } : {});
  const perAnswer = async (target: Target, connections: number, limit: number): Promise<SyncRate> => {
    const before = isTraced ? countSyncs(trace) : NONE;
    const { done, errors, firstError } = await closedLoop(target, { connections, forMs: 60_000, limit });
    if (errors > 0) throw new Error(`${errors} wrong answers, the first: ${firstError}`);
    await drained(product);
    // What the outbox still forgets after D1 has it.
    await sleep(QUIET_MS);
    const after = isTraced ? countSyncs(trace) : NONE;
    return { all: (after.all - before.all) / done, batches: (after.readModel - before.readModel) / done };
  };
  await perAnswer(product.creates, 16, 300);
  const syncs = {
    crowd: await perAnswer(product.creates, 16, 800),
    alone: await perAnswer(product.creates, 1, 120),
    replay: await perAnswer(product.replays, 16, 300),
  };
  await product.server.stop();
  return { syncs: isTraced ? syncs : null, audit: audit(product, variant === "product") };
}

const QUIET_MS = 400;
const NONE = { all: 0, readModel: 0 };

async function readPage(lab: Lab): Promise<ExactFigures["page"]> {
  const product = await lab.startProduct("counted");
  await seedPayments(product, LISTED_ROWS);
  const pages = [
    await measurePage(product, { limit: LIMIT }),
    await measurePage(product, { limit: LIMIT, isMiddle: true }),
  ];
  await product.server.stop();
  lab.report(`rows read: ${pages.map(({ rowsRead }) => rowsRead).join(", ")}`);
  return { rows: LISTED_ROWS, limit: LIMIT, rowsRead: Math.max(...pages.map(({ rowsRead }) => rowsRead)) };
}
