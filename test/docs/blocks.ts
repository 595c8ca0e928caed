import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../", import.meta.url));

/** A fenced block of code. */
export interface Block {
  /** The file it stands in, from the root of the project. */
  readonly file: string;
  /** The line of its fence, from 1. */
  readonly line: number;
  readonly language: string;
  readonly code: string;
  /** What the comment right above it says of it: `<!-- by itself -->` or `<!-- not run -->`. */
  readonly note: string | undefined;
}

const FENCE = /^(?:<!-- ([^\n]*) -->\n)?```([^\n]*)\n(.*?)^```$/gms;

function blocksIn(file: string, text: string): Block[] {
  return [...text.matchAll(FENCE)].map(({ 1: note, 2: language = "", 3: code = "", index }) => {
    const line = text.slice(0, index).split("\n").length + (note === undefined ? 0 : 1);
    return { file, line, language, code, note };
  });
}

export const filesIn = (folder: string, ending: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter(
      (name) => name.endsWith(ending) && !/(?:^|\/)(?:node_modules|reference|dist)\//.test(name),
    )
    .map((name) => `${folder}/${name}`)
    .sort();
const read = (file: string): string => readFileSync(join(root, file), "utf8");

/** The README and every page of `docs`. */
export const DOCUMENTS: readonly string[] = ["README.md", ...filesIn("docs", ".md")];

/** Every block of every document, in their order. */
export const BLOCKS: readonly Block[] = DOCUMENTS.flatMap((file) => blocksIn(file, read(file)));

/** Every block of the doc comments of the sources. */
export const EXAMPLES: readonly Block[] = filesIn("src", ".ts").flatMap((file) =>
  blocksIn(file, read(file).replace(/^[^\S\n]*(?:\/\*)?\*\/? ?/gm, "")),
);

const examples = ["ts", "tsx", "js", "html"].flatMap((ending) =>
  filesIn("examples", `.${ending}`).map(read),
);

/** Whether a block shows a part of a file of `examples`, letter by letter: it is checked and run there. */
export const isShownFromExamples = ({ code }: Block): boolean =>
  examples.some((text) => text.includes(code));
