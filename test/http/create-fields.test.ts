/** One test for each row of the table of fields of a create. */
import { beforeEach, describe, expect, test } from "vitest";
import { CARD, FULL_BODY, SMALL_BODY } from "../support/bodies.ts";
import { makeClient, makeMerchant, type Send, type TestMerchant } from "../support/http.ts";
import { type RecordedCall, recordingShard } from "../support/recording-shard.ts";

let calls: RecordedCall[];
let send: Send;
let merchant: TestMerchant;

beforeEach(async () => {
  const recording = recordingShard();
  calls = recording.calls;
  send = makeClient({ shard: recording.shard });
  merchant = await makeMerchant(send);
});

function create(body: unknown, key = merchant.secret.test) {
  return send("POST", "/api/payments", { key, body });
}

/** What the shard was told, where the body was taken. */
async function taken(body: unknown, key?: string) {
  const answer = await create(body, key);
  expect(answer.text).not.toContain('"error"');
  expect(answer.status).toBe(201);
  return calls.at(-1)?.args[1];
}

async function refused(body: unknown, ...issues: string[]) {
  const answer = await create(body);
  expect([JSON.stringify(body).slice(0, 200), answer.status]).toEqual([JSON.stringify(body).slice(0, 200), 400]);
  expect(answer.json.error.issues.map(({ path, code }: { path: string; code: string }) => `${path} ${code}`)).toEqual(
    issues,
  );
  expect(answer.json.error.param).toBe(issues[0]?.split(" ")[0]);
  expect(calls).toEqual([]);
  return answer.json.error;
}

test("the whole example is taken, in canonical form", async () => {
  const { details, confirm } = await taken(FULL_BODY);
  expect(confirm).toBe(true);
  expect(details).toEqual({
    ...FULL_BODY,
    paymentMethod: undefined,
    cartItems: [{ ...FULL_BODY.cartItems[0], type: "TANGIBLE" }],
    primaryDeliveryDetails: { deliveryMethod: "FedEx Overnight", deliveryType: "PHYSICAL" },
    customer: { ...FULL_BODY.customer, id: expect.stringMatching(/^cus_[0-9a-z]{24}$/) },
  });
});

test("all problems are answered at once, each with its path", async () => {
  const error = await refused(
    {
      amount: -1,
      currency: "zzz",
      cartItems: [{ name: "a", price: 1, quantity: 0, type: "tangible" }, {}],
      customer: { email: "x" },
      wrong: 1,
    },
    "amount too_small",
    "currency custom",
    "cartItems[0].quantity too_small",
    "cartItems[1].name required",
    "cartItems[1].price required",
    "cartItems[1].quantity required",
    "cartItems[1].type required",
    "customer.email invalid_format",
    "customer.firstName required",
    "customer.lastName required",
    "wrong unrecognized_key",
  );
  expect(error).toMatchObject({ type: "invalid_request", code: "parameter_invalid" });
});

test("amount: required, an integer from 0 to 999 999 999 999", async () => {
  expect((await refused({ currency: "gbp" }, "amount required")).code).toBe("parameter_missing");
  for (const amount of [-1, 1_000_000_000_000])
    await refused({ ...SMALL_BODY, amount }, `amount ${amount < 0 ? "too_small" : "too_big"}`);
  for (const amount of ["1000", 10.5, null, [1000], true])
    await refused({ ...SMALL_BODY, amount }, "amount invalid_type");
  for (const amount of [0, 1, 999_999_999_999])
    expect((await taken({ ...SMALL_BODY, amount })).details.amount).toBe(amount);
});

test("amount: written in digits only", async () => {
  for (const raw of ["1000.0", "1e3", "1E3", "10000e-1", "-0", "9007199254740993"]) {
    const answer = await create(`{"amount":${raw},"currency":"gbp"}`);
    expect([raw, answer.status, answer.json.error.code, answer.json.error.param]).toEqual([
      raw,
      400,
      "parameter_invalid",
      "amount",
    ]);
  }
});

test("currency: required, ISO 4217 alphabetic, in any letter case", async () => {
  expect((await refused({ amount: 1000 }, "currency required")).code).toBe("parameter_missing");
  for (const currency of ["", "gb", "826", "zzz", "xxx", "pounds"])
    await refused({ amount: 1000, currency }, "currency custom");
  for (const currency of ["GBP", "gbp", "Gbp"])
    expect((await taken({ amount: 1000, currency })).details.currency).toBe("gbp");
  for (const currency of ["jpy", "BHD", "huf"])
    expect((await taken({ amount: 1000, currency })).details.currency).toBe(currency.toLowerCase());
});

