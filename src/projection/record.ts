/** One payment as the read model keeps it; made by the payment's shard, written by `project.ts`. */
export interface PaymentRecord {
  id: string;
  /** `merchants.number * 2`, plus one in live mode. */
  owner: number;
  version: number;
  /** ms since 1970 */
  created: number;
  status: string;
  currency: string;
  amount: number;
  /** The account's label; `""` where none was chosen yet. */
  connector: string;
  customerId: string | null;
  merchantReference: string | null;
  /** The whole metadata where it changed since the last write that D1 confirmed; null: leave it as it is. */
  metadata: Record<string, string> | null;
  /** JSON text: the payment as answers show it, less `clientSecret`. */
  body: string;
}

export function ownerOf(merchantNumber: number, mode: "test" | "live"): number {
  return merchantNumber * 2 + (mode === "live" ? 1 : 0);
}
