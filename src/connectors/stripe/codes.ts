/** Stripe's codes and what they mean in ours. Exhaustive by type over what Stripe publishes; anything else is `other`. */
import type Stripe from "stripe";
import type { ProcessorError } from "../../domain/outcome.ts";
import type { CallKind } from "../connector.ts";
import { declineError, type DeclineCode, refusalError } from "../declines.ts";

/** Without the SDK's `OtherString`, which keeps its unions open. */
type Closed<T> = T extends string ? (string & Record<never, never> extends T ? never : T) : never;
export type StripeErrorCode = Closed<NonNullable<Stripe.PaymentIntent.LastPaymentError["code"]>>;

/** An error as Stripe writes it, each member null where it is absent or no text. */
export interface StripeError {
  type: string | null;
  code: string | null;
  declineCode: string | null;
  message: string | null;
}

/** Of errors that are no issuer's decline: what Stripe refuses to do, and what says that it cannot do it now. */
type Reason = DeclineCode | "refused" | "unavailable";

/** `code` of an error object: the published list (docs.stripe.com/error-codes), as the SDK types it. */
const BY_CODE = {
  do_not_honor: ["card_declined", "bank_account_declined", "payment_method_provider_decline"],
  call_issuer: ["refer_to_customer"],
  insufficient_funds: ["insufficient_funds", "balance_insufficient"],
  limit_exceeded: ["charge_exceeds_source_limit", "charge_exceeds_transaction_limit"],
  expired_card: ["expired_card", "expired_payment_method", "invalid_expiry_month", "invalid_expiry_year"],
  incorrect_cvc: ["incorrect_cvc", "invalid_cvc"],
  incorrect_number: [
    ...["incorrect_number", "invalid_number", "account_number_invalid", "bank_account_bad_routing_numbers"],
    ...["routing_number_invalid"],
  ],
  invalid_account: [
    ...["account_closed", "no_account", "bank_account_restricted", "bank_account_unusable", "bank_account_unverified"],
    ...["sepa_unsupported_account", "payment_method_bank_account_blocked", "token_already_used", "token_in_use"],
    ...["token_card_network_invalid"],
  ],
  incorrect_address: ["incorrect_address", "incorrect_postal_code", "incorrect_zip", "postal_code_invalid"],
  restricted_card: ["payment_method_restricted"],
  stop_payment: [
    ...["debit_not_authorized", "india_recurring_payment_mandate_canceled", "billing_invalid_mandate"],
    ...["payment_intent_mandate_invalid", "setup_intent_mandate_invalid", "invalid_mandate_reference_prefix_format"],
  ],
  fraudulent: ["action_blocked", "request_blocked", "anomalous_money_movement_request"],
  too_many_tries: ["card_decline_rate_limit_exceeded", "payment_intent_rate_limit_exceeded"],
  authentication_required: [
    ...["authentication_required", "payment_intent_action_required", "invoice_payment_intent_requires_action"],
    ...["approval_required"],
  ],
  authentication_failed: [
    ...["authentication_failure", "payment_intent_authentication_failure", "setup_intent_authentication_failure"],
  ],
  customer_cancelled: ["payment_method_customer_decline"],
  payment_expired: [
    ...["payment_intent_payment_attempt_expired", "setup_intent_setup_attempt_expired", "customer_session_expired"],
    ...["acss_debit_session_incomplete"],
  ],
  processing_error: [
    ...["processing_error", "payment_method_provider_timeout", "payment_intent_payment_attempt_failed"],
    ...["setup_attempt_failed"],
  ],
  invalid_amount: ["amount_too_large", "amount_too_small", "invalid_charge_amount"],
  currency_not_supported: ["payment_method_currency_mismatch"],
  card_not_supported: [
    ...["payment_method_unsupported_type", "payment_method_unactivated", "payment_intent_incompatible_payment_method"],
    ...["invalid_card_type", "invalid_source_usage", "setup_intent_mobile_wallet_unsupported"],
  ],
  transaction_not_allowed: ["country_unsupported", "state_unsupported", "not_allowed_on_standard_account"],
  unavailable: [
    ...["rate_limit", "lock_timeout", "idempotency_key_in_use", "api_key_expired", "platform_api_key_expired"],
    ...[
      "secret_key_required",
      "account_invalid",
      "testmode_charges_only",
      "livemode_mismatch",
      "tls_version_unsupported",
    ],
    ...["capability_not_active", "platform_account_required", "payment_method_not_available"],
    ...[
      "payment_method_configuration_failures",
      "forwarding_api_retryable_upstream_error",
      "forwarding_api_upstream_error",
    ],
    ...[
      "forwarding_api_upstream_connection_error",
      "forwarding_api_upstream_connection_timeout",
      "failed_tax_calculation",
    ],
    ...[
      "taxes_calculation_failed",
      "shipping_calculation_failed",
      "terminal_reader_busy",
      "terminal_reader_hardware_fault",
    ],
    ...["terminal_reader_offline", "terminal_reader_timeout"],
  ],
  refused: [
    ...["account_country_invalid_address", "account_error_country_change_requires_additional_steps"],
    ...["account_information_mismatch", "account_token_required_for_v2_account", "alipay_upgrade_required"],
    ...["application_fees_not_allowed", "balance_invalid_parameter", "bank_account_exists"],
    ...["bank_account_verification_failed", "bitcoin_upgrade_required", "capture_charge_authorization_expired"],
    ...["capture_unauthorized_payment", "charge_already_captured", "charge_already_refunded", "charge_disputed"],
    ...["charge_expired_for_capture", "charge_invalid_parameter", "charge_not_refundable", "country_code_invalid"],
    ...[
      "coupon_expired",
      "customer_max_payment_methods",
      "customer_max_subscriptions",
      "customer_tax_location_invalid",
    ],
    ...[
      "email_invalid",
      "financial_account_balance_does_not_support_currency",
      "financial_account_capability_not_enabled",
    ],
    ...["financial_account_capability_restricted", "financial_connections_account_inactive"],
    ...["financial_connections_account_pending_account_numbers"],
    ...["financial_connections_account_unavailable_account_numbers"],
    ...["financial_connections_no_successful_transaction_refresh", "forwarding_api_inactive"],
    ...["forwarding_api_invalid_parameter", "instant_payouts_config_disabled", "instant_payouts_currency_disabled"],
    ...["instant_payouts_limit_exceeded", "instant_payouts_unsupported", "intent_invalid_state"],
    ...["intent_verification_method_missing", "invalid_canceled_subscription_fields", "invalid_characters"],
    ...["invalid_tax_location", "invoice_no_customer_line_items", "invoice_no_payment_method_types"],
    ...["invoice_no_subscription_line_items", "invoice_not_editable", "invoice_on_behalf_of_not_editable"],
    ...["invoice_upcoming_none", "missing", "out_of_inventory", "ownership_declaration_not_allowed"],
    ...["parameter_invalid_empty", "parameter_invalid_integer", "parameter_invalid_string_blank"],
    ...["parameter_invalid_string_empty", "parameter_missing", "parameter_unknown", "parameters_exclusive"],
    ...["payment_intent_invalid_parameter", "payment_intent_konbini_rejected_confirmation_number"],
    ...["payment_intent_unexpected_state", "payment_method_bank_account_already_verified"],
    ...["payment_method_invalid_parameter", "payment_method_invalid_parameter_testmode"],
    ...["payment_method_microdeposit_failed", "payment_method_microdeposit_processing_error"],
    ...["payment_method_microdeposit_verification_amounts_invalid"],
    ...["payment_method_microdeposit_verification_amounts_mismatch"],
    ...["payment_method_microdeposit_verification_attempts_exceeded"],
    ...["payment_method_microdeposit_verification_descriptor_code_mismatch"],
    ...["payment_method_microdeposit_verification_timeout", "payment_method_unexpected_state"],
    ...["payout_reconciliation_not_ready", "payouts_limit_exceeded", "payouts_not_allowed", "product_inactive"],
    ...["progressive_onboarding_limit_exceeded", "refund_disputed_payment", "resource_already_exists"],
    ...["resource_missing", "return_intent_already_processed"],
    ...["service_period_coupon_with_metered_tiered_item_unsupported", "setup_intent_invalid_parameter"],
    ...["setup_intent_unexpected_state", "shipping_address_invalid", "siret_invalid", "sku_inactive"],
    ...[
      "status_transition_invalid",
      "storer_capability_missing",
      "storer_capability_not_active",
      "stripe_tax_inactive",
    ],
    ...["tax_id_invalid", "tax_id_prohibited", "terminal_reader_invalid_location_for_activation"],
    ...["terminal_reader_invalid_location_for_payment", "transfer_source_balance_parameters_mismatch"],
    ...["transfers_not_allowed", "url_invalid", "clearing_code_unsupported", "terminal_location_country_unsupported"],
    ...["payment_method_billing_details_address_missing", "cardholder_phone_number_required"],
  ],
} as const satisfies Partial<Record<Reason, readonly StripeErrorCode[]>>;

