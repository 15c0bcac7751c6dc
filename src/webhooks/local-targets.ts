/** `ALLOW_LOCAL_WEBHOOKS`, as the operator set it: whether http and the loopback may be posted to. */
export function isLocalAllowed(variable: string | undefined): boolean {
  return variable === "true" || variable === "1";
}
