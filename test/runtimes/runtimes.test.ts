import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ConsumerProject, makeConsumerProject } from "./built-program.ts";
import { CHECK_NAMES, type Outcomes } from "./program.ts";
import { COMMAND_LINES, RUNTIMES } from "./runtimes.ts";

const outcomes = new Map<string, Outcomes>();
let project: ConsumerProject;
beforeAll(() => {
  project = makeConsumerProject();
});
afterAll(() => {
  project.remove();
  console.log(tableOf(outcomes));
});

/** A line for each check, a column for each runtime. */
function tableOf(seen: ReadonlyMap<string, Outcomes>): string {
  const width = Math.max(...CHECK_NAMES.map(({ length }) => length));
  const cell = (text: string): string => text.padEnd(9);
  const line = (name: string, cells: readonly string[]): string =>
    [name.padEnd(width), ...cells.map(cell)].join("  ").trimEnd();
  const names = RUNTIMES.map(({ name }) => name);
  return [
    line("", names),
    ...CHECK_NAMES.map((check) =>
      line(
        check,
        names.map((name) => (seen.get(name)?.[check] === "passed" ? "passed" : "FAILED")),
      ),
    ),
  ].join("\n");
}

test("there are eight runtimes", () => {
  expect(RUNTIMES.map(({ name }) => name)).toEqual([
    "Node 20",
    "Node 22",
    "Node 24",
    "Node 26",
    "Bun",
    "Deno",
    "workerd",
    "Chromium",
  ]);
});

describe.each(RUNTIMES)("$name", ({ name, run }) => {
  beforeAll(async () => {
    outcomes.set(name, await run(project));
  });

  test.each(CHECK_NAMES)("%s", (check) => {
    expect(outcomes.get(name)?.[check]).toBe("passed");
  });
});

test("Deno says that it may not read the key from the environment, and what to do", async () => {
  const deno = COMMAND_LINES.find(({ name }) => name === "Deno");
  const program = await project.build("test/runtimes/without-key.ts", "external");
  expect(await deno?.execute(project, program)).toMatch(
    /denies reading PAYGENTIC_API_KEY from the environment; in Deno run with --allow-env=PAYGENTIC_API_KEY/,
  );
});

test.each(COMMAND_LINES)("the mock's server runs in $name", async ({ execute }) => {
  const program = await project.build("test/runtimes/own-server.ts", "external");
  expect(await execute(project, program)).toEqual({
    events: 0,
    totalCost: "0.123456789012345678901",
    codes: ["CONNECTION_FAILED", "CONNECTION_FAILED", "TIMEOUT", "CONNECTION_FAILED"],
  });
});
