import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Connector } from "../../src/connectors/connector.ts";
import { connectorNamed, connectors, openDoor } from "../../src/connectors/registry.ts";
import { sandbox } from "../../src/connectors/sandbox/index.ts";
import { sandboxAccount } from "./calls.ts";

const elsewhere: Connector = { ...sandbox, name: "elsewhere", baseUrl: () => "https://api.elsewhere.example" };
const account = sandboxAccount({ connector: "elsewhere" });

function door(overrides?: string) {
  const { SANDBOX_PROCESSOR } = env;
  return openDoor(
    elsewhere,
    account,
    overrides === undefined ? { SANDBOX_PROCESSOR } : { SANDBOX_PROCESSOR, CONNECTOR_BASE_URLS: overrides },
  );
}

async function urlAskedBy(overrides?: string): Promise<string> {
  const fetched = vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response("{}"));
  await door(overrides)({ method: "GET", path: "/v1/things", headers: {} });
  const [request] = fetched.mock.lastCall ?? [];
  return request instanceof Request ? request.url : "nothing was asked";
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("the registry", () => {
  test("knows its connectors by name, and nothing else", () => {
    expect(connectorNamed("sandbox")).toBe(sandbox);
    expect(connectorNamed("toString")).toBeUndefined();
    expect(new Set(connectors.map(({ name }) => name)).size).toBe(connectors.length);
  });

  test("a processor is reached at its own host where the operator says nothing", async () => {
    expect(await urlAskedBy()).toBe("https://api.elsewhere.example/v1/things");
    expect(await urlAskedBy("")).toBe("https://api.elsewhere.example/v1/things");
    expect(await urlAskedBy('{"other":"http://127.0.0.1:1"}')).toBe("https://api.elsewhere.example/v1/things");
  });

  test("the operator's host is used instead, with the path appended", async () => {
    expect(await urlAskedBy('{"elsewhere":"http://127.0.0.1:4000"}')).toBe("http://127.0.0.1:4000/v1/things");
    expect(await urlAskedBy('{"elsewhere":"http://127.0.0.1:4000/mock/"}')).toBe(
      "http://127.0.0.1:4000/mock/v1/things",
    );
  });

  test.each(["{", "[]", "7", '{"elsewhere":4000}', '{"elsewhere":"127.0.0.1:4000"}', '{"elsewhere":"ftp://host"}'])(
    "an override that cannot be read is an error, not the real host: %s",
    (text) => {
      expect(() => door(text)).toThrow(/^CONNECTOR_BASE_URLS/);
    },
  );

  test("the sandbox is an object of the merchant, whatever the overrides say", async () => {
    const send = openDoor(sandbox, sandboxAccount(), { ...env, CONNECTOR_BASE_URLS: "{" });
    const answer = await send({ method: "POST", path: "/v1/inquiry", headers: {}, body: "{}" });
    expect(answer).toMatchObject({ kind: "answer", status: 400 });
  });
});
