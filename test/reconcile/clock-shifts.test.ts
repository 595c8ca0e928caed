import { formatReconciliation, reconcile } from "metered-costs/summary";
import { describe, expect, test } from "vitest";
import { answerOf, type ServerRule, shifted, sourceOutage, windowOffset } from "./servers.ts";
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

/** The offsets from UTC that places have. */
const OFFSETS = [
  ...["-12:00", "-11:00", "-10:00", "-09:30", "-09:00", "-08:00", "-07:00", "-06:00", "-05:00"],
  ...["-04:00", "-03:30", "-03:00", "-02:30", "-02:00", "-01:00", "+01:00", "+02:00", "+03:00"],
  ...["+03:30", "+04:00", "+04:30", "+05:00", "+05:30", "+05:45", "+06:00", "+06:30", "+07:00"],
  ...["+08:00", "+08:45", "+09:00", "+09:30", "+10:00", "+10:30", "+11:00", "+12:00", "+12:45"],
  ...["+13:00", "+13:45", "+14:00"],
].map((text): [text: string, minutes: number] => {
  const [hours = "", minutes = ""] = text.slice(1).split(":");
  return [text, (text.startsWith("-") ? -1 : 1) * (60 * Number(hours) + Number(minutes))];
});

describe.each(OFFSETS)("windows of %s", (utcOffset, minutes) => {
  test.each([
    ["DAY", "instants"],
    ["DAY", "wall-clock"],
    ["HOUR", "instants"],
    ["HOUR", "wall-clock"],
  ] as const)("of a %s, labelled by %s, are found", (window, labels) => {
    const { best } = explained(windowOffset(minutes, labels), {
      window,
      count: window === "DAY" ? 200 : 80,
    });
    // An hour's windows are the same at every full hour; their labels are not.
    if (window === "HOUR" && labels === "instants" && minutes % 60 === 0) {
      expect(best).toEqual([]);
      return;
    }
    // The same instants begin windows of two offsets that lie a day, or an hour, apart.
    const found = best.find(
      ({ hypotheses: [one] }) => one?.parameters?.["utcOffset"] === utcOffset,
    );
    expect(found).toMatchObject({
      hypotheses: [{ id: "window-offset", parameters: { utcOffset, labels } }],
      exact: true,
      advice: expect.stringContaining(`the clock at ${utcOffset}, not UTC`),
    });
    const apart = window === "DAY" ? 1_440 : 60;
    const same = OFFSETS.filter(([, other]) => (other - minutes) % apart === 0);
    expect(best).toHaveLength(labels === "instants" ? same.length : 1);
  });

  test("of events of one source are found", () => {
    const { best } = explained(shifted(minutes / 60, B), { window: "HOUR", count: 80 });
    const hours = minutes / 60;
    const size = Math.abs(hours);
    const way = hours > 0 ? "later" : "earlier";
    expect(best).toMatchObject([
      {
        hypotheses: [{ id: "source-shifted", parameters: { source: B, hours } }],
        exact: true,
        advice: expect.stringContaining(
          `"${B}" ${size} ${size === 1 ? "hour" : "hours"} ${way} than`,
        ),
      },
    ]);
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
