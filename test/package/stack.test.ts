import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { consumer, tried } from "./fixture.ts";

const IMPORT = `import { Paygentic } from "metered-costs";
const paygentic = new Paygentic({
  apiKey: "sk_test_1",
  environment: "sandbox",
  fetch: async () => Response.json({
    id: "cst_1", object: "cost", type: "metered", name: "Calls", currency: "USD", unitCost: "0.1",
    productId: "prod_1", merchantId: "org_1", createdAt: "2026-06-01T00:00:00Z", updatedAt: "2026-06-01T00:00:00Z",
  }),
});
`;

interface Coverage {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly {
      readonly functionName: string;
      readonly ranges: readonly { readonly count: number }[];
    }[];
  }[];
}

/** How often each function of the installed library runs in a program. */
function countsOf(code: string): Map<string, number> {
  const folder = mkdtempSync(join(tmpdir(), "metered-costs-coverage-"));
  const program = join(consumer, "coverage-program.mjs");
  writeFileSync(program, code);
  try {
    const { status, stderr } = tried(
      consumer,
      "env",
      `NODE_V8_COVERAGE=${folder}`,
      "node",
      program,
    );
    expect(stderr).toBe("");
    expect(status).toBe(0);
    const scripts = readdirSync(folder).flatMap(
      (file) => (JSON.parse(readFileSync(join(folder, file), "utf8")) as Coverage).result,
    );
    const ours = scripts.filter(({ url }) => url.includes("/node_modules/metered-costs/dist/"));
    return new Map(
      ours
        .flatMap(({ functions }) => functions)
        .map(({ functionName, ranges: [whole] }) => [functionName, whole?.count ?? 0]),
    );
  } finally {
    rmSync(folder, { recursive: true });
    rmSync(program);
  }
}

test("a call runs code of openapi-fetch and of zod", () => {
  const imported = countsOf(IMPORT);
  const called = countsOf(`${IMPORT}await paygentic.costs.get("cst_1");\n`);
  // Functions of openapi-fetch, then of zod, by the names in their own sources.
  for (const name of ["coreFetch", "createFinalURL", "handlePropertyResult"]) {
    expect(called.get(name), name).toBeGreaterThan(imported.get(name) ?? 0);
  }
});
