import type { Context } from "hono";
import type { Customer } from "../domain/payment/details.ts";
import type { Issue } from "../domain/rejection.ts";
import { customerIdOf } from "../vault/customer-id.ts";
import type { AppEnv } from "./env.ts";

/** A body rule: an id that is given must be the e-mail's own. */
export function checkCustomerId({ customer }: { readonly customer?: unknown }, c: Context<AppEnv>): Issue[] {
  const { id, email } = (customer ?? {}) as { id?: unknown; email?: unknown };
  if (
    typeof id !== "string" ||
    typeof email !== "string" ||
    id === customerIdOf(c.env.MASTER_KEY, c.get("caller"), email)
  )
    return [];
  return [{ path: "customer.id", code: "custom", message: "is not the id of the customer with this e-mail" }];
}

/** Whoever is named by an e-mail is the same customer each time. */
export function identifyCustomer(c: Context<AppEnv>, customer: Omit<Customer, "id">): Customer {
  const { email, firstName, lastName } = customer as Customer;
  return { ...customer, email, firstName, lastName, id: customerIdOf(c.env.MASTER_KEY, c.get("caller"), email) };
}
