/**
 * Lets the shard's own source run in Node: two modules are stood in for, everything else is what is deployed.
 * Import it before anything from `src/durable`.
 */
import { registerHooks } from "node:module";

const here = (file: string) => new URL(file, import.meta.url).href;

registerHooks({
  resolve(specifier, context, next) {
    const parent = context.parentURL ?? "";
    if (specifier === "cloudflare:workers") return { url: here("./cloudflare-workers.ts"), shortCircuit: true };
    const isShard = parent.includes("/src/durable/");
    if (isShard && specifier.endsWith("/connectors/registry.ts"))
      return { url: here("./registry.ts"), shortCircuit: true };
    return next(specifier, context);
  },
});
