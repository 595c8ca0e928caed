import fc from "fast-check";
import {
  type CostEvent,
  CostSummarizer,
  Decimal,
  type SummarizerState,
  type SummaryOptions,
} from "metered-costs/summary";
import { describe, expect, test } from "vitest";
import { runs } from "../runs.ts";
import {
  costOf,
  eventWith,
  inputIssuesOf,
  type PlainSummary,
  pathsOf,
  plainJson,
  totalOf,
} from "./events.ts";
import { naiveSummary, unitsOfText } from "./naive-summary.ts";
import { naiveInstant } from "./naive-time.ts";
import {
  AGGREGATIONS,
  DIMENSION_VALUES,
  resolveSubject,
  type Scenario,
  scenarios,
} from "./random-events.ts";

interface Outcome {
  readonly summary: PlainSummary;
  readonly used: number;
  readonly withoutValue: number;
  readonly read: number;
  /** The positions of the invalid events. */
  readonly invalid: readonly number[];
}

/** A summarizer of the scenario; invalid events are collected. */
function summarizerOf(
  { cost, query, now }: Scenario,
  options: { readonly deduplicate: boolean },
  invalid: number[] = [],
): CostSummarizer {
  const all: SummaryOptions = {
    ...options,
    clock: () => new Date(now),
    resolveSubject,
    onInvalidEvent: ({ index }) => invalid.push(index),
  };
  return new CostSummarizer(cost, query, all);
}

function summarize(scenario: Scenario, deduplicate = true): Outcome {
  const invalid: number[] = [];
  const summarizer = summarizerOf(scenario, { deduplicate }, invalid);
  for (const event of scenario.events) summarizer.add(event);
  const { used, read, withoutValue } = summarizer.events;
  expect(summarizer.events.invalid).toBe(invalid.length);
  return { summary: plainJson(summarizer.summary()), used, read, invalid, withoutValue };
}

/** The state of a part of the scenario's events, through JSON text. */
function stateOf(summarizer: CostSummarizer): SummarizerState {
  return JSON.parse(JSON.stringify(summarizer.state()));
}

/** Numbers as integers of one small unit. */
const unitsOf = (amount: string | null | undefined): bigint => unitsOfText(amount ?? "0");
const sumOf = (amounts: readonly string[]): bigint =>
  amounts.reduce((sum, amount) => sum + unitsOf(amount), 0n);

type Row = { readonly quantity: string; readonly cost: string };
const quantities = (rows: readonly Row[] = []): string[] => rows.map(({ quantity }) => quantity);

describe("the summary", () => {
  test("is what the rules say, taken one after the other in the plainest way", () => {
    fc.assert(
      fc.property(scenarios(), fc.boolean(), (scenario, deduplicate) => {
        const { cost, query, events, now } = scenario;
        const naive = naiveSummary(cost, events, query, { now, deduplicate, resolveSubject });
        expect(summarize(scenario, deduplicate)).toEqual({
          summary: naive.summary,
          used: naive.used,
          withoutValue: naive.withoutValue,
          read: events.length,
          invalid: naive.invalid,
        });
      }),
      { numRuns: runs(2_000) },
    );
  });
});

describe("the order of events", () => {
  const instantOf = ({ timestamp }: CostEvent, now: string): number => {
    const time = timestamp ?? now;
    return naiveInstant(typeof time === "string" ? time : time.toISOString());
  };
  const keyOf = ({ namespace, source, idempotencyKey }: CostEvent): string | undefined =>
    typeof idempotencyKey === "string"
      ? JSON.stringify([namespace ?? null, source ?? null, idempotencyKey])
      : undefined;

  /** Another order of the events, in which those that must keep their order do. */
  function reordered(
    events: readonly CostEvent[],
    mustKeepOrder: (a: CostEvent, b: CostEvent) => boolean,
    choices: readonly number[],
  ): CostEvent[] {
    const waiting = [...events];
    const order: CostEvent[] = [];
    for (let step = 0; waiting.length > 0; step++) {
      const free = waiting.filter((event, index) =>
        waiting.slice(0, index).every((earlier) => !mustKeepOrder(earlier, event)),
      );
      const next = free[(choices[step] ?? 0) % free.length] as CostEvent;
      waiting.splice(waiting.indexOf(next), 1);
      order.push(next);
    }
    return order;
  }

  test("does not matter, except among equal timestamps for LATEST and among equal keys", () => {
    fc.assert(
      fc.property(
        scenarios(),
        fc.boolean(),
        fc.array(fc.nat(), { minLength: 24, maxLength: 24 }),
        (scenario, deduplicate, choices) => {
          const isLatest = scenario.cost.aggregation === "LATEST";
          const events = reordered(
            scenario.events,
            (a, b) =>
              (deduplicate && keyOf(a) !== undefined && keyOf(a) === keyOf(b)) ||
              (isLatest && instantOf(a, scenario.now) === instantOf(b, scenario.now)),
            choices,
          );
          const inOrder = summarize(scenario, deduplicate);
          const inAnother = summarize({ ...scenario, events }, deduplicate);
          expect(inAnother.summary).toEqual(inOrder.summary);
          expect(inAnother.used).toBe(inOrder.used);
          expect(inAnother.invalid).toHaveLength(inOrder.invalid.length);
        },
      ),
      { numRuns: runs(800) },
    );
  });
});

