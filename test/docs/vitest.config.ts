import { defineConfig } from "vitest/config";
import { alias } from "../../vitest.config.ts";

export default defineConfig({
  resolve: { alias },
  test: { include: ["test/docs/*.test.ts"], testTimeout: 60_000 },
});