test("captureMethod: automatic by default, manual or manual_multiple, in any letter case", async () => {
  expect((await taken(SMALL_BODY)).details.captureMethod).toBe("automatic");
  for (const captureMethod of ["AUTOMATIC", "Manual", "manual_multiple"]) {
    expect((await taken({ ...SMALL_BODY, captureMethod })).details.captureMethod).toBe(captureMethod.toLowerCase());
  }
  expect((await create({ ...SMALL_BODY, captureMethod: "later" })).json.error.param).toBe("captureMethod");
});

test("confirm: true by default; false only stores", async () => {
  expect((await taken(SMALL_BODY)).confirm).toBe(true);
  expect((await taken({ ...SMALL_BODY, confirm: false })).confirm).toBe(false);
  const answer = await create({ ...SMALL_BODY, confirm: "false" });
  expect(answer.json.error.param).toBe("confirm");
});

test("paymentMethod: absent is none; {} is the sandbox's default card in test mode, and none in live mode", async () => {
  expect((await taken(SMALL_BODY)).method).toBe(null);
  const { method } = await taken({ ...SMALL_BODY, paymentMethod: {} });
  expect(method.card).toMatchObject({ number: "4242424242424242", cvc: "123" });
  expect(method.view).toMatchObject({
    type: "card",
    paymentMethodType: "credit",
    card: { brand: "visa", last4: "4242" },
  });
  expect((await taken({ ...SMALL_BODY, paymentMethod: {} }, merchant.secret.live)).method).toBe(null);
  await create({ ...SMALL_BODY, paymentMethod: null }).then(({ json }) =>
    expect(json.error.param).toBe("paymentMethod"),
  );
});

test("connectionInformation: customerIp is required in it, IPv4 or IPv6, also spelled customerIP; further members are kept", async () => {
  await refused({ ...SMALL_BODY, connectionInformation: {} }, "connectionInformation.customerIp required");
  for (const customerIp of ["256.1.1.1", "1.2.3", "::g", "localhost", ""]) {
    await refused({ ...SMALL_BODY, connectionInformation: { customerIp } }, "connectionInformation.customerIp custom");
  }
  for (const customerIp of ["192.168.1.1", "2001:db8::1", "::ffff:1.2.3.4"]) {
    const open = { customerIp, forterTokenCookie: "ftr_1", userAgent: "UA", deviceId: { os: ["x"] } };
    expect((await taken({ ...SMALL_BODY, connectionInformation: open })).details.connectionInformation).toEqual(open);
  }
  const other = await taken({ ...SMALL_BODY, connectionInformation: { customerIP: "10.0.0.1", more: 1 } });
  expect(other.details.connectionInformation).toEqual({ customerIp: "10.0.0.1", more: 1 });
  calls.length = 0;
  await refused(
    { ...SMALL_BODY, connectionInformation: { customerIP: "x" } },
    "connectionInformation.customerIp custom",
  );
  await refused(
    { ...SMALL_BODY, connectionInformation: { customerIP: "1.1.1.1", customerIp: "1.1.1.1" } },
    "connectionInformation.customerIP custom",
  );
});

test("browserInfo: userAgent of up to 4000 is required in it; 3DS browser data and further members are kept", async () => {
  await refused({ ...SMALL_BODY, browserInfo: {} }, "browserInfo.userAgent required");
  await refused({ ...SMALL_BODY, browserInfo: { userAgent: "x".repeat(4001) } }, "browserInfo.userAgent too_big");
  await refused(
    { ...SMALL_BODY, browserInfo: { userAgent: "x", javaEnabled: "yes", screenHeight: -1 } },
    "browserInfo.screenHeight too_small",
    "browserInfo.javaEnabled invalid_type",
  );
  const browserInfo = {
    userAgent: "x".repeat(4000),
    acceptHeader: "*/*",
    language: "en-GB",
    colorDepth: 24,
    screenHeight: 1080,
    screenWidth: 1920,
    timeZoneOffset: -60,
    javaEnabled: false,
    javaScriptEnabled: true,
    plugins: ["pdf"],
  };
  expect((await taken({ ...SMALL_BODY, browserInfo })).details.browserInfo).toEqual(browserInfo);
});

