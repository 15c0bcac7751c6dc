import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { adyen } from "../../src/connectors/adyen/index.ts";
import type { CallContext, ProcessorAnswer, ProcessorCall } from "../../src/connectors/connector.ts";
import { ADYEN_CARDS, AdyenSimulator } from "../support/processors/adyen.ts";
import { adyenAccount } from "./accounts.ts";
import { followingCall, openingCall } from "./calls.ts";
import { mutationsOf } from "./mutate.ts";

const account = adyenAccount();

function perform(call: ProcessorCall, send: CallContext["send"], changes = {}) {
  return adyen.perform(call, { account: adyenAccount(changes), send, now: 0 });
}

/** What it sends, and what it makes of an answer. */
async function talk(call: ProcessorCall, status = 200, body: object = {}, headers = {}) {
  const requests: Parameters<CallContext["send"]>[0][] = [];
  const outcome = await perform(call, async (request) => {
    requests.push(request);
    return { kind: "answer", status, headers: new Headers(headers), body: JSON.stringify(body) };
  });
  const [request] = requests;
  return { outcome, request, sent: JSON.parse(request?.body ?? "{}") as Record<string, unknown> };
}

describe("what Adyen is sent", () => {
  test("a sale asks for immediate capture, an authorisation for a manual one, a verification for neither", async () => {
    const card = ADYEN_CARDS.approved;
    const sale = (await talk(openingCall("charge", card))).sent;
    expect(sale).toMatchObject({ captureDelayHours: 0, merchantAccount: "SwitchyardECOM", channel: "Web" });
    expect(sale["additionalData"]).toBeUndefined();
    const hold = (await talk(openingCall("authorize", card))).sent;
    expect(hold).toMatchObject({ additionalData: { manualCapture: "true" } });
    expect(hold["captureDelayHours"]).toBeUndefined();
    const check = (await talk(openingCall("verify", card))).sent;
    expect(check).toMatchObject({ amount: { value: 0, currency: "GBP" } });
    expect(check["captureDelayHours"] ?? check["additionalData"]).toBeUndefined();
  });

  test.each([
    ["jpy", 1050, 1050],
    ["eur", 1050, 1050],
    ["kwd", 1050, 1050],
    ["clp", 1050, 105000],
    ["isk", 1050, 105000],
    ["idr", 105000, 1050],
    ["cve", 105000, 1050],
    ["huf", 1050, 1050],
  ])("%s %d is %d there, and comes back as what was asked for", async (currency, amount, value) => {
    const call = openingCall("charge", ADYEN_CARDS.approved, { amount, currency });
    const wire = { value, currency: currency.toUpperCase() };
    const body = {
      resultCode: "Authorised",
      pspReference: "SIM0000000000001",
      merchantReference: call.key,
      amount: wire,
    };
    const { sent, outcome } = await talk(call, 200, body);
    expect(sent["amount"]).toEqual(wire);
    expect(outcome).toMatchObject({ kind: "approved", amount, currency });
  });

  test.each([
    ["idr", 1050],
    ["cve", 1],
  ])("%s %d cannot be expressed there, so nothing is sent", async (currency, amount) => {
    const { outcome, request } = await talk(openingCall("charge", ADYEN_CARDS.approved, { amount, currency }));
    expect(outcome).toMatchObject({ kind: "failed", error: { code: "not_supported" } });
    expect(request).toBeUndefined();
  });

  test("each operation goes to its own address under its own key", async () => {
    const opening = openingCall("authorize", ADYEN_CARDS.approved);
    const attemptReference = "SIM0000000000001";
    const paths = new Map<string, [string, string]>();
    for (const kind of ["capture", "void", "refund"] as const) {
      const call = followingCall(opening, kind, { attemptReference });
      const { request, sent } = await talk(call);
      expect(request?.headers["idempotency-key"]).toBe(call.key);
      expect(sent["reference"]).toBe(call.key);
      paths.set(kind, [request?.path ?? "", Object.keys(sent).toSorted().join()]);
    }
    const of = `/v72/payments/${attemptReference}`;
    expect(Object.fromEntries(paths)).toEqual({
      capture: [`${of}/captures`, "amount,merchantAccount,reference"],
      void: [`${of}/cancels`, "merchantAccount,reference"],
      refund: [`${of}/refunds`, "amount,merchantAccount,reference"],
    });
  });

  test("what Adyen never gave a reference for is cancelled by ours", async () => {
    const opening = openingCall("authorize", ADYEN_CARDS.approved);
    const call = followingCall(opening, "void", { attemptReference: opening.attemptId });
    const { request, sent } = await talk(call, 201, { status: "received", pspReference: "SIM0000000000009" });
    expect([request?.path, sent["paymentReference"]]).toEqual(["/v72/cancels", opening.attemptId]);
  });

  test("3DS is asked for, left out, or taken from elsewhere as the merchant said", async () => {
    const wish = async (authentication: ProcessorCall["details"]["authentication"], offSession = false) => {
      const call = openingCall("charge", ADYEN_CARDS.approved);
      return (await talk({ ...call, details: { ...call.details, authentication: authentication ?? {}, offSession } }))
        .sent;
    };
    expect((await wish({ threeDs: "force" }))["authenticationData"]).toMatchObject({ attemptAuthentication: "always" });
    expect((await wish({ threeDs: "skip" }))["authenticationData"]).toMatchObject({ attemptAuthentication: "never" });
    expect((await wish({}))["authenticationData"]).toEqual({ threeDSRequestData: { nativeThreeDS: "disabled" } });
    expect(await wish({}, true)).toMatchObject({ shopperInteraction: "ContAuth" });
    const external = { eci: "05", cavv: "AAABBIIFmAAAAAAAAAAAAAAAAAA=", dsTransactionId: "f38e6948", version: "2.2.0" };
    const elsewhere = await wish({ external });
    expect(elsewhere["mpiData"]).toMatchObject({ dsTransID: "f38e6948", directoryResponse: "Y" });
    expect(elsewhere["authenticationData"]).toBeUndefined();
  });

  test("a browser that is only half known is left out, since half of it would be refused", async () => {
    const call = openingCall("charge", ADYEN_CARDS.approved);
    const half = { userAgent: "Mozilla/5.0", acceptHeader: "*/*" };
    const whole = {
      ...half,
      language: "en",
      colorDepth: 24,
      screenHeight: 1,
      screenWidth: 1,
      timeZoneOffset: 0,
      javaEnabled: false,
    };
    expect(
      (await talk({ ...call, details: { ...call.details, browserInfo: half } })).sent["browserInfo"],
    ).toBeUndefined();
    expect((await talk({ ...call, details: { ...call.details, browserInfo: whole } })).sent["browserInfo"]).toEqual(
      whole,
    );
  });
});

