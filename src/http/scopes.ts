/** What a key may be limited to. */
export const SCOPES = [
  "payments:read",
  "payments:write",
  "refunds:write",
  "config:read",
  "config:write",
  "keys:write",
] as const;
export type Scope = (typeof SCOPES)[number];
