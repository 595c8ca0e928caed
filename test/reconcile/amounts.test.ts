import { type CostEvent, Decimal, reconcile } from "metered-costs/summary";
import { describe, expect, test } from "vitest";
import { answerOf, factor, rounding, type Setup, unitCostChanged } from "./servers.ts";
import { SMALL_SCENES } from "./small-logs.ts";

const [scene] = SMALL_SCENES;
if (scene === undefined) throw new Error("no scene");
const { setup } = scene;

const bestOf = (server: ReturnType<typeof answerOf>, { cost, events, query }: Setup) =>
  reconcile({ cost, events, query, server }).explanations.filter(({ rank }) => rank === 1);

describe.each([
  ...["100", "0.01", "1000", "0.001", "1000000", "0.000001", "10", "0.1", "10000", "0.0001"],
  ...["1000000000", "0.000000001", "60", "3600", "24", "8", "0.125", "1024", "1048576"],
  ...["0.0009765625", "0.00000095367431640625"],
])("amounts that are %s times ours", (by) => {
  test.each(["cost", "quantity", "both"] as const)("are found, of %s", (of) => {
    const what = {
      cost: "costs are",
      quantity: "quantities are",
      both: "quantities and costs are",
    };
    expect(bestOf(answerOf(factor(by, of)(setup)), setup)).toMatchObject([
      {
        hypotheses: [{ id: "constant-factor", parameters: { factor: by, of } }],
        exact: true,
        advice: expect.stringContaining(`The server's ${what[of]} ${by} times yours: `),
      },
    ]);
  });
});

describe.each([2, 3, 4, 5, 6])("costs rounded to %d places", (places) => {
  // A half of the last place for every odd value.
  const halves = { ...setup, cost: { ...setup.cost, unitCost: `0.${"0".repeat(places)}5` } };

  test.each([
    ["event", "half-up"],
    ["event", "half-even"],
    ["group", "half-up"],
    ["group", "half-even"],
    ["window", "half-up"],
    ["window", "half-even"],
    ["amount", "half-up"],
    ["amount", "half-even"],
  ] as const)("are found, per %s, %s", (per, mode) => {
    const best = bestOf(answerOf(rounding(places, per, mode)(halves)), halves);
    expect(best).toContainEqual(
      expect.objectContaining({
        hypotheses: [{ id: "cost-rounded", parameters: { places, per, mode } }],
        exact: true,
      }),
    );
  });
});

// Beyond 2^53 of the last place, and below -2^53: an integer, and one with a fraction.
test.each([
  "9007199254740993",
  "-90071992547409931",
  "12345678901234567890123",
  "900719925474099.25",
])("costs of values like %s, rounded one by one, are found", (value) => {
  for (const [unitCost, mode] of [
    ["0.005", "half-up"],
    ["0.005", "half-even"],
    ["0.015", "half-even"],
    ["100", "half-up"],
  ] as const) {
    const events = setup.events.map((event, at) => ({
      ...event,
      data: {
        ...event.data,
        value: new Decimal(value).plus(new Decimal(at * at).div(4)).toFixed(),
      },
    }));
    const large = { ...setup, events, cost: { ...setup.cost, unitCost } };
    const server = answerOf(rounding(2, "event", mode)(large));
    const isAsExact = server.totalCost?.equals(answerOf(large).totalCost ?? 0);
    const isAsHalfUp = server.totalCost?.equals(
      answerOf(rounding(2, "event")(large)).totalCost ?? 0,
    );
    // Of two ways with the same costs, the first is named.
    const parameters = { places: 2, per: "event", mode: isAsHalfUp ? "half-up" : mode };
    const best = bestOf(server, large);
    expect(best.map(({ exact, hypotheses }) => [exact, ...hypotheses])).toEqual(
      isAsExact ? [] : [[true, { id: "cost-rounded", parameters }]],
    );
  }
});

describe("a unit cost that changed", () => {
  const startOf = Date.parse("2026-06-15T12:00:00Z");
  const atSecond = (second: number): string => new Date(startOf + second * 1_000).toISOString();
  const changes = Array.from({ length: 35 }, (_, at) => 10 * (at + 1));

  // One window alone could be divided by anything: there must be two before the change, and two after it.
  test.each(changes)("after %d seconds of six minutes", (second) => {
    const at = atSecond(second);
    const best = bestOf(answerOf(unitCostChanged(at, "0.003")(setup)), setup);
    if (second < 120 || second > 240) {
      expect(best).toEqual([]);
      return;
    }
    expect(best).toMatchObject([
      {
        hypotheses: [
          { id: "unit-cost-changed", parameters: { at, before: "0.0025", after: "0.003" } },
        ],
        exact: true,
        advice: expect.stringContaining(
          `The server charged 0.0025 from ${atSecond(0)}, then 0.003 from ${at}: `,
        ),
      },
    ]);
  });

  test.each(changes)("after %d seconds, as the caller says, of a total alone", (second) => {
    const { groupBy: _, window: __, ...query } = setup.query;
    const total = { ...setup, query };
    const at = atSecond(second);
    const server = answerOf(unitCostChanged(at, "0.003")(total));
    const unitCostHistory = [{ from: at, unitCost: "0.003" }];
    const result = reconcile({ ...total, server }, { unitCostHistory });
    expect(result.explanations[0]).toMatchObject({
      hypotheses: [
        { id: "unit-cost-changed", parameters: { at, before: "0.0025", after: "0.003" } },
      ],
      exact: true,
    });
  });
});

describe("a unit cost that changed, in windows of which some add up to nothing", () => {
  // 0 in the first, third and last minute: nothing can be divided by that.
  const events = setup.events.map((event, at) => {
    const isNothing = [0, 2, 5].includes(Math.floor(at / 6));
    return isNothing ? { ...event, data: { ...event.data, value: 0 } } : event;
  });
  const bestAt = (at: string, to: string, some = events) => {
    const changed = { ...setup, events: some, query: { ...setup.query, to } };
    return bestOf(answerOf(unitCostChanged(at, "0.003")(changed)), changed);
  };

  test("is not told where fewer than two windows on each side have a quantity", () => {
    // Of the minutes 1, 3 and 4 one alone is before the change.
    expect(bestAt("2026-06-15T12:02:30.000Z", "2026-06-15T12:06:30.000Z")).toEqual([]);
  });

  test("is found by the others", () => {
    const double = [...events, ...events.map((event, at) => later(event, at))];
    const at = "2026-06-15T12:07:20.000Z";
    expect(bestAt(at, "2026-06-15T12:12:00.000Z", double)).toMatchObject([
      {
        hypotheses: [
          { id: "unit-cost-changed", parameters: { at, before: "0.0025", after: "0.003" } },
        ],
        exact: true,
      },
    ]);
  });
});

/** The event six minutes later, under another key. */
function later(event: CostEvent, at: number): CostEvent {
  const timestamp = new Date(Date.parse(String(event.timestamp)) + 360_000).toISOString();
  return { ...event, timestamp, idempotencyKey: `later-${at}` };
}