type Placed = (typeof BY_CODE)[keyof typeof BY_CODE][number];
/** Does not compile where a code of the published list has no place above. */
const _everyCodeHasItsPlace: Exclude<StripeErrorCode, Placed> extends never ? true : Exclude<StripeErrorCode, Placed> =
  true;
void _everyCodeHasItsPlace;

/** `decline_code`: docs.stripe.com/declines/codes. The schema calls it a text, so the list is the page's. */
export const DECLINE_CODES: Readonly<Partial<Record<DeclineCode, readonly string[]>>> = {
  do_not_honor: [
    "do_not_honor",
    "generic_decline",
    "no_action_taken",
    "try_again_later",
    "reenter_transaction",
    "testmode_decline",
  ],
  call_issuer: ["call_issuer", "approve_with_id"],
  insufficient_funds: ["insufficient_funds"],
  limit_exceeded: ["card_velocity_exceeded", "withdrawal_count_limit_exceeded"],
  lost_card: ["lost_card"],
  stolen_card: ["stolen_card"],
  pickup_card: ["pickup_card"],
  expired_card: ["expired_card", "invalid_expiry_month", "invalid_expiry_year", "new_account_information_available"],
  incorrect_cvc: ["incorrect_cvc", "invalid_cvc"],
  incorrect_number: ["incorrect_number", "invalid_number"],
  invalid_account: ["invalid_account"],
  incorrect_pin: ["incorrect_pin", "invalid_pin", "offline_pin_required", "online_or_offline_pin_required"],
  incorrect_address: ["incorrect_zip", "incorrect_address"],
  restricted_card: ["restricted_card"],
  card_not_supported: ["card_not_supported"],
  transaction_not_allowed: ["transaction_not_allowed", "not_permitted", "service_not_allowed"],
  currency_not_supported: ["currency_not_supported"],
  invalid_amount: ["invalid_amount"],
  fraudulent: ["fraudulent", "merchant_blacklist", "security_violation"],
  stop_payment: ["revocation_of_all_authorizations", "revocation_of_authorization", "stop_payment_order"],
  too_many_tries: ["do_not_try_again", "pin_try_exceeded"],
  duplicate: ["duplicate_transaction"],
  issuer_unavailable: ["issuer_not_available"],
  processing_error: ["processing_error"],
  authentication_required: [
    "authentication_required",
    "authentication_not_handled",
    "mobile_device_authentication_required",
  ],
};

