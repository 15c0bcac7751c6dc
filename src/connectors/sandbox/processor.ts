import { DurableObject } from "cloudflare:workers";

export class SandboxProcessor extends DurableObject<Env> {}