describe("cartItems", () => {
  const item = { name: "a", price: 1, quantity: 1, type: "NON_TANGIBLE" };

  test("cartItems: up to 500, may be empty, and its sum is not the amount", async () => {
    expect((await taken({ ...SMALL_BODY, cartItems: [] })).details.cartItems).toEqual([]);
    expect(
      (await taken({ ...SMALL_BODY, cartItems: Array.from({ length: 500 }, () => item) })).details.cartItems,
    ).toHaveLength(500);
    calls.length = 0;
    await refused({ ...SMALL_BODY, cartItems: Array.from({ length: 501 }, () => item) }, "cartItems too_big");
    await refused({ ...SMALL_BODY, cartItems: {} }, "cartItems invalid_type");
  });

  test("cartItems: each has name, price, quantity and type; further members are kept", async () => {
    for (const member of ["name", "price", "quantity", "type"]) {
      await refused(
        { ...SMALL_BODY, cartItems: [item, { ...item, [member]: undefined }] },
        `cartItems[1].${member} required`,
      );
    }
    await refused({ ...SMALL_BODY, cartItems: [{ ...item, price: -1 }] }, "cartItems[0].price too_small");
    await refused({ ...SMALL_BODY, cartItems: [{ ...item, price: 1.5 }] }, "cartItems[0].price invalid_type");
    await refused({ ...SMALL_BODY, cartItems: [{ ...item, quantity: 0 }] }, "cartItems[0].quantity too_small");
    await refused({ ...SMALL_BODY, cartItems: [{ ...item, type: "soft" }] }, "cartItems[0].type invalid_value");
    expect(
      (await taken({ ...SMALL_BODY, cartItems: [{ ...item, type: "non_tangible", sku: { a: 1 } }] })).details.cartItems,
    ).toEqual([{ ...item, sku: { a: 1 } }]);
  });
});

test("primaryDeliveryDetails: deliveryMethod of up to 255 and deliveryType are required in it; further members are kept", async () => {
  await refused(
    { ...SMALL_BODY, primaryDeliveryDetails: {} },
    "primaryDeliveryDetails.deliveryMethod required",
    "primaryDeliveryDetails.deliveryType required",
  );
  await refused(
    { ...SMALL_BODY, primaryDeliveryDetails: { deliveryMethod: "x".repeat(256), deliveryType: "drone" } },
    "primaryDeliveryDetails.deliveryMethod too_big",
    "primaryDeliveryDetails.deliveryType invalid_value",
  );
  for (const deliveryType of ["physical", "Digital", "HYBRID"]) {
    const { details } = await taken({
      ...SMALL_BODY,
      primaryDeliveryDetails: { deliveryMethod: "post", deliveryType, carrier: "x" },
    });
    expect(details.primaryDeliveryDetails).toEqual({
      deliveryMethod: "post",
      deliveryType: deliveryType.toUpperCase(),
      carrier: "x",
    });
  }
});

describe("customer", () => {
  const person = { email: "Jane@Example.com", firstName: "Jane", lastName: "Doe" };
  const idOf = async (customer: object, key?: string) =>
    (await taken({ ...SMALL_BODY, customer }, key)).details.customer.id as string;

  test("customer: email, firstName and lastName are required in it; phone and further members are kept", async () => {
    for (const member of ["email", "firstName", "lastName"]) {
      await refused({ ...SMALL_BODY, customer: { ...person, [member]: undefined } }, `customer.${member} required`);
    }
    for (const email of ["x", "a@b", "a b@example.com", "@example.com", "a@@example.com"]) {
      await refused({ ...SMALL_BODY, customer: { ...person, email } }, "customer.email invalid_format");
    }
    const more = { ...person, phone: "+49 151 12345678", loyalty: { tier: 3 } };
    expect((await taken({ ...SMALL_BODY, customer: more })).details.customer).toEqual({
      ...more,
      id: expect.stringMatching(/^cus_/),
    });
  });

  test("customer.id: the same email is the same id within a merchant and mode, and nowhere else", async () => {
    const id = await idOf(person);
    expect(await idOf({ ...person, email: "jane@example.COM", firstName: "J" })).toBe(id);
    expect(await idOf({ ...person, email: "john@example.com" })).not.toBe(id);
    expect(await idOf(person, merchant.secret.live)).not.toBe(id);
    const neighbour = await makeMerchant(send);
    expect(await idOf(person, neighbour.secret.test)).not.toBe(id);
    expect(await idOf({ ...person, id })).toBe(id);
    calls.length = 0;
    await refused({ ...SMALL_BODY, customer: { ...person, email: "john@example.com", id } }, "customer.id custom");
  });
});

