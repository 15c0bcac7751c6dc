import { describe, expect, test } from "vitest";
import type { ProcessorRequest } from "../../src/connectors/connector.ts";
import { makeSend } from "../../src/connectors/send.ts";

const REQUEST: ProcessorRequest = {
  method: "POST",
  path: "/v1/charges?secret=in-the-query",
  headers: { authorization: "Bearer sk_live_abcdef0123456789" },
  body: "{}",
};

function sending(fetcher: (request: Request) => Promise<Response>, timeoutMs = 200) {
  return makeSend({ fetcher, baseUrl: "https://processor.example", timeoutMs })(REQUEST);
}

describe("the door to processors", () => {
  test("passes method, path, headers and body, and follows no redirect", async () => {
    let seen: Request | undefined;
    let body = "";
    const answer = await sending(async (request) => {
      seen = request;
      body = await request.text();
      return new Response("done", { status: 201, headers: { "x-id": "7" } });
    });
    expect(seen?.url).toBe("https://processor.example/v1/charges?secret=in-the-query");
    expect([seen?.method, seen?.redirect, body]).toEqual(["POST", "manual", "{}"]);
    expect(answer).toMatchObject({ kind: "answer", status: 201, body: "done" });
    expect(answer.kind === "answer" && answer.headers.get("x-id")).toBe("7");
  });

  test.each([500, 503, 404, 402, 429])(
    "HTTP %d is an answer: what it proves is the connector's to say",
    async (status) => {
      expect(await sending(async () => new Response("x", { status }))).toMatchObject({ kind: "answer", status });
    },
  );

  test.each([301, 302, 303, 307, 308])("a redirect (%d) is no answer", async (status) => {
    const answer = await sending(
      async () => new Response(null, { status, headers: { location: "https://elsewhere.example" } }),
    );
    expect(answer).toEqual({ kind: "no_answer", reason: `redirected with ${status}` });
  });

  test("headers that do not come in time are no answer, and the request is aborted", async () => {
    let signal: AbortSignal | undefined;
    const answer = await sending((request) => {
      signal = request.signal;
      return new Promise(() => {});
    }, 30);
    expect(answer).toEqual({ kind: "no_answer", reason: "timed out after 30 ms" });
    expect(signal?.aborted).toBe(true);
  });

  test("a body that drips past the limit of time is no answer", async () => {
    const drip = () =>
      new ReadableStream<Uint8Array>({
        async pull(controller) {
          await scheduler.wait(10);
          controller.enqueue(new Uint8Array(1));
        },
      });
    expect(await sending(async () => new Response(drip()), 60)).toEqual({
      kind: "no_answer",
      reason: "timed out after 60 ms",
    });
  });

  test("a body of 256 KiB is read, one byte more is no answer and is not read on", async () => {
    const limit = 256 * 1024;
    const whole = await sending(async () => new Response("a".repeat(limit)), 2_000);
    expect(whole.kind === "answer" && whole.body.length).toBe(limit);
    let isCancelled = false;
    let chunks = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        chunks += 1;
        controller.enqueue(new Uint8Array(64 * 1024));
      },
      cancel() {
        isCancelled = true;
      },
    });
    expect(await sending(async () => new Response(endless), 2_000)).toEqual({
      kind: "no_answer",
      reason: `body over ${limit} bytes`,
    });
    expect(isCancelled).toBe(true);
    expect(chunks).toBeLessThan(8);
  });

  test("a character that is split between chunks arrives whole", async () => {
    const bytes = new TextEncoder().encode("zażółć €");
    const split = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
        controller.close();
      },
    });
    expect(await sending(async () => new Response(split))).toMatchObject({ body: "zażółć €" });
  });

  test("a thrown fetch is no answer, and its reason shows no query, path, credential or card", async () => {
    const thrown = new TypeError(
      "cannot reach https://user:pass@processor.example/v1/charges?secret=in-the-query with Bearer sk_live_abcdef0123456789 for 4242 4242 4242 4242",
    );
    const answer = await sending(async () => {
      throw thrown;
    });
    expect(answer.kind).toBe("no_answer");
    const reason = answer.kind === "no_answer" ? answer.reason : "";
    expect(reason).toContain("TypeError: cannot reach [processor.example]");
    for (const secret of ["in-the-query", "charges", "pass", "sk_live", "abcdef", "4242"])
      expect(reason).not.toContain(secret);
  });

  test("a fetcher that throws before it returns a promise is no answer either", async () => {
    const answer = await sending(() => {
      throw new Error("broken stub");
    });
    expect(answer).toMatchObject({ kind: "no_answer" });
  });
});
