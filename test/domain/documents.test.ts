/** What documents say about files, tables and commands is true. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

const readme = readFileSync("README.md", "utf8");
const storage = readFileSync("docs/storage.md", "utf8");

test("the road of one payment in the README leads over files that exist", () => {
  const road = /## Follow one payment\n([\s\S]*?)\n## /.exec(readme)?.[1] ?? "";
  const steps = road.match(/^\d+\. /gm) ?? [];
  const files = [...road.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? "");
  expect(steps.length).toBeGreaterThanOrEqual(12);
  expect(files.length).toBeGreaterThanOrEqual(steps.length);
  expect(files.filter((file) => !existsSync(file))).toEqual([]);
});

test("links between documents lead somewhere", () => {
  const documents = ["README.md", ...markdownIn("docs")];
  const broken = documents.flatMap((document) =>
    [...readFileSync(document, "utf8").matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
      .map((match) => match[1] ?? "")
      .filter((target) => !/^\w+:/.test(target) && !existsSync(join(dirname(document), target)))
      .map((target) => `${document}: ${target}`),
  );
  expect(broken).toEqual([]);
});

test("commands that the README names are scripts of the package", () => {
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };
  const named = [...readme.matchAll(/npm (?:run )?(start|test|(?<=run )[\w:]+)/g)].map((match) => match[1] ?? "");
  expect(named).toContain("check");
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
});

test("every table is in docs/storage.md, in the section of its database", () => {
  const section = (title: string) => storage.split("\n## ").find((part) => part.startsWith(title)) ?? "";
  const tablesIn = (text: string, statement: RegExp) => [...text.matchAll(statement)].map((match) => match[1] ?? "");
  const create = /CREATE TABLE (?:IF NOT EXISTS )?[`"]?(\w+)/g;
  const databases = [
    ["D1", sources("migrations", ".sql")],
    ["A payment's shard", sources("src/durable", ".ts")],
    ["The sandbox's books", sources("src/connectors/sandbox", ".ts")],
  ] as const;
  for (const [title, text] of databases) {
    const tables = tablesIn(text, create);
    expect(tables.length).toBeGreaterThan(2);
    expect(
      tables.filter((table) => !section(title).includes(`| \`${table}\` |`)),
      title,
    ).toEqual([]);
  }
});

test("every dependency has its line in docs/design/dependencies.md, the Worker's with their version", () => {
  const text = readFileSync("docs/design/dependencies.md", "utf8");
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(
    readFileSync("package.json", "utf8"),
  ) as Record<string, Record<string, string>>;
  const shipped = Object.entries({ ...dependencies, ...optionalDependencies }).map(
    ([name, version]) => `\`${name}\` ${version}`,
  );
  const tools = Object.keys(devDependencies ?? {}).map((name) => `\`${name}\``);
  expect([...shipped, ...tools].filter((line) => !text.includes(line))).toEqual([]);
});

function markdownIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(folder, name));
}

function sources(folder: string, extension: string): string {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(extension))
    .map((name) => readFileSync(join(folder, name), "utf8"))
    .join("\n");
}
