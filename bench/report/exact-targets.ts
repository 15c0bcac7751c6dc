/** The targets that `npm run bench:gates` keeps: no other load on the machine moves them, but for one that says so. */
import type { ExactFigures } from "./exact-figures.ts";
import { type Target, target } from "./target.ts";

const FEATURES = "the bundle is as large as the product: Zod and the schemas, Drizzle, the processors' adapters, pages";
const EVIDENCE =
  "a payment keeps its whole log with all that the merchant said, its hashes, and every call to the processor";
const TOLD =
  "D1 keeps each event's text for `GET /api/events`, found in five ways; the payment's own row is within the goal";
const CURSOR = "behind a cursor SQLite steps over the row that the cursor names";
const ALONE =
  "D1 takes what came within 100 ms in one batch, of two flushes, and a slow machine creates less within it";
const ALARM = "an alarm is set now and then, of three flushes, and falls into a run of a hundred creates or not";
const CROWD = "requests share a commit when they come within a millisecond, so a slow machine shares less";

export function exactTargets(figures: ExactFigures): Target[] {
  const { instant, sandbox, audits, page, bundle } = figures;
  const { bytes } = audits.instant;
  const own = sandbox === null ? "" : `; with the sandbox's own books ${sandbox.crowd.all.toFixed(2)}`;
  const atMost = { direction: "atMost" } as const;
  const exact = { isExact: true };
  const kib = { ...exact, unit: "KiB" };
  const perPayment = { ...exact, unit: "bytes" };
  return [
    target({ number: "4a", goal: `flushes a create, 16 connections${own}`, ...exact }, of(instant?.crowd.all), {
      ...atMost,
      set: 0.5,
      stretch: 0.2,
      restated: { limit: 1, why: CROWD },
    }),
    target({ number: "4b", goal: "flushes a create, alone", ...exact }, of(instant?.alone.all), {
      ...atMost,
      set: 2.5,
      stretch: 2,
      restated: { limit: 4, why: ALONE },
    }),
    // The outbox is emptied once for each batch, in a commit of its own.
    target(
      { number: "4c", goal: "of these, the create's own commits", ...exact },
      instant === null ? null : [instant.alone.all - 2 * instant.alone.batches],
      { ...atMost, set: 2.1, restated: { limit: 2.25, why: ALARM } },
    ),
    // What the outbox of the creates before it still owes may be flushed meanwhile: less than one in twenty.
    target({ number: "8b", goal: "flushes a replay", ...exact }, of(instant?.replay.all), { ...atMost, set: 0.05 }),
    target(
      { number: "9c", goal: `rows read for a page of ${page.limit} out of ${page.rows}`, ...exact },
      [page.rowsRead],
      {
        ...atMost,
        set: page.limit + 1,
        restated: { limit: page.limit + 2, why: CURSOR },
      },
    ),
    target({ number: "12a", goal: "bundle, minified", ...kib }, [bundle.minified], {
      ...atMost,
      set: 250,
      stretch: 150,
      restated: { limit: BUNDLE_LIMIT.minified, why: FEATURES },
    }),
    target({ number: "12b", goal: "bundle, gzipped", ...kib }, [bundle.gzipped], {
      ...atMost,
      set: 70,
      stretch: 40,
      restated: { limit: BUNDLE_LIMIT.gzipped, why: FEATURES },
    }),
    target({ number: "13a", goal: "stored in the shard for a payment", ...perPayment }, [bytes.shard], {
      ...atMost,
      set: 1200,
      stretch: 800,
      restated: { limit: 2650, why: EVIDENCE },
    }),
    target({ number: "13b", goal: "stored in D1 for a payment's row", ...perPayment }, [bytes.readModel], {
      ...atMost,
      set: 800,
      stretch: 650,
    }),
    target(
      { number: "13c", goal: "stored in D1 for a payment, its events too", ...perPayment },
      [bytes.readModel + bytes.events],
      {
        ...atMost,
        set: 800,
        stretch: 650,
        restated: { limit: 2500, why: TOLD },
      },
    ),
    target({ number: "14c", goal: "payments lost or doubled in the short runs", ...exact }, [wrongOf(audits)], {
      ...atMost,
      set: 0,
    }),
  ];
}

/** KiB; a tenth above what it was when they were set. */
const BUNDLE_LIMIT = { minified: 620, gzipped: 198 };

function of(value: number | undefined): number[] | null {
  return value === undefined ? null : [value];
}

export function wrongOf(audits: Record<string, { lost: number; doubled: number }>): number {
  return Object.values(audits).reduce((sum, { lost, doubled }) => sum + lost + doubled, 0);
}
