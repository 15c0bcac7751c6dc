/** The folders' rules, each proved by a planted violation: a rule that catches nothing would pass as well. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

/** File, what it imports, whether that is a violation. */
const IMPORTS: [file: string, specifier: string, isForbidden: boolean][] = [
  ["src/domain/a.ts", "zod", true],
  ["src/domain/a.ts", "hono", true],
  ["src/domain/a.ts", "node:crypto", true],
  ["src/domain/a.ts", "cloudflare:workers", true],
  ["src/domain/a.ts", "drizzle-orm", true],
  ["src/domain/a.ts", "../durable/shard-api.ts", true],
  ["src/domain/payment/a.ts", "../../connectors/connector.ts", true],
  ["src/domain/payment/a.ts", "../../vault/keys.ts", true],
  ["src/domain/payment/a.ts", "../ids.ts", false],
  ["src/domain/a.ts", "./payment/decide.ts", false],
  ["src/http/a.ts", "drizzle-orm", true],
  ["src/http/a.ts", "drizzle-orm/d1", true],
  ["src/http/a.ts", "../projection/tables.ts", true],
  ["src/http/routes/a.ts", "../../connectors/send.ts", true],
  ["src/http/routes/a.ts", "../../connectors/sandbox/request.ts", true],
  ["src/http/routes/a.ts", "../../durable/payment-log.ts", true],
  ["src/http/routes/a.ts", "../../durable/shard-api.ts", false],
  ["src/http/routes/a.ts", "../../connectors/registry.ts", false],
  ["src/http/routes/a.ts", "../../projection/queries.ts", false],
  ["src/durable/a.ts", "hono", true],
  ["src/durable/a.ts", "../http/errors.ts", true],
  ["src/durable/a.ts", "../projection/queries.ts", true],
  ["src/durable/a.ts", "../connectors/sandbox/request.ts", true],
  ["src/durable/a.ts", "../connectors/registry.ts", false],
  ["src/durable/a.ts", "../projection/project.ts", false],
  ["src/durable/a.ts", "cloudflare:workers", false],
  ["src/connectors/acme/a.ts", "hono", true],
  ["src/connectors/acme/a.ts", "drizzle-orm", true],
  ["src/connectors/acme/a.ts", "cloudflare:workers", true],
  ["src/connectors/acme/a.ts", "../../durable/payment-log.ts", true],
  ["src/connectors/acme/a.ts", "../../http/errors.ts", true],
  ["src/connectors/acme/a.ts", "../connector.ts", false],
  ["src/connectors/acme/a.ts", "../../domain/outcome.ts", false],
  ["src/projection/a.ts", "../durable/payment-log.ts", true],
  ["src/projection/a.ts", "../http/errors.ts", true],
  ["src/projection/a.ts", "zod", true],
  ["src/projection/a.ts", "drizzle-orm", false],
  ["src/projection/a.ts", "../durable/shard-api.ts", false],
  ["src/vault/a.ts", "../projection/tables.ts", true],
  ["src/vault/a.ts", "../domain/ids.ts", false],
  ["src/webhooks/a.ts", "../durable/payment-log.ts", true],
  ["src/webhooks/a.ts", "../domain/ids.ts", false],
  ["src/cli/a.ts", "../durable/payment-log.ts", true],
  ["src/cli/a.ts", "cloudflare:workers", true],
  ["src/cli/a.ts", "../domain/ids.ts", false],
  ["src/cli/a.ts", "./options.ts", false],
];

/** Globals of a runtime that pure code must not see, and some of the language that it may. */
const GLOBALS: [expression: string, isForbidden: boolean][] = [
  ["fetch", true],
  ["crypto", true],
  ["console", true],
  ["setTimeout", true],
  ["process", true],
  ["Buffer", true],
  ["Request", true],
  ["document", true],
  ["caches", true],
  ["Map", false],
  ["JSON", false],
];

const root = resolve(".");
let planted: string;
beforeAll(() => {
  planted = mkdtempSync(join(tmpdir(), "boundaries-"));
});
afterAll(() => rmSync(planted, { recursive: true }));

