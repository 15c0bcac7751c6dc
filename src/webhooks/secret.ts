const PREFIX = "whsec_";
const SECRET_BYTES = 32;

/** A fresh signing secret in Standard Webhooks' form: `whsec_` and base64 of 32 random bytes. */
export function makeSecret(): string {
  return PREFIX + Buffer.from(crypto.getRandomValues(new Uint8Array(SECRET_BYTES))).toString("base64");
}

export function secretKey(secret: string): Buffer {
  if (!secret.startsWith(PREFIX)) throw new Error("not a webhook secret");
  return Buffer.from(secret.slice(PREFIX.length), "base64");
}
