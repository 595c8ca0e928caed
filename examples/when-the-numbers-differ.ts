/** Every cause of a difference between a server's summary and your own events, as docs/guides shows them. */
import {
  type CostDefinition,
  type CostEvent,
  type CostSummary,
  type CostSummaryParams,
  compareEvents,
  Decimal,
  explainEvent,
  formatReconciliation,
  investigate,
  reconcile,
  type ServerSummary,
  type StoredEvent,
  summarizeCost,
  whatIf,
} from "metered-costs/summary";

const cost = {
  unitCost: "0.0025",
  currency: "USD",
  aggregation: "SUM",
  eventType: "llm.completion",
  valueProperty: "$.tokens",
  groupBy: { model: "$.model" },
};
const query = {
  from: "2026-06-01T00:00:00Z",
  to: "2026-06-02T00:00:00Z",
  groupBy: "model",
  window: "MINUTE",
} as const;
const events: CostEvent[] = Array.from({ length: 200 }, (_, index) => ({
  type: "llm.completion",
  source: index % 4 === 0 ? "urn:gateway:b" : "urn:gateway:a",
  subject: index % 5 === 0 ? "cus_globex" : "cus_acme",
  idempotencyKey: `request-${index}`,
  timestamp: new Date(Date.UTC(2026, 5, 1, 12, 0, index * 7)),
  data: {
    model: index % 3 === 0 ? "small" : "large",
    tokens: 1_000 + ((index * 792_191) % 99_991),
  },
}));
const served = (received: CostEvent[]): CostSummary => summarizeCost(cost, received, query);

function explain(server: ServerSummary, log = events): void {
  const { verdict, explanations } = reconcile({ cost, events: log, query, server });
  const best = explanations.filter(({ rank }) => rank === 1);
  const texts = best.map(({ hypotheses }) =>
    hypotheses.map(({ id, parameters }) => [id, ...Object.values(parameters ?? {})].join(" ")),
  );
  console.log(`${verdict}: ${texts.map((ids) => ids.join(" and ")).join("; ") || "nothing"}`);
}

// Nothing is wrong
const exact = served(events);
explain(exact);
const tolerance = { cost: "0.01" };
const server = { totalCost: exact.totalCost?.plus("0.004") ?? null };
console.log(reconcile({ cost, events, query, server }, { tolerance }).verdict);

// An event was lost, or counted twice
explain(served(events.filter((_, index) => index !== 42)));
const again = { ...events[42], idempotencyKey: "another key" } as CostEvent;
const twice = reconcile({ cost, events, query, server: served([...events, again]) });
console.log([...(twice.explanations[0]?.events.all() ?? [])]);

// Many events were sent again, or lost
const isAgain = (index: number): boolean => index % 20 === 4;
const resent = events.map((event) => ({
  ...event,
  idempotencyKey: `again ${event.idempotencyKey}`,
}));
explain(served([...events, ...resent.filter((_, index) => isAgain(index))]));
const isGone = (index: number): boolean => [31, 77, 120, 158].includes(index);
explain(served(events.filter((_, index) => !isGone(index))));
explain(exact, [...events, ...resent.filter((_, index) => isAgain(index))]);

// A total alone proves little
const byTotal = { ...query, groupBy: [], window: undefined };
const calls = { ...cost, aggregation: "COUNT" };
const { verdict, explanations } = reconcile({
  cost: calls,
  events,
  query: byTotal,
  server: summarizeCost(calls, events.slice(1), byTotal),
});
console.log(verdict, explanations.find(({ events: { count } }) => count > 1)?.events.count);

// Something is missing as a whole
explain(served(events.filter(({ subject }) => subject !== "cus_globex")));
explain(served(events.filter((_, index) => index < 60 || index >= 140)));
explain(served(events.slice(0, 150)));

// A gateway was down for a while
const isDown = (index: number): boolean => index % 4 === 0 && index >= 60 && index < 140;
explain(served(events.filter((_, index) => !isDown(index))));

