import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

export default defineConfig({
  // In this repository the library is built from its sources. In a project of your own leave this out.
  resolve: {
    alias: { "metered-costs": fileURLToPath(new URL("../../src/index.ts", import.meta.url)) },
  },
  // While the dashboard is worked on, the back end beside it answers.
  server: { proxy: { "/api/paygentic": "http://127.0.0.1:4020" } },
});
