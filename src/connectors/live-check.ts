/** What `npm run connectors:check` needs to know to try a connector at its processor's test environment. */
export interface LiveCheck {
  /** Numbers that the processor publishes for its test environment. */
  cards: { approved: string; declined: string; challenged: string | null };
  currency: string;
  /** Why these credentials must not be used: money would move. Null: they are for the test environment. */
  refuse(credentials: Readonly<Record<string, string>>): string | null;
  /** What an account has to have switched on, for the person who reads a failure. */
  notes: readonly string[];
}
