import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { consumer, dependenciesOf, root, run } from "./fixture.ts";

const folder = mkdtempSync(join(tmpdir(), "metered-costs-msw-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A project with the packed library and one version of msw. */
function projectWith(msw: string): string {
  const project = join(folder, msw.replaceAll("/", "-"));
  const modules = join(project, "node_modules");
  mkdirSync(modules, { recursive: true });
  for (const name of ["metered-costs", ...dependenciesOf(join(root, "package.json"))]) {
    cpSync(join(consumer, "node_modules", name), join(modules, name), { recursive: true });
  }
  symlinkSync(join(msw, "node_modules/msw"), join(modules, "msw"));
  // Beside msw, whose version it reads.
  const program = join(modules, "program.mjs");
  copyFileSync(join(root, "test/package/msw-program.mjs"), program);
  return program;
}

describe.each([
  { version: 2, from: root, node: process.execPath, major: process.version.split(".")[0] },
  {
    version: 3,
    from: consumer,
    node: join(root, "test/runtimes/node_modules/node22/bin/node"),
    major: "v22",
  },
])("msw $version on Node $major", ({ version, from, node, major }) => {
  test("mocks the API with the handlers of the mock", () => {
    const program = projectWith(from);
    expect(JSON.parse(run(folder, node, program))).toEqual({
      major,
      msw: version,
      totalCost: "0.1",
      requests: 4,
      faulty: "SERVER_ERROR",
      version: 1,
    });
  });
});
