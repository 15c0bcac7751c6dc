import type { AccountRef } from "../payment/events.ts";
import type { PaymentDetails, PaymentMethodView } from "../payment/details.ts";
import type { RoutePlan } from "./plan.ts";

/** A connector account as routing sees it: who it is and what it can do, without its credentials. */
export interface Candidate extends AccountRef {
  enabled: boolean;
  currencies: readonly string[] | "*";
  methods: readonly string[];
  captureMethods: readonly string[];
  threeDs: boolean;
  zeroAmount: boolean;
}

const DEFAULT_MAX_ATTEMPTS = 3;

/**
 * Pure: the same payment and accounts give the same plan. Accounts are tried in the order in which they were made;
 * `details.connector` names one by id or label and leaves no other.
 */
export function choose(
  details: PaymentDetails,
  method: PaymentMethodView,
  accounts: readonly Candidate[],
): RoutePlan {
  const { connector } = details;
  const named = accounts.filter((account) => account.id === connector || account.label === connector);
  const considered = connector === undefined ? accounts : named;
  const excluded: RoutePlan["excluded"] = [];
  const candidates: AccountRef[] = [];
  for (const account of considered) {
    const reason = whyNot(account, details, method);
    if (reason !== null) excluded.push({ label: account.label, reason });
    else candidates.push({ id: account.id, label: account.label, processor: account.processor, releasesRest: account.releasesRest });
  }
  if (connector !== undefined && named.length === 0) excluded.push({ label: connector, reason: "unknown connector" });
  const rule = connector === undefined ? "default: accounts in the order of their creation" : "named by the request";
  return { rule, candidates, excluded, maxAttempts: DEFAULT_MAX_ATTEMPTS };
}

/** The first capability that the account lacks for this payment; null where it can take it. */
function whyNot(account: Candidate, details: PaymentDetails, method: PaymentMethodView): string | null {
  if (!account.enabled) return "disabled";
  if (account.currencies !== "*" && !account.currencies.includes(details.currency)) return `no ${details.currency}`;
  if (!account.methods.includes(method.type)) return `no ${method.type}`;
  if (!account.captureMethods.includes(details.captureMethod)) return `no ${details.captureMethod} capture`;
  if (details.amount === 0 && !account.zeroAmount) return "no verification without an amount";
  if (details.authentication?.threeDs === "force" && !account.threeDs) return "no 3DS";
  return null;
}
