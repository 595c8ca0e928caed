import {
  type CostDefinition,
  type CostEvent,
  type CostSummaryParams,
  reconcile,
  summarizeCost,
} from "metered-costs/summary";
import { describe, expect, test } from "vitest";
import { costOf, JUNE } from "../summary/events.ts";

const NAMES = ["ann", "bob", "cem"];
const START = Date.UTC(2026, 5, 15, 12);
const timeAt = (at: number): number => START + 7_000 + at * 20_000;
/** Three events of each of 16 minutes, none at the beginning of one. */
const EVENTS = Array.from({ length: 48 }, (_, at) => ({
  type: "call",
  timestamp: new Date(timeAt(at)),
  idempotencyKey: `k${at}`,
  data: {
    value: 1_009 + ((at * at * 7_919) % 9_973),
    other: 5_003 + ((at * 104_729) % 7_331),
    usage: {
      tokens: 11 + ((at * 1_299_709) % 8_887),
      model: NAMES[(at * at + (at >> 3)) % 3] ?? "",
    },
    user: `user_${(at * 11) % 23}`,
    account: `acc_${(at * 7) % 17}`,
    model: NAMES[(at * 7 + (at >> 2)) % 3] ?? "",
    kind: NAMES[(at * 5 + (at >> 1)) % 3] ?? "",
  },
}));

const TOTAL = {};
const GROUPS = { groupBy: "model" };
const WINDOWS = { window: "MINUTE" };
const BOTH = { groupBy: "model", window: "MINUTE" };
const NUMERIC = ["SUM", "AVG", "MIN", "MAX", "LATEST"];

/** The best explanations of a server with another definition, or that received other events. */
function bestOf(
  query: object,
  local: Partial<CostDefinition>,
  server: Partial<CostDefinition>,
  received: readonly CostEvent[] = EVENTS,
) {
  const asked = { ...JUNE, ...query } as CostSummaryParams;
  const answer = summarizeCost(costOf({ ...local, ...server }), received, asked);
  const result = reconcile({
    cost: costOf({ ...local }),
    events: EVENTS,
    query: asked,
    server: answer,
  });
  return result.explanations
    .filter(({ rank }) => rank === 1)
    .map(({ hypotheses, exact, events, advice }) => ({
      hypotheses,
      exact,
      events: [...events.all()].map(({ index }) => index),
      advice,
    }));
}
const all = [...EVENTS.keys()];

describe("another aggregation", () => {
  const pairs = NUMERIC.flatMap((local) =>
    [...NUMERIC, "COUNT"].filter((one) => one !== local).map((server) => [local, server] as const),
  );
  test.each(pairs)("%s where the server has %s, is found", (local, server) => {
    // A total says little of an aggregation that does not add up.
    const isProven = local === "SUM" || local === "AVG";
    for (const query of isProven ? [TOTAL, GROUPS, WINDOWS, BOTH] : [WINDOWS, BOTH]) {
      expect(bestOf(query, { aggregation: local }, { aggregation: server })).toContainEqual({
        hypotheses: [{ id: "other-aggregation", parameters: { local, server } }],
        exact: true,
        events: [],
        advice: `The server's cost has the aggregation ${server}, yours has ${local}: compare the two definitions.`,
      });
    }
  });

  test.each([
    ["COUNT", "SUM", "$.usage.tokens"],
    ["COUNT", "SUM", "$.other"],
  ])("%s where the server has %s of %s, is found", (local, server, path) => {
    const counted = { aggregation: local, valueProperty: undefined };
    for (const query of [TOTAL, GROUPS, WINDOWS, BOTH]) {
      const [best] = bestOf(query, counted, { aggregation: server, valueProperty: path });
      expect(best).toMatchObject({
        hypotheses: [{ id: "other-aggregation", parameters: { local, server, path } }],
        exact: true,
        advice: `The server's cost has the aggregation ${server} of ${path}, yours has ${local}: compare the two definitions.`,
      });
    }
  });
});

