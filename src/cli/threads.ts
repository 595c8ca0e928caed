import { statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { openEventFile } from "metered-costs/files";
import type { CostSummarizer } from "metered-costs/summary";
import {
  type Part,
  type PartResult,
  type PartRunner,
  type PartsOrder,
  splitLines,
  summarizeParts,
} from "./parts.ts";

type Keys = Awaited<ReturnType<PartRunner["keysWith"]>>;

/** What a worker is asked. */
export type WorkerCall = { readonly id: number } & (
  | { readonly method: "summarize"; readonly args: Parameters<PartRunner["summarize"]> }
  | { readonly method: "keysWith"; readonly args: Parameters<PartRunner["keysWith"]> }
);
export type WorkerReply = { readonly id: number } & (
  | { readonly result: PartResult | Keys }
  | { readonly problem: string }
);

/** Less than so many bytes are read sooner than other threads have started. */
const MIN_BYTES = 64e6;
/** How many times larger a compressed log is as text, about. */
const COMPRESSED = 8;
/** So many parts for each thread: none waits long for the last. */
const PARTS_PER_THREAD = 4;

/** A file or an event of a part is not valid. */
class PartProblem extends Error {}

/** Summarizes parts in a thread of its own. */
class WorkerRunner implements PartRunner {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, PromiseWithResolvers>();
  #calls = 0;

  constructor(order: PartsOrder) {
    this.#worker = new Worker(new URL("./cli-worker.js", import.meta.url), { workerData: order });
    this.#worker.on("message", (reply: WorkerReply) => {
      const { resolve, reject } = this.#waiting.get(reply.id) as PromiseWithResolvers;
      this.#waiting.delete(reply.id);
      if ("result" in reply) resolve(reply.result);
      else reject(new PartProblem(reply.problem));
    });
    const fail = (error: Error): void => {
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    };
    this.#worker.on("error", fail);
    this.#worker.on("exit", (code) => fail(new Error(`a thread ended with code ${code}`)));
  }

  summarize(...args: Parameters<PartRunner["summarize"]>): Promise<PartResult> {
    return this.#call({ method: "summarize", args }) as Promise<PartResult>;
  }

  keysWith(...args: Parameters<PartRunner["keysWith"]>): Promise<Keys> {
    return this.#call({ method: "keysWith", args }) as Promise<Keys>;
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #call(call: Pick<WorkerCall, "method" | "args">): Promise<unknown> {
    const id = this.#calls++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, ...call });
    });
  }
}

interface PromiseWithResolvers {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** The files as parts for so many threads; undefined where they are not worth it, or cannot be read twice. */
async function partsOf(
  names: readonly string[],
  threads: number,
  minBytes: number,
): Promise<Part[] | undefined> {
  const stats = names.map((name) =>
    name === "-" ? undefined : statSync(name, { throwIfNoEntry: false }),
  );
  if (stats.some((stat) => stat?.isFile() !== true)) return undefined;
  // Not worth it even if all are compressed: then none is opened only to be opened again.
  const most = stats.reduce((sum, stat) => sum + (stat?.size ?? 0) * COMPRESSED, 0);
  if (most < minBytes) return undefined;
  const files: { name: string; bytes: number; size: number; isSplit: boolean }[] = [];
  for (const name of names) {
    const { format, compression, size = 0, close } = await openEventFile(name);
    close();
    const isSplit = format === "ndjson" && compression === undefined;
    files.push({
      name,
      size,
      isSplit,
      bytes: compression === undefined ? size : size * COMPRESSED,
    });
  }
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  if (total < minBytes) return undefined;
  const partSize = Math.max(1, Math.ceil(total / (threads * PARTS_PER_THREAD)));
  const parts = files.flatMap(({ name, size, isSplit }) =>
    isSplit ? splitLines(name, size, partSize) : [{ name }],
  );
  return parts.length > 1 ? parts : undefined;
}

/**
 * Summarizes files in several threads; `wanted` is how many, else as many as the machine has cores, where the files are
 * large. Undefined where one pass is to do it: for small files, standard input, and when something is wrong with a file
 * or an event, since one pass can say on which line.
 */
export async function summarizeInThreads(
  names: readonly string[],
  order: PartsOrder,
  wanted: number | undefined,
  onPart: (done: number) => void,
): Promise<CostSummarizer | undefined> {
  const threads = wanted ?? availableParallelism();
  if (threads < 2) return undefined;
  const parts = await partsOf(names, threads, wanted === undefined ? MIN_BYTES : 0).catch(
    () => undefined,
  );
  if (parts === undefined) return undefined;
  const count = Math.min(threads, parts.length);
  const runners = Array.from({ length: count }, () => new WorkerRunner(order));
  let done = 0;
  try {
    return await summarizeParts(parts, order, runners, () => onPart(++done / parts.length));
  } catch (error) {
    if (error instanceof PartProblem) return undefined;
    throw error;
  } finally {
    await Promise.all(runners.map((runner) => runner.end()));
  }
}
