import * as z from "zod";
import { MAX_SHARDS } from "../../domain/ids.ts";
import { text } from "./common.ts";

export const createMerchant = z
  .strictObject({
    name: text(255),
    rawCards: z.boolean().default(false).meta({ description: "Whether live mode takes raw card numbers." }),
    shards: z
      .int()
      .min(1)
      .max(MAX_SHARDS)
      .default(1)
      .meta({ description: "Payment shards a mode; fixed for the merchant's life." }),
  })
  .meta({ id: "CreateMerchant" });
