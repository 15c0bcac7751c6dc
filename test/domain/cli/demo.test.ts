import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { curlLine } from "../../../src/cli/demo.ts";

const line = curlLine("http://localhost:9000", "sk_test_1");

test("the printed request is one line that a shell reads as it stands", () => {
  expect(line).toMatch(/^curl -sS http:\/\/localhost:9000\/api\/payments -H '[^'\n]+' -H '[^'\n]+' -d '[^'\n]+'$/);
});

test("the README shows the request that is printed", () => {
  const shown = /^curl .*$/m.exec(readFileSync("README.md", "utf8"))?.[0];
  expect(shown).toBe(curlLine("http://localhost:8787", "sk_test_…"));
});
