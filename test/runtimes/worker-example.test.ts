import { createMockPaygentic } from "metered-costs/mock";
import { type MockServer, startMockServer } from "metered-costs/mock/server";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { type ConsumerProject, makeConsumerProject } from "./built-program.ts";
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
