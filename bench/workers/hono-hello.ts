/** The smallest Worker of the same framework: what the product's start-up is compared with. */
import { Hono } from "hono";

const app = new Hono();
app.get("/", (c) => c.text("hello"));

export default app;
