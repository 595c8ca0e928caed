/**
 * Serves the dashboard, and lets it read costs through the proxy. Its only argument is the port.
 *
 * Without PAYGENTIC_API_KEY it reads from a mock that it fills with made-up usage.
 */
import { fileURLToPath } from "node:url";
import { serve } from "@hono/node-server";
import { serveStatic } from "@hono/node-server/serve-static";
import { Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import { startMockServer } from "metered-costs/mock/server";
import { readOnlyProxy } from "./read-only-proxy.ts";
import { COSTS, usage } from "./usage.ts";

const { PAYGENTIC_API_KEY } = process.env;
const upstream =
  PAYGENTIC_API_KEY === undefined
    ? { apiKey: "sk_sandbox_of_the_dashboard", ...(await mock()) }
    : { apiKey: PAYGENTIC_API_KEY };

async function mock(): Promise<{ readonly upstream: string }> {
  const { url } = await startMockServer({ costs: COSTS, events: usage() });
  return { upstream: url };
}

const app = new Hono();
app.use(
  secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      fontSrc: ["'self'"],
      imgSrc: ["'self'", "data:"],
      connectSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
  }),
);
app.route(
  "/api/paygentic",
  readOnlyProxy({
    ...upstream,
    // It listens on loopback, for whoever sits at this machine. Anywhere else, ask who is signed in.
    mayRead: () => true,
  }),
);
app.use(serveStatic({ root: fileURLToPath(new URL("../dashboard/dist", import.meta.url)) }));

const server = serve(
  { fetch: app.fetch, hostname: "127.0.0.1", port: Number(process.argv[2] ?? 4020) },
  ({ port }) => console.log(`The dashboard: http://127.0.0.1:${port}/?month=2026-06`),
);
const stop = (): never => {
  server.close();
  process.exit();
};
process.once("SIGTERM", stop).once("SIGINT", stop);
