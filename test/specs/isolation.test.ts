/** A processor is known in its own folder and the registry, and nowhere else in what is shipped. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, test } from "vitest";

const CONNECTORS = "src/connectors";
/** Built in: the API shows its ledger and serves its bank's page, and the Worker exports its object. */
const BUILT_IN = "sandbox";

const folders = readdirSync(CONNECTORS).filter((name) => statSync(join(CONNECTORS, name)).isDirectory());
const processors = folders.filter((name) => name !== BUILT_IN);
const sources = readdirSync("src", { recursive: true, encoding: "utf8" })
  .filter((file) => /\.tsx?$/.test(file))
  .map((file) => join("src", file));

/** Modules that a file imports, as paths from the project's root; packages by name. */
function importsOf(file: string): string[] {
  const text = readFileSync(file, "utf8");
  const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map((match) => match[1] ?? "");
  return specifiers.map((specifier) =>
    specifier.startsWith(".") ? relative(".", join(dirname(file), specifier)) : specifier,
  );
}

function findStrangers(name: string, file: string): string[] {
  const folder = `${CONNECTORS}/${name}/`;
  const isOwn = file.startsWith(folder) || file === `${CONNECTORS}/registry.ts`;
  return isOwn ? [] : importsOf(file).filter((path) => path.startsWith(folder));
}

describe.each(processors)("%s", (name) => {
  test("is imported by its own folder and the registry only", () => {
    expect(sources.flatMap((file) => findStrangers(name, file).map((path) => `${file} imports ${path}`))).toEqual([]);
  });

  test("takes two lines of the registry: an import and its name in the list", () => {
    const lines = readFileSync(`${CONNECTORS}/registry.ts`, "utf8")
      .split("\n")
      .filter((line) => new RegExp(`\\b${name}\\b`).test(line));
    expect(lines.filter((line) => line.startsWith("import"))).toEqual([
      `import { ${name} } from "./${name}/index.ts";`,
    ]);
    const list = lines.filter((line) => !line.startsWith("import"));
    expect(list).toHaveLength(1);
    expect(list[0]).toMatch(
      new RegExp(`^export const connectors: readonly Connector\\[\\] = \\[.*\\b${name}\\b.*\\];$|^  ${name},$`),
    );
  });

  test("is not asked for by name: what it can do decides", () => {
    const asked = sources.filter(
      (file) =>
        !file.startsWith(`${CONNECTORS}/`) &&
        new RegExp(`[=!]==\\s*"${name}"|case "${name}"`).test(readFileSync(file, "utf8")),
    );
    expect(asked).toEqual([]);
  });

  test("imports the domain, the card, what connectors share, and no other processor", () => {
    const own = sources.filter((file) => file.startsWith(`${CONNECTORS}/${name}/`));
    expect(own.length).toBeGreaterThanOrEqual(5);
    const isAllowed = (path: string) =>
      path.startsWith(`${CONNECTORS}/${name}/`) ||
      (path.startsWith(`${CONNECTORS}/`) && path.split("/").length === 3 && path !== `${CONNECTORS}/registry.ts`) ||
      path.startsWith("src/domain/") ||
      path === "src/vault/card.ts" ||
      // Types of the processor's own library, of which nothing is there at run time; what Node's crypto does in a Worker.
      ["node:crypto"].includes(path);
    const typesOnly = (file: string, path: string) =>
      new RegExp(`import type [^;]* from "${path}"`).test(readFileSync(file, "utf8"));
    const strangers = own.flatMap((file) =>
      importsOf(file)
        .filter((path) => !isAllowed(path) && !typesOnly(file, path))
        .map((path) => `${file} imports ${path}`),
    );
    expect(strangers).toEqual([]);
  });

  test("says in its page what was exercised, and what only a live account can show", () => {
    const page = readFileSync(`docs/connectors/${name}.md`, "utf8");
    expect(page).toContain("## Exercised against");
    expect(page).toContain("## What only a live account can show");
    expect(readFileSync("docs/connectors.md", "utf8")).toContain(`(connectors/${name}.md)`);
  });
});

test("the check sees what it is there for", () => {
  expect(processors.length).toBeGreaterThanOrEqual(1);
  expect(sources.length).toBeGreaterThan(50);
  expect(importsOf(`${CONNECTORS}/registry.ts`)).toContain(`${CONNECTORS}/stripe/index.ts`);
  // A file elsewhere that imports the same would be found.
  expect(
    importsOf(`${CONNECTORS}/registry.ts`).filter((path) => path.startsWith(`${CONNECTORS}/stripe/`)),
  ).toHaveLength(1);
  expect(findStrangers("stripe", `${CONNECTORS}/registry.ts`)).toEqual([]);
  expect(findStrangers("sandbox", "src/index.ts")).not.toEqual([]);
});
