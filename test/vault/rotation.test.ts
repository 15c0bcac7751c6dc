import { getTableColumns, getTableName, isTable } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { countOld, type Database, rewrapAll } from "../../src/cli/rewrap.ts";
import { env } from "cloudflare:workers";
import * as tables from "../../src/projection/tables.ts";
import { deriveKey, type KeyPurpose, keyedHash } from "../../src/vault/keys.ts";
import { addKey, dropOldKeys, readKeyRing } from "../../src/vault/master-key.ts";
import { reseal, seal, unseal } from "../../src/vault/seal.ts";
import { SEALED_COLUMNS } from "../../src/vault/sealed-columns.ts";

const OLD = Buffer.alloc(32, 1).toString("base64");
const BOTH = addKey(OLD, Buffer.alloc(32, 2));
const NEW = dropOldKeys(BOTH);

const database: Database = {
  query: async (sql) => (await env.DB.prepare(sql).all()).results,
  execute: async (sql) => void (await env.DB.batch(sql.split("\n").map((statement) => env.DB.prepare(statement)))),
};

describe("a master key and its successor", () => {
  test("what the old one sealed opens while it is in the ring, and not after it is dropped", async () => {
    const envelope = await seal(OLD, "secret", "ca_1");
    expect(await unseal(BOTH, envelope, "ca_1")).toBe("secret");
    await expect(unseal(NEW, envelope, "ca_1")).rejects.toThrow("not in MASTER_KEY");
  });

  test("new values are sealed with the new one, in the same ring", async () => {
    const envelope = await seal(BOTH, "secret", "ca_1");
    expect(await unseal(NEW, envelope, "ca_1")).toBe("secret");
    await expect(unseal(OLD, envelope, "ca_1")).rejects.toThrow("not in MASTER_KEY");
  });

  test("a value is sealed again once, and stays bound to its context", async () => {
    const envelope = await seal(OLD, "secret", "ca_1");
    await expect(reseal(BOTH, envelope, "ca_2")).rejects.toThrow();
    const fresh = await reseal(BOTH, envelope, "ca_1");
    expect(await unseal(NEW, fresh ?? "", "ca_1")).toBe("secret");
    await expect(unseal(NEW, fresh ?? "", "ca_2")).rejects.toThrow();
    expect(await reseal(BOTH, fresh ?? "", "ca_1")).toBeNull();
  });

  test("everything derived stays as it was: API keys, customers, idempotency names", () => {
    const purposes: KeyPurpose[] = [
      "api-key-digest",
      "card-fingerprint",
      "client-secret",
      "customer-id",
      "idempotency",
      "return-state",
    ];
    for (const purpose of purposes) {
      expect(keyedHash(BOTH, purpose, "x")).toEqual(keyedHash(OLD, purpose, "x"));
      expect(keyedHash(NEW, purpose, "x")).toEqual(keyedHash(OLD, purpose, "x"));
    }
    expect(new Set(purposes.map((purpose) => deriveKey(OLD, purpose).toString("hex"))).size).toBe(purposes.length);
  });

  test("the root that stays opens nothing", () => {
    const { root, keys } = readKeyRing(BOTH);
    expect(keys.map(({ secret }) => secret.toString("hex"))).not.toContain(root.toString("hex"));
    const asKey = readKeyRing(root.toString("base64"));
    expect(keys.map(({ id }) => id)).not.toContain(asKey.newest.id);
  });

  test("a rotation can be followed by another", async () => {
    const envelope = await seal(NEW, "secret", "x");
    const third = addKey(NEW, Buffer.alloc(32, 3));
    expect(await unseal(third, envelope, "x")).toBe("secret");
    expect(keyedHash(third, "idempotency", "x")).toEqual(keyedHash(OLD, "idempotency", "x"));
  });

  test.each(["", "short", `${OLD},short`, `${OLD},${OLD}`, `root:${OLD}`, `${OLD},root:${OLD},root:${OLD}`])(
    "a ring that cannot be right is refused: %s",
    (text) => {
      expect(() => readKeyRing(text)).toThrow("MASTER_KEY");
    },
  );
});

describe("re-wrapping a database", () => {
  async function insertAnswer(name: string, masterKey: string): Promise<void> {
    await env.DB.prepare(
      "INSERT INTO idempotency_keys (name, fingerprint, status, sealed_body, created) VALUES (?, 'f', 201, ?, 0)",
    )
      .bind(name, await seal(masterKey, `body of ${name}`, name))
      .run();
  }

  async function bodyOf(name: string, masterKey: string): Promise<string> {
    const row = await env.DB.prepare("SELECT sealed_body FROM idempotency_keys WHERE name = ?")
      .bind(name)
      .first<{ sealed_body: string }>();
    return unseal(masterKey, row?.sealed_body ?? "", name);
  }

  test("everything sealed is under the newest key afterwards, and a second run finds nothing to do", async () => {
    for (let n = 0; n < 450; n++) await insertAnswer(`it's ${n}`, n % 3 === 0 ? BOTH : OLD);
    expect(await countOld(database, BOTH)).toBe(300);
    const results = await rewrapAll(database, BOTH);
    expect(results.find(({ where }) => where === "idempotency_keys.sealed_body")).toMatchObject({
      rewrapped: 300,
      failed: 0,
    });
    expect(await countOld(database, BOTH)).toBe(0);
    for (const n of [0, 1, 449]) expect(await bodyOf(`it's ${n}`, NEW)).toBe(`body of it's ${n}`);
    expect((await rewrapAll(database, BOTH)).every(({ rewrapped, failed }) => rewrapped === 0 && failed === 0)).toBe(
      true,
    );
  }, 30_000);

  test("what no key opens is told of, left as it is, and does not stop the rest", async () => {
    const stranger = Buffer.alloc(32, 9).toString("base64");
    await insertAnswer("a", stranger);
    await insertAnswer("b", OLD);
    const results = await rewrapAll(database, BOTH);
    expect(results.find(({ where }) => where === "idempotency_keys.sealed_body")).toMatchObject({
      rewrapped: 1,
      failed: 1,
    });
    expect(await bodyOf("a", stranger)).toBe("body of a");
    expect(await countOld(database, BOTH)).toBe(1);
  });

  test("a value that was changed meanwhile is not put back", async () => {
    await insertAnswer("a", OLD);
    const racing: Database = {
      ...database,
      execute: async (sql) => {
        await env.DB.prepare("UPDATE idempotency_keys SET sealed_body = ?")
          .bind(await seal(BOTH, "changed", "a"))
          .run();
        await database.execute(sql);
      },
    };
    await rewrapAll(racing, BOTH);
    expect(await bodyOf("a", NEW)).toBe("changed");
  });

  test("every sealed column of the tables is known, with the column that binds it", () => {
    const sealed = Object.values(tables)
      .filter((table) => isTable(table))
      .flatMap((table) =>
        Object.values(getTableColumns(table)).map(({ name }) => ({ table: getTableName(table), column: name })),
      )
      .filter(({ column }) => column.startsWith("sealed_"));
    expect(SEALED_COLUMNS.map(({ table, column }) => ({ table, column }))).toEqual(expect.arrayContaining(sealed));
    expect(SEALED_COLUMNS).toHaveLength(sealed.length);
  });
});
