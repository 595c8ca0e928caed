import fc from "fast-check";
import {
  type CostEvent,
  CostSummarizer,
  reportCosts,
  type SummarizerState,
  summarizeCost,
} from "metered-costs/summary";
import { fuzz, fuzzed } from "./fuzz.ts";
import {
  aggregation,
  anyCost,
  COST,
  EVENT,
  events,
  goodCost,
  goodQuery,
  options,
  QUERY,
  query,
} from "./good-values.ts";
import { bodyLike } from "./hostile-answers.ts";
import {
  hostile,
  listOf,
  mutatedOrAnything,
  plain,
  type Recipes,
  together,
} from "./hostile-values.ts";

const REPORT = {
  from: QUERY.from,
  to: QUERY.to,
  groupBy: "customer",
  merchantId: "org_1",
  costId: ["cst_1"],
  subject: "b",
  filterGroupBy: { model: "m" },
  topN: 2,
  comparePriorPeriod: true,
  windowSize: "MONTH",
  sort: "totalQuantity",
  sortDir: "asc",
  offset: 0,
  limit: 1,
  currency: "USD",
};
const returning: Recipes<object> = hostile.map((make) => () => ({
  clock: make,
  resolveSubject: make,
}));
type Summarized = [never, CostEvent[], never, object];

/** All that can be read of a summarizer. */
function read(summarizer: CostSummarizer): void {
  summarizer.summary();
  summarizer.state();
  void summarizer.events;
}
/** A state of one event, by the aggregation. */
const stateOf = (cost: never): SummarizerState => {
  const made = new CostSummarizer(cost, QUERY as never);
  made.add(EVENT);
  return made.state();
};
/** States that were tampered with in any place, as far as they are JSON. */
const tampered = aggregation.chain((aggregation) =>
  bodyLike(stateOf({ ...COST, aggregation } as never)).map((text) => {
    let state: unknown;
    try {
      state = JSON.parse(String(text));
    } catch {
      state = undefined;
    }
    return { cost: { ...COST, aggregation } as never, state: state as SummarizerState };
  }),
);

fuzz("metered-costs/summary", [
  fuzzed("summarizeCost", 5, together<Summarized>(anyCost, events, query, options), (args) =>
    JSON.stringify(summarizeCost(...args)),
  ),
  fuzzed(
    "summarizeCost, any events",
    6,
    together<[never, CostEvent[], never]>(goodCost, events, goodQuery),
    (args) => JSON.stringify(summarizeCost(...args)),
  ),
  fuzzed("summarizeCost, any unit cost", 3, hostile, (unitCost) =>
    JSON.stringify(summarizeCost({ ...COST, unitCost } as never, [EVENT], QUERY as never)),
  ),
  fuzzed(
    "summarizeCost, any callbacks",
    1,
    together<Summarized>(goodCost, events, goodQuery, returning),
    (args) => JSON.stringify(summarizeCost(...args)),
  ),
  fuzzed(
    "CostSummarizer",
    3,
    together<[never, never, object, CostEvent[], CostEvent[]]>(
      goodCost,
      goodQuery,
      options,
      events,
      events,
    ),
    ([cost, query, options, first, second]) => {
      const one = new CostSummarizer(cost, query, options);
      const other = new CostSummarizer(cost, query, options);
      for (const event of Array.isArray(first) ? first : []) one.add(event);
      for (const event of Array.isArray(second) ? second : []) other.add(event);
      one.merge(JSON.parse(JSON.stringify(other.state())));
      read(one);
    },
  ),
  fuzzed(
    "CostSummarizer.merge, any state",
    2,
    together<[never, SummarizerState]>(
      goodCost,
      mutatedOrAnything<SummarizerState>(stateOf(COST as never)),
    ),
    ([cost, state]) => {
      const summarizer = new CostSummarizer(cost, QUERY as never);
      summarizer.merge(state);
      read(summarizer);
    },
  ),
  fuzzed("CostSummarizer.merge, a state tampered with", 5, plain(tampered), ({ cost, state }) => {
    const summarizer = new CostSummarizer(cost, QUERY as never);
    const before = JSON.stringify(summarizer.state());
    try {
      summarizer.merge(state);
    } catch (error) {
      if (JSON.stringify(summarizer.state()) !== before)
        throw new Error("half merged", { cause: error });
      throw error;
    }
    read(summarizer);
    summarizer.add({ ...EVENT, idempotencyKey: "another" });
    read(summarizer);
  }),
  fuzzed(
    "reportCosts",
    5,
    together<[never[], CostEvent[], never, object]>(
      fc.oneof(listOf(anyCost, 2), hostile as Recipes<never[]>),
      events,
      mutatedOrAnything(REPORT) as Recipes<never>,
      options,
    ),
    (args) => JSON.stringify(reportCosts(...args)),
  ),
]);
