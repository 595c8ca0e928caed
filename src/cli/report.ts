import { type Command, Option } from "commander";
import {
  type CostDefinition,
  type CostReport,
  type CostReportParams,
  Decimal,
  reportCosts,
  reportNdjson,
} from "metered-costs/summary";
import { counted } from "../values/counted.ts";
import {
  addRangeOptions,
  addSubjectOptions,
  factsOf,
  type QueryOptions,
  rangeOf,
  readJsonFile,
  wholeNumber,
} from "./cost-question.ts";
import { addInputOptions, EventInputs, type InputOptions, NO_EVENTS } from "./event-inputs.ts";
import { CommandError } from "./failure.ts";
import { addOutputOptions, type OutputOptions, writeResult } from "./output.ts";
import { amount, type Result, text } from "./result.ts";

interface Options extends Omit<QueryOptions, "window">, InputOptions, OutputOptions {
  readonly costs: string;
  readonly groupBy: string;
  readonly prior?: boolean;
  readonly top?: number;
  readonly currency?: string;
  readonly windowSize?: "DAY" | "MONTH";
  readonly deduplicate: boolean;
}

/** The costs of a file: an array, a page of the API (`data`), or one cost. */
function readCosts(path: string): CostDefinition[] {
  const read = readJsonFile(path) as CostDefinition | CostDefinition[] | { data: CostDefinition[] };
  if (Array.isArray(read)) return read;
  if (typeof read !== "object" || read === null) {
    throw new CommandError(`${path}: expected costs as a JSON array, or as a page of the API`);
  }
  return "data" in read && Array.isArray(read.data) ? read.data : [read as CostDefinition];
}

/** Refuses costs that cannot be told apart by their ids, and a dimension of more than one cost. */
function checkCosts(
  costs: readonly (CostDefinition | null)[],
  path: string,
  groupBy: string,
): void {
  if (groupBy === "customer") return;
  if (groupBy !== "cost" && costs.length !== 1) {
    throw new CommandError(
      `--group-by: expected cost or customer; ${groupBy} may be a dimension of one cost, but ${path} has ${costs.length}`,
    );
  }
  if (costs.some((cost) => (cost?.id ?? undefined) === undefined)) {
    throw new CommandError(`${path}: expected an id of every cost, such as "id": "cst_1"`);
  }
}

function reportResult(
  report: CostReport,
  { prior: hasPrior = false, windowSize }: Options,
): Result {
  const cost = amount(`cost, ${report.currency}`);
  const columns = [
    ...[
      text(report.groupBy),
      text("name"),
      amount("quantity"),
      text("unit"),
      cost,
      amount("share, %"),
    ],
    ...(hasPrior ? [amount("prior cost"), amount("change, %")] : []),
  ];
  const rows = report.groups.map(
    ({ key, label, totalQuantity, totalCost, percentOfTotal, unit, priorPeriod }) => [
      ...[
        key,
        label,
        String(totalQuantity),
        unit ?? undefined,
        String(totalCost),
        percentOfTotal.toFixed(2),
      ],
      ...(hasPrior
        ? [String(priorPeriod?.cost ?? ""), priorPeriod?.changePercent?.toFixed(2) ?? "none"]
        : []),
    ],
  );
  const windows = report.timeSeries.flatMap(({ windowStart, groups }) =>
    Object.entries(groups).map(([key, value]) => [windowStart.toISOString(), key, String(value)]),
  );
  const paged = report.pagination.total > report.groups.length;
  const notes = [
    ...(report.warnings ?? []),
    ...(paged ? [`${report.groups.length} of ${report.pagination.total} rows`] : []),
  ];
  return {
    title: `Cost report by ${report.groupBy}`,
    facts: factsOf(report.period),
    charts: () => [
      {
        title: "Cost by time",
        kind: "windows",
        series: [cost.title],
        rows: report.timeSeries.map((window) => ({
          name: window.windowStart.toISOString().slice(0, 10),
          values: [
            Object.values(window.groups)
              .reduce((sum, value) => sum.plus(value), new Decimal(0))
              .toString(),
          ],
        })),
      },
      {
        title: `Cost by ${report.groupBy}`,
        kind: "ranking",
        series: hasPrior ? [cost.title, "period before"] : [cost.title],
        rows: report.groups.map(({ label, totalCost, priorPeriod }) => ({
          name: label,
          values: [String(totalCost), ...(hasPrior ? [priorPeriod?.cost.toString()] : [])],
        })),
      },
    ],
    json: report,
    notes,
    tables: [
      {
        columns: [text(""), amount("quantity"), cost],
        rows: [["total", String(report.totalQuantity), String(report.totalCost)]],
      },
      { columns, rows },
      ...(windows.length === 0
        ? []
        : [{ columns: [text("window"), text(report.groupBy), cost], rows: windows }]),
    ],
    flat:
      windowSize === undefined
        ? { columns, rows }
        : {
            columns: [...columns, text("windowStart")],
            rows: [
              ...rows.map((row) => [...row, undefined]),
              ...windows.map(([start, key, value]) => [
                ...[key, undefined, undefined, undefined, value, undefined],
                ...(hasPrior ? [undefined, undefined] : []),
                start,
              ]),
            ],
          },
  };
}

