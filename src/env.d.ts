/** Variables that an operator may set; `wrangler types` knows only the required ones. */
declare namespace Cloudflare {
  interface Env extends OptionalVariables {}
}
interface Env extends OptionalVariables {}
interface OptionalVariables {
  /** JSON object of connector names and base URLs: another host for a processor, as for a mock. */
  CONNECTOR_BASE_URLS?: string;
  /** Set where webhooks may go to http and loopback targets: `npm start` does. */
  ALLOW_LOCAL_WEBHOOKS?: string;
}
