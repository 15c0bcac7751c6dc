import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { plainId } from "../../src/domain/ids.ts";
import { openVault } from "../../src/durable/vault-api.ts";
import type { VaultObject } from "../../src/durable/vault-object.ts";
import { ADDRESS, card } from "./shard.ts";

/** The vault object that keeps `id`, of the test merchant. A stub breaks with its instance: each use takes a new one. */
export function vaultOf(id: string): DurableObjectStub<VaultObject> {
  return openVault(env, ADDRESS, id) as DurableObjectStub<VaultObject>;
}

export function newTokenId(): string {
  return plainId("tok", crypto.getRandomValues(new Uint8Array(15)));
}

/** A token for a card, as the edge makes them. */
export async function makeToken(number?: string, fingerprint: string | null = null): Promise<string> {
  const id = newTokenId();
  const { view, card: revealed } = card(number);
  if (revealed === null) throw new Error("no card");
  await vaultOf(id).makeToken({ id, view, card: revealed, fingerprint });
  return id;
}

export interface TokenRow {
  id: string;
  card: string | null;
  cvc: string | null;
  payment: string | null;
  [column: string]: SqlStorageValue;
}

export function tokenRow(id: string): Promise<TokenRow | undefined> {
  return runInDurableObject(
    vaultOf(id),
    (_, { storage }) => storage.sql.exec<TokenRow>("SELECT * FROM tokens WHERE id = ?", id).toArray()[0],
  );
}

export interface MethodRow {
  id: string;
  customer: string;
  usage: string;
  card: string;
  [column: string]: SqlStorageValue;
}

export function methodRow(id: string): Promise<MethodRow | undefined> {
  return runInDurableObject(
    vaultOf(id),
    (_, { storage }) => storage.sql.exec<MethodRow>("SELECT * FROM saved_methods WHERE id = ?", id).toArray()[0],
  );
}

/** Sets the clock of the object that keeps `id` forward and rings its alarm, as time would. */
export async function passTime(id: string, ms: number): Promise<void> {
  await setClock(id, ms);
  await runDurableObjectAlarm(vaultOf(id));
}

/** Sets it forward, and leaves the alarm for later: alarms may be late. */
export async function setClock(id: string, ms: number): Promise<void> {
  await runInDurableObject(vaultOf(id), (instance) => {
    instance.clock = () => Date.now() + ms;
  });
}
