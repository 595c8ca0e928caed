import { BLOCKS, type Block, DOCUMENTS, isShownFromExamples } from "./blocks.ts";

/** A program, made of one block or of many. */
export interface Program {
  /** The file, and the line where it begins when it is not the only one. */
  readonly name: string;
  /** Each line stands where it stands in its document. */
  readonly code: string;
  /** What its `console.log`s print, as the comments behind them say, in this order. */
  readonly prints: readonly string[];
  readonly isRun: boolean;
}

const PRINTED = /^\s*console\.log\(.*\); \/\/ (.+)$/gm;

export function programOf(name: string, blocks: readonly Block[]): Program {
  const lines: string[] = [];
  for (const { line, code } of blocks) {
    while (lines.length < line) lines.push("");
    lines.push(...code.trimEnd().split("\n"));
  }
  const code = `${lines.join("\n")}\nexport {};\n`;
  const prints = [...code.matchAll(PRINTED)].map(([, text = ""]) => text);
  return { name, code, prints, isRun: blocks.every(({ note }) => note !== "not run") };
}

const written = BLOCKS.filter(
  (block) => /^(?:ts|js)$/.test(block.language) && !isShownFromExamples(block),
);
const isAlone = ({ note }: Block): boolean => note !== undefined;

/** A document's blocks are one program, read from the top; those that stand by themselves are one each. */
export const PROGRAMS: readonly Program[] = DOCUMENTS.flatMap((document) => {
  const blocks = written.filter(({ file }) => file === document);
  const together = blocks.filter((block) => !isAlone(block));
  return [
    ...(together.length === 0 ? [] : [programOf(document, together)]),
    ...blocks.filter(isAlone).map((block) => programOf(`${block.file}:${block.line}`, [block])),
  ];
});
