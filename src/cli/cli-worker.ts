import { parentPort, workerData } from "node:worker_threads";
import { isCostsError } from "metered-costs/summary";
import { PartSummarizer } from "./parts.ts";
import type { WorkerCall, WorkerReply } from "./threads.ts";

const summarizer = new PartSummarizer(workerData);

async function reply({ id, ...call }: WorkerCall): Promise<WorkerReply> {
  try {
    return call.method === "summarize"
      ? { id, result: await summarizer.summarize(...call.args) }
      : { id, result: await summarizer.keysWith(...call.args) };
  } catch (error) {
    const isOfInput = isCostsError(error) || (error as NodeJS.ErrnoException).code !== undefined;
    if (!isOfInput) throw error;
    return { id, problem: (error as Error).message };
  }
}

parentPort?.on("message", async (call: WorkerCall) => {
  const answer = await reply(call);
  const { hashes } = ("result" in answer ? answer.result : {}) as { hashes?: Float64Array };
  parentPort?.postMessage(answer, hashes === undefined ? [] : [hashes.buffer as ArrayBuffer]);
});
