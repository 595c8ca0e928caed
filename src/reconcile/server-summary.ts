import { InvalidInputError, type Issue } from "../errors.ts";
import type { CostDefinition } from "../models.ts";
import type { Plan } from "../summary/plan.ts";
import { Decimal, type DecimalInput, readExact } from "../values/decimal.ts";
import { isRecord } from "../values/record.ts";
import { type Exact, MAX_EXPONENT, ZERO } from "../values/scaled-integer.ts";
import { EXPECTED_TIME, readTime } from "../values/timestamp.ts";
import { groupKey } from "./prediction.ts";

/**
 * What the server answered: a `CostSummary` of `costs.summary`, or its JSON as it was kept, with amounts as decimal
 * text and times as RFC 3339.
 */
export interface ServerSummary {
  readonly totalCost: DecimalInput | null;
  readonly totalQuantity?: DecimalInput | null | undefined;
  readonly groups?:
    | readonly {
        readonly dimensions: Readonly<Record<string, string>>;
        readonly quantity: DecimalInput;
        readonly cost: DecimalInput;
      }[]
    | undefined;
  readonly timeSeries?:
    | readonly {
        readonly windowStart: Date | string;
        readonly quantity: DecimalInput;
        readonly cost: DecimalInput;
      }[]
    | undefined;
  readonly id?: string | undefined;
  readonly currency?: string | undefined;
  readonly eventType?: string | undefined;
}

/** One row of the server's answer. */
export interface ServerRow {
  readonly quantity: Exact;
  readonly cost: Exact;
}

/** The server's answer, checked. */
export interface ServerAnswer {
  /** Undefined where it was not given. */
  readonly totalQuantity: Exact | null | undefined;
  readonly totalCost: Exact | null;
  /** By `groupKey`; undefined where there are none to compare. */
  readonly groups: ReadonlyMap<string, ServerRow> | undefined;
  /** By the start in milliseconds since 1970. */
  readonly windows: ReadonlyMap<number, ServerRow> | undefined;
}

/** Reads the server's answer to a query; throws an `InvalidInputError` for one that cannot be of that query. */
export function readServerSummary(server: ServerSummary, plan: Plan): ServerAnswer {
  const issues: Issue[] = [];
  const refuse = (path: Issue["path"], message: string): undefined => {
    issues.push({ path: ["server", ...path], message });
  };
  const amount = (path: Issue["path"], input: unknown): Exact => {
    const exact = readExact(input);
    if (!("problem" in exact)) return exact;
    const long = longExact(input);
    if (long !== undefined) return long;
    refuse(path, exact.problem);
    return ZERO;
  };
  const row = (path: Issue["path"], given: Readonly<Record<string, unknown>>): ServerRow => ({
    quantity: amount([...path, "quantity"], given["quantity"]),
    cost: amount([...path, "cost"], given["cost"]),
  });
  const rowsOf = (name: "groups" | "timeSeries"): readonly Readonly<Record<string, unknown>>[] => {
    const given: unknown = server[name];
    const rows = Array.isArray(given) ? Array.from<unknown>(given) : [undefined];
    if (rows.every(isRecord)) return rows;
    refuse([name], "expected an array of rows");
    return [];
  };
  if (!isRecord(server)) {
    refuse([], "expected what costs.summary answered for the same cost and query");
    throw new InvalidInputError("The summaries cannot be compared", issues);
  }
  const { totalCost, totalQuantity } = server;
  const total = totalCost === null ? null : amount(["totalCost"], totalCost);
  const quantity =
    totalQuantity === null || totalQuantity === undefined
      ? totalQuantity
      : amount(["totalQuantity"], totalQuantity);

  let groups: Map<string, ServerRow> | undefined;
  if (server.groups !== undefined && (plan.groupBy !== undefined || rowsOf("groups").length > 0)) {
    groups = new Map();
    const names = plan.groupBy?.map(({ name }) => name) ?? [];
    if (names.length === 0) refuse(["groups"], "expected none: the query has no groupBy");
    for (const [at, given] of rowsOf("groups").entries()) {
      const { dimensions } = given;
      const path = ["groups", at];
      if (!isRecord(dimensions) || !hasExactly(dimensions, names)) {
        refuse([...path, "dimensions"], `expected the query's: ${names.join(", ") || "none"}`);
        continue;
      }
      const values = names.map((name) => String(dimensions[name]));
      const key = groupKey(values);
      if (groups.has(key)) refuse(path, "expected each group once");
      groups.set(key, row(path, given));
    }
  }
  let windows: Map<number, ServerRow> | undefined;
  if (
    server.timeSeries !== undefined &&
    (plan.window !== undefined || rowsOf("timeSeries").length > 0)
  ) {
    windows = new Map();
    if (plan.window === undefined) {
      refuse(["timeSeries"], "expected none: the query has no window");
    }
    for (const [at, given] of rowsOf("timeSeries").entries()) {
      const path = ["timeSeries", at];
      const start = readTime(given["windowStart"]);
      if (Number.isNaN(start)) refuse([...path, "windowStart"], EXPECTED_TIME);
      if (windows.has(start)) refuse(path, "expected each window once");
      windows.set(start, row(path, given));
    }
  }
  if (issues.length > 0) throw new InvalidInputError("The summaries cannot be compared", issues);
  return { totalQuantity: quantity, totalCost: total, groups, windows };
}

/** A sum may be longer than any number that is taken in: a Decimal of an answer is, up to ten times the bounds. */
function longExact(input: unknown): Exact | undefined {
  if (!(input instanceof Decimal) || Math.abs(input.e) > 10 * MAX_EXPONENT) return undefined;
  const [whole = "", fraction = ""] = input.toFixed().split(".");
  if (!/^-?\d+$/.test(whole)) return undefined;
  return { coefficient: BigInt(whole + fraction), exponent: -fraction.length };
}

function hasExactly(
  dimensions: Readonly<Record<string, unknown>>,
  names: readonly string[],
): boolean {
  const given = Object.keys(dimensions);
  return (
    given.length === names.length &&
    names.every((name) => given.includes(name) && typeof dimensions[name] === "string")
  );
}

/** What is odd about an answer, in words. */
export function notesOnAnswer(server: ServerSummary, cost: CostDefinition, plan: Plan): string[] {
  const notes: string[] = [];
  const compare = (name: "id" | "currency" | "eventType", own: string | null | undefined): void => {
    const given = server[name];
    // What is no text is a newer server's business, or a cost's that has none.
    if (typeof given !== "string" || typeof own !== "string" || given === own) return;
    notes.push(
      `The answer's ${name} is ${JSON.stringify(given)}, the cost's ${JSON.stringify(own)}.`,
    );
  };
  compare("id", cost.id);
  compare("currency", cost.currency);
  compare("eventType", cost.eventType);
  if (plan.groupBy !== undefined && server.groups === undefined) {
    notes.push("The query asks for groups, but the answer has none: they were not compared.");
  }
  if (plan.window !== undefined && server.timeSeries === undefined) {
    notes.push("The query asks for windows, but the answer has none: they were not compared.");
  }
  return notes;
}
