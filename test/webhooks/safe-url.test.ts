import { expect, test } from "vitest";
import { judgeUrl } from "../../src/webhooks/safe-url.ts";
import { HOSTILE_URLS } from "./hostile-urls.ts";

const PUBLIC = { allowLocal: false };
const LOCAL = { allowLocal: true };

test("the corpus holds more than three hundred addresses", () => {
  expect(new Set(Object.values(HOSTILE_URLS).flat()).size).toBeGreaterThan(300);
});

test.each(Object.entries(HOSTILE_URLS))("refused: %s", (_, urls) => {
  expect(urls.filter((url) => judgeUrl(url, PUBLIC).ok)).toEqual([]);
});

test.each([
  "https://shop.example.com",
  "https://shop.example.com/webhooks?tenant=1&x=%2F",
  "https://shop.example.com:443/",
  "https://shop.example.com:8443/hooks",
  "HTTPS://Shop.Example.COM/",
  "https://shop.example.com./",
  "https://bücher.example.com/",
  "https://xn--bcher-kva.example.com/",
  "https://a.b.c.d.example.co.uk/",
  "https://local.example.com/",
  "https://internal-tools.com/",
  "https://localhost.example.com/",
  "https://10.example.com/",
  "https://hook_s.example.com/",
])("%s is allowed", (url) => {
  expect(judgeUrl(url, PUBLIC)).toMatchObject({ ok: true });
});

test.each([
  "http://localhost:4242/hooks",
  "http://127.0.0.1:3000/",
  "https://127.0.0.1:8443/",
  "http://[::1]:3000/",
  "http://app.localhost/",
  "http://shop.example.com/",
  "http://shop.example.com:3000/",
])("%s is allowed where the operator allows local targets, and only there", (url) => {
  expect(judgeUrl(url, LOCAL)).toMatchObject({ ok: true });
  expect(judgeUrl(url, PUBLIC)).toMatchObject({ ok: false });
});

test.each([
  "https://10.0.0.1/",
  "http://192.168.1.1/",
  "http://169.254.169.254/",
  "http://metadata.google.internal/",
  "http://0.0.0.0/",
  "file:///etc/passwd",
  "http://user@localhost/",
  "https://nas.local/",
])("%s is refused even there", (url) => {
  expect(judgeUrl(url, LOCAL)).toMatchObject({ ok: false });
});