describe.each(AGGREGATIONS)("parts of %s", (aggregation) => {
  const cuts = fc.array(fc.nat(24), { minLength: 1, maxLength: 3 });
  /** The events in contiguous parts. */
  const partsOf = (events: readonly CostEvent[], places: readonly number[]): CostEvent[][] => {
    const edges = [0, ...[...places].sort((a, b) => a - b), events.length];
    return edges.slice(1).map((edge, index) => events.slice(edges[index], edge));
  };
  /** Merges parts in order: each into the one before, or all into the first. */
  const merged = (
    scenario: Scenario,
    parts: readonly (readonly CostEvent[])[],
    deduplicate: boolean,
    fromTheEnd: boolean,
  ): CostSummarizer => {
    const summarizers = parts.map((events) => {
      const summarizer = summarizerOf(scenario, { deduplicate });
      for (const event of events) summarizer.add(event);
      return summarizer;
    });
    const into = (target: CostSummarizer, part: CostSummarizer): CostSummarizer => {
      target.merge(stateOf(part));
      return target;
    };
    return fromTheEnd
      ? summarizers.reduceRight((later, earlier) => into(earlier, later))
      : summarizers.reduce((earlier, later) => into(earlier, later));
  };
  const outcomeOf = (summarizer: CostSummarizer) => ({
    summary: plainJson(summarizer.summary()),
    events: summarizer.events,
  });

  test("whose keys are disjoint equal one pass, and without deduplication any parts do", () => {
    fc.assert(
      fc.property(
        scenarios([aggregation]),
        cuts,
        fc.boolean(),
        fc.boolean(),
        (scenario, places, deduplicate, fromTheEnd) => {
          const parts = partsOf(scenario.events, places).map((events, part) =>
            events.map((event) =>
              deduplicate && typeof event.idempotencyKey === "string"
                ? { ...event, idempotencyKey: `${event.idempotencyKey}#${part}` }
                : event,
            ),
          );
          const onePass = summarizerOf(scenario, { deduplicate });
          for (const event of parts.flat()) onePass.add(event);
          const inParts = merged(scenario, parts, deduplicate, fromTheEnd);
          expect(outcomeOf(inParts)).toEqual(outcomeOf(onePass));

          // And so it goes on: events that come after find the same keys and values.
          for (const event of parts.flat()) {
            onePass.add(event);
            inParts.add(event);
          }
          expect(outcomeOf(inParts)).toEqual(outcomeOf(onePass));
        },
      ),
      { numRuns: runs(300) },
    );
  });

  test("that share a key are refused with nothing changed, others equal one pass", () => {
    fc.assert(
      fc.property(scenarios([aggregation]), fc.nat(24), (scenario, place) => {
        const { cost, query, now } = scenario;
        const [first = [], second = []] = partsOf(scenario.events, [place]);
        const keysOf = (events: readonly CostEvent[]): readonly string[] =>
          naiveSummary(cost, events, query, { now, deduplicate: true, resolveSubject }).keys;
        const keys = keysOf(first);
        const isShared = keysOf(second).some((key) => keys.includes(key));

        const [summarizer, part] = [first, second].map((events) => {
          const made = summarizerOf(scenario, { deduplicate: true });
          for (const event of events) made.add(event);
          return made;
        }) as [CostSummarizer, CostSummarizer];
        const before = [stateOf(summarizer), outcomeOf(summarizer)];
        if (isShared) {
          expect(pathsOf(inputIssuesOf(() => summarizer.merge(stateOf(part))))).toEqual([["keys"]]);
          expect([stateOf(summarizer), outcomeOf(summarizer)]).toEqual(before);
        } else {
          summarizer.merge(stateOf(part));
          const onePass = summarizerOf(scenario, { deduplicate: true });
          for (const event of scenario.events) onePass.add(event);
          const { summary, events } = outcomeOf(summarizer);
          expect(summary).toEqual(plainJson(onePass.summary()));
          expect(events.used).toBe(onePass.events.used);
          // The part looks at a value out of bounds that one pass does not, as it knows the event for a duplicate.
          expect(events.invalid).toBeGreaterThanOrEqual(onePass.events.invalid);
        }
      }),
      { numRuns: runs(300) },
    );
  });
});

