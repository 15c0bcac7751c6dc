import * as z from "zod";
import { card } from "./payment-method.ts";

export const createToken = z.strictObject({ card }).meta({ id: "CreateToken" });
