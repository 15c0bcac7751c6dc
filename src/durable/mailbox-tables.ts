/** The tables of a webhook endpoint's mailbox (docs/storage.md). Forward only: never edit a step. */
export const MAILBOX_STEPS = [
  `CREATE TABLE messages (
     id INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL UNIQUE, payment TEXT, sequence INTEGER NOT NULL,
     type TEXT NOT NULL, body TEXT, created INTEGER NOT NULL, lane TEXT NOT NULL, state TEXT NOT NULL,
     tries INTEGER NOT NULL DEFAULT 0, attempts TEXT NOT NULL DEFAULT '[]');
   CREATE INDEX messages_waiting ON messages (lane, sequence) WHERE state = 'waiting';
   CREATE INDEX messages_early ON messages (payment, sequence) WHERE state = 'early';
   CREATE INDEX messages_by_created ON messages (created);
   CREATE TABLE lanes (lane TEXT PRIMARY KEY, due INTEGER NOT NULL) WITHOUT ROWID;
   CREATE INDEX lanes_by_due ON lanes (due);
   CREATE TABLE arrivals (payment TEXT PRIMARY KEY, next INTEGER NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
   CREATE INDEX arrivals_by_at ON arrivals (at);
   CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;`,
];
