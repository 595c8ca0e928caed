import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type ReleaseFacts, releaseProblems } from "../scripts/release-problems.ts";

const READY: ReleaseFacts = {
  manifest: {
    version: "1.2.0",
    author: "A. Smith",
    homepage: "https://example.com",
    repository: "github:owner/name",
    bugs: { url: "https://example.com/issues" },
    scripts: { test: "vitest" },
  },
  changelog: "# Changelog\n\n## 1.2.0 - 2026-12-01\n\n- New.\n\n## 1.1.0 - 2026-11-01\n",
  tags: ["v1.0.0", "v1.1.0"],
  changedFiles: [],
  hasBenchResults: true,
  startedBy: undefined,
};

describe("a release", () => {
  test("may go ahead before its tag, and with it", () => {
    expect(releaseProblems(READY)).toEqual([]);
    const tags = [...READY.tags, "v1.2.0"];
    expect(releaseProblems({ ...READY, tags, startedBy: "v1.2.0" })).toEqual([]);
  });

  test.each<[string, Partial<ReleaseFacts>, RegExp]>([
    ["a version without an entry", { changelog: "## 1.1.0 - 2026-11-01\n" }, /^CHANGELOG/],
    ["an entry without a date", { changelog: "## 1.2.0\n" }, /^CHANGELOG/],
    [
      "an entry below another",
      { changelog: "## Unreleased\n\n## 1.2.0 - 2026-12-01\n" },
      /^CHANGELOG/,
    ],
    ["a version that is out", { tags: ["v1.2.0"] }, /raise the version/],
    ["the tag of another version", { startedBy: "v1.3.0" }, /v1\.3\.0 is not the version's/],
    [
      "no results of the bench",
      { hasBenchResults: false },
      /bench\/results\/1\.2\.0\.md is missing/,
    ],
    ["changes", { changedFiles: [" M src/index.ts"] }, /not committed: {2}M src\/index\.ts/],
    [
      "no repository",
      { manifest: { ...READY.manifest, repository: undefined } },
      /has no repository/,
    ],
    [
      "a placeholder",
      { manifest: { ...READY.manifest, bugs: { url: "https://github.com/OWNER/x/issues" } } },
      /placeholder in bugs/,
    ],
    [
      "an install script",
      { manifest: { ...READY.manifest, scripts: { postinstall: "node x.js" } } },
      /called postinstall/,
    ],
    ["no version", { manifest: { ...READY.manifest, version: "next" } }, /next is no version/],
  ])("does not with %s", (_why, changed, problem) => {
    expect(releaseProblems({ ...READY, ...changed })).toContainEqual(
      expect.stringMatching(problem),
    );
  });
});

const WORKFLOWS = new URL("../.github/workflows/", import.meta.url);
const workflowOf = (file: string): string => readFileSync(new URL(file, WORKFLOWS), "utf8");

describe.each(readdirSync(WORKFLOWS))("the workflow %s", (file) => {
  test("uses actions by their commit alone", () => {
    const used = [...workflowOf(file).matchAll(/uses: (\S+)/g)].map(([, action]) => action);
    expect(used.length).toBeGreaterThanOrEqual(2);
    for (const action of used) expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
  });

  test("has no permissions but those of its jobs, and runs the Node of .nvmrc", () => {
    expect(workflowOf(file)).toMatch(/^permissions: \{\}$/m);
    expect(workflowOf(file)).toContain("node-version-file: .nvmrc");
    expect(workflowOf(file)).toMatch(/persist-credentials: false/);
  });
});

test("the workflow of a release publishes with provenance, after its checks, and may do nothing else", () => {
  const workflow = workflowOf("release.yml");
  expect(workflow).toMatch(/release:check[\s\S]*npm test[\s\S]*npm publish --provenance/);
  expect(workflow.match(/^ +\S+: write$/gm)?.map((line) => line.trim())).toEqual([
    "id-token: write",
  ]);
});

test("the workflow of a pull request runs the tests without secrets and writes nothing", () => {
  const workflow = workflowOf("pull-request.yml");
  expect(workflow).toMatch(/^ {2}pull_request:$/m);
  expect(workflow).not.toMatch(/pull_request_target|secrets\.|: write$/m);
  expect(workflow).toMatch(/npm ci[\s\S]*npm test[\s\S]*npm run test:package/);
});

describe("the manifest", () => {
  const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));

  test("has what a registry page shows, with placeholders that a release refuses", () => {
    for (const name of ["description", "license", "author", "homepage", "repository", "bugs"]) {
      expect(manifest[name], name).toBeTruthy();
    }
    expect(manifest.keywords.length).toBeGreaterThanOrEqual(5);
    const problems = releaseProblems({ ...READY, manifest: { ...manifest, version: "1.2.0" } });
    const isFilledIn = !JSON.stringify(manifest).includes("OWNER");
    expect(problems).toHaveLength(isFilledIn ? 0 : 4);
  });

  test("says the same about Node as .nvmrc", () => {
    const version = readFileSync(new URL("../.nvmrc", import.meta.url), "utf8").trim();
    const [least = 0] = /\d+/.exec(manifest.engines.node) ?? [];
    expect(Number(version)).toBeGreaterThanOrEqual(Number(least));
  });
});

test("editors are told of the formatting that biome checks", () => {
  const config = readFileSync(new URL("../.editorconfig", import.meta.url), "utf8");
  const { formatter } = JSON.parse(readFileSync(new URL("../biome.json", import.meta.url), "utf8"));
  const [, everywhere = ""] = /^\[\*\]\n([\s\S]*?)\n\n/m.exec(config) ?? [];
  const settings = Object.fromEntries(everywhere.split("\n").map((line) => line.split(" = ")));
  expect(settings).toMatchObject({
    indent_style: formatter.indentStyle,
    indent_size: String(formatter.indentWidth),
    max_line_length: String(formatter.lineWidth),
    end_of_line: formatter.lineEnding ?? "lf",
    insert_final_newline: "true",
  });
});

test("each entry of the package has a doc comment that names it", () => {
  const { entryPoints } = JSON.parse(
    readFileSync(new URL("../docs/typedoc.json", import.meta.url), "utf8"),
  ) as { entryPoints: string[] };
  const { exports } = JSON.parse(
    readFileSync(new URL("../package.json", import.meta.url), "utf8"),
  ) as { exports: Record<string, unknown> };
  const modules = entryPoints.map((entry) => {
    const source = readFileSync(new URL(entry, new URL("../docs/", import.meta.url)), "utf8");
    return /^\/\*\*\n \* \S[\s\S]*? \* @module (\S+)\n/.exec(source)?.[1];
  });
  const entries = Object.keys(exports)
    .filter((name) => name !== "./package.json")
    .map((name) => name.replace(/^\./, "metered-costs"));
  expect(modules.sort()).toEqual(entries.sort());
});
