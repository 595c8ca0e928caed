import {
  addNdjson,
  type CostEvent,
  CostSummarizer,
  defineCost,
  readEvents,
  summarizeNdjson,
} from "metered-costs/summary";
import { expectTypeOf, test } from "vitest";

const cost = defineCost({
  name: "Tokens",
  merchantId: "org_1",
  currency: "USD",
  unitCost: "1",
  aggregation: "SUM",
  eventType: "call",
  valueProperty: "$.tokens",
  groupBy: { model: "$.model" },
});
const june = {
  from: "2026-06-01T00:00:00Z",
  to: "2026-07-01T00:00:00Z",
  groupBy: ["model"],
} as const;

test("one cost gives one summary, whose dimensions are typed; an array gives an array", async () => {
  const one = await summarizeNdjson(cost, new Blob(), june);
  expectTypeOf(one.groups?.[0]?.dimensions.model).toEqualTypeOf<string | undefined>();
  const many = await summarizeNdjson([cost, cost], [new Uint8Array(), "text"], june);
  expectTypeOf(many[0]?.groups?.[0]?.dimensions.model).toEqualTypeOf<string | undefined>();
  // @ts-expect-error: the cost declares no such dimension
  await summarizeNdjson(cost, new Blob(), { ...june, groupBy: ["region"] });
  // @ts-expect-error: a number is no source
  await summarizeNdjson(cost, 5, june);
});

test("parts are added to a summarizer, and events come one by one", async () => {
  const part = new CostSummarizer(cost, june);
  expectTypeOf(addNdjson(part, "")).toEqualTypeOf<Promise<void>>();
  for await (const event of readEvents("")) expectTypeOf(event).toEqualTypeOf<CostEvent>();
});
