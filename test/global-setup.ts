import type { TestProject } from "vitest/node";
import { type Preparation, prepare } from "../scripts/prepare.ts";
import { consumer, installLibrary, root } from "./package/fixture.ts";

/** What a suite needs besides the packages of the root. */
const NEEDS: Readonly<Record<string, readonly Preparation[]>> = {
  docs: ["test"],
  regexp: ["test"],
  clickhouse: ["test/clickhouse", "gcc"],
  cli: ["dist", "test/runtimes", "zsh", "fish"],
  load: ["dist"],
  kill: ["dist", "better-sqlite3", "test/runtimes"],
  "built for servers": ["dist"],
  "built for browsers": ["dist"],
  package: ["dist", "test/package/consumer", "test/runtimes"],
  runtimes: ["dist", "test/runtimes", "chromium"],
  browser: ["dist", "site", "test/runtimes", "examples", "chromium"],
};

export default function setup({ name }: TestProject): void {
  prepare(NEEDS[name] ?? []);
  if (name === "kill") installLibrary(`${root}test/kill`);
  if (name === "package") installLibrary(consumer);
}
