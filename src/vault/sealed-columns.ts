/** Every column of D1 that holds an envelope, and the column whose value is its context. A test compares with the tables. */
export interface SealedColumn {
  table: string;
  column: string;
  context: string;
}

export const SEALED_COLUMNS: readonly SealedColumn[] = [
  { table: "connector_accounts", column: "sealed_credentials", context: "id" },
  { table: "idempotency_keys", column: "sealed_body", context: "name" },
  { table: "webhook_endpoints", column: "sealed_secret", context: "id" },
  { table: "webhook_endpoints", column: "sealed_previous_secret", context: "id" },
];
