import { readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { createMockPaygentic } from "metered-costs/mock";
import { type MockServer, startMockServer } from "metered-costs/mock/server";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { type ConsumerProject, makeConsumerProject, root } from "./built-program.ts";
import { startWorker } from "./runtimes.ts";

const mock = createMockPaygentic({
  costs: [
    {
      id: "cst_links",
      type: "metered",
      name: "Links",
      unitCost: "0.0007",
      currency: "USD",
      productId: "prod_1",
      eventType: "link.shortened",
      aggregation: "COUNT",
    },
    {
      id: "cst_calls",
      type: "metered",
      name: "Calls",
      unitCost: "0.0001",
      currency: "USD",
      productId: "prod_1",
      eventType: "api.call",
      aggregation: "COUNT",
    },
  ],
});
let project: ConsumerProject;
let running: MockServer;
let worker: Awaited<ReturnType<typeof startWorker>>;
beforeAll(async () => {
  project = makeConsumerProject();
  running = await startMockServer({ mock });
  worker = await startWorker(project, await project.build("examples/worker/worker.ts", "bundle"), {
    PAYGENTIC_API_KEY: "sk_test_worker",
    PAYGENTIC_BASE_URL: running.url,
    COST_ID: "cst_links",
  });
});
afterEach(() => mock.reset());
afterAll(async () => {
  await worker?.close();
  await running?.close();
  project?.remove();
});

const sell = (key: string, customer: string): Promise<Response> =>
  fetch(`${worker.url}/links`, {
    method: "POST",
    headers: { "idempotency-key": key },
    body: JSON.stringify({ customer, url: "https://shop.example/a" }),
  });
const RANGE = "from=2026-01-01T00:00:00Z&to=2100-01-01T00:00:00Z";

test("a worker answers, and bills afterwards: once, though the first answer was lost", async () => {
  mock.fault({ kind: "cut-connection", operation: "ingestEvent", carriedOut: true });
  for (const key of ["first", "second"]) {
    const response = await sell(key, "cus_acme");
    expect(response.status).toBe(201);
    expect(await response.json()).toEqual({ link: `https://links.example/${key}` });
  }
  await vi.waitFor(() => expect(mock.requests).toHaveLength(3), 5_000);
  const answer = await fetch(`${worker.url}/customers/cus_acme/cost?${RANGE}`);
  expect(await answer.json()).toEqual({
    customer: "cus_acme",
    links: "2",
    cost: "0.0014",
    currency: "USD",
  });
  expect(mock.events.map(({ data }) => data)).toEqual([
    { host: "shop.example" },
    { host: "shop.example" },
  ]);
});

test("a worker tells what the customer can mend from what it cannot", async () => {
  expect((await fetch(`${worker.url}/customers/cus_acme/cost?from=June`)).status).toBe(400);
  mock.fault({ kind: "status", status: 500, rate: 1 });
  expect((await fetch(`${worker.url}/customers/cus_acme/cost?${RANGE}`)).status).toBe(503);
  expect((await fetch(`${worker.url}/links`, { method: "POST" })).status).toBe(400);
  expect((await fetch(worker.url)).status).toBe(404);
});

/** The worker of the guide to sending events, as it is printed there. */
function printedWorker(): string {
  const guide = readFileSync(join(root, "docs/guides/sending-events.md"), "utf8");
  const [, code = ""] = /Cloudflare Workers[\s\S]*?```ts\n([\s\S]*?)```/.exec(guide) ?? [];
  return code;
}

/** Starts a worker of a program's text, and gives what it answers to one request. */
async function answerOf(name: string, code: string): Promise<string> {
  const file = join(project.folder, `${name}.ts`);
  writeFileSync(file, code);
  const built = await project.build(relative(root, file), "bundle");
  const { url, close } = await startWorker(project, built, {
    PAYGENTIC_API_KEY: "sk_test_worker",
    PAYGENTIC_BASE_URL: running.url,
  });
  try {
    const answer = await (await fetch(`${url}/a/b`)).text();
    await vi.waitFor(() => expect(mock.events).toHaveLength(1), 5_000);
    return answer;
  } finally {
    await close();
  }
}

test("the worker of the guide answers, and sends the event afterwards with waitUntil, retries included", async () => {
  mock.fault({ kind: "status", status: 503, retryAfter: 0, times: 2 });
  mock.fault({ kind: "delay", milliseconds: 300 });
  expect(await answerOf("printed", printedWorker())).toBe("ok");
  expect(mock.requests).toHaveLength(3);
  expect(mock.events[0]).toMatchObject({ type: "api.call", data: { path: "/a/b" } });
});

test("without waitUntil workerd ends the work with the response, so that the recipe is needed", async () => {
  const code = printedWorker().replace(/^.*waitUntil: .*$/m, "");
  expect(code).not.toBe(printedWorker());
  mock.fault({ kind: "status", status: 503, retryAfter: 1, times: 1 });
  await expect(answerOf("frozen", code)).rejects.toThrow(/to have a length of 1/);
  expect(mock.events).toEqual([]);
});