describe("where Adyen is", () => {
  test("test and live are different hosts, and live needs its prefix", async () => {
    const credentials = { ...account.credentials, liveEndpointUrlPrefix: "1797a841fbb37ca7-Switchyard" };
    expect(adyen.baseUrl(account)).toBe("https://checkout-test.adyen.com");
    const live = adyenAccount({ mode: "live", credentials });
    expect(adyen.baseUrl(live)).toBe("https://1797a841fbb37ca7-Switchyard-checkout-live.adyenpayments.com/checkout");
  });

  test.each(["", "evil.example/", "a@b", "..", "-"])(
    "a prefix that is no host label sends nothing: %j",
    async (prefix) => {
      const changes = { mode: "live" as const, credentials: { ...account.credentials, liveEndpointUrlPrefix: prefix } };
      expect(new URL(adyen.baseUrl(adyenAccount(changes))).hostname).toMatch(/\.invalid$/);
      const call = openingCall("charge", ADYEN_CARDS.approved);
      const send = () => Promise.reject(new Error("must not be sent"));
      expect(await perform(call, send, changes)).toMatchObject({ kind: "failed" });
    },
  );
});

describe("a challenge at Adyen", () => {
  async function challenged(card: string | null = ADYEN_CARDS.challenged) {
    const processor = new AdyenSimulator();
    const opening = openingCall("charge", card);
    const outcome = await perform(opening, processor.send);
    if (outcome.kind !== "challenge") throw new Error(`expected a challenge, got ${outcome.kind}`);
    const back = (decision: string): ProcessorCall => ({
      ...opening,
      ...{ kind: "authenticate", card: null, attemptReference: outcome.reference },
      returned: { redirectResult: `${outcome.reference}-${decision}` },
    });
    return { processor, opening, back };
  }

  test.each([ADYEN_CARDS.challenged, null])(
    "that the shopper passes is approved, once, however often they return",
    async (card) => {
      const { processor, opening, back } = await challenged(card);
      const outcome = await perform(back("approve"), processor.send);
      expect(outcome).toMatchObject({ kind: "approved", amount: opening.amount, currency: "gbp" });
      expect(await perform(back("approve"), processor.send)).toEqual(outcome);
      expect(processor.moves).toEqual([{ key: opening.key, operation: "charge", amount: opening.amount }]);
    },
  );

  test("that the shopper fails is declined as not authenticated", async () => {
    const { processor, back } = await challenged();
    const error = { category: "authentication_failed", connectorCode: "11" };
    expect(await perform(back("reject"), processor.send)).toMatchObject({ kind: "declined", error });
  });

  test("from which the shopper brings nothing, or nonsense, is still open and moves nothing", async () => {
    const { processor, back } = await challenged();
    const challengeUrl = "https://checkoutshopper-test.adyen.com/page";
    for (const returned of [{}, { redirectResult: "" }, { redirectResult: "nonsense" }]) {
      const open = { kind: "challenge", reference: back("").attemptReference, url: challengeUrl };
      expect(await perform({ ...back(""), returned, challengeUrl }, processor.send)).toEqual(open);
      expect(await perform({ ...back(""), returned }, processor.send)).toMatchObject({ kind: "unknown" });
    }
    expect(processor.moves).toEqual([]);
  });

  test("that Adyen itself ends with an error, or wants to go on with in its library, has failed", async () => {
    const { back } = await challenged();
    for (const resultCode of ["Error", "ChallengeShopper", "IdentifyShopper"]) {
      expect((await talk(back("approve"), 200, { resultCode })).outcome.kind).toBe("declined");
    }
  });

  test("that is given up holds nothing, whatever Adyen finds to cancel; a bank's page may still be paid on", async () => {
    for (const [card, kind] of [
      [ADYEN_CARDS.challenged, "approved"],
      [null, "pending"],
    ] as const) {
      const { processor, opening, back } = await challenged(card);
      const { attemptReference } = back("");
      const call = followingCall(opening, "void", { attemptReference, amount: 0 });
      expect((await perform(call, processor.send)).kind).toBe(kind);
      expect(processor.requests.at(-1)?.path).toMatch(/\/cancels$/);
    }
    const { opening, back } = await challenged();
    const call = followingCall(opening, "void", { attemptReference: back("").attemptReference, amount: 0 });
    expect((await talk(call, 422, { errorCode: "167", message: "m" })).outcome.kind).toBe("approved");
    expect((await talk(call, 500, {})).outcome.kind).toBe("unknown");
    expect((await talk({ ...call, amount: 1000 }, 422, { errorCode: "167", message: "m" })).outcome.kind).toBe(
      "failed",
    );
  });

  test("that needs Adyen's own library, or a posted form, fails before money moves", async () => {
    const call = openingCall("charge", ADYEN_CARDS.approved);
    for (const resultCode of ["IdentifyShopper", "ChallengeShopper"]) {
      expect((await talk(call, 200, { resultCode })).outcome).toMatchObject({
        kind: "failed",
        error: { code: "not_supported" },
      });
    }
    const action = { type: "redirect", method: "POST", url: "https://issuer.example/acs", data: { MD: "1" } };
    const posted = await talk(call, 200, { resultCode: "RedirectShopper", action });
    expect(posted.outcome).toMatchObject({ kind: "failed", error: { category: "not_supported" } });
  });

  test.each(["javascript:alert(1)", "//host/path", "", 7])(
    "whose page is no web address is unknown: %j",
    async (url) => {
      const action = { type: "redirect", method: "GET", url };
      const { outcome } = await talk(openingCall("charge", ADYEN_CARDS.approved), 200, {
        resultCode: "RedirectShopper",
        action,
      });
      expect(outcome.kind).toBe("unknown");
    },
  );
});

