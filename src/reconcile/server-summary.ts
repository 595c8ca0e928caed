import { type Plan, WINDOW_LENGTHS } from "../engine/plan.ts";
import { InvalidInputError, type Issue } from "../errors.ts";
import type { CostDefinition } from "../models.ts";
import {
  field,
  list,
  nullable,
  nullish,
  optional,
  pickedObject,
  record,
  refuse,
  text,
  time,
} from "../schemas/fields.ts";
import { readInput } from "../schemas/input.ts";
import { Decimal, type DecimalInput, readExact } from "../values/decimal.ts";
import { type Exact, MAX_EXPONENT } from "../values/scaled-integer.ts";
import { groupKey } from "./classification.ts";
import type { DifferenceFinding } from "./result.ts";

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
        readonly windowEnd?: Date | string | undefined;
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
  /** By the start in milliseconds since 1970, ascending. */
  readonly windows: ReadonlyMap<number, ServerRow> | undefined;
  /** As they were given, of any type. */
  readonly labels: Readonly<Record<"id" | "currency" | "eventType", unknown>>;
}

/** An amount of an answer; a sum may be longer than any number that is taken in. */
const serverAmount = /* @__PURE__ */ field<Exact, DecimalInput>((given, payload) => {
  const exact = readExact(given);
  if (!("problem" in exact)) return exact;
  return longExact(given) ?? refuse(payload, exact.problem, given);
});
/** Only noted when it differs from the cost's; a newer server may send anything. */
const label = /* @__PURE__ */ field<unknown, unknown>((given) => given);
const serverSummary = /* @__PURE__ */ pickedObject(
  {
    totalCost: /* @__PURE__ */ nullable(serverAmount),
    totalQuantity: /* @__PURE__ */ nullish(serverAmount),
    groups: /* @__PURE__ */ optional(
      /* @__PURE__ */ list(
        /* @__PURE__ */ pickedObject({
          dimensions: /* @__PURE__ */ record(text),
          quantity: serverAmount,
          cost: serverAmount,
        }),
        "an array of rows",
      ),
    ),
    timeSeries: /* @__PURE__ */ optional(
      /* @__PURE__ */ list(
        /* @__PURE__ */ pickedObject({
          windowStart: time,
          windowEnd: /* @__PURE__ */ optional(time),
          quantity: serverAmount,
          cost: serverAmount,
        }),
        "an array of rows",
      ),
    ),
    id: /* @__PURE__ */ optional(label),
    currency: /* @__PURE__ */ optional(label),
    eventType: /* @__PURE__ */ optional(label),
  },
  { what: "what costs.summary answered for the same cost and query" },
);
const answered = /* @__PURE__ */ pickedObject({ server: serverSummary });

/** Reads the server's answer to a query; throws an `InvalidInputError` for one that cannot be of that query. */
export function readServerSummary(given: ServerSummary, plan: Plan): ServerAnswer {
  const FAILED = "The summaries cannot be compared";
  const { server } = readInput(answered, { server: given }, FAILED);
  const issues: Issue[] = [];
  const wrong = (path: Issue["path"], message: string): void => {
    issues.push({ path: ["server", ...path], message });
  };
  let groups: Map<string, ServerRow> | undefined;
  if (server.groups !== undefined && (plan.groupBy !== undefined || server.groups.length > 0)) {
    groups = new Map();
    const names = plan.groupBy?.map(({ name }) => name) ?? [];
    if (names.length === 0) wrong(["groups"], "expected none: the query has no groupBy");
    for (const [at, { dimensions, quantity, cost }] of server.groups.entries()) {
      const path = ["groups", at];
      const given = Object.keys(dimensions);
      if (
        given.length !== names.length ||
        !names.every((name) => Object.hasOwn(dimensions, name))
      ) {
        wrong([...path, "dimensions"], `expected the query's: ${names.join(", ") || "none"}`);
        continue;
      }
      const key = groupKey(names.map((name) => dimensions[name] ?? ""));
      if (groups.has(key)) wrong(path, "expected each group once");
      groups.set(key, { quantity, cost });
    }
  }
  let windows: Map<number, ServerRow> | undefined;
  const { timeSeries } = server;
  if (timeSeries !== undefined && (plan.window !== undefined || timeSeries.length > 0)) {
    windows = new Map();
    if (plan.window === undefined) wrong(["timeSeries"], "expected none: the query has no window");
    for (const [at, { windowStart, quantity, cost }] of timeSeries.entries()) {
      const start = windowStart.getTime();
      if (windows.has(start)) wrong(["timeSeries", at], "expected each window once");
      windows.set(start, { quantity, cost });
    }
    const { window } = plan;
    const length = lengthOf(timeSeries);
    const given = sizeOf(length);
    // Of one or two windows, both may be cut at the ends of the range.
    const isMistaken = Number(length) > Number(window) || timeSeries.length > 2;
    if (given !== undefined && window !== undefined && length !== window && isMistaken) {
      wrong(
        ["timeSeries"],
        `expected windows of one ${sizeOf(window)}, as the query asks for, not of one ${given}: compare with the query that the server was asked`,
      );
    }
    windows = new Map([...windows].sort(([a], [b]) => a - b));
  }
  if (issues.length > 0) throw new InvalidInputError(FAILED, issues);
  const { totalQuantity, totalCost, id, currency, eventType } = server;
  return { totalQuantity, totalCost, groups, windows, labels: { id, currency, eventType } };
}

