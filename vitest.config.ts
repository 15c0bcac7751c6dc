import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-pool-workers";
import { defineConfig } from "vitest/config";
// Lays out the files that the Worker serves, as wrangler's build does.
import "./src/cli/assets.ts";
import { serveSimulators } from "./test/support/processors/server.ts";

/** Processors to pay with: what the Worker sends them goes to this machine's loopback, and nothing goes further. */
const simulators = await serveSimulators();
const migrations = await readD1Migrations("migrations");

/** Pure code runs in Node, fast; everything else in the real workerd, with the real SQLite. */
export default defineConfig({
  test: {
    // An instance that a test ends on purpose rejects whatever it was doing, also what nobody waits for.
    onUnhandledError: (error) => !("durableObjectReset" in error && /^crash /.test(String(error.message))),
    projects: [
      { test: { name: "domain", include: ["test/domain/**/*.test.ts"], environment: "node" } },
      { test: { name: "specs", include: ["test/specs/**/*.test.ts"], environment: "node" } },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              bindings: {
                TEST_MIGRATIONS: migrations,
                ADMIN_TOKEN: "test-admin-token-0123456789abcdef",
                CONNECTOR_BASE_URLS: simulators.baseUrls,
                MASTER_KEY: "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
              },
              // Nothing that a test starts may leave this machine.
              outboundService: (request: Request) => {
                const { origin } = new URL(request.url);
                if (origin !== simulators.origin) return new Response(`blocked ${request.url}`, { status: 599 });
                // oxlint-disable-next-line no-restricted-globals -- the simulators' own door, in Node
                return fetch(request.url, request);
              },
            },
          }),
        ],
        test: {
          name: "workers",
          include: ["test/{http,durable,projection,connectors,webhooks,vault,journeys}/**/*.test.ts"],
          setupFiles: ["./test/support/setup.ts"],
          isolate: false,
          maxWorkers: 1,
        },
      },
    ],
  },
});
