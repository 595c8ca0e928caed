import {
  addNdjson,
  type CostEvent,
  CostSummarizer,
  InvalidEventError,
  type Issue,
  type NdjsonSource,
} from "metered-costs/summary";
import { parseJson } from "../../src/values/lossless-json.ts";
import { plainJson } from "../summary/events.ts";
import type { Work } from "./random-lines.ts";

/** What of an error a caller sees. */
function told({ index, line, key, issues, message }: InvalidEventError) {
  return { index, line, key, issues, message };
}

/** All that a summary of lines says: the summary, the counts, the keys, and every error. */
export type Outcome = ReturnType<typeof outcomeOf>;

function outcomeOf(summarizer: CostSummarizer, errors: readonly ReturnType<typeof told>[]) {
  const { keys } = summarizer.state();
  return { summary: plainJson(summarizer.summary()), counts: summarizer.events, keys, errors };
}

/** By the scanner. */
export async function scanned(
  { cost, query, options }: Work,
  source: NdjsonSource,
): Promise<Outcome> {
  const errors: ReturnType<typeof told>[] = [];
  const onInvalidEvent = (error: InvalidEventError): void => void errors.push(told(error));
  const summarizer = new CostSummarizer(cost, query, { ...options, onInvalidEvent });
  await addNdjson(summarizer, source);
  return outcomeOf(summarizer, errors);
}

/** The event of a line, or what is wrong with it; undefined for a blank one. */
export function eventOfLine(
  bytes: Uint8Array,
): { readonly event: unknown } | { readonly problem: string } | undefined {
  if (bytes.every((byte) => [9, 13, 32].includes(byte))) return undefined;
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return { problem: "expected a line of UTF-8" };
  }
  try {
    return { event: parseJson(text) };
  } catch (error) {
    return { problem: `expected a line of JSON: ${(error as Error).message}` };
  }
}

/** The lines of a log, without its leading byte-order mark. */
export function linesOf(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  let from = bytes.subarray(0, 3).equals(Buffer.of(0xef, 0xbb, 0xbf)) ? 3 : 0;
  for (let at = bytes.indexOf(10, from); at !== -1; at = bytes.indexOf(10, from)) {
    lines.push(bytes.subarray(from, at));
    from = at + 1;
  }
  return [...lines, bytes.subarray(from)];
}

/** By the parser, line by line: the reference. */
export function parsed({ cost, query, options }: Work, bytes: Buffer): Outcome {
  const errors: ReturnType<typeof told>[] = [];
  let line = 0;
  let issues: readonly Issue[] | undefined;
  const onInvalidEvent = (error: InvalidEventError): void =>
    void errors.push(
      told(
        new InvalidEventError({
          index: error.index,
          line,
          key: error.key,
          issues: issues ?? error.issues,
        }),
      ),
    );
  const summarizer = new CostSummarizer(cost, query, { ...options, onInvalidEvent });
  for (const each of linesOf(bytes)) {
    line++;
    const read = eventOfLine(each);
    if (read === undefined) continue;
    issues = "problem" in read ? [{ path: [], message: read.problem }] : undefined;
    summarizer.add(("event" in read ? read.event : undefined) as CostEvent);
  }
  return outcomeOf(summarizer, errors);
}
