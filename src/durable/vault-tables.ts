/** The vault's tables, for `migrate`: forward only, never edit a step. `due` is when a token's next secret has to go. */
export const VAULT_STEPS = [
  `CREATE TABLE tokens (
     id TEXT PRIMARY KEY, view TEXT NOT NULL, card TEXT, cvc TEXT, created INTEGER NOT NULL, fingerprint TEXT,
     payment TEXT, holds INTEGER NOT NULL DEFAULT 0, due INTEGER NOT NULL) WITHOUT ROWID;
   CREATE INDEX tokens_by_due ON tokens (due);
   CREATE TABLE saved_methods (
     id TEXT PRIMARY KEY, customer TEXT NOT NULL, usage TEXT NOT NULL, payment TEXT NOT NULL, view TEXT NOT NULL,
     card TEXT NOT NULL, created INTEGER NOT NULL) WITHOUT ROWID;
   CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;`,
];
