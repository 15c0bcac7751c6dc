import { defineConfig } from "drizzle-kit";

export default defineConfig({
  dialect: "sqlite",
  schema: "./src/projection/tables.ts",
  out: "./migrations",
});
