import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Paygentic } from "metered-costs";
import { createMockPaygentic } from "metered-costs/mock";
import {
  type CostSummaryParams,
  type Investigation,
  investigate,
  type SummaryServer,
} from "metered-costs/summary";
import { describe, expect, test } from "vitest";
import { MISTAKES, type Mistake, monthScene, type Planted, type Scene } from "./mistakes.ts";
import { SEEDS } from "./planted.ts";
import { idsOf } from "./servers.ts";
import { randomNumbers } from "./traces.ts";

const MAX_REQUESTS = 30;
const guide = fileURLToPath(
  new URL("../../docs/guides/when-the-numbers-differ.md", import.meta.url),
);
const scene: Scene = { ...monthScene(2_000, "HOUR", 40), outage: 36 * 3_600_000 };

/** The mock with the events that the server received, or the plain summary where more than these differs. */
function serverOf({ received, cost = scene.cost, serve }: Planted): SummaryServer {
  if (received === undefined) {
    return { costs: { summary: async (_id: string, query: CostSummaryParams) => serve(query) } };
  }
  const mock = createMockPaygentic({
    costs: [{ ...cost, type: "metered", name: "Tokens", productId: "prod_1" } as never],
    events: received as never,
  });
  return new Paygentic({ apiKey: "test", fetch: mock.fetch }) as unknown as SummaryServer;
}

interface Investigated {
  readonly investigation: Investigation;
  readonly planted: Planted;
}

async function investigated(mistake: Mistake, seed: number): Promise<Investigated> {
  const planted = mistake.plant(scene, randomNumbers(seed * 1_000 + MISTAKES.indexOf(mistake)));
  const { groupBy: _, window: _window, ...query } = planted.query ?? scene.query;
  const investigation = await investigate({
    ...planted.options,
    paygentic: serverOf(planted),
    cost: planted.cost ?? scene.cost,
    events: scene.events,
    query,
    maxRequests: MAX_REQUESTS,
  });
  return { investigation, planted };
}

const rangeOf = (numbers: readonly number[]): string => {
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  if (most === 0) return "-";
  return least === most ? String(least) : `${least} to ${most}`;
};

const rows: string[] = [];

describe.each(MISTAKES)("$name", (mistake) => {
  test("is found with at most 30 requests", async () => {
    const all = await Promise.all(SEEDS.map((seed) => investigated(mistake, seed)));
    const causes = new Set<string>();
    for (const { investigation, planted } of all) {
      expect(investigation.steps.length).toBeLessThanOrEqual(MAX_REQUESTS);
      // The value of one event may prove too little: that is said.
      expect(investigation.verdict).toMatch(/^(?:explained|coincidence)$/);
      const { causes: certain, reconciliation } = investigation;
      const likely = reconciliation.explanations.filter(({ rank }) => rank === 1);
      const found = (certain.length > 0 ? certain : likely).map(idsOf);
      const right = found.filter((ids) => mistake.causes.includes(ids));
      expect([mistake.name, found, right.length > 0]).toEqual([mistake.name, found, true]);
      for (const ids of right) causes.add(ids);
      const named = new Set(investigation.events.map(({ index }) => index));
      expect(planted.events.filter((index) => !named.has(index))).toEqual([]);
      if (planted.events.length > 0) {
        expect(named.size).toBeLessThanOrEqual(10 * planted.events.length);
      }
    }
    const requests = rangeOf(all.map(({ investigation }) => investigation.steps.length));
    const named = rangeOf(all.map(({ investigation }) => investigation.events.length));
    const planted = rangeOf(all.map((one) => one.planted.events.length));
    const cause = [...causes].map((ids) => ids.replaceAll(" + ", ", ")).join(" or ");
    rows.push(`| ${mistake.name} | ${cause} | ${requests} | ${planted} | ${named} |`);
  });
});

test("the guide has the table", () => {
  const table = [
    "| mistake | cause | requests | events planted | events named |",
    "| --- | --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
  console.log(table);
  expect(rows).toHaveLength(MISTAKES.length);
  expect(readFileSync(guide, "utf8")).toContain(table);
});
