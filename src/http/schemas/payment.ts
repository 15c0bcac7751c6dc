import * as z from "zod";
import { amount, anyCase, country, currency, metadata, positiveAmount, text } from "./common.ts";
import { paymentMethod } from "./payment-method.ts";

const ipv4 = z.ipv4();
const ipv6 = z.ipv6();
const ip = z
  .string()
  .refine(
    (address) => ipv4.safeParse(address).success || ipv6.safeParse(address).success,
    "must be an IPv4 or IPv6 address",
  )
  .meta({ example: "192.168.1.1" });

/** `customerIP` is an accepted spelling of `customerIp`; we hold one. */
function unifyCustomerIp(input: unknown): unknown {
  if (typeof input !== "object" || input === null || Array.isArray(input) || !("customerIP" in input)) return input;
  const { customerIP, ...rest } = input;
  return "customerIp" in rest ? input : { customerIp: customerIP, ...rest };
}

const connectionInformation = z
  .preprocess(
    unifyCustomerIp,
    z
      .looseObject({
        customerIp: ip,
        forterTokenCookie: text(4000).exactOptional(),
        userAgent: text(4000).exactOptional(),
      })
      .refine((value) => !("customerIP" in value), {
        path: ["customerIP"],
        message: "is another spelling of `customerIp`: give one",
      }),
  )
  .meta({ id: "ConnectionInformation", description: "Further members are kept and passed on to fraud providers." });

const browserInfo = z
  .looseObject({
    userAgent: text(4000),
    acceptHeader: text(4000).exactOptional(),
    language: text(100).exactOptional(),
    colorDepth: z.int().min(0).exactOptional(),
    screenHeight: z.int().min(0).exactOptional(),
    screenWidth: z.int().min(0).exactOptional(),
    timeZoneOffset: z.int().exactOptional(),
    javaEnabled: z.boolean().exactOptional(),
    javaScriptEnabled: z.boolean().exactOptional(),
  })
  .meta({ id: "BrowserInfo", description: "Further members are kept and passed on to fraud providers." });

const cartItem = z
  .looseObject({
    name: text(2000),
    price: z.int().min(0).meta({ description: "Unit price in minor units." }),
    quantity: z.int().min(1),
    type: anyCase(["TANGIBLE", "NON_TANGIBLE"]),
  })
  .meta({ id: "CartItem", description: "Further members are kept and passed on to fraud providers." });

const primaryDeliveryDetails = z
  .looseObject({ deliveryMethod: text(255), deliveryType: anyCase(["PHYSICAL", "DIGITAL", "HYBRID"]) })
  .meta({ id: "DeliveryDetails", description: "Further members are kept and passed on to fraud providers." });

/** One at sign, a host with a dot; letters of any script. What exists is for the mail server to know. */
const EMAIL =
  /^[^\s@"<>(),:;\\[\]]{1,64}@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.)+[\p{L}\p{N}][\p{L}\p{N}-]{0,61}[\p{L}\p{N}]$/u;

const customer = z
  .looseObject({
    email: z.string().max(320).regex(EMAIL, "must be an e-mail address").meta({ example: "john.doe@example.com" }),
    firstName: text(255),
    lastName: text(255),
    id: z
      .string()
      .regex(/^cus_[0-9a-z]+$/, "must be a customer's id")
      .exactOptional()
      .meta({ description: "`cus_…`: the same e-mail is the same id." }),
    phone: z.string().max(100).exactOptional(),
  })
  .meta({ id: "CustomerInput", description: "Further members are kept and passed on to fraud providers." });

const address = z
  .strictObject({
    line1: z.string().max(255).exactOptional(),
    line2: z.string().max(255).exactOptional(),
    city: z.string().max(255).exactOptional(),
    state: z.string().max(255).exactOptional(),
    postalCode: z.string().max(40).exactOptional(),
    country,
  })
  .meta({ id: "Address" });

const returnUrl = z
  .string()
  .max(2048)
  .refine((value) => /^https?:\/\//i.test(value) && URL.canParse(value), "must be an absolute http or https URL")
  .meta({ example: "https://shop.example/return" });

const authentication = z
  .strictObject({
    threeDs: anyCase(["automatic", "force", "skip"]).exactOptional(),
    external: z
      .strictObject({ eci: text(10), cavv: text(200), dsTransactionId: text(100), version: text(20) })
      .exactOptional()
      .meta({ description: "The result of a 3D Secure run elsewhere." }),
  })
  .meta({ id: "Authentication" });

/** What create, update and confirm have in common: each is optional everywhere. */
const details = {
  connectionInformation: connectionInformation.exactOptional(),
  browserInfo: browserInfo.exactOptional(),
  cartItems: z.array(cartItem).max(500).exactOptional(),
  primaryDeliveryDetails: primaryDeliveryDetails.exactOptional(),
  customer: customer.exactOptional(),
  billing: address.exactOptional(),
  shipping: address.exactOptional(),
  metadata: metadata.exactOptional(),
  description: z.string().max(1000).exactOptional(),
  statementDescriptor: z.string().min(5).max(22).exactOptional(),
  merchantReference: text(64).exactOptional(),
  returnUrl: returnUrl.exactOptional(),
  authentication: authentication.exactOptional(),
  setupFutureUsage: anyCase(["off_session", "on_session"]).exactOptional(),
  offSession: z.boolean().exactOptional(),
  connector: text(64)
    .exactOptional()
    .meta({ description: "A connector account's id or label: skips routing rules, not eligibility." }),
  paymentMethod: paymentMethod.exactOptional(),
};

export const createPayment = z
  .strictObject({
    amount,
    currency,
    captureMethod: anyCase(["automatic", "manual", "manual_multiple"]).default("automatic"),
    confirm: z.boolean().default(true).meta({ description: "`false` only stores the payment." }),
    dryRun: z
      .boolean()
      .default(false)
      .meta({ description: "Answers the decisions that would be taken; stores nothing, calls nobody." }),
    ...details,
  })
  .meta({ id: "CreatePayment" });

export const updatePayment = z
  .strictObject({ amount: amount.exactOptional(), currency: currency.exactOptional(), ...details })
  .meta({ id: "UpdatePayment" });

export const confirmPayment = z.strictObject(details);

export const capturePayment = z
  .strictObject({
    amount: positiveAmount.exactOptional().meta({ description: "Default: all that is capturable." }),
    final: z.boolean().exactOptional().meta({ description: "Nothing more will be captured: the rest is released." }),
  })
  .meta({ id: "CapturePayment" });

export const cancelPayment = z.strictObject({ reason: text(500).exactOptional() }).meta({ id: "CancelPayment" });

/** Of the operations that take nothing. */
export const emptyBody = z.strictObject({}).meta({ id: "EmptyBody" });

/** A version or a time, as the shard takes it. */
const asOf = z
  .string()
  .transform((value, context) => {
    if (/^[1-9]\d{0,8}$/.test(value)) return { version: Number(value) };
    const at = /^\d{4}-\d{2}-\d{2}T/.test(value) ? Date.parse(value) : Number.NaN;
    if (!Number.isNaN(at)) return { at };
    context.addIssue({ code: "custom", message: "must be an ISO 8601 time or a version" });
    return z.NEVER;
  })
  .meta({
    description: "An ISO 8601 time or a version: the payment as it was then.",
    example: "2025-07-14T12:34:56.789Z",
    override: { type: "string" },
  });

export const readQuery = z.object({ asOf: asOf.optional().transform((value) => value ?? null) });
