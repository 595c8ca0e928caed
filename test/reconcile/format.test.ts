import {
  type Explanation,
  type FormatReconciliationOptions,
  formatReconciliation,
  type HypothesisUse,
  type Reconciliation,
  reconcile,
} from "metered-costs/summary";
import { describe, expect, test } from "vitest";
import { costOf, eventOf, JUNE } from "../summary/events.ts";
import { resultOf, SMALL_SCENES } from "./small-logs.ts";

const sceneOf = (name: string): Reconciliation => {
  const scene = SMALL_SCENES.find((one) => one.name === name);
  if (scene === undefined) throw new Error(`no scene ${name}`);
  return resultOf(scene);
};

describe.each<NonNullable<FormatReconciliationOptions["format"]>>(["text", "markdown", "html"])(
  "as %s",
  (format) => {
    test.each([
      "one event lost",
      "three events of a count lost",
      "one model asked for alone, and the unit cost changed",
      "the largest value in place of the latest",
      "amounts of nothing known, of an answer without windows",
      "a customer counted twice in one minute, and a gateway lost in another",
    ])("%s", (name) => {
      expect(formatReconciliation(sceneOf(name), { format })).toMatchSnapshot();
    });
  },
);

/** A reconciliation of one call, which costs 2, with some of it changed. */
function changed(
  { totalCost = 2, count = 1 }: { readonly totalCost?: number | null; readonly count?: number },
  changes: Partial<Reconciliation> = {},
): Reconciliation {
  const events = Array.from({ length: count }, () => eventOf({}));
  const cost = costOf({ aggregation: "COUNT", unitCost: "2" });
  const result = reconcile({ cost, events, query: JUNE, server: { totalCost } });
  return { ...result, ...changes };
}
const linesOf = (result: Reconciliation): string[] => formatReconciliation(result).split("\n");

describe("the first two lines", () => {
  test.each<[string, () => Reconciliation, string, string]>([
    [
      "equal",
      () => changed({}),
      "EQUAL: server and local agree to the last digit.",
      "The bill and your events agree.",
    ],
    [
      "equal as doubles",
      () => changed({}, { verdict: "equal-as-double" }),
      "EQUAL AS DOUBLE: the server rounded to doubles, and agrees in every one.",
      "The bill and your events agree.",
    ],
    [
      "within the tolerance",
      () => changed({}, { verdict: "within-tolerance" }),
      "WITHIN TOLERANCE: they differ by no more than doubles lose, or you let pass.",
      "The bill and your events agree within what you or doubles allow.",
    ],
    [
      "no amount",
      () => changed({ totalCost: null }),
      "UNAVAILABLE: the server answered null, which is not zero.",
      "The server has no amount to compare with: ask it again.",
    ],
    [
      "more",
      () => changed({ totalCost: 7 }, { explanations: [], verdict: "different" }),
      "DIFFERENT: nothing that is known accounts for it.",
      "The server's total cost is 5 higher than yours, and no known cause accounts for every amount.",
    ],
    [
      "less",
      () => changed({ totalCost: 1 }, { explanations: [], verdict: "different" }),
      "DIFFERENT: nothing that is known accounts for it.",
      "The server's total cost is 1 lower than yours, and no known cause accounts for every amount.",
    ],
    [
      "equal totals",
      () => changed({}, { verdict: "different" }),
      "DIFFERENT: nothing that is known accounts for it.",
      "The total costs are equal, and no known cause accounts for every amount.",
    ],
  ])("of %s", (_, make, verdict, sentence) => {
    expect(linesOf(make()).slice(0, 2)).toEqual([verdict, sentence]);
  });

  test("of a log without an event that counts", () => {
    const other = [eventOf({ timestamp: "2026-05-01T00:00:00Z" })];
    const of = (events: ReturnType<typeof eventOf>[]) =>
      linesOf(reconcile({ cost: costOf(), events, query: JUNE, server: { totalCost: 1 } }))[1];
    const than = "The server's total cost is 1 higher than yours, because";
    expect(of([])).toBe(`${than} your log has no events.`);
    expect(of(other)).toBe(`${than} the one event in your log does not count.`);
    expect(of([...other, ...other])).toBe(`${than} none of the 2 events in your log counts.`);
  });
});