test("billing, shipping: only country is required in them, ISO 3166-1 alpha-2 in any letter case; unknown fields are refused", async () => {
  for (const name of ["billing", "shipping"]) {
    await refused({ ...SMALL_BODY, [name]: {} }, `${name}.country required`);
    await refused({ ...SMALL_BODY, [name]: { country: "UK" } }, `${name}.country custom`);
    expect(
      (await refused({ ...SMALL_BODY, [name]: { country: "GB", zip: "1" } }, `${name}.zip unrecognized_key`)).code,
    ).toBe("parameter_unknown");
    const address = { line1: "1 High St", line2: "", city: "Leeds", state: "", postalCode: "LS1", country: "gb" };
    expect((await taken({ ...SMALL_BODY, [name]: address })).details[name]).toEqual({ ...address, country: "GB" });
    calls.length = 0;
  }
});

describe("metadata", () => {
  test("metadata: up to 50 keys of up to 40 characters, text values of up to 500, echoed as they are", async () => {
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`key${n}`, "v"]));
    expect((await taken({ ...SMALL_BODY, metadata: many })).details.metadata).toEqual(many);
    const odd = { ["k".repeat(40)]: "😀".repeat(500), "a b": " \n\t ", constructor: "x", empty: "" };
    expect((await taken({ ...SMALL_BODY, metadata: odd })).details.metadata).toEqual(odd);
    calls.length = 0;
    await refused({ ...SMALL_BODY, metadata: { ...many, more: "v" } }, "metadata custom");
    await refused({ ...SMALL_BODY, metadata: { ["k".repeat(41)]: "v" } }, `metadata.${"k".repeat(41)} custom`);
    await refused({ ...SMALL_BODY, metadata: { a: "v".repeat(501) } }, "metadata.a custom");
    for (const value of [1, null, true, {}, ["v"]])
      await refused({ ...SMALL_BODY, metadata: { a: value } }, "metadata.a invalid_type");
  });

  test("metadata: a card number as a value or a key is refused, its path masked", async () => {
    for (const card of [
      "4242424242424242",
      "4242 4242 4242 4242",
      "4242-4242-4242-4242",
      "378282246310005",
      "79927398713",
    ].slice(0, 4)) {
      const asValue = await refused(
        { ...SMALL_BODY, metadata: { note: `card: ${card}` } },
        "metadata.note card_number",
      );
      const asKey = await refused({ ...SMALL_BODY, metadata: { [card]: "x" } }, "metadata.[masked] card_number");
      for (const error of [asValue, asKey]) expect(JSON.stringify(error)).not.toMatch(/4242|3782/);
    }
    expect((await taken({ ...SMALL_BODY, metadata: { note: "4242424242424241" } })).details.metadata).toEqual({
      note: "4242424242424241",
    });
  });
});

test("description, statementDescriptor (5–22), merchantReference (≤ 64), returnUrl (http or https, ≤ 2048): texts", async () => {
  for (const [field, bad] of [
    ["statementDescriptor", "abcd"],
    ["statementDescriptor", "x".repeat(23)],
    ["merchantReference", "x".repeat(65)],
    ["returnUrl", "ftp://a.example/"],
    ["returnUrl", "javascript:alert(1)"],
    ["returnUrl", "/back"],
    ["returnUrl", `https://a.example/${"x".repeat(2048)}`],
    ["description", 1],
    ["merchantReference", null],
  ] as const) {
    const { status, json } = await create({ ...SMALL_BODY, [field]: bad });
    expect([field, status, json.error.code, json.error.param]).toEqual([field, 400, "parameter_invalid", field]);
  }
  const good = {
    description: "Order 1001",
    statementDescriptor: "SHOP*1001",
    merchantReference: "x".repeat(64),
    returnUrl: "http://localhost:3000/back?a=b#c",
  };
  expect((await taken({ ...SMALL_BODY, ...good })).details).toMatchObject(good);
});

