/** Routing configurations as requests bring them and as answers show them. */
import type { Context } from "hono";
import { connectorNamed } from "../connectors/registry.ts";
import { plainId } from "../domain/ids.ts";
import type { Issue, Rejection } from "../domain/rejection.ts";
import { type Candidate, candidateOf } from "../domain/routing/choose.ts";
import { DEFAULT_MAX_ATTEMPTS } from "../domain/routing/config.ts";
import { type LintReport, lintRouting } from "../domain/routing/lint.ts";
import { readConfiguration } from "../projection/configuration.ts";
import type { RoutingRow } from "../projection/routing.ts";
import { answerOnce } from "./answer-once.ts";
import { findStrayCards } from "./card-guard.ts";
import type { AppEnv } from "./env.ts";
import { reject } from "./errors.ts";
import { isoTime } from "./keys.ts";

/** Of a change whose `If-Match` names another version than the one that is active. */
export const OUTDATED: Rejection = {
  code: "operation_in_progress",
  message: "Somebody else has changed the routing since the version in If-Match: read it again and repeat the change.",
};

export function makeRoutingId(): string {
  return plainId("rt", crypto.getRandomValues(new Uint8Array(15)));
}

export function showVersion({ id, version, config, created }: RoutingRow, activeId: string | null) {
  return { id, version, config, created: isoTime(created), active: id === activeId };
}

/** What routes before anything was put. */
export function defaultRouting(accounts: readonly Candidate[]) {
  const priority = accounts.map(({ label }) => label);
  const config = { rules: [], default: { priority }, retry: { maxAttempts: DEFAULT_MAX_ATTEMPTS } };
  return { id: null, version: 0, config, created: null, active: true };
}

/** The caller's accounts as routing sees them, in the order of their creation. */
export async function routingAccounts(c: Context<AppEnv>): Promise<Candidate[]> {
  const { merchantId, mode } = c.get("caller");
  const { accounts } = await readConfiguration(c.env.DB, merchantId, mode);
  return accounts.flatMap((account) => {
    const capabilities = connectorNamed(account.connector)?.capabilities;
    return capabilities === undefined ? [] : [candidateOf(account, capabilities)];
  });
}

/** Behind `readJson`. `prefix` is where the configuration stands in the body. */
export function lintBody(c: Context<AppEnv>, input: unknown, accounts: readonly Candidate[], prefix = ""): LintReport {
  const report = lintRouting(input, accounts, prefix);
  const issues: Issue[] = [...c.get("bodyIssues"), ...report.issues, ...findStrayCards(c.get("body"))];
  return { ...report, config: issues.length === 0 ? report.config : null, issues };
}

/** The version that the writer has seen, from `If-Match`; null: whichever. */
export function expectedVersion(c: Context<AppEnv>): string | null {
  const tag = c.req.header("if-match")?.trim() ?? "*";
  return tag === "*" ? null : tag.replace(/^W\//, "").replaceAll('"', "");
}

class Refused extends Error {
  readonly rejection: Rejection;
  constructor(rejection: Rejection) {
    super(rejection.message);
    this.rejection = rejection;
  }
}

/** Answers what is only computed. Under an idempotency key, the first answer is the answer; a refusal is not kept. */
export async function answerPure(
  c: Context<AppEnv>,
  compute: () => Promise<{ answer: unknown } | { rejection: Rejection }>,
): Promise<Response> {
  const { merchantId, mode } = c.get("caller");
  try {
    return await answerOnce(c, `${merchantId}\n${mode}`, async () => {
      const computed = await compute();
      if ("rejection" in computed) throw new Refused(computed.rejection);
      return { status: 200, answer: computed.answer, statements: [] };
    });
  } catch (error) {
    if (error instanceof Refused) return reject(c, error.rejection);
    throw error;
  }
}
