import { readFileSync } from "node:fs";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { CostDefinition, CostSummaryParams } from "metered-costs/summary";
import { parseJson, withNumbersAsText } from "../values/lossless-json.ts";
import { CommandError } from "./failure.ts";

export interface CostOptions {
  readonly cost?: string;
  readonly aggregation?: string;
  readonly eventType?: string;
  readonly value?: string;
  readonly unitCost?: string;
  readonly currency?: string;
  readonly dimension?: Readonly<Record<string, string>>;
}

export interface RangeOptions {
  readonly from?: string;
  readonly to?: string;
  readonly month?: string;
}

export interface QueryOptions extends RangeOptions {
  readonly groupBy?: string;
  readonly window?: "MINUTE" | "HOUR" | "DAY";
  readonly subject?: string;
  readonly filter?: Readonly<Record<string, string | string[]>>;
}

/** A cost as a file has it: with its id, where it came from the API. */
export type KnownCost = CostDefinition & { readonly createdAt?: string | null };

function pairOf(option: string, text: string): [name: string, value: string] {
  const at = text.indexOf("=");
  if (at < 1) throw new CommandError(`${option}: expected NAME=VALUE, not ${JSON.stringify(text)}`);
  return [text.slice(0, at), text.slice(at + 1)];
}

/** Reads the argument of an option. */
export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("Expected a whole number.");
  return Number(text);
}

export function addCostOptions(command: Command): Command {
  return command
    .option("--cost <file>", "a JSON file with the cost, as the API gives it")
    .option("--aggregation <name>", "SUM, COUNT, UNIQUE_COUNT, AVG, MIN, MAX or LATEST")
    .option("--event-type <type>", "the events that the cost counts")
    .option("--value <path>", "where an event has its value, such as $.tokens")
    .option("--unit-cost <amount>", "what one unit costs")
    .option("--currency <code>", "the currency of the unit cost")
    .option(
      "--dimension <name=path>",
      "a dimension and its path, such as model='$.model'; may be repeated",
      (text: string, before: Record<string, string> = {}) => {
        const [name, path] = pairOf("--dimension", text);
        return { ...before, [name]: path };
      },
    );
}

export function addRangeOptions(command: Command): Command {
  return command
    .option("--from <time>", "the start of the range, RFC 3339 or a UTC day such as 2026-06-01")
    .option("--to <time>", "the exclusive end of the range")
    .option("--month <month>", "a UTC month such as 2026-06, instead of --from and --to");
}

export function addSubjectOptions(command: Command): Command {
  return command
    .option("--subject <id>", "only the events of this customer")
    .option(
      "--filter <name=value>",
      "only the events whose dimension has this value; may be repeated, the same name for one of several values",
      (text: string, before: Record<string, string | string[]> = {}) => {
        const [name, value] = pairOf("--filter", text);
        const earlier = Object.hasOwn(before, name) ? [before[name] ?? []].flat() : [];
        return { ...before, [name]: earlier.length === 0 ? value : [...earlier, value] };
      },
    );
}

export function addQueryOptions(command: Command): Command {
  addRangeOptions(command)
    .option("--group-by <names>", "dimensions to group by, with commas between them")
    .addOption(
      new Option("--window <size>", "break the cost down by time, in UTC").choices([
        "MINUTE",
        "HOUR",
        "DAY",
      ]),
    );
  return addSubjectOptions(command);
}

/** The value of a JSON file, long numbers as text with all their digits. */
export function readJsonFile(path: string): unknown {
  const bytes = readFileSync(path);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new CommandError(
      `${path}: expected JSON in UTF-8, but it has other bytes: save it as UTF-8`,
    );
  }
  try {
    return withNumbersAsText(parseJson(text));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new CommandError(`${path}: expected JSON: ${error.message}`);
  }
}

/** The cost that the options define. */
export function costOf(options: CostOptions): KnownCost {
  const { cost: file, aggregation, eventType, value, unitCost, currency, dimension } = options;
  const given = {
    ...(aggregation !== undefined && { aggregation }),
    ...(eventType !== undefined && { eventType }),
    ...(value !== undefined && { valueProperty: value }),
    ...(unitCost !== undefined && { unitCost }),
    ...(currency !== undefined && { currency }),
    ...(dimension !== undefined && { groupBy: dimension }),
  };
  if (file === undefined) {
    const needed = {
      "--aggregation": aggregation,
      "--event-type": eventType,
      "--unit-cost": unitCost,
    };
    const missing = Object.entries(needed).flatMap(([name, is]) =>
      is === undefined ? [name] : [],
    );
    if (missing.length > 0) {
      const also = Object.keys(given).length > 0 ? "also " : "";
      throw new CommandError(`no cost: pass --cost FILE, or ${also}${missing.join(", ")}`);
    }
    return given as KnownCost;
  }
  const read = readJsonFile(file);
  if (typeof read !== "object" || read === null || Array.isArray(read)) {
    throw new CommandError(`${file}: expected one cost as a JSON object`);
  }
  return { ...read, ...given } as KnownCost;
}

const isDay = (text: string): boolean => /^\d{4}-\d\d-\d\d$/.test(text);

/** The range that the options name. */
export function rangeOf({ from, to, month }: RangeOptions): {
  readonly from: string;
  readonly to: string;
} {
  if (month !== undefined) {
    if (from !== undefined || to !== undefined) {
      throw new CommandError("pass either --month, or --from and --to");
    }
    const [, year, number] = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(month) ?? [];
    if (year === undefined)
      throw new CommandError(`--month: expected a month such as 2026-06, not ${month}`);
    const next = new Date(Date.UTC(Number(year), Number(number), 1));
    return { from: `${month}-01T00:00:00Z`, to: next.toISOString() };
  }
  if (from === undefined || to === undefined) {
    throw new CommandError("no range: pass --month 2026-06, or --from and --to");
  }
  const instant = (text: string): string => (isDay(text) ? `${text}T00:00:00Z` : text);
  return { from: instant(from), to: instant(to) };
}

/** What a result is about, for its reader. */
export function factsOf(
  range: { readonly from: Date | string; readonly to: Date | string },
  ...more: readonly (string | null | undefined)[]
): string[] {
  const [from, to] = [range.from, range.to].map((time) => new Date(time).toISOString());
  return [
    ...more.filter((fact) => fact !== undefined && fact !== null && fact !== ""),
    `from ${from} to before ${to}`,
  ] as string[];
}

/** The query that the options ask. */
export function queryOf(options: QueryOptions): CostSummaryParams {
  const { groupBy, window, subject, filter } = options;
  return {
    ...rangeOf(options),
    ...(groupBy !== undefined && { groupBy: groupBy.split(",").map((name) => name.trim()) }),
    ...(window !== undefined && { window }),
    ...(subject !== undefined && { subject }),
    ...(filter !== undefined && { filterGroupBy: filter }),
  } as CostSummaryParams;
}
