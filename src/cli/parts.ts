import { closeSync, createReadStream, openSync, readSync } from "node:fs";
import { type EventFile, openEventFile } from "metered-costs/files";
import {
  addNdjson,
  type CostDefinition,
  CostSummarizer,
  type CostSummaryParams,
  type SummarizerState,
} from "metered-costs/summary";

/** What is asked of every part. */
export interface PartsOrder {
  readonly cost: CostDefinition;
  readonly query: CostSummaryParams;
  readonly deduplicate: boolean;
  readonly map?: Readonly<Record<string, string>> | undefined;
  readonly utc?: boolean | undefined;
  /** What time it is for events without a timestamp, in milliseconds since 1970: the same in all parts. */
  readonly now: number;
}

/** A file, or the bytes of it from `start` to before `end`, which are whole lines. */
export interface Part {
  readonly name: string;
  readonly range?: { readonly start: number; readonly end: number };
}

type Keys = NonNullable<SummarizerState["keys"]>;

export interface PartResult {
  /** Without its keys. */
  readonly state: SummarizerState;
  /** A hash of each key; undefined when events are not deduplicated. */
  readonly hashes: Float64Array | undefined;
}

/** What summarizes parts: in this thread or in another one. */
export interface PartRunner {
  /** Keys that earlier parts have are `seeds`: their events are duplicates. */
  summarize(index: number, part: Part, seeds: Keys): Promise<PartResult>;
  /** The keys of a part that was summarized that have one of these hashes. */
  keysWith(index: number, hashes: ReadonlySet<number>): Promise<Keys>;
}

/** How a file is read. */
type Reading = Pick<PartsOrder, "map" | "utc">;

/** Whether the bytes of a file are the lines of events as they are. */
export const areLines = ({ format }: EventFile, { map, utc }: Reading): boolean =>
  format === "ndjson" && map === undefined && utc !== true;

/** Adds the events of a file; `options` are for those that are added straight from its bytes, which are lines. */
export async function addFile(
  summarizer: CostSummarizer,
  file: EventFile,
  reading: Reading,
  options?: Parameters<typeof addNdjson>[2],
): Promise<void> {
  if (areLines(file, reading)) await addNdjson(summarizer, file.bytes(), options);
  else for await (const event of file.events()) summarizer.add(event);
}

/** 53 bits. Equal keys have equal hashes; the keys of equal hashes are compared in full. */
function hashOf(scope: string, key: string): number {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (const text of [scope, key]) {
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      high = Math.imul(high ^ code, 2_654_435_761);
      low = Math.imul(low ^ code, 1_597_334_677);
    }
  }
  high =
    Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909);
  low =
    Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(high ^ (high >>> 13), 3_266_489_909);
  return 4_294_967_296 * (2_097_151 & low) + (high >>> 0);
}

const scopeOf = (namespace: string | null, source: string | null): string =>
  JSON.stringify([namespace, source]);

/** Summarizes parts of logs. It throws for an invalid event: which line that is only one pass over all can say. */
export class PartSummarizer implements PartRunner {
  readonly #order: PartsOrder;
  readonly #summarizers = new Map<number, CostSummarizer>();

  constructor(order: PartsOrder) {
    this.#order = order;
  }

  async summarize(index: number, { name, range }: Part, seeds: Keys): Promise<PartResult> {
    const { cost, query, deduplicate, map, utc, now } = this.#order;
    const summarizer = new CostSummarizer(cost, query, { deduplicate, clock: () => new Date(now) });
    if (seeds.length > 0) summarizer.merge({ ...summarizer.state(), keys: seeds });
    if (range === undefined || range.start < range.end) {
      const source =
        range === undefined
          ? name
          : createReadStream(name, {
              start: range.start,
              end: range.end - 1,
              highWaterMark: 1 << 20,
            });
      const file = await openEventFile(source, { map, utc });
      try {
        await addFile(summarizer, file, { map, utc });
      } finally {
        file.close();
      }
    }
    const { keys, ...state } = summarizer.state();
    if (keys === undefined) return { state, hashes: undefined };
    this.#summarizers.set(index, summarizer);
    const hashes = new Float64Array(keys.reduce((sum, [, , scope]) => sum + scope.length, 0));
    let at = 0;
    for (const [namespace, source, scope] of keys) {
      const text = scopeOf(namespace, source);
      for (const key of scope) hashes[at++] = hashOf(text, key);
    }
    return { state, hashes };
  }

