/**
 * The shard's tables. Payments get a small number, and a payment's nth event is the row `number * 2^15 + n`: one
 * integer orders and finds everything, without an index and without repeating ids (docs/storage.md).
 */
const STEPS = [
  `CREATE TABLE payments (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE);
   CREATE TABLE events (
     id INTEGER PRIMARY KEY, type TEXT NOT NULL, created INTEGER NOT NULL, previous_status TEXT, status TEXT NOT NULL,
     data TEXT NOT NULL, hash BLOB NOT NULL);
   CREATE TABLE calls (
     id INTEGER PRIMARY KEY, operation TEXT NOT NULL, verb TEXT NOT NULL, key TEXT NOT NULL, account_id TEXT NOT NULL,
     amount INTEGER NOT NULL, intended INTEGER NOT NULL, sent INTEGER, observed INTEGER, settled INTEGER,
     outcome TEXT, detail TEXT);
   CREATE TABLE answers (
     name BLOB PRIMARY KEY, payment INTEGER NOT NULL, fingerprint BLOB NOT NULL, created INTEGER NOT NULL,
     status INTEGER NOT NULL, refund_id TEXT, version INTEGER) WITHOUT ROWID;
   CREATE INDEX open_answers ON answers (payment) WHERE version IS NULL;
   CREATE TABLE due (
     payment INTEGER NOT NULL, job TEXT NOT NULL, at INTEGER NOT NULL, tries INTEGER NOT NULL DEFAULT 0,
     PRIMARY KEY (payment, job)) WITHOUT ROWID;
   CREATE INDEX due_by_time ON due (at);
   CREATE TABLE outbox (id INTEGER PRIMARY KEY AUTOINCREMENT, payment INTEGER NOT NULL, version INTEGER NOT NULL);
   CREATE TABLE secrets (
     payment INTEGER PRIMARY KEY, card TEXT NOT NULL, cvc TEXT, created INTEGER NOT NULL);
   CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;`,
  `CREATE TABLE inbox (name BLOB PRIMARY KEY, payment INTEGER NOT NULL, heard INTEGER NOT NULL) WITHOUT ROWID;`,
  // A row for each event, with its text. Rows from before have none: they bring the read model up to date and go.
  `ALTER TABLE outbox ADD COLUMN body TEXT;`,
];

/** Runs the steps that this shard has not seen, each once, in the constructor. Forward only: never edit a step. */
export function migrate(storage: DurableObjectStorage, steps: readonly string[] = STEPS): void {
  storage.transactionSync(() => {
    storage.sql.exec("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)");
    const [row] = storage.sql.exec<{ version: number }>("SELECT version FROM schema_version").toArray();
    const version = row?.version ?? 0;
    for (const step of steps.slice(version)) storage.sql.exec(step);
    if (version === steps.length) return;
    storage.sql.exec("DELETE FROM schema_version");
    storage.sql.exec("INSERT INTO schema_version (version) VALUES (?)", steps.length);
  });
}
