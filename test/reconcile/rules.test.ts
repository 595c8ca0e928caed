import { reconcile } from "metered-costs/summary";
import { describe, expect, test } from "vitest";
import { answerOf, idsOf, RULES, rounding, type ServerRule } from "./servers.ts";
import { generatedRequests, merchantLog, setupOf } from "./traces.ts";

const events = merchantLog(generatedRequests(3_000));
const VALUES: Readonly<Record<string, readonly [aggregation: string, path: string]>> = {
  "totals-folded": ["UNIQUE_COUNT", "$.user"],
  "truncated-to-19-digits": ["SUM", "$.seconds"],
  "missing-counted": ["UNIQUE_COUNT", "$.tag"],
  "first-of-equal-timestamps": ["LATEST", "$.context"],
  "average-over-all": ["AVG", "$.rating"],
};
const setupFor = (id: string) => setupOf(events, ...(VALUES[id] ?? ["SUM", "$.context"]));

function explained(rule: ServerRule, setup = setupFor("")) {
  const { cost, query } = setup;
  const result = reconcile({ cost, events, query, server: answerOf(rule(setup)) });
  const best = result.explanations.filter(({ rank }) => rank === 1);
  return { result, best, ids: best.map(idsOf) };
}

describe("a server under another rule is found out", () => {
  test.each(Object.entries(RULES))("%s", (id, rule) => {
    const { result, best, ids } = explained(rule, setupFor(id));
    expect(result.verdict).toBe("explained");
    expect(ids).toContain(id);
    for (const { exact, residual } of best) {
      expect(exact).toBe(true);
      expect([residual.quantity?.toString(), residual.cost?.toString()]).toEqual(["0", "0"]);
    }
  });

  const pers = ["event", "group", "window", "total", "amount"] as const;
  const roundings = pers.flatMap((per) => [2, 3, 4, 5, 6].map((places) => ({ per, places })));
  test.each(roundings)("costs rounded per $per to $places places", ({ per, places }) => {
    const { result, best } = explained(rounding(places, per));
    expect(result.verdict).toBe("explained");
    const found = best.flatMap(({ hypotheses }) => hypotheses);
    expect(found).toContainEqual({
      id: "cost-rounded",
      parameters: { places, per, mode: "half-up" },
    });
    expect(best[0]?.residual.cost?.toString()).toBe("0");
  });
});
