import { Decimal, InvalidInputError } from "metered-costs";
import { describe, expect, test } from "vitest";
import { JUNE, METER, PROFITABILITY, REVENUE, STORED_EVENT, STORED_EVENTS } from "./samples.ts";
import { errorOf, scene } from "./scene.ts";
import { json } from "./scripted-server.ts";

const { server, client } = scene();
const targets = () => server.requests.map(({ target }) => target);
const RANGE = "from=2026-06-01T00%3A00%3A00Z&to=2026-07-01T00%3A00%3A00Z";

test("profitability.get gives amounts as Decimals", async () => {
  server.answer(json(PROFITABILITY));
  const { rows } = await client().profitability.get({ ...JUNE, merchantId: "org_1", topN: 5 });
  expect(rows[0]?.profit).toEqual(new Decimal("-20.50"));
  expect(server.request.path).toBe("/v0/profitability");
  expect([...server.request.query].sort()).toEqual([
    ["from", JUNE.from],
    ["merchantId", "org_1"],
    ["to", JUNE.to],
    ["topN", "5"],
  ]);
});

test("revenue.get repeats the ids of subscriptions", async () => {
  server.answer(json(REVENUE));
  const { netRevenue } = await client().revenue.get({
    startTime: new Date(JUNE.from),
    endTime: JUNE.to,
    subscriptionIds: ["sub_1", "sub & 2"],
  });
  expect(netRevenue?.toString()).toBe("100");
  expect(server.request.path).toBe("/v0/revenue");
  expect(server.request.query.getAll("subscriptionIds")).toEqual(["sub_1", "sub & 2"]);
  expect(server.request.query.get("startTime")).toBe("2026-06-01T00:00:00.000Z");
});

describe("billableMetrics", () => {
  test("meter gives values as Decimals", async () => {
    server.answer(json(METER));
    const meter = await client().billableMetrics.meter("bm_1", { ...JUNE, windowSize: "DAY" });
    expect(meter.totalValue?.toString()).toBe("12.5");
    expect(targets()[0]).toContain("/v0/billableMetrics/bm_1/meter?");
    expect(server.request.query.get("windowSize")).toBe("DAY");
  });

  test("listEvents gives stored events with their times", async () => {
    server.answer(json(STORED_EVENTS));
    const { events } = await client().billableMetrics.listEvents("bm_1", JUNE);
    expect(events[0]?.time).toEqual(new Date(STORED_EVENT.time));
    expect(targets()).toEqual([`/v0/billableMetrics/bm_1/events?${RANGE}`]);
  });

  test.each(["cst_1", "bm_1/events", ""])("refuse the id %j and send nothing", async (id) => {
    const { billableMetrics } = client();
    await errorOf(InvalidInputError, billableMetrics.meter(id, JUNE));
    await errorOf(InvalidInputError, billableMetrics.listEvents(id, JUNE));
    await errorOf(InvalidInputError, billableMetrics.listAllEvents(id, JUNE).next());
    expect(server.requests).toEqual([]);
  });

  test("listAllEvents fetches pages of 200 until one is empty, and stops when a page repeats", async () => {
    const page = (...ids: string[]) =>
      json({ ...STORED_EVENTS, events: ids.map((id) => ({ ...STORED_EVENT, id })) });
    server.answer(page("evt_1", "evt_2"), page("evt_3"), page());
    const ids: string[] = [];
    for await (const { id } of client().billableMetrics.listAllEvents("bm_1", JUNE)) ids.push(id);
    expect(ids).toEqual(["evt_1", "evt_2", "evt_3"]);
    expect(server.requests.map(({ query }) => [query.get("limit"), query.get("offset")])).toEqual([
      ["200", "0"],
      ["200", "2"],
      ["200", "3"],
    ]);
    server.answer(page("evt_1"), page("evt_1"));
    const all = client().billableMetrics.listAllEvents("bm_1", JUNE);
    await all.next();
    await expect(all.next()).rejects.toThrow("the server ignores the offset");
  });

  test("listAllEvents gives each event once while so many arrive that whole pages come again", async () => {
    const page = (total: number, ...ids: string[]) =>
      json({
        ...STORED_EVENTS,
        events: ids.map((id) => ({ ...STORED_EVENT, id })),
        pagination: { limit: 200, offset: 0, total },
      });
    const listed = async () => {
      const ids: string[] = [];
      for await (const { id } of client().billableMetrics.listAllEvents("bm_1", JUNE)) ids.push(id);
      return ids;
    };
    server.answer(page(3, "evt_3", "evt_2"), page(5, "evt_3", "evt_2"), page(5, "evt_1"), page(5));
    expect(await listed()).toEqual(["evt_3", "evt_2", "evt_1"]);
    // One more with each request: the offset catches up with the total.
    let total = 2;
    server.otherwise((response, request) => page(++total, "evt_2", "evt_1")(response, request));
    await expect(listed()).rejects.toThrow("the server ignores the offset");
  });
});