describe("what Adyen's refusals prove", () => {
  const call = openingCall("charge", ADYEN_CARDS.approved);

  test.each([
    ["2", "do_not_honor"],
    ["5", "not_supported"],
    ["6", "expired_card"],
    ["8", "invalid_card"],
    ["12", "insufficient_funds"],
    ["20", "fraud"],
    ["24", "incorrect_cvc"],
    ["38", "authentication_failed"],
    ["9", "processor_unavailable"],
    ["998", "other"],
    ["constructor", "other"],
  ])("refusal reason %s is %s", async (refusalReasonCode, category) => {
    const body = { resultCode: "Refused", pspReference: "SIM0000000000001", refusalReason: "text", refusalReasonCode };
    const error = { category, connectorCode: refusalReasonCode, connectorMessage: "text" };
    expect((await talk(call, 200, body)).outcome).toMatchObject({ kind: "declined", error });
  });

  test.each([
    [400, "702", {}, "failed"],
    [401, "000", {}, "failed"],
    [403, "901", {}, "failed"],
    [422, "101", {}, "failed"],
    [422, "704", {}, "unknown"],
    [422, "905", { "transient-error": "true" }, "unknown"],
    [409, "702", {}, "unknown"],
    [429, "000", {}, "unknown"],
    [500, "905", {}, "unknown"],
  ])("HTTP %d with error %s and %j is %s", async (status, errorCode, headers, kind) => {
    expect((await talk(call, status, { status, errorCode, message: "m" }, headers)).outcome.kind).toBe(kind);
  });

  test("a card number that Adyen quotes is not passed on", async () => {
    const message = `Invalid card number 4111 1111 1111 1111 in request`;
    const { outcome } = await talk(call, 422, { errorCode: "101", message });
    expect(JSON.stringify(outcome)).not.toMatch(/1111/);
  });

  test.each(["AuthenticationFinished", "AuthenticationNotRequired", "Success", "Brandnew", "authorised", ""])(
    "the result %j proves nothing",
    async (resultCode) => {
      expect((await talk(call, 200, { resultCode, pspReference: "SIM0000000000001" })).outcome.kind).toBe("unknown");
    },
  );

  test.each(["Pending", "Received", "PresentToShopper"])("the result %s is awaited", async (resultCode) => {
    expect((await talk(call, 200, { resultCode, pspReference: "SIM1" })).outcome).toEqual({
      kind: "pending",
      reference: "SIM1",
    });
  });

  test("an answer about another payment, or for a part of the money, is never an approval", async () => {
    const body = { resultCode: "Authorised", pspReference: "SIM1", merchantReference: "att_other" };
    expect((await talk(call, 200, body)).outcome.kind).toBe("unknown");
    expect(
      (await talk(call, 200, { ...body, merchantReference: call.key, resultCode: "PartiallyAuthorised" })).outcome.kind,
    ).toBe("conflicted");
  });
});

