import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type ReleaseFacts, releaseProblems } from "../scripts/release-problems.ts";

const READY: ReleaseFacts = {
  manifest: { version: "1.2.0", repository: "github:owner/name", scripts: { test: "vitest" } },
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
      /names no repository/,
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

describe("the workflow of a release", () => {
  const workflow = readFileSync(
    new URL("../.github/workflows/release.yml", import.meta.url),
    "utf8",
  );

  test("uses actions by their commit alone", () => {
    const used = [...workflow.matchAll(/uses: (\S+)/g)].map(([, action]) => action);
    expect(used.length).toBeGreaterThanOrEqual(2);
    for (const action of used) expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
  });

  test("publishes with provenance, after its checks, and may do nothing else", () => {
    expect(workflow).toMatch(/release:check[\s\S]*npm test[\s\S]*npm publish --provenance/);
    expect(workflow).toMatch(/^permissions: \{\}$/m);
    expect(workflow.match(/^ +\S+: write$/gm)?.map((line) => line.trim())).toEqual([
      "id-token: write",
    ]);
  });
});
