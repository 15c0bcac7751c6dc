import { describe, expect, test } from "vitest";
import { readOptions, StartError, urlOf } from "../../../src/cli/options.ts";

test("without options the server listens on this machine's port 8787", () => {
  const options = readOptions([]);
  expect(options).toEqual({ port: 8787, ip: undefined, persistTo: undefined });
  expect(urlOf(options)).toBe("http://localhost:8787");
});

test("options are taken in both spellings", () => {
  const options = { port: 9000, ip: "127.0.0.1", persistTo: "state" };
  expect(readOptions(["--port", "9000", "--ip", "127.0.0.1", "--persist-to", "state"])).toEqual(options);
  expect(readOptions(["--port=9000", "--ip=127.0.0.1", "--persist-to=state"])).toEqual(options);
});

describe("refused, with the usage or the reason, is", () => {
  test.each([
    ["--port"],
    ["--port", "x"],
    ["--port", "0"],
    ["--port", "65536"],
    ["--port", "80.5"],
    ["--open"],
    ["9000"],
  ])("%s %s", (...args) => {
    expect(() => readOptions(args.filter((arg) => arg !== undefined))).toThrow(StartError);
  });
});

test.each([
  ["0.0.0.0", "http://localhost:8787"],
  ["::", "http://localhost:8787"],
  ["::1", "http://[::1]:8787"],
  ["192.168.1.7", "http://192.168.1.7:8787"],
])("listening on %s, the printed line asks %s", (ip, url) => {
  expect(urlOf({ port: 8787, ip, persistTo: undefined })).toBe(url);
});
