/**
 * Where a merchant may have us post to. Judged after URL parsing, which turns every spelling of an address into one,
 * and again before each send. What a name resolves to cannot be seen from a Worker; Cloudflare's edge has no route to a
 * private network, and the flag `global_fetch_strictly_public` closes the way to our own zone.
 */
export type UrlVerdict = { ok: true; url: URL } | { ok: false; reason: string };

const MAX_LENGTH = 2_048;
/** What receivers of webhooks listen on: anything else is somebody's database, mail or metadata service. */
const PORTS = new Set(["", "443", "8443"]);
/** Names that are answered inside networks only, by RFC 6761, 6762, 8375, 9476 and custom. */
const PRIVATE_SUFFIXES = [
  ...["localhost", "local", "localdomain", "internal", "intranet", "private", "corp", "home", "lan", "arpa", "onion"],
  ...["alt", "test", "invalid", "workers.dev", "cluster.local", "svc"],
];
/** Public names that stand for an address written into them. */
const REBINDING_SUFFIXES = ["nip.io", "sslip.io", "xip.io", "localtest.me", "lvh.me", "vcap.me", "lacolhost.com"];
const LABEL = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/;
const DOTTED_QUAD = /^\d{1,3}(\.\d{1,3}){3}$/;

/** `allowLocal`: http, and the loopback on any port, as for development. */
export function judgeUrl(text: string, { allowLocal }: { allowLocal: boolean }): UrlVerdict {
  if (text.length > MAX_LENGTH) return refuse(`must be at most ${MAX_LENGTH} characters`);
  // The parser drops some of these without a word, so that what is stored would not be what is called.
  if (/[\s\\\p{Cc}\p{Cf}]/u.test(text)) return refuse("must not contain spaces, backslashes or control characters");
  if (!/^https?:\/\/[^/]/i.test(text)) return refuse("must be an absolute https URL");
  if (!URL.canParse(text)) return refuse("must be an absolute https URL");
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") return refuse("must not contain credentials");
  if (url.hash !== "") return refuse("must not contain a fragment");
  const host = url.hostname.replace(/\.$/, "").toLowerCase();
  if (allowLocal && isLoopback(host)) return { ok: true, url };
  if (url.protocol !== "https:" && !allowLocal) return refuse("must be an https URL");
  if (!PORTS.has(url.port) && !(allowLocal && url.protocol === "http:")) return refuse("must use port 443 or 8443");
  const problem = judgeHost(host);
  return problem === null ? { ok: true, url } : refuse(problem);
}

function judgeHost(host: string): string | null {
  if (host.startsWith("[") || DOTTED_QUAD.test(host)) return "must name a host, not an address";
  const labels = host.split(".");
  if (host.length > 253 || labels.length < 2 || !labels.every((label) => LABEL.test(label))) {
    return "must name a public host";
  }
  // A last label of digits is an address to some resolver or other.
  if (/^(\d+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? "")) return "must name a host, not an address";
  const isUnder = (suffix: string) => host === suffix || host.endsWith(`.${suffix}`);
  return [...PRIVATE_SUFFIXES, ...REBINDING_SUFFIXES].some(isUnder) ? "must name a public host" : null;
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost") || /^127(\.\d{1,3}){3}$/.test(host) || host === "[::1]";
}

function refuse(reason: string): UrlVerdict {
  return { ok: false, reason };
}
