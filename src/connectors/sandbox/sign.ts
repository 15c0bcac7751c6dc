/** The processor's signature over what it posts: `t=<unix seconds>,v1=<hex HMAC-SHA-256 of "t.body">`. */
const encoder = new TextEncoder();

export async function hookKey(secret: string): Promise<CryptoKey> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  return crypto.subtle.importKey("raw", encoder.encode(secret), algorithm, false, ["sign", "verify"]);
}

/** What is signed: the raw bytes, never a parsed and printed copy of them. */
export function signedBytes(seconds: string, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const head = encoder.encode(`${seconds}.`);
  const bytes = new Uint8Array(head.length + body.length);
  bytes.set(head);
  bytes.set(body, head.length);
  return bytes;
}

export async function signHook(secret: string, body: string, seconds: number): Promise<string> {
  const signature = await crypto.subtle.sign(
    "HMAC",
    await hookKey(secret),
    signedBytes(String(seconds), encoder.encode(body)),
  );
  return `t=${seconds},v1=${Buffer.from(signature).toString("hex")}`;
}
