import * as z from "zod";
import { metadata, page, positiveAmount, text } from "./common.ts";

export const createRefund = z
  .strictObject({
    paymentId: text(200).meta({ description: "`pay_…`" }),
    amount: positiveAmount.exactOptional().meta({ description: "Default: all that is left." }),
    reason: text(500).exactOptional(),
    metadata: metadata.exactOptional(),
  })
  .meta({ id: "CreateRefund" });

export const refundsQuery = z.object({ paymentId: text(200).meta({ description: "`pay_…`" }), ...page });