/** Always with both breakdowns, one or two dimensions, and no filter of the query's own. */
const brokenDown = (...aggregations: readonly (typeof AGGREGATIONS)[number][]) =>
  fc
    .tuple(
      fc.constantFrom<unknown>("d", "e", ["d", "e"], ["__p", "d"]),
      fc.constantFrom("MINUTE", "HOUR", "DAY"),
    )
    .chain(([groupBy, window]) => scenarios(aggregations, { groupBy, window, filter: undefined }));

describe("rows", () => {
  test.each(["SUM", "COUNT"] as const)("of %s add up to the total", (aggregation) => {
    fc.assert(
      fc.property(brokenDown(aggregation), (scenario) => {
        const {
          totalQuantity,
          totalCost,
          groups = [],
          timeSeries = [],
        } = summarize(scenario).summary;
        for (const rows of [groups, timeSeries]) {
          expect(sumOf(quantities(rows))).toBe(unitsOf(totalQuantity));
          expect(sumOf(rows.map(({ cost }) => cost))).toBe(unitsOf(totalCost));
        }
      }),
      { numRuns: runs(400) },
    );
  });

  test.each(["MIN", "MAX"] as const)("of %s have the total as their extreme", (aggregation) => {
    fc.assert(
      fc.property(brokenDown(aggregation), (scenario) => {
        const { totalQuantity, groups, timeSeries } = summarize(scenario).summary;
        for (const rows of [groups, timeSeries]) {
          const units = quantities(rows).map(unitsOf);
          expect(units.length === 0).toBe(totalQuantity === null);
          if (totalQuantity === null) continue;
          const total = unitsOf(totalQuantity);
          expect(units).toContain(total);
          for (const quantity of units) {
            expect(aggregation === "MIN" ? quantity >= total : quantity <= total).toBe(true);
          }
        }
      }),
      { numRuns: runs(400) },
    );
  });

  test("of UNIQUE_COUNT: the total is at most their sum and at least each of them", () => {
    fc.assert(
      fc.property(brokenDown("UNIQUE_COUNT"), (scenario) => {
        const { totalQuantity, groups, timeSeries } = summarize(scenario).summary;
        const total = unitsOf(totalQuantity);
        for (const rows of [groups, timeSeries]) {
          expect(total <= sumOf(quantities(rows))).toBe(true);
          for (const quantity of quantities(rows)) expect(unitsOf(quantity) <= total).toBe(true);
        }
      }),
      { numRuns: runs(400) },
    );
  });

  test("of AVG have the total between them, and LATEST is one of its rows", () => {
    fc.assert(
      fc.property(brokenDown("AVG", "LATEST"), (scenario) => {
        const { totalQuantity, groups, timeSeries } = summarize(scenario).summary;
        for (const rows of [groups, timeSeries]) {
          const units = quantities(rows).map(unitsOf);
          expect(units.length === 0).toBe(totalQuantity === null);
          if (totalQuantity === null) continue;
          const total = unitsOf(totalQuantity);
          if (scenario.cost.aggregation === "LATEST") expect(units).toContain(total);
          else if (units.length === 1) expect(units).toEqual([total]);
          else {
            expect(units.some((quantity) => quantity <= total)).toBe(true);
            expect(units.some((quantity) => quantity >= total)).toBe(true);
          }
        }
      }),
      { numRuns: runs(400) },
    );
  });
});

