/** Accounts at the simulators, with the credentials that they take. */
import type { ConnectorAccount } from "../../src/connectors/connector.ts";
import { ADYEN_HMAC_KEY } from "../support/processors/adyen.ts";
import { sandboxAccount } from "./calls.ts";

export function adyenAccount(changes: Partial<ConnectorAccount> = {}): ConnectorAccount {
  const credentials = { apiKey: "AQE-test-key", merchantAccount: "SwitchyardECOM", hmacKey: ADYEN_HMAC_KEY };
  return sandboxAccount({ label: "adyen-eu", connector: "adyen", credentials, ...changes });
}

export const CHECKOUT_WEBHOOK_SECRET = "cko-webhook-signature-key-0123456789";

export function checkoutAccount(changes: Partial<ConnectorAccount> = {}): ConnectorAccount {
  const credentials = {
    secretKey: "sk_sbox_test",
    processingChannelId: "pc_q4dbxom5jbgudnjzjpz7j2z6uq",
    webhookSecret: CHECKOUT_WEBHOOK_SECRET,
  };
  return sandboxAccount({ label: "checkout-uk", connector: "checkout", credentials, ...changes });
}

export function paypalAccount(changes: Partial<ConnectorAccount> = {}): ConnectorAccount {
  const credentials = { clientId: "AeA-client", clientSecret: "EC-secret", webhookId: "1JE4291016473214C" };
  return sandboxAccount({ label: "paypal", connector: "paypal", credentials, ...changes });
}

export function mollieAccount(changes: Partial<ConnectorAccount> = {}): ConnectorAccount {
  const credentials = { apiKey: "test_dHar4XY7LxsDOtmnkVtjNVWXLSlXsM" };
  return sandboxAccount({ label: "mollie", connector: "mollie", credentials, ...changes });
}
