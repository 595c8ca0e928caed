import { type CostEvent, explainEvent, type SummaryOptions } from "metered-costs/summary";
import { describe, expect, test } from "vitest";
import { costOf, eventOf, inputIssuesOf, JUNE } from "../summary/events.ts";

type Changes = Readonly<Record<string, unknown>>;

const cost = costOf({
  unitCost: "0.5",
  currency: "USD",
  eventType: "llm.usage",
  valueProperty: "$.usage.tokens",
  merchantId: "org_1",
});
const event = (changes: Changes = {}): CostEvent =>
  eventOf({ type: "llm.usage", data: { usage: { tokens: 12 }, model: "large" }, ...changes });
const explained = (changes: Changes, query: Changes = {}, options: SummaryOptions = {}) => {
  const { counts, reason, message, quantity } = explainEvent(
    cost,
    event(changes),
    { ...JUNE, ...query },
    options,
  );
  expect(counts).toBe(false);
  expect(quantity).toBeNull();
  return { reason, message };
};

describe("an event that counts", () => {
  test("says its value, where it was read, its dimensions, its window and its cost", () => {
    const result = explainEvent(cost, event(), { ...JUNE, window: "HOUR" });
    expect(JSON.parse(JSON.stringify(result))).toEqual({
      counts: true,
      message: "It counts with 12 from $.usage.tokens: alone it costs 6 USD.",
      value: { path: "$.usage.tokens", read: "12" },
      dimensions: { model: "large", region: "" },
      timestamp: "2026-06-15T12:00:00.000Z",
      window: { windowStart: "2026-06-15T12:00:00.000Z", windowEnd: "2026-06-15T13:00:00.000Z" },
      quantity: "12",
      cost: "6",
    });
  });

  test("needs no query: every time and every subject will do", () => {
    const { counts, window } = explainEvent(cost, event({ timestamp: "1969-01-01T00:00:00Z" }));
    expect([counts, window]).toEqual([true, undefined]);
  });

  test("counts as one where events are counted, and by its text where distinct values are", () => {
    const count = explainEvent(costOf({ aggregation: "COUNT", unitCost: "3" }), eventOf());
    expect([count.quantity?.toString(), count.cost?.toString(), count.value]).toEqual([
      "1",
      "3",
      undefined,
    ]);
    expect(count.message).toBe("It counts: alone it costs 3.");
    const unique = explainEvent(costOf({ aggregation: "UNIQUE_COUNT" }), eventOf());
    expect([unique.quantity?.toString(), unique.value]).toEqual([
      "1",
      { path: "$.value", read: "1" },
    ]);
  });

  test("quotes a text that counts, which may be empty or have spaces", () => {
    const unique = costOf({ aggregation: "UNIQUE_COUNT", currency: "USD" });
    const messages = ["", "from here"].map(
      (value) => explainEvent(unique, eventOf({ data: { value } })).message,
    );
    expect(messages).toEqual([
      'It counts with "" from $.value: alone it costs 1 USD.',
      'It counts with "from here" from $.value: alone it costs 1 USD.',
    ]);
  });
});

