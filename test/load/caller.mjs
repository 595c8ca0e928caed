// Makes every kind of call to a server that is of no use, tells how they ended, and is to end by itself.
import { Paygentic } from "../../dist/index.js";

const { url, scenario } = JSON.parse(process.argv[2]);
const paygentic = new Paygentic({ baseUrl: url, apiKey: "sk_test_1", timeout: 400, maxRetries: 1 });
const { signal } = new AbortController();
let listeners = 0;
for (const [name, step] of [
  ["addEventListener", 1],
  ["removeEventListener", -1],
]) {
  const method = signal[name].bind(signal);
  signal[name] = (...given) => {
    listeners += step;
    return method(...given);
  };
}
const eventOf = (n) => ({
  type: "llm.completion",
  source: "urn:example:gateway",
  subject: "cus_1",
  idempotencyKey: `event-${n}`,
  data: { n, text: "x".repeat(200) },
});
const eventsOf = (count) => Array.from({ length: count }, (_, n) => eventOf(n));
const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
const heap = () => {
  gc();
  gc();
  return process.memoryUsage().heapUsed;
};
const range = { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" };

/** Each with the milliseconds that it may take: attempts of `timeout`, and a wait of half a second between two. */
const CALLS = {
  get: [1_300, () => paygentic.costs.get("cst_1", { signal })],
  list: [1_300, () => paygentic.costs.list({}, { signal })],
  summary: [1_300, () => paygentic.costs.summary("cst_1", range, { signal })],
  update: [1_300, () => paygentic.costs.update("cst_1", { name: "x" }, { signal })],
  delete: [1_300, () => paygentic.costs.delete("cst_1", { signal })],
  ingest: [1_300, () => paygentic.events.ingest(eventOf(0), { signal })],
  ingestAll: [
    1_800,
    () => paygentic.events.ingestAll(eventsOf(30), { signal, deadline: 600, timeout: 5_000 }),
  ],
  "a queue that is flushed": [
    700,
    async () => {
      const queue = paygentic.events.queue({ signal, timeout: 60_000 });
      for (const event of eventsOf(30)) await queue.add(event);
      await queue.flush({ deadline: 300 });
      return queue.close({ deadline: 300 });
    },
  ],
  "a queue of short-lived events": [
    700,
    async () => {
      const queue = paygentic.events.queue({ signal, timeout: 60_000, maxAge: 600 });
      for (const event of eventsOf(30)) await queue.add(event);
      await queue.flush();
      return queue.close();
    },
  ],
};

async function calls() {
  const ended = {};
  for (const [name, [allowed, call]] of Object.entries(CALLS)) {
    const started = performance.now();
    const result = await call().catch((error) => ({ code: error.code }));
    const { code, accepted, rejected, unknown, size } = result;
    const late = performance.now() - started - allowed;
    ended[name] = { code, accepted, rejected, unknown, size, late };
  }
  return ended;
}

async function offer() {
  const limit = 10_000;
  const queue = paygentic.events.queue({ limit, timeout: 60_000 });
  let added = 0;
  let refused = 0;
  const heaps = [];
  for (let n = 0; n < 100_000; n += 1_000) {
    const controller = new AbortController();
    const offers = Array.from({ length: 1_000 }, (_, at) =>
      queue.add(eventOf(n + at), { signal: controller.signal }).then(
        () => added++,
        () => refused++,
      ),
    );
    await new Promise((resolve) => setTimeout(resolve, 5));
    controller.abort();
    await Promise.all(offers);
    if ((n + 1_000) % 10_000 === 0) heaps.push(heap());
  }
  const { size } = queue.stats;
  const closed = await queue.close({ deadline: 200 });
  return { added, refused, size, closed, heaps, after: heap() };
}

async function leave() {
  const queue = paygentic.events.queue();
  for (const event of eventsOf(30)) await queue.add(event);
  return queue.stats.size;
}

const result = await { calls, offer, leave }[scenario]();
console.log(JSON.stringify({ result, listeners, timers: timers() }));