/** How long all windows are, in milliseconds; undefined where they differ, or do not say where they end. */
function lengthOf(
  timeSeries: readonly { readonly windowStart: Date; readonly windowEnd?: Date | undefined }[],
): number | undefined {
  const lengths = timeSeries.map(
    ({ windowStart, windowEnd }) => Number(windowEnd) - windowStart.getTime(),
  );
  return lengths.every((length) => length === lengths[0]) ? lengths[0] : undefined;
}

/** The window that is so long. */
const sizeOf = (length: number | undefined): string | undefined =>
  Object.entries(WINDOW_LENGTHS).find(([, one]) => one === length)?.[0];

/** A sum may be longer than any number that is taken in: a Decimal of an answer is, up to ten times the bounds. */
function longExact(input: unknown): Exact | undefined {
  if (!(input instanceof Decimal) || Math.abs(input.e) > 10 * MAX_EXPONENT) return undefined;
  const [whole = "", fraction = ""] = input.toFixed().split(".");
  if (!/^-?\d+$/.test(whole)) return undefined;
  return { coefficient: BigInt(whole + fraction), exponent: -fraction.length };
}

/** Amounts in two currencies differ, whatever their numbers. */
export function currencyFinding(
  { labels }: ServerAnswer,
  cost: CostDefinition,
): DifferenceFinding | undefined {
  const [server, local] = [labels.currency, cost.currency];
  // What is no text is a newer server's business, or a cost's that has none.
  if (typeof server !== "string" || typeof local !== "string") return undefined;
  if (server.toUpperCase() === local.toUpperCase()) return undefined;
  return {
    kind: "currency",
    share: 1,
    message: `The server's amounts are in ${server}, yours in ${local}: compare with the cost that the server was asked for.`,
  };
}

/** What is odd about an answer, in words. */
export function notesOnAnswer(server: ServerAnswer, cost: CostDefinition, plan: Plan): string[] {
  const notes: string[] = [];
  const compare = (name: "id" | "currency" | "eventType", own: string | null | undefined): void => {
    const given = server.labels[name];
    // What is no text is a newer server's business, or a cost's that has none.
    if (typeof given !== "string" || typeof own !== "string" || given === own) return;
    notes.push(
      `The response's ${name} is ${JSON.stringify(given)}, the cost's ${JSON.stringify(own)}.`,
    );
  };
  compare("id", cost.id);
  compare("currency", cost.currency);
  compare("eventType", cost.eventType);
  if (plan.groupBy !== undefined && server.groups === undefined) {
    notes.push("The query asks for groups, but the response has none: they were not compared.");
  }
  if (plan.window !== undefined && server.windows === undefined) {
    notes.push("The query asks for windows, but the response has none: they were not compared.");
  }
  return notes;
}
