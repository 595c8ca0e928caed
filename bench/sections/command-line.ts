/** The command line, from its start to its end, with a large log. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream, createWriteStream, existsSync } from "node:fs";
import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { rowsOf } from "../contestants/metered-costs.ts";
import { contestants, OF_FILE } from "../contestants.ts";
import {
  DEDUPLICATED,
  EVENT_TYPE,
  FROM,
  QUESTION,
  type Question,
  TO,
  UNIT_COST,
} from "../question.ts";
import { referenceOf } from "../reference.ts";
import { runProgram } from "../run-program.ts";
import { type Contestant, type Outcome, type Section, size, type Workload } from "../section.ts";
import { logFile, usages } from "../usage.ts";

/** 248 bytes each: 1 GB. */
const EVENTS = 4_000_000;

/** `metered-costs summary`, as it is installed. */
async function summary(path: string, question: Question): Promise<Outcome> {
  const { aggregation, groupBy, deduplicate } = question;
  const args = [
    ...["summary", path, "--aggregation", aggregation, "--event-type", EVENT_TYPE],
    ...["--value", "$.tokens", "--unit-cost", UNIT_COST, "--window", "DAY", "--format", "json"],
    ...groupBy.flatMap((name) => ["--dimension", `${name}=$.${name}`]),
    ...["--group-by", groupBy.join(","), "--threads", "2"],
    ...["--from", new Date(FROM).toISOString(), "--to", new Date(TO).toISOString()],
    ...(deduplicate ? [] : ["--no-deduplicate"]),
  ];
  const preload = new URL("./print-usage.js", import.meta.url).href;
  const start = performance.now();
  const child = spawn(process.execPath, ["--import", preload, resolve("dist/cli.js"), ...args], {
    stdio: ["ignore", "pipe", "inherit", "pipe"],
  });
  const [output, usage] = await Promise.all([
    text(child.stdout as NodeJS.ReadableStream),
    text(child.stdio[3] as unknown as NodeJS.ReadableStream),
  ]);
  const milliseconds = performance.now() - start;
  const printed = JSON.parse(output, (name, value) =>
    name === "windowStart" ? new Date(value) : value,
  );
  return { rows: rowsOf(printed, question), milliseconds, ...JSON.parse(usage) };
}

async function ofPlain(workload: Workload): Promise<Contestant[]> {
  const count = size(EVENTS, workload);
  const path = await logFile(workload.folder, count);
  const ours = (name: string, question: Question): Contestant => ({
    name,
    isOurs: true,
    expected: referenceOf(usages(count), question),
    prepare: async () => () => summary(path, question),
  });
  const expected = referenceOf(usages(count), QUESTION);
  const peers = contestants(OF_FILE, ["DuckDB", "chDB"], expected, async ({ name }) => async () => {
    const program = await runProgram("summarize-file", name, path, JSON.stringify(QUESTION));
    return { ...program, milliseconds: program.untilPrinted };
  });
  return [
    ours("metered-costs summary", QUESTION),
    ours("metered-costs summary, deduplicated", DEDUPLICATED),
    ...peers,
  ];
}

async function ofGzip(workload: Workload): Promise<Contestant[]> {
  const count = size(EVENTS, workload);
  const plain = await logFile(workload.folder, count);
  const path = `${plain}.gz`;
  if (!existsSync(path)) {
    await pipeline(createReadStream(plain), createGzip(), createWriteStream(path));
  }
  return [
    {
      name: "gzip -dc alone",
      expected: undefined,
      prepare: async () => async () => {
        const start = performance.now();
        const child = spawn("gzip", ["-dc", path], { stdio: ["ignore", "ignore", "inherit"] });
        await once(child, "close");
        return { rows: [], milliseconds: performance.now() - start };
      },
    },
    {
      name: "metered-costs summary",
      isOurs: true,
      expected: referenceOf(usages(count), QUESTION),
      prepare: async () => () => summary(path, QUESTION),
    },
  ];
}

export const commandLineSections: readonly Section[] = [
  {
    name: "command-line",
    title: "1 GB of NDJSON, two threads, deduplication off unless said, from start to end",
    rounds: 3,
    limits: [
      { of: "metered-costs summary", against: "DuckDB", atLeastTimesAsFast: 1 },
      { of: "metered-costs summary", against: "chDB", atMostOfMemory: 1 },
    ],
    contestants: ofPlain,
  },
  {
    name: "command-line-gzip",
    title: "1 GB of NDJSON, gzipped, deduplication off, from start to end",
    rounds: 3,
    limits: [{ of: "metered-costs summary", against: "gzip -dc alone", atMostOfTime: 1.3 }],
    contestants: ofGzip,
  },
];
