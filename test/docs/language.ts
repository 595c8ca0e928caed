import { createRequire } from "node:module";
import { join } from "node:path";
import ts from "typescript";
import { root } from "./blocks.ts";

// The parsers are among the tools of the suites, which have a folder of packages of their own.
const tools = createRequire(join(root, "test/package.json"));
const MarkdownIt: new (options: {
  html: boolean;
}) => {
  parse(text: string, environment: object): readonly Token[];
} = tools("markdown-it");
const { split }: { split(text: string): readonly { type: string; raw: string }[] } =
  tools("sentence-splitter");

interface Token {
  readonly type: string;
  readonly content: string;
  readonly map: readonly [number, number] | null;
  readonly children: readonly Token[] | null;
}

/** A sentence of prose, with the line where its paragraph begins, from 1. */
export interface Sentence {
  readonly line: number;
  readonly text: string;
}

const markdown = new MarkdownIt({ html: true });

/** The words of a paragraph: each piece of code is one word, links are their texts. */
function proseOf({ type, content, children }: Token): string {
  if (type === "code_inline") return "`code`";
  if (type === "softbreak" || type === "hardbreak") return " ";
  if (type === "text") return content;
  return children?.map(proseOf).join("") ?? "";
}

/** The sentences of a Markdown text, without its blocks of code. A cell of a table and an item of a list count by themselves. */
export function sentencesOf(text: string): Sentence[] {
  let line = 1;
  return markdown.parse(text, {}).flatMap((token) => {
    if (token.map !== null) line = token.map[0] + 1;
    if (token.type !== "inline") return [];
    return split(proseOf(token))
      .filter(({ type }) => type === "Sentence")
      .map(({ raw }) => ({ line, text: raw.trim() }));
  });
}

const COMMENT = /^[^\S\n]*\/\*\*(.*?)\*\//gms;
const TAG = /^[^\S\n]*@(\w+)(?:[^\S\n]+\{[^}]*\})?/gm;

/** The sentences of the doc comments of a TypeScript file. Each tag begins a paragraph. */
export function sentencesOfComments(source: string): Sentence[] {
  return [...source.matchAll(COMMENT)].flatMap(({ 1: comment = "", index }) => {
    const first = source.slice(0, index).split("\n").length;
    const text = comment
      .replace(/^[^\S\n]*\*[^\S\n]?/gm, "")
      .replace(/\{@link(?:code)? [^}]*\}/g, "`link`")
      .replace(TAG, "\n");
    return sentencesOf(text).map((sentence) => ({ ...sentence, line: first + sentence.line - 1 }));
  });
}

/** A text of code: what a template inserts is one word. */
function textOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return undefined;
  return (
    node.head.text + node.templateSpans.map(({ literal }) => `\`code\`${literal.text}`).join("")
  );
}

/**
 * The messages of a TypeScript file: of errors, of the command line and of reconciliations. They are its texts of three
 * words and more on one line, so that neither names nor SQL, CSS or scripts of a shell are among them.
 */
export function sentencesOfMessages(source: string): Sentence[] {
  const file = ts.createSourceFile("messages.ts", source, ts.ScriptTarget.Latest);
  const sentences: Sentence[] = [];
  const visit = (node: ts.Node): void => {
    const text = textOf(node);
    if (
      text !== undefined &&
      /^[^\n]*\p{Ll} \p{Ll}[^\n]*$/u.test(text) &&
      text.split(" ").length > 2
    ) {
      const line = file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;
      // Nothing in a message is Markdown but the values.
      const escaped = text.replace(/[\\*_[\]<>#|~]/g, "\\$&");
      sentences.push(...sentencesOf(escaped).map(({ text }) => ({ line, text })));
    }
    node.forEachChild(visit);
  };
  visit(file);
  return sentences;
}

const MAX_WORDS = 35;

/** Words and phrases that we do not use, and what to write. */
export const PHRASES: readonly (readonly [RegExp, string])[] = [
  [/\bhears? of\b/i, "is called with, receives"],
  [/\b(?:came|comes?) to\b/i, "cost, costs, is"],
  [/\bof (?:no|any) use\b/i, "say what is wrong with it"],
  [/\b(?:has|have) (?:its|their) end\b/i, "ends"],
  [/\b(?:tell|tells|telling|told) (?:\w+ )?errors apart\b/i, "handle errors by code"],
  [/\b(?:is|are) another\b/i, "differs"],
  [/\bnobody (?:listens|awaits|hears)\b/i, "name the actor"],
  [/\bstands?\b(?! for\b)/i, "is"],
  [/\bthat (?:is|are|was|were) none\b/i, "say what it is: an unparsable timestamp"],
  [/\b(?:knows|looks at)\b/i, "say what it does"],
  [/(?<!\bPaygentic |["“])\bsandbox\b/i, "mock server for ours, Paygentic sandbox for theirs"],
  [/\b(?:simply|just|easy|easily|obviously)\b|\bof course\b/i, "leave it out"],
];

/** What a message does not use either, because another word is used for it in all others. */
export const PHRASES_OF_MESSAGES: typeof PHRASES = [
  [/(?<!\bthere )\b(?:is|are) (?:no|none)\b/i, "is not a"],
  [/\bof (?:ours|theirs|yours)\b/i, "name it"],
  [/\bthe answer\b/i, "the response"],
  [/\b(?:function|iterator|it) (?:that |to )?gives?\b/i, "returns"],
  [/\b(?:give|say) (?:--|either|\w+:|in )/i, "pass, set"],
];

/** What is wrong with a sentence, if anything. */
export function complaintsAbout({ text }: Sentence, phrases: typeof PHRASES = PHRASES): string[] {
  const words = text.match(/[\p{L}\p{N}`][^\s]*/gu)?.length ?? 0;
  const found = phrases.flatMap(([phrase, instead]) => {
    const match = phrase.exec(text);
    return match === null ? [] : [`"${match[0]}" (write: ${instead}) in: ${text}`];
  });
  return words > MAX_WORDS ? [`${words} words: ${text}`, ...found] : found;
}
