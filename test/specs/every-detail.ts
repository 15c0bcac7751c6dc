import type { ProcessorCall } from "../../src/connectors/connector.ts";
import type { PaymentDetails } from "../../src/domain/payment/details.ts";

/** A call whose payment says everything that a merchant can say. */
export function everyDetail(call: ProcessorCall, changes: Partial<PaymentDetails> = {}): ProcessorCall {
  const address = {
    line1: "1 High Street",
    line2: "Flat 2",
    city: "London",
    state: "LDN",
    postalCode: "N1 9GU",
    country: "GB",
  };
  const details: PaymentDetails = {
    ...call.details,
    connectionInformation: { customerIp: "192.168.1.1" },
    browserInfo: {
      userAgent: "Mozilla/5.0",
      acceptHeader: "text/html",
      language: "en-GB",
      colorDepth: 24,
      screenHeight: 1080,
      screenWidth: 1920,
      timeZoneOffset: -60,
      javaEnabled: false,
      javaScriptEnabled: true,
    },
    cartItems: [{ name: "Wireless Mouse", price: 2999, quantity: 2, type: "TANGIBLE" }],
    primaryDeliveryDetails: { deliveryMethod: "FedEx Overnight", deliveryType: "PHYSICAL" },
    customer: {
      id: "cus_00000000000000000000000a",
      email: "john.doe@example.com",
      firstName: "John",
      lastName: "Doe",
      phone: "+442071838750",
    },
    billing: address,
    shipping: { country: "DE" },
    metadata: { order: "6735" },
    description: "Two mice",
    statementDescriptor: "MICE AND MORE",
    merchantReference: "order-6735",
    ...changes,
  };
  return { ...call, details };
}
