import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { DOCUMENTS, filesIn, root } from "./blocks.ts";
import { complaintsAbout, type Sentence, sentencesOf, sentencesOfComments } from "./language.ts";

const read = (file: string): string => readFileSync(join(root, file), "utf8");
const complaints = (sentences: readonly Sentence[]): string[] =>
  sentences.flatMap((sentence) =>
    complaintsAbout(sentence).map((complaint) => `line ${sentence.line}: ${complaint}`),
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
});
