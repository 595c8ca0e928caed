import { reconcile } from "metered-costs/summary";
import { describe, expect, test } from "vitest";
import { PAIRS, PARAMETERS, ROUNDINGS, valueFor } from "./scenes.ts";
import { answerOf, idsOf, RULES, type ServerRule } from "./servers.ts";
import { generatedRequests, merchantLog, setupOf } from "./traces.ts";

const events = merchantLog(generatedRequests(3_000));

function explained(rule: ServerRule, value = valueFor("")) {
  const setup = setupOf(events, ...value);
  const { cost, query } = setup;
  const result = reconcile({ cost, events, query, server: answerOf(rule(setup)) });
  const best = result.explanations.filter(({ rank }) => rank === 1);
  for (const { exact, residual, cells } of best) {
    expect(exact).toBe(true);
    expect(cells.explained).toBe(cells.total);
    expect([residual.quantity?.toString(), residual.cost?.toString()]).toEqual(["0", "0"]);
  }
  return { result, best, ids: best.map(idsOf) };
}

describe("a server under another rule is found out", () => {
  test.each(Object.entries(RULES))("%s", (id, rule) => {
    const { result, ids } = explained(rule, valueFor(id));
    // What is cut behind the 19th digit, doubles would lose anyway.
    // One event at the end of the range is little evidence: in a busy minute, others would do as well.
    const verdict =
      { "truncated-to-19-digits": "within-tolerance", "to-inclusive": "coincidence" }[id] ??
      "explained";
    expect(result.verdict).toBe(verdict);
    expect(ids).toContain(id);
  });

  test.each(ROUNDINGS)("costs rounded per $per to $places places", ({ rule, ...parameters }) => {
    const { result, best } = explained(rule);
    expect(result.verdict).toBe("explained");
    const found = best.flatMap(({ hypotheses }) => hypotheses);
    expect(found).toContainEqual({ id: "cost-rounded", parameters });
    // Nothing that shows in no quantity comes along.
    expect(result.explanations.filter(({ hypotheses }) => hypotheses.length > 1)).toEqual([]);
  });
});

describe("a parameter is found", () => {
  test.each(PARAMETERS(events))("%s %#", (id, rule, parameters) => {
    const { result, best } = explained(rule);
    expect(result.verdict).toBe("explained");
    expect(best.flatMap(({ hypotheses }) => hypotheses)).toContainEqual(
      expect.objectContaining({ id, parameters: expect.objectContaining(parameters) }),
    );
  });
});

describe("two rules at once", () => {
  test.each(PAIRS)("%s", (ids, rule, value) => {
    const { result, ids: found } = explained(rule, value);
    expect(result.verdict).toBe("explained");
    expect(found).toContain(ids);
  });
});
