import type { Command } from "commander";
import {
  type CostSummaryParams,
  type Diff,
  formatReconciliation,
  type Reconciliation,
  reconcile,
  reconcileNdjson,
  type ServerSummary,
  type Verdict,
} from "metered-costs/summary";
import {
  addCostOptions,
  addQueryOptions,
  type CostOptions,
  costOf,
  factsOf,
  type KnownCost,
  type QueryOptions,
  queryOf,
  rangeOf,
  readJsonFile,
} from "./cost-question.ts";
import { addInputOptions, EventInputs, type InputOptions } from "./event-inputs.ts";
import { CommandError, EXIT } from "./failure.ts";
import { addOutputOptions, type OutputOptions, writeResult } from "./output.ts";
import { amount, type Result, text, windowName } from "./result.ts";
import { addServerOptions, clientOf, type ServerOptions } from "./server.ts";

interface Options extends CostOptions, QueryOptions, InputOptions, OutputOptions, ServerOptions {
  readonly server?: string;
  readonly live?: boolean;
  readonly deduplicate: boolean;
  readonly toleranceCost?: string;
  readonly toleranceQuantity?: string;
}

const EXIT_CODES: Readonly<Record<Verdict, number>> = {
  equal: 0,
  "equal-as-double": 0,
  "within-tolerance": 0,
  explained: EXIT.differs,
  coincidence: EXIT.differs,
  different: EXIT.differs,
  unavailable: EXIT.unavailable,
};

function reconciliationResult(result: Reconciliation, facts: readonly string[]): Result {
  const { verdict, total, groups, timeSeries, explanations } = result;
  const diffs = [
    ...[total].map((diff) => ({ ...diff, row: "total", name: "" })),
    ...groups.map((diff) => ({ ...diff, row: "group", name: JSON.stringify(diff.dimensions) })),
    ...timeSeries.map((diff) => ({
      ...diff,
      row: "window",
      name: diff.windowStart?.toISOString() ?? "",
    })),
  ];
  const series = ["your log", "the server"];
  const values = ({ cost }: Diff): (string | undefined)[] => [
    cost.local?.toString(),
    cost.server?.toString(),
  ];
  return {
    title: `Reconciliation: ${verdict}`,
    facts,
    charts: () => [
      {
        title: "Cost by time, where it differs",
        kind: "windows",
        series,
        rows: timeSeries.map((diff) => ({
          name: diff.windowStart === undefined ? "" : windowName(diff.windowStart),
          values: values(diff),
        })),
      },
      {
        title: "Cost by group, where it differs",
        kind: "ranking",
        series,
        rows: groups.map((diff) => ({
          name: Object.values(diff.dimensions ?? {}).join(", "),
          values: values(diff),
        })),
      },
    ],
    json: result,
    text: formatReconciliation(result),
    tables: [],
    flat: {
      columns: [
        ...[text("verdict"), text("cause"), text("row"), text("name")],
        ...[amount("localCost"), amount("serverCost"), amount("difference")],
      ],
      rows: diffs.map(({ row, name, cost }) => [
        verdict,
        explanations[0]?.hypotheses.map(({ id }) => id).join(" + "),
        row,
        name,
        cost.local?.toString(),
        cost.server?.toString(),
        cost.difference?.toString(),
      ]),
    },
  };
}

async function serverSummary(
  cost: KnownCost,
  query: CostSummaryParams,
  { server, live, ...options }: Options,
): Promise<ServerSummary> {
  if ((server === undefined) === (live !== true)) {
    throw new CommandError(
      "pass either --server FILE, the summary that the server returned, or --live",
    );
  }
  if (server !== undefined) return readJsonFile(server) as ServerSummary;
  if (cost.id === undefined)
    throw new CommandError("--live needs a cost with its id: pass --cost FILE");
  return (await clientOf(options)).costs.summary(cost.id, query);
}

function rethrow(error: unknown): never {
  throw error;
}

async function run(files: readonly string[], options: Options): Promise<void> {
  const cost = costOf(options);
  const query = queryOf(options);
  const inputs = new EventInputs(files, options);
  const server = await serverSummary(cost, query, options);
  const { deduplicate, toleranceCost, toleranceQuantity } = options;
  const reading = {
    deduplicate,
    // A log with an invalid event is refused unless it is to be skipped, as in any other kind of file.
    onInvalidEvent: inputs.onInvalidEvent ?? rethrow,
    tolerance: { cost: toleranceCost, quantity: toleranceQuantity },
  };
  const result = await inputs.read(
    (source, onProgress) =>
      reconcileNdjson({ cost, source, query, server }, { ...reading, onProgress }),
    (events) => reconcile({ cost, events, query, server }, reading),
  );
  await writeResult(
    reconciliationResult(result, factsOf(rangeOf(options), cost.name, cost.id)),
    options,
  );
  // Such as another currency: who reads only the exit code or the table has to see it, too.
  if (options.output !== undefined || options.format === "csv") {
    for (const note of result.audit.notes) inputs.say(note);
  }
  process.exitCode = EXIT_CODES[result.verdict];
}

export function addReconcileCommand(program: Command): void {
  const command = program
    .command("reconcile")
    .description("compare the server's summary with your log, and name the cause of a difference")
    .argument("<file...>", "NDJSON, JSON, CSV or Parquet, also .gz or .zst; - is standard input")
    .option(
      "--server <file>",
      "a JSON file with the server's summary, or with what summary --format json wrote",
    )
    .option("--live", "ask the server now; the key is in PAYGENTIC_API_KEY")
    .option("--tolerance-cost <amount>", "how far each cost may be off")
    .option("--tolerance-quantity <amount>", "how far each quantity may be off");
  addServerOptions(addOutputOptions(addInputOptions(addQueryOptions(addCostOptions(command)))))
    .option("--no-deduplicate", "count events with the same key more than once")
    .addHelpText(
      "after",
      `
The range, --group-by and --window must be those of the server's summary. A single NDJSON log is read without holding its events in
memory.
Exit code: 0 equal, equal-as-double or within-tolerance; 1 explained, coincidence or different; 2 unavailable; 3 failed.

Examples:
  $ metered-costs reconcile june.ndjson --cost cost.json --month 2026-06 --group-by model --server summary.json
  $ metered-costs reconcile 'logs/2026-06-*.gz' --cost cost.json --month 2026-06 --live`,
    )
    .action(run);
}
