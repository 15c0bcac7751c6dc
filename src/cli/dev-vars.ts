/** `.dev.vars`: the local runtime's secrets. Made once, random, and never in git. */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { StartError } from "./options.ts";

const FILE = ".dev.vars";

export interface Secrets {
  adminToken: string;
  masterKey: string;
}

/** Throws `StartError` where the file is there and lacks one of them. */
export function readOrMakeSecrets(): Secrets {
  if (!existsSync(FILE)) {
    const adminToken = randomBytes(32).toString("hex");
    const masterKey = randomBytes(32).toString("base64");
    writeFileSync(FILE, `ADMIN_TOKEN="${adminToken}"\nMASTER_KEY="${masterKey}"\n`, { mode: 0o600 });
    console.log(`Wrote ${FILE} with fresh secrets.`);
  }
  const { ADMIN_TOKEN: adminToken, MASTER_KEY: masterKey } = parseEnv(readFileSync(FILE, "utf8"));
  if (!adminToken || !masterKey) {
    throw new StartError(`${FILE} lacks ADMIN_TOKEN or MASTER_KEY; remove the file to have a new one written.`);
  }
  return { adminToken, masterKey };
}
