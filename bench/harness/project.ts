/** What the project's wrangler.toml says, as far as a runtime has to know it. */
import { join } from "node:path";
import { unstable_readConfig } from "wrangler";
import { ROOT } from "./paths.ts";

export interface Project {
  compatibilityDate: string;
  compatibilityFlags: string[];
  /** Binding name → class, all of them SQLite-backed and in the project's own Worker. */
  objects: Map<string, string>;
  /** Binding name of the one database, and where its migrations are. */
  database: { binding: string; migrations: string };
  /** Binding name of the asset directory, if there is one, and where it is. */
  assets: { binding: string; directory: string } | null;
}

/** Throws for a kind of binding that this harness cannot stand up: better no figure than one of another program. */
export function readProject(root: string = ROOT): Project {
  const config = unstable_readConfig({ config: join(root, "wrangler.toml") }, { hideWarnings: true });
  const strange = [config.kv_namespaces, config.r2_buckets, config.services, config.queues.producers ?? []].flat();
  if (strange.length > 0) throw new Error(`the bench cannot emulate these bindings yet: ${JSON.stringify(strange)}`);
  // The types of wrangler do not resolve without those of the platform, which this side does not load.
  const bindings = config.durable_objects.bindings as { name: string; class_name: string }[];
  const [database] = config.d1_databases;
  if (database === undefined || config.d1_databases.length > 1) throw new Error("the bench expects one D1 database");
  const { assets } = config;
  return {
    compatibilityDate: config.compatibility_date ?? "",
    compatibilityFlags: config.compatibility_flags,
    objects: new Map(bindings.map(({ name, class_name }) => [name, class_name])),
    database: { binding: database.binding, migrations: join(root, database.migrations_dir ?? "migrations") },
    assets:
      assets?.binding === undefined || assets.directory === undefined
        ? null
        : { binding: assets.binding, directory: join(root, assets.directory) },
  };
}
