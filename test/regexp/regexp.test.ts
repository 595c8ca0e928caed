import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { checkSync } from "recheck";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { Redaction } from "../../src/http/redaction.ts";

// The checker in JavaScript: no process of Java's, no program of a platform's.
process.env["RECHECK_BACKEND"] = "pure";

const source = fileURLToPath(new URL("../../src/", import.meta.url));

interface Found {
  readonly place: string;
  readonly source: string;
  readonly flags: string;
}

/** What tells the end of a word from its inside: one character, which the checker does not take. */
const AROUND_WORDS = /\(\?<?![^)]*\)/g;

/** Regular expressions that are put together when the program runs: each with what stands for them here. */
const MADE: Readonly<Record<string, Pick<Found, "source" | "flags">[]>> = {
  // Each character of a secret has the same pattern, whose spellings are all that could be mixed up.
  'http/redaction.ts: new RegExp(spellings.join("|"), "giu")': ["s", "/", "&", "\\", "aa"].map(
    (secret) => ({ source: patternOfSecret(secret).replace(AROUND_WORDS, ""), flags: "giu" }),
  ),
  "msw/handlers.ts: new RegExp(`^${base}`)": [
    { source: "^https://api\\.(?:sandbox\\.)?paygentic\\.io", flags: "" },
    { source: "^https?://[^/]+/api", flags: "" },
  ],
  "msw/handlers.ts: new RegExp(`^${own}/?$`)": [
    { source: "^https://api\\.(?:sandbox\\.)?paygentic\\.io/?$", flags: "" },
    { source: "^https://api\\.kontorion\\.eu/v1/?$", flags: "" },
  ],
  // A pattern of the price list itself, for the names of models.
  'ai/price-lists.ts: new RegExp(value, "i")': [],
  "msw/handlers.ts: new RegExp(`^${base}${patternOfPath(path)}$`)": [
    { source: "^https://api\\.kontorion\\.eu/v1/catalog\\.v2/[^/]+$", flags: "" },
    { source: "^https?://[^/]+/api/v0/costs/[^/]+/summary$", flags: "" },
    { source: "^https://api\\.kontorion\\.eu/v1/products/[^/]+/costs/[^/]+$", flags: "" },
    { source: "^https://api\\.(?:sandbox\\.)?paygentic\\.io/v0/costs/[^/]+$", flags: "" },
  ],
};

/** What `Redaction` makes of a secret; asked of the class itself. */
function patternOfSecret(secret: string): string {
  let made = "";
  const Original = globalThis.RegExp;
  globalThis.RegExp = class extends Original {
    constructor(pattern: string | RegExp, flags?: string) {
      super(pattern, flags);
      made = this.source;
    }
  } as RegExpConstructor;
  try {
    new Redaction([secret]).text("text");
  } finally {
    globalThis.RegExp = Original;
  }
  return made;
}

/** Every regular expression of a file: those written out, and those made from text. */
function regexpsOf(file: string): { written: Found[]; made: string[] } {
  const text = readFileSync(join(source, file), "utf8");
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const written: Found[] = [];
  const made: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf("/");
      const line = tree.getLineAndCharacterOfPosition(node.getStart()).line + 1;
      written.push({
        place: `${file}:${line} ${node.text}`,
        source: node.text.slice(1, end),
        flags: node.text.slice(end + 1),
      });
    }
    const isMade =
      (ts.isNewExpression(node) || ts.isCallExpression(node)) &&
      node.expression.getText() === "RegExp";
    if (isMade) made.push(`${file}: ${node.getText()}`);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return { written, made };
}

const files = readdirSync(source, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .sort();
const all = files.map(regexpsOf);
const written = all.flatMap((each) => each.written);
const made = all.flatMap((each) => each.made).sort();

/** By the checker that proves, not by the one that tries. */
const judge = (pattern: string, flags: string): string => {
  const found = checkSync(pattern, flags, { checker: "automaton", timeout: 100_000 });
  return `${found.status}, ${found.status === "unknown" ? found.error.kind : found.complexity.type}`;
};

describe("no regular expression backtracks", () => {
  test.each(written)("$place", ({ source, flags }) => {
    expect(judge(source, flags)).toMatch(/^safe, (?:safe|linear)$/);
  });

  test.each(
    Object.entries(MADE).flatMap(([place, each]) => each.map((one) => ({ place, ...one }))),
  )("$place as $source", ({ source, flags }) => {
    expect(judge(source, flags)).toMatch(/^safe, (?:safe|linear)$/);
  });

  test("those made from text are all known here", () => {
    expect(made).toEqual(Object.keys(MADE).sort());
  });

  test("the search finds them, and the checker tells", () => {
    expect(written.length).toBeGreaterThan(20);
    expect(judge("^(a+)+$", "")).toBe("vulnerable, exponential");
    expect(judge("\\/+$", "")).toBe("vulnerable, polynomial");
  });
});
