import { beforeEach, expect, test } from "vitest";
import * as document from "../../docs/openapi.json";
import { createApp } from "../../src/http/app.ts";
import { ERRORS } from "../../src/http/error-catalogue.ts";
import { FULL_BODY } from "../support/bodies.ts";
import { makeClient, makeMerchant, type TestMerchant } from "../support/http.ts";

/** Pages and files for people, not calls of the API. */
const NOT_API = [/^\/docs/, /^\/openapi\.json$/, /^\/sandbox\/challenge\//, /^\/return\//];

type Operation = {
  operationId: string;
  security: object[];
  responses: Record<string, { $ref?: string }>;
  requestBody?: { content: Record<string, { examples?: Record<string, { value: unknown }> }> };
};
const paths = document.paths as unknown as Record<string, Record<string, Operation>>;

const described = Object.entries(paths).flatMap(([path, operations]) =>
  Object.entries(operations).map(([method, operation]) => ({ route: `${method.toUpperCase()} ${path}`, operation })),
);

test("every registered route is described, and every described route is registered", () => {
  const registered = createApp()
    .routes.filter(({ method, path }) => method !== "ALL" && !NOT_API.some((pattern) => pattern.test(path)))
    .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`);
  expect(described.map(({ route }) => route).sort()).toEqual([...new Set(registered)].sort());
});

test("every operation has a name of its own, and says which credential it takes", () => {
  const names = described.map(({ operation }) => operation.operationId);
  expect(new Set(names).size).toBe(names.length);
  for (const { route, operation } of described) {
    const isOpen = ["GET /health", "GET /ready", "POST /webhooks/{id}"].includes(route);
    expect([route, operation.security.length > 0]).toEqual([route, !isOpen]);
  }
});

test("every error of the catalogue stands in the document, under its own status", () => {
  const text = JSON.stringify(document);
  for (const [code, { status }] of Object.entries(ERRORS)) {
    expect(text).toContain(`"${code}"`);
    const examples = Object.entries(document.components.responses as Record<string, object>).filter(([, response]) =>
      JSON.stringify(response).includes(`"code":"${code}"`),
    );
    for (const [name] of examples) {
      const statuses = described.flatMap(({ operation }) =>
        Object.entries(operation.responses).filter(([, { $ref }]) => $ref?.endsWith(`/${name}`)),
      );
      for (const [answered] of statuses) expect([code, answered]).toEqual([code, String(status)]);
    }
  }
});

test("schemas that a request must fit are closed, but for the five containers that are open", () => {
  const schemas = document.components.schemas as unknown as Record<string, { additionalProperties?: unknown }>;
  for (const name of [
    "CreatePayment",
    "UpdatePayment",
    "ConfirmPayment",
    "CapturePayment",
    "CreateRefund",
    "PaymentMethodInput",
    "Card",
    "Address",
    "CreateKey",
    "CreateConnector",
    "CreateMerchant",
  ]) {
    expect([name, schemas[name]?.additionalProperties]).toEqual([name, false]);
  }
  for (const name of ["ConnectionInformation", "BrowserInfo", "CartItem", "DeliveryDetails", "CustomerInput"]) {
    expect([name, schemas[name]?.additionalProperties]).toEqual([name, {}]);
  }
});

test("answers are open: a member may be added", () => {
  const schemas = document.components.schemas as unknown as Record<string, { additionalProperties?: unknown }>;
  for (const name of ["Payment", "Refund", "Key", "ConnectorAccount", "Error"])
    expect([name, schemas[name]?.additionalProperties ?? "open"]).toEqual([name, "open"]);
});

let merchant: TestMerchant;
const send = makeClient();
beforeEach(async () => {
  merchant = await makeMerchant(send);
});

test("the examples of requests work as they stand", async () => {
  for (const { route, operation } of described) {
    const [method, path = ""] = route.split(" ");
    if (method !== "POST" || path.includes("{id}") || path === "/api/refunds") continue;
    for (const { value } of Object.values(operation.requestBody?.content["application/json"]?.examples ?? {})) {
      const key = path.startsWith("/api/admin") ? "test-admin-token-0123456789abcdef" : merchant.secret.test;
      expect([route, (await send("POST", path, { key, body: value })).status]).toEqual([route, 201]);
    }
  }
});

test("an answer has the members that its schema demands", async () => {
  const required = (name: string) =>
    (document.components.schemas as unknown as Record<string, { required: string[] }>)[name]?.required ?? [];
  const key = merchant.secret.test;
  const { json: payment } = await send("POST", "/api/payments", { key, body: FULL_BODY });
  const { json: refund } = await send("POST", "/api/refunds", { key, body: { paymentId: payment.id, amount: 1 } });
  const answers: [string, unknown][] = [
    ["Payment", payment],
    ["Refund", refund],
    ["PaymentEvent", (await send("GET", `/api/payments/${payment.id}/events`, { key })).json.data[0]],
    ["Operation", (await send("GET", `/api/payments/${payment.id}/operations`, { key })).json.data[0]],
    ["LedgerEntry", (await send("GET", `/api/payments/${payment.id}/ledger`, { key })).json.data[0]],
    ["SandboxLedgerEntry", (await send("GET", `/api/sandbox/ledger?paymentId=${payment.id}`, { key })).json.data[0]],
    ["Key", (await send("GET", "/api/keys", { key })).json.data[0]],
    ["ConnectorAccount", (await send("GET", "/api/connectors", { key })).json.data[0]],
  ];
  for (const [name, answer] of answers) {
    expect(required(name).length).toBeGreaterThan(0);
    expect([name, Object.keys(answer as object)]).toEqual([name, expect.arrayContaining(required(name))]);
  }
});

test("the page, its files and the document are served by the Worker itself, with a policy that lets nothing else in", async () => {
  const { status, headers, json } = await send("GET", "/openapi.json");
  expect([status, headers.get("content-type")]).toEqual([200, "application/json"]);
  expect(json.info.title).toBe("Switchyard");
  const page = await send("GET", "/docs");
  expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
  expect(page.headers.get("content-security-policy")).toContain("script-src 'self';");
  const links = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)]
    .map(([, link]) => link ?? "")
    .filter((link) => !link.startsWith("data:"));
  expect(links.length).toBeGreaterThan(3);
  for (const link of links) {
    expect(link).toMatch(/^\/[^/]/);
    expect([link, (await send("GET", link)).status]).toEqual([link, 200]);
  }
  expect((await send("GET", "/docs/nothing.js")).json.error.code).toBe("not_found");
  expect((await send("POST", "/docs")).status).toBe(405);
});
