import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../", import.meta.url));
const textOf = (file: string): string => readFileSync(`${root}${file}`, "utf8");
const manifest = JSON.parse(textOf("package.json"));
const decisions = readdirSync(`${root}docs/decisions`)
  .map((file) => textOf(`docs/decisions/${file}`))
  .join("\n");
/** Folders with packages of their own. */
const packages = execFileSync("git", ["ls-files", "package.json", "*/package.json"], {
  cwd: root,
  encoding: "utf8",
})
  .trim()
  .split("\n")
  .map((file) => file.replace(/package\.json$/, ""));

describe("what is published", () => {
  test("runs nothing when it is installed", () => {
    const atInstall = [
      "preinstall",
      "install",
      "postinstall",
      "prepare",
      "preprepare",
      "postprepare",
    ];
    expect(Object.keys(manifest.scripts).filter((name) => atInstall.includes(name))).toEqual([]);
    expect(existsSync(`${root}binding.gyp`)).toBe(false);
  });

  test("has three dependencies, and three peers that may be absent", () => {
    expect(Object.keys(manifest.dependencies)).toEqual(["decimal.js", "openapi-fetch", "zod"]);
    expect(Object.keys(manifest.peerDependencies).sort()).toEqual(["ai", "better-sqlite3", "msw"]);
    expect(manifest.peerDependenciesMeta).toEqual({
      ai: { optional: true },
      "better-sqlite3": { optional: true },
      msw: { optional: true },
    });
    expect(manifest.optionalDependencies).toBeUndefined();
    expect(manifest.bundleDependencies).toBeUndefined();
  });

  test.each(["decimal.js", "openapi-fetch", "ai", "better-sqlite3", "msw"])(
    "says why it has %s",
    (name) => {
      expect(decisions).toContain(`**${name}`);
    },
  );

  test("is built from scripts that run no other package's while it is packed", () => {
    expect(manifest.scripts.prepack).toBe("npm run build");
  });
});

test("each folder with packages of its own is named in CONTRIBUTING.md, with the reason", () => {
  const contributing = textOf("CONTRIBUTING.md");
  const reasonOf = (folder: string): string | undefined =>
    contributing.split("\n").find((line) => line.startsWith(`| \`${folder}package.json\` `));
  expect(packages.filter((folder) => reasonOf(folder) === undefined)).toEqual([]);
});

describe.each(packages)("the lock of %s", (folder) => {
  const { packages: locked } = JSON.parse(textOf(`${folder}package-lock.json`)) as {
    packages: Record<
      string,
      { resolved?: string; integrity?: string; link?: boolean; optional?: boolean }
    >;
  };
  // What is for another platform and was not at the registry is pinned by its version alone.
  const installed = Object.entries(locked).filter(
    ([path, { optional, integrity, resolved }]) =>
      path !== "" && !(optional === true && integrity === undefined && resolved === undefined),
  );

  test("has a fingerprint of everything, and nothing from anywhere but the registry", () => {
    expect(installed.length).toBeGreaterThan(0);
    for (const [path, { resolved = "https://registry.npmjs.org/", integrity, link }] of installed) {
      expect([path, link]).toEqual([path, undefined]);
      expect([path, integrity]).toEqual([path, expect.stringMatching(/^sha512-/)]);
      expect([path, resolved]).toEqual([
        path,
        expect.stringMatching(/^https:\/\/registry\.npmjs\.org\//),
      ]);
    }
  });
});