async function report(files: readonly string[], options: Options): Promise<void> {
  const { costs, groupBy, prior = false, top, currency, windowSize, subject, filter } = options;
  const inputs = new EventInputs(files, options);
  const read = readCosts(costs);
  checkCosts(read, costs, groupBy);
  const query = {
    ...rangeOf(options),
    groupBy,
    comparePriorPeriod: prior,
    // All rows, the one of the rest included.
    limit: Math.max(100, (top ?? 0) + 1),
    ...(top !== undefined && { topN: top }),
    ...(currency !== undefined && { currency }),
    ...(windowSize !== undefined && { windowSize }),
    ...(subject !== undefined && { subject }),
    ...(filter !== undefined && { filterGroupBy: filter }),
    // A dimension is one of the one cost that the report is about.
    ...(!["cost", "customer"].includes(groupBy) && { costId: read[0]?.id }),
  } as CostReportParams;
  const { deduplicate } = options;
  const { onInvalidEvent } = inputs;
  const reading = { deduplicate, onInvalidEvent };
  let count = 0;
  const result = await inputs.read(
    (source, onProgress) =>
      reportNdjson(read, source, query, {
        ...reading,
        onProgress(progress) {
          count = progress.events;
          onProgress(progress);
        },
      }),
    (events) => {
      count = events.length;
      return reportCosts(read, events, query, reading);
    },
  );
  if (count === 0) inputs.say(NO_EVENTS);
  else if (result.totalQuantity.isZero()) {
    inputs.say(
      `${counted(count, "event")}, and no quantity: explain --only-problems, with one of the costs, says why`,
    );
  }
  await writeResult(reportResult(result, options), options);
}

export function addReportCommand(program: Command): void {
  const command = program
    .command("report")
    .description("rank costs, customers or the values of a dimension from logs of events")
    .argument("<file...>", "NDJSON, JSON, CSV or Parquet, also .gz or .zst; - is standard input")
    .requiredOption("--costs <file>", "a JSON file with the costs: an array, or a page of the API")
    .option(
      "--group-by <name>",
      "cost, customer, or a dimension of the one cost in the file",
      "cost",
    )
    .option("--prior", "compare with the period of the same length before")
    .option(
      "--top <count>",
      "how many rows are named, 9 unless given; the rest is one row",
      wholeNumber,
    )
    .option("--currency <code>", "only the costs of this currency")
    .addOption(
      new Option("--window-size <size>", "also break the costs down by time, in UTC").choices([
        "DAY",
        "MONTH",
      ]),
    );
  addOutputOptions(addInputOptions(addSubjectOptions(addRangeOptions(command))))
    .option(
      "--no-deduplicate",
      "count events with the same key more than once, and remember no keys",
    )
    .addHelpText(
      "after",
      `
One file of NDJSON is read in constant memory but for groups and idempotency keys; else all events are held in memory.

Examples:
  $ metered-costs report june.ndjson --costs costs.json --month 2026-06 --group-by customer --prior
  $ metered-costs report 'logs/*.gz' --costs costs.json --from 2026-06-01 --to 2026-06-08 --format markdown`,
    )
    .action(report);
}
