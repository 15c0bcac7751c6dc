export const PAYMENT_ID = "pay_00wvrcb3eywbxyd4cc20yay7p5";

export const PAYMENT_REQUEST = {
  amount: 1000,
  currency: "gbp",
  captureMethod: "automatic",
  connectionInformation: { customerIp: "192.168.1.1" },
  browserInfo: { userAgent: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36" },
  cartItems: [{ name: "Wireless Mouse", price: 2999, quantity: 2, type: "TANGIBLE" }],
  primaryDeliveryDetails: { deliveryMethod: "FedEx Overnight", deliveryType: "PHYSICAL" },
  customer: { email: "john.doe@example.com", firstName: "John", lastName: "Doe" },
  paymentMethod: {},
};

export const CARD_REQUEST = {
  amount: 2500,
  currency: "eur",
  captureMethod: "manual",
  paymentMethod: {
    type: "card",
    card: { number: "4242 4242 4242 4242", expiryMonth: "12", expiryYear: "2030", cvc: "123" },
  },
  metadata: { orderId: "A-1001" },
};

export const PAYMENT = {
  id: PAYMENT_ID,
  amount: 1000,
  amountReceived: 1000,
  created: "2025-07-14T12:34:56.789Z",
  currency: "gbp",
  status: "succeeded",
  nextAction: {},
  connector: "sandbox",
  captureMethod: "automatic",
  paymentMethod: "card",
  paymentMethodType: "credit",
  metadata: {},
  amountCapturable: 0,
  amountRefunded: 0,
  version: 3,
  livemode: false,
  clientSecret: `${PAYMENT_ID}_secret_994975dc4aea4871813471b8c40dc234`,
  customer: { id: "cus_bg905kazsg4ev1pjgxmq7gf1", email: "john.doe@example.com", firstName: "John", lastName: "Doe" },
  lastError: null,
  attempts: [
    {
      id: "att_00wvrcb3eywbxyd4cc20yay7p501",
      connector: "sandbox",
      status: "charged",
      amount: 1000,
      error: null,
      created: "2025-07-14T12:34:56.789Z",
    },
  ],
  updated: "2025-07-14T12:34:56.912Z",
  paymentMethodDetails: {
    card: {
      brand: "visa",
      last4: "4242",
      first6: "424242",
      expiryMonth: 12,
      expiryYear: 2030,
      funding: "credit",
      fingerprint: "fd45703eb97e1331ef0d0142ff9b1163",
    },
  },
};

export const REFUND = {
  id: "re_00wvrcb3eywbxyd4cc20yay7p501",
  paymentId: PAYMENT_ID,
  amount: 400,
  currency: "gbp",
  status: "succeeded",
  reason: "returned",
  errorMessage: null,
  createdAt: "2025-07-15T08:00:00.000Z",
  metadata: {},
};

export const ACCOUNT = {
  id: "ca_0xw9xhz2n1mfk2v4b0q6j7re",
  connector: "sandbox",
  label: "b",
  enabled: true,
  mode: "test",
  capabilities: { currencies: "*", methods: ["card"] },
  settings: { latencyMs: 0, declineRate: 0, seed: 1 },
  credentials: {},
  webhookUrl: "https://switchyard.example/webhooks/ca_0xw9xhz2n1mfk2v4b0q6j7re",
  created: "2025-07-14T12:00:00.000Z",
};

export const KEY = {
  id: "key_8xkq2mv7c0d5hn3r1tw4z6ya",
  type: "secret",
  mode: "test",
  name: "checkout server",
  scopes: ["payments:read", "payments:write"],
  created: "2025-07-14T12:00:00.000Z",
  expiresAt: null,
  lastUsed: null,
};

export function page(...data: unknown[]) {
  return { data, hasMore: false, nextCursor: null };
}
