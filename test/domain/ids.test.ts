import fc from "fast-check";
import { expect, test } from "vitest";
import {
  childId,
  isPaymentId,
  maxChildren,
  parseChildId,
  paymentId,
  shardOf,
  shardOfPayment,
} from "../../src/domain/ids.ts";

const identity = fc.uint8Array({ minLength: 20, maxLength: 32 });

test("a payment's id is well formed and carries its shard", () => {
  fc.assert(
    fc.property(identity, fc.integer({ min: 1, max: 256 }), (bytes, shards) => {
      const shard = shardOf(bytes, shards);
      const id = paymentId(shard, bytes);
      expect(isPaymentId(id)).toBe(true);
      expect(shardOfPayment(id)).toBe(shard);
      expect(shard).toBeLessThan(shards);
    }),
  );
});

test("a child's id gives back its payment and ordinal", () => {
  fc.assert(
    fc.property(
      identity,
      fc.constantFrom("att", "re", "evt", "dp"),
      fc.integer({ min: 1, max: 32767 }),
      (bytes, prefix, n) => {
        const payment = paymentId(7, bytes);
        fc.pre(n <= maxChildren(prefix));
        expect(parseChildId(prefix, childId(prefix, payment, n))).toEqual({ paymentId: payment, ordinal: n });
      },
    ),
  );
});

test("no other text is an id", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(isPaymentId(text)).toBe(false);
      expect(parseChildId("att", `att_${text}`)).toBe(null);
    }),
  );
  const id = paymentId(0, new Uint8Array(20));
  expect(isPaymentId(id.toUpperCase())).toBe(false);
  expect(isPaymentId(`${id}0`)).toBe(false);
  expect(isPaymentId(`pay_${"z".repeat(26)}`)).toBe(false);
});
