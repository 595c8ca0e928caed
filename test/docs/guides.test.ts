import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, test } from "vitest";
import site from "../../docs/.vitepress/config.ts";
import { DOCUMENTS, filesIn, root } from "./blocks.ts";

const PAGES = [...DOCUMENTS, "CONTRIBUTING.md", "ARCHITECTURE.md", "CHANGELOG.md", "SECURITY.md"];
const read = (file: string): string => readFileSync(join(root, file), "utf8");

interface Link {
  readonly text: string;
  readonly file: string;
  readonly anchor: string;
}

/** The links of a page to files of the project, without its blocks of code. */
function linksIn(page: string): Link[] {
  const prose = read(page).replace(/^```.*?^```$/gms, "");
  return [...prose.matchAll(/(?<!!)\[([^\]]+)\]\((?!https?:)([^)#]*)#?([^)]*)\)/g)].map(
    ([, text = "", path = "", anchor = ""]) => ({
      text: text.replace(/\s+/g, " "),
      file: path === "" ? page : normalize(join(dirname(page), path)),
      anchor,
    }),
  );
}

/** The anchor of a heading, as GitHub makes it. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replace(/\s/g, "-");

/** The text of each section of a page by its anchor: up to the next heading of the same level or a higher one. */
function sectionsOf(page: string): Map<string, string> {
  const sections = new Map<string, string>();
  const open: { level: number; anchor: string }[] = [];
  let isCode = false;
  for (const line of read(page).split("\n")) {
    if (line.startsWith("```")) isCode = !isCode;
    const [, marks, heading] = (!isCode && /^(#+) (.+)$/.exec(line)) || [];
    if (marks !== undefined && heading !== undefined) {
      while ((open.at(-1)?.level ?? 0) >= marks.length) open.pop();
      open.push({ level: marks.length, anchor: anchorOf(heading) });
      sections.set(anchorOf(heading), "");
    }
    for (const { anchor } of open) sections.set(anchor, `${sections.get(anchor)}${line}\n`);
  }
  return sections;
}

test.each(PAGES)("each anchor that %s links to is a heading", (page) => {
  const broken = linksIn(page).filter(
    ({ file, anchor }) => anchor !== "" && file.endsWith(".md") && !sectionsOf(file).has(anchor),
  );
  expect(broken).toEqual([]);
});

describe("the guides", () => {
  const inSite = site.themeConfig.sidebar["/guides/"].flatMap(({ items }) =>
    items.map(({ link }) => `docs${link}`),
  );

  test("are all on the site", () => {
    expect([...inSite].sort()).toEqual(filesIn("docs/guides", ".md"));
  });

  test("are in the README, in the order of the site", () => {
    const [, list = ""] = /^## Guides\n([\s\S]*)/m.exec(read("README.md")) ?? [];
    const named = [...list.matchAll(/\]\((docs\/guides\/[\w-]+\.md)\)/g)].map(([, file]) => file);
    expect(named).toEqual(inSite);
  });

  test("come in the order in which a user needs them", () => {
    const order = [
      "getting-started",
      "model-your-costs",
      "sending-events",
      "query-costs",
      "local-summary",
      "command-line",
      "when-the-numbers-differ",
      "errors-and-retries",
      "operate-the-client",
      "testing-with-msw",
      "testing-any-language",
      "browsers",
      "edge-workers",
      "beyond-one-machine",
      "money-and-precision",
      "versioned-costs",
      "migrate-from-the-official-sdk",
    ].map((name) => `docs/guides/${name}.md`);
    expect(inSite.filter((file) => order.includes(file))).toEqual(order);
  });
});

test("the first guide says how to install with each package manager and what each runtime needs", () => {
  const section = sectionsOf("docs/guides/getting-started.md").get("install") ?? "";
  for (const line of [
    "npm install metered-costs",
    "pnpm add metered-costs",
    "yarn add metered-costs",
    "bun add metered-costs",
    "deno add npm:metered-costs",
  ]) {
    expect(section.split("\n")).toContain(line);
  }
  for (const runtime of ["Node", "Bun", "Deno", "Workers", "Browsers"]) {
    expect(section).toMatch(new RegExp(`^- \\*\\*[^*]*${runtime}`, "m"));
  }
  const { engines } = JSON.parse(read("package.json"));
  expect(section).toContain(`Node ${engines.node.replace(">=", "")} or later`);
});

describe("a reader of the README finds within two clicks", () => {
  const QUESTIONS: Readonly<
    Record<string, { readonly link: RegExp; readonly answer: readonly (string | RegExp)[] }>
  > = {
    "how to price cached tokens": {
      link: /cached tokens/,
      answer: ["a cost of their own", 'valueProperty: "$.tokens.cached"', /console\.log\(.*cached/],
    },
    "how to see retries": {
      link: /see each retry/,
      answer: [
        "`onAttempt` is called after each attempt",
        '`"retry"`',
        /onAttempt: \(.*\n.*next\.action === "retry"/,
      ],
    },
    "how to check a bill from a CSV": {
      link: /check a bill from a CSV/,
      answer: ["june.csv", "npx metered-costs reconcile", "EXPLAINED"],
    },
    "how to test without the network": {
      link: /^Test with msw/,
      answer: ["setupServer(...paygenticHandlers(", "expect(mock.events)"],
    },
    "what happens when the process dies": {
      link: /when the process dies/,
      answer: ["SIGKILL", "sqliteStore({ path:", "The next process that opens the file sends"],
    },
  };

  test.each(Object.entries(QUESTIONS))("%s", (_, { link, answer }) => {
    const found = linksIn("README.md").filter(({ text }) => link.test(text));
    expect(found).toHaveLength(1);
    const [{ file, anchor } = { file: "", anchor: "" }] = found;
    const section = anchor === "" ? read(file) : sectionsOf(file).get(anchor);
    for (const part of answer) expect(section).toMatch(part);
  });
});
