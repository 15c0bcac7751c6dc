import type * as z from "zod";
import type { RejectionCode } from "../../domain/rejection.ts";
import type { Scope } from "../scopes.ts";

/** One route as the documents tell it. What follows from its parts (401 from a key, 415 from a body) is added by `openapi.ts`. */
export interface RouteDescription {
  tag:
    | "Payments"
    | "Refunds"
    | "Tokens"
    | "Sandbox"
    | "Connectors"
    | "Routing"
    | "Webhooks"
    | "Events"
    | "Keys"
    | "Administration"
    | "Operation";
  /** Unique, camelCase. */
  name: string;
  summary: string;
  description?: string;
  /** Which credential: a secret key with the scope, the operator's token, or none. */
  credential: Scope | "operator" | null;
  /** A publishable key may call it, too. */
  isPublic?: boolean;
  query?: z.ZodObject;
  body?: { schema: z.ZodType; isRequired: boolean; examples: Record<string, { summary: string; value: unknown }> };
  /** By status, where the call succeeds. */
  answers: Record<string, { description: string; schema: z.ZodType | null; example?: unknown }>;
  /** Beyond those that follow from the parts. */
  errors?: readonly RejectionCode[];
}

/** By method and path, as the app registers them. */
export type RouteDescriptions = Record<`${"GET" | "POST" | "PUT" | "PATCH" | "DELETE"} /${string}`, RouteDescription>;
