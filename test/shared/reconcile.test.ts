import { type CostEvent, type CostSummary, reconcile, summarizeCost } from "metered-costs/summary";
import { describe, expect, test } from "vitest";
import { PAIRS, PARAMETERS, ROUNDINGS, valueFor } from "../reconcile/scenes.ts";
import { answerOf, idsOf, RULES, repeated, type ServerRule } from "../reconcile/servers.ts";
import { merchantLog, randomNumbers, setupOf } from "../reconcile/traces.ts";
import { requestsOf } from "./requests.ts";

describe("over a real trace, with groups and MINUTE windows", () => {
  const events = merchantLog(requestsOf("code"));
  const check = (
    ids: string,
    rule: ServerRule,
    [aggregation, path]: readonly [string, string],
    parameters?: object,
  ): void => {
    const setup = setupOf(events, aggregation, path);
    const { cost, query } = setup;
    const server = answerOf(rule(setup));
    expect(server.timeSeries?.length).toBeGreaterThan(20);
    const { explanations } = reconcile({ cost, events, query, server });
    const best = explanations.filter(({ rank }) => rank === 1);
    expect(best.map(idsOf)).toContain(ids);
    for (const { exact, residual } of best) {
      expect([exact, `${residual.quantity}`, `${residual.cost}`]).toEqual([true, "0", "0"]);
    }
    if (parameters === undefined) return;
    expect(best.flatMap(({ hypotheses }) => hypotheses)).toContainEqual(
      expect.objectContaining({ parameters: expect.objectContaining(parameters) }),
    );
  };

  test.each(Object.entries(RULES))("%s", (id, rule) => check(id, rule, valueFor(id)));
  test.each(ROUNDINGS)(
    "costs rounded: $places places, per $per, $mode",
    ({ rule, ...parameters }) => check("cost-rounded", rule, valueFor("cost-rounded"), parameters),
  );
  test.each(PARAMETERS(events))("%s %#", (id, rule, parameters) =>
    check(id, rule, valueFor(id), parameters),
  );
  test.each(PAIRS)("%s", (ids, rule, value) => check(ids, rule, value));
});

describe("of 500 random events", () => {
  const events: CostEvent[] = requestsOf("conv").map(({ time, contextTokens }, at) => ({
    type: "llm.conv",
    source: "urn:azure:llm-inference-2023",
    subject: "cus_azure",
    idempotencyKey: `conv-${at}`,
    timestamp: time,
    data: { context: contextTokens },
  }));
  const cost = {
    unitCost: "0.0000025",
    aggregation: "SUM",
    eventType: "llm.conv",
    valueProperty: "$.context",
  };
  const query = {
    from: "2023-11-16T00:00:00Z",
    to: "2023-11-18T00:00:00Z",
    window: "MINUTE",
  } as const;
  const median = (numbers: readonly number[]): number =>
    [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

  test.each([
    [
      "event-left-out",
      (index: number): CostSummary =>
        summarizeCost(
          cost,
          events.filter((_, at) => at !== index),
          query,
        ),
    ],
    [
      "event-repeated",
      (index: number): CostSummary =>
        answerOf(
          repeated(({ idempotencyKey }) => idempotencyKey === `conv-${index}`)({
            cost,
            events,
            query,
            options: {},
            answer: (summary) => summary,
          }),
        ),
    ],
  ])("%s: each is among the candidates, and at the median there are at most 3", (id, answer) => {
    const random = randomNumbers(500);
    const counts: number[] = [];
    let explained = 0;
    for (let run = 0; run < 500; run++) {
      const index = Math.floor(random() * events.length);
      const { verdict, explanations } = reconcile({ cost, events, query, server: answer(index) });
      // In a busy minute the values of many events are as good: that is said, and not called explained.
      expect(verdict).toMatch(/^(?:explained|coincidence)$/);
      if (verdict === "explained") explained++;
      const found = explanations.find(
        ({ rank, hypotheses }) => rank === 1 && hypotheses[0]?.id === id,
      );
      const all = [...(found?.events.all() ?? [])];
      expect(all).toContainEqual({ index, key: `conv-${index}` });
      expect(all).toHaveLength(found?.events.count ?? -1);
      counts.push(all.length);
    }
    console.log(
      `${id}: ${median(counts)} candidates at the median, ${Math.max(...counts)} at most; ${explained} explained`,
    );
    expect(median(counts)).toBeLessThanOrEqual(3);
  });
});
