import { defineConfig, mergeConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { fromSource } from "../../vitest.config.ts";

const tests = process.env["MUTATION_TESTS"]?.split(",") ?? [];
const placeOf = ({ moduleId }: TestSpecification): number =>
  tests.findIndex((file) => moduleId.endsWith(file));

/** Runs files in the order that `parts.json` lists them. Vitest itself would begin with the slowest. */
class InGivenOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.sort((a, b) => placeOf(a) - placeOf(b));
  }
}

/** The tests that `run.mjs` names for the part whose code is changed. Stryker runs every project of a configuration, so it has its own. */
export default mergeConfig(
  { resolve: { alias: fromSource } },
  defineConfig({
    test: {
      name: "mutation",
      include: tests,
      setupFiles: ["test/runs-by-default.ts"],
      sequence: { sequencer: InGivenOrder },
      // A change that lets a call wait for ever ends its test here, before Stryker has to start over.
      testTimeout: 30_000,
    },
  }),
);