/** Of three calls of which the server lacks one, with the explanation. */
function explained(): { readonly result: Reconciliation; readonly best: Explanation } {
  const result = changed({ totalCost: 4, count: 3 });
  const [best] = result.explanations;
  if (best === undefined) throw new Error("nothing is explained");
  return { result, best };
}

/** What the sentence says where hypotheses explain so many of the three events. */
function sentenceOf(hypotheses: readonly HypothesisUse[], count: number): string | undefined {
  const { result, best } = explained();
  const explanations = [{ ...best, hypotheses, events: { ...best.events, count } }];
  return linesOf({ ...result, verdict: "explained", explanations })[1];
}

const AT = "2026-06-15T00:00:00.000Z";
const TIMES = { from: AT, to: "2026-06-15T12:30:05.250Z" };
test.each<[string, ...HypothesisUse[]]>([
  ['lacks all events with the key "k"', { id: "key-left-out", parameters: { key: "k" } }],
  ['counted all events with the key "k" twice', { id: "key-repeated", parameters: { key: "k" } }],
  ["takes equal keys of several sources for one event", { id: "key-alone" }],
  [
    "counted once what your log has again under new keys (2 events)",
    { id: "copies-left-out", parameters: { withinSeconds: 1, kept: "first" } },
  ],
  ["lacks 3 single events", { id: "events-left-out", parameters: { events: 3 } }],
  ["lacks 2 single events", { id: "events-left-out" }],
  [
    "lacks everything that happened from 2026-06-15 to 2026-06-15 12:30:05.250 UTC",
    { id: "stretch-left-out", parameters: TIMES },
  ],
  [
    "'s costs are 2 times yours",
    { id: "constant-factor", parameters: { factor: "2", of: "cost" } },
  ],
  [
    "'s quantities are 2 times yours",
    { id: "constant-factor", parameters: { factor: "2", of: "quantity" } },
  ],
  [
    "'s quantities and costs are 2 times yours",
    { id: "constant-factor", parameters: { factor: "2", of: "both" } },
  ],
  [
    "reads the value at $.b before 2026-06-15",
    { id: "definition-changed", parameters: { path: "$.b", until: AT } },
  ],
  [
    "reads the dimension model at $.b from 2026-06-15 on",
    { id: "definition-changed", parameters: { path: "$.b", dimension: "model", from: AT } },
  ],
  [
    "cuts times to whole seconds, and the server counted repeated events again",
    { id: "whole-seconds" },
    { id: "duplicates-counted" },
  ],
])("the sentence says that the server %s", (saying, ...hypotheses) => {
  const space = saying.startsWith("'") ? "" : " ";
  expect(sentenceOf(hypotheses, 2)).toBe(
    `The server's total cost is 2 lower than yours: the server${space}${saying}.`,
  );
});

test.each([
  ["stretch-left-out", TIMES, 3, "has counted none of your events"],
  ["stretch-left-out", TIMES, 2, "lacks everything that happened from"],
  ["not-yet-settled", { from: AT }, 3, "has counted none of your events"],
  ["events-left-out", { events: 3 }, 3, "lacks 3 single events"],
  ["copies-left-out", {}, 1, "counted once what your log has again under new keys (1 event)."],
] as const)(
  "%s (%j) of %d of 3 events says what the server has",
  (id, parameters, count, saying) => {
    expect(sentenceOf([{ id, parameters }], count)).toContain(`: the server ${saying}`);
  },
);

test("more than 8 explanations, 20 rows and 8 findings are counted", () => {
  const { result, best } = explained();
  const long = (explanations: number, rows: number, findings: number): string =>
    formatReconciliation({
      ...result,
      explanations: new Array(explanations).fill(best),
      groups: new Array(rows).fill({
        ...result.total,
        dimensions: { model: "a b", region: "eu-1" },
      }),
      findings: new Array(findings).fill({ kind: "group", share: 0.256, message: "It is." }),
    });
  const most = long(8, 20, 8);
  expect(most).not.toContain("... and");
  expect(most).toContain('  model="a b" region=eu-1 ');
  expect(most).toContain("  group: 26 %. It is.\n");
  const over = long(9, 21, 10);
  expect(over).toContain("  ... and 1 more row that differs\n");
  expect(over).toContain("  ... and 1 more explanation\n");
  expect(over).toContain("  ... and 2 more findings\n");
});
