import { type Cost, type CostSummariesOptions, InvalidInputError } from "metered-costs";
import { describe, expect, test, vi } from "vitest";
import { COST, SUMMARY } from "./samples.ts";
import { errorOf, rejectionOf, scene } from "./scene.ts";
import { type Answer, json, silence } from "./scripted-server.ts";

const { server, client } = scene();
const JUNE = { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" };

/** A summary whose name is the cost's id; ids in `missing` are a 404. */
const summariesOf =
  (...missing: string[]): Answer =>
  (response, request) => {
    const id = request.path.split("/")[3] as string;
    const answer = missing.includes(id)
      ? json({ message: `no ${id}` }, 404)
      : json({ ...SUMMARY, id, name: id });
    answer(response, request);
  };

describe("costs.summaries", () => {
  test("resolves in the order of the costs, each with its summary or its error", async () => {
    server.otherwise(summariesOf("cst_2"));
    const cost = { ...COST, id: "cst_3", unitCost: "1" } as unknown as Cost;
    const costs = ["cst_1", "cst_2", cost, "report"];
    const outcomes = await client().costs.summaries(costs, JUNE);
    expect(outcomes.map((outcome) => outcome.cost)).toEqual(costs);
    expect(outcomes.map(({ summary }) => summary?.name)).toEqual([
      "cst_1",
      undefined,
      "cst_3",
      undefined,
    ]);
    expect(outcomes.map(({ error }) => error?.code)).toEqual([
      undefined,
      "NOT_FOUND",
      undefined,
      "INVALID_INPUT",
    ]);
    expect(server.requests.map(({ query }) => query.get("from"))).toEqual(
      Array.from({ length: 3 }, () => JUNE.from),
    );
  });

  test("keeps the number of requests on their way within concurrency", async () => {
    let onTheirWay = 0;
    let most = 0;
    server.otherwise((response, request) => {
      most = Math.max(most, ++onTheirWay);
      setTimeout(() => {
        onTheirWay--;
        summariesOf()(response, request);
      }, 5);
    });
    const ids = Array.from({ length: 12 }, (_, index) => `cst_${index}`);
    const outcomes = await client().costs.summaries(ids, JUNE, { concurrency: 3 });
    expect(outcomes.map(({ summary }) => summary?.name)).toEqual(ids);
    expect(most).toBe(3);
  });

  test("says how far it is, and goes on when that throws", async () => {
    server.otherwise(summariesOf("cst_2"));
    const seen: unknown[] = [];
    const outcomes = await client().costs.summaries(["cst_1", "cst_2", "cst_3"], JUNE, {
      concurrency: 1,
      onProgress: (progress) => {
        seen.push(progress);
        throw new Error("hook is down");
      },
    });
    expect(outcomes).toHaveLength(3);
    expect(seen).toEqual([
      { done: 1, failed: 0, total: 3 },
      { done: 2, failed: 1, total: 3 },
      { done: 3, failed: 1, total: 3 },
    ]);
  });

  test("rejects with the reason of the signal and sends nothing more", async () => {
    server.answer(summariesOf());
    server.otherwise(silence);
    const controller = new AbortController();
    const ids = Array.from({ length: 9 }, (_, index) => `cst_${index}`);
    const reason = await rejectionOf(
      client().costs.summaries(ids, JUNE, {
        concurrency: 2,
        signal: controller.signal,
        onProgress: () => {
          const arrived = vi.waitFor(() => expect(server.requests).toHaveLength(3));
          arrived.then(() => controller.abort("left"));
        },
      }),
    );
    expect(reason).toBe("left");
    expect(server.requests).toHaveLength(3);
  });

  test("of no costs is empty", async () => {
    expect(await client().costs.summaries([], JUNE)).toEqual([]);
  });

  test.each<[string, readonly unknown[]]>([
    ["query", [["cst_1"], { from: JUNE.to, to: JUNE.from }]],
    ["concurrency", [["cst_1"], JUNE, { concurrency: 0 }]],
    ["option", [["cst_1"], JUNE, { page: 1 } as CostSummariesOptions]],
    ["list", ["cst_1", JUNE]],
    ["authorization", [["cst_1"], JUNE, { headers: { authorization: "x" } }]],
  ])("refuses a wrong %s for all costs and sends nothing", async (_, given) => {
    const { costs } = client();
    const summaries = costs.summaries as (...given: unknown[]) => Promise<unknown>;
    await errorOf(InvalidInputError, summaries.apply(costs, [...given]));
    expect(server.requests).toEqual([]);
  });
});
