import type { Context } from "hono";
import * as z from "zod";
import type { Rejection } from "../domain/rejection.ts";
import { backtest, type RecordedDecision } from "../domain/routing/backtest.ts";
import { fieldsUsed } from "../domain/routing/match.ts";
import { SEGMENT_FIELDS } from "../domain/routing/segment.ts";
import type { DecisionPage } from "../durable/shard-api.ts";
import type { AppEnv } from "./env.ts";
import { isoTime } from "./keys.ts";
import { rejectIssues, toIssues } from "./issues.ts";
import { lintBody, routingAccounts } from "./routing.ts";
import { backtestRange } from "./schemas/routing.ts";
import { shardAddress } from "./shard-call.ts";

/** Decisions of one back-test: some tens of megabytes of memory. More are left out, and the answer says so. */
const MAX_DECISIONS = 50_000;

/** Behind `readJson`: `{config, from, to}`. */
export async function runBacktest(c: Context<AppEnv>): Promise<{ answer: unknown } | { rejection: Rejection }> {
  const body = c.get("body");
  const accounts = await routingAccounts(c);
  const range = backtestRange.safeParse(body, { reportInput: true });
  const given = z.object({ config: z.unknown() }).safeParse(body);
  const linted = lintBody(c, given.success ? given.data.config : undefined, accounts, "config");
  const issues = [...(range.success ? [] : toIssues(range.error.issues)), ...linted.issues];
  if (!range.success || linted.config === null || issues.length > 0) return { rejection: rejectIssues(issues) };
  const { from, to } = range.data;
  if (from > to)
    return { rejection: rejectIssues([{ path: "to", code: "custom", message: "must not be before from" }]) };
  const fields = [...new Set([...fieldsUsed(linted.config), ...SEGMENT_FIELDS])];
  const { decisions, isTruncated } = await collect(c, { from, to, fields });
  const report = backtest(linted.config, decisions, accounts);
  return { answer: { ...report, truncated: isTruncated, from: isoTime(from), to: isoTime(to) } };
}

async function collect(c: Context<AppEnv>, query: { from: number; to: number; fields: string[] }) {
  const caller = c.get("caller");
  const decisions: RecordedDecision[] = [];
  let isTruncated = false;
  for (let shard = 0; shard < caller.shards; shard++) {
    const stub = c.get("openShard")(c.env, shardAddress(caller, shard));
    let after: number | null = 0;
    while (after !== null) {
      if (decisions.length >= MAX_DECISIONS) {
        isTruncated = true;
        break;
      }
      const page: DecisionPage = JSON.parse(await stub.listDecisions(query, after));
      decisions.push(...page.decisions);
      after = page.next;
    }
  }
  return { decisions: decisions.toSorted((a, b) => a.at - b.at), isTruncated };
}