describe("an event that does not count says why, and what would have worked", () => {
  test("duplicate", () => {
    const same = event({ idempotencyKey: "k", source: "s" });
    const earlier = [event(), same];
    const { reason, message } = explainEvent(cost, same, JUNE, { earlier });
    expect(reason).toBe("duplicate");
    expect(message).toMatch(/^Event 1 has the same idempotency key "k"/);
    const other = event({ idempotencyKey: "k", source: "t" });
    expect(explainEvent(cost, other, JUNE, { earlier }).counts).toBe(true);
  });

  test("duplicate of the first of several, whatever lies between", () => {
    const twice = [event({ idempotencyKey: "a" }), event(), event({ idempotencyKey: "b" })];
    const earlier = [...twice, ...twice];
    for (const [idempotencyKey, first] of [
      ["a", 0],
      ["b", 2],
    ] as const) {
      const { message } = explainEvent(cost, event({ idempotencyKey }), JUNE, { earlier });
      expect(message).toContain(`Event ${first} has the same idempotency key`);
    }
  });

  test("other-type", () => {
    expect(explained({ type: "llm.Usage" })).toEqual({
      reason: "other-type",
      message: 'The type "llm.Usage" differs from "llm.usage" only in case.',
    });
    expect(explained({ type: "llm.usage " }).message).toMatch(/only in spaces around it/);
    expect(explained({ type: "llm_usage" }).message).toMatch(/case, spaces and punctuation/);
    expect(explained({ type: "other" }).message).toBe('The type "other" is not "llm.usage".');
    const spaced = costOf({ eventType: " call " });
    expect(explainEvent(spaced, eventOf(), JUNE).message).toMatch(/only in spaces around it/);
    expect(explained({ type: "llm usage!" }).message).toMatch(/case, spaces and punctuation/);
  });

  test("other-namespace", () => {
    expect(explained({ namespace: "ORG_1" })).toEqual({
      reason: "other-namespace",
      message: 'The namespace "ORG_1" differs from "org_1" only in case.',
    });
  });

  test("other-subject", () => {
    const query = { subject: "cus_1" };
    expect(explained({ subject: "cus_2" }, query)).toEqual({
      reason: "other-subject",
      message: 'The subject "cus_2" is not "cus_1".',
    });
    expect(explained({}, query)).toEqual({
      reason: "other-subject",
      message: 'It has no subject; the query is for "cus_1".',
    });
  });

  test("unresolved-subject", () => {
    const query = { subject: "cus_1" };
    const { reason, message } = explained({ externalSubject: "x1" }, query);
    expect(reason).toBe("unresolved-subject");
    expect(message).toMatch(/pass resolveSubject, or send a subject/);
    expect(explained({ externalSubject: "cus_1" }, query).message).toMatch(/send it as subject/);
    const options = { resolveSubject: () => "cus_2" };
    expect(explained({ externalSubject: "x1" }, query, options).reason).toBe("other-subject");
  });

  test("before", () => {
    expect(explained({ timestamp: "2026-05-31T22:00:00Z" })).toEqual({
      reason: "before",
      message:
        "Its time 2026-05-31T22:00:00.000Z is 2 hours before the range, which begins at 2026-06-01T00:00:00.000Z.",
    });
    for (const [timestamp, length] of [
      ["2026-05-31T23:59:59.998Z", "2 milliseconds"],
      ["2026-05-31T23:59:59Z", "1 second"],
      ["2026-05-31T23:58:30Z", "1 minute"],
      ["2026-05-31T23:00:00Z", "1 hour"],
      ["2026-05-31T00:00:00Z", "1 day"],
      ["2026-05-28T20:00:00Z", "3 days"],
    ]) {
      expect(explained({ timestamp }).message).toContain(`is ${length} before the range`);
    }
  });

  test("after", () => {
    expect(explained({ timestamp: "2026-07-01T00:00:00.001Z" })).toMatchObject({
      reason: "after",
      message: expect.stringContaining("1 millisecond after the range"),
    });
    expect(explained({ timestamp: JUNE.to }).message).toMatch(/the very end of the range/);
  });

  test("filtered", () => {
    expect(explained({}, { filterGroupBy: { model: "Large" } })).toEqual({
      reason: "filtered",
      message: 'The dimension model "large" differs from "Large" only in case.',
    });
    expect(explained({}, { filterGroupBy: { model: "small" } }).message).toBe(
      'The dimension model "large" is not "small".',
    );
    // The first filter that does not let it pass is named, not the first of all.
    const both = { filterGroupBy: { model: "large", region: "eu" } };
    expect(explained({}, both).message).toBe('The dimension region "" is not "eu".');
    const numbered = { usage: { tokens: 1 }, Model: 7, model: "" };
    expect(explained({ data: numbered }, { filterGroupBy: { model: "large" } }).message).toBe(
      'The dimension model "" is not "large".',
    );
    const empty = { usage: { tokens: 1 }, model: "", request: { model: "large" } };
    expect(explained({ data: empty }, { filterGroupBy: { model: "large" } }).message).toBe(
      'The dimension model "" is not "large"; $.model has no text, but $.request.model exists.',
    );
    const data = { usage: { tokens: 1 }, request: { model: "large" } };
    expect(explained({ data }, { filterGroupBy: { model: ["large", "small"] } }).message).toBe(
      'The dimension model "" is not any of "large", "small"; $.model has no text, but $.request.model exists.',
    );
  });

  test("no-value", () => {
    const message = (data: object): string => {
      const result = explained({ data });
      expect(result.reason).toBe("no-value");
      return result.message;
    };
    expect(message({ tokens: 12 })).toBe("$.usage.tokens is missing, but $.tokens exists.");
    expect(message({ usage: { Tokens: 12 } })).toBe(
      "$.usage.tokens is missing, but $.usage.Tokens exists.",
    );
    expect(message({ usage: { tokens_total: 1, Tokens: 2 } })).toMatch(
      /but \$\.usage\.Tokens exists/,
    );
    expect(message({ usage: { total_tokens: "7" } })).toMatch(/but \$\.usage\.total_tokens exists/);
    expect(message({ usage: { tokens: null } })).toMatch(/is null, which counts as if absent/);
    expect(message({ usage: [{ tokens: 1 }] })).toMatch(
      /\$\.usage is an array, and paths do not lead/,
    );
    expect(message({})).toBe("$.usage.tokens is missing.");
    expect(message({ usage: 5 })).toBe("$.usage.tokens is missing ($.usage is no object).");
    const beside = { ...event({ data: {} }), usage: { tokens: 1 } };
    expect(explainEvent(cost, beside, JUNE).message).toBe(
      '$.usage.tokens is missing, but the event has "usage" beside its data: paths lead into data.',
    );
  });

  test("no-value, with the member whose name is most alike", () => {
    const near = (data: object): string | undefined =>
      /, but (\S+) exists\.$/.exec(explained({ data }).message)?.[1];
    // The same name counts more than another case, another case more than a part of the name.
    expect(near({ TOKENS: 1, inner: { tokens: 2 } })).toBe("$.inner.tokens");
    expect(near({ inner: { tokens: 2 }, other: { TOKENS: 1 } })).toBe("$.inner.tokens");
    expect(near({ total_tokens: 1, inner: { to_kens: 2 } })).toBe("$.inner.to_kens");
    // Of equals, the first; of names that have nothing in common, none.
    expect(near({ a: { tokens: 1 }, b: { tokens: 2 } })).toBe("$.a.tokens");
    expect(near({ calls: 1, seconds: 2 })).toBeUndefined();
    // Three letters are a name, two are chance.
    expect(near({ tok: 1 })).toBe("$.tok");
    expect(near({ to: 1 })).toBeUndefined();
    // What a path cannot name, or what does not count, is no help.
    expect(near({ "tokens in": 1, "in tokens": 2 })).toBeUndefined();
    expect(near({ tokens: "many", inner: { tokens: "3" } })).toBe("$.inner.tokens");
    expect(near({ tokens: "many" })).toBeUndefined();
  });

  test("no-value, where the search for such a member ends", () => {
    const nested = (depth: number): object =>
      depth === 0 ? { tokens: 1 } : { inside: nested(depth - 1) };
    expect(explained({ data: nested(7) }).message).toMatch(/inside\.tokens exists/);
    expect(explained({ data: nested(8) }).message).toBe("$.usage.tokens is missing.");
    const many = (count: number): object =>
      Object.fromEntries(Array.from({ length: count }, (_, at) => [`a${at}`, at]));
    const found = "$.usage.tokens is missing, but $.tokens exists.";
    expect(explained({ data: { ...many(1_999), tokens: 1 } }).message).toBe(found);
    expect(explained({ data: { tokens: 1, ...many(3_000) } }).message).toBe(found);
    expect(explained({ data: { ...many(2_000), tokens: 1 } }).message).toBe(
      "$.usage.tokens is missing.",
    );
  });

  test("no-value where distinct values are counted: anything but null would do", () => {
    const unique = costOf({ aggregation: "UNIQUE_COUNT", valueProperty: "$.user" });
    const messageOf = (data: object): string => explainEvent(unique, eventOf({ data })).message;
    expect(messageOf({ User: "u1" })).toBe("$.user is missing, but $.User exists.");
    expect(messageOf({ User: null })).toBe("$.user is missing.");
    expect(messageOf({ user: null, users: ["u1"] })).toBe(
      "$.user is null, which counts as if absent, but $.users exists.",
    );
  });

  test("unusable-value", () => {
    const message = (tokens: unknown): string => {
      const result = explained({ data: { usage: { tokens } } });
      expect(result.reason).toBe("unusable-value");
      return result.message;
    };
    expect(message("12 tokens")).toBe(
      '$.usage.tokens is "12 tokens", which is not a number: 12 would be.',
    );
    // A comma may be the decimal sign: what 1,204 means only its writer knows.
    for (const [text, meant] of [
      ["1,204", "1204 or 1.204"],
      ["1.204,50 tokens", "1204.5"],
      ["$1,204,300.50", "1204300.5"],
      ["12,5", "12.5"],
      ["1 204,5", "1204.5"],
      ["about 7.", "7"],
      ["12.5e+3 tokens", "12500"],
      ["25e-1 tokens", "2.5"],
      ["12345.5 tokens", "12345.5"],
      ["1234,567,890", "1234567890"],
    ] as const) {
      expect(message(text), text).toContain(`is not a number: ${meant} would be.`);
    }
    for (const text of ["1,2,3", "1,234,56", "1,23,456", "12345,678,901", "1,2345,678", "", "-"]) {
      expect(message(text), text).toMatch(/is not a number\.$/);
    }
    expect(message([1])).toBe("$.usage.tokens is [1], which is not a number.");
    expect(message(true)).toMatch(/send 1 or 0/);
    expect(message({ total: 5, tokens: 4 })).toMatch(/tokens/);
    expect(message("many")).toMatch(/is not a number\.$/);
  });

  test("invalid", () => {
    const result = explainEvent(cost, event({ timestamp: "June 15", subject: 5 }), JUNE);
    expect(result).toMatchObject({ counts: false, reason: "invalid", dimensions: {} });
    expect(result.issues?.map(({ path }) => path)).toEqual([["subject"], ["timestamp"]]);
    expect(result.message).toMatch(/^It is not valid: subject: expected text.*; timestamp: /);
    const long = event({ data: { usage: { tokens: "1e2000" } } });
    const { issues, message } = explainEvent(cost, long, JUNE);
    expect(issues?.[0]?.path).toEqual(["data", "usage", "tokens"]);
    expect(message).toMatch(/^It is not valid: data\.usage\.tokens: /);
    const none = explainEvent(cost, 5 as unknown as CostEvent, JUNE);
    expect(none.message).toBe(`It is not valid: ${none.issues?.[0]?.message}.`);
  });

  test("a value that no rule has to read, and that none could", () => {
    const data = { usage: { tokens: "1e2000" }, region: { size: 1n }, model: "large" };
    const result = explainEvent(cost, event({ type: "other", data }), JUNE);
    expect(result).toMatchObject({ counts: false, reason: "other-type" });
    expect(result.value).toBeUndefined();
    expect(result.dimensions).toEqual({ model: "large", region: "" });
  });
});

test("what cannot be used is refused", () => {
  expect(
    inputIssuesOf(() => explainEvent(costOf({ valueProperty: "tokens" }), event())),
  ).toHaveLength(1);
  const earlier = 5 as unknown as CostEvent[];
  expect(inputIssuesOf(() => explainEvent(cost, event(), JUNE, { earlier }))[0]?.path).toEqual([
    "earlier",
  ]);
  const none = null as unknown as undefined;
  expect(inputIssuesOf(() => explainEvent(cost, event(), JUNE, none))).toEqual([
    { path: [], message: "expected an object of options" },
  ]);
  expect(() => explainEvent(cost, event(), JUNE, none)).toThrow(
    /^explainEvent: the event cannot be explained/,
  );
});

test.each([
  ["an exponent beyond the bounds", "1e5000 tokens"],
  ["1,001 digits", `${"9".repeat(1_001)} tokens`],
])("%s with a unit is no number, and no hint is given", (_, tokens) => {
  const { reason, message } = explained({ data: { usage: { tokens } } });
  expect(reason).toBe("unusable-value");
  expect(message).toMatch(/which is not a number\.$/);
});
