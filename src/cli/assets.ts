/** Lays out what the Worker serves as files: the reference page, with nothing fetched from elsewhere. Run by wrangler's build and before tests. */
import { cpSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const TARGET = ".assets";
const FROM_SWAGGER = ["swagger-ui.css", "swagger-ui-bundle.js", "LICENSE", "NOTICE"];
const OURS = ["index.html", "start.js", "page.css"];

const swagger = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));

mkdirSync(join(TARGET, "docs"), { recursive: true });
for (const file of FROM_SWAGGER) cpSync(join(swagger, file), join(TARGET, "docs", file));
for (const file of OURS) cpSync(join("src/http/docs", file), join(TARGET, "docs", file));
cpSync("docs/openapi.json", join(TARGET, "openapi.json"));
