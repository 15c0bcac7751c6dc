/** Starts a Worker, named by the path, in an isolate of its own, and asks it for a page that it does not have. */
interface StartUpEnv {
  LOADER: WorkerLoader;
  COMPATIBILITY_DATE: string;
  /** Bundles. */
  HELLO: string;
  PRODUCT: string;
}

export default {
  async fetch(request: Request, env: StartUpEnv): Promise<Response> {
    const code = new URL(request.url).pathname === "/hello" ? env.HELLO : env.PRODUCT;
    const worker = env.LOADER.get(crypto.randomUUID(), () => ({
      compatibilityDate: env.COMPATIBILITY_DATE,
      mainModule: "main.js",
      modules: { "main.js": code },
      env: {},
      globalOutbound: null,
    }));
    const { status } = await worker.getEntrypoint().fetch("http://start.up/nowhere");
    return new Response(null, { status });
  },
};
