import { DurableObject } from "cloudflare:workers";

export class PaymentShard extends DurableObject<Env> {}
