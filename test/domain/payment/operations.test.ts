import { describe, expect, test } from "vitest";
import { type ActionCommand, decideAction } from "../../../src/domain/payment/decide/action.ts";
import { isAllowed, OPERATIONS, type Operation } from "../../../src/domain/payment/operations.ts";
import { statusOf } from "../../../src/domain/payment/status.ts";
import { PAYMENT_STATUSES } from "../../../src/domain/rejection.ts";
import { IN_STATUS, preparation } from "../../support/payments.ts";

const ACTIONS: Record<Operation, ActionCommand> = {
  update: { type: "update", changes: { amount: 500 }, method: null },
  confirm: { type: "confirm", changes: {}, method: null },
  capture: { type: "capture", amount: null, final: null },
  cancel: { type: "cancel", reason: null },
  approve: { type: "approve" },
  reject: { type: "reject" },
  refund: { type: "refund", amount: null, reason: null, metadata: {} },
};

/** A confirm in this status is allowed by the table and still needs something to pay with. */
const NEEDS_MORE = new Map([["confirm requires_payment_method", "parameter_missing"]]);

test.each(PAYMENT_STATUSES)("a payment can be brought into status %s", (status) => {
  expect(statusOf(IN_STATUS[status]())).toBe(status);
});

describe.each(PAYMENT_STATUSES)("a payment that is %s", (status) => {
  test.each(Object.keys(OPERATIONS) as Operation[])("meets %s as the table says", (operation) => {
    const state = IN_STATUS[status]();
    const hasMethod = NEEDS_MORE.get(`${operation} ${status}`) === undefined;
    const decision = decideAction(state, ACTIONS[operation], { preparation: hasMethod ? preparation() : null });
    if (isAllowed(operation, status)) {
      if (hasMethod) expect(decision).toMatchObject({ ok: true });
      else
        expect(decision).toMatchObject({ ok: false, rejection: { code: "parameter_missing", param: "paymentMethod" } });
    } else if (status === "processing" && operation !== "update") {
      expect(decision).toMatchObject({ ok: false, rejection: { code: "operation_in_progress", retryAfterSeconds: 1 } });
    } else {
      const { allowed } = OPERATIONS[operation];
      expect(decision).toMatchObject({ ok: false, rejection: { code: "payment_state_invalid", status, allowed } });
    }
  });

  test("takes new metadata and a new description in any case", () => {
    const changes = { metadata: { order: "7" }, description: "shoes" };
    const decision = decideAction(
      IN_STATUS[status](),
      { type: "update", changes, method: null },
      { preparation: null },
    );
    expect(decision).toMatchObject({ ok: true });
  });
});