// A dimension value was renamed
const renamed = events.map((event, index) =>
  index % 3 === 0 ? { ...event, data: { ...event.data, model: "tiny" } } : event,
);
explain(served(renamed));

// A customer's events are booked on another
const ofAcme = { ...query, subject: "cus_acme" };
const booked = events.map((event) => ({ ...event, subject: "cus_acme" }));
const acme = reconcile({
  cost,
  events,
  query: ofAcme,
  server: summarizeCost(cost, booked, ofAcme),
});
console.log(acme.explanations[0]?.hypotheses[0]);

const each = ["cus_acme", "cus_globex"].flatMap((subject) => {
  // In your program: await paygentic.costs.summary(id, { from, to, subject }).
  const answer = summarizeCost(cost, booked, { from: query.from, to: query.to, subject });
  const { totalQuantity: quantity, totalCost } = answer;
  if (quantity?.isZero() !== false || totalCost === null) return [];
  return [{ dimensions: { $subject: subject }, quantity, cost: totalCost }];
});
const byCustomer = reconcile({
  cost,
  events,
  query: { from: query.from, to: query.to, groupBy: "$subject" },
  server: { totalQuantity: exact.totalQuantity, totalCost: exact.totalCost, groups: each },
});
console.log(byCustomer.verdict, byCustomer.explanations[0]?.hypotheses[0]?.id);

// The unit cost changed within the range
const unitCostHistory = [{ from: "2026-06-01T12:10:00Z", unitCost: "0.003" }];
const charged = whatIf(cost, events, query, { unitCostHistory });
const billed = { totalQuantity: charged.totalQuantity, totalCost: charged.changedCost };
const priced = reconcile({ cost, events, query, server: billed }, { unitCostHistory });
console.log(priced.verdict, priced.explanations[0]?.hypotheses[0]?.parameters);

// A gateway was down, and the unit cost changed
const byMinute = { ...query, groupBy: [] };
const change = Date.parse("2026-06-01T12:10:00Z");
const isEarly = ({ timestamp }: CostEvent): boolean => Number(timestamp) < change;
const joined = (before: CostDefinition, after: CostDefinition, log: CostEvent[]): ServerSummary => {
  const early = summarizeCost(before, log.filter(isEarly), byMinute);
  const late = summarizeCost(
    after,
    log.filter((event) => !isEarly(event)),
    byMinute,
  );
  return {
    totalCost: Decimal.add(early.totalCost ?? 0, late.totalCost ?? 0),
    timeSeries: [...(early.timeSeries ?? []), ...(late.timeSeries ?? [])],
  };
};
const reached = events.filter((_, index) => !isDown(index));
const raisedCost = { ...cost, unitCost: "0.003" };
const both = reconcile({
  cost,
  events,
  query: byMinute,
  server: joined(cost, raisedCost, reached),
});
console.log(both.verdict, both.explanations[0]?.hypotheses.map(({ id }) => id).join(" and "));
console.log(formatReconciliation(both).split("\n")[1]);

// The definition of the cost changed
const detailed = events.map((event, index) => ({
  ...event,
  data: {
    ...event.data,
    region: index % 7 < 3 ? "eu" : "us",
    output: 10 + ((index * 7_919) % 997),
  },
}));
const oldValue = { ...cost, valueProperty: "$.output" };
const redefined = reconcile({
  cost,
  events: detailed,
  query: byMinute,
  server: joined(oldValue, cost, detailed),
});
console.log(redefined.verdict, redefined.explanations[0]?.hypotheses[0]?.parameters);
explain(summarizeCost({ ...cost, groupBy: { model: "$.region" } }, detailed, query), detailed);
explain(summarizeCost({ ...cost, aggregation: "COUNT" }, events, query));

