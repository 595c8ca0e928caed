import {
  type CostEvent,
  type InvalidEventError,
  reconcile,
  reconcileNdjson,
  summarizeCost,
} from "metered-costs/summary";
import { expect, test } from "vitest";

const cost = {
  unitCost: "0.0025",
  aggregation: "SUM",
  eventType: "call",
  valueProperty: "$.tokens",
  groupBy: { model: "$.model" },
};
const query = {
  from: "2026-06-01T00:00:00Z",
  to: "2026-06-02T00:00:00Z",
  groupBy: ["model"],
  window: "MINUTE",
} as const;
const events = Array.from({ length: 600 }, (_, index) => ({
  type: "call",
  source: `gateway-${index % 3}`,
  subject: `cus_${index % 7}`,
  idempotencyKey: `k${index}`,
  timestamp: new Date(Date.UTC(2026, 5, 1, 12, 0, index * 7)).toISOString(),
  data: { model: index % 4 === 0 ? null : "large", tokens: 1_000 + ((index * 792_191) % 99_991) },
})) as unknown as CostEvent[];
const log = events.map((event) => `${JSON.stringify(event)}\n`).join("");
const plain = (value: unknown) => JSON.parse(JSON.stringify(value));

test.each<[string, (event: CostEvent, index: number) => boolean]>([
  ["nothing", () => true],
  ["one event", (_, index) => index !== 42],
  ["a customer", ({ subject }) => subject !== "cus_3"],
  ["all but one model", ({ data }) => (data as { model: unknown }).model === null],
  ["a gateway for a while", ({ source }, index) => source !== "gateway-1" || index % 600 < 300],
])("of a log without %s on the server it says what it says of the events", async (_name, has) => {
  const server = summarizeCost(cost, events.filter(has), query);
  const expected = plain(reconcile({ cost, events, query, server }));
  const blob = new Blob([log]);
  for (const source of [log, blob, blob.stream(), new Response(blob)]) {
    expect(plain(await reconcileNdjson({ cost, source, query, server }))).toEqual(expected);
  }
});

test("of a log that the server counts in place of adding it up, it says so", async () => {
  const server = summarizeCost({ ...cost, aggregation: "COUNT" }, events, query);
  const { verdict, explanations } = await reconcileNdjson({ cost, source: log, query, server });
  expect([verdict, explanations.map(({ hypotheses }) => hypotheses)]).toEqual([
    "explained",
    [[{ id: "other-aggregation", parameters: { local: "SUM", server: "COUNT" } }]],
  ]);
});

test("lines that are no events are counted and handed over with their numbers", async () => {
  const server = summarizeCost(cost, events, query);
  const errors: InvalidEventError[] = [];
  let progress = 0;
  const { verdict, audit } = await reconcileNdjson(
    { cost, source: `${log}{"type":5}\nnonsense\n`, query, server },
    {
      onInvalidEvent: (error) => void errors.push(error),
      onProgress: (now) => {
        progress = now.events;
      },
    },
  );
  expect([verdict, audit.read, audit.used, audit.leftOut.invalid.count]).toEqual([
    "equal",
    602,
    600,
    2,
  ]);
  expect(errors.map(({ line }) => line)).toEqual([601, 602]);
  expect(progress).toBe(602);
});

test("an aborted signal ends it, and a wrong source is refused", async () => {
  const server = { totalCost: 0 };
  const signal = AbortSignal.abort(new Error("enough"));
  const input = { cost, query: { from: query.from, to: query.to }, server };
  await expect(reconcileNdjson({ ...input, source: log }, { signal })).rejects.toThrow("enough");
  await expect(reconcileNdjson({ ...input, source: 5 as never })).rejects.toMatchObject({
    code: "INVALID_INPUT",
  });
});

test("a log's audit says which events have an external subject that nothing resolves", async () => {
  const event = (who: object) =>
    JSON.stringify({ type: "call", timestamp: "2026-06-01T10:00:00Z", ...who, data: {} });
  // Enough of them for the matcher.
  const lines = [{ externalSubject: "x" }, { subject: "b" }, { subject: "a" }].flatMap((who) =>
    Array.from({ length: 300 }, () => event(who)),
  );
  const { audit } = await reconcileNdjson({
    cost: { unitCost: 1, aggregation: "COUNT", eventType: "call" },
    source: lines.join("\n"),
    query: { from: "2026-06-01T00:00:00Z", to: "2026-06-02T00:00:00Z", subject: "a" },
    server: { totalQuantity: 300, totalCost: 300 },
  });
  expect(audit.used).toBe(300);
  expect(audit.leftOut["unresolved-subject"].count).toBe(300);
  expect(audit.leftOut["other-subject"].count).toBe(300);
});
