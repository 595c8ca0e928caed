import type { Command } from "commander";
import { CostSummarizer, type CostSummary, Decimal } from "metered-costs/summary";
import { counted } from "../values/counted.ts";
import {
  addCostOptions,
  addQueryOptions,
  type CostOptions,
  costOf,
  factsOf,
  type QueryOptions,
  queryOf,
  rangeOf,
  wholeNumber,
} from "./cost-question.ts";
import { addInputOptions, EventInputs, type InputOptions, NO_EVENTS } from "./event-inputs.ts";
import { addOutputOptions, type OutputOptions, writeResult } from "./output.ts";
import { addFile } from "./parts.ts";
import { amount, type Result, text, windowName } from "./result.ts";
import { summarizeInThreads } from "./threads.ts";

interface Options extends CostOptions, QueryOptions, InputOptions, OutputOptions {
  readonly deduplicate: boolean;
  readonly threads?: number;
}

/** An amount as text: none, where nothing was usable. */
const amountText = (value: { toString(): string } | null | undefined): string =>
  value?.toString() ?? "none";

/** A summary as tables: the total, the groups, the windows. */
function summaryResult(
  summary: CostSummary,
  dimensions: readonly string[],
  facts: readonly string[],
): Result {
  const { totalQuantity, totalCost, currency, groups, timeSeries } = summary;
  const cost = amount(currency === undefined ? "cost" : `cost, ${currency}`);
  const groupRows = (groups ?? []).map((group) => ({
    names: dimensions.map((name) => (group.dimensions as Record<string, string>)[name]),
    amounts: [amountText(group.quantity), amountText(group.cost)],
  }));
  const windowRows = (timeSeries ?? []).map((window) => ({
    start: window.windowStart.toISOString(),
    amounts: [amountText(window.quantity), amountText(window.cost)],
  }));
  const total = [amountText(totalQuantity), amountText(totalCost)];
  const none = dimensions.map(() => undefined);
  return {
    title: `Cost summary${summary.name === undefined ? "" : `: ${summary.name}`}`,
    facts,
    charts: () => [
      {
        title: "Cost by time",
        kind: "windows",
        series: [cost.title],
        rows: (timeSeries ?? []).map((window) => ({
          name: windowName(window.windowStart),
          values: [window.cost?.toString()],
        })),
      },
      {
        title: `Cost by ${dimensions.join(", ")}`,
        kind: "ranking",
        series: [cost.title],
        rows: [...(groups ?? [])]
          .sort((one, other) => (other.cost ?? new Decimal(0)).cmp(one.cost ?? 0))
          .map((group) => ({
            name: dimensions
              .map((name) => (group.dimensions as Record<string, string>)[name])
              .join(", "),
            values: [group.cost?.toString()],
          })),
      },
    ],
    json: summary,
    tables: [
      { columns: [text(""), amount("quantity"), cost], rows: [["total", ...total]] },
      ...(groups === undefined
        ? []
        : [
            {
              columns: [...dimensions.map(text), amount("quantity"), cost],
              rows: groupRows.map(({ names, amounts }) => [...names, ...amounts]),
            },
          ]),
      ...(timeSeries === undefined
        ? []
        : [
            {
              columns: [text("window"), amount("quantity"), cost],
              rows: windowRows.map(({ start, amounts }) => [start, ...amounts]),
            },
          ]),
    ],
    flat: {
      columns: [
        text("row"),
        ...dimensions.map(text),
        text("windowStart"),
        amount("quantity"),
        amount("cost"),
      ],
      rows: [
        ["total", ...none, undefined, ...total],
        ...groupRows.map(({ names, amounts }) => ["group", ...names, undefined, ...amounts]),
        ...windowRows.map(({ start, amounts }) => ["window", ...none, start, ...amounts]),
      ],
    },
  };
}

/** What the total alone does not show: that no event counts, or that some count otherwise than their reader thinks. */
function warningsOf(
  { read, used, withoutValue, withoutTime }: CostSummarizer["events"],
  valuePath: string | null | undefined,
): string[] {
  if (read === 0) return [NO_EVENTS];
  const events = (count: number): string => `${count} of ${counted(read, "event")}`;
  const reasons = "explain --only-problems, with the same files, cost and query, says why";
  const warnings: string[] = [];
  if (used === 0) warnings.push(`${events(0)} counted: ${reasons}`);
  if (withoutValue > 0) {
    warnings.push(
      `${events(withoutValue)} counted for nothing, without a number at ${valuePath}: ${reasons}`,
    );
  }
  if (withoutTime > 0) {
    warnings.push(`${events(withoutTime)} without a timestamp, taken to be of now`);
  }
  return warnings;
}

async function summarize(files: readonly string[], options: Options): Promise<void> {
  const cost = costOf(options);
  const query = queryOf(options);
  const { deduplicate, map, utc, threads } = options;
  const inputs = new EventInputs(files, options);
  const summarizer = new CostSummarizer(cost, query, {
    deduplicate,
    onInvalidEvent: inputs.onInvalidEvent,
  });
  const order = { cost, query, deduplicate, map, utc, now: Date.now() };
  const inParts = await summarizeInThreads(inputs.names, order, threads, (done) =>
    inputs.tell(`${Math.floor(done * 100)} % of ${files.join(" ")}`),
  );
  if (inParts === undefined) {
    const onProgress = ({ events }: { readonly events: number }): void => inputs.count(events);
    await inputs.each((file) => addFile(summarizer, file, { map, utc }, { onProgress }));
  }
  inputs.clear();
  const summarized = inParts ?? summarizer;
  for (const warning of warningsOf(summarized.events, cost.valueProperty)) inputs.say(warning);
  const summary = summarized.summary();
  const dimensions = [query.groupBy ?? []].flat() as string[];
  const facts = factsOf(rangeOf(options), cost.id, query.subject && `customer ${query.subject}`);
  await writeResult(summaryResult(summary, dimensions, facts), options);
}

export function addSummaryCommand(program: Command): void {
  const command = program
    .command("summary")
    .description("compute the summary of one cost from logs of events")
    .argument("<file...>", "NDJSON, JSON, CSV or Parquet, also .gz or .zst; - is standard input");
  addOutputOptions(addInputOptions(addQueryOptions(addCostOptions(command))))
    .option(
      "--no-deduplicate",
      "count events with the same key more than once, and remember no keys",
    )
    .option(
      "--threads <count>",
      "how many threads read large files; all cores unless given",
      wholeNumber,
    )
    .addHelpText(
      "after",
      `
Examples:
  $ metered-costs summary june.ndjson.gz --cost cost.json --month 2026-06 --group-by model --window DAY
  $ metered-costs summary trace.csv --map "type='llm',timestamp=TIMESTAMP,data.tokens=ContextTokens" --utc \\
      --aggregation SUM --event-type llm --value '$.tokens' --unit-cost 0.0000025 --from 2023-11-16 --to 2023-11-18`,
    )
    .action(summarize);
}
