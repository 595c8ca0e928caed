import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fixture, root, run } from "./fixture.ts";

/** Node 22 as npm has it, for this machine. */
const node22 = (folder: string): string =>
  join(folder, `node_modules/node-${process.platform}-${process.arch}/bin/node`);

describe.each([
  { version: 2, node: () => process.execPath, major: process.version.split(".")[0] },
  { version: 3, node: node22, major: "v22" },
])("msw $version on Node $major", ({ version, node, major }) => {
  test("mocks the API with the handlers of the mock", () => {
    const folder = fixture(`msw-${version}`);
    const program = join(folder, "node_modules/program.mjs");
    copyFileSync(join(root, "test/package/msw-program.mjs"), program);
    expect(JSON.parse(run(folder, node(folder), program))).toEqual({
      major,
      msw: version,
      totalCost: "0.1",
      requests: 4,
      faulty: "SERVER_ERROR",
    });
  });
});
