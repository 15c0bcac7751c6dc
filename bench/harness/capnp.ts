/** A configuration for `workerd serve`, as text. What wrangler and Cloudflare put around a Worker is not in it. */
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { MINIFLARE } from "./paths.ts";
import type { Project } from "./project.ts";

export interface WorkerSpec {
  /** The bundle's code, an ES module. */
  code: string;
  project: Project;
  variables: Record<string, string>;
  /** Networks that the Worker may reach, as workerd names them; none unless said. */
  egress?: readonly string[];
  /** Binding name of a loader of further Workers. */
  loader?: string;
}

const DATABASE_ID = "bench";

/** D1's local emulation: a Durable Object over SQLite, as `wrangler dev` runs it. Comes with wrangler. */
const D1_FILES = {
  "d1-entry.js": "workers/d1/entry.worker.js",
  "d1-database.js": "workers/d1/database.worker.js",
  "miniflare-shared.js": "workers/shared/index.worker.js",
  "miniflare-zod.js": "workers/shared/zod.worker.js",
};

/** Lays out `directory`; gives the configuration's path. Sockets `http` and `inspect` ask for any free port. */
export function writeConfiguration(
  directory: string,
  { code, project, variables, egress = [], loader }: WorkerSpec,
  inspector: string,
): string {
  const objects = join(directory, "objects");
  const databases = join(directory, "d1");
  for (const path of [objects, databases]) mkdirSync(path, { recursive: true });
  for (const [name, from] of Object.entries(D1_FILES))
    copyFileSync(join(dirname(MINIFLARE), from), join(directory, name));
  writeFileSync(join(directory, "worker.js"), code);
  writeFileSync(join(directory, "inspect.js"), inspector);
  const path = join(directory, "config.capnp");
  writeFileSync(path, configuration({ project, variables, egress, loader, objects, databases }));
  return path;
}

interface Layout {
  project: Project;
  variables: Record<string, string>;
  egress: readonly string[];
  loader: string | undefined;
  objects: string;
  databases: string;
}

function configuration({ project, variables, egress, loader, objects, databases }: Layout): string {
  const { assets } = project;
  const bindings = [
    `(name = ${text(project.database.binding)}, ${database()})`,
    ...[...project.objects].map(
      ([name, className]) => `(name = ${text(name)}, durableObjectNamespace = ${text(className)})`,
    ),
    ...Object.entries(variables).map(([name, value]) => `(name = ${text(name)}, text = ${text(value)})`),
    ...(assets === null ? [] : [`(name = ${text(assets.binding)}, service = "assets")`]),
    ...(loader === undefined ? [] : [`(name = ${text(loader)}, workerLoader = ())`]),
  ];
  const namespaces = [...project.objects.values()].map(
    (className) => `(className = ${text(className)}, uniqueKey = ${text(`bench-${className}`)}, enableSql = true)`,
  );
  const flags = project.compatibilityFlags.map(text);
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .mainWorker),
    (name = "inspect", worker = .inspectWorker),
    (name = "d1:entry", worker = .d1Entry),
    (name = "d1:database", worker = .d1Database),
    (name = "objects", disk = (path = ${text(objects)}, writable = true)),
    (name = "databases", disk = (path = ${text(databases)}, writable = true)),${
      assets === null ? "" : `\n    (name = "assets", disk = (path = ${text(assets.directory)})),`
    }
    # Nothing that runs here may reach anybody, but for what the bench itself names.
    (name = "internet", network = (allow = [${egress.map(text).join(", ")}]))
  ],
  sockets = [
    (name = "http", address = "127.0.0.1:0", http = (), service = "main"),
    (name = "inspect", address = "127.0.0.1:0", http = (), service = "inspect")
  ],
  extensions = [(modules = [
    (name = "miniflare:shared", esModule = embed "miniflare-shared.js"),
    (name = "miniflare:zod", esModule = embed "miniflare-zod.js")
  ])]
);
const mainWorker :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = ${text(project.compatibilityDate)},
  compatibilityFlags = [${flags.join(", ")}],
  durableObjectNamespaces = [${namespaces.join(", ")}],
  durableObjectStorage = (localDisk = "objects"),
  bindings = [${bindings.join(",\n    ")}]
);
const inspectWorker :Workerd.Worker = (
  modules = [(name = "inspect.js", esModule = embed "inspect.js")],
  compatibilityDate = ${text(project.compatibilityDate)},
  bindings = [(name = "DB", ${database()})]
);
const d1Entry :Workerd.Worker = (
  modules = [(name = "entry.js", esModule = embed "d1-entry.js")],
  compatibilityDate = "2023-07-24",
  compatibilityFlags = ["enhanced_error_serialization"],
  bindings = [(name = "MINIFLARE_OBJECT", durableObjectNamespace = (className = "D1DatabaseObject", serviceName = "d1:database"))]
);
const d1Database :Workerd.Worker = (
  modules = [(name = "database.js", esModule = embed "d1-database.js")],
  compatibilityDate = "2023-07-24",
  compatibilityFlags = ["nodejs_compat", "experimental"],
  durableObjectNamespaces = [(className = "D1DatabaseObject", uniqueKey = "miniflare-D1DatabaseObject")],
  durableObjectStorage = (localDisk = "databases"),
  bindings = [(name = "MINIFLARE_BLOBS", service = "databases")]
);
`;
}

function database(): string {
  const props = text(JSON.stringify({ MINIFLARE_NAMESPACE: DATABASE_ID }));
  return `wrapped = (moduleName = "cloudflare-internal:d1-api", innerBindings = [(name = "fetcher", service = (name = "d1:entry", props = (json = ${props})))])`;
}

/** Cap'n Proto's text form escapes as JSON does, for what is in use here. */
function text(value: string): string {
  return JSON.stringify(value);
}