// The server counts by other rules
const retried = { ...events[7], data: { model: "large", tokens: 4_817 } } as CostEvent;
const log = [...events, retried];
explain(summarizeCost(cost, log, query, { deduplicate: false }), log);
const last = { ...events[0], idempotencyKey: "last", timestamp: query.to } as CostEvent;
const end = { ...query, to: "2026-06-02T00:00:00.001Z" };
explain(summarizeCost(cost, [...events, last], end), [...events, last]);

// The same usage, other amounts
const inCents = (row: { quantity: Decimal; cost: Decimal }) => ({
  ...row,
  cost: row.cost.times(100),
});
explain({
  totalQuantity: exact.totalQuantity,
  totalCost: exact.totalCost?.times(100) ?? null,
  groups: exact.groups?.map((row) => ({ ...row, ...inCents(row) })),
  timeSeries: exact.timeSeries?.map((row) => ({ ...row, ...inCents(row) })),
});
explain({
  ...exact,
  totalCost: exact.totalCost?.toDecimalPlaces(2, Decimal.ROUND_HALF_UP) ?? null,
});
explain(summarizeCost({ ...cost, unitCost: "0.002" }, events, query));

// Windows of another clock
const byHour = { ...query, window: "HOUR" } as const;
const clock = 5 * 3_600_000;
const moved = events.map((event) => ({
  ...event,
  timestamp: new Date(Number(event.timestamp) + clock),
}));
const wall = { ...byHour, to: "2026-06-03T00:00:00Z" };
const found = reconcile({ cost, events, query: byHour, server: summarizeCost(cost, moved, wall) });
console.log(found.explanations[0]?.hypotheses[0]);

// The clock of a gateway is wrong
const twoHours = 2 * 3_600_000;
const late = events.map((event, index) =>
  index % 4 === 0 ? { ...event, timestamp: new Date(Number(event.timestamp) + twoHours) } : event,
);
explain(served(late));

// The server has no answer
explain({ totalCost: null, totalQuantity: null });

// In your program: const stored = paygentic.billableMetrics.listAllEvents("bm_1", query);
const stored = events.slice(1).map(({ timestamp, ...event }, index): StoredEvent => {
  const data = index === 9 ? { ...event.data, tokens: "n/a" } : event.data;
  return { ...event, id: `ev_${index}`, time: timestamp, data };
});
const compared = await compareEvents(events, stored, { cost });
console.log(compared.equal, `${compared.worth?.cost}`);
console.log(compared.onlyLocal.map(({ key, worth }) => `${key} ${worth?.cost}`));
for (const { key, fields } of compared.different) console.log(key, fields);

const altered = events.map((event, index) =>
  index === 42 ? { ...event, data: { model: "small", tokens: 4_711 } } : event,
);
// In your program: new Paygentic({ apiKey }).
const paygentic = {
  costs: {
    summary: async (_id: string, asked: CostSummaryParams) => summarizeCost(cost, altered, asked),
  },
};
const investigation = await investigate({
  paygentic,
  cost: { ...cost, id: "cst_tokens" },
  events,
  query: { from: query.from, to: query.to },
});
console.log(investigation.steps.map(({ reason }) => reason));
console.log(investigation.verdict, investigation.events.length);

// Nothing explains it
const strange = reconcile({
  cost,
  events: [...events, { type: "llm.Completion", timestamp: query.from, data: { tokens: 1 } }],
  query: byTotal,
  server: { totalQuantity: exact.totalQuantity?.plus("0.0000001"), totalCost: exact.totalCost },
});
console.log(formatReconciliation(strange));

// Before an event is sent
console.log(
  explainEvent(cost, { type: "llm.completion", data: { usage: { tokens: 12 } } }).message,
);
console.log(explainEvent(cost, { type: "llm.Completion", data: { tokens: 12 } }).message);
console.log(explainEvent(cost, { type: "llm.completion", data: { tokens: "12 tokens" } }).message);

// What it would have cost
const raised = whatIf(cost, events, query, { unitCostHistory });
console.log(`${raised.totalCost} would have been ${raised.changedCost}`);
