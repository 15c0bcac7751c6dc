/** A challenge's public name: the processor object's own id, then a random token. It finds the object by itself. */
const OBJECT_CHARACTERS = 43;
const TOKEN = /^[0-9a-z]{24}$/;

/** `objectId`: 64 hex digits, which only the platform can make; `token`: 120 random bits in base32. */
export function challengeId(objectId: string, token: string): string {
  return Buffer.from(objectId, "hex").toString("base64url") + token;
}

/** Null where it is malformed; the platform still has to accept `objectId`. */
export function parseChallengeId(text: string): { objectId: string; token: string } | null {
  const objectId = Buffer.from(text.slice(0, OBJECT_CHARACTERS), "base64url").toString("hex");
  const token = text.slice(OBJECT_CHARACTERS);
  return objectId.length === 64 && TOKEN.test(token) ? { objectId, token } : null;
}