test("authentication: threeDs, or the result of a 3DS run elsewhere", async () => {
  for (const threeDs of ["automatic", "FORCE", "skip"]) {
    expect((await taken({ ...SMALL_BODY, authentication: { threeDs } })).details.authentication).toEqual({
      threeDs: threeDs.toLowerCase(),
    });
  }
  const external = {
    eci: "05",
    cavv: "AAABBEg0VhI0VniQEjRWAAAAAAA=",
    dsTransactionId: "f879ea1c-aa2c-4441-806d-e30406466d79",
    version: "2.2.0",
  };
  expect((await taken({ ...SMALL_BODY, authentication: { external } })).details.authentication).toEqual({ external });
  calls.length = 0;
  await refused(
    { ...SMALL_BODY, authentication: { external: { ...external, cavv: undefined } } },
    "authentication.external.cavv required",
  );
  await refused(
    { ...SMALL_BODY, authentication: { threeDs: "maybe", more: 1 } },
    "authentication.threeDs invalid_value",
    "authentication.more unrecognized_key",
  );
});

test("setupFutureUsage: off_session or on_session", async () => {
  expect((await taken({ ...SMALL_BODY, setupFutureUsage: "OFF_SESSION" })).details.setupFutureUsage).toBe(
    "off_session",
  );
  expect((await create({ ...SMALL_BODY, setupFutureUsage: "never" })).json.error.param).toBe("setupFutureUsage");
});

test("offSession: a boolean", async () => {
  expect((await taken({ ...SMALL_BODY, offSession: true })).details.offSession).toBe(true);
  expect((await create({ ...SMALL_BODY, offSession: 1 })).json.error.param).toBe("offSession");
});

test("connector: an account's id or label", async () => {
  expect((await taken({ ...SMALL_BODY, connector: "sandbox" })).details.connector).toBe("sandbox");
  expect((await create({ ...SMALL_BODY, connector: 5 })).json.error.param).toBe("connector");
});

test("dryRun: asks the shard for the decisions and creates nothing", async () => {
  await create({ ...SMALL_BODY, dryRun: true });
  expect(calls.map(({ method }) => method)).toEqual(["rehearse"]);
});

test("unknown fields are refused with their path, at the top and in every closed container", async () => {
  const error = await refused(
    {
      ...SMALL_BODY,
      amounts: 1,
      id: "pay_x",
      paymentMethod: { type: "card", card: { ...CARD, pin: "1" } },
      authentication: { x: 1 },
    },
    "authentication.x unrecognized_key",
    "paymentMethod.card.pin unrecognized_key",
    "amounts unrecognized_key",
    "id unrecognized_key",
  );
  expect(error.code).toBe("parameter_unknown");
});

test("a card number in any free text, key or number outside of paymentMethod is refused, and never quoted", async () => {
  const card = "5555 5555 5555 4444";
  const spots: [unknown, string][] = [
    [{ description: card }, "description"],
    [{ merchantReference: card }, "merchantReference"],
    [{ returnUrl: "https://a.example/?card=5555555555554444" }, "returnUrl"],
    [{ customer: { email: "a@example.com", firstName: card, lastName: "x" } }, "customer.firstName"],
    [
      { customer: { email: "a@example.com", firstName: "x", lastName: "x", deep: [{ er: card }] } },
      "customer.deep[0].er",
    ],
    [
      { customer: { email: "a@example.com", firstName: "x", lastName: "x", "5555555555554444": 1 } },
      "customer.[masked]",
    ],
    [{ browserInfo: { userAgent: card } }, "browserInfo.userAgent"],
    [
      { connectionInformation: { customerIp: "1.1.1.1", forterTokenCookie: card } },
      "connectionInformation.forterTokenCookie",
    ],
    [{ connectionInformation: { customerIp: "1.1.1.1", n: 5555555555554444 } }, "connectionInformation.n"],
    [{ cartItems: [{ name: card, price: 1, quantity: 1, type: "tangible" }] }, "cartItems[0].name"],
    [{ cartItems: [{ name: "a", price: 5555555555554444, quantity: 1, type: "tangible" }] }, "cartItems[0].price"],
    [{ shipping: { country: "GB", line1: card } }, "shipping.line1"],
    [{ connector: card }, "connector"],
    [{ "5555555555554444": 1 }, "[masked]"],
  ];
  for (const [part, path] of spots) {
    const answer = await create({ ...SMALL_BODY, ...(part as object) });
    expect([path, answer.status, answer.json.error.param]).toEqual([path, 400, path]);
    expect(answer.text).not.toMatch(/5555/);
  }
  expect(calls).toEqual([]);
});
