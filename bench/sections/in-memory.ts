/** A million events as objects. */
import { contestants, OF_EVENTS } from "../contestants.ts";
import { DEDUPLICATED, QUESTION, type Question } from "../question.ts";
import { referenceOf } from "../reference.ts";
import { type Contestant, type Section, size, type Workload } from "../section.ts";
import { type LogKind, parsedEvents, shuffled, type UsageEvent, usages } from "../usage.ts";

const ALL = OF_EVENTS.map(({ name }) => name);

function inMemory(
  workload: Workload,
  names: readonly string[],
  question: Question,
  inOrder: (events: UsageEvent[]) => UsageEvent[] = (events) => events,
  kind: LogKind = "in order",
): Contestant[] {
  const count = size(1_000_000, workload);
  const events = inOrder(parsedEvents(count, kind));
  const expected = referenceOf(usages(count), question);
  return contestants(OF_EVENTS, names, expected, async ({ load }) => {
    const answer = await load();
    return async () => ({ rows: await answer(events, question) });
  });
}

export const inMemorySections: readonly Section[] = [
  {
    name: "in-memory",
    title: "1 M objects in creation order, deduplication off",
    rounds: 15,
    limits: [
      { of: "metered-costs", against: "float loop", atLeastTimesAsFast: 2.5 },
      { of: "metered-costs", against: "decimal.js loop", atLeastTimesAsFast: 6 },
      { of: "metered-costs", against: "DuckDB", atLeastTimesAsFast: 5 },
      { of: "metered-costs", against: "chDB", atLeastTimesAsFast: 8 },
    ],
    contestants: async (workload) => inMemory(workload, ALL, QUESTION),
  },
  {
    name: "in-memory-deduplicated",
    title: "1 M objects in creation order, deduplication on",
    limits: [{ of: "metered-costs", against: "float loop", atLeastTimesAsFast: 1.4 }],
    contestants: async (workload) => inMemory(workload, ALL, DEDUPLICATED),
  },
  {
    name: "in-memory-random-times",
    title: "1 M objects in creation order, their times in random order, deduplication off",
    limits: [{ of: "metered-costs", against: "float loop", atLeastTimesAsFast: 1.5 }],
    contestants: async (workload) =>
      inMemory(workload, ALL, QUESTION, undefined, "in random order"),
  },
  {
    name: "in-memory-shuffled",
    title: "1 M objects shuffled, deduplication off",
    contestants: async (workload) => inMemory(workload, ALL, QUESTION, shuffled),
  },
  {
    name: "in-memory-shuffled-deduplicated",
    title: "1 M objects shuffled, deduplication on",
    contestants: async (workload) => inMemory(workload, ALL, DEDUPLICATED, shuffled),
  },
  ...(["COUNT", "UNIQUE_COUNT", "AVG", "MIN", "MAX", "LATEST"] as const).map(
    (aggregation): Section => ({
      name: `in-memory-${aggregation.toLowerCase().replace("_", "-")}`,
      title: `1 M objects in creation order, deduplication off, ${aggregation} instead of SUM`,
      rounds: 3,
      contestants: async (workload) =>
        inMemory(workload, ["metered-costs", "DuckDB", "chDB"], { ...QUESTION, aggregation }),
    }),
  ),
  {
    name: "many-cells",
    title: "1 M objects, 700,000 groups, deduplication off",
    limits: [{ of: "metered-costs", against: "chDB", atLeastTimesAsFast: 1 }],
    contestants: async (workload) =>
      inMemory(workload, ["metered-costs", "DuckDB", "chDB"], { ...QUESTION, groupBy: ["thread"] }),
  },
];