describe("Adyen's answers, mutated", () => {
  test("an approval never becomes an approval of something else, nor a definite no", async () => {
    const processor = new AdyenSimulator();
    const opening = openingCall("authorize", ADYEN_CARDS.approved);
    const opened = await perform(opening, processor.send);
    const attemptReference = opened.kind === "approved" ? opened.reference : "";
    const calls = [
      opening,
      ...(["capture", "void", "refund"] as const).map((kind) => followingCall(opening, kind, { attemptReference })),
    ];
    for (const call of calls) {
      const real = (await recorded(call, processor)) as ProcessorAnswer & { kind: "answer" };
      await fc.assert(
        fc.asyncProperty(mutationsOf(real.body), async (body) => {
          const outcome = await perform(call, async () => ({ ...real, body }));
          expect(["approved", "pending", "unknown", "conflicted"]).toContain(outcome.kind);
          if (outcome.kind === "approved")
            expect(outcome).toMatchObject({ amount: call.amount, currency: call.currency });
        }),
        { numRuns: 400 },
      );
    }
  });

  async function recorded(call: ProcessorCall, processor: AdyenSimulator): Promise<ProcessorAnswer> {
    let kept: ProcessorAnswer = { kind: "no_answer", reason: "" };
    await perform(call, async (request) => (kept = await processor.send(request)));
    return kept;
  }
});

test("a credential that is refused says nothing of an earlier sending", async () => {
  for (const status of [401, 403]) {
    const call = openingCall("charge", ADYEN_CARDS.approved);
    const body = { status, errorCode: "000", message: "m" };
    expect((await talk(call, status, body)).outcome.kind).toBe("failed");
    expect((await talk({ ...call, isRepeat: true }, status, body)).outcome.kind).toBe("unknown");
  }
});
