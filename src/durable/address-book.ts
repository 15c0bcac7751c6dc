import type { ShardAddress } from "./shard-api.ts";

/** Whose shard this is. Written with its first payment, because an alarm comes without an address. */
export class AddressBook {
  readonly #sql: SqlStorage;
  #address: ShardAddress | null;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    const [row] = sql.exec<{ value: string }>("SELECT value FROM facts WHERE name = 'address'").toArray();
    this.#address = row === undefined ? null : (JSON.parse(row.value) as ShardAddress);
  }

  /** Throws where the caller takes this shard for another: a tenant's data must not meet another tenant's request. */
  keep(address: ShardAddress): void {
    const known = this.#address;
    if (known === null) {
      this.#sql.exec("INSERT INTO facts (name, value) VALUES ('address', ?)", JSON.stringify(address));
      this.#address = address;
    } else if (!isSame(known, address)) {
      throw new Error("this shard belongs to another merchant, mode or number");
    }
  }

  get(): ShardAddress {
    if (this.#address === null) throw new Error("this shard does not know whose it is");
    return this.#address;
  }
}

function isSame(a: ShardAddress, b: ShardAddress): boolean {
  return a.merchantId === b.merchantId && a.mode === b.mode && a.shard === b.shard;
}
