/** What an import adds to the start of Node: a process each, from its start to its end. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Contestant, Section } from "../section.ts";

const BENCH = fileURLToPath(new URL("../", import.meta.url));
const LIBRARY = new URL("../../dist/index.js", import.meta.url).href;

function importing(name: string, specifier?: string): Contestant {
  const code = specifier === undefined ? "" : `await import(${JSON.stringify(specifier)})`;
  return {
    name,
    isOurs: specifier === LIBRARY,
    needs: specifier === LIBRARY ? undefined : specifier,
    expected: undefined,
    prepare: async () => () => {
      const { status } = spawnSync(process.execPath, ["--input-type=module", "--eval", code], {
        cwd: BENCH,
        stdio: "ignore",
      });
      if (status !== 0) throw new Error(`importing ${name} failed`);
      return { rows: [] };
    },
  };
}

export const importSections: readonly Section[] = [
  {
    name: "import",
    title: "Node started, one import, ended",
    rounds: 25,
    limits: [
      { of: "metered-costs", against: "openai", atMostOfAddedTime: 0.25, over: "Node alone" },
    ],
    contestants: async () => [
      importing("Node alone"),
      importing("metered-costs", LIBRARY),
      importing("openapi-fetch", "openapi-fetch"),
      importing("openai", "openai"),
      importing("stripe", "stripe"),
    ],
  },
];