describe("a filter on one value", () => {
  const none = (aggregation: unknown): string | null =>
    aggregation === "SUM" || aggregation === "COUNT" || aggregation === "UNIQUE_COUNT" ? "0" : null;
  /** The filter whose text is that of a group: as it may be given, and as the group has it. */
  const filters = DIMENSION_VALUES.filter(
    (value) => value === null || ["string", "number", "boolean"].includes(typeof value),
  ) as readonly (string | number | boolean | null)[];

  test("equals that value's group, and one on a value of no group has nothing", () => {
    fc.assert(
      fc.property(
        scenarios(AGGREGATIONS, { filter: undefined }),
        fc.constantFrom("d", "e", "__p", "x,y"),
        fc.oneof(fc.constantFrom("a", "b", "", null, 1), fc.constantFrom(...filters)),
        (scenario, name, value) => {
          const query = { ...scenario.query, groupBy: [name] };
          const outcome = summarize({ ...scenario, query });
          const { groups = [] } = outcome.summary;
          const ofValue = groups.filter(({ dimensions }) => dimensions[name] === String(value));
          const filterGroupBy = { [name]: value };
          const filtered = summarize({ ...scenario, query: { ...query, filterGroupBy } }).summary;
          expect(filtered.totalQuantity).toBe(
            ofValue[0]?.quantity ?? none(scenario.cost.aggregation),
          );
          expect(filtered.totalCost).toBe(ofValue[0]?.cost ?? none(scenario.cost.aggregation));
          expect(filtered.groups).toEqual(ofValue);
        },
      ),
      { numRuns: runs(800) },
    );
  });

  test("on every dimension of a row equals that row", () => {
    fc.assert(
      fc.property(
        scenarios(AGGREGATIONS, { filter: undefined, groupBy: ["__p", "d", "e"] }),
        (scenario) => {
          const outcome = summarize(scenario);
          for (const row of outcome.summary.groups ?? []) {
            const query = { ...scenario.query, filterGroupBy: row.dimensions };
            const { totalQuantity, totalCost } = summarize({ ...scenario, query }).summary;
            expect([totalQuantity, totalCost]).toEqual([row.quantity, row.cost]);
          }
        },
      ),
      { numRuns: runs(300) },
    );
  });

  test("an array of values equals their groups together", () => {
    fc.assert(
      fc.property(
        scenarios(["SUM", "COUNT"], { filter: undefined }),
        fc.constantFrom("d", "e"),
        fc.array(fc.constantFrom(...filters), { minLength: 1, maxLength: 5 }),
        (scenario, name, values) => {
          const query = { ...scenario.query, groupBy: [name] };
          const outcome = summarize({ ...scenario, query });
          const { groups = [] } = outcome.summary;
          const texts = values.map(String);
          const chosen = groups.filter(({ dimensions }) => texts.includes(dimensions[name] ?? ""));
          const filterGroupBy = { [name]: values };
          const filtered = summarize({ ...scenario, query: { ...query, filterGroupBy } }).summary;
          expect(filtered.groups).toEqual(chosen);
          expect(unitsOf(filtered.totalQuantity)).toBe(sumOf(quantities(chosen)));
        },
      ),
      { numRuns: runs(300) },
    );
  });
});

test("a text counts for exactly what its digits say, however many they are", () => {
  const digits = fc.string({ unit: fc.constantFrom(..."0123456789"), maxLength: 12 });
  const texts = fc
    .tuple(fc.constantFrom("", "-", "+"), digits, fc.constantFrom("", "."), digits)
    .filter(([, whole, , fraction]) => whole !== "" || fraction !== "");
  fc.assert(
    fc.property(fc.array(texts, { minLength: 1, maxLength: 20 }), (parts) => {
      const events = parts.map((part) => eventWith(part.join("")));
      // All as integers of the twelfth decimal.
      const units = parts.map(([sign, whole, point, fraction]) => {
        const all =
          point === "" ? `${whole}${fraction}${"0".repeat(12)}` : whole + fraction.padEnd(12, "0");
        return sign === "-" ? -BigInt(all) : BigInt(all);
      });
      const sum = units.reduce((total, unit) => total + unit, 0n);
      expect(new Decimal(totalOf(costOf(), events) ?? "").times("1e12").toFixed()).toBe(
        String(sum),
      );
    }),
    { numRuns: runs(1_000) },
  );
});
