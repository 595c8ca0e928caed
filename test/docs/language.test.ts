import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { DOCUMENTS, filesIn, root } from "./blocks.ts";
import {
  complaintsAbout,
  PHRASES,
  PHRASES_OF_MESSAGES,
  type Sentence,
  sentencesOf,
  sentencesOfComments,
  sentencesOfMessages,
} from "./language.ts";

const read = (file: string): string => readFileSync(join(root, file), "utf8");
const complaints = (sentences: readonly Sentence[], phrases = PHRASES): string[] =>
  sentences.flatMap((sentence) =>
    complaintsAbout(sentence, phrases).map((complaint) => `line ${sentence.line}: ${complaint}`),
  );

const PAGES = [...DOCUMENTS, "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md"];

describe("prose has short sentences and none of the phrases that we do not use", () => {
  test.each(PAGES)("%s", (file) => {
    expect(complaints(sentencesOf(read(file)))).toEqual([]);
  });

  test.each(filesIn("src", ".ts"))("the doc comments of %s", (file) => {
    expect(complaints(sentencesOfComments(read(file)))).toEqual([]);
  });
});

const complaintsAboutMessages = (source: string): string[] =>
  complaints(sentencesOfMessages(source), [...PHRASES, ...PHRASES_OF_MESSAGES]);

describe("messages are prose of the same kind", () => {
  test.each(filesIn("src", ".ts"))("%s", (file) => {
    expect(complaintsAboutMessages(read(file))).toEqual([]);
  });

  test("and there are many", () => {
    const all = filesIn("src", ".ts").flatMap((file) => sentencesOfMessages(read(file)));
    expect(all.length).toBeGreaterThan(400);
    expect(all.map(({ text }) => text)).toContain("new `code`: the client cannot be made");
  });
});

describe("what the check finds", () => {
  const long = Array.from({ length: 36 }, () => "word").join(" ");

  test("a sentence of more than 35 words, on the line where its paragraph begins", () => {
    const page = `# Title\n\n${long.slice(5)}.\n\nShort. ${long}.\n`;
    expect(complaints(sentencesOf(page))).toEqual([`line 5: 36 words: ${long}.`]);
  });

  test("the phrases, in any case and in cells of tables", () => {
    const page = "| a | b |\n| - | - |\n| Ask what it CAME TO | fine |\n";
    expect(complaints(sentencesOf(page))).toEqual([expect.stringMatching(/^line 3: "CAME TO"/)]);
  });

  test("nothing in code, and one word for each piece of it", () => {
    const page = `Use \`a just b\` here.\n\n\`\`\`ts\n// ${long} just\n\`\`\`\n`;
    expect(complaints(sentencesOf(page))).toEqual([]);
  });

  test("doc comments, each tag by itself", () => {
    const source = `const a = 1;\n/**\n * ${long.slice(60)}.\n *\n * @throws InvalidInputError when ${long.slice(60)}\n */\nexport const b = 1;\n`;
    expect(complaints(sentencesOfComments(source))).toEqual([]);
    expect(complaints(sentencesOfComments(`/** ${long}. */\n`))).toHaveLength(1);
  });

  test("messages, on their lines, with values as words and without what is no prose", () => {
    const source = `
      refuse(\`expected it to stand for \${name}\`);
      throw new InvalidInputError("The text is no number", [{ path, message: "say strict: true" }]);
      const css = "a { b: stands just\\n  here }";
      const sql = "SELECT a, just FROM b WHERE c = 1";
    `;
    expect(complaintsAboutMessages(source).map((text) => text.split(" (write")[0])).toEqual([
      'line 3: "is no"',
      'line 3: "say strict:"',
    ]);
    const message = `expected a function that gives ${long}`;
    expect(complaintsAboutMessages(JSON.stringify(message))).toHaveLength(2);
  });
});
