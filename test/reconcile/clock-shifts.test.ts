import { formatReconciliation, reconcile } from "metered-costs/summary";
import { describe, expect, test } from "vitest";
import { answerOf, type ServerRule, shifted, sourceOutage } from "./servers.ts";
import { daysOf, randomNumbers } from "./traces.ts";

const B = "urn:gateway:b";

function explained(rule: ServerRule, options: Parameters<typeof daysOf>[1] = {}) {
  const setup = daysOf(randomNumbers(3), options);
  const { cost, events, query } = setup;
  const result = reconcile({ cost, events, query, server: answerOf(rule(setup)) });
  const best = result.explanations.filter(({ rank }) => rank === 1);
  return { result, best, setup, uses: best.flatMap(({ hypotheses }) => hypotheses) };
}

describe("a source whose clock is wrong", () => {
  test.each([1, -1, 2, -8, 14, 5.5])("by %d hours is found", (hours) => {
    const { result, best, setup, uses } = explained(shifted(hours, B));
    expect(result.verdict).toBe("explained");
    expect(uses).toEqual([{ id: "source-shifted", parameters: { source: B, hours } }]);
    expect(best[0]?.exact).toBe(true);
    const ofSource = setup.events.flatMap(({ source }, index) => (source === B ? [index] : []));
    expect([...(best[0]?.events.all() ?? [])].map(({ index }) => index)).toEqual(ofSource);
  });

  test.each(["HOUR", "DAY"] as const)("is found in windows of a %s", (window) => {
    const { result, uses } = explained(shifted(-7, B), { window });
    expect(result.verdict).toBe("explained");
    expect(uses).toEqual([{ id: "source-shifted", parameters: { source: B, hours: -7 } }]);
  });

  test("is found where events are counted", () => {
    const { result, uses } = explained(shifted(3, B), { aggregation: "COUNT" });
    expect(result.verdict).toBe("explained");
    expect(uses).toEqual([{ id: "source-shifted", parameters: { source: B, hours: 3 } }]);
  });

  test("takes in what your own log has just outside of the range", () => {
    const setup = daysOf(randomNumbers(5));
    const query = { ...setup.query, from: "2026-06-01T12:00:00Z", to: "2026-06-03T12:00:00Z" };
    const server = answerOf(shifted(4, B)({ ...setup, query }));
    const result = reconcile({ cost: setup.cost, events: setup.events, query, server });
    expect(result.verdict).toBe("explained");
    expect(result.explanations[0]?.hypotheses).toEqual([
      { id: "source-shifted", parameters: { source: B, hours: 4 } },
    ]);
    expect(result.explanations[0]?.residual.quantity?.toString()).toBe("0");
  });
});

describe("all events", () => {
  test("whose clock is wrong are found where some cross an end of the range", () => {
    const { result, uses } = explained(shifted(-6));
    expect(result.verdict).toBe("explained");
    expect(uses).toEqual([{ id: "events-shifted", parameters: { hours: -6 } }]);
  });

  test("that stay in the range are windows of another clock", () => {
    const setup = daysOf(randomNumbers(3));
    const query = { ...setup.query, from: "2026-05-25T00:00:00Z", to: "2026-06-25T00:00:00Z" };
    const server = answerOf(shifted(2)({ ...setup, query }));
    const { explanations } = reconcile({ cost: setup.cost, events: setup.events, query, server });
    const ids = explanations.map(({ hypotheses }) => hypotheses.map(({ id }) => id));
    expect(ids).toEqual([["window-offset"]]);
  });
});

test("an outage is not taken for a wrong clock", () => {
  const { uses } = explained(sourceOutage(B, "2026-06-01T20:00:00Z", "2026-06-02T09:00:00Z"));
  expect(uses.map(({ id }) => id)).toEqual(["source-outage"]);
});

test.each(["AVG", "LATEST", "MAX", "UNIQUE_COUNT"])(
  "of %s, which does not add up, no clock is called wrong",
  (aggregation) => {
    const { result } = explained(shifted(2, B), { aggregation });
    expect(result.verdict).not.toBe("explained");
  },
);

test("is written in a sentence", () => {
  const { result } = explained(shifted(-1, B));
  const [, sentence] = formatReconciliation(result).split("\n");
  expect(sentence).toMatch(
    /: the server has what the source "urn:gateway:b" sent 1 hour earlier than you do\.$/,
  );
});
