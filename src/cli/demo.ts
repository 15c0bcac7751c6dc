/** The demo merchant, and a request to try it with. */
import { createHash } from "node:crypto";
import type { Secrets } from "./dev-vars.ts";
import { StartError } from "./options.ts";

const EXAMPLE = {
  amount: 1000,
  currency: "gbp",
  captureMethod: "automatic",
  connectionInformation: { customerIp: "192.168.1.1" },
  browserInfo: { userAgent: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36" },
  cartItems: [{ name: "Wireless Mouse", price: 2999, quantity: 2, type: "tangible" }],
  primaryDeliveryDetails: { deliveryMethod: "FedEx Overnight", deliveryType: "physical" },
  customer: { email: "john.doe@example.com", firstName: "John", lastName: "Doe" },
  paymentMethod: {},
};

interface MerchantAnswer {
  keys?: { type: string; mode: string; key: string }[];
}

/** Its secret test key. The idempotency key makes every start after the first get the first one's answer again. */
export async function seedDemoMerchant(url: string, secrets: Secrets): Promise<string> {
  const name = createHash("sha256").update(secrets.masterKey).digest("hex").slice(0, 12);
  const response = await fetch(`${url}/api/admin/merchants`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${secrets.adminToken}`,
      "content-type": "application/json",
      "idempotency-key": `demo-${name}`,
    },
    body: JSON.stringify({ name: "Demo" }),
  });
  const text = await response.text();
  const { keys } = (response.ok ? JSON.parse(text) : {}) as MerchantAnswer;
  const key = keys?.find(({ type, mode }) => type === "secret" && mode === "test")?.key;
  if (key === undefined) throw new StartError(`Seeding the demo merchant failed: HTTP ${response.status} ${text}`);
  return key;
}

/** One line for a shell, that works as it stands. */
export function curlLine(url: string, key: string): string {
  const body = JSON.stringify(EXAMPLE);
  return `curl -sS ${url}/api/payments -H 'authorization: Bearer ${key}' -H 'content-type: application/json' -d '${body}'`;
}