const reasons = invert<Reason>(BY_CODE);
const declines = invert<DeclineCode>(DECLINE_CODES);

/** Total: null, and what Stripe may add tomorrow, is `other`. */
export function reasonOf({ code, declineCode }: Pick<StripeError, "code" | "declineCode">): Reason {
  return declines.get(declineCode ?? "") ?? reasons.get(code ?? "") ?? "other";
}

/** Of a definite no to `kind`. */
export function processorError(error: StripeError, kind: CallKind): ProcessorError {
  const reason = reasonOf(error);
  const why = error.declineCode ?? error.code;
  if (reason === "unavailable") return unavailableError(why, error.message);
  const isFollowing = kind === "capture" || kind === "void" || kind === "refund";
  if (isFollowing || reason === "refused" || error.code === null) return refusalError(kind, why, error.message);
  return declineError(reason, why, error.message);
}

/** Nothing was executed, and another account or another moment may be luckier. */
export function unavailableError(connectorCode: string | null, connectorMessage: string | null): ProcessorError {
  return {
    ...{ code: "processor_error", message: "The processor could not take the request.", declineCode: null },
    ...{ category: "processor_unavailable", retryable: true, connectorCode, connectorMessage },
  };
}

function invert<Name extends string>(lists: Partial<Record<Name, readonly string[]>>): ReadonlyMap<string, Name> {
  const pairs = Object.entries(lists) as [Name, readonly string[]][];
  return new Map(pairs.flatMap(([name, codes]) => codes.map((code) => [code, name] as const)));
}
