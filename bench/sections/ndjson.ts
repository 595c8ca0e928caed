/** Events as lines of a file. */
import { contestants, OF_FILE } from "../contestants.ts";
import { DEDUPLICATED, QUESTION, type Question } from "../question.ts";
import { referenceOf } from "../reference.ts";
import { runProgram } from "../run-program.ts";
import { type Contestant, type Section, size, type Workload } from "../section.ts";
import { type LogKind, logFile, usages } from "../usage.ts";

const PROGRAMS = ["metered-costs", "DuckDB", "chDB"];

async function ndjson(
  workload: Workload,
  names: readonly string[],
  question: Question,
  kind: LogKind = "in order",
): Promise<Contestant[]> {
  const count = size(1_000_000, workload);
  const path = await logFile(workload.folder, count, kind);
  const expected = referenceOf(usages(count), question);
  return contestants(OF_FILE, names, expected, async ({ load }) => {
    const answer = await load();
    return async () => ({ rows: await answer(path, question) });
  });
}

/** Each run in a process of its own, timed from its start to the printed result. */
async function ndjsonPrograms(workload: Workload, events: number): Promise<Contestant[]> {
  const count = size(events, workload);
  const path = await logFile(workload.folder, count);
  const expected = referenceOf(usages(count), QUESTION);
  return contestants(OF_FILE, PROGRAMS, expected, async ({ name }) => async () => {
    const program = await runProgram("summarize-file", name, path, JSON.stringify(QUESTION));
    return { ...program, milliseconds: program.untilPrinted };
  });
}

export const ndjsonSections: readonly Section[] = [
  {
    name: "ndjson",
    title: "1 M events of NDJSON, deduplication off",
    limits: [
      { of: "metered-costs", against: "JSON.parse alone", atMostOfTime: 0.5 },
      { of: "metered-costs", against: "chDB", atLeastTimesAsFast: 1 },
    ],
    contestants: (workload) =>
      ndjson(
        workload,
        ["metered-costs", "JSON.parse alone", "DuckDB, one thread", "DuckDB", "chDB"],
        QUESTION,
      ),
  },
  {
    name: "ndjson-random-times",
    title: "1 M events of NDJSON, their times in random order, deduplication off",
    contestants: (workload) =>
      ndjson(workload, [...PROGRAMS, "JSON.parse alone"], QUESTION, "in random order"),
  },
  {
    name: "ndjson-nested",
    title: "1 M events of NDJSON with nested data, deduplication off",
    contestants: (workload) =>
      ndjson(
        workload,
        ["metered-costs", "JSON.parse alone"],
        { ...QUESTION, isNested: true },
        "nested",
      ),
  },
  {
    name: "ndjson-workers",
    title: "1 M events of NDJSON, deduplication off, two threads each",
    limits: [{ of: "metered-costs, two workers", against: "DuckDB", atLeastTimesAsFast: 0.8 }],
    contestants: (workload) =>
      ndjson(workload, ["metered-costs, two workers", "DuckDB", "chDB"], QUESTION),
  },
  {
    name: "ndjson-deduplicated",
    title: "1 M events of NDJSON, deduplication on",
    contestants: (workload) => ndjson(workload, PROGRAMS, DEDUPLICATED),
  },
  {
    name: "ndjson-memory",
    title: "1 M events of NDJSON, deduplication off, in processes of their own",
    rounds: 3,
    limits: [{ of: "metered-costs", against: "chDB", atMostOfMemory: 0.15 }],
    contestants: (workload) => ndjsonPrograms(workload, 1_000_000),
  },
  {
    name: "cold-start",
    title: "100,000 events of NDJSON, deduplication off, from the start of Node to the result",
    limits: [
      { of: "metered-costs", against: "DuckDB", atLeastTimesAsFast: 2 },
      { of: "metered-costs", against: "chDB", atLeastTimesAsFast: 2 },
    ],
    contestants: (workload) => ndjsonPrograms(workload, 100_000),
  },
  {
    name: "many-cells-ndjson",
    title: "1 M events of NDJSON, 700,000 groups, deduplication off",
    limits: [{ of: "metered-costs", against: "chDB", atLeastTimesAsFast: 1 }],
    contestants: (workload) => ndjson(workload, PROGRAMS, { ...QUESTION, groupBy: ["thread"] }),
  },
];
