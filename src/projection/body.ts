/**
 * Packs a payment's body for D1. Bodies are alike but for ids, amounts and names, so deflating against a fixed
 * dictionary takes them from some 870 bytes to some 170, and the database holds several times as many payments.
 *
 * The first byte names the dictionary. A dictionary never changes once rows were written with it: a better one is
 * added under the next number.
 */
import { deflateRawSync, inflateRawSync } from "node:zlib";

// What is most common stands last: nearer matches cost fewer bits.
const DICTIONARY = Buffer.from(
  '"requires_payment_method""requires_confirmation""requires_customer_action""requires_merchant_action"' +
    '"partially_captured_and_capturable""cancelled""expired""conflicted""manual_multiple""paymentMethodId":"pm_' +
    '"nextAction":{"type":"redirect","url":"https://"description":"","statementDescriptor":"","merchantReference":""' +
    '"billing":{"line1":"","line2":"","city":"","state":"","postalCode":"","country":"US"},"shipping":{"line1":""' +
    '"returnUrl":"https://","setupFutureUsage":"off_session","offSession":true,"phone":"+"authentication":{"threeDs":"' +
    '"connectionInformation":{"customerIp":"192.168.1."},"browserInfo":{"userAgent":"Mozilla/5.0 (Windows NT 10.0; Win64;' +
    ' x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36"},"cartItems":[{"name":"","price":' +
    ',"quantity":1,"type":"NON_TANGIBLE"},{"type":"TANGIBLE"}],"primaryDeliveryDetails":{"deliveryMethod":"' +
    '","deliveryType":"PHYSICAL"},"currency":"eur""currency":"usd""processing""requires_capture""partially_captured"' +
    '"captureMethod":"manual""status":"failed""lastError":{"code":"card_declined","message":"The card was declined.",' +
    '"declineCode":"insufficient_funds","category":"do_not_honor","retryable":false,"connectorCode":"",' +
    '"connectorMessage":""},"status":"declined""paymentMethod":"wallet","paymentMethodType":"paypal""debit""mastercard"' +
    '{"id":"pay_00","amount":1000,"amountReceived":1000,"created":"2026-11-01T12:00:00.000Z","currency":"gbp",' +
    '"status":"succeeded","nextAction":{},"connector":"sandbox","captureMethod":"automatic","paymentMethod":"card",' +
    '"paymentMethodType":"credit","metadata":{},"amountCapturable":0,"amountRefunded":0,"version":4,"livemode":false,' +
    '"customer":{"id":"cus_","email":"@example.com","firstName":"","lastName":""},"lastError":null,' +
    '"paymentMethodDetails":{"card":{"brand":"visa","last4":"4242","first6":"424242","expiryMonth":12,' +
    '"expiryYear":2030,"funding":"credit","fingerprint":"}},"attempts":[{"id":"att_00","connector":"sandbox",' +
    '"status":"charged","amount":1000,"error":null,"created":"2026-11-01T12:00:00.000Z"}],' +
    '"updated":"2026-11-01T12:00:00.000Z"}',
);
const DICTIONARY_NUMBER = "01";

/** Hex, which SQLite turns into a BLOB where it is stored. */
export function packBody(body: string): string {
  return DICTIONARY_NUMBER + deflateRawSync(body, { dictionary: DICTIONARY, memLevel: 4 }).toString("hex");
}

/** Throws where the bytes were not packed here: the read model is damaged or newer than this code. */
export function unpackBody(packedHex: string): string {
  if (!packedHex.startsWith(DICTIONARY_NUMBER)) throw new Error(`body packed with dictionary ${packedHex.slice(0, 2)}`);
  return inflateRawSync(Buffer.from(packedHex.slice(2), "hex"), { dictionary: DICTIONARY }).toString();
}
