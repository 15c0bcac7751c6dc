import { exports } from "cloudflare:workers";
import { expect, test } from "vitest";
import { makeClient, makeMerchant } from "../support/http.ts";

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

test("the Worker is alive", async () => {
  const response = await exports.default.fetch("http://localhost/health");
  expect(response.status).toBe(200);
});

test("the first request of a merchant succeeds in test mode on a fresh install", async () => {
  const send = makeClient();
  const merchant = await makeMerchant(send);
  const answer = await send("POST", "/api/payments", { key: merchant.secret.test, body: EXAMPLE });
  expect(answer.status).toBe(201);
  expect(answer.json).toMatchObject({
    status: "succeeded",
    amount: 1000,
    amountReceived: 1000,
    currency: "gbp",
    connector: "sandbox",
  });
  const read = await send("GET", `/api/payments/${answer.json.id}`, { key: merchant.secret.test });
  expect(read.json).toEqual(answer.json);
});
