/** The API as an OpenAPI 3.1 document: from the schemas that judge requests and the catalogue of errors. Not part of the Worker. */
import * as z from "zod";
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiResponseObject } from "zod-openapi";
import type { RejectionCode } from "../domain/rejection.ts";
import {
  connectorRoutes,
  keyRoutes,
  operationRoutes,
  refundRoutes,
  sandboxRoutes,
  webhookRoutes,
} from "./description/others.ts";
import { paymentRoutes } from "./description/payments.ts";
import { tokenRoutes } from "./description/tokens.ts";
import { eventRoutes, webhookEndpointRoutes } from "./description/webhooks.ts";
import { routingRoutes } from "./description/routing.ts";
import type { RouteDescription, RouteDescriptions } from "./description/route.ts";
import { ERRORS } from "./error-catalogue.ts";
import { errorEnvelope } from "./schemas/answers.ts";

export const ROUTES: RouteDescriptions = {
  ...paymentRoutes,
  ...refundRoutes,
  ...tokenRoutes,
  ...sandboxRoutes,
  ...connectorRoutes,
  ...routingRoutes,
  ...webhookRoutes,
  ...webhookEndpointRoutes,
  ...eventRoutes,
  ...keyRoutes,
  ...operationRoutes,
};

const REQUEST_ID = {
  "request-id": { description: "Ours; also in error bodies and logs.", schema: { type: "string" as const } },
};
const IDEMPOTENCY_KEY = z.string().min(1).max(255).optional().meta({
  description: "The same key with the same body gets the first answer again, with `idempotent-replayed: true`.",
});

export function describeApi(version: string) {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const [route, description] of Object.entries(ROUTES)) {
    const [method = "", path = ""] = route.split(" ");
    const template = path.replace(/:(\w+)/g, "{$1}");
    paths[template] = { ...paths[template], [method.toLowerCase()]: describeRoute(method, path, description) };
  }
  return createDocument(
    {
      openapi: "3.1.0",
      info: {
        title: "Switchyard",
        version,
        description:
          "One API to every payment processor. Amounts are integers in the currency's minor unit; times are ISO 8601 in UTC; enums are accepted in any letter case.",
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      servers: [{ url: "/", description: "This server" }],
      tags: [
        { name: "Payments", description: "One attempt to get paid, from the first request to the last refund." },
        { name: "Refunds", description: "Money given back." },
        { name: "Tokens", description: "Cards from a shopper's browser." },
        { name: "Sandbox", description: "The built-in processor's own books; test mode only." },
        { name: "Connectors", description: "Accounts at processors." },
        { name: "Routing", description: "Which account a payment goes to, and why." },
        { name: "Webhooks", description: "Where a merchant's events go." },
        { name: "Events", description: "What happened, as webhooks carry it." },
        { name: "Keys", description: "API keys." },
        { name: "Administration", description: "For whoever operates the server." },
        { name: "Operation", description: "For whatever watches the server." },
      ],
      paths,
      components: {
        securitySchemes: {
          secretKey: { type: "http", scheme: "bearer", description: "A secret key, `sk_test_…` or `sk_live_…`." },
          secretKeyAsUser: {
            type: "http",
            scheme: "basic",
            description: "A secret key as the user name, with an empty password.",
          },
          publishableKey: {
            type: "http",
            scheme: "bearer",
            description: "A publishable key, `pk_test_…` or `pk_live_…`: no secret, for a shopper's browser.",
          },
          operatorToken: { type: "http", scheme: "bearer", description: "The operator's `ADMIN_TOKEN`." },
        },
      },
    },
    { override: openAnswers },
  );
}

