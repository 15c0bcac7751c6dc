import * as z from "zod";
import { SCOPES } from "../scopes.ts";
import { anyCase, text } from "./common.ts";

const time = z.iso.datetime({ message: "must be an ISO 8601 time in UTC" }).transform((value) => Date.parse(value));

export const createKey = z
  .strictObject({
    type: anyCase(["secret", "publishable"]),
    mode: anyCase(["test", "live"]),
    name: text(255),
    scopes: z.array(anyCase(SCOPES)).min(1).max(SCOPES.length).exactOptional().meta({ description: "Absent: all." }),
    expiresAt: time.exactOptional(),
  })
  .meta({ id: "CreateKey" });

const MAX_OVERLAP_HOURS = 168;

export const rotateKey = z
  .strictObject({
    overlapHours: z
      .int()
      .min(0)
      .max(MAX_OVERLAP_HOURS)
      .default(24)
      .meta({ description: "How long the old key goes on working; 0: not at all." }),
  })
  .meta({ id: "RotateKey" });
