/** A log that is shared among worker threads: each summarizes a range of its lines, and the parts are merged. */
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import {
  addNdjson,
  type CostDefinition,
  CostSummarizer,
  type CostSummary,
  type CostSummaryParams,
  type SummarizerState,
} from "metered-costs/summary";
import { piecesOf } from "./file-pieces.ts";

const NEWLINE = 10;

/** What a worker is told: the bytes from `start`, without `end`, are whole lines. */
interface Part {
  readonly path: string;
  readonly start: number;
  readonly end: number;
  readonly cost: CostDefinition;
  readonly query: CostSummaryParams;
}

/** Keys in two parts could not be told apart: the log is known to hold each event once. */
const OPTIONS = { deduplicate: false };

/** Behind the first newline at or after `from`. */
async function behindLine(path: string, from: number, size: number): Promise<number> {
  let at = from;
  for await (const piece of piecesOf(path, { start: from })) {
    const newline = piece.indexOf(NEWLINE);
    if (newline !== -1) return at + newline + 1;
    at += piece.length;
  }
  return size;
}

/** Where the parts of a file begin, and at last its size: about equally far apart, at ends of lines. */
async function bordersOf(path: string, parts: number): Promise<number[]> {
  const file = await open(path);
  const { size } = await file.stat().finally(() => file.close());
  const borders = [0];
  for (let part = 1; part < parts; part++) {
    const wanted = Math.floor((size * part) / parts);
    const last = borders[part - 1] ?? 0;
    borders.push(wanted <= last ? last : await behindLine(path, wanted - 1, size));
  }
  return [...borders, size];
}

async function stateOf({ path, start, end, cost, query }: Part): Promise<SummarizerState> {
  const summarizer = new CostSummarizer(cost, query, OPTIONS);
  await addNdjson(summarizer, piecesOf(path, { start, end }));
  return summarizer.state();
}

function inWorker(part: Part): Promise<SummarizerState> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { summarize: part } });
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", (code) => reject(new Error(`a worker ended with code ${code}`)));
  });
}

/** The summary of a file of NDJSON, computed by so many threads: this one does the first part. */
export async function summarizeFileInParts(
  path: string,
  cost: CostDefinition,
  query: CostSummaryParams,
  { workers }: { readonly workers: number },
): Promise<CostSummary> {
  const borders = await bordersOf(path, workers);
  const parts = Array.from({ length: workers }, (_, at): Part => {
    return { path, start: borders[at] ?? 0, end: borders[at + 1] ?? 0, cost, query };
  });
  const others = parts.slice(1).map(inWorker);
  const states = await Promise.all([...parts.slice(0, 1).map(stateOf), ...others]);
  const whole = new CostSummarizer(cost, query, OPTIONS);
  // In the order of the file: of equal times the LATEST is the one received last.
  for (const state of states) whole.merge(state);
  return whole.summary();
}

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "ndjson-workers-"));
  try {
    const path = join(folder, "usage.ndjson");
    const lines = Array.from({ length: 100_000 }, (_, at) => {
      const timestamp = new Date(Date.UTC(2026, 5, 1) + at * 20_000);
      const data = { tokens: at % 1_000, model: at % 3 === 0 ? "large" : "small" };
      return `${JSON.stringify({ type: "llm.completion", timestamp, data })}\n`;
    });
    await writeFile(path, lines);
    const cost: CostDefinition = {
      unitCost: "0.0000025",
      aggregation: "SUM",
      eventType: "llm.completion",
      valueProperty: "$.tokens",
      groupBy: { model: "$.model" },
    };
    const query = { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z", groupBy: ["model"] };
    const alone = await summarizeFileInParts(path, cost, query, { workers: 1 });
    const shared = await summarizeFileInParts(path, cost, query, { workers: 2 });
    if (JSON.stringify(alone) !== JSON.stringify(shared))
      throw new Error("the parts do not add up");
    console.log(`${shared.totalQuantity} tokens, ${shared.totalCost}`);
    for (const { dimensions, cost } of shared.groups ?? [])
      console.log(dimensions["model"], `${cost}`);
  } finally {
    await rm(folder, { recursive: true });
  }
}

if (!isMainThread && workerData?.summarize !== undefined) {
  parentPort?.postMessage(await stateOf(workerData.summarize));
} else if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main();
}
