/** The one catalogue of errors; `docs/errors.md` is generated from it. */
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { RejectionCode } from "../domain/rejection.ts";

export type ErrorType =
  | "invalid_request"
  | "authentication"
  | "not_found"
  | "conflict"
  | "idempotency"
  | "rate_limit"
  | "connector"
  | "api";

interface CatalogueEntry {
  status: ContentfulStatusCode;
  type: ErrorType;
  /** The sentence where the rejection brings none; for 5xx the only one. */
  message: string;
  /** For the documents. */
  when: string;
}

/** A code of the domain that is missing here does not compile. */
export const ERRORS: Record<RejectionCode, CatalogueEntry> = {
  parameter_missing: {
    status: 400,
    type: "invalid_request",
    message: "A required parameter is missing.",
    when: "A required parameter is missing.",
  },
  parameter_invalid: {
    status: 400,
    type: "invalid_request",
    message: "A parameter is invalid.",
    when: "A parameter breaks its rule; `issues` lists every problem.",
  },
  parameter_unknown: {
    status: 400,
    type: "invalid_request",
    message: "A parameter is unknown.",
    when: "A write carries a field that we do not know.",
  },
  json_invalid: {
    status: 400,
    type: "invalid_request",
    message: "The body is not valid JSON.",
    when: "The body is not JSON in UTF-8, repeats a member, or nests deeper than 16 levels.",
  },
  amount_too_large: {
    status: 400,
    type: "invalid_request",
    message: "The amount is too large.",
    when: "A capture above `amountCapturable`, or a refund above what is left.",
  },
  no_eligible_connector: {
    status: 400,
    type: "invalid_request",
    message: "No connector can take this payment.",
    when: "Routing leaves no connector account that can take the payment. A create stores nothing.",
  },
  unauthorized: {
    status: 401,
    type: "authentication",
    message: "The API key is missing or not valid.",
    when: "The key is missing, malformed, unknown, expired or revoked.",
  },
  scope_missing: {
    status: 403,
    type: "authentication",
    message: "The API key is not allowed to do this.",
    when: "The key lacks the scope, or a publishable key stands where a secret one is due.",
  },
  raw_card_disabled: {
    status: 403,
    type: "authentication",
    message: "Raw card numbers are not accepted in live mode.",
    when: "A raw card number in live mode, for a merchant without `rawCards`.",
  },
  not_found: {
    status: 404,
    type: "not_found",
    message: "There is no such thing here.",
    when: "The route or the object does not exist, or belongs to another merchant or mode.",
  },
  method_not_allowed: {
    status: 405,
    type: "invalid_request",
    message: "This route does not know that method.",
    when: "The route exists with other methods; `allow` lists them.",
  },
  body_too_large: {
    status: 413,
    type: "invalid_request",
    message: "The body is larger than 256 KiB.",
    when: "The body is larger than 256 KiB.",
  },
  content_type_unsupported: {
    status: 415,
    type: "invalid_request",
    message: "The body must be sent as application/json.",
    when: "A body with another `content-type` than JSON.",
  },
  payment_state_invalid: {
    status: 409,
    type: "conflict",
    message: "The payment's status does not allow this.",
    when: "The operation does not fit the payment's status; `status` and `allowed` say more. Nothing changed.",
  },
  operation_in_progress: {
    status: 409,
    type: "conflict",
    message: "Another operation is in progress.",
    when: "Another operation on the same object has not ended yet; try again after `retry-after` seconds.",
  },
  idempotency_key_reused: {
    status: 422,
    type: "idempotency",
    message: "This idempotency key was used with another request.",
    when: "The same `Idempotency-Key` came with another body.",
  },
  rate_limited: {
    status: 429,
    type: "rate_limit",
    message: "Too many requests.",
    when: "More requests than the key may send; try again after `retry-after` seconds.",
  },
  internal: {
    status: 500,
    type: "api",
    message: "Something went wrong on our side. Retrying with the same idempotency key is safe.",
    when: "A fault of ours. Safe to retry with the same idempotency key.",
  },
  unavailable: {
    status: 503,
    type: "api",
    message: "The service is not available right now. Retrying with the same idempotency key is safe.",
    when: "A part of ours does not answer. Safe to retry with the same idempotency key.",
  },
};
