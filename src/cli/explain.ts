import { type Command, Option } from "commander";
import { type CostEvent, explainEvent } from "metered-costs/summary";
import { counted } from "../values/counted.ts";
import {
  addCostOptions,
  addQueryOptions,
  type CostOptions,
  costOf,
  type QueryOptions,
  queryOf,
} from "./cost-question.ts";
import { addInputOptions, EventInputs, type InputOptions } from "./event-inputs.ts";
import { printable } from "./output.ts";

interface Options extends CostOptions, QueryOptions, InputOptions {
  readonly onlyProblems?: boolean;
  readonly deduplicate: boolean;
  readonly format: "text" | "json";
}

/** What makes two events one. */
const identityOf = ({ namespace, source, idempotencyKey }: CostEvent): string | undefined =>
  idempotencyKey == null
    ? undefined
    : JSON.stringify([namespace ?? null, source ?? null, idempotencyKey]);

async function explain(files: readonly string[], options: Options): Promise<void> {
  const cost = costOf(options);
  const hasRange =
    options.from !== undefined || options.to !== undefined || options.month !== undefined;
  const query = hasRange ? queryOf(options) : undefined;
  const { onlyProblems = false, deduplicate, format } = options;
  // Invalid events are explained like the others.
  const inputs = new EventInputs(files.length === 0 ? ["-"] : files, {
    ...options,
    skipInvalid: false,
  });
  const first = new Map<string, CostEvent>();
  let all = 0;
  let counting = 0;
  /** The file at hand, and how many of its events were explained. */
  let name = "";
  let event = 0;
  const say = (counts: boolean, message: string, facts: object): void => {
    all++;
    event++;
    if (counts) counting++;
    if (counts && onlyProblems) return;
    const where = inputs.names.length > 1 ? `${printable(name)}: ${event}` : event;
    const line =
      format === "json"
        ? JSON.stringify({ file: name, event, counts, message, ...facts })
        : `${where}  ${counts ? "counts " : "problem"}  ${printable(message)}`;
    process.stdout.write(`${line}\n`);
  };
  await inputs.each(
    async (file) => {
      ({ name } = file);
      event = 0;
      for await (const given of file.events()) {
        const identity = deduplicate ? identityOf(given) : undefined;
        const earlier = identity === undefined ? undefined : first.get(identity);
        if (identity !== undefined && earlier === undefined) first.set(identity, given);
        const { counts, message, ...facts } = explainEvent(cost, given, query, {
          earlier: earlier === undefined ? [] : [earlier],
        });
        say(counts, message, facts);
      }
    },
    (error) => say(false, error.message, { reason: "invalid", issues: error.issues }),
  );
  const of = [counted(counting, "counts", "count"), counted(all - counting, "does not", "do not")];
  process.stderr.write(`${counted(all, "event")}: ${of.join(", ")}\n`);
}

export function addExplainCommand(program: Command): void {
  const command = program
    .command("explain")
    .description("say of each event whether it counts, and why not")
    .argument(
      "[file...]",
      "NDJSON, JSON, CSV or Parquet, also .gz or .zst; standard input unless given",
    )
    .option("--only-problems", "leave out the events that count");
  addInputOptions(addQueryOptions(addCostOptions(command)), { canSkip: false })
    .option("--no-deduplicate", "count events with the same key more than once")
    .addOption(
      new Option("--format <format>", "how each event is written")
        .choices(["text", "json"])
        .default("text"),
    )
    .addHelpText(
      "after",
      `
Without a range every time counts.

Examples:
  $ metered-costs explain --cost cost.json --only-problems june.ndjson
  $ node my-service.js | metered-costs explain --cost cost.json`,
    )
    .action(explain);
}
