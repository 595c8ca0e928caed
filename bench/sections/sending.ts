/** Events on their way to a server on loopback, in a process of its own, 50 at once. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type EventIngestParams, Paygentic } from "metered-costs";
import { type Contestant, type Section, size, type Workload } from "../section.ts";

const CONCURRENCY = 50;
const EVENTS = 5_000;
const HEADERS = { authorization: "Bearer sk_test_1", "content-type": "application/json" };

function eventOf(n: number): EventIngestParams {
  return {
    type: "llm.completion",
    source: "urn:example:gateway",
    subject: `cus_${n % 100}`,
    idempotencyKey: `request-${n}`,
    timestamp: "2026-06-10T10:00:00Z",
    data: { model: "large", tokens: { input: n, output: 345 } },
  };
}

/** What many would write: `fetch`, a status that is looked at, no retries, no time limit. */
async function bareLoop(url: string, count: number): Promise<number> {
  let next = 0;
  let accepted = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const body = JSON.stringify(eventOf(next++));
      const response = await fetch(`${url}/v0/events`, { method: "POST", headers: HEADERS, body });
      await response.json();
      if (response.ok) accepted++;
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  return accepted;
}

function* events(count: number): Generator<EventIngestParams> {
  for (let n = 0; n < count; n++) yield eventOf(n);
}

async function ingestAll(url: string, count: number): Promise<number> {
  const { events: resource } = new Paygentic({ baseUrl: url, apiKey: "sk_test_1" });
  const { accepted } = await resource.ingestAll(events(count), { concurrency: CONCURRENCY });
  return accepted;
}

async function queue(url: string, count: number): Promise<number> {
  const { events: resource } = new Paygentic({ baseUrl: url, apiKey: "sk_test_1" });
  const made = resource.queue({ concurrency: CONCURRENCY, limit: 1_000 });
  for (const event of events(count)) await made.add(event);
  const { accepted } = await made.close({ deadline: 600_000 });
  return accepted;
}

async function sending(workload: Workload): Promise<readonly Contestant[]> {
  const count = size(EVENTS, workload);
  const path = fileURLToPath(new URL("./accept-events.js", import.meta.url));
  const server = spawn(process.execPath, [path], { stdio: ["pipe", "pipe", "inherit"] });
  const [printed] = await once(server.stdout, "data");
  const url = String(printed).trim();
  for (const handle of [server, server.stdin, server.stdout]) {
    (handle as { unref?(): void }).unref?.();
  }
  return Object.entries({ "bare loop of fetch": bareLoop, ingestAll, queue }).map(
    ([name, send]) => ({
      name,
      expected: undefined,
      prepare: async () => async () => {
        const accepted = await send(url, count);
        if (accepted !== count) throw new Error(`${name}: ${accepted} of ${count} were accepted`);
        return { rows: [] };
      },
    }),
  );
}

export const sendingSections: readonly Section[] = [
  {
    name: "sending",
    title: "5,000 events to a server on loopback, 50 at once",
    limits: [{ of: "ingestAll", against: "bare loop of fetch", atLeastTimesAsFast: 0.6 }],
    contestants: sending,
  },
];
