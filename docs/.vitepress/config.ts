import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const docs = fileURLToPath(new URL("../", import.meta.url));
const root = join(docs, "../");
// The generator is among the tools of the suites, which have a folder of packages of their own.
const tools = pathToFileURL(join(root, "test/node_modules/"));
const { default: llms } = await import(new URL("vitepress-plugin-llms/dist/index.js", tools).href);

const { repository } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const repositoryUrl = String(repository?.url ?? "https://github.com/OWNER/metered-costs").replace(
  /^git\+|\.git$/g,
  "",
);

/** The guides in the order in which a user needs them. */
const GUIDES = {
  Start: ["getting-started", "model-your-costs", "track-what-your-ai-product-costs"],
  "Send and query": ["sending-events", "query-costs"],
  "Check a bill": [
    "local-summary",
    "command-line",
    "command-line-reference",
    "when-the-numbers-differ",
  ],
  "Run in production": ["errors-and-retries", "operate-the-client"],
  "Test without the network": ["testing-with-msw", "testing-without-msw", "testing-any-language"],
  Deploy: ["browsers", "edge-workers", "beyond-one-machine"],
  More: [
    "money-and-precision",
    "versioned-costs",
    "migrate-from-the-official-sdk",
    "validate-with-our-schemas",
  ],
};

const titleOf = (page: string): string =>
  /^# (.+)$/m.exec(readFileSync(join(docs, page), "utf8"))?.[1] ?? page;
const items = (pages: readonly string[]) =>
  pages.map((page) => ({ text: titleOf(page), link: `/${page}` }));

const reference = join(docs, "reference/typedoc-sidebar.json");

export default {
  title: "metered-costs",
  description:
    "A TypeScript SDK for Paygentic's metered costs, and the local half that checks the bill.",
  srcExclude: ["reference/README.md"],
  cleanUrls: false,
  lastUpdated: false,
  markdown: {
    theme: { light: "github-light", dark: "github-dark" },
    config(markdown: {
      core: { ruler: { push(name: string, rule: (state: State) => void): void } };
    }) {
      markdown.core.ruler.push("links-to-the-repository", linkToTheRepository);
    },
  },
  vite: { plugins: [llms({ ignoreFiles: ["decisions/*", "mutation.md"] })] },
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    nav: [
      { text: "Guides", link: "/guides/getting-started" },
      { text: "Reference", link: "/reference/" },
      { text: "Decisions", link: "/decisions/0001-dependencies" },
    ],
    sidebar: {
      "/guides/": Object.entries(GUIDES).map(([text, pages]) => ({
        text,
        items: items(pages.map((page) => `guides/${page}.md`)),
      })),
      "/decisions/": [
        {
          text: "Decisions",
          items: items(
            readdirSync(join(docs, "decisions"))
              .sort()
              .map((file) => `decisions/${file}`),
          ),
        },
      ],
      "/reference/": existsSync(reference) ? JSON.parse(readFileSync(reference, "utf8")) : [],
    },
    socialLinks: [{ icon: "github", link: repositoryUrl }],
  },
};

interface MarkdownToken {
  readonly type: string;
  readonly children: readonly MarkdownToken[] | null;
  attrGet(name: string): string | null;
  attrSet(name: string, value: string): void;
}
interface State {
  readonly tokens: readonly MarkdownToken[];
  readonly env: { readonly relativePath?: string };
}

/** A link that leaves `docs` leads to the file in the repository. */
function linkToTheRepository({ tokens, env }: State): void {
  const folder = dirname(join(docs, env.relativePath ?? ""));
  const links = tokens
    .flatMap(({ children }) => children ?? [])
    .filter(({ type }) => type === "link_open");
  for (const link of links) {
    const href = link.attrGet("href") ?? "";
    if (!href.startsWith("../")) continue;
    const path = relative(root, join(folder, href));
    if (!path.startsWith("docs/")) link.attrSet("href", `${repositoryUrl}/blob/main/${path}`);
  }
}
