import fc from "fast-check";
import { beforeEach, expect, test, vi } from "vitest";
import { FULL_BODY, UNKNOWN_PAYMENT } from "../support/bodies.ts";
import { makeClient, makeMerchant, type Send, type TestMerchant } from "../support/http.ts";
import { recordingShard } from "../support/recording-shard.ts";

let send: Send;
let merchant: TestMerchant;

beforeEach(async () => {
  send = makeClient({ shard: recordingShard().shard });
  merchant = await makeMerchant(send);
  // A shield's refusal would hide what the schemas do; each run has a second of its own.
  let now = Date.now();
  vi.spyOn(Date, "now").mockImplementation(() => (now += 2));
  vi.spyOn(console, "log").mockImplementation(() => undefined);
  return () => void vi.restoreAllMocks();
});

const ROUTES = [
  "POST /api/payments",
  `PATCH /api/payments/${UNKNOWN_PAYMENT}`,
  `POST /api/payments/${UNKNOWN_PAYMENT}/confirm`,
  `POST /api/payments/${UNKNOWN_PAYMENT}/capture`,
  `POST /api/payments/${UNKNOWN_PAYMENT}/cancel`,
  "POST /api/refunds",
  "POST /api/connectors",
  "POST /api/keys",
];

const ODD = fc.oneof(
  fc.constantFrom(
    null,
    true,
    -1,
    0,
    1.5,
    1e300,
    9007199254740991,
    "",
    " ",
    "\u0000",
    "\ud800",
    "constructor",
    "toString",
    [],
    {},
    [[]],
    "4242424242424242",
  ),
  fc.jsonValue({ maxDepth: 3 }),
);
const NAMES = fc.constantFrom(
  ...Object.keys(FULL_BODY),
  "metadata",
  "billing",
  "connector",
  "settings",
  "credentials",
  "toString",
  "constructor",
  "__proto__",
  "hasOwnProperty",
);

/** The example with some members replaced, at the top or one level down. */
const mutated = fc
  .array(fc.tuple(NAMES, fc.option(fc.string()), ODD), { minLength: 1, maxLength: 4 })
  .map((changes) => {
    const body: Record<string, unknown> = structuredClone(FULL_BODY);
    for (const [name, inner, value] of changes) {
      if (inner === null)
        Object.defineProperty(body, name, { value, enumerable: true, configurable: true, writable: true });
      else body[name === "__proto__" ? "x" : name] = { [inner]: value };
    }
    return JSON.stringify(body);
  });

async function judge(route: string, body: unknown) {
  const [method = "", path = ""] = route.split(" ");
  const { status, json } = await send(method, path, { key: merchant.secret.test, body });
  expect([route, body, status < 500]).toEqual([route, body, true]);
  if (status < 400) return;
  expect(json.error).toMatchObject({
    type: expect.any(String),
    code: expect.any(String),
    message: expect.any(String),
    requestId: expect.stringMatching(/^req_/),
  });
  for (const issue of json.error.issues ?? [])
    expect(issue).toEqual({ path: expect.any(String), code: expect.any(String), message: expect.any(String) });
}

test("no body, however odd, ends in a fault of ours, and every refusal has the one envelope", async () => {
  const route = fc.constantFrom(...ROUTES);
  const body = fc.oneof(
    mutated,
    fc.jsonValue().map((value) => JSON.stringify(value)),
    fc.string(),
    fc.uint8Array({ minLength: 1 }),
  );
  await fc.assert(fc.asyncProperty(route, body, judge), { numRuns: 1500 });
}, 60_000);

test("no query or header, however odd, ends in a fault of ours", async () => {
  const path = fc.constantFrom(
    "/api/keys",
    "/api/connectors",
    "/api/refunds",
    `/api/payments/${UNKNOWN_PAYMENT}`,
    `/api/payments/${UNKNOWN_PAYMENT}/events`,
  );
  const name = fc.constantFrom("limit", "cursor", "paymentId", "asOf", "status", "constructor");
  const query = fc.array(fc.tuple(name, fc.string()), { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(path, query, async (route, pairs) => {
      const { status } = await send("GET", `${route}?${new URLSearchParams(pairs).toString()}`, {
        key: merchant.secret.test,
      });
      expect([route, pairs, status < 500]).toEqual([route, pairs, true]);
    }),
    { numRuns: 500 },
  );
  const header = fc
    .array(fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)))
    .map((characters) => characters.join(""));
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom("authorization", "content-type", "idempotency-key"),
      header,
      async (name, value) => {
        const headers = { authorization: `Bearer ${merchant.secret.test}`, [name]: value };
        const { status } = await send("POST", "/api/payments", { body: FULL_BODY, headers });
        expect([name, value, status < 500]).toEqual([name, value, true]);
      },
    ),
    { numRuns: 500 },
  );
}, 60_000);
