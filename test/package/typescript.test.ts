import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { consumer, root, tried } from "./fixture.ts";

/** The promises of the types that are made to users, as they stand in the test consumer, and what they import. */
const PROMISES = readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" })
  .filter((file) => /\.test-d\.ts$|^types\/fixtures\.ts$/.test(file))
  .filter((file) => !/^(?:package|shared)\//.test(file))
  .filter(
    (file) => !/"[./]*\/(?:src|generated)\//.test(readFileSync(join(root, "test", file), "utf8")),
  );

beforeAll(() => {
  rmSync(join(consumer, "promises"), { recursive: true, force: true });
  for (const file of PROMISES) {
    mkdirSync(dirname(join(consumer, "promises", file)), { recursive: true });
    cpSync(join(root, "test", file), join(consumer, "promises", file));
  }
});

afterAll(() => rmSync(join(consumer, "promises"), { recursive: true }));

describe.each([5, 6, 7])("TypeScript %i", (version) => {
  const compile = (config: string): string[] => {
    const compiler = join(consumer, `node_modules/typescript${version}/bin/tsc`);
    const { stdout, stderr } = tried(
      consumer,
      process.execPath,
      compiler,
      "--pretty",
      "false",
      "-p",
      `tsconfig.${config}.json`,
    );
    return `${stdout}${stderr}`.split("\n").filter((line) => line !== "");
  };

  test("is the version that it is called", () => {
    const compiler = join(consumer, `node_modules/typescript${version}/bin/tsc`);
    const { stdout } = tried(consumer, process.execPath, compiler, "--version");
    expect(stdout).toMatch(new RegExp(`^Version ${version}\\.`));
  });

  test.each(["node16", "nodenext", "bundler"])("compiles a program with %s", (resolution) => {
    expect(compile(resolution)).toEqual([]);
  });

  test("keeps every promise of the types, and refuses on exactly the lines that say so", () => {
    expect(PROMISES.length).toBeGreaterThanOrEqual(8);
    expect(compile("promises")).toEqual([]);
  });

  test("says what is wrong in words that help", () => {
    const errors = compile("mistakes");
    const said = errors.filter((line) => line.startsWith("mistakes.ts"));
    const about = (line: number): string =>
      said.find((text) => text.startsWith(`mistakes.ts(${line},`)) ?? "";
    expect(said).toHaveLength(7);
    for (const line of [17, 18]) {
      expect(about(line)).toMatch(
        /Type '"modle"' is not assignable to type '.*"region".*'\. Did you mean '"model"'\?$/,
      );
    }
    expect(about(19)).toMatch(/'modle' does not exist in type .* Did you mean to write 'model'\?$/);
    expect(about(20)).toContain("is not assignable to parameter of type 'CostCreateParams<never>'");
    expect(errors.join("\n")).toContain("Property 'valueProperty' is missing");
    expect(about(21)).toMatch(/Type '"MEDIAN"' is not assignable to type '.*"UNIQUE_COUNT"/);
    expect(about(22)).toMatch(/Type '"WEEK"' is not assignable to type '.*"MINUTE".*'\.$/);
    expect(about(23)).toContain("is not assignable to parameter of type 'EventIngestParams'");
    expect(errors.join("\n")).toContain("Property 'subject' is missing");
  });
});
