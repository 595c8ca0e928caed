import {
  type CostDefinition,
  type CostEvent,
  CostSummarizer,
  type CostSummary,
  type CostSummaryParams,
  InvalidEventError,
  type Issue,
  isCostsError,
  type SummaryOptions,
  summarizeCost,
} from "metered-costs/summary";

/** Fields that replace those of a builder; of any type, so that wrong ones can be tried too. */
type Changes = Readonly<Record<string, unknown>>;

/** The range of every query here that names none. */
export const JUNE = { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" };

/** The sum of `$.value` over events of type `call`, at 1 a unit; `model` and `region` are its dimensions. */
export function costOf(changes: Changes = {}): CostDefinition {
  return {
    unitCost: "1",
    aggregation: "SUM",
    eventType: "call",
    valueProperty: "$.value",
    groupBy: { model: "$.model", region: "$.region" },
    ...changes,
  } as CostDefinition;
}

/** A `call` in the middle of June with a value of 1. */
export function eventOf(changes: Changes = {}): CostEvent {
  return {
    type: "call",
    timestamp: "2026-06-15T12:00:00Z",
    data: { value: 1 },
    ...changes,
  } as unknown as CostEvent;
}

/** A `call` of that value; `changes` are further members of its data. */
export function eventWith(value: unknown, changes: Changes = {}): CostEvent {
  return eventOf({ data: { value, ...changes } });
}

/** A summary as `JSON.stringify` gives it. */
export interface PlainSummary {
  readonly totalQuantity: string | null;
  readonly totalCost: string | null;
  readonly groups?: readonly {
    readonly dimensions: Readonly<Record<string, string>>;
    readonly quantity: string;
    readonly cost: string;
  }[];
  readonly timeSeries?: readonly {
    readonly windowStart: string;
    readonly windowEnd: string;
    readonly quantity: string;
    readonly cost: string;
  }[];
}

/** The totals and the breakdowns of a summary as plain JSON. */
export function plainJson(summary: CostSummary): PlainSummary {
  const { totalQuantity, totalCost, groups, timeSeries } = summary;
  return JSON.parse(JSON.stringify({ totalQuantity, totalCost, groups, timeSeries }));
}

/** What the events come to in June, as plain JSON. */
export function summaryOf(
  cost: CostDefinition,
  events: Iterable<CostEvent>,
  query: Changes = {},
  options: SummaryOptions = {},
): PlainSummary {
  return plainJson(
    summarizeCost(cost, events, { ...JUNE, ...query } as CostSummaryParams, options),
  );
}

/** The total quantity of the events in June. */
export function totalOf(
  cost: CostDefinition,
  events: Iterable<CostEvent>,
  query: Changes = {},
  options: SummaryOptions = {},
): string | null {
  return summaryOf(cost, events, query, options).totalQuantity;
}

/** Each group of the events in June by `groupBy`: its dimensions' values, then its quantity. */
export function groupsOf(
  cost: CostDefinition,
  events: Iterable<CostEvent>,
  groupBy: string | readonly string[],
): readonly (readonly string[])[] {
  const names = typeof groupBy === "string" ? groupBy.split(",") : groupBy;
  const { groups = [] } = summaryOf(cost, events, { groupBy });
  return groups.map(({ dimensions, quantity }) => [
    ...names.map((name) => dimensions[name] ?? "(absent)"),
    quantity,
  ]);
}

/** Each window of the events: where it starts, then its quantity. */
export function windowsOf(
  cost: CostDefinition,
  events: Iterable<CostEvent>,
  query: Changes,
): readonly (readonly string[])[] {
  const { timeSeries = [] } = summaryOf(cost, events, query);
  return timeSeries.map(({ windowStart, quantity }) => [windowStart, quantity]);
}

/** A summarizer of that cost in June. */
export function summarizerOf(
  cost: CostDefinition = costOf(),
  options: SummaryOptions = {},
  query: Changes = {},
): CostSummarizer {
  return new CostSummarizer(cost, { ...JUNE, ...query } as CostSummaryParams, options);
}

/** What `run` throws. */
export function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error("expected it to throw");
}

/** The issues of the InvalidInputError that `run` throws. */
export function inputIssuesOf(run: () => unknown): readonly Issue[] {
  const error = thrownBy(run);
  if (!isCostsError(error) || error.code !== "INVALID_INPUT") throw error;
  return error.issues;
}

/** The InvalidEventError that a summary of these events throws. */
export function eventErrorOf(
  cost: CostDefinition,
  events: Iterable<CostEvent>,
  query: Changes = {},
): InvalidEventError {
  const error = thrownBy(() => summaryOf(cost, events, query));
  if (!(error instanceof InvalidEventError)) throw error;
  return error;
}

/** The paths of an error's issues. */
export function pathsOf(issues: readonly Issue[]): readonly Issue["path"][] {
  return issues.map(({ path }) => path);
}
