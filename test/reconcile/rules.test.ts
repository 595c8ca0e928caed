import { reconcile } from "metered-costs/summary";
import { describe, expect, test } from "vitest";
import {
  answerOf,
  factor,
  idsOf,
  notYetSettled,
  otherTypeCounted,
  otherUnitCost,
  RULES,
  repeated,
  rounding,
  type ServerRule,
  sourceLeftOut,
  stretchLeftOut,
  subjectLeftOut,
  windowOffset,
} from "./servers.ts";
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
    // What is cut behind the 19th digit, doubles would lose anyway.
    const verdict = id === "truncated-to-19-digits" ? "within-tolerance" : "explained";
    expect(result.verdict).toBe(verdict);
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

describe("a parameter is found", () => {
  const at = (share: number): string =>
    String(events[Math.floor(events.length * share)]?.timestamp);
  const iso = (time: string): string => new Date(time).toISOString();
  test.each<readonly [string, ServerRule, object]>([
    ["other-type-counted", otherTypeCounted("llm.embedding"), { type: "llm.embedding" }],
    ["subject-left-out", subjectLeftOut("cus_3"), { subject: "cus_3" }],
    ["source-left-out", sourceLeftOut("urn:gateway:b"), { source: "urn:gateway:b" }],
    ["subject-repeated", repeated(({ subject }) => subject === "cus_2"), { subject: "cus_2" }],
    ["not-yet-settled", notYetSettled(at(0.6)), { from: iso(at(0.6)) }],
    ["stretch-left-out", stretchLeftOut(at(0.3), at(0.5)), {}],
    [
      "stretch-repeated",
      repeated(({ timestamp = "" }) => timestamp >= at(0.3) && timestamp < at(0.5)),
      {},
    ],
    ["window-offset", windowOffset(330, "wall-clock"), { utcOffset: "+05:30" }],
    ["constant-factor", factor("100", "cost"), { factor: "100", of: "cost" }],
    ["constant-factor", factor("0.001", "quantity"), { factor: "0.001", of: "quantity" }],
    ["constant-factor", factor("1024", "both"), { factor: "1024", of: "both" }],
    ["other-unit-cost", otherUnitCost("0.0000031"), { unitCost: "0.0000031" }],
  ])("%s", (id, rule, parameters) => {
    const { result, best } = explained(rule);
    expect(result.verdict).toBe("explained");
    const found = best.flatMap(({ hypotheses }) => hypotheses);
    expect(found).toContainEqual(
      expect.objectContaining({ id, parameters: expect.objectContaining(parameters) }),
    );
    expect(best[0]?.residual.quantity?.toString()).toBe("0");
  });
});

describe("two rules at once", () => {
  const { SUM, ...others } = {
    SUM: ["SUM", "$.context"] as const,
    AVG: ["AVG", "$.rating"] as const,
  };
  test.each<readonly [string, ServerRule, readonly [string, string]]>([
    [
      "duplicates-counted + to-inclusive",
      (setup) => RULES["to-inclusive"](RULES["duplicates-counted"](setup)),
      SUM,
    ],
    [
      "namespace-ignored + null-as-empty",
      (setup) => RULES["null-as-empty"](RULES["namespace-ignored"](setup)),
      SUM,
    ],
    [
      "before-creation-left-out + whole-seconds",
      (setup) => RULES["whole-seconds"](RULES["before-creation-left-out"](setup)),
      SUM,
    ],
    [
      "average-over-all + duplicates-counted",
      (setup) => RULES["average-over-all"](RULES["duplicates-counted"](setup)),
      others.AVG,
    ],
    ["cost-rounded + key-alone", (setup) => rounding(4, "event")(RULES["key-alone"](setup)), SUM],
    [
      "key-alone + last-of-equal-keys",
      (setup) => {
        const kept = new Map(setup.events.map((event) => [event.idempotencyKey, event]));
        const last = new Set(kept.values());
        const options = { deduplicate: false };
        return { ...setup, events: setup.events.filter((event) => last.has(event)), options };
      },
      SUM,
    ],
  ])("%s", (ids, rule, [aggregation, path]) => {
    const { result, best, ids: found } = explained(rule, setupOf(events, aggregation, path));
    expect(result.verdict).toBe("explained");
    expect(found).toContain(ids);
    expect(best[0]?.residual.quantity?.toString()).toBe("0");
  });
});
