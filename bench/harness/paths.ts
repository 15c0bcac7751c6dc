import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

/** The repository's root. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const wrangler = createRequire(import.meta.resolve("wrangler"));

/** The runtime that the repository ships with, the binary itself: `.bin/workerd` puts a Node process in front of it. */
export const WORKERD = (wrangler("workerd") as { default: string }).default;
/** Where wrangler's local emulations live. */
export const MINIFLARE = wrangler.resolve("miniflare");