function plant(path: string, text: string): string {
  mkdirSync(dirname(join(planted, path)), { recursive: true });
  writeFileSync(join(planted, path), text);
  return path;
}

/** The files in which oxlint, under the project's own configuration, finds the rule broken. */
function filesThatBreak(rule: string): Set<string> {
  const settings = JSON.parse(readFileSync(".oxlintrc.json", "utf8"));
  plant(".oxlintrc.json", JSON.stringify({ ...settings, options: {} }));
  const oxlint = join(root, "node_modules/oxlint/bin/oxlint");
  const { stdout } = spawnSync(process.execPath, [oxlint, "-f", "json", "src"], { cwd: planted, encoding: "utf8" });
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: { code: string; filename: string }[] };
  return new Set(diagnostics.filter(({ code }) => code === `eslint(${rule})`).map(({ filename }) => filename));
}

test("a folder cannot import what it must not know, and can import what it needs", () => {
  const files = IMPORTS.map(([file, specifier], n) =>
    plant(
      file.replace("a.ts", `planted-${n}.ts`),
      `import * as planted from "${specifier}";\nexport default planted;\n`,
    ),
  );
  const broken = filesThatBreak("no-restricted-imports");
  const verdicts = IMPORTS.map(([file, specifier], n) => [file, specifier, broken.has(files[n] ?? "")]);
  expect(verdicts).toEqual(IMPORTS);
});

test("calls to the outside leave only by the doors made for them", () => {
  const call = 'export const answer = fetch("https://example.com");\n';
  for (const file of [
    "src/http/call.ts",
    "src/durable/call.ts",
    "src/connectors/acme/call.ts",
    "src/connectors/send.ts",
  ]) {
    plant(file, call);
  }
  const broken = filesThatBreak("no-restricted-globals");
  expect([...broken].sort()).toEqual(["src/connectors/acme/call.ts", "src/durable/call.ts", "src/http/call.ts"]);
});

test("the domain compiles without a clock, a network or a runtime, and not with them", () => {
  plant("tsconfig.json", readFileSync("tsconfig.json", "utf8"));
  const settings = JSON.parse(readFileSync("src/domain/tsconfig.json", "utf8"));
  plant("src/domain/tsconfig.json", JSON.stringify({ ...settings, include: ["global-*.ts"] }));
  for (const [expression] of GLOBALS)
    plant(`src/domain/global-${expression}.ts`, `export const seen = ${expression};\n`);
  const { stdout } = spawnSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", "src/domain"], {
    cwd: planted,
    encoding: "utf8",
  });
  const found = GLOBALS.map(([expression]) => [expression, stdout.includes(`global-${expression}.ts`)]);
  expect(found).toEqual(GLOBALS);
});

/** What no type or import shows: a draw of luck, a look at the clock. */
const IMPURE = /\bMath\.random\b|\bDate\.now\b|\bnew Date\(\)|\bperformance\b/;

test("the domain draws no luck and reads no clock", () => {
  for (const sample of ["Math.random()", "Date.now()", "new Date()"]) expect(sample).toMatch(IMPURE);
  for (const file of sourceFiles("src/domain")) expect(code(file), file).not.toMatch(IMPURE);
});

test("zod is imported whole, since its other forms bundle three times as much", () => {
  const wrong = /import (?:z|\{[^}]*\bz\b[^}]*\}) from "zod"/;
  expect('import { z } from "zod";').toMatch(wrong);
  for (const file of sourceFiles("src")) expect(readFileSync(file, "utf8"), file).not.toMatch(wrong);
});

test("the card's secret is opened where it is sealed or sent, and nowhere else", () => {
  const opened = sourceFiles("src").filter((file) => code(file).includes(".reveal()"));
  expect(opened.length).toBeGreaterThan(0);
  for (const file of opened) expect(file).toMatch(/^src\/(vault|connectors)\//);
});

function sourceFiles(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return entries.filter((name) => name.endsWith(".ts")).map((name) => join(folder, name));
}

function code(file: string): string {
  return readFileSync(file, "utf8").replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
}
