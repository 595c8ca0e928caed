/** What becomes of time and memory when there are more events; each run a process of its own, with Node's own heap. */
import { DEDUPLICATED, QUESTION, type Question } from "../question.ts";
import { referenceOf } from "../reference.ts";
import { runProgram } from "../run-program.ts";
import { type Contestant, type Limit, type Section, size, type Workload } from "../section.ts";
import { keyedUsages, logFile, usages } from "../usage.ts";

const SIZES = { "1 M events": 1_000_000, "100 k events": 100_000, "10 M events": 10_000_000 };
const KEYS = 20_000_000;
const REPEATS = 1_000;

async function growth(workload: Workload, question: Question): Promise<readonly Contestant[]> {
  const contestants: Contestant[] = [];
  for (const [name, events] of Object.entries(SIZES)) {
    const count = size(events, workload);
    const path = await logFile(workload.folder, count);
    const args = ["metered-costs", path, JSON.stringify(question)];
    contestants.push({
      name,
      isOurs: true,
      expected: referenceOf(usages(count), question),
      prepare: async () => () => runProgram("summarize-file", ...args),
    });
  }
  return contestants;
}

/** Ten times the events in at most twelve times the time. */
const LINEAR_TIME: readonly Limit[] = [
  { of: "1 M events", against: "100 k events", atMostOfTime: 12 },
  { of: "10 M events", against: "1 M events", atMostOfTime: 12 },
];

export const growthSections: readonly Section[] = [
  {
    name: "growth",
    title: "metered-costs on ever more NDJSON, deduplication off",
    rounds: 3,
    limits: [...LINEAR_TIME, { of: "10 M events", against: "1 M events", atMostOfMemory: 1.5 }],
    contestants: (workload) => growth(workload, QUESTION),
  },
  {
    name: "growth-deduplicated",
    title: "metered-costs on ever more NDJSON, deduplication on",
    rounds: 3,
    limits: [...LINEAR_TIME, { of: "10 M events", against: "1 M events", atMostOfMemory: 12 }],
    contestants: (workload) => growth(workload, DEDUPLICATED),
  },
  {
    name: "many-keys",
    title: "20 M different keys, then 1,000 of them again, objects made one by one",
    rounds: 1,
    async contestants(workload) {
      const keys = size(KEYS, workload);
      return [
        {
          name: "metered-costs",
          isOurs: true,
          expected: referenceOf(keyedUsages(keys, 0), QUESTION),
          prepare: async () => () => runProgram("deduplicate-keys", `${keys}`, `${REPEATS}`),
        },
      ];
    },
  },
];