describe("another path", () => {
  const numeric = NUMERIC.flatMap((aggregation) =>
    ["$.other", "$.usage.tokens"].map((path) => [aggregation, "$.value", path] as const),
  );
  test.each([...numeric, ["UNIQUE_COUNT", "$.user", "$.account"] as const])(
    "of the value of %s, %s where the server has %s, is found",
    (aggregation, valueProperty, path) => {
      for (const query of [TOTAL, GROUPS, WINDOWS, BOTH]) {
        const best = bestOf(query, { aggregation, valueProperty }, { valueProperty: path });
        expect(best).toContainEqual({
          hypotheses: [{ id: "definition-changed", parameters: { path } }],
          exact: true,
          events: all,
          advice: `The server reads the value at ${path}: check when the definition of the cost was changed.`,
        });
      }
    },
  );

  test.each(["$.kind", "$.usage.model"])("of a dimension, %s, is found", (path) => {
    for (const query of [GROUPS, BOTH]) {
      expect(bestOf(query, {}, { groupBy: { model: path, region: "$.region" } })).toEqual([
        {
          hypotheses: [{ id: "definition-changed", parameters: { path, dimension: "model" } }],
          exact: true,
          events: all,
          advice: `The server reads the dimension model at ${path}: check when the definition of the cost was changed.`,
        },
      ]);
    }
  });
});

describe.each(["from", "until"] as const)("another path %s an instant", (side) => {
  const isOther = (index: number, at: number): boolean =>
    side === "from" ? index >= at : index < at;
  const indexesOf = (at: number): number[] => all.filter((index) => isOther(index, at));
  const at = (time: number): string => new Date(time).toISOString();
  const instants = [6, 7, 8, 9, 10, 11, 12, 20, 30, 31, 32, 40];

  test.each(instants)("is found for the value, at the event %d", (index) => {
    const received = EVENTS.map((event, place) =>
      isOther(place, index)
        ? { ...event, data: { ...event.data, value: event.data.other } }
        : event,
    );
    // Between two windows there is no event that tells when it was.
    const isBetween = index % 3 === 0;
    const time = at(isBetween ? START + (index / 3) * 60_000 : timeAt(index));
    for (const query of [WINDOWS, BOTH]) {
      expect(bestOf(query, {}, {}, received)).toMatchObject([
        {
          hypotheses: [{ id: "definition-changed", parameters: { path: "$.other", [side]: time } }],
          exact: true,
          events: indexesOf(index),
        },
      ]);
    }
  });

  // The value before the instant must tell: else it may have been earlier.
  const telling = all.filter((index) => {
    const { model, kind } = EVENTS[index - 1]?.data ?? {};
    return index >= 9 && index <= 40 && model !== kind;
  });
  test.each(telling)("is found for a dimension, at the event %d", (index) => {
    const received = EVENTS.map((event, place) =>
      isOther(place, index) ? { ...event, data: { ...event.data, model: event.data.kind } } : event,
    );
    const parameters = { path: "$.kind", dimension: "model", [side]: at(timeAt(index)) };
    for (const query of [GROUPS, BOTH]) {
      expect(bestOf(query, {}, {}, received)).toMatchObject([
        {
          hypotheses: [{ id: "definition-changed", parameters }],
          exact: true,
          events: indexesOf(index),
        },
      ]);
    }
  });
});

test("a path that only the later events of a long log have is found", () => {
  const events = Array.from({ length: 400 }, (_, at) => {
    const other = at < 200 ? undefined : 5_003 + ((at * 104_729) % 7_331);
    return { ...EVENTS[0], timestamp: new Date(timeAt(at)), data: { value: 1_009 + at, other } };
  }) as CostEvent[];
  const received = events.map((event, at) =>
    at < 200 ? event : { ...event, data: { value: (event.data as { other: number }).other } },
  );
  const query = { ...JUNE, window: "MINUTE" } as const;
  const options = { deduplicate: false };
  const server = summarizeCost(costOf(), received, query, options);
  const { explanations } = reconcile({ cost: costOf(), events, query, server }, options);
  const from = new Date(timeAt(200)).toISOString();
  expect(explanations[0]?.hypotheses).toEqual([
    { id: "definition-changed", parameters: { path: "$.other", from } },
  ]);
});
