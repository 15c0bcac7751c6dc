/** Stands beside the Worker under test and looks into its D1: applies migrations, counts rows. */
export default {
  async fetch(request: Request, env: { DB: D1Database }): Promise<Response> {
    const { sql, parameters } = await request.json<{ sql: string; parameters: (string | number)[] }>();
    try {
      const { results, meta } = await env.DB.prepare(sql)
        .bind(...parameters)
        .all();
      return Response.json({ rows: results, rowsRead: meta.rows_read });
    } catch (error) {
      return new Response(String(error), { status: 500 });
    }
  },
};
