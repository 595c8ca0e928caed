import { createRequire } from "node:module";
import { join } from "node:path";
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

const MAX_WORDS = 35;

/** Words and phrases that we do not use, and what to write. */
const PHRASES: readonly (readonly [RegExp, string])[] = [
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

/** What is wrong with a sentence, if anything. */
export function complaintsAbout({ text }: Sentence): string[] {
  const words = text.match(/[\p{L}\p{N}`][^\s]*/gu)?.length ?? 0;
  const found = PHRASES.flatMap(([phrase, instead]) => {
    const match = phrase.exec(text);
    return match === null ? [] : [`"${match[0]}" (write: ${instead}) in: ${text}`];
  });
  return words > MAX_WORDS ? [`${words} words: ${text}`, ...found] : found;
}
