import fc from "fast-check";
import {
  type CostEvent,
  explainEvent,
  formatReconciliation,
  type Reconciliation,
  reconcile,
  type ServerSummary,
  summarizeCost,
  whatIf,
} from "metered-costs/summary";
import { fuzz, fuzzed } from "./fuzz.ts";
import {
  anyCost,
  COST,
  EVENT,
  event,
  events,
  goodCost,
  goodQuery,
  options,
  QUERY,
  query,
} from "./good-values.ts";
import { hostile, listOf, mutatedOrAnything, type Recipes, together } from "./hostile-values.ts";

const SERVER = JSON.parse(
  JSON.stringify(
    summarizeCost(COST as never, [EVENT, EVENT], QUERY as never, { deduplicate: false }),
  ),
) as object;
const server = mutatedOrAnything(SERVER) as Recipes<ServerSummary>;
const goodEvents = listOf(event, 4, 1) as Recipes<CostEvent[]>;
const RECONCILIATION: Reconciliation = reconcile({
  cost: COST as never,
  events: [EVENT],
  query: QUERY as never,
  server: SERVER as never,
});

fuzz("metered-costs/summary, differences", [
  fuzzed(
    "reconcile",
    4,
    together<[never, CostEvent[], never, ServerSummary, object]>(
      anyCost,
      events,
      query,
      server,
      mutatedOrAnything({ tolerance: "0.01", deduplicate: true }),
    ),
    ([cost, events, query, server, options]) => {
      const result = reconcile({ cost, events, query, server }, options);
      JSON.stringify(result);
      formatReconciliation(result);
      for (const { events } of result.explanations) for (const _ of events.all()) break;
    },
  ),
  fuzzed(
    "reconcile, any server and events",
    4,
    together<[never, CostEvent[], never, ServerSummary]>(goodCost, goodEvents, goodQuery, server),
    ([cost, events, query, server]) => {
      formatReconciliation(reconcile({ cost, events, query, server }));
    },
  ),
  fuzzed("reconcile, any input", 1, hostile as Recipes<never>, (input) => reconcile(input)),
  fuzzed(
    "explainEvent",
    4,
    together<[never, CostEvent, never, object]>(
      fc.oneof(anyCost, goodCost),
      event,
      fc.oneof(query, goodQuery),
      fc.oneof(options, mutatedOrAnything({ earlier: [EVENT] })),
    ),
    (args) => JSON.stringify(explainEvent(...args)),
  ),
  fuzzed(
    "whatIf",
    3,
    together<[never, CostEvent[], never, object]>(
      fc.oneof(anyCost, goodCost),
      events,
      fc.oneof(query, goodQuery),
      mutatedOrAnything({ unitCostHistory: [{ from: QUERY.from, unitCost: "0.1" }] }),
    ),
    ([cost, events, query, changes]) =>
      JSON.stringify(whatIf(cost, events, query, changes as never)),
  ),
  fuzzed(
    "formatReconciliation",
    1,
    mutatedOrAnything(RECONCILIATION) as Recipes<Reconciliation>,
    (result) => formatReconciliation(result),
  ),
]);
