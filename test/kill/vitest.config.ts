import { cpSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const root = fileURLToPath(new URL("../../", import.meta.url));
const installed = `${root}test/kill/node_modules/metered-costs`;

// The package as it is published, where it finds better-sqlite3 beside it.
rmSync(installed, { recursive: true, force: true });
for (const part of ["dist", "package.json"]) {
  cpSync(root + part, `${installed}/${part}`, { recursive: true });
}

export default defineConfig({
  root: `${root}test/kill`,
  test: {
    include: ["*.test.ts"],
    testTimeout: 300_000,
    server: { deps: { external: [/\/dist\//] } },
  },
});
