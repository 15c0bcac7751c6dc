import type { PaymentMethodView } from "../domain/payment/details.ts";
import { currentPrefix } from "../vault/seal.ts";

/** Rows of one re-wrapping: each is opened and sealed, so a batch stays short. */
const BATCH = 100;

export interface StoredMethod {
  id: string;
  customer: string;
  usage: string;
  payment: string;
  view: PaymentMethodView;
  /** Sealed; without a CVC, which nobody may keep. */
  card: string;
  created: number;
}

/** Cards that customers come back with. */
export class SavedMethods {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** In a commit. The first one stays: a repeat says the same. */
  add({ id, customer, usage, payment, view, card, created }: StoredMethod): void {
    this.#sql.exec(
      `INSERT INTO saved_methods (id, customer, usage, payment, view, card, created) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO NOTHING`,
      id,
      customer,
      usage,
      payment,
      JSON.stringify(view),
      card,
      created,
    );
  }

  find(id: string, customer: string): StoredMethod | null {
    const [row] = this.#sql
      .exec<Omit<StoredMethod, "view"> & { view: string }>(
        "SELECT * FROM saved_methods WHERE id = ? AND customer = ?",
        id,
        customer,
      )
      .toArray();
    return row === undefined ? null : { ...row, view: JSON.parse(row.view) as PaymentMethodView };
  }

  isEmpty(): boolean {
    return this.#sql.exec("SELECT 1 FROM saved_methods LIMIT 1").toArray().length === 0;
  }

  /** What stands under an older master key, beyond the id `after`, a batch of it; empty when nothing does. */
  outdated(masterKey: string, after: string): { id: string; card: string }[] {
    const prefix = currentPrefix(masterKey);
    return this.#sql
      .exec<{ id: string; card: string }>(
        "SELECT id, card FROM saved_methods WHERE id > ? AND substr(card, 1, ?) <> ? ORDER BY id LIMIT ?",
        after,
        prefix.length,
        prefix,
        BATCH,
      )
      .toArray();
  }

  /** In a commit. */
  replace(id: string, old: string, card: string): void {
    this.#sql.exec("UPDATE saved_methods SET card = ? WHERE id = ? AND card = ?", card, id, old);
  }
}
