import { defineConfig } from "vitest/config";
import built from "../runtimes/vitest.config.ts";

export default defineConfig({
  ...built,
  test: { ...built.test, include: ["test/browser/*.test.ts"] },
});