/** A client must take an answer with members that this version does not know. */
function openAnswers({
  jsonSchema,
  io,
}: {
  jsonSchema: { additionalProperties?: unknown };
  io: "input" | "output";
}): void {
  if (io === "output" && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
}

function describeRoute(method: string, path: string, route: RouteDescription): ZodOpenApiOperationObject {
  const takesId = path.includes("/:id");
  const isIdempotent = method === "POST" && route.body !== undefined;
  const { body, query } = route;
  return {
    tags: [route.tag],
    operationId: route.name,
    summary: route.summary,
    ...describeText(route),
    security: describeSecurity(route),
    requestParams: {
      ...(takesId && { path: z.object({ id: z.string().meta({ description: "The object's id." }) }) }),
      ...(query !== undefined && { query }),
      ...(isIdempotent && { header: z.object({ "Idempotency-Key": IDEMPOTENCY_KEY }) }),
    },
    ...(body !== undefined && {
      requestBody: {
        required: body.isRequired,
        content: {
          "application/json": {
            schema: body.schema,
            ...(Object.keys(body.examples).length > 0 && { examples: body.examples }),
          },
        },
      },
    }),
    responses: { ...describeAnswers(route), ...describeErrors(errorsOf(route, takesId, isIdempotent)) },
  };
}

function describeText({ description, credential }: RouteDescription): { description?: string } {
  const scope = credential === null || credential === "operator" ? [] : [`Scope: \`${credential}\`.`];
  const text = [...(description === undefined ? [] : [description]), ...scope].join("\n\n");
  return text === "" ? {} : { description: text };
}

function describeSecurity({ credential, isPublic = false }: RouteDescription): Record<string, string[]>[] {
  if (credential === null) return [];
  if (credential === "operator") return [{ operatorToken: [] }];
  return [{ secretKey: [] }, { secretKeyAsUser: [] }, ...(isPublic ? [{ publishableKey: [] }] : [])];
}

function describeAnswers(route: RouteDescription): Record<string, ZodOpenApiResponseObject> {
  return Object.fromEntries(
    Object.entries(route.answers).map(([status, { description, schema, example }]) => [
      status,
      {
        description,
        headers: REQUEST_ID,
        ...(schema !== null && {
          content: { "application/json": { schema, ...(example !== undefined && { example }) } },
        }),
      },
    ]),
  );
}

/** Every code that the route can answer. */
function errorsOf(route: RouteDescription, takesId: boolean, isIdempotent: boolean): RejectionCode[] {
  const { credential, body, query, errors = [] } = route;
  const codes = new Set<RejectionCode>(errors);
  const add = (...more: RejectionCode[]) => more.forEach((code) => codes.add(code));
  if (credential === null) return [...codes];
  add("unauthorized", "internal", "unavailable");
  if (credential !== "operator") add("scope_missing", "rate_limited");
  if (query !== undefined) add("parameter_invalid");
  if (takesId) add("not_found");
  if (body !== undefined) {
    add(
      "parameter_missing",
      "parameter_invalid",
      "parameter_unknown",
      "json_invalid",
      "body_too_large",
      "content_type_unsupported",
    );
  }
  if (isIdempotent) add("idempotency_key_reused");
  return [...codes];
}

function describeErrors(codes: readonly RejectionCode[]): Record<string, ZodOpenApiResponseObject> {
  const byStatus = new Map<number, RejectionCode[]>();
  // In the catalogue's order, so that the document does not change with the order of declarations.
  for (const code of Object.keys(ERRORS) as RejectionCode[]) {
    if (codes.includes(code)) byStatus.set(ERRORS[code].status, [...(byStatus.get(ERRORS[code].status) ?? []), code]);
  }
  return Object.fromEntries([...byStatus].map(([status, list]) => [String(status), describeError(list)]));
}

const responses = new Map<string, ZodOpenApiResponseObject>();

/** The same codes are the same object, and so one component: most routes share most errors. */
function describeError(codes: readonly RejectionCode[]): ZodOpenApiResponseObject {
  const id = codes.map(inPascalCase).join("Or");
  const known = responses.get(id) ?? writeError(id, codes);
  responses.set(id, known);
  return known;
}

function writeError(id: string, codes: readonly RejectionCode[]): ZodOpenApiResponseObject {
  const examples = Object.fromEntries(
    codes.map((code) => {
      const { type, message } = ERRORS[code];
      return [code, { value: { error: { type, code, message, requestId: "req_814eyzpqw13xweaqv56t78gd" } } }];
    }),
  );
  return {
    id,
    description: codes.map((code) => `\`${code}\`: ${ERRORS[code].when}`).join("\n\n"),
    headers: REQUEST_ID,
    content: { "application/json": { schema: errorEnvelope, examples } },
  };
}

function inPascalCase(code: string): string {
  return code.replace(/(?:^|_)(\w)/g, (_match, letter: string) => letter.toUpperCase());
}
