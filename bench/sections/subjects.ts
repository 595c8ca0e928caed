/** What customers cost: subjects as groups, logs of a gigabyte, and events compared one by one. */
import { createReadStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type CostDefinition,
  compareEvents,
  Decimal,
  summarizeCost,
  summarizeNdjson,
} from "metered-costs/summary";
import { LOG_COST, LOG_QUERY } from "../log-question.ts";
import { DEDUPLICATED, EVENT_TYPE, FROM, TO, TOTAL, UNIT_COST } from "../question.ts";
import { referenceOf } from "../reference.ts";
import { runProgram } from "../run-program.ts";
import { type Contestant, type Section, size, type Workload } from "../section.ts";
import { logFile, parsedEvents, type UsageEvent, usages } from "../usage.ts";

const range = { from: new Date(FROM), to: new Date(TO) };
const cost: CostDefinition = {
  unitCost: UNIT_COST,
  aggregation: "SUM",
  eventType: EVENT_TYPE,
  valueProperty: "$.tokens",
  groupBy: { customer: "$.customer" },
};
/** With the same texts in the data as in the field. */
const withCustomer = (event: UsageEvent) => ({
  ...event,
  data: { ...event.data, customer: event.subject },
});

async function bySubject(workload: Workload, isLog: boolean): Promise<Contestant[]> {
  const events = parsedEvents(size(1_000_000, workload)).map(withCustomer);
  const log = isLog
    ? new TextEncoder().encode(events.map((event) => `${JSON.stringify(event)}\n`).join(""))
    : undefined;
  const options = { deduplicate: false };
  const { totalQuantity, totalCost } = summarizeCost(cost, events, range, options);
  const expected = new Map([[TOTAL, [`${totalQuantity}`, `${totalCost}`] as const]]);
  const grouped = (name: string, groupBy: string): Contestant => ({
    name,
    isOurs: true,
    expected,
    prepare: async () => async () => {
      const query = { ...range, groupBy };
      const summary =
        log === undefined
          ? summarizeCost(cost, events, query, options)
          : await summarizeNdjson(cost, log, query, options);
      return { rows: [[TOTAL, summary.totalQuantity, summary.totalCost] as const] };
    },
  });
  return [grouped("by a dimension", "customer"), grouped("by $subject", "$subject")];
}

/** The same events, one in a thousand of them lost; how many are named is what is checked. */
async function compared(workload: Workload): Promise<Contestant[]> {
  const count = size(1_000_000, workload);
  const distinct = [...new Map(parsedEvents(count).map((one) => [keyOf(one), one])).values()];
  const isLost = (index: number): boolean => index % 1_000 === 7;
  const stored = distinct
    .filter((_, index) => !isLost(index))
    .map(({ timestamp, ...event }) => ({ ...event, time: new Date(timestamp) }));
  const lost = distinct.filter((_, index) => isLost(index)).length;
  const expected = new Map([[TOTAL, [`${lost}`, "0"] as const]]);
  return [
    {
      name: "Map of JSON",
      expected,
      prepare: async () => () => {
        const known = new Map<string, string>();
        for (const event of distinct) {
          const { type, subject, timestamp, data } = event;
          known.set(
            keyOf(event),
            JSON.stringify([type, subject, new Date(timestamp).getTime(), data]),
          );
        }
        let different = 0;
        for (const event of stored) {
          const { type, subject, time, data } = event;
          const key = keyOf(event);
          if (known.get(key) !== JSON.stringify([type, subject, time.getTime(), data])) different++;
          known.delete(key);
        }
        return { rows: [[TOTAL, new Decimal(known.size), new Decimal(different)] as const] };
      },
    },
    {
      name: "compareEvents",
      isOurs: true,
      expected,
      prepare: async () => async () => {
        const { onlyLocal, onlyServer, different } = await compareEvents(distinct, stored);
        const others = onlyServer.length + different.length;
        return { rows: [[TOTAL, new Decimal(onlyLocal.length), new Decimal(others)] as const] };
      },
    },
  ];
}

const keyOf = ({ source, idempotencyKey }: Pick<UsageEvent, "source" | "idempotencyKey">): string =>
  `${source} ${idempotencyKey}`;

/** 248 bytes each: 1 GB. Each run is a process of its own. */
async function largeLog(workload: Workload): Promise<Contestant[]> {
  const count = size(4_000_000, workload);
  const path = await logFile(workload.folder, count);
  const all = referenceOf(usages(count), DEDUPLICATED);
  const total = all.get(TOTAL);
  const expected = new Map(total === undefined ? [] : [[TOTAL, total]]);
  const local = await summarizeNdjson(LOG_COST, createReadStream(path), LOG_QUERY);
  // One window raised and another lowered: everything is tried, and nothing explains it.
  const timeSeries = local.timeSeries?.map((row, at) => {
    const units = at === 2 ? 3 : at === 4 ? -3 : 0;
    const added = new Decimal(UNIT_COST).times(units);
    return { ...row, quantity: row.quantity.plus(units), cost: row.cost.plus(added) };
  });
  const answers = { equal: local, different: { ...local, timeSeries } };
  const run = (name: string, program: string, answer = ""): Contestant => ({
    name,
    isOurs: true,
    expected,
    prepare: async () => () => runProgram("read-log", program, path, answer),
  });
  const contestants = [run("report by customer", "report")];
  for (const [name, answer] of Object.entries(answers)) {
    const file = join(workload.folder, `answer-${name}.json`);
    await writeFile(file, JSON.stringify(answer));
    contestants.push(run(`reconcile, ${name}`, "reconcile", file));
  }
  return contestants;
}

const SAME = [{ of: "by $subject", against: "by a dimension", atMostOfTime: 1.3 }] as const;

export const subjectSections: readonly Section[] = [
  {
    name: "by-subject",
    title: "1 M objects by customer, as the subject and as a dimension, deduplication off",
    limits: SAME,
    contestants: (workload) => bySubject(workload, false),
  },
  {
    name: "by-subject-ndjson",
    title: "1 M events of NDJSON by customer, as the subject and as a dimension, deduplication off",
    limits: SAME,
    contestants: (workload) => bySubject(workload, true),
  },
  {
    name: "compare-events",
    title: "1,000,000 events compared with 999,000 stored ones",
    rounds: 3,
    contestants: compared,
  },
  {
    name: "large-log",
    title: "1 GB of NDJSON, deduplication on, from start to end",
    rounds: 3,
    contestants: largeLog,
  },
];
