import { describe, expect, test } from "vitest";
import { createMockPaygentic } from "../../src/mock/index.ts";
import { call, EVENT, fieldsOf, JUNE, TOKENS } from "./call.ts";

const PATH = `/v0/costs/cst_1/summary?${JUNE}`;

const at = (timestamp: string, tokens: unknown, model: unknown, subject = "cus_1") => ({
  ...EVENT,
  timestamp,
  subject,
  data: { tokens, model },
});
const EVENTS = [
  at("2026-06-01T10:00:00Z", 2, "large"),
  at("2026-06-01T11:00:00Z", 3, "small"),
  at("2026-06-02T00:00:00Z", 5, "large", "cus_2"),
  at("2026-07-01T00:00:00Z", 1000, "large"),
];

describe("getCostSummary", () => {
  test("gives the contract's fields and no others", async () => {
    const { json, status } = await call(
      createMockPaygentic({ costs: [TOKENS], events: EVENTS }),
      "GET",
      PATH,
    );
    expect(status).toBe(200);
    expect(json).toEqual({
      id: "cst_1",
      name: "Tokens",
      object: "cost",
      type: "metered",
      currency: "USD",
      eventType: "llm.completion",
      totalQuantity: 10,
      totalCost: 5,
    });
  });

  test("breaks down by dimension and window, filters by subject and dimension", async () => {
    const mock = createMockPaygentic({ costs: [TOKENS], events: EVENTS });
    const both = await call(mock, "GET", `${PATH}&groupBy=%20model&window=DAY`);
    expect(both.json.groups).toEqual([
      { dimensions: { model: "large" }, quantity: 7, cost: 3.5 },
      { dimensions: { model: "small" }, quantity: 3, cost: 1.5 },
    ]);
    expect(both.json.timeSeries).toEqual([
      {
        windowStart: "2026-06-01T00:00:00.000Z",
        windowEnd: "2026-06-02T00:00:00.000Z",
        quantity: 5,
        cost: 2.5,
      },
      {
        windowStart: "2026-06-02T00:00:00.000Z",
        windowEnd: "2026-06-03T00:00:00.000Z",
        quantity: 5,
        cost: 2.5,
      },
    ]);
    const one = await call(mock, "GET", `${PATH}&subject=cus_1`);
    expect(one.json.totalQuantity).toBe(5);
    const filter = encodeURIComponent('{"model":"large"}');
    const large = await call(mock, "GET", `${PATH}&filterGroupBy=${filter}`);
    expect(large.json.totalQuantity).toBe(7);
    expect((await call(mock, "GET", `${PATH}&groupBy=&subject=`)).json).toMatchObject({
      totalQuantity: 0,
      totalCost: 0,
    });
  });

  test("keeps every digit, from the event's text to the answer's", async () => {
    const mock = createMockPaygentic();
    const cost = JSON.stringify({ ...TOKENS, unitCost: "@" }).replace(
      '"@"',
      "0.00000000000000000000000000025",
    );
    await call(mock, "POST", "/v0/costs", cost);
    for (const literal of ["9007199254740993", "0.00000000000000000001"]) {
      const event = JSON.stringify({ ...EVENT, data: { tokens: "@" } }).replace('"@"', literal);
      expect((await call(mock, "POST", "/v0/events", event)).status).toBe(202);
    }
    const { text } = await call(mock, "GET", PATH);
    expect(text).toContain('"totalQuantity":9007199254740993.00000000000000000001');
    expect(text).toContain('"totalCost":0.0000000000022517998136852482500000000000000000025');
  });

  test("follows updates of the cost", async () => {
    const mock = createMockPaygentic({ costs: [TOKENS], events: EVENTS });
    await call(mock, "PATCH", "/v0/costs/cst_1", { unitCost: 2, aggregation: "MAX" });
    expect((await call(mock, "GET", PATH)).json).toMatchObject({
      totalQuantity: 5,
      totalCost: 10,
    });
  });

  test("has null totals where there is nothing to average", async () => {
    const mock = createMockPaygentic({ costs: [{ ...TOKENS, aggregation: "AVG" }] });
    expect((await call(mock, "GET", `${PATH}&window=HOUR`)).json).toMatchObject({
      totalQuantity: null,
      totalCost: null,
      timeSeries: [],
    });
  });

  test.each([
    [{ aggregation: null }],
    [{ eventType: null }],
    [{ valueProperty: null }],
    [{ valueProperty: null, aggregation: "UNIQUE_COUNT" }],
  ])("has null totals where the cost does not say what to count: %j", async (changes) => {
    const mock = createMockPaygentic({ costs: [TOKENS], events: EVENTS });
    await call(mock, "PATCH", "/v0/costs/cst_1", changes);
    const { status, json } = await call(mock, "GET", `${PATH}&groupBy=model`);
    expect(status).toBe(200);
    expect(json).toEqual({
      id: "cst_1",
      name: "Tokens",
      object: "cost",
      type: "metered",
      currency: "USD",
      ...("eventType" in changes ? {} : { eventType: "llm.completion" }),
      totalQuantity: null,
      totalCost: null,
    });
    const wrong = await call(mock, "GET", `${PATH}&groupBy=region`);
    expect(wrong.status).toBe(400);
  });

  test("counts without a valueProperty", async () => {
    const mock = createMockPaygentic({ costs: [TOKENS], events: EVENTS });
    await call(mock, "PATCH", "/v0/costs/cst_1", { aggregation: "COUNT", valueProperty: null });
    expect((await call(mock, "GET", PATH)).json.totalQuantity).toBe(3);
  });

  test("has null totals where a value is out of bounds", async () => {
    const mock = createMockPaygentic({ costs: [TOKENS], events: EVENTS });
    const event = JSON.stringify({ ...EVENT, data: { tokens: "@" } }).replace('"@"', "1e5000");
    expect((await call(mock, "POST", "/v0/events", event)).status).toBe(202);
    expect((await call(mock, "GET", PATH)).json.totalCost).toBeNull();
    const before = PATH.replace("to=2026-07-01", "to=2026-06-01T00:00:01Z&x=");
    expect((await call(mock, "GET", before)).json.totalCost).toBe(0);
  });

  test.each([
    ["", ["from", "to"]],
    ["from=2026-06-01T00:00:00Z", ["to"]],
    ["from=2026-06-01&to=2026-06-02T00:00:00Z", ["from"]],
    ["from=2026-06-01T00:00:00+02:00&to=2026-06-02T00:00:00Z", ["from"]], // a plus is a space here
    ["from=2026-06-02T00:00:00Z&to=2026-06-02T00:00:00Z", ["to"]],
    ["from=2026-06-02T00:00:00Z&to=2026-06-02T01:00:00%2B02:00", ["to"]],
    [`${JUNE}&from=2026-06-01T00:00:00Z`, ["from"]],
    [`${JUNE}&window=MONTH`, ["window"]],
    [`${JUNE}&window=`, ["window"]],
    [`${JUNE}&groupBy=region`, ["groupBy.region"]],
    // Dimensions of local summaries only.
    [`${JUNE}&groupBy=$subject`, ["groupBy.$subject"]],
    [`${JUNE}&groupBy=model,$source`, ["groupBy.$source"]],
    [`${JUNE}&groupBy=model,,model`, ["groupBy"]],
    [`${JUNE}&groupBy=model&groupBy=model`, ["groupBy"]],
    [`${JUNE}&filterGroupBy=model`, ["filterGroupBy"]],
    [`${JUNE}&filterGroupBy=`, ["filterGroupBy"]],
    [`${JUNE}&filterGroupBy=null`, ["filterGroupBy"]],
    [`${JUNE}&filterGroupBy=[]`, ["filterGroupBy"]],
    [`${JUNE}&filterGroupBy={"model":1}`, ["filterGroupBy.model"]],
    [`${JUNE}&filterGroupBy={"model":null}`, ["filterGroupBy.model"]],
    [`${JUNE}&filterGroupBy={"model":12345678901234567890}`, ["filterGroupBy.model"]],
    [`${JUNE}&filterGroupBy={"region":"eu"}`, ["filterGroupBy.region"]],
    [`${JUNE}&filterGroupBy={"__proto__":"eu"}`, ["filterGroupBy.__proto__"]],
  ])("refuses %s", async (query, fields) => {
    const mock = createMockPaygentic({ costs: [TOKENS] });
    const answer = await call(mock, "GET", `/v0/costs/cst_1/summary?${query}`);
    expect(answer.status).toBe(400);
    expect(answer.json.error).toBe("validation_error");
    expect(fieldsOf(answer)).toEqual(fields);
  });

  test("a cost that does not exist is told after what is wrong with the query", async () => {
    expect((await call(createMockPaygentic(), "GET", PATH)).status).toBe(404);
    expect((await call(createMockPaygentic(), "GET", "/v0/costs/cst_1/summary")).status).toBe(400);
  });
});
