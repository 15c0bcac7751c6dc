import fc from "fast-check";
import { expect, test } from "vitest";
import { paymentId } from "../../src/domain/ids.ts";
import { decodeCursor, encodeCursor } from "../../src/projection/cursor.ts";

const id = paymentId(3, new Uint8Array(15).fill(7));
const base64url = (text: string) => Buffer.from(text).toString("base64url");

test("a cursor comes back as it was given out", () => {
  fc.assert(
    fc.property(
      fc.nat({ max: 4_102_444_800_000 }),
      fc.uint8Array({ minLength: 15, maxLength: 15 }),
      (created, identity) => {
        const cursor = { created, id: paymentId(created % 256, identity) };
        expect(decodeCursor(encodeCursor(cursor))).toEqual(cursor);
      },
    ),
  );
});

test.each([
  "",
  "x",
  "%%%",
  base64url("1"),
  base64url(`1.${id}`),
  base64url(`2.1000.${id}`),
  base64url(`1.1e3.${id}`),
  base64url(`1.01000.${id}`),
  base64url(`1.-5.${id}`),
  base64url(`1.9007199254740993.${id}`),
  base64url(`1..${id}`),
  base64url("1.1000.pay_1"),
  base64url(`1.1000.${id}.x`),
  base64url(`1.1000.${id}' OR 1=1 --`),
  `${base64url(`1.1000.${id}`)}=`,
  ` ${base64url(`1.1000.${id}`)}`,
])("%j is no cursor", (text) => {
  expect(decodeCursor(text)).toBeNull();
});

test("any other text is no cursor and no crash", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(decodeCursor(text)).toBeNull();
    }),
  );
});