  async keysWith(index: number, hashes: ReadonlySet<number>): Promise<Keys> {
    const keys = this.#summarizers.get(index)?.state().keys ?? [];
    return keys
      .map(([namespace, source, scope]): Keys[number] => {
        const text = scopeOf(namespace, source);
        return [namespace, source, scope.filter((key) => hashes.has(hashOf(text, key)))];
      })
      .filter(([, , scope]) => scope.length > 0);
  }
}

/** The hashes that more than one list has. */
function sharedHashes(lists: readonly Float64Array[]): Set<number> {
  const total = lists.reduce((sum, { length }) => sum + length, 0);
  const mask = 2 ** Math.ceil(Math.log2(2 * total + 1)) - 1;
  // A set of numbers in one piece of memory; 0 is an empty place.
  const table = new Float64Array(mask + 1);
  const shared = new Set<number>();
  for (const list of lists) {
    for (const hash of list) {
      let place = (hash | 0) & mask;
      while (table[place] !== 0 && table[place] !== hash + 1) place = (place + 1) & mask;
      // Two keys of one list may share a hash too; then their texts differ.
      if (table[place] === 0) table[place] = hash + 1;
      else shared.add(hash);
    }
  }
  return shared;
}

/** For each part the keys that an earlier part has, too. */
function repeatedKeys(parts: readonly Keys[]): Keys[] {
  const seen = new Map<string, Set<string>>();
  return parts.map((keys) => {
    const repeated: [string | null, string | null, string[]][] = [];
    for (const [namespace, source, scope] of keys) {
      const text = scopeOf(namespace, source);
      const known = seen.get(text) ?? new Set<string>();
      seen.set(text, known);
      const again = scope.filter((key) => known.has(key));
      if (again.length > 0) repeated.push([namespace, source, again]);
      for (const key of scope) known.add(key);
    }
    return repeated;
  });
}

/**
 * The summary of all parts, in their order, as one pass over them gives it, duplicates across parts included: of an
 * event that is in several parts, the first counts. Parts that repeat keys of earlier ones are summarized a second time,
 * without these events.
 */
export async function summarizeParts(
  parts: readonly Part[],
  { cost, query, now }: PartsOrder,
  runners: readonly PartRunner[],
  onPart: (part: Part) => void,
): Promise<CostSummarizer> {
  const owners: PartRunner[] = [];
  const results: PartResult[] = [];
  let next = 0;
  await Promise.all(
    runners.map(async (runner) => {
      for (let at = next++; at < parts.length; at = next++) {
        owners[at] = runner;
        const part = parts[at] as Part;
        results[at] = await runner.summarize(at, part, []);
        onPart(part);
      }
    }),
  );
  const shared = sharedHashes(results.map(({ hashes }) => hashes ?? new Float64Array()));
  if (shared.size > 0) {
    const keys = await Promise.all(owners.map((owner, at) => owner.keysWith(at, shared)));
    await Promise.all(
      repeatedKeys(keys).map(async (seeds, at) => {
        if (seeds.length === 0) return;
        results[at] = await (owners[at] as PartRunner).summarize(at, parts[at] as Part, seeds);
      }),
    );
  }
  const whole = new CostSummarizer(cost, query, {
    deduplicate: false,
    clock: () => new Date(now),
  });
  for (const { state } of results) whole.merge(state);
  return whole;
}

const NEWLINE = 10;

/** Behind the first newline at or after `from`. */
function behindLine(file: number, from: number, size: number): number {
  const piece = Buffer.alloc(1 << 16);
  for (let at = from; at < size; ) {
    const length = readSync(file, piece, 0, piece.length, at);
    if (length === 0) break;
    const newline = piece.subarray(0, length).indexOf(NEWLINE);
    if (newline !== -1) return at + newline + 1;
    at += length;
  }
  return size;
}

/** An uncompressed file of lines as parts of about so many bytes each. */
export function splitLines(name: string, size: number, partSize: number): Part[] {
  const file = openSync(name, "r");
  try {
    const parts: Part[] = [];
    for (let start = 0; start < size; ) {
      const end = start + partSize >= size ? size : behindLine(file, start + partSize - 1, size);
      parts.push({ name, range: { start, end } });
      start = end;
    }
    return parts;
  } finally {
    closeSync(file);
  }
}
