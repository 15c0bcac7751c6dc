/** Accounts at the simulators, with the credentials that they take. */
import type { ConnectorAccount } from "../../src/connectors/connector.ts";
import { ADYEN_HMAC_KEY } from "../support/processors/adyen.ts";
import { sandboxAccount } from "./calls.ts";

export function adyenAccount(changes: Partial<ConnectorAccount> = {}): ConnectorAccount {
  const credentials = { apiKey: "AQE-test-key", merchantAccount: "SwitchyardECOM", hmacKey: ADYEN_HMAC_KEY };
  return sandboxAccount({ label: "adyen-eu", connector: "adyen", credentials, ...changes });
}
