/** The first request of a merchant: everything that it may say about a purchase, on the sandbox's default card. */
export const FULL_BODY = {
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

/** The least that is a payment. */
export const SMALL_BODY = { amount: 1000, currency: "gbp" };

export const CARD = { number: "4242424242424242", expiryMonth: "12", expiryYear: "2030", cvc: "123" };

/** A well-formed id that nobody has. */
export const UNKNOWN_PAYMENT = "pay_00zzzzzzzzzzzzzzzzzzzzzzzz";
